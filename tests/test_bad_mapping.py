"""Mappings that are wrong, slow or made to hurt, and bodies in every dress: each gets a clear answer, nothing is lost."""

import contextlib
import itertools
import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from comanda.connectors.base import Setup
from comanda.connectors.custom.connector import Custom
from comanda.connectors.custom.mapping import LONGEST, BadMapping, check
from comanda.connectors.forms import document
from comanda.history.models import Intake
from comanda.inbox.models import Delivery, Refusal
from comanda.integrations.models import Integration, Mapping
from comanda.orders.models import Order
from comanda.problems import Problem
from tests.cast import Cast, command
from tests.custom_tool import FORM, JSON, MAPPING, Tool, facts, foreign, own


@pytest.fixture
def tool(cast: Cast) -> Tool:
    return Tool(cast)


def with_note(expression: Any) -> dict[str, Any]:
    return MAPPING | {"order": MAPPING["order"] | {"note": expression}}


def fault(expression: str) -> tuple[str, int]:
    """Why an expression is refused, and where in it."""
    with pytest.raises(BadMapping) as refused:
        check(with_note(expression))
    (found,) = refused.value.faults
    assert (found.field, found.expression) == ("order.note", expression)
    return found.message, found.place


@pytest.mark.parametrize(
    ("expression", "words", "place"),
    [
        ("cliente.[", "", 9),
        ("a b", "Unexpected token: b", 2),
        ("cliente..nombre", "", 8),
        ("join(' ', [a, b]", "", 16),
        ("a = b", "Unknown token", 2),
        ("nombre'", "Unclosed", 6),
        ("dirección", "Unknown token ó", 7),
        ("jion(' ', [a])", "there is no function jion()", 0),
        ("a || join(' ')", "join() takes 2 arguments, not 1", 5),
        ("not_null()", "not_null() takes 1 arguments, not 0", 0),
        ('`"\\ud83d"`', "half of a character", 0),
        ('"\udcff"', "half of a character", 0),
        ("[" * 300 + "a" + "]" * 300, "nested too deeply", 0),
        ("|".join("a" * 300), "nested too deeply", 0),
    ],
)
def test_a_wrong_expression_is_refused_with_its_place(expression: str, words: str, place: int) -> None:
    message, found = fault(expression)
    assert words in message and message
    assert found == place


@pytest.mark.parametrize("expression", ["cliente.[", "jion(' ', [a])", "a" * (LONGEST + 1), 5, ["a"], {"a": 1}, True])
def test_a_wrong_mapping_changes_nothing(tool: Tool, expression: Any) -> None:
    tool.map()
    status, answer = tool.put(with_note(expression))
    assert (status, answer["error"]["code"]) == (400, "mapping_invalid")
    known = answer["error"]["facts"]
    assert known["field"] == "order.note" and known["faults"][0]["message"] in answer["error"]["message"]
    if isinstance(expression, str):
        assert known["expression"] == expression[:LONGEST] or known["expression"] == expression[:80]
    row = Integration.objects.get(pk=tool.row.pk)
    assert (row.mapping, row.mapping_version, Mapping.objects.count()) == (MAPPING, 1, 1)
    assert tool.send(foreign()).status == "registered"


@pytest.mark.parametrize(
    ("mapping", "fields"),
    [
        ({}, {"lines", "order.external_id", "line.title"}),
        ({"order": 5, "lines": "a", "line": []}, {"order", "line", "order.external_id", "line.title"}),
        (MAPPING | {"extra": 1}, {"extra"}),
        (MAPPING | {"lines": ""}, {"lines"}),
        (MAPPING | {"line": MAPPING["line"] | {"lines": "a"}}, {"line.lines"}),
        (MAPPING | {"order": MAPPING["order"] | {"order_id": "a", "nombre": "b"}}, {"order.order_id", "order.nombre"}),
        (MAPPING | {"line": {"sku": "a"}}, {"line.title"}),
    ],
)
def test_all_that_is_wrong_is_named(tool: Tool, mapping: Any, fields: set[str]) -> None:
    status, answer = tool.put(mapping)
    assert status == 400
    assert {each["field"] for each in answer["error"]["facts"]["faults"]} == fields
    status, shown = tool.preview(mapping=mapping, sample=foreign())
    assert (status, shown["ready"], shown["order"]) == (200, False, None)
    assert {each["field"] for each in shown["problems"]} == fields


