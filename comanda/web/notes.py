"""A step in a few words, and what went into it and came out of it as people read it: pairs of a label and a value, lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.units import format_unit
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comanda.accounts.masking import Veil
from comanda.accounts.models import Account
from comanda.catalogue.lookup import whole_title
from comanda.history.models import Intake
from comanda.integrations.health import signs
from comanda.web.figures import dates, said_moment, said_money
from comanda.web.mending import PAYMENTS, label
from comanda.web.words import builder

DID = {
    "created": gettext_lazy("Se registró"),
    "joined": gettext_lazy("Se unió a otro pedido"),
    "updated": gettext_lazy("Se actualizó"),
    "reopened": gettext_lazy("Se abrió de nuevo"),
    "unchanged": gettext_lazy("Ya estaba registrado igual"),
    "cancelled": gettext_lazy("Se canceló"),
    "trial": gettext_lazy("No se registra: es de prueba"),
}
KNOWN_BY = {
    "chosen": gettext_lazy("elegido solo para este pedido"),
    "link": gettext_lazy("por su vínculo"),
    "sku": gettext_lazy("por su SKU"),
}


@dataclass
class Readable:
    """What a step took or gave, for people; empty where its shape is not known. `lines` are products."""

    pairs: list[tuple[str, str]] = field(default_factory=list)
    changes: list[tuple[str, str, str, str]] = field(default_factory=list)  # label, from, to, by whom
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.pairs or self.changes or self.lines)

    def through(self, veil: Veil) -> "Readable":
        return Readable([(name, veil.text(value)) for name, value in self.pairs], self.changes, self.lines)


def note(
    step: Mapping[str, Any], intake: Intake, titles: Sequence[str] = (), draft: Mapping[str, Any] | None = None
) -> str:
    """What a step has to say in its row: of one that stopped, what the matter is."""
    if step["status"] == "not_reached":
        return ""
    if titles:
        return " · ".join(titles)
    output = step["output"] or {}
    if step["step"] == "check":
        return checked(output, draft or {})
    return {"receive": received, "verify": verified, "read": read, "match": matched, "register": registered}[
        step["step"]
    ](output, intake)


def received(output: Mapping[str, Any], intake: Intake) -> str:
    named = {"builder": builder(intake.integration.platform), "name": intake.integration.name}
    return _("{builder} «{name}»").format(**named)


def verified(output: Mapping[str, Any], intake: Intake) -> str:
    return _("La firma coincide") if signs(intake.integration) else _("No lleva firma: la URL es la clave")


def read(output: Mapping[str, Any], intake: Intake) -> str:
    lines = output.get("lines")
    if not lines:
        return _("Un aviso de la tienda") if "kind" in output else ""
    count = ngettext("{count} producto", "{count} productos", len(lines)).format(count=len(lines))
    total = (output.get("totals") or {}).get("total")
    return f"{count}, {said_money(intake.account, total, output.get('currency', ''))}" if total is not None else count


def checked(output: Mapping[str, Any], draft: Mapping[str, Any]) -> str:
    """`«Medellin» → Medellín, Antioquia`. That a phone got its country's code is not worth a word."""
    changes, corrections = output.get("changes") or {}, output.get("corrections") or {}
    said = [_("Corregido: {fields}").format(fields=", ".join(map(label, corrections)).lower())] if corrections else []
    city, region, phone = (changes.get(name) for name in ("city", "region", "phone"))
    if city or region:
        given = draft.get("shipping_address") or {}
        now = [each["to"] if each else given.get(name) for name, each in (("city", city), ("region", region))]
        place = ", ".join(filter(None, now))
        corrected = _("«{given}» → {place}").format(given=city["from"], place=place) if city and city["from"] else place
        said.append(corrected)
    if phone and not digits(phone["to"]).endswith(digits(phone["from"]) or "-"):
        said.append(phone["to"])
    return " · ".join(said) or _("Todo en orden")


def took(ms: float | None, account: Account) -> str:
    """`12 ms`; `1,2 s`."""
    if ms is None:
        return ""
    if ms < 1:
        return "< 1 ms"
    unit, value = ("millisecond", round(ms)) if ms < 1000 else ("second", round(ms / 1000, 1))
    return str(format_unit(value, unit, "short", locale=dates(account)))


def digits(value: str) -> str:
    return "".join(filter(str.isdigit, value))


