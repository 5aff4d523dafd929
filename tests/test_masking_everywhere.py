"""Whoever only reads meets no buyer on any page and in no answer of the API: every address is walked, a new one by itself."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from comanda.accounts.access import by_operator, new_api_token
from comanda.api import api
from comanda.history.models import Intake
from comanda.inbox.models import Delivery
from comanda.integrations.connect import connect
from comanda.integrations.models import Integration
from comanda.orders.models import Order
from comanda.repair.retry import retry_all
from tests.cast import Cast, call
from tests.custom_tool import JSON, MAPPING, foreign, own
from tests.routes import CLOSED, filled, rows_of
from tests.test_api import Api
from tests.test_groups import funnel, upsell  # noqa: F401 (a fixture)
from tests.test_masking import EMAIL, NAME, NOTE, PHONE, SECRETS, STREET, sold
from tests.test_versions import lines
from tests.test_web import page, person

WRONG = ("300 98", "Zñ9", "3151112233", "Zuluaga", "Zafiro")
ALL = (*SECRETS, *WRONG)


class Scene:
    """Ana's shop with a buyer in every place where one may be: registered, stopped, corrected, refused, unread, not mapped."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        bought: dict[str, Any] = {"line_items": lines(cast)}
        self.registered = cast.send(sold(cast) | bought | {"name": "#7001"})
        self.failed = cast.send(self.wrong(name="#7002", line_items=lines(cast, sku=None, variant_id=9, title="Taza")))
        mended = cast.send(self.wrong(name="#7003", line_items=lines(cast)))
        self.owner = person(cast)
        given = {"phone": "3151112233", "name": "Yadira Zuluaga", "address1": "Calle Zafiro 4 # 5-66"}
        self.owner.post(f"/historial/{mended.pk}/corregir/", given)
        cast.work()
        cast.post(json.dumps(sold(cast)).encode()[:-5], headers={"x-buyer": f"{NAME} {PHONE}"})
        self.tool = connect(cast.account, "custom", "Herramienta")
        folio = foreign(folio=77)
        call(self.tool, json.dumps(folio | {"comprador": NAME, "correo": EMAIL, "nota": NOTE}).encode(), JSON)
        cast.work()
        by_telephone = connect(cast.account, "mastertools", "Por teléfono")
        for order in (
            self.told(PHONE),
            self.told(f"57{PHONE}", lines=[{"title": "Taza", "quantity": 1, "unit_price": 9}]),
        ):
            call(by_telephone, json.dumps(order).encode(), JSON)
        cast.work()
        self.retry = retry_all(by_operator(cast.account), Intake.objects.filter(status="failed"), {})
        cast.work()
        self.support = person(cast, "soporte@example.com", "support")
        self.reader = Api(new_api_token(cast.account, "mesa de ayuda", "support"))

    def told(self, id_: str, **changes: Any) -> dict[str, Any]:
        """From a tool that numbers its orders by the telephone."""
        return own(external_id=id_, name=NAME, phone=PHONE, email=EMAIL, address1=STREET, note=NOTE) | changes

    def wrong(self, **changes: Any) -> dict[str, Any]:
        sent = sold(self.cast, phone="300 98", address1="Zñ9", city="Armenia, Zafiro 5", province="", province_code="")
        sent["customer"]["phone"] = sent["phone"] = None
        return sent | changes


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return Scene(cast)


def found_in(text: str, secrets: tuple[str, ...] = ALL) -> list[str]:
    return [each for each in secrets if each.lower() in text.lower()]


def addresses(scene: Scene) -> Iterator[str]:
    """Every page there is, of every row there is; and what the ones with a question in them answer."""
    keys = sorted(rows_of(scene.cast.account))
    for route in CLOSED:
        names = tuple(re.findall(r"{(\w+)}", route))
        yield from [filled(route, names, key) for key in keys] if names else ["/" + route]
    yield from ("/?todas", f"/?seguir={scene.retry.pk}", f"/productos/por-vincular/?seguir={scene.retry.pk}")
    yield from (f"/buscar/?q={each}" for each in ("7001", "7002", "700"))
    yield from ("/historial/?cause=city_unknown&subject=city:Armenia", "/historial/nuevos/?mark=2020-01-01T00:00:00")
    deliveries = Delivery.objects.values_list("pk", "integration_id")
    yield from (f"/configuraciones/integracion/{of}/probar/?entrega={pk}" for pk, of in deliveries)
    yield from (f"/configuraciones/integracion/{row.pk}/conectar/prueba/" for row in Integration.objects.all())
    yield from (
        f"{path}?pedido={pk}"
        for path in ("/soporte/", "/productos/por-vincular/")
        for pk in Intake.objects.values_list("pk", flat=True)
    )


@pytest.mark.pages
def test_on_no_page(scene: Scene) -> None:
    seen, leaks = 0, []
    for path in addresses(scene):
        for headers in ({}, {"HX-Request": "true"}):
            answer = scene.support.get(path, headers=headers)
            if answer.status_code == 404:
                break
            if answer.status_code == 200:
                text = b"".join(answer.streaming_content) if answer.streaming else answer.content
                seen += 1
                leaks += [(path, each) for each in found_in(text.decode())]
    assert not leaks, leaks[:8]
    assert seen > 60
    html = page(scene.support, f"/historial/{scene.failed.pk}/")
    assert "•••" in html and "Zoraida Q•••" in html


