"""Every page that a merchant sees, and how one comes to it: for the test that looks at all of them, and for docs/screens."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.template.loader import render_to_string
from playwright.sync_api import Browser, CDPSession, Page

from comanda.connectors import CONNECTORS
from tests.browser import enter, visit
from tests.installation import Installation

Way = Callable[[Page], object]
Listed = tuple[tuple[str, str] | tuple[str, str, Way], ...]
GOOD = "producto,variante,sku,precio,costo,inventario\nTónico,,TON,45000,12000,8\nTermo de acero,1 L,TER-1,59900,21000,30\n"
BAD = GOOD + "Termo de acero,2 L,TER-2,no es,25000,8\n"

# One row of each sort, by the name that paths use; empty where the installation has none.
INTAKE = "SELECT id FROM comanda_intake WHERE {} ORDER BY received_at DESC, id DESC LIMIT 1"
ROWS = {
    "failed": INTAKE.format("cause = 'product_not_linked'"),
    "phone": INTAKE.format("cause = 'phone_invalid'"),
    "city": INTAKE.format("cause = 'city_unknown'"),
    "registered": INTAKE.format("status = 'registered'"),
    "duplicate": INTAKE.format("status = 'duplicate'"),
    "unpaid": INTAKE.format("status = 'unpaid'"),
    "held": INTAKE.format("status = 'held'"),
    "ignored": INTAKE.format("status = 'ignored'"),
    "unreadable": INTAKE.format("cause IN ('wrong_builder', 'order_unreadable')"),
    "shopify": "SELECT id FROM comanda_integration WHERE platform = 'shopify' ORDER BY id LIMIT 1",
    "tool": "SELECT id FROM comanda_integration WHERE platform IN ('mastertools', 'custom') ORDER BY id DESC LIMIT 1",
    "goods": "SELECT store_variant_id FROM comanda_problem WHERE code = 'product_not_linked' ORDER BY id LIMIT 1",
    "product": "SELECT product_id FROM comanda_variant ORDER BY id LIMIT 1",
    "token": "SELECT id FROM comanda_apitoken ORDER BY id LIMIT 1",
}


@dataclass(frozen=True)
class Screen:
    """A page, by the name of its picture; `press` is what is done there before it is looked at."""

    name: str
    path: str
    press: Way | None = None

    def come(self, page: Page) -> None:
        page.goto(self.path)
        if self.press:
            self.press(page)
            page.wait_for_load_state()


def screens(installation: Installation, *listed: tuple[str, str] | tuple[str, str, Way]) -> Iterator[Screen]:
    """With the rows of this installation in their paths; without those that it has no row for."""
    ids = {name: found[0][0] for name, sql in ROWS.items() if (found := installation.rows(sql)) and found[0][0]}
    for name, path, *press in listed:
        if all(part not in path or each in ids for each in ROWS if (part := f"{{{each}}}")):
            yield Screen(name, path.format(**ids), *press)


def a_row(installation: Installation, path: str) -> str:
    """A path with this installation's row in it."""
    (screen,) = screens(installation, ("", path))
    return screen.path


def tried(page: Page) -> None:
    page.get_by_role("button", name="Enviar pedido de prueba").click()
    page.get_by_text("Todo bien").or_(page.get_by_text("No pasó de aquí")).first.wait_for()


def window(name: str) -> Way:
    """Press a link that opens the window."""

    def press(page: Page) -> None:
        page.get_by_role("link", name=name).first.click()
        page.wait_for_selector("dialog[open]")

    return press


def wrong_password(page: Page) -> None:
    page.get_by_label("Correo").fill("nadie@example.com")
    page.get_by_label("Contraseña", exact=True).fill("no es esta")
    page.get_by_role("button", name="Entrar", exact=True).click()


def business_with_faults(page: Page) -> None:
    page.get_by_label("Contacto de soporte").fill("nada de esto")
    page.get_by_label("Unir los pedidos").fill("99999")
    page.get_by_role("button", name="Guardar").click()


