"""What is the matter with an integration: another one of its store, orders that cannot be read or wait for a mapping."""

import json

from django.db.models import QuerySet

from comanda.history.models import Problem
from comanda.integrations.connect import same_store
from comanda.integrations.models import Integration

WORDS = {
    "es": {
        "unreadable": ("No se puede leer 1 pedido ({place}).", "No se pueden leer {count} pedidos ({place})."),
        "unmapped": ("1 pedido espera a que mapees sus campos.", "{count} pedidos esperan a que mapees sus campos."),
        "same_store": "«{name}» está en On para la misma tienda: cada pedido llega dos veces y cuenta una sola.",
    },
    "en": {
        "unreadable": ("1 order cannot be read ({place})", "{count} orders cannot be read ({place})"),
        "unmapped": (
            "1 order waiting for its fields to be mapped: comanda integration map {id}",
            "{count} orders waiting for its fields to be mapped: comanda integration map {id}",
        ),
        "same_store": "«{name}» is On for the same store: each order comes twice and counts once",
    },
}


def warnings(row: Integration, language: str = "en") -> list[str]:
    """In words, the gravest first; empty where all is well."""
    words = WORDS[language]
    found = [words["unreadable"][count > 1].format(count=count, place=place) for count, place in unreadable(row)]
    if waiting := stopped(row, "unmapped").count():
        found.append(words["unmapped"][waiting > 1].format(count=waiting, id=row.pk))
    return found + [str(words["same_store"]).format(name=other.name) for other in same_store(row)]


def stopped(row: Integration, code: str) -> QuerySet[Problem]:
    return Problem.objects.filter(account_id=row.account_id, code=code, subject=f"integration:{row.pk}")


def unreadable(row: Integration) -> list[tuple[int, str]]:
    """How many of its orders cannot be read, and the field at which the newest of them fails."""
    problems = stopped(row, "order_unreadable")
    newest = problems.order_by("-id").first()
    return [(problems.count(), json.loads(newest.facts).get("path", "$"))] if newest else []
