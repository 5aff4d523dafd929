"""Each builder from nothing: an account, a catalogue, an integration, orders of its own shape, and one that is explained and
mended. Once by the command line, once by the API."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comanda.accounts.models import Account
from comanda.connectors import CONNECTORS
from comanda.demo.builders import BUILDERS
from comanda.demo.sale import Buyer, Item, Sale
from comanda.history.models import Attempt, Intake, Problem
from comanda.inbox.models import Delivery
from comanda.integrations.models import Integration
from comanda.orders.models import Order, OrderLine
from comanda.worker import work_off
from tests.cast import command, the_door
from tests.test_api import Api

SECRET = "una-clave-ñ-larga"
CATALOGUE = (
    "product,variant,sku,price,cost,stock\nFaja Reductora,M,FAJA-M,109900,52000,50\nMasajeador Cervical,,,119900,,\n"
)
BUYER = Buyer("María José", "Núñez", "maria@example.com", "300 555 0101", "Calle 10 # 43-21", "Medellín", "ANT")
GIRDLE = Item("Faja Reductora", "FAJA-M", 109900, 7104, 71042, "M")
MASSAGE = Item("Masajeador Cervical 4D", "", 119900, 7201, 72011)
NAMES = ["shopify", "woocommerce", "jumpseller", "funnelish", "custom", "mastertools", "shoptool"]
numbers = count(1)


class Store:
    """One builder's store, as its servers see it: it knows its URL and its secret, and nothing of Comanda."""

    def __init__(self, name: str) -> None:
        self.builder, self.url, self.secret = BUILDERS[name], "", SECRET if BUILDERS[name].signs else ""

    def sale(self, *items: Item, **changes: Any) -> Sale:
        number = next(numbers)
        at = datetime.now(UTC) - timedelta(hours=1) + timedelta(seconds=number)
        sale = Sale(id=870_000 + number, number=2000 + number, at=at, buyer=BUYER, items=items or (GIRDLE,))
        return replace(sale, **changes)

    def post(self, sale: Sale, secret: str | None = None) -> tuple[int, dict[str, Any]]:
        body = self.builder.body(sale)
        signed = self.builder.headers(sale, self.builder.store, self.secret if secret is None else secret, body)
        path = "/hooks/" + self.url.partition("/hooks/")[2]
        return the_door.ask(path, body, {"content-type": self.builder.content_type, **signed})

    def sell(self, *items: Item, **changes: Any) -> Intake:
        """Post a sale, work it off, return its intake."""
        status, answer = self.post(self.sale(*items, **changes))
        assert (status, answer.get("status")) == (200, "accepted"), answer
        work_off()
        return Intake.objects.get(delivery_id=answer["delivery"])


def by_command_line(store: Store, folder: Path) -> Api:
    """Everything with `comanda`, as the README has it."""
    builder = store.builder
    made = json.loads(
        command("account", "create", "Ana", "--email", "a@b.co", "--password", "una-clave-larga-9", "--json")
    )
    catalogue = folder / "catalogue.csv"
    catalogue.write_text(CATALOGUE)
    command("products", "import", str(catalogue), "--account", "Ana")
    options = [*(["--store", builder.store] if builder.store else []), *(["--secret", SECRET] if builder.signs else [])]
    added = json.loads(
        command("integration", "add", builder.name, "--account", "Ana", "--name", "Mi tienda", *options, "--json")
    )
    store.url = added["hook_url"]
    if chosen := builder.verification:
        words = ("--header", chosen.header, "--algorithm", chosen.algorithm, "--encoding", chosen.encoding)
        command("integration", "verify", added["id"], chosen.kind, *words, "--prefix", chosen.prefix)
    if builder.mapping:
        mapping, sample = folder / "mapping.json", folder / "sample"
        mapping.write_text(json.dumps(builder.mapping))
        sample.write_bytes(builder.body(store.sale()))
        given = ("--file", str(mapping), "--sample", str(sample))
        assert "Switched on" in command("integration", "map", added["id"], *given, "--save")
    return Api(made["token"])


def by_api(store: Store, folder: Path) -> Api:
    """The account from the command line, all else by HTTP."""
    builder = store.builder
    made = json.loads(
        command("account", "create", "Ana", "--email", "a@b.co", "--password", "una-clave-larga-9", "--json")
    )
    api = Api(made["token"])
    faja = {"name": "Faja Reductora", "variants": [{"name": "M", "sku": "FAJA-M", "price": "109900", "stock": 50}]}
    for product in (faja, {"name": "Masajeador Cervical", "variants": [{"price": "119900"}]}):
        assert api("POST", "/products", product)[0] == 201
    chosen = msgspec.to_builtins(builder.verification) if builder.verification else None
    body = {"platform": builder.name, "name": "Mi tienda", "store": builder.store, "secret": store.secret}
    status, added = api("POST", "/integrations", body | ({"verification": chosen} if chosen else {}))
    assert status == 201, added
    store.url = added["hook_url"]
    if builder.mapping:
        assert api("PUT", f"/integrations/{added['id']}/mapping", builder.mapping)[0] == 200
    return api


def test_all_builders_are_here() -> None:
    assert set(NAMES) == CONNECTORS.keys() == BUILDERS.keys()


