"""The `comanda` command: one file a noun."""

import django
import typer

django.setup()

from comanda.cli import processes  # noqa: E402

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)

for command in (processes.serve, processes.web, processes.worker, processes.migrate):
    app.command()(command)
