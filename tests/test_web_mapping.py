"""Mapear los campos: proposed, chosen, tried on what has come, warned of, switched on, taken back."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from comanda.accounts.access import by_operator
from comanda.accounts.models import AuditEntry
from comanda.connectors import CONNECTORS
from comanda.connectors.custom.mapping import BadMapping, Fault, check
from comanda.connectors.custom.payload import LINE_FIELDS, ORDER_FIELDS
from comanda.diagnosis.explain import ARTICLES, words
from comanda.history.models import Intake
from comanda.integrations import mappings
from comanda.integrations.connect import connect
from comanda.integrations.models import Integration, Mapping
from comanda.integrations.trial import send_trial
from comanda.orders.models import Order
from comanda.problems import CODES
from comanda.web.fields import GROUPS, LABELS, LINES, SELDOM
from comanda.web.mending import where
from comanda.web.reasons import place, reason
from comanda.web.words import STATUSES
from tests.cast import Cast
from tests.custom_tool import FORM, MAPPING, Tool, foreign, own
from tests.test_web import NASTY, ana, hrefs, page, person  # noqa: F401 (a fixture)
from tests.test_web_integrations import HTMX, post

Fields = dict[str, str]


@pytest.fixture
def tool(cast: Cast) -> Tool:
    return Tool(cast, "mastertools")


def path(tool: Tool) -> str:
    return f"/configuraciones/integracion/{tool.row.pk}/campos/"


def form(html: str) -> Fields:
    """What the page's form would send: each field as it is chosen, or as it is written."""
    found = {}
    whole = html.partition('id="mapping"')[2].partition("</form>")[0]
    for name, inside in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', whole, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', inside)
        found[name] = unescape(chosen[-1]) if chosen else ""
    for tag in re.findall(r"<input [^>]*>", whole):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value:
            found[name[1]] = unescape(value[1])
    return found


def gives(html: str, name: str) -> str:
    """What a field is said to give."""
    found = re.search(rf'id="v-{name.replace(".", "-")}"[^>]*>(.*?)</div>', html, re.DOTALL)
    assert found, name
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def free(name: str, expression: str) -> Fields:
    return {name: "=", f"{name}.text": expression}


def save(client: Client, tool: Tool, fields: Fields, status: int = 200) -> str:
    return post(client, path(tool), status, **fields | {"do": "save"})


def test_every_field_stands_once_on_the_page() -> None:
    shown = [name for _, names in GROUPS for name in names] + [*LINES, *SELDOM]
    assert sorted(shown) == sorted(LABELS) and len(set(shown)) == len(shown)
    assert set(LABELS) == {f"order.{name}" for name in ORDER_FIELDS} | {f"line.{name}" for name in LINE_FIELDS} | {
        "lines"
    }


