"""From what a store calls its products to what is shipped: links, packs, SKUs, stock, prices."""

from decimal import Decimal
from typing import Any

import pytest

from comanda.accounts.access import by_operator
from comanda.catalogue.load import load
from comanda.catalogue.models import Link, StoreVariant, Variant
from comanda.history.models import Attempt, Intake, Problem
from comanda.integrations.connect import connect
from comanda.orders.models import Order, OrderLine
from tests.cast import SECRET, STORE, Cast, command
from tests.test_api import Api, api  # noqa: F401 (a fixture)
from tests.test_rules import outcome
from tests.test_versions import lines, stock, version

HEADER = "product,variant,sku,price,cost,stock\n"


def link(api: Api, store_variant: StoreVariant, *parts: tuple[Variant, int]) -> dict[str, Any]:  # noqa: F811
    """Link it to so many of these; to nothing: ignore the line."""
    items = [{"variant": str(variant.pk), "quantity": quantity} for variant, quantity in parts]
    body = {"store_variant": str(store_variant.pk)} | ({"items": items} if items else {"ignore": True})
    status, answer = api("POST", "/links", body)
    assert status == 201, answer
    return answer  # type: ignore[no-any-return]


def unlinked(cast: Cast, title: str = "Pack x2", quantity: int = 1, **changes: Any) -> tuple[Intake, StoreVariant]:
    """An order whose only line nothing is known of, and what the store sells there."""
    intake = cast.send(cast.order(line_items=lines(cast, quantity, sku=None, variant_id=99, title=title), **changes))
    return intake, StoreVariant.objects.get(key="v:99")


def shipped() -> list[tuple[str, int, Decimal]]:
    rows = OrderLine.objects.order_by("variant__sku").values_list("variant__sku", "quantity", "unit_price")
    return [(sku, quantity, price) for sku, quantity, price in rows]


def test_a_pack_ships_its_pieces(cast: Cast, api: Api) -> None:  # noqa: F811
    intake, pack = unlinked(cast, quantity=3)
    assert link(api, pack, (cast.faja, 2))["reprocessed"] == 1
    cast.work()
    assert outcome(intake) == ("registered", "", 1)
    assert (shipped(), stock(cast)) == ([("FAJA-M", 6, Decimal("54950.00"))], 94)


def test_a_kit_ships_each_of_its_products_and_shares_the_price(cast: Cast, api: Api) -> None:  # noqa: F811
    tonic = cast.product("Tónico", sku="TON", price=Decimal(54950), stock=10)
    intake, kit = unlinked(cast, "Kit")
    link(api, kit, (cast.faja, 1), (tonic, 2))
    cast.work()
    tonic.refresh_from_db()
    assert outcome(intake) == ("registered", "", 1)
    assert shipped() == [("FAJA-M", 1, Decimal("54950.00")), ("TON", 2, Decimal("27475.00"))]
    assert (stock(cast), tonic.stock) == (99, 8)
    assert sum(quantity * price for _, quantity, price in shipped()) == Decimal("109900")


def test_the_shipping_insurance_is_ignored(cast: Cast, api: Api) -> None:  # noqa: F811
    insurance = cast.line(sku=None, product_id=None, variant_id=None, title="Seguro de Envío", variant_title=None)
    order = cast.order(line_items=[cast.line(), insurance])
    intake = cast.send(order)
    assert outcome(intake) == ("failed", "product_not_linked", 0)
    wanted = StoreVariant.objects.get(title="Seguro de Envío")
    assert wanted.key == "t:seguro de envio|"
    assert link(api, wanted)["reprocessed"] == 1
    cast.work()
    assert (outcome(intake), len(shipped())) == (("registered", "", 1), 1)
    assert cast.send(cast.order(line_items=[insurance | {"title": "SEGURO de envio "}, cast.line()])).cause == ""
    assert outcome(cast.send(cast.order(line_items=[insurance]))) == ("failed", "no_lines", 0)


