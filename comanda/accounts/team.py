"""The people of an account: owners say what each may do, and take people out. There is always an owner."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from comanda.accounts.access import Access, NotFound
from comanda.accounts.models import Account, AuditEntry, Member, User

ROLES = ("owner", "member", "support")
REGRET = timedelta(days=1)  # in which somebody taken out may be taken in again without being asked


class LastOwner(Exception):  # noqa: N818
    """Nobody would be left who may manage the account."""


def held(access: Access) -> Account:
    """The account, for whoever manages it: its row is locked, so that two who demote each other take turns."""
    return Account.objects.select_for_update(no_key=True).get(pk=access.manage().pk)


def change_role(access: Access, user_id: int | str, role: str) -> Member:
    """What somebody may do from now on. Raises NotFound, LastOwner."""
    access.manage()
    if role not in ROLES:
        raise NotFound("role")
    with transaction.atomic():
        held(access)
        row = member(access, user_id)
        if row.role != role:
            leave_an_owner(access, row)
            former, row.role = row.role, role
            row.save(update_fields=["role"])
            access.audit("role", f"user:{row.user_id}", person=row.user.email, role=(former, role))
    return row


def remove(access: Access, user_id: int | str) -> Member:
    """Take somebody out of the account; their access to others stays. Raises NotFound, LastOwner."""
    access.manage()
    with transaction.atomic():
        held(access)
        row = member(access, user_id)
        leave_an_owner(access, row)
        access.audit("remove", f"user:{row.user_id}", person=row.user.email, role=row.role)
        row.delete()
    return row


def take_in_again(access: Access, user_id: int | str) -> Member:
    """Somebody whom this account's owners have just taken out, as what they were. Raises NotFound for anybody else."""
    account = access.manage()
    with transaction.atomic():
        held(access)
        last = AuditEntry.objects.filter(account=account, target=f"user:{user_id}").order_by("-id").first()
        user = User.objects.filter(pk=user_id).first() if last and last.action == "remove" else None
        if last is None or user is None or last.at < timezone.now() - REGRET:
            raise NotFound("person")
        row, made = Member.objects.get_or_create(account=account, user=user, defaults={"role": last.difference["role"]})
        if made:
            access.audit("take_in_again", f"user:{user.pk}", person=user.email, role=row.role)
    return row


def member(access: Access, user_id: int | str) -> Member:
    try:
        return access.rows(Member).select_related("user").get(user_id=user_id)
    except (Member.DoesNotExist, ValueError, OverflowError) as error:
        raise NotFound("person") from error


def leave_an_owner(access: Access, row: Member) -> None:
    others = access.rows(Member).filter(role="owner").exclude(pk=row.pk)
    if row.role == "owner" and not others.exists():
        raise LastOwner