@pytest.mark.parametrize("body", [[], "text", 5, None])
def test_what_is_no_mapping_is_refused(tool: Tool, body: Any) -> None:
    assert tool.put(body)[0] == 400
    assert tool.row.mapping is None


def test_a_mapping_with_thousands_of_faults_names_the_first(tool: Tool) -> None:
    status, answer = tool.put(MAPPING | {"order": {f"campo_{n}": "a" for n in range(20_000)}})
    assert (status, len(answer["error"]["facts"]["faults"]) <= 52) == (400, True)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("productos", "gives a list"),
        ("cliente", "gives an object"),
        ("&folio", "gives an expression"),
        ("`NaN`", "gives no finite number"),
        ("to_number('1e999')", "gives no finite number"),
        ("abs(pago)", "abs() is given string instead of number"),
        ("ceil(`Infinity`)", "infinity"),
        ("productos[::0].nombre", "slice step cannot be zero"),
        ("sort_by(productos, &cliente)", "sort_by() is given null instead of"),
    ],
)
def test_what_gives_no_text_is_explained(tool: Tool, expression: str, reason: str) -> None:
    """Each compiles; only an order shows that it gives something else than a text or a number."""
    assert tool.put(with_note(expression))[0] == 200
    intake = tool.send(foreign())
    assert (intake.status, intake.cause) == ("failed", "order_unreadable")
    told = facts(intake)
    assert (told["path"], told["expression"], reason in told["reason"]) == ("note", expression, True), told
    status, shown = tool.preview(mapping=with_note(expression))
    (field,) = (each for each in shown["fields"] if each["field"] == "order.note")
    assert (status, field["problem"], field["value"], shown["ready"]) == (200, told["reason"], None, False)
    assert tool.put(MAPPING)[1]["reprocessed"] == 1
    tool.cast.work()
    assert tool.statuses() == ["registered"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("cliente", "gives no list"),
        ("nada", "gives nothing"),
        ("pago", "gives no list"),
        ("&productos", "gives no list"),
        ("`[" + ",".join("1" * 450) + "]`[].[@, @][]", "more than 500 lines"),
    ],
)
def test_lines_that_are_no_list_are_explained(tool: Tool, lines: str, words: str) -> None:
    tool.map(MAPPING | {"lines": lines})
    told = facts(tool.send(foreign()))
    assert (told["path"], told["expression"], words in told["reason"]) == ("lines", lines, True), told


@pytest.mark.parametrize("item", [None, 5, "Faja", [], [[]], {}, {"nombre": None}, {"nombre": {"es": "Faja"}}])
def test_lines_that_are_nothing_are_explained(tool: Tool, item: Any) -> None:
    tool.map()
    intake = tool.send(foreign(productos=[foreign()["productos"][0], item]))
    assert (intake.cause, facts(intake)["path"]) == ("order_unreadable", "lines[1].title")
    assert facts(intake)["expression"] == "nombre"


def test_no_lines_at_all_are_explained(tool: Tool) -> None:
    tool.map()
    assert tool.send(foreign(productos=[])).cause == "no_lines"


