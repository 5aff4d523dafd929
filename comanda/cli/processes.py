"""serve, web, worker, migrate."""

import re
import socket
import time
from io import StringIO
from typing import Annotated

import typer
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from comanda.cli.output import Json, counted, refuse, say
from comanda.history.words import prepare
from comanda.life import MIGRATING, Life

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")]


def serve(host: Host = "127.0.0.1", port: Port = 8000, workers: int = 1, as_json: Json = False) -> None:
    """Run everything: migrate, then web, inbox and worker, each restarted when it dies."""
    from comanda.processes import Supervisor, address

    bring_up_to_date()
    supervisor = Supervisor(listening(host, port, as_json), workers)
    url, warning = address(host, port), elsewhere(port)
    said = {"url": url} | ({"warnings": [warning]} if warning else {})
    say(as_json, said, "\n".join(filter(None, (f"Comanda listens on {url}", warning))))
    supervisor.run()


def listening(host: str, port: int, as_json: bool) -> socket.socket:
    from comanda.processes import listen

    try:
        return listen(host, port)
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]
        refuse(as_json, "address_in_use", f"{host}:{port}: {reason}", host=host, port=port)


def elsewhere(port: int) -> str:
    """A warning where the URLs that are given out name another port, and no proxy is likely to stand there."""
    named = re.fullmatch(r"http://[^/]*:(\d+)", settings.BASE_URL)
    if not named or not port or int(named[1]) == port:
        return ""
    return (
        f"COMANDA_BASE_URL is {settings.BASE_URL}: with --port {port} the URLs of integrations and the links in mails lead"
        " elsewhere. Set it to how this installation is reached."
    )


def web(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    descriptor: Annotated[int | None, typer.Option(hidden=True)] = None,
    as_json: Json = False,
) -> None:
    """Run the web and the inbox alone."""
    from comanda.processes import run_web

    require_up_to_date(as_json)
    run_web(listening(host, port, as_json) if descriptor is None else socket.socket(fileno=descriptor))


def worker(as_json: Json = False) -> None:
    """Run one worker alone. On PostgreSQL, run as many as you like."""
    from comanda.processes import run_worker

    require_up_to_date(as_json)
    run_worker()


def migrate(as_json: Json = False) -> None:
    """Bring the database up to date."""
    applied = bring_up_to_date()
    say(as_json, {"applied": applied}, f"{counted(len(applied), 'migration')} applied")


def unapplied() -> list[str]:
    executor = MigrationExecutor(connection)
    return [f"{step.app_label}.{step.name}" for step, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def bring_up_to_date() -> list[str]:
    """Migrate, one at a time; what was done, unless somebody else has done it meanwhile."""
    if not unapplied():
        return []
    turn = Life(MIGRATING)
    while not turn.take():
        time.sleep(0.1)
    try:
        if plan := unapplied():
            call_command("migrate", interactive=False, verbosity=0, stdout=StringIO())
            prepare(connection)
        return plan
    finally:
        turn.leave()


def require_up_to_date(as_json: bool) -> None:
    if plan := unapplied():
        refuse(as_json, "not_migrated", "The database is not up to date: run `comanda migrate`.", unapplied=plan)
