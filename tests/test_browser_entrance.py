"""The entrance in a real browser: by invitation, by password, by codes, by a passkey; at a desk, on a phone, without a script."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import PHONE, accessible, chromium, enter, no_wider_than_the_screen, visit
from tests.installation import Installation
from tests.pages import code_of, holder

EMAIL, PASSWORD, OTHER = "ana@example.com", "una-clave-larga-9", "cuatro palabras bien juntas"
SETTINGS = ("negocio", "registro", "equipo", "api", "acceso")


@pytest.fixture
def place(installation: Installation) -> Installation:
    """With an account of Ana's, reached by name: passkeys refuse 127.0.0.1."""
    installation.env["COMANDA_BASE_URL"] = at(installation)
    installation.hook()
    return installation


def at(installation: Installation) -> str:
    return f"http://localhost:{installation.port}"


def leave(page: Page) -> None:
    page.locator(".who").click()
    page.get_by_role("button", name="Salir").click()
    expect(page.get_by_role("heading", name="Entrar")).to_be_visible()


def confirm(page: Page) -> None:
    expect(page.get_by_role("heading", name="Confirma que eres tú")).to_be_visible()
    accessible(page)
    page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirmar").click()


def test_a_passkey_is_made_used_named_and_removed(place: Installation) -> None:
    with place.serving(), chromium() as browser, visit(browser, at(place)) as page:
        session, number = holder(page)
        enter(page, EMAIL, PASSWORD)
        page.goto("/configuraciones/acceso/")
        page.get_by_role("link", name="Agregar una llave").click()
        confirm(page)
        accessible(page)
        page.get_by_label("Nombre, para distinguirla").fill("Mi portátil")
        page.get_by_role("button", name="Agregar", exact=True).click()
        expect(page.get_by_role("heading", name="Códigos de recuperación")).to_be_visible()
        accessible(page)
        page.get_by_role("link", name="Ya los guardé").click()
        expect(page.locator("#llaves")).to_contain_text("Mi portátil")
        leave(page)

        page.goto("/cuenta/login/?next=/productos/")
        page.get_by_role("button", name="Entrar con una llave de acceso").click()
        page.wait_for_url(lambda url: url.endswith("/productos/") and "login" not in url)
        page.goto("/configuraciones/acceso/")
        page.get_by_role("link", name="Cambiar el nombre de Mi portátil").click()
        page.wait_for_url(re.compile("reauthenticate|edit"))
        if "reauthenticate" in page.url:
            confirm(page)
        page.get_by_label("Nombre", exact=True).fill("Oficina")
        page.get_by_role("button", name="Guardar").click()
        expect(page.locator("#llaves")).to_contain_text("Oficina")

        session.send("WebAuthn.clearCredentials", {"authenticatorId": number})  # deleted on the machine alone
        page.goto("/cuenta/reauthenticate/?next=/configuraciones/acceso/")
        page.get_by_role("link", name="Con una llave de acceso").click()
        page.get_by_role("button", name="Usar mi llave de acceso").click()
        expect(page.get_by_role("alert")).to_contain_text(
            "No se completó", timeout=20_000
        )  # on the page, not in the console
        accessible(page)
        page.goto("/configuraciones/acceso/")
        page.get_by_role("link", name="Quitar Oficina").click()
        page.get_by_role("button", name="Quitarla").click()
        expect(page.get_by_role("status")).to_contain_text("Quitaste la llave de acceso")
        expect(page.get_by_role("link", name="Quitar Oficina")).to_have_count(0)


def test_codes_of_a_telephone_are_asked_for(place: Installation) -> None:
    with place.serving(), chromium() as browser, visit(browser, at(place)) as page:
        enter(page, EMAIL, PASSWORD)
        page.goto("/configuraciones/acceso/")
        page.get_by_role("link", name="Activar").click()
        confirm(page)
        picture = page.get_by_role("img", name="Código QR")
        assert picture.evaluate("each => each.complete && each.naturalWidth") > 0  # the policy lets it through
        accessible(page)
        secret = page.locator("#totp-secret").input_value()
        page.get_by_label("Escribe el código").fill("000000")
        page.get_by_role("button", name="Activar").click()
        expect(page.get_by_text("El código no es correcto")).to_be_visible()
        assert page.locator("#totp-secret").input_value() == secret
        page.get_by_label("Escribe el código").fill(code_of(secret, -1))
        page.get_by_role("button", name="Activar").click()
        expect(page.get_by_role("status").first).to_contain_text("El segundo paso está activo")
        leave(page)
        page.get_by_label("Correo").fill(EMAIL)
        page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Entrar", exact=True).click()
        expect(page.get_by_role("heading", name="Segundo paso")).to_be_visible()
        accessible(page)
        page.get_by_label("Código").fill(code_of(secret))
        page.get_by_role("button", name="Entrar", exact=True).click()
        expect(page.locator(".who")).to_be_visible()