LONG, MANY = "x" * 400_000, list(range(300_000, 0, -1))
# Made to hang, or to fill the memory: each is worked off in a moment.
BOMBS: list[tuple[str, Any]] = [
    ("join(a, b)", {"a": LONG, "b": [""] * 100_000}),
    ("join('', [" + ",".join(["a"] * 300) + "])", {"a": LONG * 4}),
    ("to_string([" * 60 + "@" + "])" * 60, {"a": LONG}),
    ("to_string([" * 30 + "'\"\\\\\"'" + "])" * 30, {}),
    ("length([" + ",".join(["sort(a)"] * 110) + "])", {"a": MANY}),
    ("length([" + ",".join(["reverse(a)"] * 80) + "])", {"a": MANY}),
    ("length([" + ",".join(["a[:]"] * 190) + "][])", {"a": MANY}),
    ("length([" + ",".join(["a"] * 400) + "][])", {"a": MANY}),
    ("length(merge(" + ",".join(["a"] * 300) + "))", {"a": {str(n): n for n in range(100_000)}}),
    ("|".join(["[@,@]"] * 70), 1),
    ("|".join(["[@,@][]"] * 60), 1),
    ("to_string(" + "|".join(["[@,@]"] * 70) + ")", 1),
    ("abs(" + "|".join(["[@,@]"] * 70) + ")", 1),
    ("contains(" + "|".join(["[@,@]"] * 70) + ", @)", 1),
    ("[" + "|".join(["[@,@]"] * 60) + "," + "|".join(["[@,@]"] * 60) + "]|[0]==[1]", 1),
    ("&&".join(["a==b"] * 70), {"a": MANY, "b": [*MANY]}),
    ("&&".join(["a==b"] * 70), {"a": LONG, "b": LONG[:-1] + "x"}),
    ("length(map(&length(" + "|".join(["[@,@][]"] * 17) + "), a))", {"a": [1] * 50_000}),
    ("length(map(&length(" + "|".join(["join('',[@,@])"] * 17) + "), a))", {"a": ["a"] * 50_000}),
    ("length(sort_by(a, &length(to_string(@))))", {"a": [{"x": [*range(50)]}] * 3000}),
    ("max_by(a, &b).c", {"a": [{"b": LONG + str(n), "c": 1} for n in range(4)] * 20}),
    ("length(*.*.*)", {str(i): {str(j): {str(k): 1 for k in range(40)} for j in range(40)} for i in range(40)}),
    ("length([*][*][*][])", [[[1] * 60] * 60] * 60),
    ("length([*].[*].[*].[*])", [[1] * 100] * 100),
    ("length(" + "|".join(["[@,@,@,@,@,@,@,@][*].[@,@,@,@,@,@,@,@]"] * 5) + ")", 1),
    ("a" + "[]" * 490, {"a": [[1] * 1000] * 300}),
    ("a" + "[*]" * 79, {"a": [[1] * 1000] * 300}),
    ("a[?b[?c[?d]]]", {"a": [{"b": [{"c": [{"d": 1}] * 50}] * 50}] * 50}),
    ("to_number(a)", {"a": "9" * 1_000_000}),
    ("a." * 490 + "a", {}),
    ("(" * 490 + "a" + ")" * 490, {}),
]


def ended(act: Callable[[], Any]) -> float:
    """With a result, a Problem or BadMapping; returns the seconds of work."""
    started = time.process_time()
    with contextlib.suppress(Problem, BadMapping):
        act()
    return time.process_time() - started


def harmless(act: Callable[[], Any]) -> None:
    """It takes little time (the best of three: the machine may be busy) and little memory."""
    assert any(ended(act) < 1 for _ in range(3))
    tracemalloc.start()
    try:
        ended(act)
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("expression", "data"), BOMBS, ids=[bomb[0][:40] for bomb in BOMBS])
@pytest.mark.parametrize("place", ["order", "line"])
def test_no_mapping_hangs(expression: str, data: Any, place: str) -> None:
    """In all fields at once, and in those of many lines."""
    mapping: dict[str, Any] = {"order": {"external_id": "'1'"}, "lines": "@", "line": {"title": "'x'"}}
    if place == "order":
        mapping["order"] |= dict.fromkeys(("note", "name", "email", "phone", "city"), expression)
        harmless(lambda: check(mapping).apply(data))
    else:
        mapping["line"] = dict.fromkeys(("title", "sku", "variant_title"), expression)
        harmless(lambda: check(mapping).apply([data] * 200))


def test_a_list_of_many_orders_is_told_in_no_time() -> None:
    """It is asked of each of its elements whose it is."""
    slow = "length(map(&length(" + "|".join(["[@,@][]"] * 15) + "), @))"
    for mapping in ({"external_id": slow}, {"external_id": f"[0].a || {slow}"}, {"external_id": "[0].a"}):
        custom = Custom(Setup(mapping=json.dumps({"order": mapping, "lines": "@", "line": {"title": "b"}})))
        for body in ([1] * 300_000, [{"b": "x"}] * 100_000, [{"a": 1, "b": "x"}] * 50_000):
            raw = json.dumps(body).encode()
            harmless(lambda custom=custom, raw=raw: custom.parse("order", raw))  # type: ignore[misc]