def sheet(text: str) -> Way:
    def bring(page: Page) -> None:
        file: Any = {"name": "productos.csv", "mimeType": "text/csv", "buffer": text.encode()}
        page.get_by_label("Arrastra tu archivo aquí").set_input_files(file)
        page.get_by_role("button", name="Revisar el archivo").click()

    return bring


def imported(page: Page) -> None:
    sheet(GOOD)(page)
    page.get_by_role("button", name="Importar 2 variantes").click()
    page.get_by_role("heading", name="Importado").wait_for()


def retried(page: Page) -> None:
    page.get_by_role("button", name="Reintentar").click()
    page.get_by_text("Terminado").first.wait_for()


def linked(page: Page) -> None:
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Vincular y registrar").first.click()
    page.locator("#registering progress, #registering .icon").first.wait_for()


def invite(page: Page) -> None:
    page.get_by_label("Su correo").fill("berta@example.com")
    page.get_by_role("button", name="Invitar").click()


OUTSIDE: Listed = (
    ("entrar", "/cuenta/login/"),
    ("entrar-mal", "/cuenta/login/", wrong_password),
    ("recuperar", "/cuenta/password/reset/"),
    ("recuperar-enviado", "/cuenta/password/reset/done/"),
    ("recuperar-vencido", "/cuenta/password/reset/key/1-set-password/"),
    ("recuperar-listo", "/cuenta/password/reset/key/done/"),
    ("sin-invitacion", "/cuenta/signup/"),
    ("sin-acceso", "/cuenta/inactive/"),
    ("invitacion-cerrada", "/invitacion/no-es/"),
    ("ayuda-afuera", "/ayuda/"),
    ("no-existe-afuera", "/no/existe/"),
)
ORDERS: Listed = (
    ("inicio", "/"),
    ("inicio-tabla", "/", lambda page: page.get_by_text("Ver como tabla").click(timeout=2000)),
    ("inicio-menu", "/", lambda page: page.locator(".who").click()),
    ("dias", "/inicio/dias/"),
    ("buscar", "/buscar/"),
    ("buscar-varios", "/buscar/?q=maria"),
    ("buscar-uno", "/buscar/?q=1004"),
    ("buscar-nadie", "/buscar/?q=999999"),
    ("historial", "/historial/"),
    ("historial-fallidos", "/historial/?status=failed"),
    ("historial-de-una", "/historial/?integration={shopify}"),
    ("historial-causas", "/historial/?status=failed", lambda page: page.locator("summary", has_text="Causa").click()),
    ("historial-nada", "/historial/?q=nadie-se-llama-asi"),
    ("historial-elegir", "/configuraciones/integraciones/shopify/historial/"),
    ("reintentar", "/historial/reintentar/?status=failed"),
    ("pedido", "/historial/{failed}/"),
    ("pedido-telefono", "/historial/{phone}/"),
    ("pedido-ciudad", "/historial/{city}/"),
    ("pedido-registrado", "/historial/{registered}/"),
    ("pedido-duplicado", "/historial/{duplicate}/"),
    ("pedido-por-pagar", "/historial/{unpaid}/"),
    ("pedido-en-espera", "/historial/{held}/"),
    ("pedido-omitido", "/historial/{ignored}/"),
    ("pedido-ilegible", "/historial/{unreadable}/"),
    ("original", "/historial/{failed}/original/"),
    ("ojo", "/historial/{failed}/", window("Ver Vincular productos")),
    ("ojo-entrada", "/historial/{failed}/1/match/?tab=in"),
    ("ojo-revisar", "/historial/{phone}/1/check/"),
    ("ojo-leer", "/historial/{failed}/1/read/"),
    ("ojo-recibir", "/historial/{failed}/1/receive/"),
    ("pedido-elegir", "/historial/{failed}/linea/0/"),
    ("pedido-elegir-ventana", "/historial/{failed}/", window("Elegir solo para este pedido")),
    ("pedidos", "/pedidos/"),
    ("pedidos-nada", "/pedidos/?q=nadie-se-llama-asi"),
    ("rechazos", "/rechazos/"),
    ("reintentos", "/reintentos/"),
)
GOODS: Listed = (
    ("productos", "/productos/"),
    ("productos-nada", "/productos/?q=nadie-lo-vende"),
    ("producto", "/productos/{product}/"),
    ("producto-nuevo", "/productos/nuevo/"),
    ("importar", "/productos/importar/"),
    ("importar-mal", "/productos/importar/", sheet(BAD)),
    ("importar-plan", "/productos/importar/", sheet(GOOD)),
    ("por-vincular", "/productos/por-vincular/"),
    ("por-vincular-uno", "/productos/por-vincular/{goods}/"),
    ("por-vincular-buscar", "/productos/por-vincular/", window("Buscar en el catálogo")),
    ("por-vincular-buscar-sola", "/productos/por-vincular/{goods}/buscar/"),
    ("por-vincular-paquete", "/productos/por-vincular/{goods}/paquete/"),
    ("por-vincular-ignorar", "/productos/por-vincular/{goods}/ignorar/"),
    ("vinculos", "/productos/vinculos/"),
)
STORES: Listed = (
    ("integraciones", "/configuraciones/integraciones/"),
    *((f"de-{each}", f"/configuraciones/integraciones/{each}/") for each in ("shopify", "custom")),
    *((f"nueva-{each}", f"/configuraciones/integraciones/{each}/nueva/") for each in ("shopify", "custom")),
    ("integracion", "/configuraciones/integracion/{shopify}/"),
    ("integracion-a-medida", "/configuraciones/integracion/{tool}/"),
    ("conectar-url", "/configuraciones/integracion/{shopify}/conectar/url/"),
    ("conectar-clave", "/configuraciones/integracion/{shopify}/conectar/clave/"),
    ("conectar-prueba", "/configuraciones/integracion/{shopify}/conectar/prueba/"),
    ("repetir", "/configuraciones/integracion/{shopify}/repetir/"),
    ("repetir-url", "/configuraciones/integracion/{shopify}/repetir/url/"),
    ("mapear", "/configuraciones/integracion/{tool}/campos/"),
    ("probar", "/configuraciones/integracion/{shopify}/", tried),
)
SETTINGS: Listed = (
    ("negocio", "/configuraciones/negocio/"),
    ("negocio-mal", "/configuraciones/negocio/", business_with_faults),
    ("equipo", "/configuraciones/equipo/"),
    ("equipo-invitado", "/configuraciones/equipo/", invite),
    ("equipo-quitar", "/configuraciones/equipo/1/"),
    ("api", "/configuraciones/api/"),
    ("api-revocar", "/configuraciones/api/{token}/"),
    ("registro", "/configuraciones/registro/"),
    ("acceso", "/configuraciones/acceso/"),
    ("contrasena", "/cuenta/password/change/"),
    ("confirmar", "/cuenta/reauthenticate/"),
    ("salir", "/cuenta/logout/"),
    ("ayuda", "/ayuda/"),
    ("ayuda-buscar", "/ayuda/?q=telefono"),
    ("articulo", "/ayuda/product_not_linked/"),
    *((f"guia-{each}", f"/ayuda/guias/{each}/") for each in CONNECTORS),
    ("soporte", "/soporte/"),
    ("no-existe", "/no/existe/"),
)


