"""A merchant's own tool: it sends Comanda's order format, or anything that a mapping makes that of."""

import contextlib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

import msgspec

from comanda.connectors.base import Connector, Envelope
from comanda.connectors.custom.mapping import Bounded, Compiled, Expression, compiled
from comanda.connectors.custom.payload import OrderFormat, OrderLine
from comanda.connectors.custom.propose import propose
from comanda.connectors.custom.states import CANCELLED, DRAFT, PENDING, PREPAID
from comanda.connectors.draft import MOST_LINES, Address, Customer, Draft, Line, Payment, Totals
from comanda.connectors.forms import document, without_boundary
from comanda.connectors.reading import (
    as_written,
    distinct,
    fold,
    identifier,
    meant,
    misfit,
    money,
    number,
    optional_id,
    optional_when,
    text,
    unreadable,
)
from comanda.connectors.verification import OWN, Verification
from comanda.problems import Problem


class Custom(Connector):
    name = "custom"
    label = "A medida"
    topics = frozenset({"order"})
    creates = topics
    mappable = True

    @property
    def verification(self) -> Verification:
        """What the integration chose; without a choice, HMAC in X-Comanda-Signature once there is a secret."""
        return self.setup.verification or OWN

    @property
    def credentials(self) -> tuple[str, ...]:
        return self.verification.headers

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> None:
        """Without a choice and without a secret the URL's token is the proof."""
        if self.setup.verification or secrets:
            self.verification.check(headers, body, secrets)

    def envelope(self, headers: Mapping[str, str]) -> Envelope:
        given = text(headers.get("webhook-id"), 2000) if self.verification.kind == "standard" else ""
        return Envelope(topic="order", event_id=given if len(given) <= 150 else digest(given.encode()))

    def once(self, headers: Mapping[str, str], body: bytes) -> str:
        return self.envelope(headers).event_id or digest(without_boundary(body))

    def recognises(self, data: Mapping[str, Any]) -> bool:
        return {"external_id", "lines"} <= data.keys()

    def outline(self, data: Any) -> Mapping[str, Any]:
        """By a mapping's own expressions where there is one; several orders in one body are none of them."""
        order = data
        if self.setup.mapping:
            mapping = compiled(self.setup.mapping)
            order = {} if several(mapping, data) else mapping.named(data)
        return {"id": order.get("external_id"), "number": order.get("number")}

    def guess(self, body: bytes) -> Mapping[str, Any]:
        try:
            data = document(body)
        except Problem:
            return {}
        own = bool(self.setup.mapping) or (isinstance(data, dict) and self.recognises(data))
        found = self.outline(data) if own else {}
        return found if any(found.values()) else {"number": guessed(data)}

    def parse(self, topic: str, body: bytes) -> Draft:
        data = document(body)
        if not self.setup.mapping:
            if not isinstance(data, dict) or not self.recognises(data):
                raise Problem("unmapped")
            return read(converted(data), self.is_cod)
        mapping = compiled(self.setup.mapping)
        if several(mapping, data):
            raise unreadable("$", "several orders in one body: each must be sent by itself")
        try:
            return read(converted(whole(mapping.apply(data), mapping)), self.is_cod)
        except Problem as problem:
            raise named(problem, mapping) from None


def digest(value: bytes) -> str:
    return "sha256:" + hashlib.sha256(value).hexdigest()


def guessed(data: Any) -> str:
    """The number of an order that is not mapped yet, as a proposal would read it: so that it may be found by it."""
    order = propose(data).get("order", {})
    for name in ("number", "external_id"):
        with contextlib.suppress(Problem):
            if name in order and (found := text(Expression(name, order[name]).scalar(data, Bounded()), 60)):
                return found
    return ""


def several(mapping: Compiled, data: Any) -> bool:
    """Whether the body holds orders of several ids: `pedidos[0].folio` would read the first of them and lose the others."""
    return any(len(ids_of(each, data)) > 1 for each in mapping.spread)


