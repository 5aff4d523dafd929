"""Configuraciones › Equipo: who is in the account, who is invited, what each may do. Owners manage, the others look."""

import logging
from collections.abc import Callable
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from comanda.accounts import invite, team
from comanda.accounts.access import Access
from comanda.accounts.models import Invitation, Member
from comanda.web import shown_once
from comanda.web.ask import Question, ask
from comanda.web.frame import access, done, entered
from comanda.web.limits import too_often
from comanda.web.people import ROLES

log = logging.getLogger("comanda.team")

FAULTS = {
    "email": gettext_lazy("No es un correo. Por ejemplo: ana@tutienda.com."),
    "role": gettext_lazy("Elige qué podrá hacer."),
    "member": gettext_lazy("Esta persona ya está en el equipo. Cambia en la lista lo que puede hacer."),
    "many": gettext_lazy("Ya hay 100 invitaciones sin aceptar. Retira alguna primero."),
}


@entered
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    """The team. Without a mail server an invitation's link is shown on the page after the form, and nowhere else."""
    who = access(request)
    if request.method != "POST":
        return shown(request, invited(request))
    who.manage()
    if limited := too_often(request, "invite"):
        return limited
    given = {"email": request.POST.get("email", "").strip()[:254], "role": request.POST.get("role", "")}
    try:
        row, token = invite.invite(who, given["email"], given["role"])
    except invite.NotInvitable as error:
        field = "role" if error.reason == "role" else "email"
        return shown(request, {"given": given, "wrong": {field: FAULTS[error.reason]}}, status=400)
    return told(request, row, token)


def told(request: HttpRequest, row: Invitation, token: str) -> HttpResponse:
    """Send the link by mail; where there is no mail server, show it."""
    link = settings.BASE_URL + reverse("invitation", args=[token])
    if not settings.SENDS_MAIL:
        shown_once.keep(request, place(row), link)
        return redirect(reverse("team") + f"?invitada={row.pk}")
    if sent(row, link):
        done(request, _("Le enviamos la invitación a {email}.").format(email=row.email))
        return redirect("team")
    wrong = {"email": _("El correo no se pudo enviar. La invitación espera abajo: envíala otra vez en un rato.")}
    return shown(request, {"given": {"email": row.email, "role": row.role}, "wrong": wrong}, status=503)


def invited(request: HttpRequest) -> dict[str, Any]:
    """The invitation that has just been made, its link to be shown this once."""
    row = access(request).get(Invitation, request.GET["invitada"]) if request.GET.get("invitada") else None
    return {"invited": row, "link": shown_once.take(request, place(row))} if row else {}


def place(row: Invitation) -> str:
    return f"invitation-{row.pk}"


def sent(row: Invitation, link: str) -> bool:
    words = {"row": row, "link": link, "base_url": settings.BASE_URL}
    subject = " ".join(render_to_string("email/invitation_subject.txt", words).split())
    try:
        send_mail(subject, render_to_string("email/invitation.txt", words).strip(), None, [row.email])
    except (SMTPException, OSError) as error:
        log.error("invitation not sent: %s", error)
        return False
    return True


def shown(request: HttpRequest, more: dict[str, Any], status: int = 200) -> HttpResponse:
    who = access(request)
    rows = who.rows(Member).select_related("user").order_by("user__email")
    page = {
        "members": sorted(rows, key=lambda row: list(ROLES).index(row.role)),
        "owners": sum(row.role == "owner" for row in rows),
        "owns": who.owns,
        "roles": ROLES,
        "given": {"email": "", "role": "member"},
        "invitations": invite.waiting(who) if who.owns else [],
        "days": invite.DAYS,
        "sends_mail": settings.SENDS_MAIL,
    }
    return render(request, "team.html", page | more, status=status)


@entered
@require_POST
@never_cache
def change_invitation(request: HttpRequest, id: int) -> HttpResponse:
    """Send it again, with a new link and a new week; or take it back."""
    who = access(request)
    who.manage()
    row = who.get(Invitation, id)
    if request.POST.get("do") == "withdraw":
        invite.withdraw(who, row)
        done(request, _("Retiraste la invitación de {email}: su enlace ya no sirve.").format(email=row.email))
        return redirect("team")
    if request.POST.get("do") != "resend" or row.accepted_at or row.revoked_at:
        raise Http404
    if limited := too_often(request, "invite"):
        return limited
    try:
        return told(request, *invite.invite(who, row.email, row.role))
    except invite.NotInvitable as error:
        return shown(request, {"wrong": {"email": FAULTS[error.reason]}}, status=400)


@entered
def person(request: HttpRequest, id: int) -> HttpResponse:
    """One of the team: what is asked before they are taken out, and what is done with them."""
    who = access(request)
    who.manage()
    if request.method != "POST":
        return ask(request, leaving(who, team.member(who, id), me=request.user.pk == id))
    acts: dict[str, Callable[[HttpRequest, Access, int], None]] = {
        "role": change_role,
        "remove": remove,
        "restore": restore,
    }
    if (act := acts.get(request.POST.get("do", ""))) is None:
        raise Http404
    try:
        act(request, who, id)
    except team.LastOwner:
        wrong = _("Es el único dueño de la cuenta. Haz dueño a otra persona primero.")
        return shown(request, {"refused": wrong}, status=409)
    return redirect("team" if request.user.pk != id else "home")


def leaving(who: Access, row: Member, *, me: bool) -> Question:
    if me:
        title = _("¿Salir de «{account}»?").format(account=who.account.name)
        words = _("Dejas de ver esta cuenta enseguida. Para volver, otro dueño tiene que invitarte.")
    else:
        title = _("¿Quitar a {email} del equipo?").format(email=row.user.email)
        words = _("Deja de ver esta cuenta enseguida. Lo que hizo sigue en el registro.")
    if row.role == "owner":
        words += " " + _("Las claves de la API siguen sirviendo: revisa si hay que revocar alguna.")
    where = reverse("person", args=[row.user_id])
    yes = _("Salir de la cuenta") if me else _("Quitar")
    return Question(title, words, yes, _("Dejarlo como está"), where, reverse("team"), {"do": "remove"})


def change_role(request: HttpRequest, who: Access, id: int) -> None:
    former = team.member(who, id).role
    row = team.change_role(who, id, request.POST.get("role", ""))
    words = _("{email} ahora es: {role}.").format(email=row.user.email, role=str(ROLES[row.role]).lower())
    back = reverse("person", args=[id]) if request.user.pk != id and former != row.role else ""
    done(request, words, undo=back, do="role", role=former)


def remove(request: HttpRequest, who: Access, id: int) -> None:
    row = team.remove(who, id)
    if request.user.pk == id:
        done(request, _("Saliste de «{account}».").format(account=who.account.name))
    else:
        words = _("{email} ya no está en el equipo.").format(email=row.user.email)
        done(request, words, undo=reverse("person", args=[id]), do="restore")


def restore(request: HttpRequest, who: Access, id: int) -> None:
    done(request, _("{email} está otra vez en el equipo.").format(email=team.take_in_again(who, id).user.email))