# What changes something: last.
DONE: Listed = (
    ("reintento", "/historial/reintentar/?status=failed", retried),
    ("reintentos-hechos", "/reintentos/"),
    ("importado", "/productos/importar/", imported),
    ("vinculando", "/productos/por-vincular/", linked),
    ("vinculos-hechos", "/productos/vinculos/"),
)
# An account in which nothing has happened.
EMPTY: Listed = tuple(
    (f"vacio-{name}", path)
    for name, path in (
        ("inicio", "/"),
        ("buscar", "/buscar/?q=1001"),
        ("historial", "/historial/"),
        ("elegir", "/configuraciones/integraciones/shopify/historial/"),
        ("pedidos", "/pedidos/"),
        ("rechazos", "/rechazos/"),
        ("reintentos", "/reintentos/"),
        ("productos", "/productos/"),
        ("por-vincular", "/productos/por-vincular/"),
        ("vinculos", "/productos/vinculos/"),
        ("integraciones", "/configuraciones/integraciones/"),
        ("shopify", "/configuraciones/integraciones/shopify/"),
        ("registro", "/configuraciones/registro/"),
        ("soporte", "/soporte/"),
    )
)


def code_of(secret: str, steps: int = 0) -> str:
    """What an application on a telephone shows so many half minutes from now; each serves once."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def holder(page: Page) -> tuple[CDPSession, str]:
    """A fingerprint reader that says yes at once; its number, to take it away."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def own_access(page: Page, email: str, password: str) -> Iterator[str]:
    """Through the second step and the passkeys of whoever is logged in: the name of each page, while it is there."""
    holder(page)
    page.goto("/cuenta/2fa/totp/activate/")
    yield "segundo-paso-confirmar"
    page.get_by_label("Contraseña", exact=True).fill(password)
    page.get_by_role("button", name="Confirmar").click()
    secret = page.locator("#totp-secret").input_value()
    yield "segundo-paso"
    page.get_by_label("Escribe el código").fill(code_of(secret, -1))
    page.get_by_role("button", name="Activar").click()
    page.wait_for_url("**/recovery-codes/**")
    yield "segundo-paso-codigos"
    page.goto("/cuenta/2fa/recovery-codes/generate/")
    yield "segundo-paso-codigos-nuevos"
    page.goto("/cuenta/2fa/webauthn/add/")
    yield "llave"
    page.get_by_label("Nombre, para distinguirla").fill("Mi portátil")
    page.get_by_role("button", name="Agregar", exact=True).click()
    page.wait_for_url(lambda url: "/add/" not in url)
    page.goto("/configuraciones/acceso/")
    yield "acceso-completo"
    page.get_by_role("link", name="Cambiar el nombre de Mi portátil").click()
    yield "llave-nombre"
    page.goto("/configuraciones/acceso/")
    page.get_by_role("link", name="Quitar Mi portátil").click()
    yield "llave-quitar"
    for name, path in (("confirmar", ""), ("confirmar-codigo", "2fa/"), ("confirmar-llave", "2fa/webauthn/")):
        page.goto(f"/cuenta/{path}reauthenticate/")
        yield name
    page.goto("/cuenta/2fa/totp/deactivate/")
    yield "segundo-paso-quitar"
    page.context.clear_cookies()
    page.goto("/cuenta/login/")
    page.get_by_label("Correo").fill(email)
    page.get_by_label("Contraseña", exact=True).fill(password)
    page.get_by_role("button", name="Entrar", exact=True).click()
    page.wait_for_url("**/2fa/authenticate/**")
    yield "entrar-segundo-paso"
    page.get_by_label("Código").fill(code_of(secret))
    page.get_by_role("button", name="Entrar", exact=True).click()
    page.wait_for_url(lambda url: "/cuenta/" not in url)


