"""A pytest plugin: which database the tests run on. SQLite, or with `--postgres` a private PostgreSQL server."""

import os
import tempfile
from contextlib import ExitStack

import pytest

from tests.postgres import postgres

servers = ExitStack()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="run on a private PostgreSQL server instead of SQLite")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Before Django reads its settings."""
    os.environ["COMANDA_HOME"] = tempfile.mkdtemp(prefix="comanda-test-")
    if "--postgres" in args:
        os.environ["COMANDA_DATABASE_URL"] = servers.enter_context(postgres("fsync=off"))


def pytest_unconfigure() -> None:
    servers.close()
