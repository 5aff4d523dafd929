"""history, history show, retry, why, backlog."""

import uuid
from dataclasses import asdict
from typing import Annotated, Any

import typer

from comanda.accounts.access import Access, NotFound, by_operator
from comanda.accounts.models import Account
from comanda.api.history import item, whole
from comanda.cli.output import AccountName, Json, clipped, operator, refusals, run_again, say, table
from comanda.diagnosis.why import STATUS, why
from comanda.history.models import Intake
from comanda.history.search import Filter, find, known, page
from comanda.inbox.backlog import backlog
from comanda.repair.retry import counts, retry_all, retry_one

history = typer.Typer(help="Every order as it arrived, newest first.")


@history.callback(invoke_without_command=True)
def list_history(
    context: typer.Context,
    account: Annotated[str, typer.Option(help="The account's id or its name.")] = "",
    status: str = "",
    cause: str = "",
    integration: str = "",
    q: Annotated[str, typer.Option(help="Number, name, e-mail or phone.")] = "",
    cursor: str = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: Json = False,
) -> None:
    """Every order as it arrived, newest first."""
    if context.invoked_subcommand:
        return
    if not account:
        raise typer.BadParameter("say which account", param_hint="--account")
    access = operator(as_json, account)
    with refusals(as_json):
        found, following = page(access, known(Filter(integration, status, cause, q)), cursor, limit)
    items = [item(intake, "es") for intake in found]
    rows = [line(row) for row in items]
    say(as_json, {"items": items, "next": following}, table("pedido", "cliente", "estado", "qué pasa", "id", rows=rows))


def line(row: dict[str, Any]) -> list[str]:
    number, name, message = (
        clipped(row["number"], 24),
        clipped(row["customer"]["name"], 32),
        clipped(row["message"], 70),
    )
    return [number, name, STATUS["es"][row["status"]], message, row["id"]]


@history.command("show")
def show(id_: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """One order with its steps."""
    with refusals(as_json):
        access, intake = any_intake(id_)
    found = whole(access, intake, "es")
    marks = {"ok": "✅ Exitoso", "failed": "❌ Fallido", "stopped": "○ Detenido", "not_reached": "○ No llegó"}
    lines = [f"{found['number'] or '–'} · {found['customer']['name'] or '–'} · {STATUS['es'][found['status']]}"]
    for attempt in found["attempts"]:
        lines.append(f"Intento {attempt['number']} ({attempt['trigger']}, {attempt['started_at']:%Y-%m-%d %H:%M:%S})")
        lines += [f"  {marks[s['status']]}  {s['label']}  {s['message'] or ''}".rstrip() for s in attempt["steps"]]
    lines += dict.fromkeys(f"{problem['message']} {problem['todo']}" for problem in found["problems"])
    say(as_json, found, "\n".join(lines))


def any_intake(id_: str) -> tuple[Access, Intake]:
    """An intake of whatever account: for the operator."""
    for account in Account.objects.filter(intake__id=id_) if is_id(id_) else []:
        access = by_operator(account)
        return access, access.get(Intake, id_)
    raise NotFound("order")


def is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def retry(
    account: AccountName,
    id_: Annotated[str, typer.Option("--id", help="One order of the history.")] = "",
    cause: str = "",
    integration: str = "",
    everything: Annotated[bool, typer.Option("--all", help="All that is not registered.")] = False,
    anyway: Annotated[bool, typer.Option(help="With --id: register what was left out by a rule.")] = False,
    as_json: Json = False,
) -> None:
    """Run the journey again: for one order, or for all that a filter finds."""
    access = operator(as_json, account)
    if [bool(id_), bool(cause or integration), everything].count(True) != 1 or (anyway and not id_):
        raise typer.BadParameter("say which: --id (perhaps with --anyway), --cause or --integration, or --all")
    with refusals(as_json):
        if id_:
            made = retry_one(access, access.get(Intake, id_), anyway=anyway)
        else:
            wanted = known(Filter(integration=integration, cause=cause))
            made = retry_all(access, find(access, wanted), wanted.said())
    requested = counts(made)["requested"]
    say(as_json, {"retry": str(made.pk), "requested": requested}, f"Retry {made.pk}: {run_again(requested)}")


def ask_why(query: str, account: AccountName, as_json: Json = False) -> None:
    """Why is this order not registered? By its number, name, e-mail or phone."""
    if not query.strip():
        raise typer.BadParameter("say what to look for", param_hint="QUERY")
    answer = asdict(why(operator(as_json, account), query))
    words = [answer["message"]]
    for each in answer["evidence"]:
        number = f"{each['number']} {each['customer']}".strip() if each["kind"] == "intake" else ""
        if said := f"{each['message']} {each.get('todo', '')}".strip():
            words.append(f"- {number}: {said}" if number else f"- {said}")
    say(as_json, answer, "\n".join(words))


def show_backlog(account: AccountName, as_json: Json = False) -> None:
    """How many deliveries wait to be processed, and how old the oldest is."""
    found = backlog(operator(as_json, account))
    say(as_json, found, f"{found['pending']} waiting, the oldest for {found['oldest_seconds']} s")
