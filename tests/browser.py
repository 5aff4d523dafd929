"""A real browser on a real server: Debian's Chromium, driven by Playwright, beside `comanda serve`."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "/usr/bin/chromium")
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
REFUSED = "the server responded with a status of 400"  # a form with a mistake, which the page says by itself
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@contextmanager
def chromium() -> Iterator[Browser]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="comanda-browser-") as profile:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*QUIET, *sandbox], env={**os.environ, "HOME": profile}
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(browser: Browser, url: str, forgiven: str = REFUSED, **how: Any) -> Iterator[Page]:
    """A visitor of their own: cookies of nobody else, in Spanish, on a desk. What the console says of an error fails."""
    context: BrowserContext = browser.new_context(
        **({"base_url": url, "locale": "es-CO", "timezone_id": "America/Bogota", "viewport": DESK} | how)
    )
    context.set_default_timeout(10_000)
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda said: errors.append(said.text) if said.type == "error" and forgiven not in said.text else None
    )
    try:
        yield page
        assert not errors, errors
    finally:
        context.close()


def enter(page: Page, email: str, password: str) -> None:
    page.goto("/cuenta/login/")
    page.get_by_label("Correo").fill(email)
    page.get_by_label("Contraseña", exact=True).fill(password)
    page.get_by_role("button", name="Entrar", exact=True).click()
    page.wait_for_url(lambda url: "/cuenta/login/" not in url)


def accessible(page: Page, *rules: str) -> None:
    """Nothing that axe finds against WCAG 2.2 A and AA, or against these rules alone."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    only: Any = {"type": "rule", "values": list(rules)} if rules else tags
    found = Axe().run(page, options={"runOnly": only}).response
    rows = [
        (rule["id"], rule["help"], [node["html"][:200] for node in rule["nodes"]][:4]) for rule in found["violations"]
    ]
    assert not rows, (page.url, rows)


def no_wider_than_the_screen(page: Page) -> None:
    """Nor is a heading squeezed by what stands beside it until its letters stand one below the other."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, (page.url, wide)
    squeezed = page.locator("h1, h2, h3").evaluate_all(
        "found => found.filter(h => h.offsetHeight > 2 * h.offsetWidth && h.offsetWidth > 1).map(h => h.textContent)"
    )
    assert not squeezed, (page.url, squeezed)
