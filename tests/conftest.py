"""Fixtures that every test may use."""

import pytest

from tests.cast import Cast


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return Cast()
