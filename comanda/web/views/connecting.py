"""The wizard that connects a store, or connects it anew: name and store, the URL to paste, the key, the first order."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comanda.accounts.access import Access
from comanda.accounts.masking import OPEN
from comanda.connectors.base import Connector
from comanda.diagnosis.explain import NAMED
from comanda.diagnosis.terms import REFUSALS, no_store
from comanda.history import timeline
from comanda.history.veil import veil_rows
from comanda.integrations import connect
from comanda.integrations.arrivals import Arrival, first_since
from comanda.integrations.models import Integration
from comanda.web import proofs, shown_once
from comanda.web.frame import access, asked_by_htmx, entered
from comanda.web.guides import guide
from comanda.web.language import reading
from comanda.web.views.integrations import builder

TITLES = {
    "datos": gettext_lazy("Nombre y tienda"),
    "url": gettext_lazy("Pegar la URL"),
    "clave": gettext_lazy("Clave"),
    "prueba": gettext_lazy("Pedido de prueba"),
}
UNCHANGED = 204


@dataclass
class Start:
    """The first step's form: what was typed, what is wrong with it, the integration that has this store already."""

    name: str = ""
    store: str = ""
    faults: dict[str, str] | None = None
    taken: Integration | None = None


def typed(request: HttpRequest) -> Start:
    return Start(proofs.clean(request.POST.get("name", ""), 120), proofs.clean(request.POST.get("store", ""), 255))


def check(who: Access, connector: Connector, start: Start, *, again: bool, own: Integration | None = None) -> bool:
    """Whether it may be begun; `again`: the merchant knows that the store is connected."""
    start.faults, key = {}, ""
    if not start.name:
        start.faults["name"] = _("Ponle un nombre, para distinguirla de tus otras tiendas.")
    try:
        key = connect.store_named(connector.name, start.store, own.store_key if own else "")
    except connect.NotAStore:
        start.faults["store"] = no_store(connector.name, reading())
    if key and not again:
        others = who.rows(Integration).filter(platform=connector.name, store_key=key, binned_at=None)
        start.taken = others.exclude(pk=own.pk if own else 0).order_by("id").first()
    return not start.faults and not start.taken


@entered
def new(request: HttpRequest, platform: str) -> HttpResponse:
    """The first step of a new one; `tienda`: an address that is known already."""
    who, connector = access(request), builder(platform)
    account, start = who.change(), Start(store=proofs.clean(request.GET.get("tienda", ""), 255))
    if request.method == "POST":
        start = typed(request)
        if check(who, connector, start, again="again" in request.POST):
            row = connect.connect(account, platform, start.name, start.store)
            who.audit("connect", f"integration:{row.pk}", platform=platform, name=row.name, store=row.store_key)
            shown_once.keep_url(request, row)
            return redirect("wizard", id=row.pk, step="url")
    return first_page(request, connector, start)


@entered
def repeat(request: HttpRequest, id: str) -> HttpResponse:
    """The first step of connecting it anew: another URL, another key; history and links stay."""
    who = access(request)
    who.change()
    row = in_use(who, id)
    start = Start(row.name, row.store_key)
    if request.method == "POST":
        start = typed(request)
        if check(who, row.connector, start, again="again" in request.POST, own=row):
            keep_data(who, row, start)
            connect.begin_again(who, row)
            shown_once.keep_url(request, row)
            return redirect("wizard_again", id=row.pk, step="url")
    return first_page(request, row.connector, start, row)


def in_use(who: Access, id_: str) -> Integration:
    row = who.get(Integration, id_)
    if row.binned_at:
        raise Http404
    return row


def keep_data(who: Access, row: Integration, start: Start) -> None:
    """The name and the store, where they are others than before."""
    if start.name != row.name:
        connect.rename(who, row, start.name)
    if connect.store_named(row.platform, start.store, row.store_key) != row.store_key:
        connect.move_store(who, row, start.store)
        row.refresh_from_db()


def first_page(
    request: HttpRequest, connector: Connector, start: Start, row: Integration | None = None
) -> HttpResponse:
    shown: dict[str, Any] = {
        "row": row,
        "connector": connector,
        "step": "datos",
        "again": row is not None,
        "start": start,
    }
    shown |= {"steps": steps(connector, "datos"), "guide": guide(connector.name)}
    return render(request, "connect.html", shown, status=400 if start.faults or start.taken else 200)


