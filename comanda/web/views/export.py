"""Export: the history and the registered orders as files, all that the filter finds. Only for those who may change
things, and written down: it takes all buyers along."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from comanda.accounts.models import Account
from comanda.history.cursors import Place
from comanda.history.models import Intake
from comanda.history.search import Newest, gather, newest
from comanda.history.timeline import message
from comanda.web.asked import read
from comanda.web.exported import sent
from comanda.web.figures import said_city
from comanda.web.frame import access, entered
from comanda.web.language import reading
from comanda.web.views.history import asking, products, titles
from comanda.web.views.orders import loaded, newest_orders
from comanda.web.words import STATUSES, builder

A_PART = 200  # rows that are in memory at a time


@entered
def history(request: HttpRequest) -> StreamingHttpResponse:
    who = access(request)
    account, asked = who.change(), asking(request, who)
    who.audit("export", "history", **asked.given)
    rows = in_parts(newest(who, asked.wanted), lambda places: map(intake_row, gather(places)))
    return sent(request, account, _("historial"), [intake_heading(account)], rows)


@entered
def orders(request: HttpRequest) -> StreamingHttpResponse:
    who = access(request)
    account, asked = who.change(), read(request.GET, who, [])
    who.audit("export", "orders", **asked.given)
    rows = in_parts(newest_orders(who, asked), lambda places: map(order_row, loaded(who, places)))
    return sent(request, account, _("pedidos"), [order_heading(account)], rows)


def in_parts(found: Newest, drawn: Callable[[Sequence[Place]], Iterator[list[Any]]]) -> Iterator[list[Any]]:
    """In the reader's language, which is that of the request and not of whoever asks for the next rows."""
    language = translation.get_language()
    for places in found.parts(A_PART):
        with translation.override(language):
            rows = list(drawn(places))
        yield from rows


def intake_heading(account: Account) -> list[str]:
    return [
        *(_("Estado"), _("Pedido"), _("Cliente"), _("Correo"), _("Teléfono"), _("Productos"), _("Problema")),
        *(_("Qué pasó"), _("Constructor"), _("Integración"), _("Llegó ({city})").format(city=said_city(account))),
        *(_("Fecha en la tienda ({city})").format(city=said_city(account)), _("Total"), _("Moneda"), _("Referencia")),
    ]


def intake_row(intake: Intake) -> list[Any]:
    return [
        *(STATUSES[intake.status][0], intake.number, intake.customer_name, intake.customer_email),
        *(intake.customer_phone, products(intake, most=1000), titles(intake), message(intake, reading())),
        *(builder(intake.integration.platform), intake.integration.name, intake.received_at, intake.ordered_at),
        *(intake.total, intake.currency, intake.pk),
    ]


def order_heading(account: Account) -> list[str]:
    return [
        *(_("Pedido"), _("Estado"), _("Registrado ({city})").format(city=said_city(account))),
        *(_("Fecha en la tienda ({city})").format(city=said_city(account)), _("Cliente"), _("Documento"), _("Correo")),
        *(_("Teléfono"), _("Dirección"), _("Complemento"), _("Ciudad"), _("Departamento"), _("País"), _("Referencia")),
        *(_("Productos"), _("Pago"), _("A recaudar"), _("Envío"), _("Descuento"), _("Total"), _("Moneda"), _("Nota")),
    ]


def order_row(row: dict[str, Any]) -> list[Any]:
    order, customer, address = row["order"], row["customer"], row["address"]
    shipped = ", ".join(f"{line.sku or line.title} ×{line.quantity}" for line in order.lines.all())
    place = [address.get(name, "") for name in ("address1", "address2", "city", "region", "country", "reference")]
    return [
        *(order.number, _("Cancelado") if order.status == "cancelled" else _("Registrado")),
        *(order.registered_at, order.ordered_at, customer["name"], customer.get("document", "")),
        *(customer.get("email", ""), customer.get("phone", ""), *place, shipped, row["payment"], order.amount_due),
        *(order.shipping, order.discount, order.total, order.currency, order.note),
    ]
