"""WooCommerce. Facts: class-wc-webhook.php and the REST v3 orders controller of github.com/woocommerce/woocommerce."""

import hashlib
import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

import msgspec

from comanda.connectors.base import Connector, Envelope
from comanda.connectors.draft import Address, Customer, Draft, Line, Notice, Payment, Totals
from comanda.connectors.reading import (
    Scalar,
    decode,
    distinct,
    fold,
    form_fields,
    identifier,
    meant,
    money,
    number,
    optional_id,
    optional_when,
    text,
    when,
)
from comanda.connectors.verification import verify_hmac_base64
from comanda.connectors.woocommerce.payload import Deleted, Item, Meta, Metas, Payload, Place
from comanda.problems import Problem

CANCELLED = frozenset({"cancelled", "refunded", "trash"})
DRAFT = frozenset({"auto-draft", "checkout-draft", "draft"})

_NO_ADDRESS = re.compile(r"[\s@]")
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_DOUBTFUL = re.compile(r"[&<>\"'%\s]")
_STRIPPED = re.compile(r"<[a-zA-Z/!?][^>]*>|%[0-9a-fA-F]{2}")
_ENTITY = re.compile(r"&(amp|quot|apos|lt|gt|#0*(3[489]|6[02])|#x0*(2[267]|3[ce]));", re.IGNORECASE)
# What buyers fill in at checkout: free keys, and the underscored ones of checkout fields ("_wc_other/shop/cedula" is
# the block checkout's, CheckoutFields.php). "_billing_address_index" is WooCommerce's own copy for searching.
_FIELD_KEY = re.compile(r"[^_]|_(billing|shipping)_(?!address_index)|_wc_(billing|shipping|other|additional)/")
# Attributes are kept under slugs (sanitize_title), plugins' extras under labels ("Mensaje de regalo").
_ATTRIBUTE_KEY = re.compile(r"(?!_)[a-z0-9_%-]+")


class WooCommerce(Connector):
    name = "woocommerce"
    label = "WooCommerce"
    store_example = "mi-tienda.com"
    topics = frozenset({"order.created", "order.updated", "order.deleted", "order.restored"})
    creates = frozenset({"order.created"})
    restores = frozenset({"order.restored"})

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """WC_Webhook::deliver_ping() posts only the webhook's number, unsigned, and wants exactly 200."""
        return bool(_PING.fullmatch(body)) and not any(name.startswith("x-wc-") for name in headers)

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> None:
        spelt = [spelling for secret in secrets for spelling in spellings(secret)]
        verify_hmac_base64("x-wc-webhook-signature", headers, body, spelt, count=len(secrets))

    def envelope(self, headers: Mapping[str, str]) -> Envelope:
        """No event id: the Delivery-ID hashes the webhook's number and the second, so different orders share it."""
        return Envelope(
            topic=headers.get("x-wc-webhook-topic", "").lower()[:120],
            store_key=self.store_key(headers.get("x-wc-webhook-source", "")),
        )

    def once(self, headers: Mapping[str, str], body: bytes) -> str:
        """A body without an order is the same at every deletion or error of its kind: there the Delivery-ID tells apart."""
        delivery_id = headers.get("x-wc-webhook-delivery-id", "") if b'"line_items"' not in body else ""
        return "sha256:" + hashlib.sha256(body + delivery_id.encode()).hexdigest()

    def typed_store(self, store: str) -> str:
        """The home's address: pages of wp-admin are no part of it."""
        return "" if _NO_ADDRESS.search(store) else self.store_key(store).partition("/wp-")[0]

    def recognises(self, data: Mapping[str, Any]) -> bool:
        marked = str(data.get("order_key", "")).startswith("wc_order_")
        return marked or {"billing", "line_items", "date_created_gmt"} <= data.keys()

    def parse(self, topic: str, body: bytes) -> Draft | Notice:
        try:
            return _deleted(body) if topic == "order.deleted" else read(decode(body, Payload), self.is_cod)
        except Problem:
            if notice := _instead_of_an_order(body):
                return notice
            raise