def test_and_the_walk_would_find_them(scene: Scene) -> None:
    """The owner meets them on the very pages."""
    for path in (
        f"/?seguir={scene.retry.pk}",
        f"/configuraciones/integracion/{scene.cast.shop.pk}/",
        f"/configuraciones/integracion/{scene.cast.shop.pk}/conectar/prueba/",
        f"/configuraciones/integracion/{scene.cast.shop.pk}/probar/?entrega={scene.failed.delivery_id}",
        f"/productos/por-vincular/{scene.failed.problem_rows.get(code='product_not_linked').store_variant_id}/",
        "/historial/", "/pedidos/", "/buscar/?q=7001",
    ):  # fmt: skip
        assert found_in(page(scene.owner, path)), path


def test_nor_by_the_number_of_a_part(funnel: Cast) -> None:  # noqa: F811
    main = funnel.send(sold(funnel) | {"line_items": lines(funnel)})
    same = {key: value for key, value in sold(funnel).items() if key in ("email", "customer", "shipping_address")}
    funnel.send(upsell(funnel) | same | {"name": PHONE})
    html = page(person(funnel, "soporte@example.com", "support"), f"/historial/{main.pk}/")
    assert PHONE in page(person(funnel), f"/historial/{main.pk}/")
    assert PHONE not in html and "300 ••• ••43</a>" in html


def test_nor_in_a_file(scene: Scene) -> None:
    for path in ("/historial/exportar/", "/pedidos/exportar/"):
        assert scene.support.get(path).status_code == 403
        assert NAME in b"".join(scene.owner.get(path).streaming_content).decode()


GETS = sorted(path.removeprefix("/api/v1") for path, ways in api.get_openapi_schema()["paths"].items() if "get" in ways)


def questions(scene: Scene) -> Iterator[str]:
    keys = sorted(rows_of(scene.cast.account))
    for path in GETS:
        names = re.findall(r"{(\w+)}", path)
        yield from [path.replace(f"{{{names[0]}}}", key) for key in keys] if names else [path]
    yield from (f"/why?q={each}" for each in ("7001", "7002", "7003", "700", "99999"))


def test_in_no_answer_of_the_api(scene: Scene) -> None:
    leaks, seen = [], set()
    for path in questions(scene):
        status, answer = scene.reader("GET", path)
        if status == 200:
            seen.add(re.sub(r"\d.*", "", path))
            leaks += [(path, each) for each in found_in(json.dumps(answer, ensure_ascii=False))]
    assert leaks == [] and len(seen) >= 15


def test_an_id_that_is_a_telephone_is_masked_and_another_is_not(scene: Scene) -> None:
    mine = Intake.objects.filter(external_id__endswith=PHONE)
    paths = [f"/history/{pk}" for pk in mine.values_list("pk", flat=True)]
    paths += [f"/orders/{Order.objects.get(key__external_id=PHONE).pk}"]
    assert [scene.reader("GET", path)[1]["external_id"] for path in paths] == ["300 ••• ••43"] * 3
    ids = [each["external_id"] for path in ("/history", "/orders") for each in scene.reader("GET", path)[1]["items"]]
    assert ids.count("300 ••• ••43") == 3 and scene.registered.external_id in ids


def test_what_a_reader_of_the_api_still_sees(scene: Scene) -> None:
    """The shape is the same, and all that helps: what is wrong, where, and with what products."""
    owner = Api(new_api_token(scene.cast.account, "owner"))
    for path in (
        f"/history/{scene.failed.pk}",
        f"/orders/{Order.objects.first().pk}",
        "/history",
        "/orders",
        "/why?q=7002",
    ):  # type: ignore[union-attr]
        mine, theirs = owner("GET", path)[1], scene.reader("GET", path)[1]
        assert shape(mine) == shape(theirs), path
        assert found_in(json.dumps(mine, ensure_ascii=False))
    shown = scene.reader("GET", f"/history/{scene.failed.pk}")[1]
    assert (shown["customer"]["name"], shown["number"]) == ("Zoraida Q•••", "#7002")
    assert shown["lines"][0]["title"] == "Taza" and "product_not_linked" in {each["code"] for each in shown["problems"]}
    order = scene.reader("GET", f"/orders/{Order.objects.get(number='#7001').pk}")[1]
    assert (order["shipping_address"]["city"], order["customer"]["name"]) == ("Medellín", "Zoraida Q•••")
    assert order["shipping_address"]["address1"] == order["note"] == "•••"


def shape(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: shape(each) for key, each in found.items() if key not in ("input", "output", "facts")}
    return [shape(each) for each in found] if isinstance(found, list) else None


def test_a_reader_tries_a_mapping_on_a_sample_of_its_own_alone(scene: Scene) -> None:
    """Whatever a tool sent may say who bought, and the screens show support no sample either."""
    path = f"/integrations/{scene.tool.pk}/mapping/preview"
    delivery = str(Delivery.objects.filter(integration=scene.tool)[0].pk)
    for asked in ({}, {"delivery": delivery}, {"mapping": MAPPING, "sample": foreign(), "last": 5}):
        status, answer = scene.reader("POST", path, asked)
        assert (status, answer["error"]["code"]) == (403, "forbidden"), asked
    status, answer = scene.reader("POST", path, {"mapping": MAPPING, "sample": foreign(folio=78)})
    assert (status, answer["order"]["external_id"]) == (200, "78")


def test_a_refused_request_says_who_sent_it_and_no_more(scene: Scene) -> None:
    (found,) = scene.reader("GET", "/refusals")[1]["items"]
    assert found["head"]["method"] == "POST" and found["head"]["headers"]["x-buyer"] == "•••"
    assert found["head"]["headers"]["content-type"] == "application/json"
