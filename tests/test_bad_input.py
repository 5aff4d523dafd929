"""What no builder should send, and some do: each gets a clear answer, nothing is lost, nothing breaks."""

import asyncio
import json
from typing import Any

import pytest
from django.conf import settings

from comanda.history.models import Attempt, Intake, Problem
from comanda.inbox.models import Delivery, Refusal
from comanda.inbox.receive import DRAINED, Door
from comanda.integrations.connect import hook_url
from comanda.orders.models import Order
from tests.cast import SECRET, Cast

CHUNK = 64 * 1024


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture, cast: Cast) -> Any:
    """Whatever is sent, no log line tells a secret, a token or the buyer's name."""
    caplog.set_level("DEBUG")
    yield
    token = hook_url(cast.shop).rpartition("/")[2]
    assert not [word for word in (SECRET, token, "Núñez") if word in caplog.text]


def refused(cast: Cast, reason: str) -> Refusal:
    """The one refusal that was recorded, which gives nothing away."""
    refusal = Refusal.objects.get()
    assert (refusal.reason, refusal.count, refusal.integration) == (reason, 1, cast.shop)
    assert not [w for w in (SECRET, hook_url(cast.shop).rpartition("/")[2], "Núñez") if w in refusal.head]
    assert not Delivery.objects.filter(verified=True).exists()
    return refusal


def only_problem() -> tuple[str, dict[str, Any]]:
    row = Problem.objects.get()
    return row.code, json.loads(row.facts)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        b'{"id": 1, "line_items": [',
        b'{"id": NaN}',
        b'{"id": Infinity}',
        b'{"id": 1} {"id": 2}',
        b"{'id': 1}",
        b'{"note": "a\x00b"}',
        b"id=1&total=2",
        b"\xff\xfe{\x00}\x00",
        b"\x1f\x8b\x08\x00",
    ],
)
def test_what_is_not_json_is_refused(cast: Cast, raw: bytes) -> None:
    status, answer = cast.post(raw)
    assert (status, answer["error"]["code"]) == (400, "not_json")
    refused(cast, "not_json")
    assert cast.work() == 0


async def stream(
    path: str, size: int, headers: dict[str, str], method: str = "POST"
) -> tuple[list[dict[str, Any]], int]:
    """Send a body in chunks, as a server does; returns what was answered and how many chunks were asked for."""
    door, sent, asked = Door(), [], 0

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": b" " * CHUNK, "more_body": asked * CHUNK < size}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await door({"type": "http", "method": method, "path": path, "headers": raw}, receive, send)
    door.close()
    return sent, asked


@pytest.mark.parametrize("declared", ["100000000", "9" * 5000, "", "-1", "ñ", "²"])
def test_a_hundred_megabytes_are_refused_before_they_are_read(cast: Cast, declared: str) -> None:
    """Of what is too large so much goes by unkept that a sender of some megabytes hears why; an endless body ends there."""
    path, size = "/hooks/" + hook_url(cast.shop).rpartition("/")[2], 100_000_000
    headers = {"content-type": "application/json"} | ({"content-length": declared} if declared else {})
    sent, asked = asyncio.run(stream(path, size, headers))
    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]
    assert json.loads(sent[1]["body"])["error"]["code"] == "too_large"
    assert 10_000_000 < asked * CHUNK <= settings.BODY_LIMIT + DRAINED + 2 * CHUNK
    assert refused(cast, "too_large").status == 413


