"""Pedidos: what was registered, the newest first."""

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy

from comanda.accounts.access import Access
from comanda.accounts.masking import Veil
from comanda.history.cursors import Place
from comanda.history.search import Newest
from comanda.history.veil import over_order
from comanda.inbox.models import written
from comanda.orders.models import Order
from comanda.orders.search import saying
from comanda.web.asked import Asked, read
from comanda.web.frame import access, asked_by_htmx, entered

A_PAGE = 30
PAYMENTS = {"cod": gettext_lazy("Contra entrega"), "prepaid": gettext_lazy("Pagado")}
STATUSES = {"open": gettext_lazy("Registrados"), "cancelled": gettext_lazy("Cancelados")}


@entered
def listed(request: HttpRequest) -> HttpResponse:
    """The list; its filter is the URL's. htmx asks for the next rows alone."""
    who = access(request)
    asked = read(request.GET, who, [])
    cursor = request.GET.get("cursor", "")
    places, following = newest_orders(who, asked).page(cursor, A_PAGE)
    shown = {"rows": loaded(who, places), "following": following, "asked": asked}
    if asked_by_htmx(request):
        answer = render(request, "orders_rows.html", shown | {"appended": True})
    else:
        answer = render(request, "orders.html", shown | choices(asked) | {"later": cursor})
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def choices(asked: Asked) -> dict[str, Any]:
    here = reverse("orders")
    statuses = [(words, here + asked.query(status=name), name) for name, words in STATUSES.items()]
    return {
        "statuses": [(words, url, name == asked.wanted.status) for words, url, name in statuses],
        "all": here + asked.query(status=""),
        "periods": asked.periods(here),
    }


def newest_orders(who: Access, asked: Asked) -> Newest:
    wanted = asked.wanted
    rows = saying(who, wanted.q) if wanted.q else who.rows(Order)
    if wanted.status == "cancelled":
        rows = rows.filter(status=written("cancelled"))  # as its index says it
    elif wanted.status:
        rows = rows.filter(status=wanted.status)
    if wanted.since:
        rows = rows.filter(registered_at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(registered_at__lt=wanted.until)
    return Newest(rows, at="registered_at")


def loaded(who: Access, places: Sequence[Place]) -> list[dict[str, Any]]:
    """The orders at these places, in this order, with what a list shows of them."""
    found = Order.objects.prefetch_related("lines").in_bulk([id_ for _, id_ in places])
    return [row(found[id_], over_order(who, found[id_])) for _, id_ in places if id_ in found]


def row(order: Order, veil: Veil) -> dict[str, Any]:
    customer, address = (veil.part(json.loads(part)) for part in (order.customer, order.shipping_address))
    order.number, lines = veil.text(order.number), list(order.lines.all())
    for line in lines:
        line.title = veil.text(line.title)
    return {
        "order": order,
        "customer": customer,
        "address": address,
        "payment": PAYMENTS.get(order.payment, order.payment),
        "lines": lines[:2],
        "more": len(lines) - 2,
    }