def test_long_texts_that_are_compared_again_and_again_are_work() -> None:
    again = "[" + ",".join("@" * 20) + "][]"
    mapping = {
        "order": {"external_id": f"length({again}.{again}.max_by(a, &b).c)"},
        "lines": "@",
        "line": {"title": "@"},
    }
    with pytest.raises(Problem) as refused:
        check(mapping).apply({"a": [{"b": LONG + end, "c": 1} for end in "xy"]})
    assert refused.value.facts["reason"] == "too much work"


def test_a_slow_mapping_is_explained_and_delays_nobody(tool: Tool) -> None:
    slow = "length(map(&length(" + "|".join(["[@,@][]"] * 17) + "), productos))"
    tool.map(
        MAPPING | {"line": MAPPING["line"] | {"title": f"nombre || {slow}", "sku": slow.replace("productos", "x")}}
    )
    lines = [foreign()["productos"][0] | {"x": [1] * 900}] * 400
    intakes = []
    for _ in range(3):
        intakes.append(tool.post(foreign(productos=lines))[1]["delivery"])
    registered = tool.cast.post(tool.cast.order())[1]["delivery"]
    started = time.process_time()
    tool.cast.work()
    assert time.process_time() - started < 5
    assert Intake.objects.get(delivery_id=registered).status == "registered"
    assert facts(Intake.objects.get(delivery_id=intakes[0]))["reason"] == "too much work"


def test_an_ordinary_mapping_of_a_long_order_is_no_work(tool: Tool) -> None:
    """500 lines, functions in each of them, photographs inside."""
    line = {
        "title": "join(' ', [nombre, talla])",
        "sku": "codigo || sku",
        "quantity": "to_number(cant)",
        "unit_price": "sum([valor, iva])",
    }
    mapping = MAPPING | {"lines": "productos[?tipo != 'envio']", "line": line}
    extra = {"talla": "M", "valor": 1000, "iva": 190, "foto": "x" * 2500, "tags": ["a", "b"], "tipo": "producto"}
    order = foreign(productos=[foreign()["productos"][0] | extra] * 500)
    found = check(mapping).apply(order)
    assert (len(found["lines"]), found["lines"][499]["title"], found["lines"][0]["unit_price"]) == (
        500, "Faja Reductora M", 1190,
    )  # fmt: skip


@pytest.mark.parametrize("size", [2_500_000, 5_000_000])
def test_a_sample_of_5_mb_is_refused(tool: Tool, tmp_path: Path, size: int) -> None:
    sample = foreign(note="x" * size)
    status, answer = tool.preview(mapping=MAPPING, sample=sample)
    assert (status, answer["error"]["code"]) == (413, "too_large")
    file = tmp_path / "sample.json"
    file.write_text(json.dumps(sample))
    said = json.loads(command("integration", "map", str(tool.row.pk), "--sample", str(file), "--json", code=1))
    assert said["error"]["code"] == "too_large"
    assert tool.post(sample)[0] == 413