def test_a_newcomer_follows_the_link_on_a_phone(place: Installation) -> None:
    with place.serving(), chromium() as browser:
        with visit(browser, at(place)) as page:
            enter(page, EMAIL, PASSWORD)
            page.goto("/configuraciones/equipo/")
            page.get_by_label("Su correo").fill("berta@example.com")
            page.get_by_role("radio", name="Soporte").check()
            page.get_by_role("button", name="Invitar").click()
            accessible(page)
            link = page.get_by_label("Enlace de la invitación").input_value()
        assert link.startswith(f"{at(place)}/invitacion/")
        with visit(browser, at(place), viewport=PHONE) as page:
            page.goto(link)
            no_wider_than_the_screen(page)
            accessible(page)
            secret = page.get_by_label("Elige una contraseña")
            secret.fill(OTHER)
            page.get_by_role("button", name="Mostrar").click()
            expect(secret).to_have_attribute("type", "text")
            page.get_by_role("button", name="Entrar a Comanda").click()
            expect(page.get_by_role("status")).to_contain_text("Ya estás en «Ana» como Soporte")
            for name in ("negocio", "equipo", "api", "acceso"):
                page.goto(f"/configuraciones/{name}/")
                no_wider_than_the_screen(page)
                accessible(page)
            expect(page.get_by_text("Soporte en «Ana»")).to_be_visible()


UGLY: dict[str, Any] = {
    "name": "Tienda 💥 <script>alert(1)</script> مشد للخصر " + "LaTiendaDeLosProductosMasLargos" * 2,
    "email": "una.direccion.de.correo.larguisima.que.nadie.quiere.escribir@subdominio.de.una.empresa.example",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_settings_fits_a_phone(place: Installation, scheme: str) -> None:
    """With names that are long and odd; each page is read by axe, in light and in dark."""
    name = UGLY["name"][:120]
    place.run("account", "set", "Ana", "--name", name)
    place.run("token", "create", "--account", "1", "--name", UGLY["name"])
    with place.serving(), chromium() as browser, visit(browser, at(place), viewport=PHONE, color_scheme=scheme) as page:
        page.goto("/cuenta/login/")
        no_wider_than_the_screen(page), accessible(page)
        enter(page, EMAIL, PASSWORD)
        page.goto("/configuraciones/equipo/")
        page.get_by_label("Su correo").fill(UGLY["email"])
        page.get_by_role("button", name="Invitar").click()
        no_wider_than_the_screen(page), accessible(page)
        for each in SETTINGS:
            page.goto(f"/configuraciones/{each}/")
            no_wider_than_the_screen(page), accessible(page)
        expect(page.get_by_text(name[:40])).not_to_have_count(0)


def test_without_a_script_everything_is_done_by_forms(place: Installation) -> None:
    with place.serving(), chromium() as browser, visit(browser, at(place), java_script_enabled=False) as page:
        enter(page, EMAIL, PASSWORD)
        page.goto("/configuraciones/negocio/")
        page.get_by_label("Contacto de soporte").fill("nada de esto")
        page.get_by_label("Unir los pedidos").fill("99999")
        page.get_by_role("button", name="Guardar").click()
        expect(page.get_by_text("No es un correo, un teléfono ni una página")).to_be_visible()
        expect(page.get_by_label("Contacto de soporte")).to_have_value("nada de esto")
        page.get_by_label("Contacto de soporte").fill("300 123 4567")
        page.get_by_label("Unir los pedidos").fill("15")
        page.get_by_role("button", name="Guardar").click()
        expect(page.get_by_role("status")).to_contain_text("Guardado")
        page.get_by_role("button", name="Deshacer").click()
        expect(page.get_by_label("Unir los pedidos")).to_have_value("0")

        page.goto("/configuraciones/api/")
        page.get_by_label("Nombre").fill("Bodega")
        page.get_by_role("button", name="Hacer la clave").click()
        assert page.get_by_label("Clave", exact=True).input_value().startswith("cmd_")
        page.get_by_role("link", name="Revocar Bodega").click()
        page.get_by_role("button", name="Revocar").click()
        expect(page.get_by_role("status")).to_contain_text("«Bodega» ya no abre nada")

        page.goto("/configuraciones/acceso/")
        page.get_by_role("button", name="English").last.click()
        expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_window_asks_before_a_token_goes_and_keys_go_all_the_way(place: Installation) -> None:
    place.run("token", "create", "--account", "Ana", "--name", "Informes")
    with place.serving(), chromium() as browser, visit(browser, at(place)) as page:
        enter(page, EMAIL, PASSWORD)
        page.goto("/configuraciones/api/")
        page.get_by_role("link", name="Revocar Informes").focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("¿Revocar «Informes»?")
        accessible(page)
        page.keyboard.press("Escape")
        expect(dialog).not_to_be_visible()
        page.get_by_role("link", name="Revocar Informes").click()
        dialog.get_by_role("button", name="Revocar").click()
        expect(page.get_by_role("status")).to_contain_text("«Informes» ya no abre nada")
    assert place.count("SELECT count(*) FROM comanda_apitoken WHERE revoked_at IS NOT NULL") == 1
