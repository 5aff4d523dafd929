"""Stock, cost, a link, a line, a mapping, a name of cash on delivery is mended while a worker writes down that it stops an order:
the mend is never lost."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from comanda import pipeline
from comanda.accounts.access import by_operator
from comanda.accounts.preferences import Choices, choose
from comanda.catalogue import edit
from comanda.catalogue.link import Part, link
from comanda.catalogue.load import load
from comanda.catalogue.models import StoreVariant, Variant
from comanda.history.models import Attempt, Intake
from comanda.inbox.models import Delivery
from comanda.integrations import connect, mappings
from comanda.integrations.models import Integration, Mapping
from comanda.orders.models import Order, OrderLine
from comanda.repair.correct import correct
from comanda.repair.retry import retry_one
from tests.cast import Cast
from tests.custom_tool import JSON, MAPPING, Tool, foreign, own
from tests.test_matching import policy, stock
from tests.test_races import Thread, meanwhile, paused, work_in_small_batches
from tests.test_versions import lines

Mend = Callable[[Cast], Any]


def bring(line: str) -> Mend:
    return lambda cast: load(by_operator(cast.account), f"product,variant,sku,price,cost,stock\n{line}\n".encode())


def relink(cast: Cast) -> None:
    other = Variant.objects.get(sku="OTRA")
    link(by_operator(cast.account), StoreVariant.objects.get(), [Part(other)])


@pytest.mark.parametrize(
    ("before", "cause", "mend"),
    [
        ({"stock": 0}, "out_of_stock", bring("Faja Reductora,M,FAJA-M,,,7")),
        ({"stock": 0}, "out_of_stock", relink),
        ({"cost": Decimal(200_000)}, "price_below_cost", bring("Faja Reductora,M,FAJA-M,,1000,")),
        ({"cost": Decimal(200_000)}, "price_below_cost", relink),
        ({"active": False}, "product_inactive", relink),
    ],
)
def test_a_mend_while_the_failure_is_written(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, before: dict[str, Any], cause: str, mend: Mend
) -> None:
    policy(cast, stock_policy="block", price_policy="block")
    cast.product("Otra", sku="OTRA")
    cast.send(
        cast.order(financial_status=None, payment_gateway_names=[], tags="")
    )  # so that the store variant is there
    Variant.objects.filter(pk=cast.faja.pk).update(**before)
    _, answer = cast.post(cast.order())
    with paused(monkeypatch, pipeline, "record") as (reached, go):
        working = Thread(cast.work)
        assert reached.wait(20)
        mending = Thread(lambda: mend(cast))
        time.sleep(0.3)
        go.set()
        mending.done()
        working.done()
    cast.work()
    intake = Intake.objects.get(delivery_id=answer["delivery"])
    assert (intake.status, intake.attempts) == ("registered", 2), cause


@pytest.mark.parametrize("step", ["recall", "match", "record"])
def test_a_line_is_chosen_while_a_worker_has_the_order(cast: Cast, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Whether it has looked at the corrections already or not: its order is run again with the choice, once."""
    unchosen = [cast.line(sku=None, variant_id=9, variant_title="Elige tu talla")]
    found, other = (cast.send(cast.order(line_items=unchosen)) for _ in range(2))
    retry_one(by_operator(cast.account), found)
    retry_one(by_operator(cast.account), other)
    choice = {"line:0": str(cast.faja.pk)}
    meanwhile(cast, monkeypatch, step, lambda: correct(by_operator(cast.account), found, choice))
    assert list(Intake.objects.order_by("pk").values_list("status", flat=True)) == ["registered", "failed"]
    assert list(OrderLine.objects.values_list("variant", "linked_by", "order__intake_id")) == [
        (cast.faja.pk, "chosen", found.pk)
    ]
    assert stock(cast) == 99


def chosen_and_off(cast: Cast) -> Callable[[], Any]:
    """An order for which a variant was chosen that is switched off; what switches it on."""
    found = cast.send(cast.order(line_items=[cast.line(sku=None, variant_id=9, variant_title="Elige tu talla")]))
    Variant.objects.filter(pk=cast.faja.pk).update(active=False)
    correct(by_operator(cast.account), found, {"line:0": str(cast.faja.pk)})
    variant = Variant.objects.get(pk=cast.faja.pk)
    return lambda: edit.change(by_operator(cast.account), variant, {"active": True})


