"""The API refuses what cannot be meant, and says which field it is: nothing that was sent is swallowed."""

import json
import re
from typing import Any

import pytest

from comanda.accounts.models import AuditEntry
from comanda.catalogue.models import Link, Product
from comanda.history.models import Intake
from comanda.integrations.models import Integration
from comanda.repair.models import Correction
from tests.cast import Cast, command
from tests.test_api import Api, api  # noqa: F401 (a fixture)
from tests.test_web import page, person


def fields(answer: dict[str, Any]) -> list[str]:
    assert answer["error"]["code"] == "invalid"
    return [each["field"] for each in answer["error"]["facts"]["fields"]]


def test_a_field_that_nobody_knows_is_refused_by_its_name(cast: Cast, api: Api) -> None:  # noqa: F811
    intake = cast.send(cast.order(line_items=[cast.line(sku=None, variant_id=9)]))
    (store_variant,) = api("GET", "/store-variants?linked=false")[1]["items"]
    linking = {"store_variant": store_variant["id"], "items": [{"variant": str(cast.faja.pk), "qty": 3}]}
    for method, path, body, field in [
        ("POST", "/links", linking, "items.0.qty"),
        ("POST", "/integrations", {"platform": "shopify", "name": "Dos", "secert": "abc"}, "secert"),
        ("PATCH", f"/integrations/{cast.shop.pk}", {"foo": 2}, "foo"),
        ("PATCH", "/account", {"foo": 1}, "foo"),
        ("POST", "/products", {"name": "Faja", "colour": "red", "variants": [{"sku": "X"}]}, "colour"),
        ("POST", "/products", {"name": "Faja", "variants": [{"sku": "X", "prize": 1}]}, "variants.0.prize"),
        ("PATCH", f"/variants/{cast.faja.pk}", {"sku": "X"}, "sku"),
        ("POST", f"/history/{intake.pk}/retry", {"anyhow": True}, "anyhow"),
        ("POST", "/retries", {"filter": {}, "al": True}, "al"),
        ("POST", "/retries", {"filter": {"colour": "red"}}, "filter.colour"),
        ("POST", f"/integrations/{cast.shop.pk}/mapping/preview", {"maping": {}}, "maping"),
    ]:
        status, answer = api(method, path, body)
        assert (path, status, fields(answer)) == (path, 400, [field])
    assert not Link.objects.exists()
    assert Integration.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "field", "cause"),
    [
        ({"phone": "abc"}, "phone", "phone_invalid"),
        ({"phone": ""}, "phone", "phone_invalid"),
        ({"name": "  "}, "name", "name_missing"),
        ({"city": ""}, "city", "city_missing"),
        ({"city": "Armenia", "region": ""}, "city", "city_unknown"),
        ({"address1": "--"}, "address1", "address_missing"),
        ({"country": "Perú"}, "country", "country_not_served"),
    ],
)
def test_a_correction_that_would_stop_the_order_is_refused(
    cast: Cast,
    api: Api,  # noqa: F811
    given: dict[str, str],
    field: str,
    cause: str,
) -> None:
    intake = cast.send()
    status, answer = api("PATCH", f"/history/{intake.pk}/corrections", given)
    assert (status, answer["error"]["code"]) == (400, "value_invalid")
    facts = answer["error"]["facts"]
    assert (facts["field"], facts["fields"][0]["field"], facts["fields"][0]["cause"]) == (field, field, cause)
    assert facts["fields"][0]["message"]
    assert cast.work() == 0
    assert not Correction.objects.exists()


def test_a_correction_may_empty_what_an_order_can_do_without(cast: Cast, api: Api) -> None:  # noqa: F811
    intake = cast.send()
    fields = ("email", "address2", "region", "postcode", "note")
    assert api("PATCH", f"/history/{intake.pk}/corrections", dict.fromkeys(fields, ""))[0] == 200
    cast.work()
    shown = api("GET", f"/history/{intake.pk}")[1]
    assert (shown["status"], shown["order"]["customer"]["email"]) == ("registered", "")


def test_what_the_store_sent_may_always_count_again(cast: Cast, api: Api) -> None:  # noqa: F811
    order = cast.order()
    order["shipping_address"]["phone"] = "12"
    intake = cast.send(order)
    for phone in ("3001234567", "12"):
        assert api("PATCH", f"/history/{intake.pk}/corrections", {"phone": phone})[0] == 200
    cast.work()
    assert api("GET", f"/history/{intake.pk}")[1]["cause"] == "phone_invalid"


