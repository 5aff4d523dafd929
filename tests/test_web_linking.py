"""Por vincular and Vínculos: what stops orders is said, mended, taken back; nobody else's is seen or touched."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from comanda.accounts.models import AuditEntry
from comanda.catalogue.models import Link, Product, StoreVariant, Variant
from comanda.history.models import Intake
from comanda.orders.models import Order, OrderLine
from comanda.repair.models import Retry, RetryItem
from comanda.web.mending import where
from tests.cast import Cast
from tests.test_matching import policy
from tests.test_versions import lines, version
from tests.test_web import NASTY, hrefs, page, person

LIST = "/productos/por-vincular/"


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


def selling(cast: Cast, title: str, variant_id: int = 9, **changes: Any) -> tuple[Intake, StoreVariant]:
    """An order of something that the store calls so."""
    line = {"sku": None, "variant_id": variant_id, "title": title, "variant_title": None} | changes
    intake = cast.send(cast.order(line_items=lines(cast, **line)))
    return intake, StoreVariant.objects.get(account=cast.account, key=f"v:{variant_id}")


def at(row: StoreVariant, what: str = "") -> str:
    return f"{LIST}{row.pk}/{what}"


def post(client: Client, path: str, /, **fields: str) -> str:
    """What the page after it says."""
    answer = client.post(path, fields, follow=True)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


def undo(html: str) -> tuple[str, dict[str, str]]:
    """Where the notice's button leads, and its fields."""
    (form,) = re.findall(r'<form method="post" action="([^"]+)">((?:(?!</form>).)*)Deshacer', html, re.DOTALL)
    pairs = re.findall(r'name="(\w+)" value="([^"]*)"', form[1])
    return form[0], {name: value.replace("&amp;", "&") for name, value in pairs if name != "csrfmiddlewaretoken"}


def line_of(html: str) -> str:
    """What the line says of the orders that were set going, without its markup."""
    (inside,) = re.findall(
        r'<div id="registering" role="status">(.*?)</div>\s*(?=<p|<section|</main|<div class="split)', html, re.DOTALL
    )
    return " ".join(re.sub(r"<[^>]+>", " ", inside).split())


def marked(html: str) -> list[tuple[str, bool]]:
    """The variants that are offered, and which is chosen beforehand."""
    found = re.findall(r'name="variant" value="(\d+)"( checked)?', html)
    return [(id_, bool(checked)) for id_, checked in found]


def test_what_stops_most_stands_first_and_one_press_registers_it(cast: Cast, ana: Client) -> None:
    mine = cast.product("Masajeador Cervical", sku="MAS", price=109900, cost=45000, stock=120)
    selling(cast, "Tónico Capilar", 8)
    for _ in range(3):
        _, row = selling(cast, "Masajeador Cervical Eléctrico")
    html = page(ana, LIST)
    assert html.index("Masajeador Cervical Eléctrico") < html.index("Tónico Capilar")
    assert "4 pedidos esperan por 2 productos." in html and "Vincular y registrar 3" in html
    assert "$\u00a0329.700" in html and "costo $\u00a045.000" in html.replace("</span>", "") and "quedan 120" in html
    assert "Nombre muy parecido" in html and "Mismo precio" in html and (str(mine.pk), True) in marked(html)
    said = post(ana, at(row, "vincular/"), variant=str(mine.pk), next=LIST)
    assert "«Masajeador Cervical Eléctrico» se despacha como Masajeador Cervical." in said
    assert line_of(said).startswith("3 pedidos se están registrando") and "Vincular y registrar 3" not in said
    cast.work()
    retry = Retry.objects.get()
    assert line_of(page(ana, f"{LIST}?seguir={retry.pk}")) == "3 pedidos registrados Ver pedidos"
    assert Order.objects.count() == 3 == RetryItem.objects.filter(outcome="registered").count()
    assert AuditEntry.objects.filter(action="link", actor__contains="ana@example.com").count() == 1