def test_a_sample_as_large_as_the_door_takes_is_tried_as_text_too(tool: Tool) -> None:
    """As text in JSON it is larger than the door's limit, and than what Django takes by itself."""
    sample = json.dumps(foreign(folio=77, note='"' * (settings.BODY_LIMIT // 2 - 5000)))
    assert tool.post(sample.encode())[0] == 200 and len(json.dumps({"sample": sample})) > 3_000_000
    status, answer = tool.preview(mapping=MAPPING, sample=sample)
    assert (status, answer["order"]["external_id"]) == (200, "77")
    status, answer = tool.preview(mapping=MAPPING, sample="x" * settings.PAGE_LIMIT)
    assert (status, answer["error"]["code"]) == (413, "too_large") and "8388608 bytes" in answer["error"]["message"]


@pytest.mark.parametrize("sample", ["", "<xml/>", "hola", b"\x00\x01".decode(), "{", "[" * 5000, '{"a": 1}}'])
def test_a_sample_that_is_nothing_is_refused(tool: Tool, tmp_path: Path, sample: str) -> None:
    status, answer = tool.preview(mapping=MAPPING, sample=sample)
    assert status == 400 and answer["error"]["code"] in ("order_unreadable", "invalid")
    file = tmp_path / "sample.txt"
    file.write_text(sample)
    said = json.loads(command("integration", "map", str(tool.row.pk), "--sample", str(file), "--json", code=1))
    assert said["error"]["code"] == "order_unreadable" and said["error"]["facts"]["reason"]


@pytest.mark.parametrize("sample", [None, 5, "x", [], {}, [[]], {"a": None}, [1, 2], True])
def test_a_sample_may_be_anything(tool: Tool, sample: Any) -> None:
    """Without a mapping one is proposed, of whatever there is."""
    for mapping in (MAPPING, None):
        status, answer = tool.preview(mapping=mapping, sample=json.dumps(sample))
        assert status == 200 or (status, answer["error"]["code"]) == (400, "order_unreadable")


def refusal(tool: Tool, *options: str) -> str:
    """The code with which `integration map` refuses, in JSON and in words."""
    assert command("integration", "map", str(tool.row.pk), *options, code=1) is not None
    said = json.loads(command("integration", "map", str(tool.row.pk), *options, "--json", code=1))
    return str(said["error"]["code"])


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--sample", "/nothing.json"], "not_found"),
        (["--sample", "/"], "not_found"),
        ([], "no_sample"),
        (["--set", "nombre"], "invalid"),
        (["--set", "nombre\udcff"], "invalid"),
        (["--set", "lineas.title=a"], "invalid"),
        (["--set", "nombre=a", "--save"], "mapping_invalid"),
        (["--set", "note=cliente.[", "--save"], "mapping_invalid"),
        (["--set", "note=jion(a)", "--save"], "mapping_invalid"),
        (["--set", "name=join(' ', [nadie])", "--save"], "mapping_invalid"),
        (["--set", "note='\x00'", "--save"], "mapping_invalid"),
        (["--set", "lines=", "--save"], "mapping_invalid"),
    ],
)
def test_the_command_line_refuses_in_words(tool: Tool, tmp_path: Path, options: list[str], code: str) -> None:
    sample = tmp_path / "order.json"
    sample.write_text(json.dumps(foreign()))
    given = ["--sample", str(sample)] if "--set" in options else []
    assert refusal(tool, *given, *options) == code
    assert not Mapping.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "",
        '{"order": 5}',
        '{"order": "x", "line": 7, "lines": null}',
        '{"order": {"note": "`\\"\\\\ud83d\\"`"}}',
    ],
)
def test_a_file_that_is_no_mapping_is_refused_in_words(tool: Tool, tmp_path: Path, content: str) -> None:
    sample, mapping = tmp_path / "order.json", tmp_path / "mapping.json"
    sample.write_text(json.dumps(foreign()))
    mapping.write_text(content)
    for options in ((), ("--set", "number=folio"), ("--set", "line.sku=codigo")):
        given = ("--sample", str(sample), "--file", str(mapping), *options)
        assert refusal(tool, *given, "--save") == "mapping_invalid"
    assert not Mapping.objects.exists()


def test_only_custom_builders_are_mapped(tool: Tool) -> None:
    for id_, code in (
        (str(tool.cast.shop.pk), "not_mappable"),
        ("0", "not_found"),
        ("x", "not_found"),
        ("9" * 30, "not_found"),
    ):
        said = command("integration", "map", id_, "--json", code=1)
        assert json.loads(said)["error"]["code"] == code


def test_what_a_terminal_sends_as_no_utf_8_does_no_harm(tool: Tool, tmp_path: Path) -> None:
    sample = tmp_path / "order.json"
    sample.write_text(json.dumps(foreign()))
    given = ("integration", "map", str(tool.row.pk), "--sample", str(sample), "--set", "note='\udcff'", "--save")
    assert "Switched on" in command(*given)
    assert tool.send(foreign()).status == "registered"