def test_what_was_chosen_is_switched_on_while_its_failure_is_written(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(cast, monkeypatch, "record", chosen_and_off(cast))
    assert (Intake.objects.get().status, OrderLine.objects.get().linked_by) == ("registered", "chosen")


def test_what_was_chosen_is_being_switched_on_when_the_worker_looks(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_on = chosen_and_off(cast)
    with paused(monkeypatch, edit, "wake_by_sku") as (reached, go):
        mending = Thread(switch_on)
        assert reached.wait(20)
        working = Thread(cast.work)
        time.sleep(0.3)
        go.set()
        mending.done()
        working.done()
    found = Intake.objects.get()
    assert (found.status, found.attempts, OrderLine.objects.get().linked_by) == ("registered", 2, "chosen")


def test_an_import_does_not_undo_what_is_sold_meanwhile(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty stock cell leaves the stock, whatever a worker takes between its reading and its writing."""
    for _ in range(5):
        cast.post(cast.order(line_items=lines(cast, 2)))
    with paused(monkeypatch, pipeline, "record") as (reached, go):
        working = Thread(cast.work)
        assert reached.wait(20)
        importing = Thread(lambda: bring("Faja Reductora,M,FAJA-M,99000,,")(cast))
        time.sleep(0.3)
        go.set()
        importing.done()
        working.done()
    cast.work()
    assert stock(cast) == 90


@pytest.mark.parametrize("step", ["misread", "record"])
def test_a_mapping_switched_on_while_a_worker_reads(cast: Cast, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """While it finds that nothing is mapped, or writes that down."""
    tool = Tool(cast)
    tool.post(foreign())
    meanwhile(cast, monkeypatch, step, tool.map)
    assert (tool.statuses(), Order.objects.count()) == (["registered"], 1)


@pytest.mark.parametrize("step", ["misread", "record"])
def test_a_mapping_mended_while_a_worker_misreads(cast: Cast, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    tool = Tool(cast)
    tool.map(MAPPING | {"lines": "articulos"})
    tool.post(foreign())
    meanwhile(cast, monkeypatch, step, tool.map)
    assert tool.statuses() == ["registered"]


@pytest.mark.parametrize("step", ["misread", "record"])
def test_a_mapping_given_up_while_a_worker_misreads(cast: Cast, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    tool = Tool(cast)
    tool.map()
    tool.post(own())
    meanwhile(cast, monkeypatch, step, lambda: mappings.forget(by_operator(cast.account), tool.row))
    assert tool.statuses() == ["registered"]


@pytest.mark.parametrize("step", ["sift", "mend", "record"])
def test_a_name_of_cash_on_delivery_chosen_while_a_worker_reads(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    Tool(cast).post(own(payment="Pago en caja"))
    cast.post(cast.order(payment_gateway_names=["Pago en caja"], tags=""))
    chosen = Choices(cod_methods=["Pago en caja"])
    meanwhile(cast, monkeypatch, step, lambda: choose(by_operator(cast.account), chosen))
    assert list(Intake.objects.values_list("status", "cause").distinct()) == [("registered", "")]
    assert Order.objects.count() == 2


MEXICAN = {
    "country": "Mexico",
    "country_code": "MX",
    "city": "Guadalajara",
    "province": "Jalisco",
    "phone": "+52 33 1234 5678",
}


@pytest.mark.parametrize("step", ["sift", "mend", "recall", "record"])
@pytest.mark.parametrize("chosen", [{"currency": "USD"}, {"country": "MX"}, {"stock": "warn"}, {"price": "warn"}])
def test_a_choice_made_while_a_worker_reads(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, step: str, chosen: dict[str, str]
) -> None:
    """Each order is stopped by what was chosen before, and by nothing else."""
    choose(by_operator(cast.account), Choices(stock="block", price="block"))
    sent = cast.order(currency=chosen.get("currency", "COP"))
    if "country" in chosen:
        sent["shipping_address"] |= MEXICAN
    Variant.objects.update(stock=0 if "stock" in chosen else 100, cost=200000 if "price" in chosen else 0)
    cast.post(sent)
    meanwhile(cast, monkeypatch, step, lambda: choose(by_operator(cast.account), Choices(**chosen)))
    assert list(Intake.objects.values_list("status", "cause")) == [("registered", "")]
    assert Order.objects.count() == 1


def test_how_a_tool_proves_itself_chosen_while_a_door_remembers_another(cast: Cast) -> None:
    """It quarantines for two seconds more by what it remembers: the next sweep verifies that."""
    tool = Tool(cast, secret="clave")
    tool.post(own(), JSON | {"x-clave": "clave"})
    late = Delivery.objects.get()
    status, answer = tool.api("PATCH", tool.path, {"verification": {"kind": "token", "header": "X-Clave"}})
    assert (status, answer["verified"]) == (200, 1)
    tool.post(own(), JSON | {"x-clave": "otra"})
    Delivery.objects.exclude(pk=late.pk).update(headers=late.headers, secret_version=1)
    assert connect.sweep() == 1
    cast.work()
    assert tool.statuses() == ["registered"] * 2


def test_mappings_switched_on_at_once_are_versions_of_their_own(cast: Cast) -> None:
    """Whichever is the last counts, and what came meanwhile is read by it."""
    tool = Tool(cast)
    numbered = [MAPPING | {"order": MAPPING["order"] | {"note": f"'{n}'"}} for n in range(5)]
    orders = [foreign() for _ in range(12)]
    acts: list[Callable[[], Any]] = [lambda each=each: tool.map(each) for each in numbered]  # type: ignore[misc]
    acts += [lambda each=each: tool.post(each) for each in orders]  # type: ignore[misc]
    acts += [lambda: work_in_small_batches(cast) for _ in range(3)]
    threads = [Thread(act) for act in acts]
    for thread in threads:
        thread.done()
    cast.work()
    row = Integration.objects.get(pk=tool.row.pk)
    assert sorted(Mapping.objects.values_list("version", flat=True)) == [1, 2, 3, 4, 5]
    assert (row.mapping_version, row.mapping) == (5, Mapping.objects.get(version=5).mapping)
    assert tool.statuses() == ["registered"] * 12
    assert not Attempt.objects.filter(status="failed").exists()
    assert mappings.forget(by_operator(cast.account), tool.row) == 0
    assert tool.map() == 0
    assert Integration.objects.get(pk=tool.row.pk).mapping_version == 7
