"""What was done in an account, in words: of the action, its target and the difference that the audit log keeps."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from comanda.accounts.access import Access
from comanda.accounts.models import Account, ApiToken, AuditEntry
from comanda.catalogue.lookup import whole_title
from comanda.catalogue.models import Product, StoreVariant, Variant
from comanda.connectors import CONNECTORS
from comanda.diagnosis.explain import words as told_of
from comanda.history.models import Intake
from comanda.integrations.models import Integration
from comanda.problems import CODES
from comanda.web.figures import said_moment
from comanda.web.language import reading
from comanda.web.mending import LABELS, label
from comanda.web.people import ROLES
from comanda.web.words import STATUSES, builder

# Of each group of the filter: its name, and the kinds of targets that belong there.
GROUPS = {
    "pedidos": (gettext_lazy("Pedidos"), ("intake", "retry", "history", "orders")),
    "productos": (gettext_lazy("Productos"), ("store_variant", "product", "variant", "catalogue", "link")),
    "integraciones": (gettext_lazy("Integraciones"), ("integration",)),
    "negocio": (gettext_lazy("Negocio"), ("account",)),
    "equipo": (gettext_lazy("Equipo"), ("user", "invitation")),
    "api": (gettext_lazy("API"), ("token",)),
}
# What each action did to each kind of target.
DEEDS = {
    ("account", "create"): gettext_lazy("Creó la cuenta"),
    ("account", "choose"): gettext_lazy("Cambió el negocio"),
    ("catalogue", "import"): gettext_lazy("Importó productos"),
    ("history", "export"): gettext_lazy("Descargó el historial"),
    ("integration", "begin_again"): gettext_lazy("Repitió desde cero la integración"),
    ("integration", "bin"): gettext_lazy("Llevó a la papelera la integración"),
    ("integration", "connect"): gettext_lazy("Conectó la integración"),
    ("integration", "map"): gettext_lazy("Cambió el mapeo de la integración"),
    ("integration", "rename"): gettext_lazy("Cambió el nombre de la integración"),
    ("integration", "restore"): gettext_lazy("Sacó de la papelera la integración"),
    ("integration", "former_ended"): gettext_lazy("Cerró las URL anteriores de la integración"),
    ("integration", "rotate"): gettext_lazy("Cambió la URL de la integración"),
    ("integration", "secret"): gettext_lazy("Puso otra clave en la integración"),
    ("integration", "secret_removed"): gettext_lazy("Quitó una clave de la integración"),
    ("integration", "store"): gettext_lazy("Cambió la tienda de la integración"),
    ("integration", "switch"): gettext_lazy("Encendió o apagó la integración"),  # where it is not kept which
    ("integration", "trial"): gettext_lazy("Envió un pedido de prueba a la integración"),
    ("integration", "unmap"): gettext_lazy("Quitó el mapeo de la integración"),
    ("integration", "verification"): gettext_lazy("Cambió cómo se verifica la integración"),
    ("intake", "correct"): gettext_lazy("Corrigió el pedido"),
    ("intake", "discard"): gettext_lazy("Descartó el pedido"),
    ("intake", "retry"): gettext_lazy("Reintentó el pedido"),
    ("intake", "reveal"): gettext_lazy("Vio los datos del cliente del pedido"),
    ("intake", "uncorrect"): gettext_lazy("Deshizo una corrección del pedido"),
    ("invitation", "invite"): gettext_lazy("Invitó al equipo"),
    ("invitation", "join"): gettext_lazy("Aceptó la invitación"),
    ("invitation", "withdraw"): gettext_lazy("Retiró la invitación"),
    ("orders", "export"): gettext_lazy("Descargó los pedidos"),
    ("product", "add"): gettext_lazy("Agregó el producto"),
    ("product", "change"): gettext_lazy("Cambió el producto"),
    ("retry", "retry"): gettext_lazy("Reintentó varios pedidos"),
    ("store_variant", "link"): gettext_lazy("Vinculó el producto de la tienda"),
    ("store_variant", "unlink"): gettext_lazy("Quitó el vínculo del producto de la tienda"),
    ("token", "create"): gettext_lazy("Hizo la clave de la API"),
    ("token", "revoke"): gettext_lazy("Revocó la clave de la API"),
    ("user", "password"): gettext_lazy("Puso otra contraseña a una persona"),
    ("user", "remove"): gettext_lazy("Quitó del equipo"),
    ("user", "role"): gettext_lazy("Cambió lo que puede hacer una persona"),
    ("user", "take_in_again"): gettext_lazy("Devolvió al equipo"),
    ("variant", "change"): gettext_lazy("Cambió el producto"),
}
SWITCHED = {"True": gettext_lazy("Encendió la integración"), "False": gettext_lazy("Apagó la integración")}
FIELDS = {
    **LABELS,
    "active": gettext_lazy("Activo"),
    "anyway": gettext_lazy("Aunque una regla lo dejara fuera"),
    "cause": gettext_lazy("Motivo"),
    "cod_methods": gettext_lazy("Nombres del pago contra entrega"),
    "cost": gettext_lazy("Costo"),
    "country": gettext_lazy("País"),
    "currency": gettext_lazy("Moneda"),
    "former_until": gettext_lazy("La URL de antes sirve hasta"),
    "from": gettext_lazy("Desde"),
    "group_minutes": gettext_lazy("Minutos para unir pedidos"),
    "header": gettext_lazy("Encabezado"),
    "integration": gettext_lazy("Integración"),
    "items": gettext_lazy("Se despacha"),
    "kind": gettext_lazy("Forma"),
    "name": gettext_lazy("Nombre"),
    "owner": gettext_lazy("Dueño"),
    "payment": gettext_lazy("Pago"),
    "person": gettext_lazy("Persona"),
    "platform": gettext_lazy("Constructor"),
    "price": gettext_lazy("Precio"),
    "q": gettext_lazy("Búsqueda"),
    "quantity": gettext_lazy("Cantidad"),
    "read_only": gettext_lazy("Solo lee"),
    "reprocessed": gettext_lazy("Pedidos que se revisaron de nuevo"),
    "replaced": gettext_lazy("En lugar de las anteriores"),
    "requested": gettext_lazy("Pedidos"),
    "role": gettext_lazy("Puede"),
    "saved_at": gettext_lazy("Guardada"),
    "second_step": gettext_lazy("Segundo paso"),
    "status": gettext_lazy("Estado"),
    "stock": gettext_lazy("Inventario"),
    "store": gettext_lazy("Tienda"),
    "support": gettext_lazy("Contacto de soporte"),
    "timezone": gettext_lazy("Zona horaria"),
    "to": gettext_lazy("Hasta"),
    "variants": gettext_lazy("Variantes"),
    "version": gettext_lazy("Versión"),
}
VALUES = {
    **ROLES,
    "True": gettext_lazy("sí"),
    "False": gettext_lazy("no"),
    "": gettext_lazy("vacío"),
    "None": gettext_lazy("vacío"),
    "warn": gettext_lazy("registrar y avisar"),
    "block": gettext_lazy("detener el pedido"),
    "cod": gettext_lazy("contra entrega"),
    "prepaid": gettext_lazy("pagado"),
    "ignore": gettext_lazy("nada: se ignora esta línea"),
    "forgotten": gettext_lazy("quitado"),
}
TIMES = ("former_until", "saved_at")
SILENT = frozenset({"link", "filter", "delivery"})  # shown in the technical detail alone


@dataclass
class Deed:
    """One entry in words: who, what, to what (and where that is), and each difference: of what, before, now."""

    entry: AuditEntry
    words: str
    target: str = ""
    href: str = ""
    changes: list[tuple[str, str, str]] = field(default_factory=list)


Names = dict[str, tuple[str, str]]  # of a target: what it is called, where it is


def kind_of(target: str) -> str:
    return target.partition(":")[0]


def of_group(name: str) -> Q:
    """The entries of a group of the filter."""
    kinds = GROUPS[name][1]
    wanted = Q(target__in=kinds)
    for kind in kinds:
        wanted |= Q(target__startswith=f"{kind}:")
    return wanted


def told(who: Access, entries: Iterable[AuditEntry]) -> list[Deed]:
    rows = list(entries)
    differences = [row.difference if isinstance(row.difference, dict) else {} for row in rows]
    within = [f"integration:{each['integration']}" for each in differences if each.get("integration")]
    names = named(who, [row.target for row in rows] + within)
    return [deed(who.account, row, each, names) for row, each in zip(rows, differences, strict=True)]


def deed(account: Account, entry: AuditEntry, difference: dict[str, Any], names: Names) -> Deed:
    kind, (name, href) = kind_of(entry.target), names.get(entry.target, ("", ""))
    integration = names.get(f"integration:{difference.get('integration')}")
    if integration:  # it was kept by its id
        difference = difference | {"integration": integration[0]}
    words = DEEDS.get((kind, entry.action))
    if entry.action == "switch" and difference.get("active") in SWITCHED:
        words, difference = SWITCHED[difference["active"]], {}
    changes = list(changed(account, difference))
    return Deed(entry, str(words or f"{entry.action} · {kind}"), name or difference.get("person", ""), href, changes)


def changed(account: Account, difference: dict[str, Any]) -> Iterable[tuple[str, str, str]]:
    """Of each difference its name, what was and what is now; what was is empty where only the one is kept."""
    if {"old", "new"} <= set(difference):
        name = str(difference.get("field", ""))
        yield str(FIELDS.get(name) or label(name)), said(difference["old"]), said(difference["new"])
        return
    for name, value in difference.items():
        if name in SILENT or name == "person":
            continue
        if isinstance(value, list) and len(value) == 2:
            yield str(FIELDS.get(name, name)), said(value[0]), said(value[1])
        elif value not in ("", "None", "[]"):
            yield str(FIELDS.get(name, name)), "", said_of(account, name, str(value))


def said_of(account: Account, name: str, value: str) -> str:
    """What is a code or a time in the log, as it is called or written elsewhere."""
    if name == "platform" and value in CONNECTORS:
        return builder(value)
    if name == "status" and value in STATUSES:
        return str(STATUSES[value][0])
    if name == "cause" and value in CODES:
        return told_of(value)["title" if reading() == "es" else "title_en"]
    if name in TIMES:
        try:
            return said_moment(account, datetime.fromisoformat(value))
        except ValueError:
            return value
    return said(value)


def said(value: Any) -> str:
    text = str(value)
    return str(VALUES[text]) if text in VALUES else text.removeprefix("[").removesuffix("]").replace("'", "")


def named(who: Access, targets: list[str]) -> Names:
    """What each target is called and where it is: one question a kind."""
    found: Names = {}
    for kind, (model, page) in PLACES.items():
        ids = {target.partition(":")[2] for target in targets if kind_of(target) == kind and ":" in target}
        for row in rows_of(who, model, ids):
            found[f"{kind}:{row.pk}"] = (
                gettext("«{name}»").format(name=name_of(row)),
                page and reverse(page, args=[row.pk]),
            )
    return found


PLACES: dict[str, tuple[type[Model], str]] = {
    "intake": (Intake, "intake"),
    "integration": (Integration, "connected"),
    "product": (Product, ""),
    "store_variant": (StoreVariant, ""),
    "token": (ApiToken, ""),
    "variant": (Variant, ""),
}


def rows_of(who: Access, model: type[Model], ids: set[str]) -> Iterable[Model]:
    """Those that are still there; what is no id names nothing."""
    if not ids:
        return []
    try:
        rows = who.rows(model).filter(pk__in=ids)
        return list(rows.select_related("product") if model is Variant else rows)
    except (ValueError, ValidationError):
        return []


def name_of(row: Model) -> str:
    if isinstance(row, Intake):
        return row.number or gettext("sin número")
    if isinstance(row, Integration):
        return f"{row.name} · {builder(row.platform)}"
    if isinstance(row, StoreVariant):
        return whole_title(row.title, row.variant_title)
    return str(getattr(row, "name", "") if isinstance(row, ApiToken | Product) else row)
