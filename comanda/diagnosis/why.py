"""A search that answers: is the order here, what is the matter with it, and if it never came, what to look at."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import override

from comanda.accounts.access import Access
from comanda.accounts.masking import Veil
from comanda.connectors import CONNECTORS
from comanda.diagnosis.explain import explain
from comanda.diagnosis.terms import REFUSALS, builder_called
from comanda.history.models import Intake
from comanda.history.search import Filter, gather, newest
from comanda.history.timeline import rows
from comanda.history.veil import over_rows
from comanda.inbox.models import HELD, PENDING, QUARANTINED
from comanda.inbox.seen import MOST as MOST_SEEN
from comanda.inbox.seen import Seen, seen
from comanda.integrations.health import other_builder
from comanda.integrations.models import Integration

STATUS = {
    "es": {
        "pending": "Pendiente",
        "registered": "Exitoso",
        "forwarding": "En camino al destino",
        "retrying": "Se reintentará",
        "failed": "Fallido",
        "duplicate": "Duplicado",
        "review": "Por revisar",
        "unpaid": "Esperando pago",
        "cancelled": "Cancelado",
        "ignored": "Omitido",
        "held": "En espera",
    },
    "en": {
        "pending": "Pending",
        "registered": "Registered",
        "forwarding": "On its way",
        "retrying": "Will be retried",
        "failed": "Failed",
        "duplicate": "Duplicate",
        "review": "To review",
        "unpaid": "Waiting for payment",
        "cancelled": "Cancelled",
        "ignored": "Ignored",
        "held": "On hold",
    },
}
MOST = 10
MOST_INTEGRATIONS = 50


@dataclass
class Answer:
    """`verdict`: the intake's status, `several`, or `not_seen`. Of one order the message says it all, its evidence has none."""

    verdict: str
    message: str
    evidence: list[dict[str, Any]] = field(default_factory=list)


def why(access: Access, query: str, language: str = "es") -> Answer:
    """Answer a merchant who looks for an order by number, name, e-mail, phone or the store's id."""
    found = matching(access, query)
    if not found:
        return not_seen(access, query, language)
    veils = over_rows(access, found[:MOST])
    evidence = [told(intake, language, veils[intake.pk]) for intake in found[:MOST]]
    if len(found) == 1:
        return Answer(found[0].status, evidence[0]["message"], [evidence[0] | {"message": ""}])
    said = {"es": "{} pedidos coinciden con «{}».", "en": "{} orders match “{}”."}[language]
    count = f"{MOST}+" if len(found) > MOST else str(len(found))
    return Answer("several", said.format(count, query), evidence)


def matching(access: Access, query: str) -> list[Intake]:
    """The orders that are meant, the newest first: those of this very number or id, else all that have it in them.

    One more than MOST where there are more.
    """
    query = query.replace("\x00", "").strip()
    if not query:
        return []
    every = newest(access, Filter(q=query))
    bare, exact = query.lstrip("#"), []
    if any(map(str.isdigit, bare)):
        very = Q(number__in=(bare, f"#{bare}")) | Q(external_id=query)
        exact = replace(every, rows=every.rows.filter(very)).first(MOST + 1)
    return gather(exact or every.first(MOST + 1))


def told(intake: Intake, language: str, veil: Veil) -> dict[str, Any]:
    told, number = explain(map(veil.problem, rows(list(intake.problem_rows.all()))), language), veil.text(intake.number)
    sentence = " ".join([each.message for each in told]) or {
        "es": "El pedido {0} está registrado." if intake.status == "registered" else "Estado: {1}.",
        "en": "Order {0} is registered." if intake.status == "registered" else "Status: {1}.",
    }[language].format(number, STATUS[language][intake.status])
    return {
        "kind": "intake",
        "id": str(intake.pk),
        "number": number,
        "customer": veil.field("name", intake.customer_name),
        "status": intake.status,
        "label": STATUS[language][intake.status],
        "integration": intake.integration.name,
        "received_at": intake.received_at,
        "message": sentence,
        "todo": " ".join(each.todo for each in told),
        "actions": [{"code": e.code, "action": e.action, "label": e.action_label, "article": e.article} for e in told],
    }


