"""Catálogo, one product, a new one, and the import: what is typed is read by one set of rules, and kept where it is wrong."""

import base64
import json
import re
import threading
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from comanda.accounts.models import AuditEntry
from comanda.catalogue.models import Link, Product, StoreVariant, Variant
from comanda.orders.models import Order
from comanda.web import sheets
from tests.cast import Cast
from tests.test_web import hrefs, page, person
from tests.test_web_linking import line_of, selling

CATALOGUE, NEW, IMPORT = "/productos/", "/productos/nuevo/", "/productos/importar/"


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


def form(html: str) -> dict[str, str]:
    """The fields of a product's form, as a browser would send them."""
    fields = {}
    for tag in re.findall(r"<input [^>]+>", html.partition("<main")[2]):
        found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if "name" not in found or (found.get("type") == "checkbox" and " checked" not in tag):
            continue
        fields[found["name"]] = found.get("value", "").replace("&quot;", '"').replace("&amp;", "&")
    fields.pop("csrfmiddlewaretoken", None)
    fields.pop("q", None)
    return fields


def names(html: str) -> list[str]:
    """The products of the list, in its order."""
    return [
        re.sub(r"<[^>]+>", "", each) for each in re.findall(r'<a class="whole" href="/productos/\d+/">(.*?)</a>', html)
    ]


def test_the_catalogue_is_found_by_name_and_sku(cast: Cast, ana: Client) -> None:
    cream = cast.product("Crema Ácida", sku="CRE-1", variant="50 ml", price=1000, cost=400, stock=3)
    Variant.objects.create(account=cast.account, product=cream.product, name="90 ml", sku="CRE-9", active=False)
    html = page(ana, CATALOGUE)
    assert names(html) == ["Crema Ácida", "Faja Reductora M"] and "3 variantes" in html and "$\u00a0109.900" in html
    for words in ("acida", "CREMA", "cre-9", "50 ml"):
        assert names(page(ana, f"{CATALOGUE}?q={words}")) == ["Crema Ácida"], words
    assert "coincide con «zzz»" in page(ana, f"{CATALOGUE}?q=zzz")


def test_the_list_goes_on_after_a_cursor_of_the_release_before(cast: Cast, ana: Client) -> None:
    before = cast.product("Añil 👩", sku="A").product
    former = base64.urlsafe_b64encode(json.dumps([before.name, before.pk]).encode()).decode()
    assert names(page(ana, f"{CATALOGUE}?cursor={former}")) == ["Faja Reductora M"]


@pytest.mark.parametrize(
    "said",
    [
        b'["a", Infinity]',
        b'["a", 1e30]',
        b'["a", 9223372036854775808]',
        b'["\\ud800", 1]',
        b'["\\u0000", 1]',
        b"[" * 40_000,
    ],
)
def test_a_cursor_made_by_hand_is_not_there(ana: Client, said: bytes) -> None:
    page(ana, f"{CATALOGUE}?cursor={base64.urlsafe_b64encode(said).decode()}", 404)


def test_what_is_looked_at(cast: Cast, ana: Client) -> None:
    cast.product("Agotada", stock=0, price=10, cost=1)
    cast.product("Cara", price=10, cost=11)
    cast.product("Vieja", active=False, stock=0, price=1, cost=2)
    looked = {
        each: names(page(ana, f"{CATALOGUE}?ver={each}")) for each in ("activos", "inactivos", "agotados", "bajo-costo")
    }
    assert looked["inactivos"] == ["Vieja"] and "Vieja" not in looked["activos"]
    assert (looked["agotados"], looked["bajo-costo"]) == (["Agotada"], ["Cara"])
    assert len(names(page(ana, f"{CATALOGUE}?ver=nada"))) == 4


