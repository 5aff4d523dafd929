"""The search that answers, in the header of every page: where is my order, what is the matter with it, why is it not here?"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from comanda.accounts.access import Access
from comanda.accounts.masking import Veil
from comanda.diagnosis.why import MOST, matching, not_seen
from comanda.history.models import Intake
from comanda.history.timeline import rows
from comanda.history.veil import over_rows
from comanda.integrations.models import Integration
from comanda.web.frame import access, entered
from comanda.web.language import reading
from comanda.web.mending import in_words, where
from comanda.web.reveal import veil_over
from comanda.web.views.history import products, row
from comanda.web.views.intake import UNDERWAY


@entered
def search(request: HttpRequest) -> HttpResponse:
    """One order: its state and its remedy. Several: a list to choose from. None: what has come, and what has not."""
    who, query = access(request), request.GET.get("q", "").replace("\x00", "").strip()[:200]
    found = matching(who, query)
    shown: dict[str, Any] = {"q": query}
    if len(found) == 1:
        shown |= one(request, who, found[0])
    elif found:
        shown |= {"rows": several(who, found[:MOST]), "more": len(found) > MOST}
    elif query:
        shown["hints"] = hints(who, query)
    return render(request, "search.html", shown)


def one(request: HttpRequest, who: Access, intake: Intake) -> dict[str, Any]:
    """What is the matter with it, each with the button that mends it; nothing while it is being read again."""
    veil = veil_over(request, who, intake)
    problems = [] if intake.status in UNDERWAY else rows(list(intake.problem_rows.all()))
    told = [(each, where(each.action, intake, facts)) for each, facts in in_words(problems, veil)]
    return {"intake": veiled(intake, veil), "told": told, "products": veil.text(products(intake))}


def several(who: Access, found: list[Intake]) -> list[dict[str, Any]]:
    veils = over_rows(who, found)
    return [row(veiled(each, veils[each.pk])) for each in found]


def veiled(intake: Intake, veil: Veil) -> Intake:
    """With its buyer as this reader may see them. It is only to be shown."""
    intake.customer_name = veil.field("name", intake.customer_name)
    intake.customer_email = veil.field("email", intake.customer_email)
    intake.number = veil.text(intake.number)
    return intake


@dataclass(frozen=True)
class Hint:
    """What an integration has seen, and where to look further."""

    said: str
    icon: str
    colour: str
    button: str
    href: str
    integration: Integration | None


# Of each kind of evidence: its picture and how grave it is.
LOOKS = {
    "none": ("plug", "wait"),
    "off": ("circle-pause", "wait"),
    "binned": ("trash-2", "wait"),
    "never": ("unplug", "wait"),
    "last": ("check", "ok"),
    "waiting": ("clock", "wait"),
    "held": ("circle-pause", "wait"),
    "quarantined": ("key-round", "bad"),
    "unproved": ("shield-alert", "dim"),
    "wrong_builder": ("shuffle", "bad"),
    "ignored": ("circle-dashed", "dim"),
    "refused": ("ban", "bad"),
}


def hints(who: Access, query: str) -> list[Hint]:
    evidence = not_seen(who, query, reading()).evidence
    integrations = {str(each.pk): each for each in who.rows(Integration)}
    made = [hint(each, integrations.get(each.get("integration", ""))) for each in evidence]
    grave = ("bad", "wait", "dim", "ok")
    return sorted(made, key=lambda each: grave.index(each.colour))


def hint(each: dict[str, Any], integration: Integration | None) -> Hint:
    icon, colour = LOOKS[each["kind"]]
    button, href = place(each["kind"], integration)
    return Hint(each["message"], icon, colour, button, href, integration)


def place(kind: str, integration: Integration | None) -> tuple[str, str]:
    """Where something can be done about it."""
    if integration is None:
        return _("Conectar una tienda"), reverse("integrations")
    at_builder, itself = reverse("builder", args=[integration.platform]), reverse("connected", args=[integration.pk])
    places = {
        "off": (_("Encender"), at_builder),
        "held": (_("Encender"), at_builder),
        "binned": (_("Restaurar"), at_builder),
        "never": (_("Ver la URL"), itself),
        "wrong_builder": (_("Ver la URL"), itself),
        "quarantined": (_("Corregir la clave"), f"{itself}#clave"),
        "last": (_("Ver su historial"), f"{reverse('history')}?{urlencode({'integration': integration.pk})}"),
    }
    return places.get(kind) or (_("Ver rechazos y retenidos"), reverse("refused"))
