"""The pictures of docs/screens and their index, made anew: `python -m scripts.screens` (or `make screens`), some two minutes.

A demo installation of its own, in a home that is thrown away, driven by Debian's Chromium. Give names to renew those alone.
"""

import base64
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = Path(__file__).parent.parent / "docs" / "screens"
# What is taken of a screen: width, height, the scale of the picture and of one that README.md shows, the colours.
WIDTHS = {
    "": (1280, 800, 0.75, 1.0, "light"),
    "-dark": (1280, 800, 0.4, 0.5, "dark"),
    "-phone": (360, 740, 0.5, 0.75, "light"),
}
SHOWN = ("inicio", "historial", "pedido", "ojo")
SMALL = {"-dark": "In dark", "-phone": "On a phone"}
INTRODUCTION = """Every screen as the demo shows it, on a desk, in dark, and on a phone. `make screens` takes them anew
(`.venv/bin/python -m scripts.screens inicio pedido` those two alone). The test `tests/test_browser_pages.py` goes the
same way with ugly data, in both colours and three widths."""
QUALITY = 55
PERSON = ("demo@comanda.example", "cada-pedido-cuenta")
GROUPS = {  # of the index: the heading, and the names of the screens under it, as tests/pages.py calls them
    "Coming in": "entrar invitacion recuperar recuperar-clave entrar-segundo-paso",
    "Inicio and the search": "inicio inicio-menu vacio-inicio buscar-uno buscar-nadie",
    "Historial": "historial historial-causas historial-elegir reintentar reintento reintentos-hechos",
    "An order": "pedido pedido-telefono pedido-ciudad pedido-registrado pedido-duplicado pedido-omitido"
    " ojo ojo-leer pedido-elegir-ventana original soporte-pedido",
    "Pedidos": "pedidos rechazos",
    "Productos": "productos producto producto-nuevo importar importar-mal importar-plan importado por-vincular vinculando"
    " por-vincular-buscar por-vincular-paquete por-vincular-ignorar vinculos-hechos",
    "Integraciones": "integraciones de-shopify nueva-shopify conectar-url conectar-clave conectar-prueba probar integracion"
    " repetir mapear",
    "Configuraciones": "negocio equipo equipo-invitado api registro acceso-completo segundo-paso"
    " segundo-paso-codigos llave",
    "Help": "ayuda articulo guia-shopify soporte",
    "When something is wrong": "no-existe no-puedes se-rompio",
}  # fmt: skip
NAMES = [name for names in GROUPS.values() for name in names.split()]


def main(wanted: list[str]) -> None:
    """Walk through every page, and keep a picture of those in GROUPS."""
    if unknown := set(wanted) - set(NAMES):
        sys.exit(f"No screen is called {', '.join(sorted(unknown))}.")
    FOLDER.mkdir(exist_ok=True)
    titles = dict[str, str]()
    with tempfile.TemporaryDirectory(prefix="comanda-screens-") as home:
        os.environ |= {"COMANDA_HOME": home, "DJANGO_SETTINGS_MODULE": "comanda.settings", "COMANDA_LOG_LEVEL": "ERROR"}
        os.environ["COMANDA_DATABASE_URL"] = ""
        import django

        django.setup()
        for name, page in walk(Path(home)):
            if name in (wanted or NAMES):
                titles[name] = page.title().removesuffix(" · Comanda")
                take(page, name)
    if not wanted:
        (FOLDER / "README.md").write_text(index(titles), encoding="utf-8")
        stale = {path for path in FOLDER.iterdir() if path.suffix != ".md"} - {
            file(n, w) for n in titles for w in WIDTHS
        }
        for path in stale:
            path.unlink()
    if missing := set(wanted or NAMES) - set(titles):
        sys.exit(f"These were not come to: {', '.join(sorted(missing))}.")


def walk(home: Path) -> Iterator[tuple[str, "Page"]]:
    """Every page of a demo installation in this home."""
    from tests import pages
    from tests.browser import chromium
    from tests.installation import Installation

    place = Installation(home, None)
    place.env |= {"COMANDA_BASE_URL": f"http://localhost:{place.port}", "COMANDA_EMAIL_URL": f"filemail:///{home}/mail"}
    place.run("demo", "--exit")
    with place.serving(), chromium() as browser:
        yield from pages.walk(browser, place, *PERSON)


def file(name: str, way: str) -> Path:
    return FOLDER / f"{name}{way}.webp"


def take(page: "Page", name: str) -> None:
    """What is on the screen, on a desk in light and in dark, and on a phone."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    browser = page.context.new_cdp_session(page)
    for way, (width, height, scale, larger, scheme) in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": larger if name in SHOWN else scale}
        taken = browser.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY, "clip": clip})
        file(name, way).write_bytes(base64.b64decode(taken["data"]))
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")


def index(titles: dict[str, str]) -> str:
    """The page that shows them all."""
    lines = ["# The screens", "", INTRODUCTION]
    for heading, names in GROUPS.items():
        lines += ["", f"## {heading}"]
        for name in names.split():
            small = "".join(f' <img src="{name}{way}.webp" alt="{word}" height="260">' for way, word in SMALL.items())
            lines += ["", f"### {titles[name]}", "", f"![{titles[name]}]({name}.webp)", "", small.strip()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