def test_a_value_with_half_a_character_is_shown(tool: Tool, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_bytes(json.dumps(foreign(pago="gracias \ud83d", folio="1\x00")).encode())
    for options in ((), ("--json",)):
        said = command("integration", "map", str(tool.row.pk), "--sample", str(file), "--set", "note=pago", *options)
        assert "gracias" in said


# One order in every dress: form-encoded, nested as PHP does, in one field, multipart, in other encodings.
NESTED = {
    "folio": "77",
    "cliente[nombre]": "María",
    "cliente[apellido]": "Núñez",
    "cliente[celular]": "300 123 4567",
    "entrega[direccion]": "Calle 10 # 43-21",
    "entrega[ciudad]": "Medellín",
    "entrega[depto]": "Antioquia",
    "pago": "Contra entrega",
    "total": "109900",
    "productos[0][nombre]": "Faja Reductora",
    "productos[0][codigo]": "FAJA-M",
    "productos[0][cant]": "1",
    "productos[0][valor]": "109900",
}


def urlencoded(encoding: str = "utf-8", fields: dict[str, str] = NESTED) -> bytes:
    from urllib.parse import urlencode

    return urlencode(fields, encoding=encoding).encode()


def multipart(fields: dict[str, str], mark: str = "----WebKitFormBoundaryabc", more: bytes = b"") -> bytes:
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return "".join(parts).encode() + more + f"--{mark}--\r\n".encode()


PHOTO = (
    b'------WebKitFormBoundaryabc\r\nContent-Disposition: form-data; name="foto"; filename="f.png"\r\n'
    b"Content-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\x00\r\n"
)
MULTIPART = {"content-type": "multipart/form-data; boundary=----WebKitFormBoundaryabc"}
FOREIGN = json.dumps(foreign(folio=77), ensure_ascii=False)
IN_ONE = MAPPING | {
    "order": {field: f"payload.{each}" for field, each in MAPPING["order"].items() if field != "name"}
    | {"name": "payload.cliente.nombre"},
    "lines": "payload.productos",
}
DRESSES: list[tuple[str, dict[str, str], bytes, dict[str, Any]]] = [
    ("form", FORM, urlencoded(), MAPPING),
    ("form in Latin-1", FORM, urlencoded("latin-1"), MAPPING),
    ("form, as `curl -d` sends it", FORM, "&".join(f"{k}={v}" for k, v in NESTED.items()).encode(), MAPPING),
    ("form, raw Latin-1", FORM, "&".join(f"{k}={v}" for k, v in NESTED.items()).encode("latin-1"), MAPPING),
    ("form without a content type", {}, urlencoded(), MAPPING),
    ("form that is called JSON", JSON, urlencoded(), MAPPING),
    ("form, with a byte order mark", FORM, b"\xef\xbb\xbf" + urlencoded(), MAPPING),
    ("JSON in a field", FORM, urlencoded(fields={"payload": FOREIGN, "ok": "1"}), IN_ONE),
    ("JSON that is called a form", FORM, FOREIGN.encode(), MAPPING),
    ("JSON that is called a text", {"content-type": "text/plain"}, FOREIGN.encode(), MAPPING),
    ("JSON that is called anything", {"content-type": "application/octet-stream"}, FOREIGN.encode(), MAPPING),
    ("a form that is called XML", {"content-type": "text/xml"}, urlencoded(), MAPPING),
    ("JSON in UTF-16", JSON, FOREIGN.encode("utf-16"), MAPPING),
    ("JSON in UTF-16, the other way", JSON, b"\xfe\xff" + FOREIGN.encode("utf-16-be"), MAPPING),
    ("JSON with a byte order mark", JSON, b"\xef\xbb\xbf" + FOREIGN.encode(), MAPPING),
    ("multipart", MULTIPART, multipart(NESTED), MAPPING),
    ("multipart with a file", MULTIPART, multipart(NESTED, more=PHOTO), MAPPING),
    ("multipart with single line feeds", MULTIPART, multipart(NESTED).replace(b"\r\n", b"\n"), MAPPING),
    ("multipart, JSON in a field", MULTIPART, multipart({"payload": FOREIGN}), IN_ONE),
]


@pytest.mark.parametrize(
    ("headers", "raw", "mapping"), [each[1:] for each in DRESSES], ids=[each[0] for each in DRESSES]
)
def test_an_order_in_every_dress(
    tool: Tool, tmp_path: Path, headers: dict[str, str], raw: bytes, mapping: dict[str, Any]
) -> None:
    held = tool.send(raw, headers)
    assert (held.status, held.cause) == ("held", "unmapped")
    assert bytes(Delivery.objects.get().body) == raw
    status, answer = tool.preview(mapping=mapping)
    assert (status, answer["ready"], answer["order"]["external_id"]) == (200, True, "77")
    file = tmp_path / "sample"
    file.write_bytes(raw)
    assert json.loads(command("integration", "map", str(tool.row.pk), "--sample", str(file), "--json"))["fields"]
    assert tool.put(mapping)[1]["reprocessed"] == 1
    tool.cast.work()
    intake = Intake.objects.get(integration=tool.row)
    assert (intake.status, intake.external_id) == ("registered", "77")
    assert json.loads(Order.objects.get().customer)["name"].startswith("María")
    assert json.loads(Order.objects.get().shipping_address)["city"] == "Medellín"
    shown = tool.api("GET", f"/history/{intake.pk}")[1]["attempts"][0]["steps"][2]["input"]
    is_form = b"folio=" in raw or b"payload=" in raw or raw.startswith(b"--")
    assert "77" in shown if is_form else shown == json.loads(FOREIGN)


@pytest.mark.parametrize("headers", [JSON, FORM, {}, {"content-type": "text/xml"}])
def test_xml_is_refused_in_words(tool: Tool, headers: dict[str, str]) -> None:
    for raw in (b'<?xml version="1.0"?><pedido id="1"/>', b"\xef\xbb\xbf  <pedido/>"):
        status, answer = tool.post(raw, headers)
        assert (status, answer["error"]["code"]) == (415, "content_type_unsupported")
        assert "XML" in answer["error"]["message"]
    assert sum(Refusal.objects.values_list("count", flat=True)) == 2
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [b"", b"   ", b"hola", b"hola = x", b"\x89PNG\r\n\x1a\n=", b"\x1f\x8b\x08\x00=", b"a,b\n1,2=3", b"5", b'"x"', b"{",
     b'{"a": 1', b"{'a': 1}", b"[1,", b"\xff{}", b"a=\x00"],
)  # fmt: skip
@pytest.mark.parametrize("headers", [JSON, FORM, {}])
def test_what_is_neither_json_nor_a_form_is_refused(tool: Tool, headers: dict[str, str], raw: bytes) -> None:
    status, answer = tool.post(raw, headers)
    assert (status, answer["error"]["code"]) == (400, "not_json")
    assert Refusal.objects.get().integration == tool.row
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (multipart(NESTED)[:-40], "cut off"),
        (multipart(NESTED)[:200], "cut off"),
        (FOREIGN.encode("utf-16") + b"x", "UTF-16"),
        ("<pedido/>".encode("utf-16"), "XML"),
        (b"&".join(b"a%d=1" % n for n in range(4000)), "3000 fields"),
        (b"--x\r\n\r\n\r\n" * 100_000 + b"--x--", "3000 fields"),
        (b'--x\r\nContent-Disposition: form-data; name="' + b"a;" * 500_000 + b'"\r\n\r\n1\r\n--x--', "too long"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nested too deeply"),
    ],
)
def test_what_only_looks_like_an_order_is_kept_and_explained(tool: Tool, raw: bytes, reason: str) -> None:
    tool.map()
    started = time.process_time()
    intake = tool.send(raw, FORM)
    assert time.process_time() - started < 3
    assert (intake.status, intake.cause) == ("failed", "order_unreadable")
    assert reason in facts(intake)["reason"] and "expression" not in facts(intake)
    assert bytes(Delivery.objects.get().body) == raw


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"a[1]=x&a[]=y&a[]=z", {"a": ["x", "y", "z"]}),
        (b"a[]=x&a[]=y", {"a": ["x", "y"]}),
        (b"items[][sku]=A&items[][sku]=B", {"items": [{"sku": "A"}, {"sku": "B"}]}),
        (b"items%5B7%5D%5Bsku%5D=A&items%5B9%5D%5Bsku%5D=B", {"items": [{"sku": "A"}, {"sku": "B"}]}),
        (b"a=1&a[b]=2", {"a": "1"}),
        (b"a[b]=1&a=2", {"a": {"b": "1"}}),
        (b"a=&b", {"a": "", "b": ""}),
        (b"a=%7B%22b%22%3A%22%5Cud83d%22%7D", {"a": {"b": "\ufffd"}}),
        (b"a=%7Bno", {"a": "{no"}),
        (b"a=[Regalo] Faja", {"a": "[Regalo] Faja"}),
        (multipart({"dirección": "Calle 10\r\nApto 2", "a[b][]": "1"}), {"dirección": "Calle 10\r\nApto 2", "a": {"b": ["1"]}}),
        (b'\r\n--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--', {"a": "1"}),
        (b'--x\r\nContent-Disposition: form-data; name="a\\"b"\r\n\r\n--x--\r\n1\r\n', {'a"b': ""}),
        (b'--x\r\ncontent-disposition: form-data; name="o"; filename="o.json"\r\n\r\n{"a":1}\r\n--x--', {"o": {"a": 1}}),
        ("a=ñ".encode("utf-16"), {"a": "ñ"}),
    ],
)  # fmt: skip
def test_reads_forms(raw: bytes, found: dict[str, Any]) -> None:
    assert document(raw) == found


