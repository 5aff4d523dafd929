"""Soporte: where an account's people ask for help, with the order they ask about filled in."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import phonenumbers
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from comanda.accounts.access import Access
from comanda.accounts.models import Account
from comanda.diagnosis.explain import NAMED
from comanda.history import timeline
from comanda.history.models import Intake
from comanda.history.timeline import traces
from comanda.history.veil import drawn, veil_rows
from comanda.web.frame import access, entered
from comanda.web.language import reading

LOOKED_AT, SHOWN = 60, 5  # of the newest orders, and of those among them that somebody may ask about
IN_TROUBLE = ("failed", "review", "held", "unpaid")


@dataclass(frozen=True)
class Contact:
    """A way to ask for help: what it is called, where it leads."""

    kind: str  # email | whatsapp | page
    shown: str
    href: str


def contact(account: Account, about: str = "", text: str = "") -> Contact | None:
    """The account's own support, else the installation's; None where nobody has named any. A mail, a chat, or a page."""
    given = account.support or settings.SUPPORT
    if not given:
        return None
    if given.startswith(("https://", "http://")):
        return Contact("page", given.partition("://")[2].rstrip("/"), given)
    if "@" in given:
        filled = urlencode({"subject": about, "body": text}, quote_via=quote)
        return Contact("email", given, f"mailto:{quote(given)}?{filled}")
    filled = urlencode({"text": f"{about}\n{text}".strip()}, quote_via=quote)
    return Contact("whatsapp", given, f"https://wa.me/{international(given, account.country)}?{filled}")


def international(phone: str, country: str) -> str:
    """The digits with the country's code, as WhatsApp wants them: a merchant writes the number as it is dialled at home."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return "".join(filter(str.isdigit, phone))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).lstrip("+")


def question(intake: Intake) -> tuple[str, str]:
    """What is asked about an order: its reference and its problem, and no word about its buyer."""
    veil = drawn(intake, traces(intake, 1))
    said = timeline.message(intake, reading(), veil, NAMED)
    number = veil.text(intake.number) or _("sin número")
    lines = [
        _("Pedido: {number}").format(number=number),
        _("Integración: {name}").format(name=intake.integration.name),
        _("Problema: {said} ({code})").format(said=said, code=intake.cause) if intake.cause else "",
        _("Referencia: {id}").format(id=intake.pk),
        settings.BASE_URL + reverse("intake", args=[intake.pk]),
    ]
    return _("Ayuda con el pedido {number}").format(number=number), "\n".join(filter(None, lines))


@entered
def support(request: HttpRequest) -> HttpResponse:
    """`?pedido=ID` fills in what the question is about."""
    who = access(request)
    intake = who.get(Intake, request.GET["pedido"]) if request.GET.get("pedido") else None
    about, text = question(intake) if intake else (_("Ayuda con Comanda"), "")
    shown = {"contact": contact(who.account, about, text), "intake": intake, "about": about, "text": text}
    return render(request, "support.html", shown | {"recent": [] if intake else recent(who)})


def recent(who: Access) -> list[dict[str, Any]]:
    """The newest orders that somebody may want to ask about."""
    newest = who.rows(Intake).select_related("integration").prefetch_related("problem_rows")
    found = [row for row in newest.order_by("-received_at", "-id")[:LOOKED_AT] if row.status in IN_TROUBLE][:SHOWN]
    veils = veil_rows(who, found)
    return [{"intake": row, "message": timeline.message(row, reading(), veils[row.pk], NAMED)} for row in found]
