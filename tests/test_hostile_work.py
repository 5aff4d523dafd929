"""What is made to be slow is read in no time: whoever knows a URL must not occupy the worker with one order."""

import json
import time
from typing import Any

import pytest

from comanda.connectors.custom.connector import Custom
from comanda.connectors.forms import document
from comanda.connectors.funnelish.connector import Funnelish
from comanda.connectors.reading import as_written
from comanda.problems import Problem

PURCHASE = {"event": "purchase", "id": "1", "first_name": "Ana", "products": [{"name": "Faja", "amount": 1}]}


@pytest.fixture(autouse=True)
def in_no_time() -> Any:
    started = time.process_time()
    yield
    assert time.process_time() - started < 1


@pytest.mark.parametrize("written", ["cop" + " " * 20_000 + "x", "$" + " " * 20_000 + "x", "1" + ".000" * 4000 + "x"])
def test_an_amount_with_thousands_of_blanks(written: str) -> None:
    assert as_written(written) == written
    with pytest.raises(Problem):
        Funnelish().parse("purchase", json.dumps(PURCHASE | {"total": written}).encode())


@pytest.mark.parametrize("within", [dict.fromkeys(map(str, range(70_000))), [None] * 100_000], ids=["object", "list"])
def test_a_name_of_a_million_characters(within: Any) -> None:
    told = Funnelish().parse("purchase", json.dumps(PURCHASE | {"meta": {"k" * 1_000_000: within}}).encode())
    assert told.external_id == "1"


@pytest.mark.parametrize("first", [b"", b"a[1]=x&", b"&".join(b"a[%d]=x" % at for at in range(1400, 2800)) + b"&"])
def test_a_list_of_thousands_of_fields(first: bytes) -> None:
    more = 2999 - first.count(b"&")
    found = document(first + b"&".join([b"a[]=y"] * more))
    assert found["a"] == ["x"] * first.count(b"&") + ["y"] * more


@pytest.mark.parametrize("depth", [300, 500, 900, 5000])
@pytest.mark.parametrize("body", ['a={"a":', 'a=1&b={"0":'])
def test_a_form_with_json_that_is_nested_too_deeply_is_explained(depth: int, body: str) -> None:
    name, _, opening = body.rpartition("=")
    with pytest.raises(Problem) as found:
        Custom().parse("order", f"{name}={opening * depth}1{'}' * depth}".encode())
    assert found.value.code in ("unmapped", "order_unreadable")
