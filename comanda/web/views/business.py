"""Configuraciones › Negocio: what an account is, and what it chooses."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from comanda.accounts import region
from comanda.accounts.access import Access
from comanda.accounts.models import Account
from comanda.accounts.preferences import Choices, NotChoosable, choose, faults, shown
from comanda.web.frame import CHOSEN, access, done, entered

TEXTS = ("name", "country", "currency", "timezone", "support", "stock", "price")
FIELDS = (*TEXTS, "cod_methods", "group_minutes")
NO_NUMBER = -1
WORDS = {
    ("name", "invalid"): gettext_lazy("Ponle un nombre de hasta 120 letras, que no sea solo un número."),
    ("name", "taken"): gettext_lazy("Ya hay una cuenta con este nombre. Agrégale algo que la distinga."),
    ("country", "invalid"): gettext_lazy("Elige uno de los países de la lista."),
    ("currency", "invalid"): gettext_lazy("Elige una de las monedas de la lista."),
    ("timezone", "invalid"): gettext_lazy("Elige una de las zonas de la lista."),
    ("support", "invalid"): gettext_lazy(
        "No es un correo, un teléfono ni una página. Por ejemplo: ayuda@tutienda.com, +57 300 123 4567, tutienda.com/ayuda."
    ),
    ("stock", "invalid"): gettext_lazy("Elige una de las dos."),
    ("price", "invalid"): gettext_lazy("Elige una de las dos."),
    ("cod_methods", "invalid"): gettext_lazy("Cada nombre lleva letras o números y hasta 80 signos, sin signos raros."),
    ("cod_methods", "many"): gettext_lazy("Son demasiados: hasta 100 nombres."),
    ("group_minutes", "invalid"): gettext_lazy("Escribe un número de minutos de 0 a 1440 (un día)."),
}


@entered
@require_POST
def choose_account(request: HttpRequest) -> HttpResponse:
    """Look at another of one's accounts."""
    given = request.POST.get("account", "")
    if given.isdecimal() and len(given) < 19:
        request.session[CHOSEN] = int(given)
    return redirect("home")


@entered
def preferences(request: HttpRequest) -> HttpResponse:
    who, wrong = access(request), dict[str, Any]()
    if request.method == "POST":
        before = typed(shown(who.change()))
        try:
            count = choose(who, chosen(request.POST))
            told(request, who.account, before, count)
            return redirect("preferences")
        except NotChoosable as fault:
            found = [fault, *faults(who.account, chosen(request.POST))]
            wrong = {each.field: WORDS[each.field, each.reason] for each in reversed(found)}
    given = typed(shown(who.account)) | {name: request.POST[name] for name in FIELDS if wrong and name in request.POST}
    return render(request, "preferences.html", page(who, given) | {"wrong": wrong}, status=400 if wrong else 200)


def chosen(post: QueryDict) -> Choices:
    """What a form says; what is not in it stays as it is."""
    texts = {name: post.get(name) for name in TEXTS}
    lines = post.get("cod_methods", "").splitlines()
    minutes = post.get("group_minutes", "").strip()
    return Choices(
        **texts,
        cod_methods=[line.strip() for line in lines if line.strip()] if "cod_methods" in post else None,
        group_minutes=whole(minutes) if "group_minutes" in post else None,
    )


def whole(text: str) -> int:
    """A number of minutes; one that is refused where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else NO_NUMBER


def typed(found: dict[str, Any]) -> dict[str, str]:
    """The choices as the form has them."""
    return {name: found[name] for name in TEXTS} | {
        "cod_methods": "\n".join(found["cod_methods"]),
        "group_minutes": str(found["group_minutes"]),
    }


def told(request: HttpRequest, account: Account, before: dict[str, str], count: int) -> None:
    """What was done, and how to take it back."""
    after = typed(shown(account))
    former = {name: value for name, value in before.items() if after[name] != value}
    again = ngettext(
        "{count} pedido se revisa de nuevo con esto.", "{count} pedidos se revisan de nuevo con esto.", count
    ).format(count=count)
    if former:
        done(request, f"{_('Guardado.')} {again if count else ''}".strip(), undo=reverse("preferences"), **former)
    else:
        done(request, _("Todo seguía igual: no había nada que guardar."))


def page(who: Access, given: dict[str, str]) -> dict[str, Any]:
    language, country = get_language() or "es", who.account.country
    countries, currencies = region.countries(language), region.currencies(country, language)
    return {
        "given": given,
        "countries": {who.account.country: country} | countries,  # what is there may stay
        "currencies": {who.account.currency: who.account.currency} | currencies,
        "zones": zones(who.account, given["timezone"], language),
        "usual_zone": region.city(region.ZONES.get(country, "UTC"), language),
        "usual_support": settings.SUPPORT,
    }


def zones(account: Account, given: str, language: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The country's own first, then the main one of each other: name, city, what time it is there."""
    own, now = region.zones(account.country), timezone.now()
    others = [name for code, name in region.ZONES.items() if code != account.country and name not in own]
    if given in region.all_zones() and given not in (*own, *others):
        others = [given, *others]

    def told(names: list[str]) -> list[tuple[str, str, str]]:
        return [(name, region.city(name, language), f"{now.astimezone(ZoneInfo(name)):%H:%M}") for name in names]

    here = region.countries(language).get(account.country, account.country)
    return [(here, told(own)), (_("Otros países"), sorted(told(others), key=lambda each: each[1]))]