def test_unlinking_keeps_what_is_registered(cast: Cast, api: Api) -> None:  # noqa: F811
    order = cast.order(line_items=lines(cast, sku=None, variant_id=99))
    intake = cast.send(order)
    made = link(api, StoreVariant.objects.get(key="v:99"), (cast.faja, 1))
    cast.work()
    assert api("DELETE", f"/links/{made['id']}")[0] == 204
    cast.work()
    assert (outcome(intake), len(shipped()), Link.objects.count()) == (("registered", "", 1), 1, 0)
    assert outcome(cast.send(cast.order(line_items=order["line_items"]))) == ("failed", "product_not_linked", 0)
    changed = version(order, 1, line_items=lines(cast, 2, sku=None, variant_id=99))
    assert outcome(cast.send(changed, "orders/updated")) == ("registered", "update_problem", 1)
    assert shipped() == [("FAJA-M", 1, Decimal("109900.00"))]


def test_linking_anew_holds_for_what_comes_and_leaves_what_went(cast: Cast, api: Api) -> None:  # noqa: F811
    _, pack = unlinked(cast)
    link(api, pack, (cast.faja, 2))
    cast.work()
    link(api, pack, (cast.faja, 1))
    cast.work()
    unlinked(cast)
    assert sorted(quantity for _, quantity, _ in shipped()) == [1, 2]
    assert Link.objects.count() == 1


def test_two_integrations_of_one_store_share_its_links(cast: Cast, api: Api) -> None:  # noqa: F811
    second = connect(cast.account, "shopify", "Otra vez", STORE, SECRET)
    _, pack = unlinked(cast)
    intake = cast.send(cast.order(line_items=lines(cast, sku=None, variant_id=99)), integration=second)
    assert link(api, pack, (cast.faja, 1))["reprocessed"] == 2
    cast.work()
    assert (outcome(intake), StoreVariant.objects.filter(key="v:99").count()) == (("registered", "", 1), 1)


def test_a_variant_of_a_linked_product_is_named_so(cast: Cast, api: Api) -> None:  # noqa: F811
    unlinked(cast)
    link(api, StoreVariant.objects.get(), (cast.faja, 1))
    cast.work()
    intake = cast.send(cast.order(line_items=lines(cast, sku=None, variant_id=100, variant_title="L")))
    assert outcome(intake) == ("failed", "variant_not_linked", 0)


@pytest.mark.parametrize("said", ["SELECCIONA UNA TALLA", "Elige tu color", "-- Seleccione --"])
def test_a_variant_that_was_not_chosen_is_named_so(cast: Cast, said: str) -> None:
    intake = cast.send(cast.order(line_items=lines(cast, sku=None, variant_id=None, variant_title=said)))
    assert intake.cause == "variant_not_chosen"


