"""What is the matter with an integration: another one of its store, orders that cannot be read or wait for a mapping."""

import json

from django.db.models import QuerySet

from comanda.history.models import Problem
from comanda.integrations.connect import same_store
from comanda.integrations.models import Integration


def warnings(row: Integration) -> list[str]:
    """In words, the gravest first; empty where all is well."""
    found = [f"{orders(count)} cannot be read ({place})" for count, place in unreadable(row)]
    if waiting := stopped(row, "unmapped").count():
        found.append(f"{orders(waiting)} waiting for its fields to be mapped: comanda integration map {row.pk}")
    found += [
        f"«{other.name}» is On for the same store: each order comes twice and counts once" for other in same_store(row)
    ]
    return found


def orders(count: int) -> str:
    return "1 order" if count == 1 else f"{count} orders"


def stopped(row: Integration, code: str) -> QuerySet[Problem]:
    return Problem.objects.filter(account_id=row.account_id, code=code, subject=f"integration:{row.pk}")


def unreadable(row: Integration) -> list[tuple[int, str]]:
    """How many of its orders cannot be read, and the field at which the newest of them fails."""
    problems = stopped(row, "order_unreadable")
    newest = problems.order_by("-id").first()
    return [(problems.count(), json.loads(newest.facts).get("path", "$"))] if newest else []
