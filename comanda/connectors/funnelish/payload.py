"""What is read of a Funnelish body.

Funnelish publishes no format. These are the names that its users' own code reads (github.com/agenciaquin/FUNNELISH,
github.com/shiro-bot-cl/trybello-funnelish-sync), and close relatives of them. Whatever else a body holds is kept as it
came: see fields.py.
"""

from msgspec import Struct

from comanda.connectors.reading import Given, Scalar


class Product(Struct):
    """A line. `amount` is what the buyer pays for the whole of it, whatever its quantity."""

    name: Given
    variant_name: Scalar = None
    amount: Scalar = None
    price: Scalar = None
    quantity: Scalar = None
    sku: Scalar = None


class Payload(Struct):
    """What an order cannot do without, or must not be wrong."""

    products: list[Product]
    id: str | int | None = None
    order_id: str | int | None = None
    order_number: str | int | None = None
    reference: str | int | None = None
    total: Scalar = None
    order_total: Scalar = None
    amount: Scalar = None
    created_at: Scalar = None


# All else may be absent, empty or of another kind: of the names of a row, the first that says something counts.
EVENT = ("event", "event_type", "trigger")
FIRST_NAME, LAST_NAME = ("first_name", "shipping_first_name"), ("last_name", "shipping_last_name")
FULL_NAME, NAME = ("full_name", "shipping_name"), ("name",)
EMAIL = ("optin_email", "email", "customer_email")
PHONE = ("phone", "phone_number", "shipping_phone", "customer_phone")
NOTE = ("note", "notes", "order_notes")
METHOD = ("payment_method", "payment_gateway", "gateway", "payment")
KIND = ("payment_type",)  # "one_time" is no method: only words that are known count
STATUS = ("payment_status",)
PAID = ("paid", "is_paid")
TEST = ("test", "is_test", "test_mode")
FLAGS = frozenset({*PAID, *TEST})

Names = dict[str, str]  # of an address: the body's name → the part; of several for a part the last counts
PLAIN: Names = {
    "address1": "address1",
    "address": "address1",
    "address2": "address2",
    "city": "city",
    "province": "region",
    "region": "region",
    "state": "region",
    "country_code": "country",
    "country": "country",
    "postcode": "postcode",
    "zip_code": "postcode",
    "zip": "postcode",
}
SHIPPING: Names = {f"shipping_{name}": part for name, part in PLAIN.items()}
BILLING: Names = {f"billing_{name}": part for name, part in PLAIN.items()}

# These may be objects, the likeliest to hold the shipping address first.
PEOPLE = ("shipping_address", "shipping", "customer", "address", "billing_address", "billing")
PAYMENTS = ("payment", "transaction")

_WHO = {*FIRST_NAME, *LAST_NAME, *FULL_NAME, *NAME, *EMAIL, *PHONE}
_WHERE = {*PLAIN, *SHIPPING, *BILLING}
_PAYMENT = {*METHOD, *KIND, *STATUS, *PAID}
KNOWN_OF_PRODUCT = frozenset(Product.__struct_fields__)
KNOWN_OF_PERSON = frozenset(_WHO | _WHERE)
KNOWN_OF_PAYMENT = frozenset(_PAYMENT | {"method", "type", "status"})
KNOWN = KNOWN_OF_PERSON | _PAYMENT | {*EVENT, *NOTE, *TEST, "currency"}
DECODED = frozenset(Payload.__struct_fields__) - {"reference"}  # which names the order only where nothing else does