def test_the_catalogue_goes_on_where_it_ended(cast: Cast, ana: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(35):
        cast.product(f"Cosa {number % 3}", sku=f"C-{number}")
    first = page(ana, CATALOGUE)
    second = page(ana, CATALOGUE + hrefs(first, "Ver más")[0])
    assert (len(names(first)), len(names(second))) == (20, 16) and "Ver más" not in second
    found = page(ana, f"{CATALOGUE}?q=cosa")
    rest = page(ana, CATALOGUE + hrefs(found, "Ver más")[0])
    assert (len(names(found)), len(names(rest))) == (20, 15)
    with django_assert_max_num_queries(10):
        page(ana, CATALOGUE)


def test_only_what_was_touched_is_changed(cast: Cast, ana: Client) -> None:
    """Orders take pieces while somebody looks at the form: a new price must not bring the old stock back."""
    path = f"/productos/{cast.faja.product_id}/"
    given = form(page(ana, path))
    cast.send()
    id_ = cast.faja.pk
    said = ana.post(path, given | {f"price-{id_}": "119.900,50", f"cost-{id_}": "", "name": "Faja Nueva"}, follow=True)
    assert "Guardado." in said.content.decode()
    cast.faja.refresh_from_db()
    row = cast.faja
    assert (row.product.name, row.price, row.cost, row.stock, row.sku) == (
        "Faja Nueva",
        Decimal("119900.50"),
        None,
        99,
        "FAJA-M",
    )
    told = dict(AuditEntry.objects.values_list("target", "difference"))
    assert told[f"variant:{id_}"] == {"price": "109900.00 → 119900.50"}
    assert told[f"product:{row.product_id}"] == {"name": "Faja Reductora → Faja Nueva"}
    html = page(ana, path)
    assert "precio: $\u00a0109.900 → $\u00a0119.900,50" in html and "ana@example.com" in html


def test_what_is_wrong_is_said_beside_what_was_typed(cast: Cast, ana: Client) -> None:
    id_, path = cast.faja.pk, f"/productos/{cast.faja.product_id}/"
    wrong = {
        "name": " ",
        f"name-{id_}": "x" * 256,
        f"sku-{id_}": "<b>" * 50,
        f"price-{id_}": "mucho",
        f"cost-{id_}": "-1",
        f"stock-{id_}": "1,5",
    }
    answer = ana.post(path, form(page(ana, path)) | wrong)
    html = answer.content.decode()
    assert answer.status_code == 400 and html.count('aria-invalid="true"') == 6 and "<b><b>" not in html
    for words in ("Escribe el nombre", "caben 255", "caben 120", "No es un número", "No son unidades"):
        assert words in html, words
    assert 'value="mucho"' in html and 'aria-describedby="fault-price-' in html
    cast.faja.refresh_from_db()
    assert (cast.faja.price, cast.faja.stock) == (Decimal(109900), 100) and not AuditEntry.objects.exists()


def test_stock_that_was_oversold_does_not_stop_the_form(cast: Cast, ana: Client) -> None:
    Variant.objects.filter(pk=cast.faja.pk).update(stock=-3)
    path = f"/productos/{cast.faja.product_id}/"
    ana.post(path, form(page(ana, path)) | {f"cost-{cast.faja.pk}": "9"})
    cast.faja.refresh_from_db()
    assert (cast.faja.cost, cast.faja.stock) == (Decimal(9), -3)


def test_a_change_registers_what_waited_for_it(cast: Cast, ana: Client) -> None:
    selling(cast, "Tónico", sku="TON")
    path = f"/productos/{cast.faja.product_id}/"
    more = ana.post(path, form(page(ana, path)) | {"do": "more"}).content.decode()
    assert 'name="sku-n1"' in more and not AuditEntry.objects.exists()
    said = ana.post(path, form(more) | {"name-n1": "L", "sku-n1": "TON", "price-n1": "109900"}, follow=True)
    assert line_of(said.content.decode()).startswith("1 pedido se está registrando")
    cast.work()
    made = Variant.objects.get(sku="TON")
    assert (Order.objects.count(), made.product_id, made.active) == (1, cast.faja.product_id, True)
    selling(cast, "Gotas", 10, sku="GOT")
    ana.post(path, form(page(ana, path)) | {f"sku-{made.pk}": "GOT"})
    cast.work()
    assert Order.objects.count() == 2


@pytest.mark.parametrize("how", ["active", "sku"])
def test_giving_up_a_repeated_sku_registers_what_it_stopped(cast: Cast, ana: Client, how: str) -> None:
    twin = cast.product("Faja vieja", sku="FAJA-M")
    assert cast.send().cause == "sku_ambiguous"
    path = f"/productos/{twin.product_id}/"
    html = page(ana, path)
    assert "«Faja Reductora M» tiene el mismo SKU" in html
    given = form(html)
    given.pop(f"active-{twin.pk}")
    ana.post(path, given if how == "active" else given | {f"active-{twin.pk}": "1", f"sku-{twin.pk}": "OTRO"})
    cast.work()
    assert Order.objects.get().lines.get().variant == cast.faja
    assert "tiene el mismo SKU" not in page(ana, f"/productos/{cast.faja.product_id}/")


def test_variants_of_another_product_are_not_changed_here(cast: Cast, ana: Client) -> None:
    other, mine = Cast("Berta"), cast.product("Otra")
    path = f"/productos/{cast.faja.product_id}/"
    given = form(page(ana, path))
    for foreign in (other.faja, mine):
        ana.post(path, given | {f"was-{foreign.pk}": "{}", f"price-{foreign.pk}": "1", f"name-{foreign.pk}": "x"})
        foreign.refresh_from_db()
        assert foreign.price != 1 and foreign.name != "x"
    for key in ("9" * 30, "x", "\x00", "٣"):
        strange = given | {f"was-{key}": "[1]", f"price-{key}": "1", f"was-{cast.faja.pk}": "{"}
        assert ana.post(path, strange).status_code < 500


def test_many_variants_are_shown_in_pages(cast: Cast, ana: Client) -> None:
    for number in range(45):
        Variant.objects.create(account=cast.account, product=cast.faja.product, name=str(number))
    last = Variant.objects.latest("pk")
    path = f"/productos/{cast.faja.product_id}/"
    (more,) = hrefs(page(ana, path), "Ver las siguientes variantes")
    rest = page(ana, path + more)
    assert f'name="sku-{last.pk}"' in rest and f'name="sku-{cast.faja.pk}"' not in rest
    assert ana.get(f"/productos/variante/{last.pk}/", follow=True).status_code == 200
    said = ana.post(path, form(rest) | {f"sku-{last.pk}": "U-1"})
    assert said["Location"] == path + more and Variant.objects.get(pk=last.pk).sku == "U-1"
    assert "y 42 más" in page(ana, CATALOGUE)


def test_a_new_product_with_its_variants(cast: Cast, ana: Client) -> None:
    selling(cast, "Camiseta", sku="CAM-L")
    given = form(page(ana, NEW)) | {"name": "Camiseta", "name-n0": "M", "sku-n0": "CAM-M", "price-n0": "35.000"}
    more = form(ana.post(NEW, given | {"do": "more"}).content.decode())
    assert more["price-n0"] == "35.000" and more["active-n1"] == "1"
    wrong = ana.post(NEW, more | {"name": "", "stock-n0": "x"})
    assert (
        wrong.status_code == 400
        and 'value="CAM-M"' in wrong.content.decode()
        and not Variant.objects.filter(sku="CAM-M")
    )
    said = ana.post(NEW, more | {"name-n1": "L", "sku-n1": "CAM-L"}, follow=True).content.decode()
    assert "con 2 variantes" in said and line_of(said).startswith("1 pedido")
    assert sorted(Variant.objects.filter(product__name="Camiseta").values_list("name", "sku", "price")) == [
        ("L", "CAM-L", None),
        ("M", "CAM-M", Decimal(35000)),
    ]
    assert AuditEntry.objects.get(action="add").difference == {"name": "Camiseta", "variants": "M CAM-M, L CAM-L"}


def test_a_store_product_becomes_one_of_the_catalogue(cast: Cast, ana: Client) -> None:
    _, row = selling(cast, "Humidificador", price="69900.00")
    given = form(page(ana, f"{NEW}?de={row.pk}"))
    assert (given["name"], given["price-n0"], given["de"]) == ("Humidificador", "69900", str(row.pk))
    said = ana.post(NEW, given | {"sku-n0": "HUM"}, follow=True).content.decode()
    assert "«Humidificador» se despacha con él" in said and line_of(said).startswith("1 pedido")
    cast.work()
    assert Order.objects.get().lines.get().sku == "HUM" and Link.objects.get().store_variant == row


def upload(client: Client, text: str | bytes, name: str = "productos.csv") -> Any:
    raw = text if isinstance(text, bytes) else text.encode()
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, raw)}, follow=True)


