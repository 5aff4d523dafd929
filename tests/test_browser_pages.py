"""Every page, full of ugly data: read by axe in light and in dark, as wide as the screen on a desk, a tablet and a phone.

A page that the walk does not come to fails it, and all that is found is said at once.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Page, ViewportSize

from tests.browser import accessible, chromium, no_wider_than_the_screen
from tests.installation import Installation
from tests.pages import walk
from tests.routes import ROUTES
from tests.ugly import PERSON, uglify

SIZES: tuple[ViewportSize, ...] = ({"width": 768, "height": 1024}, {"width": 360, "height": 740})
# What is no page: files, the answers to a form, fragments that a page asks for, what leads elsewhere.
NO_PAGES = re.compile(
    r"api/v1/.*|idioma/|.*(exportar/|\.csv|/nuevos/|/causas/|/ahora/|/download/|{key}/)"
    r"|.*/(corregir|descartar|encender|mostrar|cambiar|permitir|vincular|sesiones)/"
    r"|historial/{id}/(reintentar|{attempt})/|productos/(registrando|variante)/{id}/"
    r"|configuraciones/(cuenta/|equipo/invitacion/{id}/)?"
    r"|cuenta/(2fa/|2fa/webauthn/|2fa/webauthn/login/|sessions/|confirm-email/|email/|login/code/confirm/|password/set/)"
)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    if os.environ.get("COMANDA_DATABASE_URL"):
        pytest.skip("pages look the same on either database, and this takes minutes")
    found = Installation(tmp_path, None)
    found.env |= {
        "COMANDA_BASE_URL": f"http://localhost:{found.port}",
        "COMANDA_EMAIL_URL": f"filemail:///{tmp_path}/mail",
    }
    with found.serving():
        uglify(found)
        yield found


class Looker:
    """Looks at a page in all its widths and colours, and remembers where it has been and what was wrong."""

    def __init__(self) -> None:
        self.seen, self.faults = set[str](), list[str]()

    def __call__(self, page: Page, name: str) -> None:
        with suppress(Resolver404):
            self.seen.add(resolve(urlsplit(page.url).path).route)
        self.ask(name, accessible, page)
        page.emulate_media(color_scheme="dark")
        self.ask(name, accessible, page, "color-contrast")
        for size in SIZES:
            page.set_viewport_size(size)
            self.ask(name, no_wider_than_the_screen, page)
        self.ask(name, accessible, page, "target-size")
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="light")

    def ask(self, name: str, question: Callable[..., None], *about: Any) -> None:
        try:
            question(*about)
        except AssertionError as error:
            self.faults.append(f"{name}: {error}")


def test_every_page(place: Installation) -> None:
    look = Looker()
    with chromium() as browser:
        for name, page in walk(browser, place, *PERSON):
            look(page, name)
    assert not look.faults, "\n".join(look.faults)
    seen = {shape(each) for each in look.seen}
    assert not [route for route, _ in ROUTES if not NO_PAGES.fullmatch(route) and shape(route) not in seen]


def shape(route: str) -> str:
    """A route whatever its parameters are called."""
    return re.sub(r"<[^>]*>|{[^}]*}", "*", route)
