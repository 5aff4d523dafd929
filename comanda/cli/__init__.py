"""The `comanda` command: one file a noun."""

import django
import typer

django.setup()

from comanda.cli import accounts, catalogue, demo, doctor, history, integrations, mapping, processes  # noqa: E402

assert mapping  # it adds to `integration`

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)

for command in (processes.serve, processes.web, processes.worker, processes.migrate, doctor.doctor, history.retry):
    app.command()(command)
app.command()(demo.demo)
app.command("why")(history.ask_why)
app.command("backlog")(history.show_backlog)
app.add_typer(accounts.account, name="account")
app.add_typer(accounts.token, name="token")
app.add_typer(integrations.integration, name="integration")
app.add_typer(catalogue.products, name="products")
app.add_typer(catalogue.links, name="link")
app.add_typer(history.history, name="history")
