"""The API refuses what cannot be meant, and says which field it is: nothing that was sent is swallowed."""

from typing import Any

import pytest

from comanda.catalogue.models import Link
from comanda.integrations.models import Integration
from tests.cast import Cast
from tests.test_api import Api, api  # noqa: F401 (a fixture)


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
