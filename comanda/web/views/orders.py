"""Pedidos: what was registered, the newest first."""

import json

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from comanda.history.search import cursor_of, parse
from comanda.orders.models import Order
from comanda.web.frame import access, entered

A_PAGE = 30


@entered
def listed(request: HttpRequest) -> HttpResponse:
    rows = access(request).rows(Order).prefetch_related("lines").order_by("-registered_at", "-id")
    if cursor := request.GET.get("cursor"):
        at, id_ = parse(cursor)
        rows = rows.filter(Q(registered_at__lt=at) | Q(registered_at=at, id__lt=id_))
    found = list(rows[: A_PAGE + 1])
    following = cursor_of(found[A_PAGE - 1].registered_at, found[A_PAGE - 1].pk) if len(found) > A_PAGE else None
    for order in found[:A_PAGE]:
        customer, address = json.loads(order.customer), json.loads(order.shipping_address)
        order.buyer, order.place = customer["name"], address.get("city", "")  # type: ignore[attr-defined]
    return render(request, "orders.html", {"rows": found[:A_PAGE], "following": following})
