"""Inicio: what needs somebody now. Causes, not orders; then the last days, the integrations, and the first steps."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from comanda.accounts.access import Access
from comanda.accounts.region import zone
from comanda.catalogue.models import Variant
from comanda.diagnosis.causes import causes, waiting
from comanda.history.days import Day, days
from comanda.history.models import Intake
from comanda.inbox.models import PENDING, Delivery, written
from comanda.integrations.models import Integration
from comanda.integrations.pulse import Pulse, pulses
from comanda.orders.models import Order
from comanda.web.cards import Card, cards
from comanda.web.chart import Chart
from comanda.web.frame import access, asked_by_htmx, entered
from comanda.web.views.registering import asked_line

SHOWN, ALL = 10, 40
STORES = 8
DAYS = 30
A_MINUTE, A_MOMENT = 60, 10  # in seconds
BIG = 2000  # orders of the last days whose counting is worth being kept
LATE = timedelta(minutes=2)


@entered
def home(request: HttpRequest) -> HttpResponse:
    who = access(request)
    stores = pulses(who)
    return render(request, "home.html", told(who, stores, most(request)) | {"followed": asked_line(request)})


@entered
def now(request: HttpRequest) -> HttpResponse:
    """What needs somebody, again every two seconds; 204 where it is as the reader has it. However many look at an account,
    it is put together once in a while."""
    who, seen = access(request), request.GET.get("seen", "")
    if seen and cache.get(place(who, most(request))) == seen:
        return HttpResponse(status=204)
    shown = told(who, pulses(who), most(request))
    cache.set(place(who, most(request)), shown["seen"], A_MOMENT)
    answer = HttpResponse(status=204) if shown["seen"] == seen else render(request, "home_now.html", shown)
    answer["X-Seen"] = shown["seen"]
    return answer


def most(request: HttpRequest) -> int:
    return ALL if "todas" in request.GET else SHOWN


def told(who: Access, stores: list[Pulse], most: int) -> dict[str, Any]:
    """All but the days; `seen` is another one as soon as anything of it is, once a minute where only orders come."""
    found, more = attention(who, stores, most)
    shown = {
        "cards": found,
        "more": more,
        "waiting": waiting(who),
        "late": late(who),
        "steps": steps(who, [each.row for each in stores]),
    }
    shown["newest"] = newest(stores) if not found else None
    seen = hashlib.sha256(repr((shown, [known(each) for each in stores])).encode()).hexdigest()[:12]
    listed = {"stores": stores[:STORES], "other_stores": len(stores) - STORES}
    return shown | listed | {"all": most == ALL, "seen": seen, "badge": remembered(who, found, more)}


def known(store: Pulse) -> tuple[Any, ...]:
    """What the list of the integrations says of one."""
    last = store.last and store.last.replace(second=0, microsecond=0)
    return store.row.pk, store.row.name, store.state, store.twin, last


def place(who: Access, most: int) -> str:
    """Where `seen` is kept: readers of another language, who see buyers masked, or who only read, have other words."""
    return f"now:{who.account.pk}:{get_language()}:{who.masks}:{who.writes}:{most}"


def newest(stores: list[Pulse]) -> Pulse | None:
    """The integration that brought the newest order."""
    found = [(each.last, place) for place, each in enumerate(stores) if each.last]
    return stores[max(found)[1]] if found else None


def attention(who: Access, stores: list[Pulse], most: int) -> tuple[list[Card], bool]:
    found, more = causes(who, most)
    made = cards(who, found, stores)
    return made[:most], more or len(made) > most


def remembered(who: Access, found: list[Card], more: bool) -> str:
    """The number beside Inicio in the menu, kept for the other pages for a moment, so that not each of them counts."""
    number = f"{SHOWN}+" if more or len(found) > SHOWN else str(len(found) or "")
    cache.set(f"badge:{who.account.pk}", number, A_MOMENT)
    return number


@entered
def badge(request: HttpRequest) -> HttpResponse:
    """That number alone, for the menu of any page."""
    who = access(request)
    number = cache.get(f"badge:{who.account.pk}")
    if number is None:
        number = remembered(who, *attention(who, pulses(who), SHOWN))
    return render(request, "home.html#badge", {"badge": number})


def late(who: Access) -> datetime | None:
    """Since when something that a store sent waits for its turn, where that is longer than it should."""
    queued = who.rows(Delivery).filter(state=written(PENDING), trigger="webhook").order_by("pk")
    oldest: datetime | None = queued.values_list("received_at", flat=True).first()
    return oldest if oldest and timezone.now() - oldest > LATE else None


@dataclass(frozen=True)
class Step:
    """One of the first steps: whether it is done, and where the next one is taken."""

    title: str
    hint: str
    button: str
    href: str
    done: bool
    now: bool = False
    post: bool = False  # the button does it


def steps(who: Access, stores: list[Integration]) -> list[Step]:
    """What a newcomer does, ticked by what is there; nothing once an order is registered."""
    if who.rows(Order).exists():
        return []
    came = who.rows(Intake).exists()
    integrations = reverse("integrations")
    trial = reverse("try", args=[max(store.pk for store in stores)]) if stores else integrations
    made = [
        Step(
            _("Conecta tu tienda"),
            _("Elige tu constructor y sigue su guía: toma unos minutos."),
            _("Conectar una tienda"),
            integrations,
            bool(stores),
        ),
        Step(
            _("Envía un pedido de prueba"),
            _("Llega, se revisa y no se registra: así sabes que Comanda lee los pedidos de tu constructor."),
            _("Enviar pedido de prueba"),
            trial,
            came,
            post=bool(stores),
        ),
        Step(
            _("Trae tus productos"),
            _("Con el mismo SKU que en tu tienda se vinculan solos."),
            _("Traer productos"),
            reverse("import"),
            who.rows(Variant).exists(),
        ),
        Step(
            _("Recibe el primer pedido real"),
            _("No tienes que hacer nada: aparece en el historial en cuanto un cliente compra."),
            _("Ver el historial"),
            reverse("history"),
            False,
        ),
    ]
    current = next(place for place, each in enumerate(made) if not each.done)
    return [each if place != current else Step(**(vars(each) | {"now": True})) for place, each in enumerate(made)]


@entered
def last_days(request: HttpRequest) -> HttpResponse:
    """The orders of the last thirty days by result: the chart alone for Inicio, which asks for it again and again; a page
    of its own without JavaScript."""
    chart, again = Chart(kept_days(access(request))), asked_by_htmx(request)
    return render(request, "days.html#days" if again else "days.html", {"chart": chart, "again": again})


def kept_days(who: Access) -> list[Day]:
    """Of a big account counted once a minute, however often somebody looks."""
    there = zone(who.account)
    today = timezone.now().astimezone(there).date()
    key = f"days:{who.account.pk}:{there}:{today}"
    found: list[Day] | None = cache.get(key)
    if found is None:
        found = days(who, there, today, DAYS)
        if sum(each.orders for each in found) >= BIG:
            cache.set(key, found, A_MINUTE)
    return found