def invited(page: Page, link: str, order: str) -> Iterator[str]:
    """Somebody from support comes by an invitation: what they see of an order, and what they may not do."""
    page.goto(link)
    yield "invitacion"
    page.get_by_label("Elige una contraseña").fill("corta")
    page.get_by_role("button", name="Entrar a Comanda").click()
    yield "invitacion-mal"
    page.get_by_label("Elige una contraseña").fill("cuatro palabras bien juntas")
    page.get_by_role("button", name="Entrar a Comanda").click()
    page.wait_for_url(lambda url: "/invitacion/" not in url)
    yield "soporte-inicio"
    for name, path in (
        ("pedido", order),
        ("integraciones", "/configuraciones/integraciones/shopify/"),
        ("vincular", "/productos/por-vincular/"),
        ("equipo", "/configuraciones/equipo/"),
        ("negocio", "/configuraciones/negocio/"),
        ("api", "/configuraciones/api/"),
    ):
        page.goto(path)
        yield f"soporte-{name}"
    page.evaluate(
        """path => { const form = document.querySelector("form[action*=idioma]"); form.action = path; form.submit() }""",
        f"{order}descartar/",
    )
    page.get_by_role("heading", name="No puedes hacer este cambio").wait_for()
    yield "no-puedes"


def invitation(page: Page) -> str:
    """The link by which somebody from support may come."""
    page.goto("/configuraciones/equipo/")
    page.get_by_label("Su correo").fill("soporte@example.com")
    page.get_by_role("radio", name="Soporte").check()
    page.get_by_role("button", name="Invitar").click()
    return page.get_by_label("Enlace de la invitación").input_value()


