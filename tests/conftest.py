"""Fixtures that every test may use."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from comanda.diagnosis.explain import LANGUAGES, explain
from comanda.history.models import Problem
from comanda.history.timeline import rows
from tests.cast import Cast
from tests.installation import Installation, fresh_database


@pytest.fixture
def cast(transactional_db: None) -> Iterator[Cast]:
    yield Cast()
    every_problem_has_words()


def every_problem_has_words() -> None:
    """Whatever problems a test has met, each has a sentence in both languages, with all its facts in place."""
    for row, language in product(rows(list(Problem.objects.all()[:500])), LANGUAGES):
        (told,) = explain([row], language)
        assert told.title and told.message and told.todo and (told.action_label or told.action == "none"), row
        braces = set("{}") & set(told.message + told.todo)
        assert braces <= set(str(list(row["facts"].values()))), (row, told)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path, fresh_database())