def test_the_line_asks_again_and_says_nothing_twice(cast: Cast, ana: Client) -> None:
    _, row = selling(cast, "Faja")
    order = cast.order(line_items=lines(cast, sku=None, variant_id=9, title="Faja", variant_title=None))
    order["shipping_address"] |= {"phone": "12"}
    other = cast.send(order)
    post(ana, at(row, "vincular/"), variant=str(cast.faja.pk))
    path = f"/productos/registrando/{Retry.objects.get().pk}/"
    ask = {"HX-Request": "true"}
    assert ana.get(f"{path}?quedan=2", headers=ask).status_code == 204
    cast.work()
    said = ana.get(f"{path}?quedan=2", headers=ask).content.decode()
    assert "1 pedido registrado · a 1 pedido todavía le falta otra cosa" in re.sub(r"<[^>]+>", "", said)
    assert f"/historial/{other.pk}/" in said and "no es un número válido" in said and "data-live" not in said
    assert ana.get(path)["Location"].startswith(f"{LIST}?seguir=")


def test_a_link_is_taken_back(cast: Cast, ana: Client) -> None:
    other = cast.product("Otra", sku="OTRA")
    intake, row = selling(cast, "Faja")
    first = undo(post(ana, at(row, "vincular/"), variant=str(cast.faja.pk), quantity="2"))
    assert first == (at(row, "vincular/"), {"variant": "none", "next": LIST})
    second = undo(post(ana, at(row, "vincular/"), variant=str(other.pk)))
    assert second[1]["parts"] == f"{cast.faja.pk}:2"
    post(ana, second[0], **second[1])
    assert [(item.variant, item.quantity) for item in Link.objects.get().items.all()] == [(cast.faja, 2)]
    said = post(ana, first[0], **first[1])
    assert "ya no está vinculado" in said and not Link.objects.exists()
    back = undo(said)
    post(ana, back[0], **back[1])
    cast.work()
    assert OrderLine.objects.get(order__intake_id=intake.pk).quantity == 2
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "link",
        "link",
        "link",
        "unlink",
        "link",
    ]


def test_the_best_is_chosen_beforehand_only_where_it_stands_out(cast: Cast, ana: Client) -> None:
    small = cast.product("Camiseta", sku="C-S", variant="S")
    Variant.objects.create(account=cast.account, product=small.product, name="L", sku="C-L")
    _, row = selling(cast, "Camiseta")
    assert [chosen for _, chosen in marked(page(ana, at(row)))] == [False, False]
    _, row = selling(cast, "Camiseta", 10, variant_title="L")
    offered = marked(page(ana, at(row)))
    assert offered[0] == (str(Variant.objects.get(sku="C-L").pk), True)
    assert "Elige con qué producto" in post(ana, at(row, "vincular/"), variant="")


def test_words_are_alike_whatever_their_endings(cast: Cast, ana: Client) -> None:
    cast.product("Bolsa talla única")
    _, row = selling(cast, "Fajas Reductoras Talla M")
    assert marked(page(ana, at(row)))[0] == (str(cast.faja.pk), False)


def test_an_update_that_waits_for_a_link(cast: Cast, ana: Client) -> None:
    """Its order stays registered, so that nothing but the link says that it is mended."""
    order = cast.order()
    cast.send(order)
    more = [*order["line_items"], *lines(cast, sku=None, variant_id=9, title="Tónico")]
    cast.send(version(order, 1, line_items=more), "orders/updated")
    row = StoreVariant.objects.get(key="v:9")
    assert "Tónico" in page(ana, LIST)
    assert "Tónico" not in post(ana, at(row, "vincular/"), variant=str(cast.faja.pk)).partition('id="registering"')[2]
    cast.work()
    assert Order.objects.get().lines.count() == 2


