"""The test database, private servers, and the cast."""

import os
import tempfile

os.environ.setdefault("COMANDA_HOME", tempfile.mkdtemp(prefix="comanda-test-"))

import pytest  # noqa: E402

from tests.cast import Cast  # noqa: E402


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return Cast()