HEADER = "producto;variante;sku;precio;costo;inventario\n"
FILE = HEADER + "Faja Reductora;M;FAJA-M;99.900;;\nFaja Reductora;L;FAJA-L;99.900;;\nTónico;;TON;1.500,50;900;7\n"


def test_a_file_is_looked_at_before_it_changes_anything(cast: Cast, ana: Client) -> None:
    selling(cast, "Tónico", sku="TON")
    answer = upload(ana, FILE)
    html, path = answer.content.decode(), answer.redirect_chain[-1][0]
    tally = re.findall(r"<b>(\d+)</b><span>([^<]+)", html)
    assert tally == [
        ("2", "variantes nuevas, 1 producto nuevo"),
        ("1", "variante se actualiza"),
        ("0", "variantes quedan igual"),
    ]
    assert "precio: $\u00a0109.900 → <b>$\u00a099.900</b>" in html and Variant.objects.count() == 1
    said = ana.post(path, follow=True).content.decode()
    assert "1 producto nuevo, 3 variantes" in said and "1 pedido se está registrando" in said
    assert Variant.objects.count() == 3 and Variant.objects.get(sku="TON").price == Decimal("1500.50")
    ana.post(path)
    assert AuditEntry.objects.filter(action="import").count() == 1
    cast.work()
    assert Order.objects.count() == 1 and "1 pedido registrado" in page(ana, path)
    again = upload(ana, FILE).content.decode()  # the order has taken a piece
    assert "inventario: 6 → <b>7</b>" in again and again.count("variante se actualiza") == 1
    assert "Las primeras líneas: nada cambia" in upload(ana, HEADER + "Faja Reductora;M;FAJA-M;;;\n").content.decode()


