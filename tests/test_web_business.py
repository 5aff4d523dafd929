"""Negocio: what an account is and chooses, each mistake said at its field; Registro: who did what, with the difference."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

import comanda
from comanda.accounts.access import by_operator, new_api_token
from comanda.accounts.models import Account, AuditEntry
from comanda.accounts.region import countries, currencies, zones
from comanda.accounts.team import change_role
from comanda.history.models import Attempt, Intake
from comanda.integrations.connect import rotate
from comanda.orders.models import Order
from comanda.web.deeds import DEEDS, GROUPS
from tests.cast import Cast
from tests.test_api import Api
from tests.test_web import ana, page, person  # noqa: F401 (a fixture)

PATH, LOG = "/configuraciones/negocio/", "/configuraciones/registro/"


def save(client: Client, **given: str) -> str:
    answer = client.post(PATH, given, follow=True)
    assert answer.redirect_chain, re.findall(r'class="fault">([^<]+)', answer.content.decode())
    return answer.content.decode()


def faults(client: Client, **given: str) -> dict[str, str]:
    """By its field, what is said to be wrong."""
    answer = client.post(PATH, given)
    assert answer.status_code == 400
    html = answer.content.decode()
    about = re.findall(r'name="(\w+)"[^>]*aria-describedby="([\w-]+)" aria-invalid="true"', html)
    return {name: re.findall(rf'id="{id_}">\s*<p class="fault">([^<]+)', html)[0] for name, id_ in about}


def test_what_the_business_is_and_chooses(cast: Cast, ana: Client) -> None:  # noqa: F811
    html = page(ana, PATH)
    assert "contra entrega" in html and 'id="soporte"' in html and "America/Bogota" in html
    given = {
        "name": "  Tienda  de Ana ",
        "country": "MX",
        "currency": "mxn",
        "timezone": "America/Tijuana",
        "support": "Ayuda@tienda.example",
        "stock": "block",
        "price": "warn",
        "cod_methods": "Pagas en casa\r\n\r\n",
        "group_minutes": "15",
    }
    assert "Guardado" in save(ana, **given)
    row = Account.objects.get()
    assert (row.name, row.country, row.currency, row.timezone, row.support) == (
        "Tienda de Ana", "MX", "MXN", "America/Tijuana", "Ayuda@tienda.example",
    )  # fmt: skip
    assert (row.stock_policy, row.price_policy, row.cod_methods, row.group_minutes) == (
        "block", "warn", "Pagas en casa", 15,
    )  # fmt: skip
    entry = AuditEntry.objects.get(action="choose")
    assert entry.difference["country"] == ["CO", "MX"] and entry.difference["stock"] == ["warn", "block"]
    assert "price" not in entry.difference and entry.actor.endswith("ana@example.com")
    assert "mailto:Ayuda%40tienda.example" in page(ana, "/soporte/")


def test_what_was_chosen_is_taken_back(cast: Cast, ana: Client) -> None:  # noqa: F811
    html = save(ana, cod_methods="Uno\nDos", stock="block")
    form = re.search(r'<form method="post" action="/configuraciones/negocio/">(.*?)</form>', html, re.DOTALL)
    assert form
    former = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[1]))
    assert former.pop("stock") == "warn" and "csrfmiddlewaretoken" in former
    save(ana, stock="warn", cod_methods=former["cod_methods"])
    row = Account.objects.get()
    assert (row.stock_policy, "contra entrega" in row.cod_methods) == ("warn", True)
    assert "nada que guardar" in save(ana, stock="warn")
    assert AuditEntry.objects.count() == 2


def test_every_mistake_is_said_at_its_field_and_what_was_typed_stays(cast: Cast, ana: Client) -> None:  # noqa: F811
    given = {
        "name": "12345",
        "country": "ZZ",
        "currency": "pesos",
        "timezone": "Bogotá",
        "support": "javascript:alert(1)",
        "cod_methods": "¡!",
        "group_minutes": "-3",
    }
    found = faults(ana, **given)
    assert found.keys() == given.keys()
    assert "1440" in found["group_minutes"] and "correo" in found["support"]
    html = ana.post(PATH, given).content.decode()
    for value in ("12345", "javascript:alert(1)", "¡!", "-3"):
        assert value in html
    assert "Nada se guardó: revisa los 7 datos marcados" in html
    assert ana.post(PATH, {"stock": "todo"}).status_code == 400
    assert Account.objects.get().name == "Ana" and AuditEntry.objects.count() == 0


def test_a_name_that_is_taken_is_said(cast: Cast, ana: Client) -> None:  # noqa: F811
    Cast("Berta")
    assert "Ya hay una cuenta" in faults(ana, name="berta")["name"]
    assert "Guardado" in save(ana, name="ANA")


@pytest.mark.parametrize(
    ("typed", "kept", "href"),
    [
        ("300 123 4567", "+57 300 1234567", "https://wa.me/573001234567?"),
        ("+52 55 1234 5678", "+52 55 1234 5678", "https://wa.me/525512345678?"),
        ("tutienda.com/ayuda", "https://tutienda.com/ayuda", "https://tutienda.com/ayuda"),
        ("http://ayuda.example", "http://ayuda.example", "http://ayuda.example"),
        ("", "", None),
    ],
)
def test_a_contact_is_a_mail_a_telephone_or_a_page(
    cast: Cast, ana: Client, typed: str, kept: str, href: str | None  # noqa: F811
) -> None:  # fmt: skip
    save(ana, support=typed)
    assert Account.objects.get().support == kept
    html = page(ana, "/soporte/")
    assert f'href="{href}' in html if href else "todavía no dice" in html


@pytest.mark.parametrize(
    "typed",
    ["ana@", "123", "+57 12", "tienda", "ftp://tienda.example", "javascript:x.y", "data:text/html,a.b", "a@b@c.co"],
)
def test_what_is_no_contact_is_refused(cast: Cast, ana: Client, typed: str) -> None:  # noqa: F811
    assert faults(ana, support=typed).keys() == {"support"}
    assert Account.objects.get().support == ""


def test_the_same_by_the_api_and_the_command_line(cast: Cast) -> None:
    from tests.cast import command

    api = Api(new_api_token(cast.account, "api"))
    status, answer = api("PATCH", "/account", {"support": "300 123 4567", "timezone": "America/Lima"})
    assert (status, answer["support"], answer["timezone"]) == (200, "+57 300 1234567", "America/Lima")
    command("account", "set", "Ana", "--name", "Ana María", "--currency", "usd", "--timezone", "", "--json")
    row = Account.objects.get()
    assert (row.name, row.currency, row.timezone) == ("Ana María", "USD", "")
    for field, value in (
        ("name", ""),
        ("country", "XX"),
        ("currency", "PESO"),
        ("timezone", "Mars/One"),
        ("support", "x"),
    ):
        status, answer = api("PATCH", "/account", {field: value})
        assert (status, answer["error"]["facts"]) == (400, {"field": field})


def test_what_a_choice_stopped_is_looked_at_again(cast: Cast, ana: Client) -> None:  # noqa: F811
    """A currency and a policy wake what they stopped, as the names of cash on delivery do; nothing else runs again."""
    foreign = cast.send(cast.order(currency="USD"))
    assert foreign.cause == "currency_unexpected"
    assert "1 pedido se revisa de nuevo" in save(ana, currency="USD")
    cast.work()
    foreign.refresh_from_db()
    assert (foreign.status, Attempt.objects.filter(trigger="choices").count()) == ("registered", 1)
    assert "porque cambió la configuración del negocio" in page(ana, f"/historial/{foreign.pk}/")
    save(ana, currency="COP", stock="block")
    cast.faja.stock = 0
    cast.faja.save()
    stopped = cast.send()
    assert stopped.cause == "out_of_stock"
    assert "1 pedido se revisa de nuevo" in save(ana, stock="warn")
    cast.work()
    assert Order.objects.count() == 2 and not Intake.objects.exclude(status="registered").exists()


@pytest.mark.parametrize("said", ["9" * 19, "9" * 5000, "x", ""])
def test_an_account_that_is_none_of_theirs_changes_nothing(ana: Client, said: str) -> None:  # noqa: F811
    assert ana.post("/configuraciones/cuenta/", {"account": said}).status_code == 302
    page(ana, "/pedidos/")


def test_support_sees_and_changes_nothing(cast: Cast) -> None:
    support = person(cast, "soporte@example.com", "support")
    html = page(support, PATH)
    assert "solo para ver" in html and "<fieldset" in html and " disabled" in html and "Guardar</button>" not in html
    assert support.post(PATH, {"stock": "block"}).status_code == 403
    page(support, LOG, 403)
    assert AuditEntry.objects.count() == 0


def test_the_lists_to_choose_from() -> None:
    assert next(iter(countries("es"))) == "AR" and countries("en")["BR"] == "Brazil"
    assert zones("CO") == ["America/Bogota"] and zones("MX")[0] == "America/Mexico_City" and len(zones("MX")) > 9
    assert next(iter(currencies("EC", "es"))) == "USD" and currencies("CO", "es")["COP"] == "peso colombiano"
    assert "Europe/Lisbon" in zones("PT") and "COP" in currencies("PT", "es")


@override_settings(SUPPORT="ayuda@operador.example")
def test_the_installations_support_is_named_where_there_is_none(cast: Cast, ana: Client) -> None:  # noqa: F811
    assert "Vacío: ayuda@operador.example" in page(ana, PATH)


def test_an_account_of_elsewhere_keeps_what_it_has(cast: Cast, ana: Client) -> None:  # noqa: F811
    """Made by the command line with a country and a currency that are not on the lists."""
    Account.objects.update(country="PT", currency="GBP", timezone="Europe/Lisbon")
    html = page(ana, PATH)
    for option in ("PT", "GBP", "Europe/Lisbon"):
        assert re.search(rf'<option value="{option}" selected', html), option
    save(ana, country="PT", currency="GBP", timezone="Europe/Lisbon", stock="block")
    assert Account.objects.get().country == "PT"


def deeds(html: str) -> list[str]:
    """The words of each entry, without its technical detail."""
    rows = re.findall(r'<li class="pad line deed">(.*?)<details', html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def test_the_log_says_who_did_what(cast: Cast, ana: Client) -> None:  # noqa: F811
    order = cast.order(name="#1042")
    order["shipping_address"] |= {"phone": "310 555"}
    failed = cast.send(order)
    ana.post(f"/historial/{failed.pk}/corregir/", {"phone": "3105550101"})
    save(ana, stock="block")
    by_operator(cast.account).audit("switch", f"integration:{cast.shop.pk}", active=False)
    first, second, third = deeds(page(ana, LOG))
    assert first.startswith("El operador · Apagó la integración «Tienda Uno · Shopify»") and "Activo" not in first
    assert "ana@example.com · Cambió el negocio" in second
    assert "Inventario: registrar y avisar → detener el pedido" in second
    assert "Corrigió el pedido «#1042»" in third and "Teléfono: 310 555 → 3105550101" in third
    user = AuditEntry.objects.get(action="choose").actor.partition(" ")[0]
    assert len(deeds(page(ana, f"{LOG}?de={user}"))) == 2
    assert len(deeds(page(ana, f"{LOG}?de=operator"))) == 1
    assert len(deeds(page(ana, f"{LOG}?tipo=pedidos"))) == 1
    assert len(deeds(page(ana, f"{LOG}?tipo=negocio&de={user}"))) == 1
    assert "Ningún cambio coincide" in page(ana, f"{LOG}?tipo=equipo")
    assert "Alguien que ya no está" in page(ana, f"{LOG}?de=user:999999")


def test_the_log_goes_on_where_it_ended_and_asks_no_more_for_many(
    cast: Cast, ana: Client, django_assert_max_num_queries: Any  # noqa: F811
) -> None:  # fmt: skip
    who = by_operator(cast.account)
    for number in range(45):
        who.audit("add", f"product:{cast.faja.product_id}", number=number)
        who.audit("switch", f"integration:{cast.shop.pk}", active=bool(number % 2))
    with django_assert_max_num_queries(14):
        html = page(ana, LOG)
    assert len(deeds(html)) == 40
    more = re.findall(r'hx-get="(\?antes=\d+)"', html)[0]
    rest = ana.get(LOG + more, headers={"HX-Request": "true"}).content.decode()
    assert len(deeds(rest)) == 40 and "<html" not in rest
    assert {row.split("antes=")[1] for row in re.findall(r"\?antes=\d+", rest)} != {more.split("=")[1]}
    assert len(deeds(page(ana, LOG + more))) == 40  # without a script it is a page of its own
    page(ana, f"{LOG}?antes=x", 404)


def test_the_log_is_ones_own_and_never_markup(cast: Cast, ana: Client) -> None:  # noqa: F811
    other = Cast("Berta")
    by_operator(other.account).audit("add", "product:1", name="de Berta")
    nasty = "<script>alert(1)</script>"
    by_operator(cast.account).audit("nueva", "cosa:zzz", **{nasty: nasty, "name": (nasty, nasty)})
    by_operator(cast.account).audit("correct", "intake:no-es-un-id", field=nasty, old=nasty, new=nasty)
    html = page(ana, LOG)
    assert "de Berta" not in html and nasty not in html and "&lt;script&gt;" in html
    assert len(deeds(html)) == 2


def audited() -> set[tuple[str, str]]:
    """The kind of each target that the code writes down, and what was done to it: `audit("…", f"…:`."""
    found = {("intake", "reveal")}  # by a door of its own
    for path in Path(comanda.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= {(kind, action) for action, kind in re.findall(r'audit\(\s*"(\w+)",\s*f?"(\w+)', text)}
    return found


def test_every_deed_of_the_code_has_words() -> None:
    found = audited()
    assert len(found) > 25
    assert not found - DEEDS.keys()
    assert {kind for kind, _ in DEEDS} <= {kind for _, kinds in GROUPS.values() for kind in kinds}


def test_what_the_log_keeps_is_written_as_people_write_it(cast: Cast, ana: Client) -> None:  # noqa: F811
    who = by_operator(cast.account)
    until = rotate(who, cast.shop)
    who.audit("connect", "integration:0", platform="custom", name="Mi CRM")
    who.audit("switch", f"integration:{cast.shop.pk}", active=True)
    who.audit("export", "history", status="failed", q="maria", integration=str(cast.shop.pk))
    exported, on, connected, rotated = deeds(page(ana, LOG))
    assert "Estado: Fallido" in exported and "status" not in exported
    assert "Integración: «Tienda Uno · Shopify»" in exported
    assert "Encendió la integración" in on and "Constructor: A medida" in connected
    assert (
        "La URL de antes sirve hasta: " in rotated and "(Bogotá)" in rotated and until.isoformat()[:10] not in rotated
    )
    ana.post("/idioma/", {"language": "en", "next": "/"})
    html = " ".join(deeds(page(ana, LOG)))
    assert "Status: Failed" in html and "Builder: Custom" in html and "Turned on the integration" in html


def test_roles_are_words_in_the_log(cast: Cast, ana: Client) -> None:  # noqa: F811
    person(cast, "berta@example.com", "member")
    from comanda.accounts.models import User

    change_role(by_operator(cast.account), User.objects.get(email="berta@example.com").pk, "owner")
    (said,) = deeds(page(ana, LOG))
    assert "berta@example.com" in said and "Puede: Miembro → Dueño" in said
