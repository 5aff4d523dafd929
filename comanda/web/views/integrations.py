"""Configuraciones › Integraciones: a card a builder, its integrations, what is done to one of them with one press."""

from typing import Any

from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from comanda.accounts.access import Access
from comanda.accounts.models import AuditEntry
from comanda.connectors import CONNECTORS
from comanda.connectors.base import Connector
from comanda.integrations import connect
from comanda.integrations.condition import Condition, conditions
from comanda.integrations.models import Integration
from comanda.web.faults import all_said, shown
from comanda.web.frame import access, done, entered


@entered
def settings(request: HttpRequest) -> HttpResponse:
    return redirect("integrations")


@entered
def cards(request: HttpRequest) -> HttpResponse:
    """A card for each builder that there is."""
    found = conditions(access(request).rows(Integration).filter(binned_at=None))
    mine = [[each for each in found if each.row.platform == name] for name in CONNECTORS]
    return render(request, "integrations.html", {"cards": list(map(card, CONNECTORS.values(), mine))})


def card(connector: Connector, found: list[Condition]) -> dict[str, Any]:
    """A builder with what is the matter with its integrations, each thing once."""
    problems = {said.code: said for each in found for said in all_said(each)}
    return {"connector": connector, "words": state(found), "problems": list(problems.values())}


def state(found: list[Condition]) -> str:
    """`2 activas · 1 en Off`."""
    if not found:
        return _("Sin conectar")
    active = sum(each.row.active for each in found)
    words = ngettext("{count} activa", "{count} activas", active).format(count=active)
    off = _("{count} en Off").format(count=len(found) - active)
    return f"{words} · {off}" if active < len(found) else words


def builder(platform: str) -> Connector:
    if platform not in CONNECTORS:
        raise Http404
    return CONNECTORS[platform]


@entered
def of_builder(request: HttpRequest, platform: str) -> HttpResponse:
    """A builder's integrations: On or Off, the bin, what is the matter with each."""
    who, connector = access(request), builder(platform)
    rows = who.rows(Integration).filter(platform=platform)
    found = conditions(rows.filter(binned_at=None))
    paused = since_off(who, [each.row for each in found])
    listed = [shown(each) | {"paused": paused.get(f"integration:{each.row.pk}")} for each in found]
    told = {"connector": connector, "rows": listed, "twice": twice(found), "writes": who.writes}
    return render(request, "builder.html", told | {"binned": rows.exclude(binned_at=None).order_by("-binned_at")})


def twice(found: list[Condition]) -> list[list[str]]:
    """The names of the integrations that are On for one store, store by store."""
    stores: dict[str, list[str]] = {}
    for each in found:
        if each.row.ready and each.row.store_key:
            stores.setdefault(each.row.store_key, []).append(each.row.name)
    return [names for names in stores.values() if len(names) > 1]


def since_off(who: Access, rows: list[Integration]) -> dict[str, Any]:
    """Since when those that are Off were switched so, by their name in the audit."""
    targets = [f"integration:{row.pk}" for row in rows if not row.active]
    switched = who.rows(AuditEntry).filter(target__in=targets, action="switch")
    return dict(switched.values_list("target").annotate(Max("at")).order_by()) if targets else {}


@entered
@require_POST
def change(request: HttpRequest, id: str) -> HttpResponse:
    """One of the things that may be done to an integration: what the button says."""
    who, what = access(request), request.POST.get("do", "")
    row = who.get(Integration, id)
    acts = {"on": switch_on, "off": switch_off, "bin": to_bin, "restore": restore}
    if what not in acts:
        raise Http404
    words, undo = acts[what](who, row)
    back = "page" if request.POST.get("back") == "page" else ""
    done(request, words, undo=reverse("change", args=[row.pk]), do=undo, back=back)
    if back and what != "bin":
        return redirect("connected", id=row.pk)
    return redirect("builder", platform=row.platform)


def switch_on(who: Access, row: Integration) -> tuple[str, str]:
    connect.switch(who, row, active=True)
    return _("«{name}» está en On: lo que esperaba se está leyendo.").format(name=row.name), "off"


def switch_off(who: Access, row: Integration) -> tuple[str, str]:
    connect.switch(who, row, active=False)
    return _("«{name}» está en Off: lo que llegue se guarda y espera.").format(name=row.name), "on"


def to_bin(who: Access, row: Integration) -> tuple[str, str]:
    connect.bin_integration(who, row)
    return _("«{name}» está en la papelera: su URL ya no recibe pedidos.").format(name=row.name), "restore"


def restore(who: Access, row: Integration) -> tuple[str, str]:
    connect.restore(who, row)
    return _("«{name}» volvió de la papelera.").format(name=row.name), "bin"
