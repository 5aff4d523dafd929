"""What is the matter with an integration: a secret that is missing or wrong, orders that cannot be read or wait for a
mapping, another integration of its store."""

import json
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from comanda.connectors import recognise
from comanda.diagnosis.terms import builder_called
from comanda.history.models import Problem
from comanda.inbox.mismatch import mismatched
from comanda.inbox.models import QUARANTINED, Delivery
from comanda.integrations.connect import same_store
from comanda.integrations.models import Integration

WORDS = {
    "es": {
        "no_secret": "Todavía no tiene clave: lo que llegue no se puede verificar. Agrega el secreto.",
        "quarantined": (
            "1 entrega no se pudo verificar con la clave. Corrígela.",
            "{count} entregas no se pudieron verificar con la clave. Corrígela.",
        ),
        "wrong_builder": "Recibe envíos de {builder} y es de {expected}: pega esta URL en {expected}.",
        "unreadable": ("No se puede leer 1 pedido ({place}).", "No se pueden leer {count} pedidos ({place})."),
        "unmapped": ("1 pedido espera a que mapees sus campos.", "{count} pedidos esperan a que mapees sus campos."),
        "unasked": "Tiene un secreto que no se exige: su verificación es none.",
        "same_store": "«{name}» está en On para la misma tienda: cada pedido llega dos veces y cuenta una sola.",
    },
    "en": {
        "no_secret": "it has no secret yet, so that nothing can be verified: comanda integration secret {id} --secret -",
        "quarantined": (
            "1 delivery that no secret verifies: comanda integration secret {id} --secret -",
            "{count} deliveries that no secret verifies: comanda integration secret {id} --secret -",
        ),
        "wrong_builder": "{builder} sends to it, and it is of {expected}: this URL belongs in {expected}",
        "unreadable": ("1 order cannot be read ({place})", "{count} orders cannot be read ({place})"),
        "unmapped": (
            "1 order waiting for a mapping of its fields: comanda integration map {id}",
            "{count} orders waiting for a mapping of their fields: comanda integration map {id}",
        ),
        "unasked": "its secret is not asked for: comanda integration verify {id} hmac",
        "same_store": "“{name}” is On for the same store: each order comes twice and counts once",
    },
}


def warnings(row: Integration, language: str = "en") -> list[str]:
    """In words, the gravest first; empty where all is well."""
    words = WORDS[language]
    found = unverified(row, language)
    found += [words["unreadable"][count > 1].format(count=count, place=place) for count, place in unreadable(row)]
    if waiting := stopped(row, "unmapped").count():
        found.append(words["unmapped"][waiting > 1].format(count=waiting, id=row.pk))
    if row.verification and row.verification["kind"] == "none" and row.secrets.exists():
        found.append(str(words["unasked"]).format(id=row.pk))
    return found + [str(words["same_store"]).format(name=other.name) for other in same_store(row)]


def unverified(row: Integration, language: str = "en") -> list[str]:
    """Why its requests are not let in: it has no secret, or those of the last week are signed with another one."""
    words = WORDS[language]
    if signs(row) and not row.secrets.exists():
        return [str(words["no_secret"]).format(id=row.pk)]
    week = timezone.now() - timedelta(days=7)
    waiting = Delivery.objects.filter(integration=row, state=QUARANTINED, received_at__gte=week)
    if not (count := waiting.count()) or not mismatched([row]):
        return []
    if other := looks_like(row, waiting):
        names = (builder_called(label, language) for label in (other, row.connector.label))
        return [str(words["wrong_builder"]).format(builder=next(names), expected=next(names))]
    return [words["quarantined"][count > 1].format(count=count, id=row.pk)]


def looks_like(row: Integration, waiting: QuerySet[Delivery]) -> str:
    """The builder that sends what does not verify here, where it is another one; else empty. The newest tells."""
    newest = waiting.order_by("-id").first()
    return other_builder(row, bytes(newest.body)) if newest else ""


def other_builder(row: Integration, body: bytes) -> str:
    """The builder of which this body is an order, where it is not the integration's own; else empty."""
    other = recognise(body)
    return other.label if other and not isinstance(row.connector, type(other)) else ""


def signs(row: Integration) -> bool:
    """Whether nothing is let in without a secret."""
    if row.connector.mappable:
        chosen = row.connector.setup.verification
        return chosen is not None and chosen.kind != "none"
    return not row.connector.secret_url


def stopped(row: Integration, code: str) -> QuerySet[Problem]:
    return Problem.objects.filter(account_id=row.account_id, code=code, subject=f"integration:{row.pk}")


def unreadable(row: Integration) -> list[tuple[int, str]]:
    """How many of its orders cannot be read, and the field at which the newest of them fails."""
    problems = stopped(row, "order_unreadable")
    newest = problems.order_by("-id").first()
    return [(problems.count(), json.loads(newest.facts).get("path", "$"))] if newest else []