def test_a_repeated_sku_shows_all_that_have_it_and_marks_none(cast: Cast, ana: Client) -> None:
    twins = [cast.product(f"Corrector {name}", sku="COR") for name in ("uno", "dos", "tres", "cuatro")]
    intake, row = selling(cast, "Corrector", sku="COR")
    html = page(ana, LIST)
    assert "El SKU COR de «Corrector» es de varias variantes" in html
    assert sorted(marked(html)) == sorted((str(twin.pk), False) for twin in twins)
    post(ana, at(row, "vincular/"), variant=str(twins[2].pk))
    cast.work()
    assert Order.objects.get(intake_id=intake.pk).lines.get().variant == twins[2]


def test_an_option_that_nobody_chose(cast: Cast, ana: Client) -> None:
    _, row = selling(cast, "Tenis", variant_title="Selecciona la talla")
    html = page(ana, at(row))
    assert "saldrá siempre que nadie elija" in html
    post(ana, at(row, "vincular/"), variant=str(cast.faja.pk))
    cast.work()
    assert Order.objects.count() == 1


def test_a_pack_is_put_together_without_a_script(cast: Cast, ana: Client) -> None:
    tonic = cast.product("Tónico", sku="TON", price=54950)
    _, row = selling(cast, "Kit")
    path = at(row, "paquete/")
    assert "autofocus" in page(ana, path)
    html = post(ana, path, q="ton", do="search")
    assert f'value="add:{tonic.pk}"' in html and f'value="add:{cast.faja.pk}"' not in html
    html = post(ana, path, do=f"add:{tonic.pk}")
    assert f'name="piece" value="{tonic.pk}"' in html and f'value="add:{tonic.pk}"' not in html
    assert "Nada más de tu catálogo coincide." in post(ana, path, piece=str(tonic.pk), q="ton")
    given = {
        "piece": [str(tonic.pk), str(cast.faja.pk)],
        f"quantity-{tonic.pk}": "2",
        f"quantity-{cast.faja.pk}": "dos",
    }
    wrong = ana.post(path, given | {"do": "link"})
    said = wrong.content.decode()
    assert wrong.status_code == 400 and 'value="dos" aria-invalid="true" aria-describedby="pack-fault"' in said
    assert not Link.objects.exists() and "Cada cantidad es un número entero" in said
    left = ana.post(path, given | {"do": f"remove:{cast.faja.pk}"}).content.decode()
    assert re.findall('name="piece" value="([^"]+)"', left) == [str(tonic.pk)]
    done = ana.post(path, given | {f"quantity-{cast.faja.pk}": "1", "do": "link"}, follow=True).content.decode()
    assert "«Kit» se despacha como 2 × Tónico + Faja Reductora M." in done
    cast.work()
    assert sorted(OrderLine.objects.values_list("sku", "quantity")) == [("FAJA-M", 1), ("TON", 2)]
    assert AuditEntry.objects.get(action="link").difference["items"] == "2 × Tónico, 1 × Faja Reductora M"
    assert 'name="quantity-' in page(ana, path)  # it begins with what it is now


def test_a_pack_on_a_page_of_its_own_is_no_window(cast: Cast, ana: Client) -> None:
    _, row = selling(cast, "Kit")
    assert "hx-" not in page(ana, at(row, "paquete/")).partition('class="card alone-window"')[2].partition("</form>")[0]
    part = ana.get(at(row, "paquete/"), headers={"HX-Request": "true"}).content.decode()
    assert f'hx-post="{at(row, "paquete/")}" hx-target="#window"' in part


@pytest.mark.parametrize("quantity", ["0", "1001", "-1", "1.5", "", "9" * 30])
def test_a_quantity_is_a_number_of_pieces(cast: Cast, ana: Client, quantity: str) -> None:
    _, row = selling(cast, "Kit")
    ana.post(at(row, "paquete/"), {"piece": [str(cast.faja.pk)], f"quantity-{cast.faja.pk}": quantity, "do": "link"})
    ana.post(at(row, "vincular/"), {"variant": str(cast.faja.pk), "quantity": quantity})
    ana.post(at(row, "vincular/"), {"parts": f"{cast.faja.pk}:{quantity}"})
    assert not Link.objects.exists()


