"""The merchant's screens: the way of the guide, what is done there, and what nobody else sees."""

import base64
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comanda.accounts.models import AuditEntry, Member, User
from comanda.catalogue.models import StoreVariant
from comanda.history.models import Intake
from tests.cast import Cast
from tests.test_versions import lines


def person(cast: Cast, email: str = "ana@example.com", role: str = "owner") -> Client:
    """A browser of somebody who is logged in."""
    user = User.objects.create_user(email, "una-clave-larga-9")
    Member.objects.create(account=cast.account, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


def unlinked(cast: Cast, **changes: Any) -> Intake:
    return cast.send(cast.order(line_items=lines(cast, sku=None, variant_id=9, title="Masajeador"), **changes))


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()


def hrefs(html: str, words: str) -> list[str]:
    """Where the links with these words (or this label) in them lead."""
    found = re.findall(r'<a [^>]*?href="([^"]+)"([^>]*)>(.*?)</a>', html, re.DOTALL)
    return [
        href.replace("&amp;", "&") for href, rest, inside in found if words in re.sub(r"<[^>]+>", "", inside) + rest
    ]


def test_the_way_of_the_guide(cast: Cast) -> None:
    """Log in; Configuraciones, the last of the menu; Integraciones; the builder's card; Historial; the order; its steps; 👁."""
    user = User.objects.create_user("ana@example.com", "una-clave-larga-9")
    Member.objects.create(account=cast.account, user=user, role="owner")
    unlinked(cast, name="#1042")
    client = Client()
    entrance = client.get("/")
    assert (entrance.status_code, entrance["Location"]) == (302, "/cuenta/login/?next=/")
    login = client.post("/cuenta/login/", {"login": "ana@example.com", "password": "una-clave-larga-9"})
    assert (login.status_code, login["Location"]) == (302, "/")

    home = page(client, "/")
    menu = re.findall(r'<a class="item" href="([^"]+)"', home.partition("</nav>")[0])
    assert menu[-1] == "/configuraciones/"
    cards = client.get(menu[-1], follow=True).content.decode()
    (shopify,) = hrefs(cards, "Integraciones de Shopify")
    (history, *_) = hrefs(page(client, shopify), "Historial")
    (order,) = hrefs(client.get("/historial/").content.decode(), "#1042")
    assert client.get(history)["Location"] == f"/historial/?integration={cast.shop.pk}"
    steps = page(client, order)
    assert steps.count("Exitoso") == 4 and "Fallido" in steps
    window = page(client, hrefs(steps, "Ver Vincular productos")[0])
    assert "«Masajeador / M» no está vinculado" in window and "Datos de salida" in window
    assert "Vincúlalo una vez" in window


NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def test_what_a_store_sends_is_never_markup(cast: Cast, ana: Client) -> None:
    order = cast.order(
        name=NASTY, note=NASTY, line_items=lines(cast, sku=NASTY, variant_id=9, title=NASTY, variant_title=NASTY)
    )
    order["shipping_address"] |= {"name": NASTY, "first_name": NASTY, "city": NASTY, "address1": NASTY}
    found = cast.send(order | {"email": NASTY})
    paths = ["/", "/historial/", f"/historial/{found.pk}/", "/productos/por-vincular/", f"/buscar/?q={NASTY}"]
    paths += [
        f"/historial/{found.pk}/1/{step}/{side}"
        for step in ("read", "check", "match")
        for side in ("", "?lado=entrada")
    ]
    for path in paths:
        html = page(ana, path)
        assert "<script>alert" not in html and "<img src=x" not in html, path


def test_empty_places_say_the_next_step(ana: Client) -> None:
    assert "Haz un pedido de prueba en tu tienda" in page(ana, "/historial/")
    assert "Todavía no hay pedidos registrados" in page(ana, "/pedidos/")
    assert "Primeros pasos" in page(ana, "/")
    assert "Ningún pedido coincide" in page(ana, "/historial/?status=review")


def test_what_is_not_there_is_said(ana: Client) -> None:
    for path in (
        "/historial/no-es-un-id/",
        "/historial/01a20b00-0000-7000-8000-000000000000/",
        "/configuraciones/integraciones/nadie/",
    ):
        page(ana, path, 404)
    early = base64.urlsafe_b64encode(b"0001-01-01T00:00:00+14:00|01a20b00-0000-7000-8000-000000000000").decode()
    for path in ("/historial/", "/pedidos/"):
        page(ana, f"{path}?cursor=x", 404)
        page(ana, f"{path}?cursor={early}", 404)


def test_what_nobody_foresaw_is_said_in_our_words(ana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("nobody foresaw it")

    monkeypatch.setattr("comanda.web.views.support.access", breaks)
    ana.raise_request_exception = False
    answer = ana.get("/soporte/")
    assert answer.status_code == 500 and "Algo falló de nuestro lado" in answer.content.decode()
    answer = ana.get("/", headers={"Host": "otra.example"})
    assert answer.status_code == 400 and "No pudimos leer lo que envió tu navegador" in answer.content.decode()


def test_somebody_with_two_accounts_works_in_one_at_a_time(cast: Cast, ana: Client) -> None:
    """What is done is done, and written down, in the account that is looked at."""
    other = Cast("Berta")
    Member.objects.create(account=other.account, user=User.objects.get(), role="owner")
    unlinked(cast, name="#7001"), unlinked(other, name="#7002")
    assert "#7001" in page(ana, "/historial/") and "#7002" not in page(ana, "/historial/")
    html = ana.post("/configuraciones/cuenta/", {"account": str(other.account.pk)}, follow=True).content.decode()
    assert f'value="{other.account.pk}" aria-current="true"' in html
    assert "#7002" in page(ana, "/historial/") and "#7001" not in page(ana, "/historial/")
    row = StoreVariant.objects.get(account=other.account, key="v:9")
    ana.post(f"/productos/por-vincular/{row.pk}/vincular/", {"variant": str(other.faja.pk), "quantity": "1"})
    assert AuditEntry.objects.get(action="link").account_id == other.account.pk == row.link.account_id
    strange = Cast("Carla")
    ana.post("/configuraciones/cuenta/", {"account": str(strange.account.pk)})
    assert "#7001" in page(ana, "/historial/")


def test_who_is_there_is_asked_once(cast: Cast, ana: Client) -> None:
    """Of somebody with two accounts too, and on the pages that are open to whoever comes."""
    other = Cast("Berta")
    Member.objects.create(account=other.account, user=User.objects.get(), role="owner")
    for path in (
        "/",
        "/historial/",
        "/configuraciones/integraciones/",
        "/ayuda/",
        "/ayuda/guias/shopify/",
        "/cuenta/password/change/",
    ):
        with CaptureQueriesContext(connection) as asked:
            page(ana, path)
        assert len([each for each in asked.captured_queries if "comanda_member" in each["sql"]]) == 1, path