def test_what_is_wrong_with_a_file_is_said_line_by_line(cast: Cast, ana: Client) -> None:
    answer = upload(
        ana, HEADER + "Uno;;U-1;abc;;\nDos;;U-1;2;;\nDos;;U-1;2;;\n;;X;;;\n=1+1;;;;;\nTres;;T;;;1,5\n" + NASTY_LINE
    )
    html = answer.content.decode()
    assert answer.status_code == 400 and "No se importó nada: 6 líneas" in html and "<script>" not in html
    rows = re.findall(
        r'<td class="num"[^>]*>(\d+)</td><td>([^<]*)</td><td class="mono">([^<]*)</td><td>([^<]*)</td>', html
    )
    assert rows[:5] == [
        ("2", "precio", "abc", "No es un número. Escribe, por ejemplo, 109900 o 109.900,50."),
        ("4", "sku", "U-1", "Este SKU ya está en la línea 3."),
        ("5", "producto", "–", "Falta el nombre del producto."),
        ("6", "producto", "=1+1", "Es una fórmula. Escríbelo como texto."),
        ("7", "inventario", "1,5", "No son unidades. Escribe un número entero, o nada si no llevas la cuenta."),
    ]
    assert Variant.objects.count() == 1 and not AuditEntry.objects.exists()