def test_a_proposal_is_switched_on_and_all_that_waited_is_registered(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    for _ in range(3):
        tool.send(foreign())
    assert tool.statuses() == ["held"] * 3
    html = page(ana, path(tool))
    assert "Mapear los campos" in html and "Guardar y encender: 3 pedidos se leen de nuevo" in html
    assert gives(html, "order.phone") == "300 123 4567" and gives(html, "lines") == "1 producto"
    assert "Probado con los últimos 3:" in html and "todos se leen" in html
    assert "cliente.celular · 300 123 4567" in html and "Siempre es contra entrega" in html
    done = save(ana, tool, form(html))
    assert "El mapeo está encendido: 3 pedidos se leen de nuevo" in done
    cast.work()
    assert tool.statuses() == ["registered"] * 3 and Order.objects.count() == 3
    row = Mapping.objects.get()
    assert (row.version, row.author.endswith("ana@example.com")) == (1, True)
    assert AuditEntry.objects.filter(action="map").count() == 1
    assert "Corregir el mapeo" in page(ana, path(tool)) and "ana@example.com" in page(ana, path(tool))


def test_the_page_is_small_also_for_a_large_order(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    order = foreign(extra={f"campo_{n}": f"valor {n}" for n in range(900)})
    tool.send(order | {"productos": order["productos"] * 30})
    html = page(ana, path(tool))
    assert len(html) < 200_000 and gives(html, "lines") == "30 productos"


def test_it_asks_no_more_for_many(cast: Cast, ana: Client, tool: Tool, django_assert_max_num_queries: Any) -> None:  # noqa: F811
    for _ in range(12):
        tool.send(foreign())
    with django_assert_max_num_queries(26):  # the newest ten are read one by one: each may be large
        page(ana, path(tool))


def test_a_button_of_an_order_leads_to_its_fields(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    first, _second = tool.send(foreign(folio="A-1")), tool.send(foreign(folio="A-2"))
    there = where("map", first)
    assert there == f"{path(tool)}?pedido={first.delivery_id}"
    assert gives(page(ana, there), "order.external_id") == "A-1"
    assert gives(page(ana, path(tool)), "order.external_id") == "A-2"
    other = Tool(cast)
    strange = other.send(foreign(folio="B-1"))
    assert gives(page(ana, f"{path(tool)}?pedido={strange.delivery_id}"), "order.external_id") == "A-2"
    shop = cast.send()
    assert where("map", shop) == ""


def test_a_test_order_of_ours_is_no_sample(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    send_trial(by_operator(cast.account), tool.row)
    cast.work()
    assert "Todavía no llega ningún pedido" in page(ana, path(tool))
    tool.send(foreign(folio="A-1"))
    send_trial(by_operator(cast.account), Integration.objects.get(pk=tool.row.pk))
    assert gives(page(ana, path(tool)), "order.external_id") == "A-1"


def test_what_would_be_stopped_is_said_before(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    tool.send(foreign())
    fields = form(page(ana, path(tool))) | {"order.payment": "", "order.phone": ""}
    html = save(ana, tool, fields)
    assert "Antes de encender" in html and "Después se detendría" in html and "Falta el pago" in html
    assert Mapping.objects.count() == 0 and "1 se detendría después" in html
    told = form(html)
    assert set(told["seen"].split(",")) == {"payment_pending", "phone_missing"}
    assert "El mapeo está encendido" in save(ana, tool, told)
    assert Mapping.objects.get().mapping["order"].get("phone") is None
    cast.work()
    assert tool.statuses() == ["unpaid"]


def test_what_was_read_and_stopped_is_read_again_too(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    tool.map({**MAPPING, "order": {"external_id": "folio"}})
    tool.send(foreign()), tool.send(foreign(folio=None))
    html = page(ana, path(tool))
    assert "Guardar y encender: 2 pedidos se leen de nuevo" in html
    assert mappings.awaited(tool.row, 1) == 1


def test_that_all_are_tests_is_said_before(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    tool.send(foreign(prueba=True))
    html = post(ana, path(tool), **form(page(ana, path(tool))) | free("order.test", "prueba") | {"do": "try"})
    assert "test_order" in form(html)["seen"] and gives(html, "order.test") == "sí"


def test_a_fixed_value_is_chosen(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    tool.send(foreign(pago=None))
    html = page(ana, path(tool))
    save(ana, tool, form(html) | {"order.payment": "'cod'"})
    cast.work()
    assert Order.objects.get().payment == "cod"
    assert '<option value="&#x27;cod&#x27;" selected>Siempre es contra entrega' in page(ana, path(tool))


@pytest.mark.parametrize(
    ("expression", "said", "marked"),
    [
        ("cliente.[", "No se entiende", "<code>cliente.[<mark>…</mark></code>"),
        ("a b", "No se entiende", "<code>a <mark>b</mark></code>"),
        ("a || jion(' ', [a])", "No existe la función jion", "<code>a || <mark>j</mark>ion"),
        ("productos", "Da una lista o un grupo de datos", ""),
        ("x" * 1001, "Tiene más de 1000 caracteres", ""),
        (NASTY, "No se entiende", ""),
    ],
)
def test_a_bad_expression_is_kept_with_its_place(
    cast: Cast,
    ana: Client,  # noqa: F811
    tool: Tool,
    expression: str,
    said: str,
    marked: str,
) -> None:
    tool.send(foreign())
    fields = form(page(ana, path(tool))) | free("order.name", expression)
    html = save(ana, tool, fields, 400)
    assert said in gives(html, "order.name") and "No se encendió" in html and "<script>" not in html
    assert form(html)["order.name.text"] == expression and form(html)["order.name"] == "="
    assert marked.replace("'", "&#x27;") in html
    assert form(html)["order.city"] == "entrega.ciudad"  # the others stay too
    assert not Mapping.objects.exists()


def test_what_must_be_there_is_named(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    tool.send(foreign())
    html = save(ana, tool, form(page(ana, path(tool))) | {"lines": "", "order.external_id": ""}, 400)
    assert gives(html, "lines") == gives(html, "order.external_id") == "Falta elegir de dónde sale."
    assert "Faltan 2 cosas" in html


def test_it_is_looked_at_again_while_somebody_types(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    first, _second = tool.send(foreign(folio="A-1")), tool.send(foreign(folio="A-2", items=[{"producto": "Otro"}]))
    fields = form(page(ana, path(tool)))

    def typed(**changes: str) -> str:
        return ana.post(path(tool), fields | {"do": "preview"} | changes, headers=HTMX).content.decode()

    part = typed(**free("order.name", "cliente.nombre"))
    assert gives(part, "order.name") == "María José" and "<html" not in part and "<select" not in part
    assert part.count("hx-swap-oob") == len(LABELS) + 3
    lines = typed(lines="items")
    assert '<div id="line-fields" hx-swap-oob="true">' in lines and "producto · Otro" in lines
    assert 'id="order-name"' not in lines and gives(lines, "line.title") == "No viene en este pedido."
    other = typed(pedido=str(first.delivery_id))
    assert (
        '<div class="card map" id="fields" hx-swap-oob="true">' in other and gives(other, "order.external_id") == "A-1"
    )
    assert other.count('id="v-order-name"') == 1
    assert not Mapping.objects.exists()


def test_a_pasted_order_is_looked_at(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    empty = page(ana, path(tool))
    assert "Todavía no llega ningún pedido" in empty and 'name="sample"' in empty
    html = post(ana, path(tool), do="propose", sample=json.dumps(foreign(folio="A-9")))
    assert gives(html, "order.external_id") == "A-9" and "A-9" in html.partition("<textarea")[2]
    html = post(ana, path(tool), **form(html) | {"do": "try", "sample": "folio=A-10&total=5"})
    assert gives(html, "order.external_id") == "A-10"
    html = post(ana, path(tool), **form(html) | {"do": "try", "sample": NASTY})
    assert "No se puede leer" in html and "<script>alert" not in html
    assert "<html" in post(ana, path(tool), **form(html) | {"do": "try", "sample": "[" * 3000})
    assert not Intake.objects.exists()


def test_forms_are_mapped_as_well(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    tool.send(b"folio=A-1&items[0][producto]=Faja&items[0][cantidad]=2", FORM)
    html = page(ana, path(tool))
    assert gives(html, "line.title") == "Faja" and gives(html, "line.quantity") == "2"


def test_the_newest_are_tried_and_told_why_not(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    bad = tool.send(foreign(folio={"año": 1}))
    for _ in range(2):
        tool.send(foreign())
    html = post(ana, path(tool), **form(page(ana, path(tool))) | {"do": "try"})
    text = " ".join(re.sub(r"<[^>]+>", " ", html.partition('id="tried"')[2].partition("</section>")[0]).split())
    assert "Probado con los últimos 3: 2 se leen" in text and "1 no" in text
    assert "Identificador del pedido: Da una lista o un grupo de datos" in text
    assert f"?pedido={bad.delivery_id}" in html


def test_versions_are_kept_looked_at_and_used_again(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    tool.map(MAPPING)
    second = {**MAPPING, "order": MAPPING["order"] | {"name": "cliente.nombre"}}
    tool.map(second)
    tool.send(foreign())
    html = page(ana, path(tool))
    assert gives(html, "order.name") == "María José" and hrefs(html, "Ver") == [f"{path(tool)}?version=1"]
    assert gives(page(ana, f"{path(tool)}?version=1"), "order.name") == "María José Núñez"
    done = post(ana, path(tool), do="back", version="1")
    tool.row.refresh_from_db()
    assert (tool.row.mapping, tool.row.mapping_version) == (MAPPING, 3)
    assert "Deshacer" in done and 'name="version" value="2"' in done
    post(ana, path(tool), do="back", version="2")
    tool.row.refresh_from_db()
    assert (tool.row.mapping, tool.row.mapping_version) == (second, 4)
    for strange in ("9", "x", ""):
        assert ana.post(path(tool), {"do": "back", "version": strange}).status_code == 404
    page(ana, f"{path(tool)}?version=9", 404)


def test_a_mapping_is_given_up_and_taken_back(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    tool.map(MAPPING)
    done = post(ana, path(tool), do="forget")
    tool.row.refresh_from_db()
    assert tool.row.mapping is None and 'name="version" value="1"' in done
    assert tool.send(own()).status == "registered"
    post(ana, path(tool), do="back", version="1")
    tool.row.refresh_from_db()
    assert tool.row.mapping == MAPPING


def test_the_first_mapping_is_taken_back(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    tool.send(foreign())
    done = save(ana, tool, form(page(ana, path(tool))))
    assert 'name="do" value="forget"' in done.partition('id="notices"')[2]
    post(ana, path(tool), do="forget")
    tool.row.refresh_from_db()
    assert tool.row.mapping is None


def test_a_mapping_may_be_mended_when_nothing_is_left_to_try_it_on(cast: Cast, ana: Client, tool: Tool) -> None:  # noqa: F811
    tool.map(MAPPING)
    html = page(ana, path(tool))
    assert form(html)["order.city"] == "entrega.ciudad" and gives(html, "order.city") == ""
    save(ana, tool, form(html) | free("order.city", "entrega.municipio"))
    tool.row.refresh_from_db()
    assert tool.row.mapping["order"]["city"] == "entrega.municipio"


def test_only_tools_of_ones_own_are_mapped(cast: Cast, ana: Client) -> None:  # noqa: F811
    page(ana, f"/configuraciones/integracion/{cast.shop.pk}/campos/", 404)


def test_support_reads_the_mapping_and_no_order(cast: Cast, tool: Tool) -> None:
    tool.map(MAPPING)
    tool.send(foreign())
    support = person(cast, "soporte@example.com", "support")
    html = page(support, path(tool))
    assert "entrega.ciudad" in html and "Medell" not in html and "<select" not in html
    assert support.get(path(tool)).context["sample"] is None
    for do in ("save", "try", "preview", "forget", "back"):
        assert support.post(path(tool), {"do": do, "version": "1"}).status_code == 403, do
    page(person(Cast("Berta"), "berta@example.com"), path(tool), 404)


@pytest.mark.parametrize("name", ["order", "productos"])
def test_what_a_tool_sends_is_never_markup(cast: Cast, ana: Client, tool: Tool, name: str) -> None:  # noqa: F811
    order = foreign(folio=NASTY, total=NASTY)
    order |= {NASTY: {NASTY: NASTY}, "cliente": {"nombre": NASTY, "celular": NASTY}}
    order["productos"][0] |= {"nombre": NASTY}
    tool.send(order)
    html = page(ana, path(tool))
    assert "<script>alert" not in html and "<img src=x" not in html


# Words


def messages() -> list[str]:
    """What the code may say of an expression or an order that cannot be read."""
    source = Path(mappings.__file__).parents[1] / "connectors"
    found: list[str] = []
    for file in ("custom/mapping.py", "custom/connector.py"):
        text = (source / file).read_text(encoding="utf-8")
        found += re.findall(r'(?:Misuse\(|self\.fault\(|"\$", )f?"([^"]+)"', text)
    return found


def test_every_reason_has_words() -> None:
    known = messages()
    assert len(known) >= 6
    for message in known:
        given = re.sub(r"\{[^}]+\}", "3", message)
        assert not reason(given).startswith("No se entiende"), message
    with pytest.raises(BadMapping) as refused:
        check({"order": {"name": "join(' ')"}, "lines": "a", "line": {"title": "b", "sku": 5}})
    for fault in refused.value.faults:
        assert not reason(fault.message).startswith("No se entiende"), fault
    assert reason("whatever jmespath says").startswith("No se entiende")


def test_a_place_beyond_the_expression_is_marked_at_its_end() -> None:
    assert place(Fault("lines", "a.", "", 2)) == "<code>a.<mark>…</mark></code>"
    assert (
        place(Fault("lines", "a", "", 0)) == place(Fault("lines", "a", "", 9)) == place(Fault("lines", "", "", 0)) == ""
    )


SCREENS = Path(settings.WEB)
NO_BUTTONS = {"MasterTools", "ShopTool", "un día más", "contra entrega", "formato de Comanda"}


def on_the_screens() -> str:
    """All that the screens may say: templates, views, statuses, builders, the titles and buttons of articles."""
    files = [*SCREENS.rglob("*.html"), *SCREENS.rglob("*.py")]
    told = [path.read_text(encoding="utf-8") for path in files]
    told += [str(word) for word, _, _ in STATUSES.values()] + [each.label for each in CONNECTORS.values()]
    return "\n".join(told + [text for code in CODES for text in words(code).values()])


@pytest.mark.parametrize("platform", ["mastertools", "shoptool", "custom"])
def test_whatever_a_guide_names_is_on_the_screens(platform: str) -> None:
    text = (Path(mappings.__file__).parents[1] / "connectors" / platform / "guide.md").read_text(encoding="utf-8")
    bold = [each for each in re.findall(r"\*\*([^*]+)\*\*", text) if not each.endswith(".")]
    named = {part.strip() for each in bold for part in each.split("→")} | set(re.findall("«([^»]+)»", text))
    screens = on_the_screens()
    assert len(named) > 5
    assert not {each for each in named - NO_BUTTONS if each not in screens}


@pytest.mark.parametrize("code", ["unmapped", "signature_invalid", "signature_missing"])
def test_whatever_an_article_says_to_press_is_on_the_screens(code: str) -> None:
    text = (ARTICLES / f"{code}.md").read_text(encoding="utf-8")
    pressed = re.findall(r"[Tt]oca \*\*([^*]+)\*\*", text)
    assert pressed and not [each for each in pressed if each not in on_the_screens()]


def test_an_integration_that_needs_no_mapping_offers_none(cast: Cast, ana: Client) -> None:  # noqa: F811
    row = connect(cast.account, "funnelish", "Embudo")
    assert "mapeo" not in page(ana, f"/configuraciones/integracion/{row.pk}/").partition("<details class")[0]


def test_a_sample_as_large_as_the_door_takes_may_be_pasted(tool: Tool, ana: Client) -> None:  # noqa: F811
    """A browser writes each quotation mark of it as three."""
    sample = json.dumps(foreign(note='"' * (settings.BODY_LIMIT // 2 - 5000)))
    assert 1_900_000 < len(sample) <= settings.BODY_LIMIT
    sent = urlencode({"do": "try", "sample": sample})
    assert len(sent) > 5_000_000
    answer = ana.post(path(tool), sent, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200 and "FAJA" in answer.content.decode()
