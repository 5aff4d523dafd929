"""What every page stands in: who is there, the menu, the account."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from comanda.accounts.access import Access, Forbidden, NotFound, by_user
from comanda.accounts.models import User
from comanda.history.search import BadCursor

CHOSEN = "account"  # in the session: which of their accounts somebody looks at

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

# Path, icon, name: the left menu. Settings stand last, apart.
MENU = (
    ("/", "home", "Inicio"),
    ("/historial/", "list", "Historial"),
    ("/pedidos/", "bag", "Pedidos"),
    ("/productos/", "box", "Productos"),
    ("/ayuda/", "help", "Ayuda"),
)


class Entered(HttpRequest):
    """A request of somebody who is logged in."""

    access: Access


def entered(view: View[P]) -> View[P]:
    """Only for people who are logged in; what they may not see is not there, what they may not change is refused."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        access = entering(request)
        if access is None:
            return render(request, "no_account.html", status=403)
        request.access = access  # type: ignore[attr-defined]
        try:
            return view(request, *args, **kwargs)
        except (NotFound, BadCursor):
            return render(request, "404.html", status=404)
        except Forbidden:
            return render(request, "403.html", status=403)

    # mypy takes the first argument for one that may be named.
    return guarded  # type: ignore[return-value]


def entering(request: HttpRequest) -> Access | None:
    """What somebody who is logged in may reach: one account at a time, so that what they do is written down in it."""
    user = cast(User, request.user)
    accounts = by_user(user).accounts
    if not accounts:
        return None
    chosen = next((each for each in accounts if each.pk == request.session.get(CHOSEN)), accounts[0])
    request.accounts = accounts  # type: ignore[attr-defined]
    return by_user(user, only=chosen.pk)


def asked_by_htmx(request: HttpRequest) -> bool:
    """Whether only a part of the page is wanted."""
    return bool(request.htmx)  # type: ignore[attr-defined]


def access(request: HttpRequest) -> Access:
    return request.access  # type: ignore[attr-defined, no-any-return]


def frame(request: HttpRequest) -> dict[str, Any]:
    """For every template: the menu with the place where one is, and the account."""
    here = request.path
    place = next((path for path, _, _ in reversed(MENU) if path != "/" and here.startswith(path)), "")
    menu = [
        (path, icon, name, path == (place or "/") and not here.startswith("/configuraciones/"))
        for path, icon, name in MENU
    ]
    found: Access | None = getattr(request, "access", None)
    if found is None and getattr(request, "user", None) and request.user.is_authenticated:
        found = entering(request)
    return {
        "menu": menu,
        "in_settings": here.startswith("/configuraciones/"),
        "account": found.account if found else None,
        "accounts": getattr(request, "accounts", []),
    }
