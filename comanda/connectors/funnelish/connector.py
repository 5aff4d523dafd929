"""Funnelish. It publishes no format, signs nothing and retries nothing that is known of; what is read: see payload.py."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

import msgspec

from comanda.connectors.base import Connector, Envelope
from comanda.connectors.draft import Address, Customer, Draft, Line, Notice, Payment, Totals
from comanda.connectors.funnelish import payload
from comanda.connectors.funnelish.fields import Said, Sorted, of, told
from comanda.connectors.funnelish.payload import Payload, Product
from comanda.connectors.reading import (
    Scalar,
    as_written,
    decode,
    distinct,
    first,
    fold,
    identifier,
    meant,
    misfit,
    number,
    optional_when,
    text,
    unreadable,
)
from comanda.problems import Problem

Meaning = Literal["purchase", "attempt", "refund", "other"]

# What an event means by its words, folded: the first that fits. A trigger of Funnelish's is "On Purchase", its event "purchase".
EVENTS: tuple[tuple[Meaning, re.Pattern[str]], ...] = (
    ("other", re.compile(r"subscri|suscri|recurr|rebill|opt ?in\b|\blead|partial|parcial")),
    ("refund", re.compile(r"refund|reembols|devol|chargeback|contracargo|cancel|anula|void")),
    ("attempt", re.compile(r"attempt|intento|abandon|fail|declin|rechaz|incomplet|draft|borrador|pending|pendient")),
    ("purchase", re.compile(r"purchase|compra|\border|pedido|\bsale|venta|upsell|downsell|\boto\b")),
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

# Words of payments, folded. PENDING is asked before PAID: "no pagado", "partially paid".
PENDING = re.compile(
    r"\b(pend\w*|unpaid|(no|not|sin|nao|por|a) (pag|paid|aprob|approv)\w*|partial\w*|parcial\w*|incomplet\w*)"
)
PAID = re.compile(
    r"\b(prepaid|paid|pagad[oa]|succe(eded|ss|ssful)|aprobad[oa]|approved|complet(ed|ad[oa])|captured|exitos[oa]"
    r"|acreditad[oa]|prepag\w*|anticipad[oa])\b"
)
REFUNDED = re.compile(r"^(fully )?(refund|reembols|cancel|anulad|void|chargeback|contracargo|devuel)")

# What people type, and forms fill in, where an e-mail is asked for and there is none.
_NO_EMAIL = re.compile(
    r"(no|na|sin|x+|e-?mail|mail|correo|test|prueba|cliente|customer|none|null|undefined|notiene|noaplica|no-?reply"
    r"|(no|sin|not)[-_.]?(tiene)?[-_.]?(e-?mail|mail|correo))@.*",
    re.IGNORECASE,
)
YES, NO = frozenset({"yes", "true", "1", "si", "sí", "paid", "pagado"}), frozenset({"no", "false", "0", "unpaid"})
NOTHING, ONE = Decimal(0), Decimal(1)
# An attempt comes before its purchase, however late it arrives.
BEFORE = datetime.fromtimestamp(0, UTC)


class Funnelish(Connector):
    name = "funnelish"
    label = "Funnelish"
    topics = frozenset({"purchase"})  # no header tells the event: the body does
    creates = topics
    secret_url = True
    splits = True

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> None:
        """Funnelish signs nothing: the URL is the secret."""

    def envelope(self, headers: Mapping[str, str]) -> Envelope:
        return Envelope(topic="purchase")

    def recognises(self, data: Mapping[str, Any]) -> bool:
        products = data.get("products")
        if not isinstance(products, list) or not products or not MINE & data.keys() or OTHERS & data.keys():
            return False
        return all(isinstance(each, dict) and isinstance(each.get("name"), str) for each in products)

    def outline(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """`name` is the buyer's, not the order's."""
        given = (data.get(name) for name in IDS)
        said = (each for each in given if type(each) in (int, str) and meant(each) not in ("", "0"))
        return {"id": next(said, None), "number": data.get("order_number")}

    def parse(self, topic: str, body: bytes) -> Draft | Notice:
        data = decode(body, dict[str, Any])
        event = event_of(data)
        meaning = meaning_of(event)
        if meaning == "other":
            return notice(data, event)
        try:
            draft = read(data, self.is_cod)
        except Problem:
            if meaning == "purchase":
                raise
            return refunded(data, event) if meaning == "refund" else notice(data, event)
        if meaning == "purchase":
            return draft
        if meaning == "refund":
            return msgspec.structs.replace(draft, status="cancelled", status_given=event)
        return msgspec.structs.replace(draft, status="draft", status_given=event, updated_at=BEFORE)


IDS = ("id", "order_id", "order_number", "reference")  # the first that says anything is the order's
MINE = frozenset({"optin_email", "event", "first_name"})
OTHERS = frozenset({"line_items", "order_key", "admin_graphql_api_id", "external_id", "store_id"})


def event_of(data: Mapping[str, Any]) -> str:
    """The event, also where it is an object with a name."""
    within = (each for name in payload.EVENT if type(each := data.get(name)) is dict)
    return (told(data, payload.EVENT) or first(told(each, ("name", "type")) for each in within))[:60]


@lru_cache(1024)
def meaning_of(event: str) -> Meaning:
    """A body that names no event is a purchase, if it can be read as one."""
    words = fold(_CAMEL.sub(" ", event))
    if not words:
        return "purchase"
    return next((meaning for meaning, pattern in EVENTS if pattern.search(words)), "other")


def notice(data: Mapping[str, Any], event: str) -> Notice:
    """A word about what is no order: an opt-in, a subscription. Its id may be a contact's, so the event goes before it."""
    id_ = told(data, ("id", "order_id"))[:100]
    return Notice(kind="edited", external_id=f"{fold(event)}:{id_}" if id_ else "", topic=event)


