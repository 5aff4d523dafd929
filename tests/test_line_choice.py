"""What a person chooses to ship for one line of one order: the buyer did not choose the option, or nobody has linked it."""

import json
from decimal import Decimal
from typing import Any

import pytest

from comanda.accounts.access import new_api_token
from comanda.accounts.models import AuditEntry
from comanda.catalogue.models import Link, StoreVariant, Variant
from comanda.history.models import Attempt, Intake, Problem
from comanda.orders.models import Order, OrderLine
from comanda.repair.models import Correction
from tests.cast import Cast
from tests.test_api import Api, api  # noqa: F401 (a fixture)
from tests.test_matching import link, policy
from tests.test_rules import outcome
from tests.test_versions import stock, version

MENU = "SELECCIONA TU TALLA"


def unchosen(cast: Cast, **changes: Any) -> dict[str, Any]:
    return cast.line(**{"sku": None, "variant_id": 70099, "variant_title": MENU} | changes)


def choose(api: Api, intake: Intake, variant: Any, line: int = 0) -> tuple[int, Any]:  # noqa: F811
    return api("PATCH", f"/history/{intake.pk}/corrections", {f"line:{line}": str(getattr(variant, "pk", variant))})


def shipped() -> list[tuple[str, int, str]]:
    return list(OrderLine.objects.order_by("pk").values_list("variant__sku", "quantity", "linked_by"))


def test_a_choice_ships_that_variant_for_this_order_alone(cast: Cast, api: Api) -> None:  # noqa: F811
    intake = cast.send(cast.order(line_items=[unchosen(cast, quantity=2, current_quantity=2)]))
    other = cast.send(cast.order(line_items=[unchosen(cast)]))
    assert (outcome(intake), other.cause) == (("failed", "variant_not_chosen", 0), "variant_not_chosen")
    status, shown = choose(api, intake, cast.faja)
    assert (status, shown["status"]) == (200, "pending")
    cast.work()
    assert outcome(intake) == ("registered", "", 1)
    assert (shipped(), stock(cast)) == ([("FAJA-M", 2, "chosen")], 98)
    assert OrderLine.objects.get().unit_price == Decimal("109900.00")
    other.refresh_from_db()
    assert (other.status, other.attempts, Link.objects.count()) == ("failed", 1, 0)
    assert cast.send(cast.order(line_items=[unchosen(cast)])).cause == "variant_not_chosen"
    assert Problem.objects.filter(store_variant=StoreVariant.objects.get()).count() == 2


def test_a_choice_is_told_of_wherever_corrections_are(cast: Cast, api: Api) -> None:  # noqa: F811
    intake = cast.send(cast.order(line_items=[unchosen(cast)]))
    choose(api, intake, cast.faja)
    cast.work()
    correction, name = Correction.objects.get(), f"Faja Reductora / {MENU}"
    assert (correction.field, correction.old, correction.new) == ("line:0", f"{name} (v:70099)", str(cast.faja.pk))
    entry = AuditEntry.objects.get(action="correct")
    assert entry.difference == {"field": "line:0", "old": name, "new": "Faja Reductora M"}
    assert (entry.target, entry.actor.split()[0]) == (f"intake:{intake.pk}", correction.author.split()[0])
    trace = json.loads(Attempt.objects.get(intake=intake, number=2).trace)
    steps = {step["step"]: step["output"] for step in trace["steps"]}
    assert steps["check"]["corrections"] == {
        "line:0": {"from": name, "to": "Faja Reductora M", "author": correction.author}
    }
    assert steps["match"]["lines"][0]["linked_by"] == "chosen"
    _, shown = api("GET", f"/history/{intake.pk}")
    assert shown["corrections"][0]["field"] == "line:0" and shown["order"]["lines"][0]["linked_by"] == "chosen"


