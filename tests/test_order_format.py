"""docs/order-format.md: its examples are sent as they stand there, its fields are those that are read."""

import hashlib
import hmac
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from django.conf import settings

from comanda.connectors.custom.connector import Custom
from comanda.connectors.custom.mapping import LONGEST, check
from comanda.connectors.custom.payload import OrderFormat, OrderLine, json_schema
from comanda.connectors.draft import MOST_LINES, Draft
from comanda.connectors.forms import MOST_FIELDS
from tests.installation import Installation, fresh_database, until

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "order-format.md").read_text(encoding="utf-8")
CUSTOM = ROOT / "comanda" / "connectors" / "custom"
OWN = PAGE.partition("## What your own tool sends")[2].partition("## The canonical order")[0]
SECRET = "una-clave-larga"
CATALOGUE = (
    "product,variant,sku,price,cost,stock\nFaja Reductora,M,FAJA-M,109900,1,\nMasajeador Cervical,,MAS-CER,1,1,\n"
)
# How a language runs a program that comes on its standard input, by the word behind the backticks.
RUNS = {"sh": ["bash", "-eu"], "python": ["python3", "-"], "php": ["php"], "js": ["node", "-"]}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", OWN, re.DOTALL | re.MULTILINE)


ORDERS = [block.encode() for block in blocks("json")]


@dataclass(frozen=True)
class Shop:
    """A running installation with an integration of the builder `custom`, and its URL."""

    installation: Installation
    hook: str

    def registered(self, order: str) -> bool:
        found = self.installation.run("why", order, "--account", "Ana")
        return bool(found["verdict"] == "registered")

    def awaits(self, order: str) -> None:
        until(lambda: self.registered(order), 30, f"{order} to be registered")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    installation = Installation(tmp_path_factory.mktemp("format"), fresh_database())
    installation.run("migrate")
    installation.run("account", "create", "Ana", "--email", "ana@example.com", "--password", "una-clave-larga-9")
    catalogue = installation.home / "catalogue.csv"
    catalogue.write_text(CATALOGUE)
    installation.run("products", "import", str(catalogue), "--account", "Ana")
    made = installation.run(
        "integration", "add", "custom", "--account", "Ana", "--name", "Mi tienda", "--secret", SECRET
    )
    with installation.serving():
        yield Shop(installation, f"{installation.url}/hooks/{made['hook_url'].partition('/hooks/')[2]}")


@pytest.mark.parametrize("language", RUNS)
def test_an_example_sends_a_signed_order_that_is_registered(shop: Shop, language: str, tmp_path: Path) -> None:
    if language in ("php", "js") and not shutil.which(RUNS[language][0]):
        pytest.skip(f"{RUNS[language][0]} is not installed")
    (program,) = blocks(language)
    environment = shop.installation.env | {"HOOK": shop.hook, "SECRET": SECRET}
    ended = subprocess.run(
        RUNS[language],
        input=program,
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert '"status":"accepted"' in ended.stdout
    (order,) = re.findall(r"(?:curl|python|php|node)-1", program)
    shop.awaits(order)


def test_the_orders_of_the_page_are_registered(shop: Shop) -> None:
    assert len(ORDERS) == 2
    for body in ORDERS:
        signature = hmac.digest(SECRET.encode(), body, hashlib.sha256).hex()
        answer = httpx.post(shop.hook, content=body, headers={"x-comanda-signature": f"sha256={signature}"})
        assert answer.json()["status"] == "accepted"
        data = msgspec.json.decode(body)
        shop.awaits(str(data.get("number", data["external_id"])))


def test_an_order_that_is_not_signed_is_refused(shop: Shop) -> None:
    answer = httpx.post(shop.hook, content=ORDERS[0])
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "signature_missing")


