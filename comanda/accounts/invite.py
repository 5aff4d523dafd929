"""Taking people in: an owner sends a link to somebody's address; whoever opens it within a week has a place in the account.

Only the SHA-256 of the link's token is kept. The link proves the address where it went by mail, so that it is shown to
owners only where no mail server is set.
"""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from comanda.accounts.access import Access
from comanda.accounts.actors import actor_of
from comanda.accounts.models import Invitation, Member, User
from comanda.accounts.team import ROLES, held
from comanda.integrations.vault import digest, new_token

DAYS = 7
MOST = 100  # that wait at once


class NotInvitable(Exception):  # noqa: N818
    """Why not: email, role, member or many."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Closed(Exception):  # noqa: N818
    """A link that opens nothing: unknown, expired, revoked or accepted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def waiting(access: Access) -> list[Invitation]:
    """The account's invitations that may yet be accepted or sent again: those that have expired, too."""
    rows = access.rows(Invitation).filter(accepted_at=None, revoked_at=None)
    return list(rows.order_by("-id")[:MOST])


def invite(access: Access, email: str, role: str) -> tuple[Invitation, str]:
    """A place for an address, and the token of its link; an invitation that waits there is sent anew."""
    account, email = access.manage(), email.strip().lower()
    if not is_address(email):
        raise NotInvitable("email")
    if role not in ROLES:
        raise NotInvitable("role")
    with transaction.atomic():
        held(access)
        if access.rows(Member).filter(user__email=email).exists():
            raise NotInvitable("member")
        others = access.rows(Invitation).filter(accepted_at=None, revoked_at=None)
        if others.exclude(email=email).count() >= MOST:
            raise NotInvitable("many")
        others.filter(email=email).update(revoked_at=timezone.now())
        token = new_token()
        row = Invitation.objects.create(
            account=account, email=email, role=role, digest=digest(token), author=access.actor, expires_at=in_a_week()
        )
        access.audit("invite", f"invitation:{row.pk}", person=email, role=role)
    return row, token


def is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return len(email) <= 254


def in_a_week() -> datetime:
    return timezone.now() + timedelta(days=DAYS)


def withdraw(access: Access, row: Invitation) -> None:
    """Its link opens nothing any more. Doing it twice changes nothing."""
    access.manage()
    with transaction.atomic():
        rows = access.rows(Invitation).filter(pk=row.pk, accepted_at=None, revoked_at=None)
        if rows.update(revoked_at=timezone.now()):
            access.audit("withdraw", f"invitation:{row.pk}", person=row.email)


def opened(token: str) -> Invitation:
    """The invitation of a link. Raises Closed."""
    row = Invitation.objects.select_related("account").filter(digest=digest(token)).first()
    if row is None:
        raise Closed("unknown")
    if row.revoked_at:
        raise Closed("revoked")
    if row.accepted_at:
        raise Closed("accepted")
    if row.over:
        raise Closed("expired")
    return row


def accept(row: Invitation, user: User) -> Member:
    """The place is theirs, as what the invitation says; who is in the account already stays what they are.

    Once: a second one who opens the same link is told that it was used. Raises Closed.
    """
    now = timezone.now()
    with transaction.atomic():
        free = Invitation.objects.filter(pk=row.pk, accepted_at=None, revoked_at=None, expires_at__gt=now)
        if user.email != row.email or not free.update(accepted_at=now):
            raise Closed("accepted")
        member, _ = Member.objects.get_or_create(account=row.account, user=user, defaults={"role": row.role})
        theirs = Access([row.account], actor_of("user", user.pk, user.email), writes=True)
        theirs.audit("join", f"invitation:{row.pk}", person=user.email, role=member.role)
    return member
