"""A test order: made as the builder would send it, signed, through the door and down the whole journey; never registered."""

import uuid
from datetime import UTC, datetime

import msgspec
import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from comanda.accounts.access import Access
from comanda.accounts.models import Account
from comanda.connectors.verification import OWN
from comanda.demo.builders import BUILDERS
from comanda.demo.sale import Buyer, Item, Sale
from comanda.inbox.commit import Arrival, settle
from comanda.inbox.models import PENDING, TRIAL, new_id
from comanda.inbox.receive import Given, Refused, examine, shown_headers
from comanda.inbox.targets import target
from comanda.integrations.health import signs
from comanda.integrations.mappings import latest
from comanda.integrations.models import Integration
from comanda.integrations.vault import opened

# A city of each country that no other place there shares its name with.
CITIES = {
    "AR": "Rosario",
    "BO": "Cochabamba",
    "BR": "Curitiba",
    "CL": "Valparaíso",
    "CO": "Medellín",
    "CR": "Heredia",
    "DO": "Santo Domingo",
    "EC": "Guayaquil",
    "ES": "Sevilla",
    "GT": "Quetzaltenango",
    "HN": "Tegucigalpa",
    "MX": "Guadalajara",
    "NI": "Managua",
    "PA": "David",
    "PE": "Arequipa",
    "PY": "Asunción",
    "SV": "San Salvador",
    "UY": "Montevideo",
    "VE": "Maracaibo",
}
PRODUCT = Item("Producto de ejemplo", "EJEMPLO", 89900, 1, 1)


class NotTriable(Exception):  # noqa: N818
    """Why no test order can be made: `no_secret` (nothing to sign it with), `no_sample` (a mapped tool that has sent nothing),
    or the reason for which the door refuses it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def send_trial(access: Access, integration: Integration) -> uuid.UUID:
    """Take a test order through the door; returns its delivery, which the worker takes on. Raises NotTriable."""
    access.change()
    headers, body = request(integration)
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    given = Given(headers, shown_headers(integration.connector, raw), body)
    try:
        arrival = examine(target(integration, 0), given)
    except Refused as refused:
        raise NotTriable(refused.reason) from None
    if arrival.row[6] != PENDING:
        raise NotTriable(arrival.row[7])
    row = as_trial(arrival)
    (outcome,) = settle([row])
    if isinstance(outcome, Exception):
        raise outcome
    access.audit("trial", f"integration:{integration.pk}", delivery=row.id)
    return row.id


def as_trial(arrival: Arrival) -> Arrival:
    """A delivery that is known for a test for ever, of no store, so that it says nothing of the integration's own."""
    row = list(arrival.row)
    row[4], row[8], row[12] = f"{TRIAL}{new_id()}", "trial", ""
    return Arrival(tuple(row), pins=False)


def request(integration: Integration) -> tuple[dict[str, str], bytes]:
    """Headers and body of an order of this builder to this integration."""
    secret = newest_secret(integration)
    if signs(integration) and not secret:
        raise NotTriable("no_secret")
    if integration.connector.mappable:
        return custom(integration, secret)
    builder, sale = BUILDERS[integration.platform], sample(integration.account)
    body = builder.body(sale)
    return {"content-type": builder.content_type, **builder.headers(sale, integration.store_key, secret, body)}, body


def newest_secret(integration: Integration) -> str:
    newest = integration.secrets.order_by("id").last()
    return next(iter(opened([newest.sealed])), "") if newest else ""


def custom(integration: Integration, secret: str) -> tuple[dict[str, str], bytes]:
    """Comanda's own format; where fields are mapped, the newest order that the tool has sent, once more."""
    kind, body = "application/json", BUILDERS["custom"].body(sample(integration.account))
    if integration.mapping:
        newest = next(latest(integration, 1), None)
        if newest is None:
            raise NotTriable("no_sample")
        kind, body = msgspec.json.decode(newest.headers).get("content-type", kind), bytes(newest.body)
    verification = integration.connector.setup.verification or OWN
    signed = verification.sign(body, secret) if secret and signs_here(integration) else {}
    return {"content-type": kind, "user-agent": "Comanda", **signed}, body


def signs_here(integration: Integration) -> bool:
    chosen = integration.connector.setup.verification
    return chosen is None or chosen.kind != "none"


def sample(account: Account) -> Sale:
    """A sale to somebody of the account's country, with its telephones, in its currency."""
    example = phonenumbers.example_number_for_type(account.country, PhoneNumberType.MOBILE)
    phone = phonenumbers.format_number(example, PhoneNumberFormat.E164) if example else ""
    city = CITIES.get(account.country, "Medellín")
    buyer = Buyer("Pedido", "de prueba", "prueba@example.com", phone, "Calle 10 # 43-21", city, "", account.country)
    now = datetime.now(UTC)
    number = int(now.timestamp() * 1000)
    return Sale(number, number % 10_000, now, buyer, (PRODUCT,), currency=account.currency, test=True)