def test_a_link_that_is_there_already_is_made_once(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.send(cast.order(line_items=[cast.line(sku=None, variant_id=9)]))
    (row,) = api("GET", "/store-variants?linked=false")[1]["items"]
    body = {"store_variant": row["id"], "items": [{"variant": str(cast.faja.pk), "quantity": 2}]}
    (_, first), (status, second) = api("POST", "/links", body), api("POST", "/links", body)
    assert (status, second) == (201, {"id": first["id"], "reprocessed": 0})
    assert (first["reprocessed"], AuditEntry.objects.filter(action="link").count()) == (1, 1)
    ignored = {"store_variant": row["id"], "ignore": True}
    assert api("POST", "/links", ignored)[1]["id"] == api("POST", "/links", ignored)[1]["id"] != first["id"]


def test_a_link_names_each_variant_once(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.send(cast.order(line_items=[cast.line(sku=None, variant_id=9)]))
    (row,) = api("GET", "/store-variants?linked=false")[1]["items"]
    status, answer = api("POST", "/links", {"store_variant": row["id"], "items": [{"variant": str(cast.faja.pk)}] * 2})
    assert (status, answer["error"]["code"]) == (400, "invalid")
    assert answer["error"]["facts"] == {"field": "items", "variant": str(cast.faja.pk)}
    named = ("--variant", str(cast.faja.pk)) * 2
    command("link", "add", "--account", "Ana", "--store-variant", row["id"], *named, code=1)
    assert not Link.objects.exists()


def test_a_product_has_each_sku_once(cast: Cast, api: Api) -> None:  # noqa: F811
    variants = [{"name": "S", "sku": "NUEVA"}, {"name": "M"}, {"name": "L"}, {"name": "XL", "sku": " NUEVA "}]
    status, answer = api("POST", "/products", {"name": "Faja", "variants": variants})
    assert (status, fields(answer)) == (400, ["variants.3.sku"])
    assert not Product.objects.filter(name="Faja").exists()


def test_a_sku_that_another_product_has_is_warned_of(cast: Cast, api: Api) -> None:  # noqa: F811
    Cast("Berta").product("Otra", sku="NUEVA")  # a stranger's look-alike
    cast.product("Vieja", sku="NUEVA", active=False)
    assert api("POST", "/products", {"name": "Una", "variants": [{"sku": "NUEVA"}]})[1]["warnings"] == []
    off = {"name": "Dos", "variants": [{"sku": "FAJA-M", "active": False}]}
    assert api("POST", "/products", off)[1]["warnings"] == []
    status, answer = api("POST", "/products", {"name": "Tres", "variants": [{"sku": "FAJA-M"}, {"sku": "OTRO"}]})
    assert status == 201
    (warning,) = answer["warnings"]
    assert "FAJA-M" in warning and "Faja Reductora M" in warning


# Days and what a filter may say


def test_a_day_is_the_accounts_own_and_whole(cast: Cast, api: Api) -> None:  # noqa: F811
    """In Bogotá the 25th begins at 05:00 UTC and ends at 05:00 of the 26th."""
    times = ["2026-11-25T04:59:59Z", "2026-11-25T05:00:00Z", "2026-11-26T04:59:59Z", "2026-11-26T05:00:00Z"]
    kept = {}
    for at in times:
        intake = cast.send()
        Intake.objects.filter(pk=intake.pk).update(received_at=at)
        kept[str(intake.pk)] = at

    def found(query: str) -> list[str]:
        status, answer = api("GET", f"/history?{query}")
        assert status == 200, answer
        return sorted(kept[each["id"]] for each in answer["items"])

    assert found("from=2026-11-25&to=2026-11-25") == times[1:3]
    assert found("from=2026-11-26") == times[3:]
    assert found("to=2026-11-24") == times[:1]
    assert found("from=2026-11-25T05:00:00Z&to=2026-11-26T04:59:59Z") == times[1:2]  # a time is exact, `to` not in it
    assert found("from=2026-11-25T05:00:00Z&to=2026-11-25T05:00:00Z") == []
    assert found("from=2026-11-25T05:00:00&to=2026-11-25") == times[1:3]
    Intake.objects.update(status="failed")
    _, retry = api("POST", "/retries", {"filter": {"from": "2026-11-25", "to": "2026-11-25"}})
    assert retry["requested"] == 2


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/history?integration=abc", "integration"),
        ("/history?status=foo", "status"),
        ("/history?from=2026-02-30", "from"),
        ("/history?from=ayer", "from"),
        ("/history?from=2026-11-26&to=2026-11-25", "from"),
        ("/history?limit=0", "limit"),
        ("/orders?limit=-1", "limit"),
        ("/products?limit=0", "limit"),
        ("/causes?limit=0", "limit"),
        ("/deliveries?limit=0", "limit"),
        ("/integrations?limit=0", "limit"),
        ("/store-variants?limit=0", "limit"),
        ("/refusals?limit=0", "limit"),
        ("/deliveries?state=foo", "state"),
        ("/deliveries?integration=abc", "integration"),
        ("/why", "q"),
        ("/why?q=", "q"),
        ("/why?q=%00%20", "q"),
    ],
)
def test_what_cannot_be_meant_is_refused(cast: Cast, api: Api, path: str, field: str) -> None:  # noqa: F811
    status, answer = api("GET", path)
    assert (status, answer["error"]["code"]) == (400, "invalid")
    facts = answer["error"]["facts"]
    assert facts.get("field") == field or [each["field"] for each in facts["fields"]] == [field]