def steps(connector: Connector, here: str) -> list[dict[str, Any]]:
    """Where one is; a builder that signs nothing has no key."""
    names = [name for name in TITLES if name != "clave" or not connector.secret_url]
    at = names.index(here)
    return [{"title": TITLES[name], "done": number < at, "here": number == at} for number, name in enumerate(names)]


@entered
def step(request: HttpRequest, id: str, step: str, again: bool = False) -> HttpResponse:
    """One of the steps after the first."""
    who = access(request)
    row = who.get(Integration, id)
    who.change()
    if step not in STEPS or row.binned_at or (step == "clave" and row.connector.secret_url):
        raise Http404
    name = "wizard_again" if again else "wizard"
    links = {each: reverse(name, args=[row.pk, each]) for each in STEPS}
    shown = {"row": row, "connector": row.connector, "step": step, "again": again, "links": links}
    shown |= {"steps": steps(row.connector, step), "guide": guide(row.platform)}
    return STEPS[step](request, who, row, shown)


def url_step(request: HttpRequest, who: Access, row: Integration, shown: dict[str, Any]) -> HttpResponse:
    if request.method == "POST":
        connect.rotate(who, row)
        shown_once.keep_url(request, row)
        return redirect(shown["links"]["url"])
    onward = shown["links"]["prueba" if row.connector.secret_url else "clave"]
    once = connect.only_secret(row)
    return render(
        request, "connect.html", shown | {"url": shown_once.take_url(request, row), "once": once, "next": onward}
    )


def key_step(request: HttpRequest, who: Access, row: Integration, shown: dict[str, Any]) -> HttpResponse:
    proof = proofs.holding(row)
    if request.method == "POST":
        proof = proofs.given(request.POST)
        freed = proofs.save(who, row, proof, replace=shown["again"])
        if not proof.faults:
            if proof.secret:
                messages.success(request, saved(freed))
            return redirect(shown["links"]["prueba"])
    shown |= {"proof": proof, "kinds": proofs.KINDS, "algorithms": proofs.ALGORITHMS, "encodings": proofs.ENCODINGS}
    shown |= {"secrets": row.secrets.count()}
    return render(request, "connect.html", shown, status=400 if proof.faults else 200)


def saved(freed: int) -> str:
    if not freed:
        return _("Clave guardada.")
    words = ngettext(
        "Clave guardada: {count} envío que esperaba por ella se está leyendo.",
        "Clave guardada: {count} envíos que esperaban por ella se están leyendo.",
        freed,
    )
    return words.format(count=freed)


def wait_step(request: HttpRequest, who: Access, row: Integration, shown: dict[str, Any]) -> HttpResponse:
    """What has come since the URL was made, again every two seconds until the first order is read."""
    arrival = first_since(row, connect.began(row))
    seen = told(arrival)
    if asked_by_htmx(request):
        if request.GET.get("visto") == seen:
            return HttpResponse(status=UNCHANGED)
        return render(
            request, "connect.html#arrival", shown | {"arrival": arrival, "seen": seen, **words(who, arrival)}
        )
    return render(request, "connect.html", shown | {"arrival": arrival, "seen": seen, **words(who, arrival)})


def told(arrival: Arrival) -> str:
    """What is shown of it, so that it is not sent twice."""
    parts = (arrival.state, arrival.intake and arrival.intake.status, arrival.delivery and arrival.delivery.pk)
    return "-".join(str(each) for each in parts if each)


def words(who: Access, arrival: Arrival) -> dict[str, str]:
    intake, refusal, language = arrival.intake, arrival.refusal, reading()
    veil = veil_rows(who, [intake])[intake.pk] if intake else OPEN
    return {
        "message": timeline.message(intake, language, veil, NAMED) if intake and arrival.state == "read" else "",
        "refused": REFUSALS[language].get(refusal.reason, refusal.reason) if refusal else "",
    }


STEPS = {"url": url_step, "clave": key_step, "prueba": wait_step}
