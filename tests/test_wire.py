"""What goes over the wire: styles, scripts and pictures once and for ever, pages and files compressed."""

import gzip
import re

import httpx
import pytest

from tests.cast import Cast
from tests.installation import Installation
from tests.test_web import person


@pytest.fixture
def browser(installation: Installation) -> httpx.Client:
    return httpx.Client(base_url=installation.url, trust_env=False)


def test_what_bears_its_hash_is_kept_for_ever_and_is_compressed(
    installation: Installation, browser: httpx.Client
) -> None:
    installation.run("migrate")
    with installation.serving(), browser:
        page = browser.get("/cuenta/login/")
        assert page.headers["content-encoding"] == "gzip" and "no-store" in page.headers["cache-control"]
        urls = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
        assert len(urls) >= 5
        for url in urls:
            answer = browser.get(url)
            assert answer.headers["cache-control"] == "max-age=315360000, public, immutable", url
            assert answer.headers["content-encoding"] == "gzip", url
            assert "access-control-allow-origin" not in answer.headers
        style = next(each for each in urls if "app.css" in each).partition("?")[0]
        for other in (style, f"{style}?v=otra", f"{style}?v="):
            assert browser.get(other).headers["cache-control"] == "max-age=60, public", other
        assert browser.get("/static/comanda/otra.css").status_code == 404
        plain = browser.get(style, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers and plain.content == browser.get(style).content


def test_what_is_streamed_is_sent_as_it_is(cast: Cast) -> None:
    ana = person(cast)
    cast.send(cast.order(name="#1042"))
    unpack = {"Accept-Encoding": "gzip"}
    list_ = ana.get("/historial/", headers=unpack)
    assert list_["Content-Encoding"] == "gzip" and "#1042" in gzip.decompress(list_.content).decode()
    file = ana.get("/historial/exportar/", headers=unpack)
    assert "Content-Encoding" not in file and b"#1042" in b"".join(file.streaming_content)
