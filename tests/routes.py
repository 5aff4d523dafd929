"""Every URL of the screens, as the resolver knows them: a new one is walked without a word here. And the rows that they name."""

import re
from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from comanda.accounts.models import Account, User

# Open to whoever comes: the entrance, the help, the language. The API has its own tests (tests/test_access.py).
OPEN = (
    "ayuda/",
    "idioma/",
    "invitacion/",
    "api/",
    "cuenta/login/",
    "cuenta/logout/",
    "cuenta/signup/",
    "cuenta/inactive/",
    "cuenta/password/reset/",
    "cuenta/2fa/authenticate/",
    "cuenta/2fa/webauthn/login/",
)
# Parameters that name no row: a builder, an article, a step of an order.
PUBLIC = {"platform": "shopify", "code": "phone_invalid", "step": "match", "attempt": "1", "line": "0", "slug": "x"}


def routes(patterns: Any = None, before: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every route, with its parameters as `{name}`."""
    for each in patterns or get_resolver().url_patterns:
        route = before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(each.pattern))
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        elif isinstance(each, URLPattern) and "^" not in route:
            yield route, tuple(re.findall(r"{(\w+)}", route))


NO_PAGES = ("api/", "cuenta/", "invitacion/")
# Named by no row: a file that waits to be imported (tests/test_web_products.py); what is closed to all.
NOT_ROWS = {"productos/importar/{token}/", "cuenta/confirm-email/{key}/"}
ROUTES = sorted(set(routes()))
CLOSED = [route for route, _ in ROUTES if not route.startswith(OPEN)]
OF_ROWS = [(route, names) for route, names in ROUTES if set(names) - set(PUBLIC) and not route.startswith(OPEN)]


def filled(route: str, names: tuple[str, ...], value: object = "1") -> str:
    of_a_wizard = {"step": "url"} if "integracion/" in route else {}
    return "/" + route.format(**{name: (PUBLIC | of_a_wizard).get(name, value) for name in names})


def keys_of(account: Account) -> Iterator[list[str]]:
    """The keys of the rows that belong to an account, table by table; of its people and their keys as well."""
    for model in apps.get_app_config("comanda").get_models():
        if any(field.name == "account" for field in model._meta.get_fields()) and model is not Account:
            keys = model._default_manager.filter(account=account).order_by("pk").values_list("pk", flat=True)
            yield [str(key) for key in keys]
    users = User.objects.filter(memberships__account=account)
    yield [str(key) for key in users.values_list("pk", flat=True)]
    yield [str(key) for key in Authenticator.objects.filter(user__in=users).values_list("pk", flat=True)]


def rows_of(account: Account) -> set[str]:
    return {key for keys in keys_of(account) for key in keys}


def pages(account: Account, client: Client) -> dict[str, str]:
    """For each route that is there, the path of a page: of the row that has most to show."""
    found, keys = {}, [[*each[:2], *each[2:][-3:]] for each in keys_of(account)]
    for route, names in ROUTES:
        if not route.startswith(NO_PAGES):
            of_rows = set(names) - set(PUBLIC)
            sizes: dict[str, int] = {}
            for some in keys if of_rows else [["1"]]:
                sizes |= weighed(client, [path for key in some if (path := filled(route, names, key)) not in sizes])
            if sizes:
                found[route] = max(sizes, key=lambda path: sizes[path])
    return found


def weighed(client: Client, paths: list[str]) -> dict[str, int]:
    """Of these, the pages that there are; nobody looks at the others where the first is none."""
    found = {}
    for path in paths:
        answer = client.get(path)
        if answer.status_code == 200 and not answer.streaming and "html" in answer["Content-Type"]:
            found[path] = len(answer.content)
        elif not found and path != paths[0]:
            return {}
    return found