NOT_SEEN = {
    "es": "Ningún pedido con «{}» ha llegado a Comanda. Revisa lo siguiente.",
    "en": "No order with “{}” has come to Comanda. Look at the following.",
}
HINTS = {
    "es": {
        "none": "Todavía no hay ninguna integración: conecta tu tienda.",
        "off": "«{name}» está en Off: lo que llega queda en espera.",
        "binned": "«{name}» está en la papelera: no recibe pedidos.",
        "never": "«{name}» nunca ha recibido una entrega: revisa que la URL esté pegada en {platform}.",
        "last": "«{name}» recibió su última entrega hace {ago}.",
        "waiting": "Entregas de «{name}» que esperan ser procesadas: {count}.",
        "held": "Entregas de «{name}» en espera: {count}.",
        "quarantined": "Entregas de «{name}» con una firma que no coincide: {count}. Corrige la clave.",
        "unproved": "Entregas a «{name}» que no se pudieron comprobar: {count}. Las demás sí: la clave está bien.",
        "wrong_builder": "«{name}» es de {platform} y recibe envíos de {builder}: pega su URL en {platform}.",
        "ignored": "Entregas de «{name}» que no eran de un pedido, en los últimos 7 días: {count} ({topics}).",
        "refused": "Solicitudes que «{name}» rechazó en los últimos 7 días por {reason}: {count}.",
    },
    "en": {
        "none": "There is no integration yet: connect your store.",
        "off": "“{name}” is Off: what arrives is held.",
        "binned": "“{name}” is in the bin: it takes no orders.",
        "never": "“{name}” has never had a delivery: see that its URL is pasted in {platform}.",
        "last": "“{name}” had its last delivery {ago} ago.",
        "waiting": "Deliveries of “{name}” that wait to be processed: {count}.",
        "held": "Deliveries of “{name}” on hold: {count}.",
        "quarantined": "Deliveries of “{name}” whose signature does not match: {count}. Correct the secret.",
        "unproved": "Deliveries to “{name}” that could not be proved: {count}. The others could: the secret is right.",
        "wrong_builder": "“{name}” is of {platform}, and {builder} sends to it: its URL belongs in {platform}.",
        "ignored": "Deliveries of “{name}” that were not about an order, in the last 7 days: {count} ({topics}).",
        "refused": "Requests that “{name}” refused in the last 7 days for {reason}: {count}.",
    },
}


def not_seen(access: Access, query: str, language: str) -> Answer:
    """Was it never sent, refused, held back? Every integration tells what it has seen."""
    hints, evidence = HINTS[language], []
    integrations = list(access.rows(Integration).order_by("id")[:MOST_INTEGRATIONS])
    if not integrations:
        evidence.append({"kind": "none", "message": hints["none"]})
    came = seen(integrations)
    for integration in integrations:
        evidence += [
            {"kind": kind, "integration": str(integration.pk), "message": hints[kind].format(**facts)}
            for kind, facts in look_at(integration, came[integration.pk], language)
        ]
    return Answer("not_seen", NOT_SEEN[language].format(query), evidence)


def ago(moment: datetime, language: str) -> str:
    """How long ago, in its largest unit: `2 horas`."""
    if timezone.now() - moment < timedelta(minutes=1):
        return {"es": "menos de un minuto", "en": "less than a minute"}[language]
    with override(language):
        return timesince(moment, depth=1).replace("\xa0", " ")


def look_at(integration: Integration, came: Seen, language: str) -> list[tuple[str, dict[str, Any]]]:
    """What may keep this integration's orders away, as kinds of HINTS with their facts."""
    platform = builder_called(CONNECTORS[integration.platform].label, language)
    facts: dict[str, Any] = {"name": integration.name, "platform": platform}
    if integration.binned_at:
        return [("binned", facts)]
    found = [] if integration.active else [("off", facts)]
    found.append(("last", facts | {"ago": ago(came.last, language)}) if came.last else ("never", facts))
    for kind, state in (("waiting", PENDING), ("held", HELD), ("quarantined", QUARANTINED)):
        if count := came.states[state]:
            wrong = kind == "quarantined" and came.mismatched
            other = other_builder(integration, came.unverified) if wrong else ""
            told = facts | {"count": counted(count), "builder": builder_called(other, language)}
            unproved = kind == "quarantined" and not wrong
            found.append(("wrong_builder" if other else "unproved" if unproved else kind, told))
    if count := came.ignored.total():
        topics = ", ".join(sorted(came.ignored)[:5])
        found.append(("ignored", facts | {"count": count, "topics": topics}))
    for reason, total in came.refused.items():
        if came.states[QUARANTINED] and reason.startswith("signature_"):
            continue  # what only its signature kept out is told of above
        found.append(("refused", facts | {"reason": REFUSALS[language].get(reason, reason), "count": total}))
    return found


def counted(count: int) -> str:
    return f"{MOST_SEEN}+" if count > MOST_SEEN else str(count)
