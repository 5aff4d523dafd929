"""GET /causes: what stops an account's orders, as Inicio has it, for whoever builds on the API."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from comanda.accounts.access import new_api_token
from comanda.catalogue.models import StoreVariant
from comanda.diagnosis import causes
from comanda.history.models import Intake
from tests.cast import Cast
from tests.test_api import Api
from tests.test_versions import lines


@pytest.fixture
def api(cast: Cast) -> Api:
    return Api(new_api_token(cast.account, "test"))


def unlinked(cast: Cast, variant: int, title: str, **changes: Any) -> Intake:
    return cast.send(cast.order(line_items=lines(cast, sku=None, variant_id=variant, title=title), **changes))


def without_phone(cast: Cast, phone: str = "12") -> Intake:
    order = cast.order(phone=None)
    order["shipping_address"]["phone"] = order["customer"]["phone"] = phone
    return cast.send(order)


def test_causes_with_their_orders_their_money_and_what_mends_them(cast: Cast, api: Api) -> None:
    first = unlinked(cast, 9, "Masajeador", total_price="100000.00")
    last = unlinked(cast, 9, "Masajeador", total_price="50000.50")
    without_phone(cast)
    unlinked(Cast("Berta"), 9, "Masajeador")  # a stranger's look-alike
    row = StoreVariant.objects.get(account=cast.account, key="v:9")

    status, answer = api("GET", "/causes")
    assert (status, answer["next"]) == (200, None)
    linking, phone = answer["items"]
    assert set(linking) >= {"cause", "subject", "message", "orders", "amount", "first_seen", "last_seen", "action"}
    assert (linking["cause"], linking["subject"]) == ("product_not_linked", f"store_variant:{row.pk}")
    assert linking["message"] == "«Masajeador / M» no está vinculado a ningún producto de tu catálogo."
    assert (linking["orders"], linking["amount"], linking["currency"]) == (2, "150000.50", "COP")
    assert (linking["action"], linking["article"], linking["more"]) == ("link", "/ayuda/product_not_linked/", False)
    first.refresh_from_db(), last.refresh_from_db()
    assert linking["first_seen"][:19] == f"{first.received_at:%Y-%m-%dT%H:%M:%S}"
    assert linking["last_seen"][:19] == f"{last.received_at:%Y-%m-%dT%H:%M:%S}"
    assert (phone["cause"], phone["orders"], phone["action"]) == ("phone_invalid", 1, "correct")


def test_a_cause_leads_to_its_orders(cast: Cast, api: Api) -> None:
    """Its code and subject are the history's filter, and a retry's."""
    mine = unlinked(cast, 9, "Masajeador")
    unlinked(cast, 10, "Tónico")
    found = {each["message"].split(" ")[0]: each for each in api("GET", "/causes")[1]["items"]}
    subject = found["«Masajeador"]["subject"]
    _, history = api("GET", f"/history?cause=product_not_linked&subject={subject}")
    assert [each["id"] for each in history["items"]] == [str(mine.pk)]
    _, retry = api("POST", "/retries", {"filter": {"cause": "product_not_linked", "subject": subject}})
    assert retry["requested"] == 1


def test_orders_that_share_only_a_code_are_one_cause(cast: Cast, api: Api) -> None:
    without_phone(cast), without_phone(cast, "13")
    (found,) = api("GET", "/causes")[1]["items"]
    assert (found["cause"], found["subject"], found["orders"]) == ("phone_invalid", None, 2)
    assert found["message"].startswith("2 pedidos")


def test_a_mended_cause_is_none(cast: Cast, api: Api) -> None:
    unlinked(cast, 9, "Masajeador")
    row = StoreVariant.objects.get(key="v:9")
    made = api("POST", "/links", {"store_variant": str(row.pk), "items": [{"variant": str(cast.faja.pk)}]})
    assert made[0] == 201
    cast.work()
    assert api("GET", "/causes") == (200, {"items": [], "next": None})


def test_pages_follow_each_other_without_a_gap(cast: Cast, api: Api) -> None:
    for variant in (9, 9, 9, 10, 10, 11, 12, 13):
        unlinked(cast, variant, f"Producto {variant}")
    whole = [each["subject"] for each in api("GET", "/causes")[1]["items"]]
    assert len(whole) == 5
    seen, cursor = [], ""
    for _ in range(3):
        _, answer = api("GET", f"/causes?limit=2&cursor={cursor}")
        seen += [each["subject"] for each in answer["items"]]
        cursor = answer["next"]
    assert (seen, cursor) == (whole, None)
    for bad in ("x", "%25%25", "WzFd", "W10=", "bnVsbA=="):
        status, answer = api("GET", f"/causes?cursor={bad}")
        assert (status, answer["error"]["code"]) == (400, "invalid"), bad


@pytest.mark.parametrize(
    "said",
    [
        b'[["a"],"",1]',
        b'[{},"",1]',
        b'["product_not_linked","\\ud800",1]',
        b'["product_not_linked","\\u0000",1]',
        b'["product_not_linked","",true]',
        b'["nothing","",1]',
        b"[" * 40_000,
    ],
)
def test_a_cursor_made_by_hand_is_refused(cast: Cast, api: Api, said: bytes) -> None:
    status, answer = api("GET", f"/causes?cursor={base64.urlsafe_b64encode(said).decode()}")
    assert (status, answer["error"]["code"]) == (400, "invalid")


def test_a_cursor_of_the_release_before_goes_on(cast: Cast, api: Api) -> None:
    for variant in (9, 10):
        unlinked(cast, variant, f"Producto {variant}")
    first, second = (each["subject"] for each in api("GET", "/causes")[1]["items"])
    former = base64.urlsafe_b64encode(json.dumps(["product_not_linked", first, 1]).encode()).decode()
    assert [each["subject"] for each in api("GET", f"/causes?cursor={former}")[1]["items"]] == [second]


def test_what_is_many_says_that_there_is_more(cast: Cast, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causes, "MOST", 2)
    for _ in range(3):
        unlinked(cast, 9, "Masajeador")
    (found,) = api("GET", "/causes")[1]["items"]
    assert (found["orders"], found["more"]) == (2, True)


def test_in_the_readers_language(cast: Cast, api: Api) -> None:
    unlinked(cast, 9, "Masajeador")
    api.headers["Accept-Language"] = "en"
    (found,) = api("GET", "/causes")[1]["items"]
    assert found["message"].startswith("“Masajeador / M” is not linked")


def test_support_reads_causes_without_a_buyer_in_them(cast: Cast) -> None:
    reader = Api(new_api_token(cast.account, "mesa de ayuda", "support"))
    without_phone(cast, "300 98")
    order = cast.order()
    order["shipping_address"] |= {"city": "Armenia, Zafiro 5", "province": "", "province_code": ""}
    assert cast.send(order).problem_rows.get().subject == "city:Armenia, Zafiro 5"
    status, answer = reader("GET", "/causes")
    said = json.dumps(answer, ensure_ascii=False)
    assert (status, len(answer["items"])) == (200, 2)
    assert "Zafiro" not in said and "300 98" not in said


def test_many_causes_cost_no_more_questions(cast: Cast, api: Api, django_assert_max_num_queries: Any) -> None:
    for variant in range(20, 32):
        unlinked(cast, variant, f"Producto {variant}")
    Intake.objects.update(received_at=timezone.now() - timedelta(hours=1))
    with django_assert_max_num_queries(8):
        assert len(api("GET", "/causes")[1]["items"]) == 12