@pytest.mark.parametrize("connect", [by_command_line, by_api])
@pytest.mark.parametrize("name", NAMES)
def test_a_builder_from_nothing(transactional_db: None, tmp_path: Path, name: str, connect: Any) -> None:
    store = Store(name)
    api = connect(store, tmp_path)

    intakes = [store.sell() for _ in range(3)]
    assert {(each.status, each.cause) for each in intakes} == {("registered", "")}
    assert Order.objects.count() == OrderLine.objects.count() == 3
    order = Order.objects.order_by("registered_at").last()
    assert order is not None
    assert (order.total, order.payment, order.key.platform) == (109900, "cod", name)
    assert json.loads(order.customer)["phone"] == "+573005550101"
    assert json.loads(order.shipping_address)["city"] == "Medellín"
    assert {item["status"] for item in api("GET", "/history")[1]["items"]} == {"registered"}
    assert api("GET", "/products")[1]["items"][-1]["variants"][0]["stock"] in (47, None)

    again = store.sale()
    for _ in range(2):
        assert store.post(again)[0] == 200
    work_off()
    assert Order.objects.count() == 4
    if store.builder.signs:
        status, answer = store.post(store.sale(), secret="otra")
        assert (status, answer["error"]["code"]) == (401, "signature_invalid")
        assert Delivery.objects.filter(state="quarantined").count() == 1

    explained_and_mended(store, api, connect)
    cancelled = store.sale()
    store.post(cancelled)
    work_off()
    store.post(replace(cancelled, news="cancelled", changed_at=cancelled.at + timedelta(minutes=5)))
    work_off()
    assert Order.objects.filter(status="cancelled").count() == 1
    assert not Problem.objects.exclude(code="order_cancelled").exists()


def explained_and_mended(store: Store, api: Api, connect: Any) -> None:
    """A product that nobody has linked: said in words, linked once, and the orders that wait are registered."""
    waiting = [store.sell(MASSAGE, GIRDLE) for _ in range(2)]
    assert {(each.status, each.cause) for each in waiting} == {("failed", "product_not_linked")}
    answer = api("GET", f"/why?q={waiting[0].number.lstrip('#')}")[1]
    assert "Masajeador Cervical 4D" in answer["message"]
    (unlinked,) = api("GET", "/store-variants?linked=false")[1]["items"]
    assert unlinked["blocked"] == 2
    (suggested, *_) = api("GET", f"/store-variants/{unlinked['id']}/suggestions")[1]["items"]
    variant = suggested["variant"]["id"]
    if connect is by_api:
        body = {"store_variant": unlinked["id"], "items": [{"variant": variant, "quantity": 1}]}
        status, linked = api("POST", "/links", body)
        assert (status, linked["reprocessed"]) == (201, 2)
    else:
        said = command("link", "add", "--account", "Ana", "--store-variant", unlinked["id"], "--variant", variant)
        assert said == "Linked; 2 orders run again\n"
    work_off()
    for intake in waiting:
        intake.refresh_from_db()
        assert (intake.status, intake.attempts) == ("registered", 2)
        assert sorted(OrderLine.objects.filter(order__intake_id=intake.pk).values_list("unit_price", flat=True)) == [
            109900, 119900,
        ]  # fmt: skip
    assert store.sell(MASSAGE).status == "registered"


def test_ten_orders_wait_for_their_mapping_and_are_then_registered(transactional_db: None, tmp_path: Path) -> None:
    """MasterTools publishes no format: what it sends is mapped from the first order that came."""
    store = Store("mastertools")
    made = json.loads(
        command("account", "create", "Ana", "--email", "a@b.co", "--password", "una-clave-larga-9", "--json")
    )
    api, catalogue = Api(made["token"]), tmp_path / "catalogue.csv"
    catalogue.write_text(CATALOGUE)
    command("products", "import", str(catalogue), "--account", "Ana")
    added = api("POST", "/integrations", {"platform": "mastertools", "name": "Mi tienda"})[1]
    store.url = added["hook_url"]

    held = [store.sell() for _ in range(10)]
    assert {(each.status, each.cause) for each in held} == {("held", "unmapped")}
    assert len(api("GET", "/history?status=held")[1]["items"]) == 10
    status, shown = api("POST", f"/integrations/{added['id']}/mapping/preview", {"delivery": str(held[0].delivery_id)})
    assert (status, shown["ready"], shown["problems"]) == (200, True, [])
    assert shown["order"]["customer"]["name"] == "María José Núñez"
    tried = api("POST", f"/integrations/{added['id']}/mapping/preview", {"mapping": shown["mapping"], "last": 50})[1][
        "tried"
    ]
    assert [(each["total"], each["reason"]) for each in tried] == [("109900", "")] * 10

    status, answer = api("PUT", f"/integrations/{added['id']}/mapping", shown["mapping"])
    assert (status, answer["reprocessed"]) == (200, 10)
    assert work_off() == 10
    assert set(Intake.objects.values_list("status", "attempts")) == {("registered", 2)}
    assert Order.objects.count() == OrderLine.objects.count() == 10
    assert (Attempt.objects.count(), Problem.objects.count()) == (20, 0)
    assert not Delivery.objects.exclude(state="done").exists()
    assert Account.objects.count() == Integration.objects.count() == 1
    assert store.sell().status == "registered"