def test_ignoring_a_line_says_what_it_means_first(cast: Cast, ana: Client) -> None:
    insurance = cast.line(sku=None, product_id=None, variant_id=None, title="Seguro", variant_title=None)
    cast.send(cast.order(line_items=[cast.line(), insurance]))
    row = StoreVariant.objects.get(title="Seguro")
    assert "Ignorar y registrar 1" in page(ana, at(row, "ignorar/")) and "no se registra" in page(
        ana, at(row, "ignorar/")
    )
    said = post(ana, at(row, "vincular/"), variant="ignore")
    assert "se ignora" in said and undo(said)[1]["variant"] == "none"
    cast.work()
    assert Order.objects.get().lines.count() == 1 and "Seguro" in page(ana, "/productos/vinculos/?ver=ignorados")


def test_a_variant_that_is_switched_off_is_switched_on_here(cast: Cast, ana: Client) -> None:
    Variant.objects.filter(pk=cast.faja.pk).update(active=False)
    intake = cast.send()
    html = page(ana, where("activate", intake))
    assert "Está desactivado en tu catálogo" in html and "Activar y registrar 1" in html
    said = post(ana, f"/productos/variante/{cast.faja.pk}/cambiar/", active="1", next=LIST)
    assert "está activo" in said and line_of(said).startswith("1 pedido se está registrando")
    assert "Está desactivado" not in said
    cast.work()
    assert Order.objects.count() == 1
    assert AuditEntry.objects.get(action="change").difference == {"active": "False → True"}
    back = undo(said)
    post(ana, back[0], **back[1])
    cast.faja.refresh_from_db()
    assert cast.faja.active is False


def test_stock_is_put_right_here(cast: Cast, ana: Client) -> None:
    policy(cast, stock_policy="block")
    Variant.objects.filter(pk=cast.faja.pk).update(stock=0)
    intake = cast.send()
    path = f"/productos/variante/{cast.faja.pk}/cambiar/"
    html = page(ana, where("restock", intake))
    assert "No alcanza el inventario: había 0 y un pedido pide 1" in html
    wrong = ana.post(path, {"stock": "<b>dos", "next": LIST})
    said = wrong.content.decode()
    assert wrong.status_code == 400 and 'value="&lt;b&gt;dos"' in said and 'aria-invalid="true"' in said
    assert line_of(post(ana, path, stock="5", next=LIST)).startswith("1 pedido")
    cast.work()
    cast.faja.refresh_from_db()
    assert (Order.objects.count(), cast.faja.stock) == (1, 4)


def test_a_cost_is_put_right_here(cast: Cast, ana: Client) -> None:
    policy(cast, price_policy="block")
    Variant.objects.filter(pk=cast.faja.pk).update(cost=200000)
    intake = cast.send()
    assert "Se vendió a $\u00a0109.900 y cuesta $\u00a0200.000" in page(ana, where("review_price", intake))
    post(ana, f"/productos/variante/{cast.faja.pk}/cambiar/", cost="20.000", next=LIST)
    cast.work()
    cast.faja.refresh_from_db()
    assert (Order.objects.count(), cast.faja.cost) == (1, Decimal(20000))


@pytest.mark.parametrize(
    ("what", "field", "values"),
    [("stock", "stock_policy", {"stock": 0}), ("price", "price_policy", {"cost": Decimal(200000)})],
)
def test_a_policy_is_loosened_here_and_what_it_stopped_is_registered(
    cast: Cast,
    ana: Client,
    what: str,
    field: str,
    values: dict[str, Any],
) -> None:
    policy(cast, **{field: "block"})
    Variant.objects.filter(pk=cast.faja.pk).update(**values)
    cast.send()
    said = post(ana, "/productos/permitir/", what=what, next=LIST)
    assert "y te avisamos" in said and line_of(said).startswith("1 pedido")
    cast.work()
    assert Order.objects.count() == 1
    back = undo(said)
    assert "se detienen otra vez" in post(ana, back[0], **back[1])
    cast.account.refresh_from_db()
    assert getattr(cast.account, field) == "block"
    assert ana.post("/productos/permitir/", {"what": "todo"}).status_code == 404


