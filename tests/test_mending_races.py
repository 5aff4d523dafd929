"""Stock, cost or a link is mended while a worker writes down that it stops an order: the mend is never lost."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from comanda import pipeline
from comanda.accounts.access import by_operator
from comanda.catalogue.link import Part, link
from comanda.catalogue.load import load
from comanda.catalogue.models import StoreVariant, Variant
from comanda.history.models import Intake
from tests.cast import Cast
from tests.test_matching import policy, stock
from tests.test_races import Thread, paused
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