def ids_of(spread: Expression, data: Any) -> set[Any]:
    found: Any = None
    with contextlib.suppress(Problem):
        found = spread.value(data, Bounded())
    return (
        {each for each in found[: MOST_LINES + 1] if isinstance(each, str | int)} if isinstance(found, list) else set()
    )


def whole(found: dict[str, Any], mapping: Compiled) -> dict[str, Any]:
    """What a mapping need not tell: one piece, no price of its own."""
    fields = {each.field for each in mapping.line}
    spare = {name: value for name, value in (("quantity", 1), ("unit_price", 0)) if name not in fields}
    if spare:
        for line in found["lines"]:
            line.update(spare)
    return found


def converted(data: dict[str, Any]) -> OrderFormat:
    try:
        return msgspec.convert(data, OrderFormat)
    except msgspec.ValidationError as error:
        raise misfit(error) from None


def named(problem: Problem, mapping: Compiled) -> Problem:
    """The problem with the expression that stands behind its path."""
    expression = mapping.expression_of(str(problem.facts.get("path", "$")))
    return Problem(problem.code, **{"expression": expression} | problem.facts)


def read(order: OrderFormat, is_cod: Callable[[str], bool]) -> Draft:
    payment = _payment(order, is_cod)
    lines = tuple(_line(item, f"lines[{index}]") for index, item in enumerate(order.lines))
    external_id = identifier(order.external_id, "external_id")
    return Draft(
        external_id=external_id,
        number=text(order.number, 60) or external_id[:60],
        ordered_at=optional_when(order.ordered_at, "ordered_at"),
        updated_at=optional_when(order.updated_at, "updated_at"),
        status=_status(order),
        status_given=text(order.status, 60),
        test=order.test is True,
        currency=text(order.currency, 20).upper(),
        totals=_totals(order, lines, payment),
        payment=payment,
        gateway="" if text(order.payment) in ("cod", "prepaid", "pending") else text(order.payment),
        customer=Customer(
            name=meant(order.name),
            email=meant(order.email),
            phones=distinct([meant(order.phone, 60)]),
            document=meant(order.document, 40),
        ),
        shipping_address=Address(
            address1=meant(order.address1),
            address2=meant(order.address2),
            city=meant(order.city),
            region=meant(order.region),
            country=text(order.country, 60),
            postcode=meant(order.postcode, 20),
        ),
        note=text(order.note, 2000),
        lines=lines,
    )


def _status(order: OrderFormat) -> Literal["open", "cancelled", "draft"]:
    given = fold(text(order.status))
    if CANCELLED.search(given):
        return "cancelled"
    return "draft" if DRAFT.search(given) else "open"


def _payment(order: OrderFormat, is_cod: Callable[[str], bool]) -> Payment:
    """Cash on delivery by the method's name; paid where payment or status say so; else it waits."""
    given = text(order.payment)
    if is_cod(given) or given == "cod":
        return "cod"
    for said in (fold(given), fold(text(order.status))):
        if PENDING.search(said):  # "no pagado" too
            return "pending"
        if PREPAID.search(said):
            return "prepaid"
    return "pending"


def _totals(order: OrderFormat, lines: Sequence[Line], payment: Payment) -> Totals:
    subtotal = sum((line.unit_price * line.quantity for line in lines), Decimal(0))
    shipping, tax = money(as_written(order.shipping), "shipping"), money(as_written(order.tax), "tax")
    discount = abs(money(as_written(order.discount), "discount"))
    given = as_written(order.total)
    total = number(given, "total") if text(given) else subtotal + shipping + tax - discount
    due = Decimal(0) if payment == "prepaid" else total
    return Totals(subtotal=subtotal, shipping=shipping, discount=discount, tax=tax, total=total, due=due)


def _line(item: OrderLine, path: str) -> Line:
    title = text(item.title, 400)
    return Line(
        product_id=optional_id(item.product_id),
        variant_id=optional_id(item.variant_id),
        sku=text(item.sku, 120),
        title=title,
        variant_title=text(item.variant_title, 400),
        quantity=number(item.quantity, f"{path}.quantity"),
        unit_price=number(as_written(item.unit_price), f"{path}.unit_price"),
    )