def test_a_button_leads_to_what_stops_its_order(cast: Cast, ana: Client) -> None:
    one, row = selling(cast, "Tónico")
    assert where("link", one) == at(row)
    Variant.objects.filter(pk=cast.faja.pk).update(active=False)
    several = cast.send(cast.order(line_items=[cast.line(), *lines(cast, sku=None, variant_id=12, title="Cinta")]))
    selling(cast, "Otra cosa", 13)
    html = page(ana, where("link", several))
    assert "Lo que detiene el pedido" in html and "Cinta" in html and "Está desactivado" in html
    assert "Otra cosa" not in html and "Tónico" not in html
    assert where("link", cast.send(cast.order(line_items=[]))) == LIST


def test_the_page_of_a_store_product_says_all_of_it(cast: Cast, ana: Client) -> None:
    order = cast.order(line_items=lines(cast, sku=None, variant_id=9, title="Tónico", variant_title=None))
    order["shipping_address"] |= {"phone": "12"}
    waiting, row = cast.send(order), StoreVariant.objects.get(key="v:9")
    html = page(ana, at(row))
    assert f"/historial/{waiting.pk}/" in html and "También: El teléfono «12»" in html and "María José" not in html
    assert "Nadie lo ha vinculado todavía" in html
    post(ana, at(row, "vincular/"), variant=str(cast.faja.pk), quantity="3", next=at(row))
    html = page(ana, at(row))
    assert f"/historial/{waiting.pk}/" not in html  # it is being read again
    assert "Cómo se despacha" in html and "Vinculó a 3 × Faja Reductora M" in html and "ana@example.com" in html
    cast.send()
    by_sku = StoreVariant.objects.get(key="v:70011")
    html = page(ana, at(by_sku))
    assert "Se vincula solo, porque tiene el mismo SKU:" in html and "Cambiar por otro" in html and not marked(html)


def test_searching_the_catalogue(cast: Cast, ana: Client) -> None:
    cream = cast.product("Crema Hidratante Ácida", sku="CRE-1")
    cast.product("Crema vieja", sku="CRE-9", active=False)
    _, row = selling(cast, "Algo")
    path = at(row, "buscar/")
    for words in ("acida crema", "CRE-1", "cre-", "hidratnte"):
        assert marked(page(ana, f"{path}?q={words}")) == [(str(cream.pk), False)], words
    part = ana.get(f"{path}?q=nada", headers={"HX-Request": "true", "HX-Target": "found"}).content.decode()
    assert (
        "<html" not in part
        and "Nada de tu catálogo se llama «nada»" in part
        and f"/productos/nuevo/?de={row.pk}" in part
    )
    window = ana.get(path, headers={"HX-Request": "true", "HX-Target": "window"}).content.decode()
    assert "<html" not in window and 'id="window-title"' in window


def test_what_is_linked_is_listed_changed_and_taken_away(cast: Cast, ana: Client) -> None:
    cast.send()
    _, row = selling(cast, "Camisón Niña")
    post(ana, at(row, "vincular/"), variant=str(cast.faja.pk), quantity="2")
    html = page(ana, "/productos/vinculos/")
    assert "Camisón Niña" in html and "2 × " in html and "ana@example.com" in html
    assert "Camisón" in page(ana, "/productos/vinculos/?q=camison") and "Camisón" not in page(
        ana, "/productos/vinculos/?q=x"
    )
    assert "Solo, por su SKU" in page(ana, "/productos/vinculos/?ver=sku")
    said = post(ana, at(row, "vincular/"), variant="none", next="/productos/vinculos/")
    assert "ya no está vinculado" in said and "Todavía no has vinculado" in said and not Link.objects.exists()