def test_a_form_that_is_sent_again_counts_once(tool: Tool) -> None:
    """Its boundary is another one each time; another content is another order, whatever the boundary is."""
    tool.map()
    marks = ["----WebKitFormBoundaryabc", "xYz", "1"]
    answers = [tool.post(multipart(NESTED, mark), MULTIPART)[1] for mark in marks]
    assert [each["status"] for each in answers] == ["accepted", "duplicate", "duplicate"]
    changed = [tool.post(multipart(NESTED | {"total": total}, "1"), MULTIPART)[1] for total in ("119900", "1119900")]
    assert [each["status"] for each in changed] == ["accepted", "accepted"]


@pytest.mark.parametrize("length", [119, 120, 121, 5000])
def test_an_id_is_never_cut_off(tool: Tool, length: int) -> None:
    """Two that begin alike would be one order."""
    intakes = [tool.send(own(external_id="P" * (length - 1) + end)) for end in "AB"]
    if length <= 120:
        assert (tool.statuses(), Order.objects.count()) == (["registered"] * 2, 2)
    else:
        assert {facts(each)["path"] for each in intakes} == {"external_id"}


@pytest.mark.parametrize("value", ["x" * 300_000, "💥" * 50_000, "\x00", "\ud83d", 10**300, 1e308, -0.0, True, None])
@pytest.mark.parametrize("field", ["folio", "pago", "total"])
def test_a_mapped_value_may_be_anything(tool: Tool, field: str, value: Any) -> None:
    tool.map(with_note("pago"))
    intake = tool.send(foreign(**{field: value}))
    assert intake.status in ("registered", "failed", "unpaid")
    assert intake.cause in ("", "order_unreadable", "payment_pending", "price_invalid")
    assert tool.preview(mapping=with_note("pago"))[0] == 200


