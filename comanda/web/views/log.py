"""Configuraciones › Negocio › Registro: who did what, when, with the difference; the newest first."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from comanda.accounts.access import Access
from comanda.accounts.actors import key_of, who_said
from comanda.accounts.models import ApiToken, AuditEntry, Member
from comanda.history.cursors import BadCursor
from comanda.web.deeds import GROUPS, of_group, told
from comanda.web.frame import access, asked_by_htmx, entered

A_PAGE = 40
MOST_TOKENS = 50


@entered
def log(request: HttpRequest) -> HttpResponse:
    """`?de=user:3` narrows it to a person, a token or the operator, `?tipo=equipo` to a kind; `antes` is where it goes on."""
    who = access(request)
    who.change()  # differences hold what was corrected, which support is shown only masked
    person, kind, before = (request.GET.get(name, "") for name in ("de", "tipo", "antes"))
    rows = who.rows(AuditEntry).order_by("-id")
    if person:
        rows = rows.filter(Q(actor=person) | Q(actor__startswith=f"{person} "))
    if kind in GROUPS:
        rows = rows.filter(of_group(kind))
    if before:
        if not before.isdecimal() or len(before) > 18:
            raise BadCursor
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: A_PAGE + 1])
    query = request.GET.copy()
    query["antes"] = str(found[A_PAGE - 1].pk) if len(found) > A_PAGE else ""
    shown = {
        "deeds": told(who, found[:A_PAGE]),
        "following": query.urlencode() if query["antes"] else "",
        "people": people(who, person, found),
        "groups": {code: name for code, (name, _kinds) in GROUPS.items()},
        "person": person,
        "kind": kind,
    }
    return render(request, "log.html#rows" if asked_by_htmx(request) and before else "log.html", shown)


def people(who: Access, chosen: str, found: list[AuditEntry]) -> dict[str, str]:
    """Whom it may be narrowed to: the team, the tokens, the operator, and whoever is chosen though they have gone."""
    team = {f"user:{row.user_id}": row.user.email for row in who.rows(Member).select_related("user")}
    tokens = who.rows(ApiToken).order_by("-id")[:MOST_TOKENS]
    names = team | {f"token:{row.pk}": who_said(f"token:{row.pk} {row.name}") for row in tokens}
    names["operator"] = who_said("operator")
    if chosen and chosen not in names:
        names[chosen] = next(
            (who_said(row.actor) for row in found if key_of(row.actor) == chosen), _("Alguien que ya no está")
        )
    return names
