"""serve, web, worker, migrate."""

import re
from io import StringIO
from typing import Annotated

import typer
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from comanda.cli.output import Json, counted, refuse, say
from comanda.history.words import prepare

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")]


def serve(host: Host = "127.0.0.1", port: Port = 8000, workers: int = 1, as_json: Json = False) -> None:
    """Run everything: migrate, then web, inbox and worker, each restarted when it dies."""
    from comanda.processes import Supervisor, address

    bring_up_to_date()
    try:
        supervisor = Supervisor(host, port, workers)
    except OSError as error:
        refuse(as_json, "address_in_use", f"{host}:{port}: {error.strerror}", host=host, port=port)
    url, warning = address(host, port), elsewhere(port)
    said = {"url": url} | ({"warnings": [warning]} if warning else {})
    say(as_json, said, "\n".join(filter(None, (f"Comanda listens on {url}", warning))))
    supervisor.run()


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
    run_web(host, port, descriptor)


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
    plan = unapplied()
    if plan:
        call_command("migrate", interactive=False, verbosity=0, stdout=StringIO())
        prepare(connection)
    return plan


def require_up_to_date(as_json: bool) -> None:
    if plan := unapplied():
        refuse(as_json, "not_migrated", "The database is not up to date: run `comanda migrate`.", unapplied=plan)