def spellings(secret: str) -> tuple[str, ...]:
    """What WooCommerce may have signed with, of a secret as the merchant sees it.

    wp-admin stores what was typed through sanitize_text_field (tags, %-octets and surplus blanks go, a lone `<` becomes
    an entity); generate_signature decodes entities. A generated secret has none of it done and may hold any sign.
    """
    if not _DOUBTFUL.search(secret):
        return (secret,)
    typed = " ".join(_STRIPPED.sub("", secret).split())
    cleaned = typed if len(typed) >= 8 else ""  # "<long>x" must not be guessable as "x"
    encoded = html.escape(secret).replace("&#x27;", "&#039;")
    return distinct([secret, _decoded(secret), cleaned, _decoded(cleaned), encoded])


def _decoded(secret: str) -> str:
    """What wp_specialchars_decode does: only the entities of & < > and quotes."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), secret)


def _deleted(body: bytes) -> Notice:
    return Notice(kind="deleted", external_id=identifier(decode(body, Deleted).id, "id"))


def _instead_of_an_order(body: bytes) -> Notice | None:
    """The shop signs what its own API answers: of an order that is gone, only the id or an error."""
    try:
        data = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(data, dict) or "line_items" in data:
        return None
    if data.keys() == {"id"}:
        return _deleted(body)
    code, said = data.get("code"), data.get("message")
    if not isinstance(code, str) or not isinstance(said, str):
        return None
    return Notice(kind="error", external_id=_named(data.get("data")), code=_problem(code), said=text(said, 500))


def _problem(code: str) -> str:
    if code == "woocommerce_rest_shop_order_invalid_id":
        return "store_order_not_found"
    return "store_unauthorized" if "_cannot_" in code else "store_unavailable"


def _named(details: Any) -> str:
    """The order that an error is about, where its data says so."""
    found = details.get("order_id", details.get("id")) if isinstance(details, dict) else None
    return optional_id(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def read(order: Payload, is_cod: Callable[[str], bool]) -> Draft:
    payment = _payment(order, is_cod)
    scalars = _told(order.meta_data)
    shipping, billing = _place(order.shipping), _place(order.billing)
    fields = _fields(scalars)
    return Draft(
        external_id=identifier(order.id, "id"),
        number=text(order.number, 60) or text(order.id),
        ordered_at=when(order.date_created_gmt or order.date_created, "date_created_gmt"),
        updated_at=optional_when(order.date_modified_gmt, "date_modified_gmt"),
        status=_status(order),
        status_given=text(order.status, 60),
        mark=text(order.order_key, 120),
        currency=text(order.currency, 3).upper(),
        totals=_totals(order, payment),
        payment=payment,
        gateway=text(_plain(order.payment_method_title)) or text(order.payment_method),
        customer=_customer(shipping, billing, fields),
        shipping_address=_address(shipping, billing, fields),
        note=text(_plain(order.customer_note), 2000),
        attributes={key: value for key, value in scalars[:100] if key and value and not key.startswith("_")},
        lines=tuple(_line(item, f"line_items[{index}]") for index, item in enumerate(order.line_items)),
    )


def _listed(metas: Metas) -> Iterable[Meta]:
    return metas.values() if isinstance(metas, dict) else metas or ()


def _told(metas: Metas) -> list[tuple[str, str]]:
    """The metas that may say something of the buyer; the others are notes of plugins to themselves."""
    scalars = (
        meta for meta in _listed(metas) if isinstance(meta.key, str) and isinstance(meta.value, str | int | float)
    )
    return [(name, text(meta.value, 500)) for meta in scalars if (name := _asked(meta.key))]


@lru_cache(4096)
def _asked(key: str) -> str:
    """A meta's key, where it is one that a buyer may have filled in."""
    name = text(key, 120)
    return name if _FIELD_KEY.match(name) else ""


def _place(given: Place | list[Any] | None) -> Place:
    return given if isinstance(given, Place) else Place()


def _plain(value: Scalar) -> Scalar:
    """WordPress keeps `&`, quotes and dashes of titles, names and notes as entities."""
    return html.unescape(value) if isinstance(value, str) and "&" in value else value


