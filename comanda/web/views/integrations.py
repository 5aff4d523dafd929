"""Configuraciones › Integraciones: a card a builder, its integrations, and connecting one by the builder's guide."""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from markdown_it import MarkdownIt

from comanda.accounts.access import Access
from comanda.connectors import CONNECTORS
from comanda.connectors.base import Connector
from comanda.inbox.models import Delivery
from comanda.integrations import connect
from comanda.integrations.health import warnings
from comanda.integrations.models import Integration
from comanda.web.frame import access, entered

GUIDES = Path(__file__).parents[2] / "connectors"
ORDER = ("shopify", "funnelish", "jumpseller", "mastertools", "shoptool", "woocommerce", "custom")


@entered
def settings(request: HttpRequest) -> HttpResponse:
    return redirect("integrations")


@entered
def cards(request: HttpRequest) -> HttpResponse:
    """A card for each builder."""
    who = access(request)
    rows = list(who.rows(Integration).filter(binned_at=None))
    shown = [
        card(CONNECTORS[name], [row for row in rows if row.platform == name]) for name in ORDER if name in CONNECTORS
    ]
    return render(request, "integrations.html", {"cards": shown})


def card(connector: Connector, rows: list[Integration]) -> dict[str, Any]:
    active = sum(row.active for row in rows)
    if not rows:
        words = "Sin conectar"
    else:
        words = f"{active} {'activa' if active == 1 else 'activas'}" + (
            f" · {len(rows) - active} en Off" if active < len(rows) else ""
        )
    return {"connector": connector, "words": words, "connected": bool(rows)}


def builder(platform: str) -> Connector:
    if platform not in CONNECTORS:
        raise Http404
    return CONNECTORS[platform]


@entered
def of_builder(request: HttpRequest, platform: str) -> HttpResponse:
    """A builder's integrations: On or Off, the bin, what is the matter with each."""
    who, connector = access(request), builder(platform)
    rows = list(who.rows(Integration).filter(platform=platform).order_by("binned_at", "id"))
    shown = [{"row": row, "warnings": warnings(row, "es"), "last": last(row)} for row in rows if row.binned_at is None]
    binned = [row for row in rows if row.binned_at]
    return render(
        request, "builder.html", {"connector": connector, "rows": shown, "binned": binned, "writes": who.writes}
    )


def last(row: Integration) -> Any:
    return Delivery.objects.filter(integration=row).order_by("-id").values_list("received_at", flat=True).first()


def guide(platform: str) -> str:
    text = (GUIDES / platform / "guide.md").read_text(encoding="utf-8")
    return str(MarkdownIt("commonmark", {"html": False}).render(text))


@entered
def new(request: HttpRequest, platform: str) -> HttpResponse:
    """Connect a store, with the builder's guide beside the form."""
    who, connector = access(request), builder(platform)
    given = {name: request.POST.get(name, "").replace("\x00", "").strip()[:255] for name in ("name", "store", "secret")}
    fault = ""
    if request.method == "POST":
        account = who.change()
        if given["name"]:
            row = connect.connect(account, platform, given["name"][:120], given["store"], given["secret"])
            who.audit("connect", f"integration:{row.pk}", platform=platform, name=row.name, store=row.store_key)
            request.session[f"url-{row.pk}"] = connect.hook_url(row)
            return redirect("connected", id=row.pk)
        fault = "Ponle un nombre, para distinguirla de tus otras tiendas."
    shown = {"connector": connector, "guide": guide(platform), "given": given, "fault": fault}
    return render(request, "connect.html", shown, status=400 if fault else 200)


@entered
def connected(request: HttpRequest, id: str) -> HttpResponse:
    """Its URL to paste in the builder. Where the URL is the only secret it is shown this once."""
    who = access(request)
    row = who.get(Integration, id)
    who.change()
    url = request.session.pop(f"url-{row.pk}", "") or connect.shown_url(row)
    shown = {
        "row": row,
        "connector": row.connector,
        "url": url,
        "guide": guide(row.platform),
        "warnings": warnings(row, "es"),
    }
    return render(request, "connected.html", shown | {"secrets": row.secrets.count()})


@entered
@require_POST
def change(request: HttpRequest, id: str) -> HttpResponse:
    """One of the things that may be done to an integration: what the button says."""
    who = access(request)
    row = who.get(Integration, id)
    what = request.POST.get("do", "")
    acts = {
        "on": switch_on,
        "off": switch_off,
        "bin": to_bin,
        "restore": restore,
        "rotate": rotate,
        "secret": add_secret,
    }
    if what not in acts:
        raise Http404
    words = acts[what](who, row, request)
    messages.success(request, words)
    if what in ("rotate", "secret"):
        return redirect("connected", id=row.pk)
    return redirect(reverse("builder", args=[row.platform]))


def switch_on(who: Access, row: Integration, request: HttpRequest) -> str:
    connect.switch(who, row, active=True)
    return f"«{row.name}» está en On: lo que esperaba se está leyendo."


def switch_off(who: Access, row: Integration, request: HttpRequest) -> str:
    connect.switch(who, row, active=False)
    return f"«{row.name}» está en Off: lo que llegue se guarda y espera."


def to_bin(who: Access, row: Integration, request: HttpRequest) -> str:
    connect.bin_integration(who, row)
    return f"«{row.name}» está en la papelera: puedes restaurarla abajo."


def restore(who: Access, row: Integration, request: HttpRequest) -> str:
    connect.restore(who, row)
    return f"«{row.name}» volvió de la papelera."


def rotate(who: Access, row: Integration, request: HttpRequest) -> str:
    connect.rotate(who, row)
    request.session[f"url-{row.pk}"] = connect.hook_url(row)
    return "La URL es otra: pégala en tu tienda. La anterior sirve un día más."


def add_secret(who: Access, row: Integration, request: HttpRequest) -> str:
    who.change()
    if secret := request.POST.get("secret", "").strip():
        freed = connect.add_secret(row, secret)
        who.audit("secret", f"integration:{row.pk}")
        return (
            f"Clave guardada; {freed} envíos que esperaban por ella se están leyendo." if freed else "Clave guardada."
        )
    return "La clave está vacía: no se cambió nada."


@entered
def history_of(request: HttpRequest, platform: str) -> HttpResponse:
    """The history of a builder: of its only integration, else to choose one."""
    rows = list(access(request).rows(Integration).filter(platform=builder(platform).name, binned_at=None))
    which = f"?integration={rows[0].pk}" if len(rows) == 1 else ""
    return redirect(reverse("history") + which)
