"""GET /api/v1/openapi.json: what a client that is made from it knows is what the answers are."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from comanda.api import api
from comanda.catalogue.models import StoreVariant
from comanda.inbox.models import Delivery
from tests.custom_tool import MAPPING
from tests.test_access import ROUTES, Route, Shop, ana, two_shops  # noqa: F401 (fixtures)

DOCUMENT = api.get_openapi_schema()
SCHEMAS = DOCUMENT["components"]["schemas"]
KINDS: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def misfits(schema: dict[str, Any], value: Any, place: str = "") -> Iterator[str]:
    """Where a value is not as its JSON Schema says, as far as this document uses it. What it does not tell of is a misfit too."""
    if "$ref" in schema:
        yield from misfits(SCHEMAS[schema["$ref"].rpartition("/")[2]], value, place)
    elif "anyOf" in schema:
        if all(list(misfits(each, value)) for each in schema["anyOf"]):
            yield f"{place}: {value!r} is none of {schema['anyOf']}"
    elif kind := schema.get("type"):
        if not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
            yield f"{place}: {value!r} is no {kind}"
        elif kind == "object" and "properties" in schema:
            yield from (f"{place}.{name} is missing" for name in set(schema.get("required", ())) - value.keys())
            for name, each in value.items():
                yield from misfits(schema["properties"].get(name, {"type": "null"}), each, f"{place}.{name}")
                if name not in schema["properties"]:
                    yield f"{place}.{name} is told of nowhere"
        elif kind == "array":
            for number, each in enumerate(value):
                yield from misfits(schema["items"], each, f"{place}[{number}]")
        elif kind == "string":
            pattern = r"\d{4}-\d\d-\d\dT.*Z" if schema.get("format") == "date-time" else schema.get("pattern", "")
            if not re.search(pattern, value):
                yield f"{place}: {value!r} is not like {pattern}"


def operation(route: Route) -> Any:
    return DOCUMENT["paths"][f"/api/v1{route[1]}"][route[0].lower()]


def schema_of(route: Route, status: int) -> Any:
    said = operation(route)["responses"]
    return said[status if status < 400 else "4XX"]["content"]["application/json"]["schema"]


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_every_operation_tells_what_it_answers(route: Route) -> None:
    told = operation(route)["responses"]
    assert SCHEMAS["Error"]["properties"].keys() == {"error"} and "4XX" in told
    if 204 not in told:
        (status,) = [each for each in told if each != "4XX"]
        assert schema_of(route, status).keys() & {"$ref", "type"}


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_answers_are_as_the_document_says(ana: Shop, route: Route) -> None:  # noqa: F811
    who = (ana.owner, ana.reader) if route[0] == "GET" else (ana.owner,)
    for each in who:
        status, answer = ana.call(each, route)
        assert status < 300
        if status != 204:
            assert not list(misfits(schema_of(route, status), answer))


def test_what_has_most_to_tell_is_as_the_document_says(ana: Shop) -> None:  # noqa: F811
    """Each order with its attempts and corrections, links, suggestions, mappings, answers of `why`, and what is refused."""
    kept = StoreVariant.objects.filter(account=ana.cast.account, title="Masajeador").update(title="Faja Reductora")
    assert kept and ana.owner("PATCH", f"/history/{ana.failed.pk}/corrections", {"phone": "3001234567"})[0] == 200
    assert ana.owner("PUT", f"/integrations/{ana.tool.pk}/mapping", MAPPING)[0] == 200
    ana.cast.work()
    delivery = Delivery.objects.filter(integration=ana.tool).first()
    assert delivery
    asked: list[tuple[str, str, str, Any]] = [
        *(("GET", "/history/{id}", each["id"], None) for each in ana.owner("GET", "/history")[1]["items"]),
        ("GET", "/store-variants/{id}/suggestions", ana.row(StoreVariant, key="v:9"), None),
        ("GET", "/integrations/{id}/mapping", str(ana.tool.pk), None),
        ("POST", "/integrations/{id}/mapping/preview", str(ana.tool.pk), {"delivery": str(delivery.pk), "last": 5}),
        ("POST", "/integrations/{id}/mapping/preview", str(ana.tool.pk), {"mapping": {"order": 1}, "sample": {}}),
        *(("GET", "/why", f"?q={words}", None) for words in ("1042", "Núñez", "99999")),
        ("GET", "/store-variants", "?linked=true", None),
        ("GET", "/history/{id}", "nothing", None),
        ("POST", "/links", "", {"store_variant": "1", "itmes": []}),
        ("PATCH", "/history/{id}/corrections", str(ana.failed.pk), {"phone": "1"}),
    ]
    for method, path, id_, body in asked:
        where = path.replace("{id}", id_) if "{id}" in path else path + id_
        status, answer = ana.owner(method, where, body)
        assert not list(misfits(schema_of((method, path), status), answer)), (where, answer)


def test_a_misfit_is_found() -> None:
    order = {"$ref": "#/components/schemas/MadeLink"}
    assert not list(misfits(order, {"id": "1", "reprocessed": 2}))
    for wrong in ({"id": 1, "reprocessed": 2}, {"id": "1"}, {"id": "1", "reprocessed": 2, "more": 3}, []):
        assert list(misfits(order, wrong))


def test_the_document_is_served(once: None, db: None) -> None:
    served = Client().get("/api/v1/openapi.json").json()
    assert served["paths"].keys() == DOCUMENT["paths"].keys() and "WholeIntake" in served["components"]["schemas"]
    days = {each["name"]: each for each in served["paths"]["/api/v1/history"]["get"]["parameters"]}
    assert "time zone" in days["from"]["description"] and "time zone" in days["to"]["description"]
