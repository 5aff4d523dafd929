"""The offers of one buyer's funnel in any order, any batches, through any integration of their store: one buyer's orders
may become one, and amounts, lines and stock are always those of the newest version of each offer."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from comanda.accounts.access import by_operator
from comanda.accounts.preferences import Choices, choose
from comanda.catalogue.models import Variant
from comanda.connectors.shopify.connector import Shopify
from comanda.history.models import Intake
from comanda.integrations.connect import connect
from comanda.orders.models import Order, OrderKey, OrderLine, OrderPart
from tests.cast import SECRET, STORE, Cast
from tests.test_any_sequence import CANCELLED
from tests.test_versions import lines, version

OFFERS, STOCK = 3, 1000
Step = tuple[
    int, int, bool, bool
]  # which offer, which version of it (or cancelled), the second integration?, work then?

pauses = st.sampled_from([False, False, True])
stories = st.lists(
    st.tuples(st.integers(0, OFFERS - 1), st.integers(0, 3), st.booleans(), pauses), min_size=1, max_size=10
)


@pytest.mark.parametrize("minutes", [0, 15])
@settings(
    max_examples=30,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=stories)
@example(story=[(0, 1, False, True), (1, 1, False, False), (1, 2, True, True)])
@example(story=[(0, 1, False, False), (1, 1, False, False), (1, 2, True, False), (0, 2, True, True)])
@example(
    story=[(0, 1, False, True), (1, 1, False, True), (0, 0, False, False), (2, 1, False, True), (0, 1, True, True)]
)
def test_amounts_lines_and_stock_are_those_of_the_open_offers(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, minutes: int, story: list[Step]
) -> None:
    monkeypatch.setattr(Shopify, "splits", True)
    OrderLine.objects.all().delete(), OrderPart.objects.all().delete(), Order.objects.all().delete()
    Intake.objects.update(status="failed")  # of the story before
    choose(by_operator(cast.account), Choices(group_minutes=15))
    second = connect(cast.account, "shopify", "Otra vez", STORE, SECRET)
    Variant.objects.filter(pk=cast.faja.pk).update(stock=STOCK)
    offers, newest = [cast.order() for _ in range(OFFERS)], [0] * OFFERS
    for at, (which, quantity, through_second, flush) in enumerate(story):
        if at == 3:  # switched off in the middle
            choose(by_operator(cast.account), Choices(group_minutes=minutes))
        pieces = quantity * 10**which  # no two offers alike
        body, topic = message(cast, offers[which], at, pieces)
        assert cast.post(body, topic, second if through_second else cast.shop)[0] == 200
        newest[which] = pieces
        if flush:
            cast.work()
    cast.work()
    keys = {str(offer["id"]): quantity for offer, quantity in zip(offers, newest, strict=True)}
    consistent(cast, keys)


def message(cast: Cast, offer: dict[str, Any], at: int, quantity: int) -> tuple[dict[str, Any], str]:
    total = f"{109900 * (quantity or 1)}.00"
    body = version(offer, at, line_items=lines(cast, quantity or 1), total_price=total, subtotal_price=total)
    if quantity == CANCELLED:
        return body | {"cancelled_at": body["updated_at"], "cancel_reason": "customer"}, "orders/cancelled"
    return body, "orders/create"


def consistent(cast: Cast, newest: dict[str, int]) -> None:
    cast.faja.refresh_from_db()
    assert cast.faja.stock == STOCK - sum(newest.values())
    opened = Order.objects.filter(status="open")
    assert sum(order.total for order in opened) == 109900 * sum(newest.values())
    for order in opened:
        parts = list(order.parts.filter(status="open"))
        shipped = sum(line.quantity for line in order.lines.all())
        assert order.total == order.amount_due == order.subtotal == 109900 * shipped
        assert not parts or order.total == sum((part.total for part in parts), Decimal(0))
        assert all(part.total == 109900 * sum(line.quantity for line in part.lines.all()) for part in parts)
        assert not order.parts.exists() or (parts and not order.lines.exclude(part__in=parts).exists())
    held = {part.key.external_id for part in OrderPart.objects.filter(status="open").select_related("key")}
    alone = {order.key.external_id for order in opened.select_related("key") if not order.parts.exists()}
    assert sorted([*held, *alone]) == sorted(id_ for id_, quantity in newest.items() if quantity)
    for id_, quantity in newest.items():
        statuses = sorted(Intake.objects.filter(external_id=id_).values_list("status", flat=True))
        assert statuses.count("registered") == (1 if quantity else 0), (id_, statuses)
        assert OrderKey.objects.filter(external_id=id_).count() <= 1
