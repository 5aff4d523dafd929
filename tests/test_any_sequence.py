"""The versions of an order in any order, any batches, through any integration of its store: the newest one holds."""

from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from comanda.accounts.access import by_operator
from comanda.catalogue.load import load
from comanda.catalogue.models import Variant
from comanda.history.models import Attempt, Intake, Problem
from comanda.inbox.models import Delivery
from comanda.integrations.connect import connect
from comanda.orders.models import Order
from tests.cast import SECRET, STORE, Cast
from tests.test_versions import lines, version

OPEN, CANCELLED = range(1, 5), 0  # a version is its quantity, or cancelled
Step = tuple[int, bool, bool]  # which version, through the second integration, and whether the worker works then

stories = st.integers(1, 4).flatmap(
    lambda count: st.tuples(
        st.lists(st.integers(0, 4), min_size=count, max_size=count),
        st.lists(st.tuples(st.integers(0, count - 1), st.booleans(), st.booleans()), min_size=1, max_size=7),
    )
)


at_most_forty = settings(
    max_examples=40,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@at_most_forty
@given(story=stories)
@example(story=([2, CANCELLED, 3], [(0, False, True), (1, False, True), (2, True, True)]))
@example(story=([2, CANCELLED, 3], [(0, False, True), (2, False, True), (1, True, True)]))
@example(story=([CANCELLED, 3], [(1, False, True), (0, True, True)]))
@example(story=([CANCELLED, 3], [(0, True, True), (1, False, True), (0, False, True)]))
@example(story=([1, 2], [(1, False, True), (0, True, True), (0, False, True)]))
def test_the_newest_version_holds(cast: Cast, story: tuple[list[int], list[Step]]) -> None:
    told, steps = story
    second = connect(cast.account, "shopify", "Otra vez", STORE, SECRET)
    order = cast.order()
    Variant.objects.filter(pk=cast.faja.pk).update(stock=100)
    for which, through_second, flush in steps:
        body, topic = message(cast, order, which, told[which])
        assert cast.post(body, topic, second if through_second else cast.shop)[0] == 200
        if flush:
            cast.work()
    cast.work()

    newest = told[max(which for which, _, _ in steps)]
    intakes = Intake.objects.filter(external_id=order["id"])
    orders = Order.objects.filter(key__external_id=order["id"])
    cast.faja.refresh_from_db()
    assert cast.faja.stock == 100 - newest
    assert [found.lines.get().quantity for found in orders if found.status == "open"] == ([newest] if newest else [])
    assert {i.pk for i in intakes if i.status == "registered"} == {o.intake_id for o in orders if o.status == "open"}
    assert {i.status for i in intakes} <= {"registered", "duplicate", "cancelled"}
    assert Attempt.objects.filter(intake__in=intakes).count() == len(steps)
    assert not Delivery.objects.exclude(state="done").exists()
    assert not Problem.objects.filter(intake__status="registered").exists()


def message(cast: Cast, order: dict[str, Any], which: int, quantity: int) -> tuple[dict[str, Any], str]:
    body = version(order, which, line_items=lines(cast, quantity or 1))
    if quantity == CANCELLED:
        return body | {"cancelled_at": body["updated_at"], "cancel_reason": "customer"}, "orders/cancelled"
    return body, "orders/updated" if which else "orders/create"


UNKNOWN = 5  # a version with a product that nobody has linked yet

mended = st.integers(1, 4).flatmap(
    lambda count: st.tuples(
        st.lists(st.integers(0, UNKNOWN), min_size=count, max_size=count),
        st.lists(st.tuples(st.integers(0, count - 1), st.booleans()), min_size=1, max_size=6),
    )
)


@at_most_forty
@given(story=mended)
@example(story=([2, UNKNOWN], [(0, True), (1, True)]))
@example(story=([UNKNOWN, 2], [(1, True), (0, True)]))
@example(story=([UNKNOWN, CANCELLED], [(0, True), (1, True)]))
def test_what_is_mended_in_the_end_is_the_newest_version(
    cast: Cast, story: tuple[list[int], list[tuple[int, bool]]]
) -> None:
    told, steps = story
    order = cast.order()
    Variant.objects.filter(pk=cast.faja.pk).update(stock=100)
    extra = cast.line(sku=(sku := f"NUEVO-{order['id']}"), variant_id=order["id"])
    for which, flush in steps:
        body, topic = message(cast, order, which, told[which])
        body["line_items"] += [extra] if told[which] == UNKNOWN else []
        assert cast.post(body, topic)[0] == 200
        if flush:
            cast.work()
    cast.work()
    load(by_operator(cast.account), f"product,variant,sku,price,cost,stock\nNuevo,,{sku},1,1,10\n".encode())
    cast.work()

    newest = told[max(which for which, _ in steps)]
    intake = Intake.objects.get(external_id=order["id"])
    orders = Order.objects.filter(key__external_id=order["id"], status="open")
    assert (intake.status, intake.cause) == (("registered", "") if newest else ("cancelled", "order_cancelled"))
    assert orders.count() == bool(newest)
    added = Variant.objects.get(sku=sku)
    cast.faja.refresh_from_db()
    assert (cast.faja.stock, added.stock) == (100 - newest, 10 - (newest == UNKNOWN))
    assert not Problem.objects.filter(intake=intake).exclude(code="order_cancelled").exists()
