"""Whatever a store tells and a merchant does, in any order: nothing waits for ever, every retry ends, what the history says is
what is registered, and the stock is what the open orders have left."""

from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from comanda.accounts.access import by_operator
from comanda.accounts.preferences import Choices, choose
from comanda.catalogue.models import Link, StoreVariant, Variant
from comanda.history.models import Intake
from comanda.inbox.models import Delivery
from comanda.integrations.connect import connect
from comanda.integrations.models import Integration
from comanda.orders.models import Order, OrderLine
from comanda.repair.models import RetryItem
from tests.cast import SECRET, STORE, Cast
from tests.test_api import Api, api  # noqa: F401 (a fixture)
from tests.test_versions import lines, version

STOCK = 1000
TOLD = ("same", "more", "paid", "cancelled", "unreadable", "deleted", "edited", "moved")
DONE = ("switch", "bin", "retry", "anyway", "discard", "link", "unlink", "correct", "choose", "move", "activate")
Step = tuple[str, int, bool, bool]  # what, of which order and how, the second integration?, work then?

told = st.tuples(st.sampled_from(TOLD), st.integers(0, 11), st.booleans(), st.booleans())
done = st.tuples(st.sampled_from(DONE), st.integers(0, 11), st.booleans(), st.booleans())


@settings(
    max_examples=40,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(strict=st.booleans(), story=st.lists(st.one_of(told, told, done), min_size=3, max_size=14))
@example(strict=False, story=[("same", 1, False, True), ("move", 1, False, False), ("retry", 0, False, True)])
@example(strict=False, story=[("same", 0, False, True), ("unreadable", 9, False, True)])
@example(strict=False, story=[("same", 0, False, False), ("unreadable", 3, False, True)])
def test_the_history_tells_the_truth(cast: Cast, api: Api, strict: bool, story: list[Step]) -> None:  # noqa: F811
    shops = [connect(cast.account, "shopify", name, STORE, SECRET) for name in ("Una", "Otra")]
    choose(by_operator(cast.account), Choices(stock="block" if strict else "warn"))
    Variant.objects.update(stock=STOCK, active=True)
    OrderLine.objects.all().delete(), Order.objects.all().delete(), Intake.objects.all().delete()  # of the story before
    orders = [cast.order(), cast.order(line_items=lines(cast, sku="", variant_id=9)), cast.order(shipping_address=None)]
    for minute, (what, number, second, works) in enumerate(story):
        shop = shops[second]
        if what in TOLD:
            body, topic = message(cast, orders[number % 3], minute, what)
            store = "dos.myshopify.com" if number > 8 else STORE
            assert cast.post(body, topic, shop, store=store)[0] in (200, 410)
        else:
            act(cast, api, what, number, shop)
        if works:
            truthful(cast)
    truthful(cast)


def message(cast: Cast, order: dict[str, Any], minute: int, what: str) -> tuple[dict[str, Any], str]:
    body = version(order, minute)
    more = lines(cast, 3) if order["line_items"][0]["sku"] else lines(cast, 3, sku="", variant_id=9)
    bodies: dict[str, tuple[dict[str, Any], str]] = {
        "same": (body, "orders/create"),
        "more": (body | {"line_items": more}, "orders/updated"),
        "paid": (body | {"financial_status": "paid"}, "orders/paid"),
        "cancelled": (body | {"cancelled_at": body["updated_at"]}, "orders/cancelled"),
        "unreadable": (body | {"total_price": "abc"}, "orders/updated"),
        "deleted": ({"id": body["id"]}, "orders/delete"),
        "edited": ({"order_edit": {"order_id": body["id"]}}, "orders/edited"),
        "moved": (body | {"shipping_address": cast.order()["shipping_address"]}, "orders/updated"),
    }
    return bodies[what]


def act(cast: Cast, api: Api, what: str, number: int, shop: Integration) -> None:  # noqa: F811
    """By the API; what cannot be done is refused, and changes nothing."""
    intakes = list(Intake.objects.order_by("received_at", "id"))
    one = f"/history/{intakes[number % len(intakes)].pk}" if intakes else "/history/none"
    wanted, link, even = StoreVariant.objects.order_by("id").last(), Link.objects.first(), number % 2 == 0
    items = [{"variant": str(cast.faja.pk), "quantity": number % 3 + 1}]
    place = {"address1": f"Carrera {number} # 1-2", "city": "Medellín", "region": "Antioquia", "phone": "3001234567"}
    asked: dict[str, tuple[Any, ...]] = {
        "switch": ("PATCH", f"/integrations/{shop.pk}", {"active": even}),
        "bin": ("PATCH", f"/integrations/{shop.pk}", {"binned": False})
        if even
        else ("DELETE", f"/integrations/{shop.pk}"),
        "retry": ("POST", "/retries", {"filter": {}}),
        "anyway": ("POST", f"{one}/retry", {"anyway": even}),
        "discard": ("POST", f"{one}/ignore"),
        "link": ("POST", "/links", {"store_variant": str(wanted.pk if wanted else 0), "items": items}),
        "unlink": ("DELETE", f"/links/{link.pk if link else 0}"),
        "correct": ("PATCH", f"{one}/corrections", place),
        "choose": ("PATCH", f"{one}/corrections", {"line:0": str(cast.faja.pk)}),
        "move": ("PATCH", f"/integrations/{shop.pk}", {"store": "tienda-uno" if even else "dos"}),
        "activate": ("PATCH", f"/variants/{cast.faja.pk}", {"active": even}),
    }
    assert api(*asked[what])[0] < 500


def truthful(cast: Cast) -> None:
    cast.work()
    assert not Delivery.objects.filter(state="pending").exists()
    assert not Intake.objects.filter(status="pending").exists()
    assert not RetryItem.objects.filter(outcome="").exists()
    opened = set(Order.objects.filter(status="open").values_list("intake_id", flat=True))
    assert set(Intake.objects.filter(status="registered").values_list("id", flat=True)) == opened
    for intake in Intake.objects.prefetch_related("problem_rows"):
        codes = {problem.code for problem in intake.problem_rows.all()}
        assert intake.cause in {*codes, "discarded"} if intake.cause else intake.status in ("registered", "cancelled")
        assert "internal_error" not in codes
    taken = OrderLine.objects.filter(order__status="open").values_list("quantity", flat=True)
    cast.faja.refresh_from_db()
    assert cast.faja.stock == STOCK - sum(taken)