def matched(output: Mapping[str, Any], intake: Intake) -> str:
    if output.get("trial"):
        return ""
    count = len({each["store_variant_id"] for each in output.get("lines") or []})
    return ngettext("{count} producto vinculado", "{count} productos vinculados", count).format(count=count)


def registered(output: Mapping[str, Any], intake: Intake) -> str:
    return "" if output.get("did") == "trial" else str(DID.get(output.get("did", ""), ""))


def given(step: Mapping[str, Any], account: Account) -> Readable:
    """What went into a step."""
    value = step["input"]
    if step["step"] == "check":
        return order(value, account)
    if step["step"] == "match" and isinstance(value, list):
        return Readable(lines=[bought(each) for each in value])
    if step["step"] == "register" and isinstance(value, Mapping):
        return Readable(lines=[shipped(each) for each in value.get("lines") or []])
    headers = value.get("headers") if isinstance(value, Mapping) else None
    if step["step"] in ("receive", "verify") and headers:
        topic = [(_("Aviso"), str(value["topic"]))] if value.get("topic") else []
        return Readable(pairs=topic + [(str(name), str(each)) for name, each in headers.items()])
    return Readable()


def given_out(step: Mapping[str, Any], intake: Intake) -> Readable:
    """What came out of a step."""
    value, name = step["output"], step["step"]
    if not isinstance(value, Mapping):
        return Readable()
    if name == "read":
        return order(value, intake.account)
    if name == "check":
        return Readable(changes=changed(value))
    if name == "match":
        return Readable(lines=[shipped(each) for each in value.get("lines") or []])
    if name == "verify":
        return Readable(pairs=[(_("Origen"), verified(value, intake))])
    return Readable(pairs=arrival(value, intake.account) if name == "receive" else outcome(value, intake))


def outcome(value: Mapping[str, Any], intake: Intake) -> list[tuple[str, str]]:
    did = str(DID.get(value.get("did", ""), ""))
    number = [(_("Pedido"), intake.number)] if intake.number else []
    return [*number, (_("Resultado"), did)] if did else []


def arrival(value: Mapping[str, Any], account: Account) -> list[tuple[str, str]]:
    size = format_unit(round(value.get("bytes", 0) / 1024, 1), "kilobyte", "short", locale=dates(account))
    at = datetime.fromisoformat(value["received_at"])
    return [(_("Llegó"), said_moment(account, at)), (_("Tamaño"), size), (_("Aviso"), str(value.get("topic", "")))]


def order(value: Any, account: Account) -> Readable:
    """An order as it was read."""
    if not isinstance(value, Mapping) or "lines" not in value:
        return Readable()
    customer, address = value.get("customer") or {}, value.get("shipping_address") or {}
    totals, currency = value.get("totals") or {}, value.get("currency", "")
    money = {
        name: said_money(account, amount, currency)
        for name, amount in totals.items()
        if name in ("total", "due") or Decimal(str(amount))
    }
    pairs = [
        (_("Pedido"), value.get("number", "")),
        (label("name"), customer.get("name", "")),
        (label("phone"), ", ".join(customer.get("phones") or [])),
        (label("email"), customer.get("email", "")),
        (label("document"), customer.get("document", "")),
        *((label(name), address.get(name, "")) for name in ("address1", "address2", "reference", "city", "region")),
        (
            _("Pago"),
            " · ".join(filter(None, (str(PAYMENTS.get(value.get("payment", ""), "")), value.get("gateway", "")))),
        ),
        *(
            (label(name), money[name])
            for name in ("subtotal", "shipping", "discount", "tax", "total", "due")
            if name in money
        ),
        (label("note"), value.get("note", "")),
    ]
    return Readable(
        pairs=[(name, said) for name, said in pairs if said], lines=[bought(each) for each in value["lines"]]
    )


def bought(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the store's order."""
    return {
        "sku": line.get("sku", ""),
        "title": whole_title(line.get("title"), line.get("variant_title")),
        "quantity": line.get("quantity"),
        "price": line.get("unit_price"),
    }


def shipped(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line as its catalogue variant, and how that is known."""
    found = {"sku": line.get("sku", ""), "title": line.get("title", ""), "quantity": line.get("quantity")}
    return found | {"price": line.get("unit_price"), "known": str(KNOWN_BY.get(line.get("linked_by", ""), ""))}


def changed(value: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    corrections = value.get("corrections") or {}
    found = [(label(name), each["from"], each["to"], each.get("author", "")) for name, each in corrections.items()]
    return found + [(label(name), each["from"], each["to"], "") for name, each in (value.get("changes") or {}).items()]