def test_a_mapping_that_was_stored_wrongly_stops_its_own_orders_only(tool: Tool) -> None:
    """By an older version of Comanda, or by hand."""
    good = tool.cast.post(tool.cast.order())[1]["delivery"]
    for broken in ({"order": {"external_id": "a.["}, "lines": "x", "line": {"title": "y"}}, [], "x", {"order": None}):
        Integration.objects.filter(pk=tool.row.pk).update(mapping=broken)
        tool.post(foreign())
    tool.cast.work()
    assert Intake.objects.get(delivery_id=good).status == "registered"
    assert Intake.objects.filter(integration=tool.row, status="failed").count() == 4
    assert connection.ensure_connection() is None
    tool.map()
    tool.cast.work()


def test_a_combination_of_all_parts_compiles_or_is_refused() -> None:
    """Every short expression that can be put together of these ends as an expression or a fault, and nothing else."""
    tokens = ["a", ".", "[", "]", "*", "|", "&", "`1`", "'x'", "(", "@", "!", "?", ":", "{", "0"]
    for expression in map("".join, itertools.product(tokens, repeat=4)):
        mapping = {"order": {"external_id": expression}, "lines": "@", "line": {"title": "@"}}
        try:
            check(mapping).apply([{"a": [1]}])
        except (BadMapping, Problem):
            continue