def refunded(data: Mapping[str, Any], event: str) -> Draft | Notice:
    """A refund that is not told whole still takes the order back, if it names it."""
    if not (id_ := told(data, IDS)[:120]):
        return notice(data, event)
    return Draft(
        external_id=id_,
        number=told(data, ("order_number",))[:60] or id_[:60],
        status="cancelled",
        status_given=event,
        totals=_totals(NOTHING, (), "cod"),
        payment="cod",
        lines=(),
    )


def read(data: Mapping[str, Any], is_cod: Callable[[str], bool]) -> Draft:
    order = converted(data)
    external_id, total = _id(order), _total(order)
    found = Sorted(data)
    form = found.form()
    spare = NOTHING if total is not None and len(order.products) > 1 else total  # for a line that names no price
    lines = [_line(item, f"products[{index}]", spare) for index, item in enumerate(order.products)]
    methods, kinds, statuses = _of_payment(found)
    payment = _payment(methods, kinds, statuses, is_cod)
    currency = found.own.get("currency", "").upper()
    return Draft(
        external_id=external_id,
        number=text(order.order_number, 60) or external_id[:60],
        ordered_at=optional_when(order.created_at, "created_at"),
        status="cancelled" if statuses and any(REFUNDED.match(fold(each)) for each in statuses) else "open",
        status_given=statuses[0][:60] if statuses else "",
        test=of(found.own, payload.TEST).lower() in YES,
        currency=currency if len(currency) == 3 and currency.isalpha() else "",
        totals=_totals(total, lines, payment),
        payment=payment,
        gateway=methods[0] if methods else "",
        customer=_customer(found, form),
        shipping_address=_address(found, form),
        note=first(meant(data[name], 2000) for name in payload.NOTE if name in found.own),
        attributes=found.kept,
        lines=tuple(line for line, _ in lines),
    )


def converted(data: Mapping[str, Any]) -> Payload:
    try:
        return msgspec.convert(data, Payload)
    except msgspec.ValidationError as error:
        raise misfit(error) from None


def _id(order: Payload) -> str:
    for given in (getattr(order, name) for name in IDS):
        if meant(given) not in ("", "0"):
            return identifier(given, "id")
    raise unreadable("id", "missing, and no order_id, order_number or reference in its place")


Priced = tuple[Line, Decimal]


def _line(item: Product, path: str, spare: Decimal | None) -> Priced:
    """A line, and what the whole of it costs. Its ids are let be: nobody knows whether they are the product's or the line's."""
    quantity = number(item.quantity, f"{path}.quantity") if text(item.quantity) else ONE
    each, whole = _prices(item, quantity, path, spare)
    line = Line(
        title=text(item.name, 400),
        variant_title=meant(item.variant_name, 400),
        sku=text(item.sku, 120),
        quantity=quantity,
        unit_price=each,
    )
    return line, whole


def _prices(item: Product, quantity: Decimal, path: str, spare: Decimal | None) -> tuple[Decimal, Decimal]:
    """What one costs, and the line. `amount` is the line's, unless `price` says the same: then it was of one."""
    each = None if item.price is None else _money(item.price, f"{path}.price")
    whole = None if item.amount is None else _money(item.amount, f"{path}.amount")
    if each is not None and whole in (None, each):
        return each, each * quantity
    if whole is None and (whole := spare) is None:
        raise unreadable(f"{path}.amount", "missing, and no price or total in its place")
    each = whole / quantity if quantity > 1 else whole
    rounded = round(each, 4)
    return each if each == rounded else rounded, whole


def _money(value: Scalar, path: str) -> Decimal | None:
    """An amount, also as people write it; None where there is none."""
    given = as_written(value)
    return None if given is None or (type(given) is str and not given.strip()) else number(given, path)