def test_a_body_that_does_not_come_is_refused_in_time(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends half and waits holds nothing for long."""
    monkeypatch.setattr("comanda.inbox.receive.BODY_SECONDS", 0.05)
    sent: list[dict[str, Any]] = []
    halves = [{"type": "http.request", "body": b"{", "more_body": True}]

    async def receive() -> dict[str, Any]:
        return halves.pop() if halves else await asyncio.get_running_loop().create_future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def knock() -> None:
        door = Door()
        path = "/hooks/" + hook_url(cast.shop).rpartition("/")[2]
        await door({"type": "http", "method": "POST", "path": path, "headers": []}, receive, send)
        door.close()

    asyncio.run(knock())
    assert (sent[0]["status"], json.loads(sent[1]["body"])["error"]["code"]) == (408, "timeout")
    assert refused(cast, "timeout").status == 408


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"order"', b"5", b"true", b"[{}]", b"{}"])
def test_json_that_is_no_order_is_explained(cast: Cast, raw: bytes) -> None:
    intake = cast.send(raw)
    assert (intake.status, intake.cause) == ("failed", "order_unreadable")
    code, facts = only_problem()
    assert (code, bool(facts["path"]), bool(facts["reason"])) == ("order_unreadable", True, True)
    assert Delivery.objects.get().body == raw


def test_latin_1_is_explained(cast: Cast) -> None:
    intake = cast.send(json.dumps(cast.order(), ensure_ascii=False).encode("latin-1"))
    assert (intake.status, intake.cause) == ("failed", "order_unreadable")
    assert "UTF-8" in only_problem()[1]["reason"]


def test_nul_characters_are_left_out(cast: Cast) -> None:
    order = cast.order(note="llamar\x00 antes", name="#10\x0042", line_items=[cast.line(title="Faja\x00 Reductora")])
    order["shipping_address"]["first_name"] = "\x00María"
    order["note_attributes"] = [{"name": "Barrio\x00", "value": "Laureles\x00"}]
    intake = cast.send(order)
    assert (intake.status, intake.number) == ("registered", "#1042")
    registered = Order.objects.get()
    assert registered.note == "llamar antes"
    assert json.loads(registered.customer)["name"] == "María Núñez"
    unlinked = cast.send(cast.order(line_items=[cast.line(title="\x00Té\x00", sku="\x00", variant_id="\x007")]))
    assert (unlinked.cause, only_problem()[1]["title"]) == ("product_not_linked", "Té")


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_deep_nesting_is_explained(cast: Cast, depth: int) -> None:
    raw = json.dumps(cast.order()).encode()[:-1] + b', "x": ' + b'{"a":[' * (depth // 2) + b"]}" * (depth // 2) + b"}"
    intake = cast.send(raw)
    assert intake.status in ("registered", "failed")
    assert intake.cause in ("", "order_unreadable")


@pytest.mark.parametrize(
    "number", ["18446744073709551617", "1e400", "-1e400", "1" * 5000, "0." + "1" * 5000, "1e-400", "1E+30", "-0"]
)
@pytest.mark.parametrize("field", ["id", "total_price", "total_tax", "quantity", "grams", "variant_id", "zip"])
def test_numbers_beyond_bounds_are_explained(cast: Cast, field: str, number: str) -> None:
    order = cast.order()
    place = {"quantity": order["line_items"][0], "grams": order["line_items"][0], "variant_id": order["line_items"][0]}
    place.get(field, order["shipping_address"] if field == "zip" else order)[field] = "@@"
    if field == "quantity":
        del order["line_items"][0]["current_quantity"]
    status, answer = cast.post(json.dumps(order).replace('"@@"', number).encode())
    cast.work()
    if status == 200:
        assert Intake.objects.get(delivery_id=answer["delivery"]).status in ("registered", "failed")
        assert not Problem.objects.filter(code="internal_error").exists()
    else:
        assert refused(cast, "not_json").status == status


def test_a_number_of_64_bits_keeps_all_its_digits(cast: Cast) -> None:
    intake = cast.send(cast.order(id=2**64 + 1))
    assert (intake.status, intake.external_id) == ("registered", "18446744073709551617")


def test_the_last_of_duplicated_keys_counts(cast: Cast) -> None:
    raw = json.dumps(cast.order()).encode()[:-1] + b', "note": "uno", "note": "dos"}'
    assert cast.send(raw).status == "registered"
    assert Order.objects.get().note == "dos"


def test_a_byte_order_mark_is_no_obstacle(cast: Cast) -> None:
    assert cast.send(b"\xef\xbb\xbf" + json.dumps(cast.order()).encode()).status == "registered"


def test_lone_surrogates_do_not_lose_an_order(cast: Cast) -> None:
    """JavaScript that cuts a text in the middle of an emoji leaves one half."""
    order = cast.order(note="gracias \ud83d", name="#1042")
    order["shipping_address"]["first_name"] = "María \udc8d"
    order["shipping_address"]["address1"] = "Calle 10 # 43-21 \\ud83d \U0001f600"
    intake = cast.send(order)
    assert (intake.status, intake.cause) == ("registered", "")
    assert json.loads(Order.objects.get().shipping_address)["address1"] == "Calle 10 # 43-21 \\ud83d \U0001f600"


@pytest.mark.parametrize("value", [None, "absent"])
@pytest.mark.parametrize("field", ["id", "created_at", "currency", "total_price", "line_items"])
def test_a_required_field_is_named(cast: Cast, field: str, value: Any) -> None:
    order = cast.order()
    if value is None:
        order[field] = None
    else:
        del order[field]
    intake = cast.send(order)
    assert (intake.status, intake.cause) == ("failed", "order_unreadable")
    assert only_problem()[1]["path"] == field


@pytest.mark.parametrize("field", ["title", "quantity", "price"])
def test_a_required_field_of_a_line_is_named(cast: Cast, field: str) -> None:
    order = cast.order(line_items=[cast.line(), cast.line()])
    del order["line_items"][1][field]
    assert cast.send(order).cause == "order_unreadable"
    assert only_problem()[1]["path"].endswith(f".{field}")


def test_more_than_five_hundred_lines_are_explained(cast: Cast) -> None:
    intake = cast.send(cast.order(line_items=[cast.line(variant_id=n + 1) for n in range(501)]))
    assert (intake.status, intake.cause) == ("failed", "order_unreadable")
    assert only_problem()[1] == {"path": "lines", "reason": "more than 500 lines"}
    assert cast.send(cast.order()).status == "registered"


def test_two_hundred_lines(cast: Cast) -> None:
    variants = [cast.product(f"Producto {n}", sku=f"P-{n}", stock=10) for n in range(200)]
    lines = [cast.line(variant_id=n + 1, product_id=n + 1, sku=f"P-{n}", price="1000") for n in range(200)]
    intake = cast.send(cast.order(line_items=lines, total_price="200000", subtotal_price="200000"))
    assert (intake.status, len(json.loads(intake.lines))) == ("registered", 200)
    assert Order.objects.get().lines.count() == 200
    variants[7].refresh_from_db()
    assert variants[7].stock == 9


@pytest.mark.parametrize("quantity", [0, -1, 1.5, 1e9, "-2", 10_001])
def test_a_quantity_that_cannot_be(cast: Cast, quantity: Any) -> None:
    intake = cast.send(cast.order(line_items=[cast.line(quantity=quantity, current_quantity=quantity)]))
    assert (intake.status, intake.cause) == ("failed", "quantity_invalid")
    cast.faja.refresh_from_db()
    assert (Order.objects.count(), cast.faja.stock) == (0, 100)


@pytest.mark.parametrize("quantity", ["2", 2.0, " 2 "])
def test_a_quantity_that_is_typed_otherwise(cast: Cast, quantity: Any) -> None:
    assert cast.send(cast.order(line_items=[cast.line(quantity=quantity, current_quantity=quantity)])).cause == ""
    assert Order.objects.get().lines.get().quantity == 2


@pytest.mark.parametrize(
    ("price", "cause"),
    [
        ("abc", "order_unreadable"),
        ("NaN", "order_unreadable"),
        ("", "order_unreadable"),
        (1e30, "order_unreadable"),
        (-5, "price_invalid"),
        ("999999999999.999", "price_invalid"),
    ],
)
@pytest.mark.parametrize("field", ["price", "total_price"])
def test_a_price_that_cannot_be(cast: Cast, field: str, price: Any, cause: str) -> None:
    order = cast.order(line_items=[cast.line(price=price)]) if field == "price" else cast.order(total_price=price)
    intake = cast.send(order)
    assert (intake.status, intake.cause) == ("failed", cause)
    assert field in (facts := only_problem()[1]).get("path", field)
    assert facts


@pytest.mark.parametrize("date", ["yesterday", "", "2026-13-45", "0001-01-01T00:00:00+00:00", "9999-12-31", "17672"])
@pytest.mark.parametrize("field", ["created_at", "updated_at"])
def test_a_date_that_cannot_be(cast: Cast, field: str, date: str) -> None:
    intake = cast.send(cast.order(**{field: date}))
    if (field, date) == ("updated_at", ""):
        assert intake.status == "registered"
    else:
        assert (intake.cause, only_problem()[1]["path"]) == ("order_unreadable", field)


def lengthened(value: Any, filler: str) -> Any:
    if isinstance(value, dict):
        return {key: lengthened(each, filler) for key, each in value.items()}
    if isinstance(value, list):
        return [lengthened(each, filler) for each in value]
    return (value + filler * 10_000)[:10_000] if isinstance(value, str) else value


@pytest.mark.parametrize("filler", ["x", "💥", "ß", "ŉ", "İ", "ﷺ", "\u0301", "'", "\\"])
def test_very_long_texts_fit(cast: Cast, filler: str) -> None:
    """In every field at once, and then in all but those that must be read as something."""
    order = cast.order(note="n", note_attributes=[{"name": "Cédula", "value": "1"}], customer={"first_name": "A"})
    broken = cast.send(json.dumps(lengthened(order, filler), ensure_ascii=False).encode())
    assert (broken.status, broken.cause) == ("failed", "order_unreadable")
    kept = {key: order[key] for key in ("created_at", "updated_at", "total_price", "subtotal_price", "total_tax")}
    long = lengthened(order, filler) | kept | {"total_discounts": "0", "id": order["id"]}
    long["line_items"][0]["price"] = "109900.00"
    intake = cast.send(json.dumps(long, ensure_ascii=False).encode())
    assert intake.status == "failed"
    codes = set(Problem.objects.filter(intake=intake).values_list("code", flat=True))
    assert "product_not_linked" in codes
    assert not codes & {"internal_error", "order_unreadable"}


def test_emoji_are_kept(cast: Cast) -> None:
    order = cast.order(note="🙏🏽 gracias", line_items=[cast.line(title="Faja 💃🏽 Reductora")])
    order["shipping_address"]["first_name"] = "María 👩‍👧"
    assert cast.send(order).status == "registered"
    registered = Order.objects.get()
    assert (registered.note, json.loads(registered.customer)["name"]) == ("🙏🏽 gracias", "María 👩‍👧 Núñez")


def test_nothing_is_lost_of_what_was_taken(cast: Cast) -> None:
    """A batch of the worst and a good one: each has its delivery, its intake and its attempt."""
    bodies: list[Any] = [
        b"[]",
        b"{}",
        cast.order(id=None),
        cast.order(line_items=[]),
        cast.order(),
        b'{"id": "\\ud800"}',
    ]
    ids = [cast.post(body)[1]["delivery"] for body in bodies]
    assert cast.work() == len(bodies)
    assert sorted(map(str, Attempt.objects.values_list("delivery_id", flat=True))) == sorted(ids)
    assert Intake.objects.count() == len(bodies)
    assert Intake.objects.get(status="registered").delivery_id == Order.objects.get().key.intakes.get().delivery_id


@pytest.mark.parametrize("turn", ["\u202e", "\u202d", "\u2066", "\u2067"])
def test_no_sign_of_an_order_turns_round_what_stands_behind_it(cast: Cast, turn: str) -> None:
    """What joins an emoji or a script's letters stays, and the body is kept as it came."""
    family = "👩\u200d👧 نی\u200cم"
    place = cast.order()["shipping_address"] | {"first_name": f"Ana{turn}", "last_name": f"Ruiz {family}\u202c"}
    place |= {"phone": f"{turn}300 123 4567\u202c", "address1": f"Calle {turn}10 # 43-21"}
    body = cast.order(name=f"#7{turn}", shipping_address=place, line_items=[cast.line(title=f"Faja {turn}M\u2069")])
    intake = cast.send(body)
    assert (intake.status, intake.number, intake.customer_name) == ("registered", "#7", f"Ana Ruiz {family}")
    order = Order.objects.get()
    assert json.loads(order.customer)["phone"] == "+573001234567"
    assert json.loads(order.shipping_address)["address1"] == "Calle 10 # 43-21"
    assert json.loads(intake.lines)[0]["title"] == "Faja M"
    assert turn in json.loads(bytes(Delivery.objects.get().body))["shipping_address"]["first_name"]