def test_the_lists_go_on_where_they_ended(cast: Cast, ana: Client) -> None:
    for number in range(13):
        selling(cast, f"Cosa {number}", 100 + number)
    first = page(ana, LIST)
    (more,) = hrefs(first, "Ver los siguientes")
    second = page(ana, LIST + more)
    assert (first.count('class="card offer"'), second.count('class="card offer"')) == (10, 3)
    for row in StoreVariant.objects.filter(title__startswith="Cosa"):
        ana.post(at(row, "vincular/"), {"variant": "ignore"})
    for path in (f"{LIST}?cursor=x", f"{LIST}?resto=x", "/productos/vinculos/?cursor=x", "/productos/?cursor=x"):
        page(ana, path, 404)
    for path in (f"{LIST}?cursor={'9' * 5000}.1", f"{LIST}?pedido=x", f"{LIST}?seguir={'9' * 40}", "/productos/x/"):
        page(ana, path, 404)


def test_what_nobody_waits_for_stands_below(cast: Cast, ana: Client) -> None:
    intake, _ = selling(cast, "Tónico")
    ana.post(f"/historial/{intake.pk}/descartar/")
    html = page(ana, LIST)
    assert "ningún pedido espera por ellos" in html and "Tónico" in html and 'class="card offer"' not in html


def test_how_much_is_linked(cast: Cast, ana: Client) -> None:
    assert "de lo que vendes" not in page(ana, LIST)
    cast.send(), cast.send()
    selling(cast, "Tónico", sku="TON")
    assert "Vinculado: <b>66 %</b>" in page(ana, LIST)
    cast.product("Tónico", sku="TON")
    assert "Vinculado: <b>100 %</b>" in page(ana, LIST)