def test_a_choice_goes_before_a_link_and_a_sku(cast: Cast, api: Api) -> None:  # noqa: F811
    large = cast.product("Faja Reductora", sku="FAJA-L", variant="L")
    intake = cast.send(cast.order(line_items=[unchosen(cast), cast.line()]))
    choose(api, intake, large)
    choose(api, intake, large, 1)
    link(api, StoreVariant.objects.get(key="v:70099"), (cast.faja, 3))
    cast.work()
    assert (outcome(intake), shipped()) == (("registered", "", 1), [("FAJA-L", 1, "chosen")] * 2)
    assert Link.objects.get().items.get().variant == cast.faja


def test_two_lines_alike_are_chosen_each_by_itself(cast: Cast, api: Api) -> None:  # noqa: F811
    large = cast.product("Faja Reductora", sku="FAJA-L", variant="L")
    intake = cast.send(cast.order(line_items=[unchosen(cast), unchosen(cast)]))
    choose(api, intake, cast.faja)
    cast.work()
    assert outcome(intake) == ("failed", "variant_not_chosen", 0)
    choose(api, intake, large, 1)
    cast.work()
    assert shipped() == [("FAJA-M", 1, "chosen"), ("FAJA-L", 1, "chosen")]


def test_a_product_that_nobody_linked_is_chosen_for_one_order(cast: Cast, api: Api) -> None:  # noqa: F811
    line = cast.line(sku=None, product_id=None, variant_id=None, title="Masajeador", variant_title=None)
    intake = cast.send(cast.order(line_items=[line]))
    assert outcome(intake) == ("failed", "product_not_linked", 0)
    choose(api, intake, cast.faja)
    cast.work()
    assert (outcome(intake), shipped()) == (("registered", "", 1), [("FAJA-M", 1, "chosen")])
    assert Correction.objects.get().old == "Masajeador (t)"


@pytest.mark.parametrize(
    ("values", "cause"),
    [({"active": False}, "product_inactive"), ({"stock": 0}, "out_of_stock"), ({"cost": 200_000}, "price_below_cost")],
)
def test_what_is_chosen_is_checked_like_anything_else(
    cast: Cast,
    api: Api,  # noqa: F811
    values: dict[str, Any],
    cause: str,
) -> None:
    policy(cast, stock_policy="block", price_policy="block")
    intake = cast.send(cast.order(line_items=[unchosen(cast)]))
    Variant.objects.filter(pk=cast.faja.pk).update(**values)
    choose(api, intake, cast.faja)
    cast.work()
    assert outcome(intake) == ("failed", cause, 0)
    assert Problem.objects.get().subject == f"variant:{cast.faja.pk}"
    choose(api, intake, cast.product("Tónico", sku="TON"))
    cast.work()
    assert (outcome(intake), shipped()) == (("registered", "", 1), [("TON", 1, "chosen")])


@pytest.mark.parametrize(
    "changes", [{"variant_id": 70012}, {"variant_title": "L"}, {"product_id": 8, "title": "Otra"}, None]
)
def test_a_version_with_another_line_is_for_a_person_to_decide(
    cast: Cast,
    api: Api,  # noqa: F811
    changes: dict[str, Any] | None,
) -> None:
    """Even where the new one is known: somebody chose something else. So it is where the line is gone."""
    order = cast.order(line_items=[cast.line(), unchosen(cast)])
    intake = cast.send(order)
    choose(api, intake, cast.faja, 1)
    known = [cast.line()] + ([unchosen(cast, sku="FAJA-M") | changes] if changes else [])
    assert outcome(cast.send(version(order, 1, line_items=known), "orders/updated")) == (
        "review",
        "correction_outdated",
        0,
    )
    facts = json.loads(Problem.objects.get().facts)
    assert (facts["field"], facts["old"]) == ("line:1", f"Faja Reductora / {MENU}")
    assert (facts["new"], facts["chosen"], facts["gone"]) == ("Faja Reductora M", str(cast.faja.pk), not changes)
    _, shown = api("GET", f"/history/{intake.pk}")
    assert "En la línea 2 elegiste «Faja Reductora M»" in shown["message"]
    if changes:
        choose(api, intake, cast.faja, 1)  # once more, of the line as it is now
        cast.work()
        assert [each[2] for each in shipped()] == ["sku", "chosen"]


