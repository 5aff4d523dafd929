"""Mi acceso: the language, the password, the second step, the passkeys, the open sessions of whoever is logged in."""

from typing import Any, cast

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from comanda.accounts.models import Member, User
from comanda.accounts.sessions import close_others, open_sessions
from comanda.web.frame import access, done, entered
from comanda.web.language import CODES


@entered
def personal(request: HttpRequest) -> HttpResponse:
    user, here = cast(User, request.user), request.session.session_key
    shown = second_step(user) | {
        "role": Member.objects.get(user=user, account=access(request).account).role,
        "sessions": open_sessions(user, here),
        "here": here,
    }
    return render(request, "personal.html", shown)


def second_step(user: User) -> dict[str, Any]:
    """Whether codes are asked for, how many for recovery are left, and the keys."""
    rows = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    recovery = next((row.wrap() for row in rows if row.type == Authenticator.Type.RECOVERY_CODES), None)
    keys = [row for row in rows if row.type == Authenticator.Type.WEBAUTHN]
    return {
        "codes": any(row.type == Authenticator.Type.TOTP for row in rows),
        "recovery": len(recovery.get_unused_codes()) if recovery else None,
        "keys": [{"row": row, "name": row.wrap().name, "alone": row.wrap().is_passwordless} for row in keys],
    }


@entered
@require_POST
def close_sessions(request: HttpRequest) -> HttpResponse:
    count = close_others(cast(User, request.user), request.session.session_key)
    words = ngettext("Cerraste {count} sesión.", "Cerraste {count} sesiones.", count).format(count=count)
    done(request, words if count else _("No había otras sesiones abiertas."))
    return redirect("personal")


def choose_language(request: HttpRequest) -> HttpResponse:
    """Kept with the person where there is one, and in this browser."""
    code, where = request.POST.get("language", ""), request.POST.get("next", "")
    answer = redirect(where if url_has_allowed_host_and_scheme(where, allowed_hosts=None) else "/")
    if code in CODES:
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=code)
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, code, settings.LANGUAGE_COOKIE_AGE, secure=settings.SECURE, samesite="Lax"
        )
    return answer


# For the pages of a forgotten password: without a mail server the link is in the log, for whoever operates Comanda.
MAIL = {"sends_mail": lambda: settings.SENDS_MAIL}


def not_ours(request: HttpRequest, **_rest: str) -> HttpResponse:
    """A page of allauth's that nobody needs here: addresses are not changed, and nobody signs up."""
    raise Http404