def test_an_ambiguous_sku_is_refused_and_the_candidates_are_named(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.product("Faja Nueva", sku="FAJA-M")
    intake = cast.send()
    assert outcome(intake) == ("failed", "sku_ambiguous", 0)
    _, shown = api("GET", f"/history/{intake.pk}")
    assert "Faja Reductora M" in shown["message"] and "Faja Nueva" in shown["message"]
    link(api, StoreVariant.objects.get(), (cast.faja, 1))
    cast.work()
    assert outcome(intake) == ("registered", "", 1)


def test_of_two_with_one_sku_the_active_one_counts(cast: Cast) -> None:
    cast.product("Faja Vieja", sku="FAJA-M", active=False)
    assert outcome(cast.send()) == ("registered", "", 1)
    assert OrderLine.objects.get().variant == cast.faja


@pytest.mark.parametrize("by_link", [True, False])
def test_an_inactive_variant_stops_until_the_link_is_replaced(cast: Cast, api: Api, by_link: bool) -> None:  # noqa: F811
    if by_link:
        _, pack = unlinked(cast)
        link(api, pack, (cast.faja, 1))
        cast.work()
    Variant.objects.filter(pk=cast.faja.pk).update(active=False)
    intake = unlinked(cast)[0] if by_link else cast.send()
    assert outcome(intake) == ("failed", "product_inactive", by_link * 0)
    tonic = cast.product("Tónico", sku="TON")
    assert link(api, StoreVariant.objects.get(), (tonic, 1))["reprocessed"] == 1
    cast.work()
    assert outcome(intake) == ("registered", "", 1)


def policy(cast: Cast, **values: str) -> None:
    for name, value in values.items():
        setattr(cast.account, name, value)
    cast.account.save()


def warnings(intake: Intake) -> list[str]:
    import json

    return [row["code"] for row in json.loads(Attempt.objects.filter(intake=intake).last().trace)["warnings"]]  # type: ignore[union-attr]


def test_too_little_stock_warns(cast: Cast) -> None:
    intake = cast.send(cast.order(line_items=lines(cast, 101)))
    assert (outcome(intake), "out_of_stock" in warnings(intake), stock(cast)) == (("registered", "", 1), True, -1)


def test_stock_that_nobody_counts_never_runs_out(cast: Cast) -> None:
    policy(cast, stock_policy="block")
    Variant.objects.update(stock=None)
    assert (outcome(cast.send(cast.order(line_items=lines(cast, 101)))), stock(cast)) == (("registered", "", 1), None)


def test_too_little_stock_stops_where_the_account_says_so(cast: Cast) -> None:
    """In one batch too: the last piece is sold once. What is registered is not stopped by its own pieces."""
    policy(cast, stock_policy="block")
    Variant.objects.update(stock=3)
    orders = [cast.order(line_items=lines(cast, 2)) for _ in range(3)]
    for order in orders:
        cast.post(order)
    cast.work()
    assert sorted(Intake.objects.values_list("status", "cause")) == [
        ("failed", "out_of_stock"), ("failed", "out_of_stock"), ("registered", ""),
    ]  # fmt: skip
    assert stock(cast) == 1
    registered = next(order for order in orders if Intake.objects.get(external_id=order["id"]).status == "registered")
    cast.send(version(registered, 1, line_items=lines(cast, 3)), "orders/updated")
    assert (stock(cast), Order.objects.get().lines.get().quantity) == (0, 3)


@pytest.mark.parametrize("how", ["csv", "csv_of_a_linked_product", "link"])
def test_restocking_registers_what_waited_for_it(cast: Cast, api: Api, how: str) -> None:  # noqa: F811
    policy(cast, stock_policy="block")
    Variant.objects.update(stock=0)
    if how == "csv_of_a_linked_product":
        _, pack = unlinked(cast)
        link(api, pack, (cast.faja, 1))
        cast.work()
        intake = Intake.objects.get()
    else:
        intake = cast.send()
    assert outcome(intake) == ("failed", "out_of_stock", 0)
    if how == "link":
        assert link(api, StoreVariant.objects.get(), (cast.product("Tónico", sku="TON"), 1))["reprocessed"] == 1
    else:
        loaded = load(by_operator(cast.account), (HEADER + "Faja Reductora,M,FAJA-M,,,7\n").encode())
        assert loaded.reprocessed == 1
    cast.work()
    assert outcome(intake) == ("registered", "", 1)


@pytest.mark.parametrize("blocks", [True, False])
def test_a_price_below_the_cost(cast: Cast, api: Api, blocks: bool) -> None:  # noqa: F811
    policy(cast, price_policy="block" if blocks else "warn")
    Variant.objects.update(cost=Decimal(60000))
    intake, pack = unlinked(cast)
    link(api, pack, (cast.faja, 2))
    cast.work()
    if not blocks:
        assert (outcome(intake), warnings(intake)) == (("registered", "", 1), ["price_below_cost"])
        return
    assert outcome(intake) == ("failed", "price_below_cost", 0)
    assert "Pack x2" in api("GET", f"/history/{intake.pk}")[1]["message"]
    loaded = load(by_operator(cast.account), (HEADER + "Faja Reductora,M,FAJA-M,,50000,\n").encode())
    assert loaded.reprocessed == 1
    cast.work()
    assert outcome(intake) == ("registered", "", 1)


@pytest.mark.parametrize("how", ["csv", "api"])
@pytest.mark.parametrize("which", ["FAJA-M", "TON"])
def test_a_kit_below_its_cost_is_mended_by_any_of_its_costs(cast: Cast, api: Api, which: str, how: str) -> None:  # noqa: F811
    policy(cast, price_policy="block")
    tonic = cast.product("Tónico", sku="TON", cost=Decimal(40000))
    Variant.objects.filter(pk=cast.faja.pk).update(cost=Decimal(80000))
    intake, kit = unlinked(cast, "Kit")
    link(api, kit, (cast.faja, 1), (tonic, 1))
    cast.work()
    assert outcome(intake) == ("failed", "price_below_cost", 0)
    _, shown = api("GET", f"/history/{intake.pk}")
    assert shown["message"].startswith("«Kit» se vendió a $\u00a0109.900 y su costo es $\u00a0120.000")
    assert command("history", "show", str(intake.pk)).count("perderías dinero con esa venta. Si") == 1
    assert {each["subject"] for each in shown["problems"]} == {f"variant:{cast.faja.pk}", f"variant:{tonic.pk}"}
    product, variant = {"FAJA-M": ("Faja Reductora", "M"), "TON": ("Tónico", "")}[which]
    if how == "csv":
        loaded = load(by_operator(cast.account), (HEADER + f"{product},{variant},{which},,20000,\n").encode())
        assert loaded.reprocessed == 1
    else:
        mended = Variant.objects.get(sku=which)
        assert api("PATCH", f"/variants/{mended.pk}", {"cost": "20000"})[1]["reprocessed"] == 1
    cast.work()
    assert outcome(intake) == ("registered", "", 1)


def test_two_lines_of_one_kit_below_its_cost_are_one_product(cast: Cast, api: Api) -> None:  # noqa: F811
    policy(cast, price_policy="block")
    tonic = cast.product("Tónico", sku="TON", cost=Decimal(400000))
    _, kit = unlinked(cast, "Kit")
    link(api, kit, (cast.faja, 1), (tonic, 1))
    sold = {"sku": None, "variant_id": 99, "title": "Kit"}
    intake = cast.send(cast.order(line_items=[*lines(cast, **sold), *lines(cast, price="1000", **sold)]))
    assert api("GET", f"/history/{intake.pk}")[1]["message"].startswith("«Kit» se vendió a $\u00a0109.900")


def test_what_is_switched_off_in_a_kit_is_named(cast: Cast, api: Api) -> None:  # noqa: F811
    tonic = cast.product("Tónico", sku="TON", active=False)
    Variant.objects.update(active=False)
    intake, kit = unlinked(cast, "Kit")
    link(api, kit, (cast.faja, 1), (tonic, 1))
    cast.work()
    assert api("GET", f"/history/{intake.pk}")[1]["message"] == (
        "2 productos de este pedido están desactivados en tu catálogo: «Faja Reductora M», «Tónico»."
    )


def test_a_price_below_the_cost_is_mended_by_another_link_too(cast: Cast, api: Api) -> None:  # noqa: F811
    policy(cast, price_policy="block")
    Variant.objects.update(cost=Decimal(60000))
    intake, pack = unlinked(cast)
    link(api, pack, (cast.faja, 2))
    cast.work()
    assert link(api, pack, (cast.faja, 1))["reprocessed"] == 1
    cast.work()
    assert outcome(intake) == ("registered", "", 1)


@pytest.mark.parametrize("how", ["csv", "api"])
def test_a_product_that_is_added_registers_what_waited_for_its_sku(cast: Cast, api: Api, how: str) -> None:  # noqa: F811
    intakes = [cast.send(cast.order(line_items=lines(cast, sku="NUEVO", variant_id=9))) for _ in range(2)]
    other = cast.send(cast.order(line_items=lines(cast, sku="OTRO", variant_id=10)))
    if how == "csv":
        assert load(by_operator(cast.account), (HEADER + "Nuevo,,NUEVO,1,1,\n").encode()).reprocessed == 2
    else:
        assert api("POST", "/products", {"name": "Nuevo", "variants": [{"sku": "NUEVO"}]})[1]["reprocessed"] == 2
    cast.work()
    assert [outcome(intake)[0] for intake in [*intakes, other]] == ["registered", "registered", "failed"]
    assert set(Problem.objects.values_list("intake", flat=True)) == {other.pk}


def test_one_variant_in_two_lines_takes_stock_twice(cast: Cast) -> None:
    cast.send(cast.order(line_items=[*lines(cast, 2), *lines(cast, 3)]))
    assert (stock(cast), Order.objects.get().lines.count()) == (95, 2)


def test_activating_a_variant_registers_what_waited_for_it(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.faja.active = False
    cast.faja.save()
    intake = cast.send()
    assert (intake.status, intake.cause) == ("failed", "product_inactive")
    status, answer = api("PATCH", f"/variants/{cast.faja.pk}", {"active": True, "stock": 7})
    assert (status, answer["active"], answer["reprocessed"]) == (200, True, 1)
    cast.work()
    intake.refresh_from_db()
    cast.faja.refresh_from_db()
    assert (intake.status, cast.faja.stock) == ("registered", 6)
