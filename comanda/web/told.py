"""What was done to a product or a link, in words: who, what, when."""

from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from comanda.accounts.actors import who_said
from comanda.accounts.models import Account, AuditEntry
from comanda.web.cells import COLUMNS
from comanda.web.figures import said_money


def told(account: Account, entry: AuditEntry) -> dict[str, Any]:
    """`{who, what, at}` of an audit entry of a product, a variant or a store product."""
    return {"who": who_said(entry.actor), "what": what(account, entry.action, entry.difference), "at": entry.at}


def what(account: Account, action: str, difference: dict[str, str]) -> str:
    if action == "link":
        items = difference.get("items", "")
        return _("Dijo que esta línea se ignora") if items == "ignore" else _("Vinculó a {items}").format(items=items)
    if action == "unlink":
        return _("Quitó el vínculo")
    if action == "add":
        return _("Agregó {what}").format(what=difference.get("variants") or difference.get("name", ""))
    if action == "change":
        return ", ".join(f"{field(name)}: {said(account, name, value)}" for name, value in difference.items())
    return action


def said(account: Account, name: str, change: str) -> str:
    """`$ 99.900 → $ 109.900`, `sí → no`."""
    words = {"True": _("sí"), "False": _("no")}
    sides = change.split(" → ")
    if name in ("price", "cost"):
        sides = [money(account, side) for side in sides]
    return " → ".join(words.get(side, side) if name == "active" else side for side in sides)


def field(name: str) -> str:
    """A column of a variant as its reader calls it."""
    if name == "active":
        return _("activo")
    return _("nombre") if name == "name" else str(COLUMNS.get(name, name))


def money(account: Account, side: str) -> str:
    with suppress(InvalidOperation):  # there was none
        return said_money(account, Decimal(side))
    return side
