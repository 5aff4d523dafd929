"""Fixtures that every test may use."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.contenttypes.management import create_contenttypes
from django.core.cache import cache
from django.db.models.signals import post_migrate
from django.utils import translation

from comanda.diagnosis.explain import LANGUAGES, explain
from comanda.history.models import Problem
from comanda.history.timeline import rows
from tests.cast import Cast
from tests.installation import Installation, fresh_database


@pytest.fixture(scope="session", autouse=True)
def without_what_no_test_asks_for() -> None:
    """Django's permissions, which are made anew after every test that empties the tables, and the look for static files
    that every new client begins with. Nobody uses the former; the latter are asked of a real server. Passwords, too."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes half a second
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if each != "comanda.web.assets.Served"]


@pytest.fixture(autouse=True)
def in_spanish() -> None:
    """Whatever language the last page of the test before was in: a request leaves its own behind in the thread."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture
def cast(transactional_db: None) -> Iterator[Cast]:
    cache.clear()  # what was tried too often by another test
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