NASTY_LINE = "Cuatro;;C;<script>alert(1)</script>;;\n"


def test_what_a_spreadsheet_has_done_to_a_file_is_said(cast: Cast, ana: Client) -> None:
    html = upload(ana, "sep=;\n" + HEADER + "Uno;;1,23E+05;1000;;\nDos;;D;1000;;999999999999\n").content.decode()
    assert "Excel cambió un número largo por «1,23E+05»" in html and "el formato Texto" in html
    assert "No puede ser: va de 0 a 2.147.483.647." in html and '<td class="num" data-word="Línea">3</td>' in html
    typed = form(page(ana, f"/productos/{cast.faja.product_id}/")) | {f"stock-{cast.faja.pk}": "999999999999"}
    said = ana.post(f"/productos/{cast.faja.product_id}/", typed).content.decode()
    assert "No puede ser: va de 0 a 2.147.483.647." in said


def test_prices_that_lost_their_thousands_are_shown_before_anything_changes(cast: Cast, ana: Client) -> None:
    many = "".join(f"Producto {n};;P-{n};45000;;\n" for n in range(20))
    html = upload(ana, HEADER + many + "Faja Reductora;M;FAJA-M;109,9;;\nUno;;U;89.9;52.5;\n").content.decode()
    assert "Mira bien 2 líneas" in html and html.index("Mira bien") < html.index("Importar 22 variantes")
    doubts = re.findall(r"<li>Línea (.*?)</li>", html)
    assert doubts == [
        "22, Faja Reductora M · precio $\u00a0109.900 → <b>$\u00a0109,90</b>",
        "23, Uno  · precio <b>$\u00a089,90</b> · costo <b>$\u00a052,50</b>",
    ]
    html = upload(ana, HEADER + many.replace("45000", "45")).content.decode()
    assert "Mira bien 20 líneas" in html and len(re.findall("<li>Línea", html)) == 5 and "<li>y 15 más.</li>" in html
    assert "Mira bien" not in upload(ana, HEADER + many).content.decode()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\xff\xfeabc", "Esto no es un CSV"),
        (b"nombre,valor\na,b\n", "le falta: producto, sku"),
        (HEADER.encode(), "no trae ningún producto"),
        (b'product,sku\n"Faja,1\n', "comilla de cierre"),
        (b"product,sku,price\nFaja,F-1,1.299,50\n", "coma de decimales"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(cast: Cast, ana: Client, raw: bytes, words: str) -> None:
    answer = upload(ana, raw)
    assert answer.status_code == 400 and words in answer.content.decode()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "El archivo está vacío."),
        (b"\xef\xbb\xbf \r\n\n", "El archivo está vacío."),
        (b"\xff\xfe", "El archivo está vacío."),
        (b"PK\x03\x04" + b"x" * 50, "Es un archivo de Excel. Ábrelo"),
        (b"\xd0\xcf\x11\xe0" + bytes(50), "Es un archivo de Excel. Ábrelo"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x04\x00\x08\x06", "Esto no es un CSV"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01" * 400_000, "Esto no es un CSV"),
        (b"GIF89a\x01\x00\x01\x00\x80\x00\x00", "Esto no es un CSV"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<", "Esto no es un CSV"),
        (b"  <html><table><tr><td>producto</td></tr>", "Esto no es un CSV"),
        (b'{"products": []}', "Esto no es un CSV"),
        ("producto;sku\nFaja;F-1\n".encode("utf-16-le"), "Esto no es un CSV"),
    ],
)
def test_what_is_no_sheet_at_all_is_said_in_one_sentence(cast: Cast, ana: Client, raw: bytes, words: str) -> None:
    answer = upload(ana, raw, "foto.jpg")
    html = answer.content.decode()
    (fault,) = re.findall(r'<p class="fault" id="fault" role="alert">([^<]*)</p>', html)
    assert answer.status_code == 400 and fault.startswith(words)
    assert "<table" not in html and "columna" not in fault and "5 MB" not in fault
    assert 'aria-invalid="true"' in html and Variant.objects.count() == 1


