"""Stock where the account stops orders on it: no piece is counted twice, and what comes back goes to who waits for it."""

import pytest

from comanda.accounts.access import by_operator
from comanda.accounts.preferences import Choices, choose
from comanda.catalogue.models import Variant
from comanda.history.models import Intake
from comanda.integrations.connect import connect
from comanda.orders.models import Order
from tests.cast import SECRET, STORE, Cast
from tests.test_versions import Play, cancelled, in_both_ways, lines, stock, version


@pytest.fixture
def strict(cast: Cast) -> Cast:
    choose(by_operator(cast.account), Choices(stock="block"))
    return cast


def left(cast: Cast, pieces: int) -> None:
    Variant.objects.filter(pk=cast.faja.pk).update(stock=pieces)


def statuses() -> list[str]:
    return list(Intake.objects.order_by("received_at", "id").values_list("status", flat=True))


def test_an_order_that_two_integrations_bring_takes_its_pieces_once(strict: Cast) -> None:
    second = connect(strict.account, "shopify", "Otra vez", STORE, SECRET)
    left(strict, 2)
    twice = strict.order()
    for body, integration in ((twice, strict.shop), (twice, second), (strict.order(), strict.shop)):
        strict.post(body, integration=integration)
    strict.work()
    assert (statuses(), stock(strict)) == (["registered", "duplicate", "registered"], 0)


@in_both_ways
def test_pieces_that_come_back_go_to_the_oldest_that_they_suffice_for(strict: Cast, play: Play) -> None:
    left(strict, 2)
    first = strict.order(line_items=lines(strict, 2))
    strict.send(first)
    waiting = [strict.order(line_items=lines(strict, quantity)) for quantity in (3, 1, 2, 1)]
    nameless = strict.order(shipping_address=None, customer=None)
    play(strict, [(body, "orders/create") for body in (nameless, *waiting)] + [cancelled(first, 5)])
    assert statuses() == ["cancelled", "failed", "failed", "registered", "failed", "registered"]
    assert (stock(strict), Order.objects.filter(status="open").count()) == (0, 2)


def test_pieces_that_an_update_leaves_go_on(strict: Cast) -> None:
    left(strict, 3)
    first = strict.order(line_items=lines(strict, 3))
    strict.send(first), strict.send()
    strict.send(version(first, 5, line_items=lines(strict, 2)), "orders/updated")
    assert (statuses(), stock(strict)) == (["registered", "registered"], 0)
