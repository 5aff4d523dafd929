"""The screens in English: the catalogue is whole, and no page has a Spanish word left."""

import ast
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client

from comanda.accounts.models import User
from comanda.catalogue.models import StoreVariant
from tests.cast import Cast, call
from tests.custom_tool import JSON, foreign
from tests.routes import CLOSED, PUBLIC, ROUTES, filled
from tests.test_access import Shop
from tests.test_web import person

LOCALE = settings.WEB / "locale"
ROOT = settings.WEB.parent.parent


def catalogue(language: str = "en") -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def texts(value: Any) -> list[str]:
    return list(value) if isinstance(value, tuple | list) else [value]


def test_every_word_is_translated_with_its_places() -> None:
    for message in catalogue():
        for english in texts(message.string) if message.id else ():
            assert english and not message.fuzzy, message.id
            places = [set(re.findall(r"%\(\w+\)s|{\w*}|%s", each)) for each in texts(message.id)]
            assert set(re.findall(r"%\(\w+\)s|{\w*}|%s", english)) in places, message.id
            assert not re.search("[«»¿¡]", english), message.id


def test_what_is_compiled_is_what_is_written() -> None:
    with (LOCALE / "en" / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = read_mo(file)
    assert words_of(compiled) == words_of(catalogue())


def words_of(found: Catalog) -> dict[str, list[str]]:
    return {" / ".join(texts(each.id)): texts(each.string) for each in found if each.id}


@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_catalogue_has_every_word_of_the_code_and_no_other(tmp_path: Path, language: str) -> None:
    copy = tmp_path / "project"
    shutil.copytree(
        ROOT / "comanda", copy / "comanda", ignore=shutil.ignore_patterns("gazetteer", "__pycache__", "*.mo")
    )
    shutil.copytree(ROOT / "scripts", copy / "scripts")
    found = subprocess.run(
        ["sh", copy / "scripts" / "messages.sh", sys.executable], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    with (copy / "comanda" / "web" / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        fresh = {(each.context, str(each.id)) for each in read_po(file) if each.id}
    assert fresh == {(each.context, str(each.id)) for each in catalogue(language) if each.id}


def test_the_words_of_the_code_go_by_a_name_that_is_looked_for() -> None:
    """`_` for gettext, or the functions' own names: words under any other name are in no catalogue, and nobody says so."""
    for path in (ROOT / "comanda").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
                renamed = {(each.name, each.asname) for each in node.names if each.asname}
                assert renamed <= {("gettext", "_"), ("gettext_lazy", "_")}, path


def test_no_two_plurals_share_a_singular() -> None:
    """The catalogue keeps one plural of a singular: the other is shown as it is written, in Spanish."""
    plurals: dict[tuple[str, str], set[str]] = {}
    block = r"{% blocktranslate\b([^%]*)%}((?:(?!{% endblock).)*?){% plural %}(.*?){% endblocktranslate"
    for path in (ROOT / "comanda").rglob("*.html"):
        for options, singular, plural in re.findall(block, path.read_text(encoding="utf-8"), re.DOTALL):
            context = re.search(r'context "(.*?)"', options)
            plurals.setdefault((context[1] if context else "", singular), set()).add(plural)
    code = r'ngettext(?:_lazy)?\(\s*"([^"]*)",\s*"([^"]*)"'
    for path in (ROOT / "comanda").rglob("*.py"):
        for singular, plural in re.findall(code, path.read_text(encoding="utf-8")):
            plurals.setdefault(("", singular), set()).add(plural)
    assert len(plurals) > 50
    assert not {key: found for key, found in plurals.items() if len(found) > 1}


class Words(HTMLParser):
    """The words of a page that its reader sees or hears, without what is said to be in Spanish."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.deep: list[bool] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        silent = tag in ("script", "style", "pre") or given.get("lang") == "es"
        if tag not in (
            "input",
            "img",
            "meta",
            "link",
            "br",
            "hr",
            "path",
            "circle",
            "rect",
            "line",
            "source",
            "wbr",
            "col",
        ):
            self.deep.append(silent or bool(self.deep and self.deep[-1]))
        for name in ("aria-label", "title", "placeholder", "alt"):
            if value := given.get(name):
                self.handle_data(value)

    def handle_endtag(self, tag: str) -> None:
        if self.deep:
            self.deep.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not (self.deep and self.deep[-1]):
            self.found.append(" ".join(data.split()))


SPANISH = re.compile(
    r"\b(A medida|el|la|los|las|una?|que|está|para|con|tu|pedidos?|todavía|hace|desde|ningún|productos?|tienda|clave|correo)\b",
    re.I,
)
DATA = re.compile(
    r"Tienda Uno|[\w-]+\.myshopify\.com|El Salvador|La Paz|«[^»]*»|“[^”]*”|\S+@\S+|Faja \w+|Calle[^,<]*|Medellín"
    r"|Antioquia|María José \w+|Pago contra \w+"
)
# What stays as merchants of Latin America type it: names of cash on delivery, headers of sheets, paths.
AS_IS = re.compile(r"contra|pago|paga|efectivo|entrega|producto,|^/|https?://")


@pytest.fixture
def reader(transactional_db: None) -> tuple[Shop, Client]:
    shop = Shop("Ana")
    client = person(shop.cast, "ana.english@example.com")
    User.objects.filter(email="ana.english@example.com").update(language="en")
    return shop, client


def heard(html: str) -> list[str]:
    words = Words()
    words.feed(html)
    return words.found


def spanish(html: str) -> list[str]:
    return [each for each in heard(html) if SPANISH.search(DATA.sub("", each)) and not AS_IS.search(each)]


def test_no_page_has_a_spanish_word_for_an_english_reader(reader: tuple[Shop, Client]) -> None:
    shop, client = reader
    left: dict[str, list[str]] = {}
    seen = 0
    for route, names in ROUTES:
        if route.startswith(("api/", "invitacion/")) or (set(names) - set(PUBLIC) and not shop_ids(shop, route)):
            continue
        answer = client.get(filled(route, names, shop_ids(shop, route)))
        if answer.status_code == 200 and "html" in answer.headers["Content-Type"]:
            seen += 1
            html = answer.content.decode()
            if found := spanish(html) + [each for each in heard(html) if "«" in each]:
                left[route] = found
    assert seen > 40 and len(CLOSED) > 40
    assert not left


def test_what_a_page_says_of_its_rows_is_english_too(reader: tuple[Shop, Client]) -> None:
    """The fields of a mapping, chosen wrongly also; several orders run again, held, and variants of a catalogue."""
    shop, client = reader
    for number in (80, 81):
        call(shop.tool, json.dumps(foreign(folio=number)).encode(), JSON)
    shop.cast.product("Termo", sku="TER-1")
    for _ in range(2):
        shop.cast.send(shop.cast.order(currency="USD"))
    client.post("/historial/reintentar/", {"cause": "currency_unexpected"})
    fields = f"/configuraciones/integracion/{shop.tool.pk}/campos/"
    pages = [client.get(path, follow=True) for path in ("/reintentos/", "/rechazos/", "/productos/", fields)]
    typed = {"order.external_id": "folio[", "lines": "folio", "line.title": "nada(@)", "order.total": "total(folio)"}
    chosen = dict.fromkeys(typed, "=") | {f"{name}.text": text for name, text in typed.items()}
    pages.append(client.post(fields, chosen))
    for answer in pages:
        left = {each for each in spanish(answer.content.decode()) if not re.match(r"productos?(\[0\]\.| · |$)", each)}
        assert answer.status_code == 200 and not left, answer.request["PATH_INFO"]  # beside the sample's own names
    assert "Number the customer sees" in client.get(fields).content.decode()
    assert "2 orders" in client.get("/reintentos/").content.decode()


def test_a_tool_of_ones_own_has_an_english_name(reader: tuple[Shop, Client]) -> None:
    """Wherever a builder is named: its cards, its wizard, its history, the search, and a problem's sentence."""
    shop, client = reader
    tool, builder = shop.tool.pk, "/configuraciones/integraciones/custom/"
    intake = shop.cast.send((ROOT / "comanda/connectors/custom/fixtures/order.json").read_bytes())
    assert intake.cause == "wrong_builder"
    shop.cast.post(b'{"external_id": "7", "lines": []}', secret="otra")
    pages = [builder, f"{builder}nueva/", f"{builder}historial/", "/configuraciones/integraciones/", "/"]
    pages += [f"/configuraciones/integracion/{tool}/{place}" for place in ("", "campos/", "conectar/url/")]
    pages += [f"/historial/{intake.pk}/", f"/historial/{intake.pk}/1/read/", "/historial/", "/rechazos/", "/ayuda/"]
    pages += ["/buscar/?q=99999", f"/configuraciones/integracion/{shop.cast.shop.pk}/", "/configuraciones/registro/"]
    for path in pages:
        html = client.get(path, follow=True).content.decode()
        left = [each for each in heard(html) if "medida" in each or "«" in each]
        assert not left, (path, left)
    assert "Custom" in client.get(builder).content.decode()
    assert "A medida" in person(shop.cast, "ana.espanol@example.com").get(builder).content.decode()


def shop_ids(shop: Shop, route: str) -> str:
    """A row of the shop for what a route names; empty where there is none."""
    if route.startswith("historial/"):
        return str(shop.failed.pk)
    if "integracion/" in route:
        return str(shop.cast.shop.pk)
    if route.startswith("productos/por-vincular/"):
        return shop.row(StoreVariant, key="v:9")
    return str(shop.cast.faja.product_id) if route.startswith("productos/{id}") else ""


def test_whoever_comes_reads_in_the_language_of_their_browser(cast: Cast) -> None:
    for asked, word in (("en-US,en;q=0.9", "Log in"), ("es-CO", "Entrar"), ("fr-FR", "Entrar")):
        assert word in Client().get("/cuenta/login/", headers={"Accept-Language": asked}).content.decode()


def test_the_language_is_kept_with_the_person(cast: Cast) -> None:
    ana = person(cast)
    ana.post("/idioma/", {"language": "en", "next": "/pedidos/"})
    assert User.objects.get().language == "en"
    elsewhere = Client(headers={"Accept-Language": "es"})
    elsewhere.force_login(User.objects.get())
    assert '<html lang="en">' in elsewhere.get("/").content.decode()
    assert ana.post("/idioma/", {"language": "en", "next": "https://otro.example/"})["Location"] == "/"
