"""What is the matter with an integration, in words: a short one for a card, a sentence for a list, where it is mended."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comanda.diagnosis.terms import builder_called
from comanda.integrations.condition import MOST, Condition, Fault
from comanda.integrations.models import Integration
from comanda.web.language import reading
from comanda.web.words import called

GRAVE = ("quarantined", "wrong_builder", "unreadable")


@dataclass(frozen=True)
class Said:
    """`short` and `words`; `action` is what a button says that leads to `where`, both empty where nothing is to be pressed."""

    code: str
    short: str
    words: str
    action: str = ""
    where: str = ""

    @property
    def grave(self) -> bool:
        """Whether orders are not getting through."""
        return self.code in GRAVE


def said(row: Integration, fault: Fault) -> Said:
    secret = reverse("connected", args=[row.pk]) + "#clave"
    mapping = reverse("map", args=[row.pk]) if row.connector.mappable else ""
    found: dict[str, tuple[str, str, str, str]] = {
        "no_secret": (
            _("Sin clave"),
            _("Todavía no tiene clave: lo que llegue se guarda y espera por ella."),
            _("Agregar la clave"),
            secret,
        ),
        "quarantined": (_("Firma que no coincide"), quarantined(fault.count), _("Corregir la clave"), secret),
        "wrong_builder": (
            _("Envíos de otro constructor"),
            _("Recibe envíos de {builder} y es de {expected}: pega esta URL en {expected}.").format(
                builder=builder_called(fault.other, reading()), expected=called(row.connector)
            ),
            "",
            "",
        ),
        "unreadable": (
            _("Pedidos que no se leen"),
            unreadable(fault.count),
            _("Corregir el mapeo") if mapping else _("Ver los pedidos"),
            mapping or reverse("history") + f"?integration={row.pk}&cause=order_unreadable",
        ),
        "unmapped": (_("Campos por mapear"), unmapped(fault.count), _("Mapear los campos"), mapping),
        "unasked": (
            _("Clave que no se exige"),
            _("Tiene una clave que no se exige: elige cómo la envía tu herramienta."),
            _("Elegir"),
            secret,
        ),
        "same_store": (
            _("Dos de la misma tienda"),
            _(
                "Es la misma tienda que «{name}»: cada pedido llega dos veces y cuenta una sola. Deja una activa."
            ).format(name=fault.other),
            "",
            "",
        ),
    }
    return Said(fault.code, *found[fault.code])


def capped(count: int) -> str:
    return f"{MOST - 1:,}+".replace(",", ".") if count >= MOST else str(count)


def quarantined(count: int) -> str:
    words = ngettext(
        "{count} envío de esta semana no se pudo verificar con la clave. Está guardado.",
        "{count} envíos de esta semana no se pudieron verificar con la clave. Están guardados.",
        count,
    )
    return words.format(count=capped(count))


def unreadable(count: int) -> str:
    words = ngettext("{count} pedido no se pudo leer.", "{count} pedidos no se pudieron leer.", count)
    return words.format(count=capped(count))


def unmapped(count: int) -> str:
    words = ngettext(
        "{count} pedido espera a que digas qué campo es cada dato.",
        "{count} pedidos esperan a que digas qué campo es cada dato.",
        count,
    )
    return words.format(count=capped(count))


def all_said(each: Condition) -> list[Said]:
    return [said(each.row, fault) for fault in each.faults]


def shown(each: Condition) -> dict[str, Any]:
    """As templates want it."""
    return {"row": each.row, "last": each.last, "secrets": each.secrets, "faults": all_said(each)}
