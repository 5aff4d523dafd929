"""What a page offers for a problem: where its button leads, and which fields of the order may be corrected there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from comanda.history.models import Intake
from comanda.repair.correct import newest_draft
from comanda.repair.corrections import value_of

LABELS = {
    "name": "Nombre completo",
    "phone": "Teléfono",
    "address1": "Dirección",
    "city": "Ciudad",
    "region": "Departamento",
    "country": "País",
}
FIELDS_OF = {
    "name_missing": ("name",),
    "phone_missing": ("phone",),
    "phone_invalid": ("phone",),
    "address_missing": ("address1",),
    "address_too_short": ("address1",),
    "city_missing": ("city", "region"),
    "city_unknown": ("city", "region"),
    "region_unknown": ("region",),
    "country_not_served": ("country",),
}
IN_PRODUCTS = frozenset({"link", "choose_variant", "activate", "restock", "review_price"})
AT_BUILDER = frozenset({"switch_on", "restore", "move", "connect_store"})
AT_INTEGRATION = frozenset({"correct_secret", "reconnect_store"})
HERE = frozenset({"correct", "mark_paid", "register_anyway"})


@dataclass(frozen=True)
class Field:
    """One field to correct: its name, its label, what the store sent."""

    name: str
    label: str
    value: str


def fields(intake: Intake, problems: Sequence[dict[str, Any]]) -> list[Field]:
    """The fields that stand in the order's way and that a person may correct."""
    names = dict.fromkeys(name for problem in problems for name in FIELDS_OF.get(problem["code"], ()))
    draft = newest_draft(intake) if names else None
    return [Field(name, LABELS[name], value_of(draft, name)) for name in names] if draft else []


def places(problems: Sequence[dict[str, Any]]) -> list[str]:
    """The towns that may be meant: `Armenia, Quindío`."""
    return [
        each
        for problem in problems
        if problem["code"] == "city_unknown"
        for each in problem["facts"].get("choices", [])
    ]


def where(action: str, intake: Intake) -> str:
    """Where an action is done; empty where there is nothing to do it with."""
    if action in IN_PRODUCTS:
        return reverse("to_link")
    if action in AT_BUILDER:
        return reverse("builder", args=[intake.integration.platform])
    if action in AT_INTEGRATION:
        return reverse("connected", args=[intake.integration_id])
    if action == "map" and intake.integration.connector.mappable:
        sample = f"?pedido={intake.delivery_id}" if intake.delivery_id else ""
        return reverse("map", args=[intake.integration_id]) + sample
    if action == "open_first" and intake.first_id:
        return reverse("intake", args=[intake.first_id])
    return reverse("intake", args=[intake.pk]) + "#corregir" if action in HERE else ""
