"""Fixtures that every test may use."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.contenttypes.management import create_contenttypes
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils import translation
from pytest_django import DjangoDbBlocker

from comanda.diagnosis.explain import LANGUAGES, explain
from comanda.history.models import Problem
from comanda.history.timeline import rows
from tests.cast import Cast, the_door
from tests.installation import Installation, fresh_database


@pytest.fixture(scope="session", autouse=True)
def without_what_no_test_asks_for() -> None:
    """Django's permissions, which are made anew after every test that empties the tables, and the look for static files
    that every new client begins with. Nobody uses the former; the latter are asked of a real server. Passwords, too."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes half a second
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if each != "comanda.web.assets.Served"]
    if connection.vendor == "postgresql":
        type(connection.ops).sql_flush = deletions


def deletions(operations: Any, _style: Any, tables: list[str], **_how: Any) -> list[str]:
    """What empties PostgreSQL's tables. TRUNCATE makes new files for each of them and of its indexes, rows or none."""
    every = "; ".join(f"DELETE FROM {operations.quote_name(table)}" for table in tables)
    return [f"SET LOCAL session_replication_role = replica; {every}; SET LOCAL session_replication_role = origin"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """As pytest-django has it; and the door of the tests lets go of the database before it is dropped."""
    yield
    the_door.close()


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


@pytest.fixture(scope="module")
def once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For what all tests of a module begin with: it is made once, and what each of them (with `db`) does is rolled back."""
    with django_db_blocker.unblock():
        cache.clear()
        yield
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path, fresh_database())
