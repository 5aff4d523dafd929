"""A pytest plugin: which database the tests run on. SQLite, or with `--postgres` a private PostgreSQL server."""

import os
import shutil
import tempfile
from contextlib import ExitStack

import pytest

from tests.postgres import postgres

servers = ExitStack()
# Where there is such a folder, with room (a container's has little), no test waits for a disk.
SHM = "/dev/shm"
MEMORY = SHM if os.access(SHM, os.W_OK) and shutil.disk_usage(SHM).free > 2**31 else None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="run on a private PostgreSQL server instead of SQLite")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Before Django reads its settings."""
    os.environ["COMANDA_HOME"] = home = tempfile.mkdtemp(prefix="comanda-test-", dir=MEMORY)
    servers.callback(shutil.rmtree, home, ignore_errors=True)
    if "--postgres" in args:
        os.environ["COMANDA_DATABASE_URL"] = servers.enter_context(postgres("fsync=off", folder=MEMORY))


def pytest_unconfigure() -> None:
    servers.close()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what touches a database; the rest, and what pages show, is the same as it is on SQLite."""
    if config.getoption("--postgres"):
        kept = [item for item in items if NEEDS & set(getattr(item, "fixturenames", ())) and not seen(item)]
        held = set(map(id, kept))
        config.hook.pytest_deselected(items=[item for item in items if id(item) not in held])
        items[:] = kept


def seen(item: pytest.Item) -> bool:
    return item.path.name.startswith("test_browser_") or bool(item.get_closest_marker("pages"))


NEEDS = frozenset({"db", "transactional_db", "installation", "live_server"})
