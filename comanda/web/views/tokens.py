"""Configuraciones › API: tokens for programs. A token is shown on the page after the form that makes it, and nowhere else."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from comanda.accounts import tokens
from comanda.accounts.access import Access
from comanda.accounts.models import ApiToken, AuditEntry
from comanda.web import shown_once
from comanda.web.ask import Question, ask
from comanda.web.frame import access, done, entered

SHOWN = 100
KINDS = ("reads", "writes")


@entered
@never_cache
def api(request: HttpRequest) -> HttpResponse:
    who = access(request)
    if request.method != "POST":
        return shown(request, **made(request))
    who.manage()
    name, kind = request.POST.get("name", "").replace("\x00", "").strip(), request.POST.get("kind", "")
    if not name or kind not in KINDS:
        wrong = {"name": "" if name else _("Ponle un nombre que diga para qué es."), "kind": kind not in KINDS}
        return shown(request, status=400, wrong=wrong, given={"name": name, "kind": kind})
    row, token = tokens.make(who, name, read_only=kind == "reads")
    shown_once.keep(request, place(row), token)
    return redirect(reverse("api_tokens") + f"?nueva={row.pk}")


def made(request: HttpRequest) -> dict[str, Any]:
    """The token that has just been made, to be shown this once."""
    row = access(request).get(ApiToken, request.GET["nueva"]) if request.GET.get("nueva") else None
    return {"made": row, "token": shown_once.take(request, place(row))} if row else {}


def place(row: ApiToken) -> str:
    return f"token-{row.pk}"


def shown(request: HttpRequest, status: int = 200, **more: object) -> HttpResponse:
    who = access(request)
    page = {
        "tokens": listed(who) if who.writes else [],
        "owns": who.owns,
        "base_url": settings.BASE_URL,
        "given": {"name": "", "kind": "reads"},
    }
    return render(request, "api.html", page | more, status=status)


def listed(who: Access) -> list[ApiToken]:
    """Those that open something first, each with who made it."""
    rows = list(who.rows(ApiToken).order_by("-id")[:SHOWN])
    targets = [f"token:{row.pk}" for row in rows]
    entries = who.rows(AuditEntry).filter(action="create", target__in=targets).values_list("target", "actor")
    authors = dict(entries)
    for row in rows:
        row.author = authors.get(f"token:{row.pk}", "")  # type: ignore[attr-defined]
    return sorted(rows, key=lambda row: row.revoked_at is not None)


@entered
def token(request: HttpRequest, id: int) -> HttpResponse:
    """Revoke one: asked first, because programs stop at once."""
    who = access(request)
    who.manage()
    row = who.get(ApiToken, id)
    if request.method != "POST":
        return ask(
            request,
            Question(
                title=_("¿Revocar «{name}»?").format(name=row.name),
                words=_("Los programas que la usan dejan de entrar enseguida, y no se puede deshacer."),
                yes=_("Revocar"),
                no=_("Dejarla"),
                where=reverse("token", args=[row.pk]),
                back=reverse("api_tokens"),
            ),
        )
    tokens.take_back(who, row)
    done(request, _("«{name}» ya no abre nada.").format(name=row.name))
    return redirect("api_tokens")
