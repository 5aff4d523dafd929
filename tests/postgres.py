"""A private PostgreSQL server on a free loopback port, with temporary data, run as an ordinary user where it refuses root."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path:
    """The folder of initdb and postgres (Debian keeps them out of the PATH)."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not versions:
        raise RuntimeError("PostgreSQL is not installed: `make test` installs it on Debian")
    return versions[-1].parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres(*options: str, folder: str | None = None) -> Iterator[str]:
    """Start a server with its data in this folder; yields the URL of its `postgres` database, and stops the server."""
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    home = Path(tempfile.mkdtemp(prefix="comanda-pg-", dir=folder))
    if user:
        shutil.chown(home, "postgres", "postgres")
    data, port = home / "data", free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": home} | user
    subprocess.run(
        [binaries() / "initdb", "-D", data, "-U", "comanda", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"],
        check=True,
        **quiet,
    )
    settings = ["-h", "127.0.0.1", "-p", str(port), "-k", str(home), *(f"-c{option}" for option in options)]
    server = subprocess.Popen([binaries() / "postgres", "-D", data, *settings], **quiet)
    url = f"postgres://comanda@127.0.0.1:{port}/postgres"
    try:
        wait_until_it_answers(url)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(home, ignore_errors=True)


def wait_until_it_answers(url: str) -> None:
    import time

    import psycopg

    for _ in range(200):
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError("PostgreSQL did not start")