def test_a_version_with_the_same_line_keeps_the_choice(cast: Cast, api: Api) -> None:  # noqa: F811
    order = cast.order(line_items=[unchosen(cast)])
    intake = cast.send(order)
    choose(api, intake, cast.faja)
    more = order["line_items"][0] | {"quantity": 3, "current_quantity": 3, "price": "99900.00"}
    updated = cast.send(version(order, 1, line_items=[more]), "orders/updated")
    assert (outcome(updated), shipped()) == (("registered", "", 1), [("FAJA-M", 3, "chosen")])


def test_an_update_that_brings_a_line_without_an_option_is_mended_so(cast: Cast, api: Api) -> None:  # noqa: F811
    order = cast.order()
    intake = cast.send(order)
    cast.send(version(order, 1, line_items=[cast.line(), unchosen(cast)]), "orders/updated")
    assert outcome(intake) == ("registered", "update_problem", 1)
    choose(api, intake, cast.faja, 1)
    cast.work()
    assert outcome(intake) == ("registered", "", 1)
    assert (shipped(), stock(cast)) == ([("FAJA-M", 1, "sku"), ("FAJA-M", 1, "chosen")], 98)


def test_a_registered_order_is_chosen_anew(cast: Cast, api: Api) -> None:  # noqa: F811
    large = cast.product("Faja Reductora", sku="FAJA-L", variant="L", stock=5)
    intake = cast.send()
    choose(api, intake, large)
    cast.work()
    large.refresh_from_db()
    assert (shipped(), stock(cast), large.stock) == ([("FAJA-L", 1, "chosen")], 100, 4)


@pytest.mark.parametrize("value", ["", "0", "-1", "x", "9" * 30, "1e3", "FAJA-M", "\u0661"])
def test_what_is_no_variant_is_not_found(cast: Cast, api: Api, value: str) -> None:  # noqa: F811
    Variant.objects.filter(pk=1).delete()
    intake = cast.send(cast.order(line_items=[unchosen(cast)]))
    assert choose(api, intake, value)[0] in (400, 404)
    assert not Correction.objects.exists() and not AuditEntry.objects.filter(action="correct").exists()


@pytest.mark.parametrize(
    "field", ["line:1", "line:00", "line:-1", "line:", "line:0 ", "line:9999", "Line:0", "lines:0"]
)
def test_what_is_no_line_is_not_corrected(cast: Cast, api: Api, field: str) -> None:  # noqa: F811
    intake = cast.send(cast.order(line_items=[unchosen(cast)]))
    status, answer = api("PATCH", f"/history/{intake.pk}/corrections", {field: str(cast.faja.pk)})
    assert (status, answer["error"]["code"]) == (400, "unknown_field")
    assert not Correction.objects.exists()


def test_a_strangers_variant_is_not_there(cast: Cast, api: Api) -> None:  # noqa: F811
    stranger = Cast("Otra")
    intake = cast.send(cast.order(line_items=[unchosen(cast)]))
    status, answer = choose(api, intake, stranger.faja)
    assert (status, answer["error"]["code"]) == (404, "not_found")
    assert not Correction.objects.exists()
    cast.work()
    assert outcome(intake) == ("failed", "variant_not_chosen", 0)
    # Even if it were written down.
    old = f"Faja Reductora / {MENU} (v:70099)"
    Correction.objects.create(account=cast.account, intake=intake, field="line:0", old=old, new=str(stranger.faja.pk))
    api("POST", f"/history/{intake.pk}/retry", {})
    cast.work()
    assert outcome(intake) == ("failed", "variant_not_chosen", 0) and not Order.objects.exists()


def test_support_chooses_nothing(cast: Cast) -> None:
    intake = cast.send(cast.order(line_items=[unchosen(cast)]))
    support = Api(new_api_token(cast.account, "support", "support"))
    assert choose(support, intake, cast.faja)[0] == 403
    assert not Correction.objects.exists()
