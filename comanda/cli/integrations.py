"""integration add, list, on, off, bin, restore, secret, trial, store."""

from typing import Annotated, Any

import typer
from cryptography.fernet import InvalidToken

from comanda.accounts.access import Access, by_operator
from comanda.cli.output import AccountName, Json, counted, operator, refuse, run_again, say, table, unseen
from comanda.connectors import CONNECTORS
from comanda.diagnosis.terms import builder_called, no_store
from comanda.integrations import connect
from comanda.integrations.health import warnings
from comanda.integrations.models import Integration
from comanda.integrations.trial import NotTriable, send_trial

integration = typer.Typer(no_args_is_help=True, help="Connected stores.")


def found(as_json: bool, id_: str) -> tuple[Access, Integration]:
    row = Integration.objects.select_related("account").filter(pk=int(id_)).first() if id_.isdecimal() else None
    if row is None:
        refuse(as_json, "not_found", f"There is no integration {id_}.", what="integration")
    return by_operator(row.account), row


def shown(row: Integration) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "platform": row.platform,
        "name": row.name,
        "store": row.store_key,
        "active": row.active,
        "binned": row.binned_at is not None,
        "hook_url": connect.shown_url(row) or None,
    }


@integration.command()
def add(
    platform: str,
    account: AccountName,
    name: Annotated[str, typer.Option(help="What the merchant calls it.")],
    store: Annotated[str, typer.Option(help="The store's domain; pinned at the first delivery where not given.")] = "",
    secret: Annotated[
        str, typer.Option(help="What signs its webhooks; - asks for it; may be added later.", callback=unseen)
    ] = "",
    as_json: Json = False,
) -> None:
    """Connect a store; prints the URL to paste in the builder."""
    access = operator(as_json, account)
    if not (name := name.replace("\x00", "").strip()[:120]):
        refuse(as_json, "invalid", "The integration needs a name.", field="name")
    if platform not in CONNECTORS:
        names = ", ".join(sorted(CONNECTORS))
        refuse(
            as_json,
            "unknown_platform",
            f"There is no builder {platform}. There are: {names}.",
            platforms=sorted(CONNECTORS),
        )
    try:
        row = connect.connect(access.account, platform, name, store, secret)
    except connect.NotAStore:
        refuse(as_json, "invalid", no_store(platform, "en"), field="store")
    access.audit("connect", f"integration:{row.pk}", platform=platform, name=name)
    said = {"id": str(row.pk), "hook_url": connect.hook_url(row)}
    where = builder_called(CONNECTORS[platform].label, "en")
    words = [f"Integration {row.pk}: paste this URL in {where}", said["hook_url"], *warnings(row)]
    say(as_json, said | ({"warnings": warnings(row)} if warnings(row) else {}), "\n".join(words))


@integration.command("list")
def list_all(account: AccountName, as_json: Json = False) -> None:
    """The account's integrations."""
    listed = operator(as_json, account).rows(Integration).order_by("id")
    items = [shown(row) | {"warnings": warnings(row)} for row in listed]
    state = {row["id"]: "bin" if row["binned"] else "On" if row["active"] else "Off" for row in items}
    rows = [
        [row["id"], row["platform"], row["name"], row["store"], state[row["id"]], "; ".join(row["warnings"])]
        for row in items
    ]
    say(as_json, {"items": items}, table("id", "builder", "name", "store", "state", "warnings", rows=rows))


@integration.command()
def on(id_: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """Switch on; what was held is processed."""
    access, row = found(as_json, id_)
    if row.binned_at:
        words = f"“{row.name}” is in the bin: `comanda integration restore {row.pk}` first."
        refuse(as_json, "integration_binned", words)
    connect.switch(access, row, active=True)
    row.refresh_from_db()
    said = shown(row) | ({"warnings": warnings(row)} if warnings(row) else {})
    say(as_json, said, "\n".join([f"“{row.name}” is On", *warnings(row)]))


@integration.command()
def off(id_: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """Switch off; what arrives is held."""
    access, row = found(as_json, id_)
    connect.switch(access, row, active=False)
    row.refresh_from_db()
    say(as_json, shown(row), f"“{row.name}” is Off: what arrives is held")


@integration.command("bin")
def bin_it(id_: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """Put into the bin; its URL answers 410."""
    access, row = found(as_json, id_)
    connect.bin_integration(access, row)
    row.refresh_from_db()
    say(as_json, shown(row), f"“{row.name}” is in the bin; `comanda integration restore {row.pk}` brings it back")


@integration.command()
def restore(id_: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """Bring back from the bin."""
    access, row = found(as_json, id_)
    connect.restore(access, row)
    row.refresh_from_db()
    say(as_json, shown(row), f"“{row.name}” is back")


@integration.command()
def secret(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    secret: Annotated[str, typer.Option(help="One more that signs its webhooks; - asks for it.", callback=unseen)],
    replace: Annotated[bool, typer.Option(help="Forget the others: they no longer verify.")] = False,
    as_json: Json = False,
) -> None:
    """Add a secret; quarantined deliveries that it verifies are processed."""
    access, row = found(as_json, id_)
    if not secret:
        refuse(as_json, "invalid", "The secret is empty.", field="secret")
    verified = connect.add_secret(row, secret, replace=replace)
    access.audit("secret", f"integration:{row.pk}", **({"replaced": True} if replace else {}))
    freed = counted(verified, "quarantined delivery", "quarantined deliveries")
    say(as_json, {"id": str(row.pk), "verified": verified}, f"Added; {freed} verified")


@integration.command()
def trial(id_: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """Take a test order the whole way; it is never registered. `comanda history` shows its steps."""
    access, row = found(as_json, id_)
    try:
        delivery = send_trial(access, row)
    except NotTriable as error:
        refuse(as_json, "not_triable", f"No test order can be made: {error}.", reason=error.reason)
    say(
        as_json,
        {"id": str(row.pk), "delivery": str(delivery)},
        "A test order is on its way: `comanda history` shows it",
    )


@integration.command("reseal")
def reseal(as_json: Json = False) -> None:
    """Encrypt every secret anew with the first of COMANDA_ENCRYPTION_KEYS; then the others may go."""
    try:
        count = connect.reseal_all()
    except InvalidToken:
        refuse(
            as_json, "key_missing", "A secret does not open with any of COMANDA_ENCRYPTION_KEYS; nothing was changed."
        )
    say(as_json, {"resealed": count}, f"{counted(count, 'secret')} encrypted with the newest key")


@integration.command()
def store(id_: Annotated[str, typer.Argument(metavar="ID")], store: str, as_json: Json = False) -> None:
    """Say which store it is of; orders taken for another store's are run again."""
    access, row = found(as_json, id_)
    try:
        count = connect.move_store(access, row, store)
    except connect.NotAStore:
        refuse(as_json, "invalid", no_store(row.platform, "en"), field="store")
    row.refresh_from_db()
    say(as_json, shown(row) | {"reprocessed": count}, f"“{row.name}” is of {row.store_key}; {run_again(count)}")