def _total(order: Payload) -> Decimal | None:
    for name, value in (("total", order.total), ("order_total", order.order_total), ("amount", order.amount)):
        if value is not None and (found := _money(value, name)) is not None:
            return found
    return None


def _totals(given: Decimal | None, lines: Sequence[Priced], payment: Payment) -> Totals:
    subtotal = sum((whole for _, whole in lines), NOTHING)
    total = subtotal if given is None else given
    due = NOTHING if payment == "prepaid" else total
    return Totals(subtotal=subtotal, shipping=NOTHING, discount=NOTHING, tax=NOTHING, total=total, due=due)


def _of_payment(found: Sorted) -> tuple[tuple[str, ...], ...]:
    """What is said of the payment's method, of its kind, and of its state."""
    own, within = found.own, found.payments
    if not within and payload.KNOWN_OF_PAYMENT.isdisjoint(own):
        return (), (), ()
    rows = ((payload.METHOD, "method"), (payload.KIND, "type"), (payload.STATUS, "status"))
    methods, kinds, statuses = (
        distinct(
            [own.get(name, "") for name in names] + [each.get(name, "") for each in within for name in (*names, inner)]
        )
        for names, inner in rows
    )
    flags = [each[name].lower() for each in (own, *within) for name in payload.PAID if name in each]
    return (
        methods,
        kinds,
        (*statuses, *("paid" for flag in flags if flag in YES), *("unpaid" for flag in flags if flag in NO)),
    )


def _payment(
    methods: Sequence[str], kinds: Sequence[str], statuses: Sequence[str], is_cod: Callable[[str], bool]
) -> Payment:
    """Cash on delivery by the method's name; then what is said of its state. Where nothing is said the courier collects:
    Funnelish tells of completed purchases, and here one without a payment is completed at the door."""
    said = (*methods, *kinds, *statuses)
    if not said or any(is_cod(each) or fold(each) == "cod" for each in said):
        return "cod"
    words = fold(" ".join(statuses or (*methods, *kinds)))
    if PENDING.search(words):
        return "pending"
    if PAID.search(words):
        return "prepaid"
    return "pending" if statuses or methods else "cod"


def _customer(found: Sorted, form: Mapping[str, str]) -> Customer:
    people = (found.own, *(found.people[name] for name in payload.PEOPLE if name in found.people))
    emails = [each[name] for each in people for name in payload.EMAIL if name in each]
    phones = [each[name][:60] for each in people for name in payload.PHONE if name in each]
    return Customer(
        name=_name(people),
        email=next((email for email in emails if not _NO_EMAIL.fullmatch(email)), ""),
        phones=distinct([*phones, form.get("phone", "")[:60]]),
        document=form.get("document", "")[:40],
    )


def _name(people: Sequence[Said]) -> str:
    """`name` last: beside the products of an order it may be a product's."""
    for each in people:
        if found := f"{of(each, payload.FIRST_NAME)} {of(each, payload.LAST_NAME)}".strip():
            return found
        if found := of(each, payload.FULL_NAME):
            return found
    return first(of(each, payload.NAME) for each in reversed(people))


def _address(found: Sorted, form: Mapping[str, str]) -> Address:
    """The shipping address before any other. Parts are lent only by places that do not differ from it."""
    places = _places(found)
    place = next((each for each in places if "address1" in each or "city" in each), {})
    for other in places:
        if other is not place and _agree(place, other):
            place = other | place
    return Address(
        address1=place.get("address1") or form.get("address", ""),
        address2=place.get("address2") or form.get("district", ""),
        city=place.get("city") or form.get("city", ""),
        region=place.get("region") or form.get("region", ""),
        country=place.get("country", "")[:60],
        postcode=place.get("postcode", "")[:20],
        reference=form.get("reference", ""),
    )


Parts = dict[str, str]  # of an address


def _places(found: Sorted) -> list[Parts]:
    """All that say anything, the shipping addresses first, the billing ones last."""
    own, people = found.own, found.people
    within = [(name.startswith("billing"), people[name]) for name in payload.PEOPLE if name in people]
    told = [(own, payload.SHIPPING), *((each, payload.SHIPPING) for _, each in within)]
    told += [(each, payload.PLAIN) for billing, each in within if not billing]
    told += [
        (own, payload.PLAIN),
        (own, payload.BILLING),
        *((each, payload.PLAIN) for billing, each in within if billing),
    ]
    return [place for said, names in told if (place := _place(said, names))]


def _place(said: Said, names: payload.Names) -> Parts:
    """Its parts, as far as they are told."""
    if names.keys().isdisjoint(said):
        return {}
    return {part: said[name] for name, part in names.items() if name in said}


def _agree(one: Parts, other: Parts) -> bool:
    parts = one.keys() & other.keys() - {"address2", "postcode"}
    return all(fold(one[part]) == fold(other[part]) for part in parts)
