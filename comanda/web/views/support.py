"""Soporte: where an account's people ask for help, with the order they ask about filled in."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from comanda.accounts.models import Account
from comanda.history import timeline
from comanda.history.models import Intake
from comanda.web.frame import access, entered
from comanda.web.language import reading


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
        return Contact(
            "email", given, f"mailto:{quote(given)}?{urlencode({'subject': about, 'body': text}, quote_via=quote)}"
        )
    digits = "".join(filter(str.isdigit, given))
    return Contact(
        "whatsapp", given, f"https://wa.me/{digits}?{urlencode({'text': f'{about}{chr(10)}{text}'}, quote_via=quote)}"
    )


def question(request: HttpRequest, intake: Intake) -> tuple[str, str]:
    """What is asked about an order: its reference and its problem, and no word about its buyer."""
    said = timeline.message(intake, reading())
    number = intake.number or _("sin número")
    lines = [
        _("Pedido: {number}").format(number=number),
        _("Integración: {name}").format(name=intake.integration.name),
        _("Problema: {said} ({code})").format(said=said, code=intake.cause) if intake.cause else "",
        _("Referencia: {id}").format(id=intake.pk),
        request.build_absolute_uri(f"/historial/{intake.pk}/"),
    ]
    return _("Ayuda con el pedido {number}").format(number=number), "\n".join(filter(None, lines))


@entered
def support(request: HttpRequest) -> HttpResponse:
    """`?pedido=ID` fills in what the question is about."""
    who = access(request)
    intake = who.get(Intake, request.GET["pedido"]) if request.GET.get("pedido") else None
    about, text = question(request, intake) if intake else (_("Ayuda con Comanda"), "")
    shown = {"contact": contact(who.account, about, text), "intake": intake, "about": about, "text": text}
    return render(request, "support.html", shown)
