"""Mi acceso: the language, the password, the second step, the passkeys, the open sessions of whoever is logged in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from comanda.accounts.models import User
from comanda.web.frame import entered
from comanda.web.language import CODES


@entered
def personal(request: HttpRequest) -> HttpResponse:
    return render(request, "personal.html")


@require_POST
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