def test_a_limit_beyond_the_most_is_the_most(cast: Cast, api: Api) -> None:  # noqa: F811
    assert api("GET", "/history?limit=100000")[0] == 200


@pytest.mark.parametrize(
    "given", [{"name": ""}, {"name": "  "}, {"name": "a" * 300}, {"store": "a" * 300}, {"secret": " "}]
)
def test_an_integration_is_changed_as_it_is_made(cast: Cast, api: Api, given: dict[str, str]) -> None:  # noqa: F811
    made = {"platform": "shopify", "name": "Dos"} | given
    for method, path, body in [
        ("PATCH", f"/integrations/{cast.shop.pk}", {"active": False} | given),
        ("POST", "/integrations", made),
    ]:
        status, answer = api(method, path, body)
        assert (method, status, answer["error"]["facts"]["field"]) == (method, 400, *given)
    (row,) = Integration.objects.all()
    assert (row.name, row.active, row.secrets.count()) == ("Tienda Uno", True, 1)


def test_the_command_line_refuses_it_too(cast: Cast) -> None:
    command("history", "--account", "Ana", "--integration", "abc", code=1)
    command("why", " ", "--account", "Ana", code=2)


# What it says


def test_what_is_registered_is_not_discarded_and_that_is_said(cast: Cast, api: Api) -> None:  # noqa: F811
    status, answer = api("POST", f"/history/{cast.send().pk}/ignore")
    assert (status, answer["error"]["code"]) == (409, "registered")
    assert answer["error"]["message"] == "The order is registered, so it can no longer be discarded."


def test_a_thing_that_is_not_there_is_called_by_its_name(cast: Cast, api: Api) -> None:  # noqa: F811
    status, answer = api("POST", "/links", {"store_variant": "999", "ignore": True})
    assert (status, answer["error"]["facts"]) == (404, {"what": "store_variant"})
    said = command("link", "add", "--account", "Ana", "--store-variant", "999", "--ignore", "--json", code=1)
    assert '"what": "store_variant"' in said and "no such store variant" in said


def test_the_door_says_that_an_integration_is_in_the_bin(cast: Cast, api: Api) -> None:  # noqa: F811
    assert api("DELETE", f"/integrations/{cast.shop.pk}")[0] == 204
    status, answer = cast.post(cast.order())
    assert status == 410 and "in the bin" in answer["error"]["message"]


# One spelling of times; what is not known


def times_of(found: Any) -> list[str]:
    """The times of an answer, besides those in what a step was given and gave, which are kept as they were."""
    if isinstance(found, dict):
        return [each for name, value in found.items() if name not in ("input", "output") for each in times_of(value)]
    if isinstance(found, list):
        return [each for value in found for each in times_of(value)]
    return [found] if re.match(r"\d{4}-\d\d-\d\dT", str(found)) else []


def test_times_have_one_spelling(cast: Cast, api: Api) -> None:  # noqa: F811
    intake = cast.send(cast.order(name="#1042", line_items=[cast.line(sku=None, variant_id=9)]))
    answers = [api("GET", path)[1] for path in (f"/history/{intake.pk}", "/why?q=1042", "/causes", "/integrations")]
    for arguments in (("history",), ("why", "1042")):
        answers.append(json.loads(command(*arguments, "--account", "Ana", "--json")))
    answers.append(json.loads(person(cast).get(f"/historial/{intake.pk}/1/").content))
    for answer in answers:
        assert (times := times_of(answer))
        assert not [each for each in times if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each)], times


def test_the_amount_of_orders_without_a_total_is_not_known(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.send(cast.order(line_items=[cast.line(sku=None, variant_id=9)]))
    Intake.objects.update(total=None)
    (cause,) = api("GET", "/causes")[1]["items"]
    assert (cause["orders"], cause["amount"], cause["currency"]) == (1, None, "COP")
    assert "Faja Reductora" in page(person(cast), "/")