def letter(page: Page, installation: Installation, email: str) -> str:
    """The link in the letter to somebody who has forgotten the password; letters are files in the home's `mail`."""
    page.goto("/cuenta/password/reset/")
    page.get_by_label("Correo").fill(email)
    page.get_by_role("button", name="Hacer el enlace").click()
    page.wait_for_url("**/done/")
    (file,) = (installation.home / "mail").iterdir()
    (link,) = re.findall(r"http\S+/reset/key/\S+", file.read_text().replace("=\n", ""))
    return str(link)


def forgotten(page: Page, link: str) -> Iterator[str]:
    """The link of a letter for whoever has forgotten the password."""
    page.goto(link)
    yield "recuperar-clave"


def broken(page: Page) -> Iterator[str]:
    """What is seen when something goes wrong that nobody foresaw, or that the browser did."""
    for name, status in (("se-rompio", 500), ("no-se-entiende", 400)):
        text = render_to_string(f"{status}.html")
        page.route(f"**/{name}/", lambda route, _, said=text: route.fulfill(content_type="text/html", body=said))
        page.goto(f"/{name}/")
        yield name
    page.goto("/cuenta/login/")
    page.get_by_label("Correo").fill("ana@example.com")
    page.get_by_label("Contraseña", exact=True).fill("da igual")
    page.context.clear_cookies()
    page.get_by_role("button", name="Entrar", exact=True).click()
    page.get_by_role("heading", name="La página estuvo abierta").wait_for()
    yield "muy-abierta"
    for _ in range(40):
        if page.request.get("/invitacion/no-es/").status == 429:
            break
    page.goto("/invitacion/no-es/")
    yield "demasiados-intentos"


def walk(browser: Browser, installation: Installation, email: str, password: str) -> Iterator[tuple[str, Page]]:
    """Through every page: its name, and the page while it is there. Serves must be `localhost`, letters files in `mail`."""
    how: Any = {"url": f"http://localhost:{installation.port}", "forgiven": "the server responded with a status of 4"}
    how["reduced_motion"] = "reduce"  # colours change at once
    with visit(browser, **how) as page:
        enter(page, email, password)
        link = invitation(page)
        for group in (ORDERS, GOODS, STORES, SETTINGS, DONE):
            yield from each_of(page, installation, group)
        yield from ((name, page) for name in own_access(page, email, password))
    with visit(browser, **how) as page:
        yield from ((name, page) for name in invited(page, link, a_row(installation, "/historial/{failed}/")))
    installation.run("account", "create", "Nueva", "--email", "nueva@example.com", "--password", "una-clave-larga-9")
    with visit(browser, **how) as page:
        enter(page, "nueva@example.com", "una-clave-larga-9")
        yield from each_of(page, installation, EMPTY)
    with visit(browser, **how) as page:
        yield from each_of(page, installation, OUTSIDE)
        yield from ((name, page) for name in forgotten(page, letter(page, installation, email)))
        yield from ((name, page) for name in broken(page))


def each_of(page: Page, installation: Installation, group: Listed) -> Iterator[tuple[str, Page]]:
    for screen in screens(installation, *group):
        screen.come(page)
        yield screen.name, page
