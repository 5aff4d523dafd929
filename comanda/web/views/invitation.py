"""/invitacion/: whoever opens the link of an invitation comes in; somebody new chooses a password."""

from allauth.account.utils import perform_login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from comanda.accounts import invite
from comanda.accounts.models import Invitation, User
from comanda.web.frame import CHOSEN, done
from comanda.web.limits import too_often
from comanda.web.people import ROLES

LONGEST_PASSWORD = 1000


@never_cache
@sensitive_post_parameters("password")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What stands there depends on who looks: the one who is invited, somebody else, somebody who is not logged in."""
    if limited := too_often(request, "invitation", looking=True):
        return limited
    try:
        row = invite.opened(token)
        if request.user.is_authenticated:
            return theirs(request, row, request.user)
        if User.objects.filter(email=row.email).exists():
            return render(request, "invitation.html", {"row": row, "known": True})
        return newcomer(request, row)
    except invite.Closed as closed:
        return render(request, "invitation_closed.html", {"reason": closed.reason}, status=410)


def theirs(request: HttpRequest, row: Invitation, user: User) -> HttpResponse:
    """For somebody who is logged in: to accept it, where it is theirs."""
    if user.email != row.email:
        return render(request, "invitation.html", {"row": row, "other": user.email}, status=403)
    return enter(request, row, user) if request.method == "POST" else render(request, "invitation.html", {"row": row})


def newcomer(request: HttpRequest, row: Invitation) -> HttpResponse:
    """For somebody new: a password, and they are in. The address is the invitation's, whatever else is sent."""
    faults: list[str] = []
    if request.method == "POST":
        password = request.POST.get("password", "")[:LONGEST_PASSWORD]
        if not (faults := wrong(password, row.email)):
            try:
                with transaction.atomic():
                    user = User.objects.create_user(row.email, password)
                    invite.accept(row, user)
            except IntegrityError:  # in another window they were quicker
                return redirect(request.path)
            perform_login(request, user)  # under a new session key
            return inside(request, row)
    return render(
        request, "invitation.html", {"row": row, "new": True, "faults": faults}, status=400 if faults else 200
    )


def wrong(password: str, email: str) -> list[str]:
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        return list(error.messages)
    return [_("La contraseña no puede tener este signo.")] if "\x00" in password else []


def enter(request: HttpRequest, row: Invitation, user: User) -> HttpResponse:
    invite.accept(row, user)
    return inside(request, row)


def inside(request: HttpRequest, row: Invitation) -> HttpResponse:
    request.session[CHOSEN] = row.account_id
    done(request, _("Ya estás en «{account}» como {role}.").format(account=row.account.name, role=ROLES[row.role]))
    return redirect("home")
