"""What every page stands in: who is there, the menu, the account, what is said after something was done."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy

from comanda.accounts.access import Access, Forbidden, NotFound, by_members, memberships
from comanda.accounts.models import User
from comanda.history.cursors import BadCursor
from comanda.web.astray import led_on, warn_of_an_end

CHOSEN = "account"  # in the session: which of their accounts somebody looks at

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

# Path, icon, name, and what else belongs there: the left menu. Configuraciones stands last, apart.
MENU = (
    ("/", "house", gettext_lazy("Inicio"), ("/inicio/",)),
    ("/pedidos/", "shopping-bag", gettext_lazy("Pedidos"), ("/historial/", "/rechazos/", "/reintentos/", "/buscar/")),
    ("/productos/", "package", gettext_lazy("Productos"), ()),
    ("/ayuda/", "circle-question-mark", gettext_lazy("Ayuda"), ()),
    ("/soporte/", "message-circle", gettext_lazy("Soporte"), ()),
)
# The menu that appears at the right of it.
SETTINGS = (
    ("/configuraciones/negocio/", gettext_lazy("Negocio"), ("/configuraciones/registro/",)),
    ("/configuraciones/equipo/", gettext_lazy("Equipo"), ()),
    ("/configuraciones/integraciones/", gettext_lazy("Integraciones"), ("/configuraciones/integracion/",)),
    ("/configuraciones/api/", gettext_lazy("API"), ()),
    ("/configuraciones/acceso/", gettext_lazy("Mi acceso"), ("/cuenta/",)),
)


def entered(view: View[P]) -> View[P]:
    """Only for people who are logged in; what they may not see is not there, what they may not change is refused."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if entering(request) is None:
            return render(request, "no_account.html", status=403)
        without_nul(request)
        try:
            return led_on(request, view(request, *args, **kwargs))
        except (NotFound, BadCursor):
            return render(request, "404.html", status=404)
        except Forbidden:
            return render(request, "403.html", status=403)

    @wraps(view)
    def told(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        warn_of_an_end(request)
        return guarded(request, *args, **kwargs)

    # mypy takes the first argument for one that may be named.
    return told  # type: ignore[return-value]


def without_nul(request: HttpRequest) -> None:
    """NUL is dropped from whatever was typed: it is no letter, and PostgreSQL refuses it."""
    for name in ("GET", "POST"):
        given: QueryDict = getattr(request, name)
        if any("\x00" in value for _, values in given.lists() for value in values):
            clean = QueryDict(mutable=True)
            for key, values in given.lists():
                clean.setlist(key, [value.replace("\x00", "") for value in values])
            setattr(request, name, clean)


def entering(request: HttpRequest) -> Access | None:
    """What somebody who is logged in may reach: one account at a time, so that what they do is written down in it."""
    user = cast(User, request.user)
    members = memberships(user)
    if not members:
        return None
    chosen = next((each for each in members if each.account_id == request.session.get(CHOSEN)), members[0])
    request.accounts = [each.account for each in members]  # type: ignore[attr-defined]
    request.access = by_members(user, [chosen])  # type: ignore[attr-defined]
    return access(request)


def asked_by_htmx(request: HttpRequest) -> bool:
    """Whether only a part of the page is wanted."""
    return bool(request.htmx)  # type: ignore[attr-defined]


def access(request: HttpRequest) -> Access:
    return request.access  # type: ignore[attr-defined, no-any-return]


def done(request: HttpRequest, words: str, undo: str = "", **fields: str) -> None:
    """Say on the next page what was done; `undo` is where it is taken back, by a form of these fields."""
    if undo:
        words = render_to_string("undo.html", {"words": words, "where": undo, "fields": fields}, request)
    messages.success(request, words)


def frame(request: HttpRequest) -> dict[str, Any]:
    """For every template: the menus with the place where one is, the account, and whether it may be changed."""
    here = request.path
    found: Access | None = getattr(request, "access", None)
    if found is None and getattr(request, "user", None) and request.user.is_authenticated:
        found = entering(request)
    account = found.account if found else None
    return {
        "menu": [item(here, path, name, also, icon) for path, icon, name, also in MENU],
        "settings_menu": [item(here, *each) for each in SETTINGS],
        "in_settings": here.startswith(("/configuraciones/", "/cuenta/")),
        "account": account,
        "accounts": getattr(request, "accounts", []),
        "writes": bool(found and found.writes),
        "initials": "".join(word[0] for word in account.name.split()[:2]).upper() if account else "",
        "languages": settings.LANGUAGES,
    }


def item(here: str, path: str, name: Any, also: tuple[str, ...], icon: str = "") -> Mapping[str, Any]:
    return {"path": path, "icon": icon, "name": name, "here": is_here(here, path, also)}


def is_here(here: str, path: str, also: tuple[str, ...]) -> bool:
    return here == path or here.startswith((*also, path) if path != "/" else also)