def test_the_list_asks_no_more_for_many_products(cast: Cast, ana: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(10):
        selling(cast, f"Faja {number}", 100 + number)
    with django_assert_max_num_queries(22):
        page(ana, LIST)
    for row in StoreVariant.objects.all():
        ana.post(at(row, "vincular/"), {"variant": str(cast.faja.pk)})
    with django_assert_max_num_queries(14):
        page(ana, "/productos/vinculos/")


def test_an_empty_place_says_the_next_step(cast: Cast, ana: Client) -> None:
    assert "Todo lo que vendes está vinculado" in page(ana, LIST)
    Product.objects.all().delete()
    assert "Tu catálogo está vacío" in page(ana, LIST) and "/productos/importar/" in page(ana, LIST)


def test_what_a_store_sends_is_never_markup_here(cast: Cast, ana: Client) -> None:
    cast.product(NASTY[:100], sku=NASTY[:60], variant=NASTY[:60])
    _, row = selling(cast, NASTY, sku=NASTY, variant_title=NASTY)
    variant = Variant.objects.get(name=NASTY[:60])
    said = post(ana, at(row, "vincular/"), variant=str(variant.pk))
    paths = [LIST, at(row), at(row, "buscar/"), at(row, f"buscar/?q={NASTY}"), at(row, "paquete/"), at(row, "ignorar/")]
    paths += ["/productos/vinculos/", "/productos/", f"/productos/?q={NASTY}", f"/productos/{variant.product_id}/"]
    paths += [f"/productos/nuevo/?de={row.pk}"]
    for html in (said, *(page(ana, path) for path in paths)):
        assert "<script>alert" not in html and "<img src=x" not in html


def test_nobody_elses_rows_are_taken(cast: Cast, ana: Client) -> None:
    other = Cast("Berta")
    _, row = selling(cast, "Tónico")
    foreign, theirs = selling(other, "Tónico", 77)
    retry = Retry.objects.create(account=other.account, author="berta")
    for path, fields in (
        (at(row, "vincular/"), {"variant": str(other.faja.pk)}),
        (at(row, "vincular/"), {"parts": f"{cast.faja.pk}:1,{other.faja.pk}:1"}),
        (at(row, "paquete/"), {"piece": str(other.faja.pk), "do": "link"}),
        (at(row, "paquete/"), {"do": f"add:{other.faja.pk}"}),
        (at(theirs, "vincular/"), {"variant": str(cast.faja.pk)}),
        ("/productos/nuevo/", {"name": "x", "de": str(theirs.pk)}),
    ):
        assert ana.post(path, fields).status_code == 404, path
    for path in (f"{LIST}?seguir={retry.pk}", f"{LIST}?pedido={foreign.pk}", f"/productos/registrando/{retry.pk}/"):
        page(ana, path, 404)
    assert not Link.objects.exists() and at(theirs) not in page(ana, LIST)
    inactive = cast.product("Vieja", active=False)
    assert ana.post(at(row, "vincular/"), {"variant": str(inactive.pk)}).status_code == 404


def test_one_goes_back_only_to_pages_of_ours(cast: Cast, ana: Client) -> None:
    _, row = selling(cast, "Tónico")
    for given in ("https://otro.example/", "//otro.example/", "\\\\otro.example", "javascript:alert(1)", ""):
        answer = ana.post(at(row, "vincular/"), {"variant": "ignore", "next": given})
        assert answer["Location"].startswith(LIST), given
    given = {"variant": str(cast.faja.pk), "next": "/?a=1&seguir=7&cursor=3.1"}
    there = ana.post(at(row, "vincular/"), given)["Location"]
    assert there == f"/?a=1&seguir={Retry.objects.latest('pk').pk}"


def test_support_looks_and_touches_nothing(cast: Cast) -> None:
    policy(cast, stock_policy="block")
    _, row = selling(cast, "Tónico")
    Variant.objects.filter(pk=cast.faja.pk).update(active=False)
    intake = cast.send()
    support = person(cast, "soporte@example.com", "support")
    own = StoreVariant.objects.get(key="v:70011")
    seen = [LIST, at(row), at(own), at(row, "buscar/"), at(row, "ignorar/"), "/productos/vinculos/", "/productos/"]
    for path in (*seen, f"/productos/{cast.faja.product_id}/", "/productos/importar/"):
        html = page(support, path).partition("<main")[2]
        assert not re.findall(r'<button class="btn', html.replace('class="btn">Buscar', "")), path
    for path in (at(row, "vincular/"), at(row, "paquete/"), f"/productos/variante/{cast.faja.pk}/cambiar/"):
        assert support.post(path, {"variant": "ignore", "active": "1"}).status_code == 403, path
    for path in (
        "/productos/permitir/",
        "/productos/nuevo/",
        f"/productos/{cast.faja.product_id}/",
        "/productos/importar/",
    ):
        assert support.post(path, {"what": "stock", "name": "x"}).status_code == 403, path
    assert not AuditEntry.objects.exists() and not Link.objects.exists() and intake.status == "failed"


def test_a_form_that_comes_twice_links_once(cast: Cast, ana: Client) -> None:
    tonic = cast.product("Tónico", sku="TON")
    _, row = selling(cast, "Kit")
    given = {"piece": [str(tonic.pk), str(cast.faja.pk)], f"quantity-{tonic.pk}": "2", "next": LIST, "do": "link"}
    for _press in range(2):
        assert ana.post(at(row, "paquete/"), given).status_code == 302
    html = page(ana, LIST)
    assert html.count("«Kit» se despacha como 2 × Tónico + Faja Reductora M.") == 1 == html.count(">Deshacer<")
    assert undo(html)[1]["variant"] == "none"
    cast.work()
    assert Link.objects.count() == 1 == AuditEntry.objects.filter(action="link").count() == Retry.objects.count()
    again = post(ana, at(row, "vincular/"), parts=f"{cast.faja.pk}:1,{tonic.pk}:2")
    assert "«Kit» se despacha como Faja Reductora M + 2 × Tónico." in again and ">Deshacer<" not in again
    assert AuditEntry.objects.filter(action="link").count() == 1
    window = ana.get(at(row, "paquete/"), headers={"HX-Request": "true"}).content.decode()
    assert 'hx-sync="this:drop"' in window


def test_a_pack_names_each_variant_once(cast: Cast, ana: Client) -> None:
    _, row = selling(cast, "Kit")
    said = post(ana, at(row, "vincular/"), parts=f"{cast.faja.pk}:1,{cast.faja.pk}:1")
    assert "Elige con qué producto" in said and not Link.objects.exists()