def _fields(metas: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What the shop's own checkout fields ask (cédula, barrio, referencia), by the last part of their keys."""
    return form_fields({key.rpartition("/")[2]: value for key, value in metas if "://" not in value})


def _status(order: Payload) -> Literal["open", "cancelled", "draft"]:
    if order.status in CANCELLED:
        return "cancelled"
    return "draft" if order.status in DRAFT else "open"


def _payment(order: Payload, is_cod: Callable[[str], bool]) -> Payment:
    """COD orders start in `processing`, unpaid; WooCommerce sets their date_paid when they are completed."""
    paid = bool(text(order.date_paid_gmt) or text(order.date_paid))
    methods = (text(order.payment_method), text(order.payment_method_title))
    if order.status == "failed":
        return "pending"
    if methods[0] == "cod" or any(map(is_cod, methods)):
        return "prepaid" if paid and order.status == "completed" else "cod"
    return "prepaid" if paid or order.status in ("processing", "completed") else "pending"


def _totals(order: Payload, payment: Payment) -> Totals:
    """Fees count in the total only. Refunds do not lower it: WooCommerce tells them apart, as negative amounts."""
    total = money(order.total, "total")
    subtotals = (money(item.subtotal, f"line_items[{i}].subtotal") for i, item in enumerate(order.line_items))
    return Totals(
        subtotal=sum(subtotals, Decimal(0)),
        shipping=money(order.shipping_total, "shipping_total"),
        discount=money(order.discount_total, "discount_total"),
        tax=money(order.total_tax, "total_tax"),
        total=total,
        due=Decimal(0) if payment == "prepaid" else total,
    )


def _customer(shipping: Place, billing: Place, fields: Mapping[str, str]) -> Customer:
    return Customer(
        name=_name(shipping) or _name(billing),
        email=meant(billing.email),
        phones=distinct([meant(billing.phone, 60), meant(shipping.phone, 60), fields.get("phone", "")[:60]]),
        document=fields.get("document", "")[:40],
    )


def _name(place: Place) -> str:
    return " ".join(filter(None, [meant(_plain(place.first_name)), meant(_plain(place.last_name))]))


def _address(shipping: Place, billing: Place, fields: Mapping[str, str]) -> Address:
    """The shipping address as one whole, else the billing one. Parts are lent only between two that do not differ."""
    place = shipping if meant(shipping.address_1) or meant(shipping.city) else billing
    spare = billing if _agree(place, billing) else Place()

    def part(name: str, limit: int = 255) -> str:
        return meant(_plain(getattr(place, name)), limit) or meant(_plain(getattr(spare, name)), limit)

    return Address(
        address1=part("address_1"),
        address2=part("address_2") or fields.get("district", ""),
        city=part("city"),
        region=part("state"),
        country=part("country", 60),
        postcode=part("postcode", 20),
        reference=fields.get("reference", ""),
    )


def _agree(one: Place, other: Place) -> bool:
    return all(
        a == b or not meant(a) or not meant(b) or fold(text(a)) == fold(text(b))
        for a, b in (
            (one.address_1, other.address_1),
            (one.city, other.city),
            (one.state, other.state),
            (one.country, other.country),
        )
    )


def _line(item: Item, path: str) -> Line:
    variation_id = optional_id(item.variation_id)
    quantity = number(item.quantity, f"{path}.quantity")
    options = _options(item.meta_data) if variation_id else ()
    return Line(
        product_id=optional_id(item.product_id),
        variant_id=variation_id,
        sku=text(item.sku, 120),
        title=_title(item, options),
        variant_title=" / ".join(options)[:400],
        quantity=quantity,
        unit_price=_unit_price(item, quantity, path),
    )


def _title(item: Item, options: tuple[str, ...]) -> str:
    """The product's own name. WooCommerce puts a variation's options behind it: `Camiseta - Negro, M`."""
    name, parent = text(_plain(item.name), 400), text(_plain(item.parent_name), 400)
    head = parent if name.startswith(f"{parent} - ") else name.rpartition(" - ")[0]
    told_twice = options and fold(name[len(head) + 3 :]) == fold(" ".join(options))
    return head if head and told_twice else name


def _options(metas: Metas) -> tuple[str, ...]:
    """The values that were chosen, as the buyer saw them."""
    chosen = (
        meta.value if meta.display_value is None else meta.display_value
        for meta in _listed(metas)
        if isinstance(meta.key, str) and _ATTRIBUTE_KEY.fullmatch(meta.key)
    )
    return distinct(text(_plain(value)) for value in chosen if isinstance(value, str | int | float))


def _unit_price(item: Item, quantity: Decimal, path: str) -> Decimal:
    """`price` is total / quantity as PHP divides it: 33333.333333333336."""
    if item.price is not None:
        price = number(item.price, f"{path}.price")
    else:
        total = money(item.total, f"{path}.total")
        price = total / quantity if quantity >= Decimal("0.001") else total
    rounded = round(price, 4)
    return price if price == rounded else rounded