def test_the_schema_is_served_to_everybody(shop: Shop) -> None:
    answer = httpx.get(f"{shop.installation.url}/api/v1/order-format.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
    assert answer.json() == json_schema()


KEYWORDS = {"$defs", "$ref", "$schema", "anyOf", "default", "description", "items", "properties", "required", "title"}


def check_schema(schema: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Only what `fits` understands, references that lead somewhere, required fields that there are."""
    assert schema.keys() <= KEYWORDS | {"type"}
    assert schema.get("type", "null") in ("array", "boolean", "integer", "null", "number", "object", "string")
    assert schema.get("$ref", "").removeprefix("#/$defs/") in {*definitions, ""}
    assert set(schema.get("required", ())) <= schema.get("properties", {}).keys()
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *schema.get("$defs", {}).values()]
    for each in inner + ([schema["items"]] if "items" in schema else []):
        check_schema(each, definitions)


def test_it_is_a_schema_that_describes_each_field() -> None:
    schema = json_schema()
    definitions = schema["$defs"]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    check_schema(schema, definitions)
    for shape in (OrderFormat, OrderLine):
        described = definitions[shape.__name__]["properties"]
        assert tuple(described) == shape.__struct_fields__
        assert all(field["description"] for field in described.values())


def fits(value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> bool:
    """Whether a value is what the schema asks for."""
    if "$ref" in schema:
        return fits(value, definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    if "anyOf" in schema:
        return any(fits(value, each, definitions) for each in schema["anyOf"])
    if schema["type"] == "array":
        return isinstance(value, list) and all(fits(each, schema["items"], definitions) for each in value)
    if schema["type"] == "object":
        known = schema["properties"]
        return set(schema["required"]) <= value.keys() and all(
            fits(each, known[name], definitions) for name, each in value.items() if name in known
        )
    kinds = {"string": str, "boolean": bool, "integer": int, "number": float, "null": type(None)}
    return type(value) is kinds[schema["type"]]


@pytest.mark.parametrize("body", ORDERS)
def test_the_orders_of_the_page_fit_the_schema(body: bytes) -> None:
    schema = json_schema()
    order = msgspec.json.decode(body)
    assert fits(order, schema, schema["$defs"])
    assert set(order) <= set(OrderFormat.__struct_fields__)
    for wrong in ({"lines": None}, {"external_id": 1.5}, {"city": ["Cali"]}, {"lines": [{"title": "x"}]}):
        assert not fits(order | wrong, schema, schema["$defs"])


def test_the_fuller_order_has_every_field() -> None:
    order = msgspec.json.decode(ORDERS[1])
    assert set(order) == set(OrderFormat.__struct_fields__)
    assert set(order["lines"][0]) == set(OrderLine.__struct_fields__)


def test_every_field_is_on_the_page_and_no_other() -> None:
    for heading, shape in (("### Fields of the order", OrderFormat), ("### Fields of a line", OrderLine)):
        section = OWN.partition(heading)[2].partition("\n### ")[0]
        named = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        assert sorted(named) == sorted(shape.__struct_fields__)


def test_what_the_page_says_of_the_words() -> None:
    """Each row of the table of words, each of its words."""
    rows = re.findall(r"^\| (`payment`|`status`|`payment` or `status`) \| ([\w ]+).*? \| (.*) \|$", OWN, re.MULTILINE)
    assert {meaning for _, meaning, _ in rows} == {*EXPECTED, "open"}
    for fields, meaning, words in rows:
        for word in words.partition(";")[0].replace("`", "").split(", "):
            for field in re.findall(r"`(\w+)`", fields):
                assert word == "everything else" or read(field, word) == EXPECTED[meaning], (field, word)


EXPECTED = {
    "cash on delivery": "cod",
    "not paid yet": "pending",
    "paid": "prepaid",
    "cancelled": "cancelled",
    "a draft": "draft",
}


def read(field: str, word: str) -> str:
    order = msgspec.json.decode(ORDERS[0]) | {"payment": None, field: word.title()}
    draft = Custom().parse("order", msgspec.json.encode(order))
    assert isinstance(draft, Draft)
    return draft.payment if field == "payment" or draft.status == "open" else draft.status


@pytest.mark.parametrize("name", ["guide.md", "guide.en.md"])
def test_the_expressions_of_the_guide_give_what_it_says(name: str) -> None:
    guide = (CUSTOM / name).read_text(encoding="utf-8")
    own, sample = re.findall(r"^```json\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
    assert own.encode() == ORDERS[0]
    data = msgspec.json.decode(sample)
    rows = re.findall(r"^\| (`+)(.+?)\1 \| .+ \| (.+) \|$", guide, re.MULTILINE)
    lines = "items[?cantidad > `0`]"
    for _, expression, said in rows:
        order = {"external_id": "folio", "name": "folio" if expression == lines else expression}
        found = check({"order": order, "lines": lines, "line": {"title": "producto"}}).apply(data)
        assert found["lines"] == [{"title": "Faja Reductora"}]
        assert expression == lines or found["name"] == said
    assert len(rows) == 5


def test_the_limits_of_custom_builders_are_those_of_the_code() -> None:
    section = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8").partition("\n### Limits\n")[2]
    assert f"an expression of {LONGEST:,} characters" in section
    assert f"{MOST_LINES} lines" in section
    assert f"{MOST_FIELDS:,} fields" in section
    assert f"a body of {settings.BODY_LIMIT >> 20} MiB" in section