def test_five_megabytes_are_the_limit(cast: Cast, ana: Client) -> None:
    answer = upload(ana, b"x" * (5 * 1024 * 1024 + 100_000))
    assert answer.status_code == 400 and "El archivo pesa 5,1 MB y caben 5 MB" in answer.content.decode()
    assert "Elige un archivo." in ana.post(IMPORT).content.decode()


def test_a_big_file_is_imported_apart_and_shows_how_far_it_is(
    cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "AT_ONCE", 2)
    path = upload(ana, FILE).redirect_chain[-1][0]
    hold, real = threading.Event(), sheets.load

    def slowly(access: Any, raw: bytes, progress: Any, follow: Any) -> Any:
        progress(1, 3)
        assert hold.wait(10)
        return real(access, raw, progress, follow)

    monkeypatch.setattr(sheets, "load", slowly)
    html = ana.post(path, follow=True).content.decode()
    assert "Se están importando 3 variantes" in html and "data-live" in html
    (worker,) = [each for each in threading.enumerate() if each.name.startswith("import-")]
    part = ana.get(path, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode() and Variant.objects.count() == 1
    hold.set()
    worker.join(20)
    assert ana.get(path, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert "1 producto nuevo, 3 variantes" in page(ana, path) and Variant.objects.count() == 3


def test_an_import_that_fails_changes_nothing_and_says_so(
    cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = upload(ana, FILE).redirect_chain[-1][0]

    def fail(access: Any, *rest: Any) -> Any:
        Product.objects.create(account=access.account, name="a medias")
        raise RuntimeError("away")

    monkeypatch.setattr(sheets, "load", fail)
    assert "No se pudo importar" in ana.post(path, follow=True).content.decode()
    assert not Product.objects.filter(name="a medias").exists()


def test_a_file_that_is_gone_is_asked_for_again(cast: Cast, ana: Client) -> None:
    path = upload(ana, FILE).redirect_chain[-1][0]
    berta = person(Cast("Berta"), "berta@example.com")
    assert berta.get(path).status_code == 404 and berta.post(path).status_code == 404
    cache.clear()
    assert "Este archivo ya no se conserva" in page(ana, path, 404)


@pytest.mark.parametrize(("country", "separator"), [("CO", ";"), ("MX", ",")])
def test_the_template_and_the_export_can_be_imported(cast: Cast, ana: Client, country: str, separator: str) -> None:
    cast.account.country = country
    cast.account.save()
    template = ana.get(f"{IMPORT}plantilla.csv")
    assert template.content.decode("utf-8-sig").startswith(separator.join(("producto", "variante", "sku")))
    assert "variantes nuevas" in upload(ana, template.content).content.decode()
    cast.product("Tónico", sku="TON", price=Decimal("1500.50"), cost=2, stock=0)
    export = ana.get("/productos/catalogo.csv").content
    assert "Las primeras líneas: nada cambia" in upload(ana, export).content.decode()
    cast.product("=cmd()", sku="@X")
    assert "'=cmd()" in ana.get("/productos/catalogo.csv").content.decode()


def test_the_empty_catalogue_says_the_next_step(cast: Cast, ana: Client) -> None:
    StoreVariant.objects.all().delete(), Product.objects.all().delete()
    html = page(ana, CATALOGUE)
    assert "Tu catálogo está vacío" in html and IMPORT in html and NEW in html


def test_a_new_product_has_each_sku_once(cast: Cast, ana: Client) -> None:
    given = {"name": "Faja Nueva", "was-n0": "", "sku-n0": "NUEVA", "name-n0": "S", "was-n1": "", "sku-n1": "NUEVA"}
    wrong = ana.post(NEW, given)
    assert wrong.status_code == 400 and "Este SKU ya está en la línea 1." in wrong.content.decode()
    assert not Product.objects.filter(name="Faja Nueva").exists()
