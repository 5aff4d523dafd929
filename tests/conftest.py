"""Fixtures that every test may use."""

from pathlib import Path

import pytest

from tests.cast import Cast
from tests.installation import Installation, fresh_database


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return Cast()


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path, fresh_database())
