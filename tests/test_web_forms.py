"""Every page of the screens takes whatever is asked of it, and each of its forms whatever is typed, and from two windows."""

import re
import sys
from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urljoin

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import resolve

from comanda.accounts.models import User
from tests.routes import pages
from tests.test_access import Shop
from tests.test_web import person


@pytest.fixture(scope="module")
def walked(once: None) -> tuple[User, list[str]]:
    """The owner of a shop, and the paths of its pages."""
    client = person(Shop("Ana").cast)
    user = User.objects.get(pk=client.session["_auth_user_id"])
    return user, list(pages(user.memberships.get().account, client).values())


@pytest.fixture
def ana(walked: tuple[User, list[str]], db: None) -> Client:
    client = Client()
    client.force_login(walked[0])
    return client


@pytest.fixture
def paths(walked: tuple[User, list[str]]) -> list[str]:
    return walked[1]


# Whatever is asked and typed


def asked_for(path: str) -> set[str]:
    """The names of all that the view of a page reads from its URL, itself or by what it imports of the screens'."""
    source = source_of(resolve(path).func.__module__)
    for name in re.findall(r"^from (comanda\.web[\w.]*) import", source, re.MULTILINE):
        source += source_of(name)
    of_lists = {*FILTER} if "comanda.web.asked" in source else set()
    return of_lists | set(re.findall(r'GET(?:\.get\(|\[)"([^"]+)"', source))


def source_of(module: str) -> str:
    return Path(str(sys.modules[module].__file__)).read_text()


FILTER = ("q", "status", "integration", "cause", "subject", "dates", "from", "to")


def test_a_page_may_be_asked_anything(ana: Client, paths: list[str]) -> None:
    seen = set()
    for path in paths:
        for name in sorted(asked_for(path)):
            seen.add(name)
            for junk in ("9\x00" + "9" * 20, "²", "0001-01-01"):
                answer = ana.get(f"{path}?{name}={quote(junk)}")
                assert answer.status_code in (200, 204, 302, 404), (path, name, junk)
    assert len(seen) > 20


class Forms(HTMLParser):
    """The forms of a page: where each goes, how, and what it sends as it stands, button by button."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str], list[dict[str, str]]]] = []
        self.typed: list[set[str]] = []
        self.select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.found.append((given.get("action", ""), given.get("method", "get"), {}, []))
            self.typed.append(set())
        elif self.found and (name := given.get("name")):
            _action, _method, fields, buttons = self.found[-1]
            if tag == "button":
                buttons.append({name: given.get("value", "")})
            elif tag in ("input", "textarea") and (
                given.get("type") not in ("checkbox", "radio") or "checked" in given
            ):
                fields.setdefault(name, given.get("value", ""))
                if tag == "input" and given.get("type", "text") in ("text", "email", "tel", "number", "url", "search"):
                    self.typed[-1].add(name)
            elif tag == "select":
                self.select = name
                fields.setdefault(name, "")
        elif tag == "option" and self.select and ("selected" in given or not self.found[-1][2][self.select]):
            self.found[-1][2][self.select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""


ELSEWHERE = ("/idioma/", "/cuenta/logout/", "/configuraciones/cuenta/")


def posts(client: Client, paths: list[str]) -> Iterator[tuple[str, dict[str, str], set[str]]]:
    """Each form of each page that changes something, once for each of its buttons; and what is typed into it."""
    seen = set()
    for path in paths:
        page = Forms(client.get(path).content.decode())
        for (action, method, fields, buttons), typed in zip(page.found, page.typed, strict=True):
            where = urljoin(path, action or path)
            if method != "post" or where in ELSEWHERE:
                continue
            fields.pop("csrfmiddlewaretoken")
            for button in buttons or [{}]:
                kind = (re.sub(r"\d+|[0-9a-f-]{30,}", "", where), *sorted(fields), *button.items())
                if kind not in seen:
                    seen.add(kind)
                    yield where, fields | button, typed
    assert len(seen) > 25


def test_a_form_takes_whatever_is_typed_and_keeps_what_it_refuses(ana: Client, paths: list[str]) -> None:
    for where, fields, typed in posts(ana, paths):
        for name in fields:
            for junk in ("no \x00 vale", "9" * 30) if name in typed else ("\x00" + "9" * 30,):
                with transaction.atomic():
                    cache.clear()
                    answer = ana.post(where, fields | {name: junk})
                    assert answer.status_code < 429, (where, name, junk, answer.status_code)
                    if answer.status_code == 400 and name in typed:
                        kept = escape(junk.replace("\x00", ""))
                        assert f'value="{kept}"' in answer.content.decode(), (where, name, junk)
                    transaction.set_rollback(True)


def test_a_form_that_is_sent_from_two_windows_breaks_nothing(ana: Client, paths: list[str]) -> None:
    """The second is done again, or says that there is nothing left to do, and the page that it leads to is there."""
    for where, fields, _typed in posts(ana, paths):
        with transaction.atomic():
            cache.clear()
            for _window in range(2):
                answer = ana.post(where, fields)
                assert answer.status_code in (200, 302, 400, 409), (where, fields, answer.status_code)
                if answer.status_code == 302:
                    assert ana.get(answer["Location"], follow=True).status_code == 200, (where, fields)
            transaction.set_rollback(True)
