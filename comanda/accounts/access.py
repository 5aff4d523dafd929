"""The only way to reach a tenant's row."""

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.utils import timezone

from comanda.accounts.actors import actor_of
from comanda.accounts.models import Account, ApiToken, AuditEntry, Member, User
from comanda.integrations.vault import digest, new_token

M = TypeVar("M", bound=Model)

TOKEN_PREFIX = "cmd_"  # noqa: S105 (so that a leaked one is recognised)


class NotFound(Exception):  # noqa: N818
    """There is no such row, or it is another tenant's: nobody is told which."""


class Forbidden(Exception):  # noqa: N818
    """The row may be seen and not changed."""


def called(model: type[Model]) -> str:
    """As the API's fields name it: `store_variant`."""
    return str(model._meta.verbose_name).replace(" ", "_")


class Access:
    """What somebody may reach: the rows of these accounts; to change them where `writes`, and who else may where `owns`."""

    def __init__(self, accounts: Sequence[Account], actor: str, writes: bool, owns: bool = False) -> None:
        self.accounts, self.actor, self.writes, self.owns = list(accounts), actor, writes, owns

    @property
    def account(self) -> Account:
        return self.accounts[0]

    def rows(self, model: type[M]) -> QuerySet[M]:
        """The rows of a table that are theirs."""
        return model._default_manager.filter(account__in=self.accounts)

    def get(self, model: type[M], id_: str | int) -> M:
        """One of their rows, or NotFound."""
        try:
            return self.rows(model).get(pk=id_)
        except (model.DoesNotExist, ValueError, OverflowError) as error:  # type: ignore[attr-defined]
            raise NotFound(called(model)) from error
        except Exception as error:
            if type(error).__name__ in ("ValidationError", "DataError"):  # not an id at all
                raise NotFound(called(model)) from error
            raise

    def change(self) -> Account:
        """The account, for somebody who is about to change something in it."""
        if not self.writes:
            raise Forbidden
        return self.account

    def manage(self) -> Account:
        """The account, for somebody who is about to change its people or its tokens."""
        if not self.owns:
            raise Forbidden
        return self.change()

    @property
    def masks(self) -> bool:
        """Whether buyers' personal data are masked: for whoever only reads, until they ask for an order's."""
        return not self.writes

    def audit(self, action: str, target: str, **difference: object) -> None:
        """Keep who did what to which row, and the difference: what is now, or a pair of what was and what is now."""
        self.change()
        self._keep(action, target, {name: as_said(value) for name, value in difference.items()})

    def audit_reveal(self, target: str) -> None:
        """Keep that somebody who only reads has looked at a buyer's data: the one thing they do that is written down."""
        self._keep("reveal", target, {})

    def _keep(self, action: str, target: str, said: dict[str, str | list[str]]) -> None:
        AuditEntry.objects.create(account=self.account, actor=self.actor, action=action, target=target, difference=said)


def as_said(value: object) -> str | list[str]:
    return [str(each) for each in value] if isinstance(value, tuple) else str(value)


def by_token(token: str) -> Access | None:
    """The access that a bearer token gives; None for an unknown or revoked one. People are managed by people."""
    row = ApiToken.objects.select_related("account").filter(digest=digest(token), revoked_at=None).first()
    return Access([row.account], actor_of("token", row.pk, row.name), row.role != "support") if row else None


def by_operator(account: Account) -> Access:
    """For the command line: whoever may run it may reach everything."""
    return Access([account], "operator", writes=True, owns=True)


def by_user(user: User) -> Access:
    """A person's own accounts; a support agent only reads, and only what was granted."""
    return by_members(user, memberships(user))


def memberships(user: User) -> list[Member]:
    """The accounts that a person is of, and as what; each account comes with it."""
    return list(Member.objects.filter(user=user).select_related("account").order_by("account_id"))


def by_members(user: User, members: Sequence[Member]) -> Access:
    """What these of a person's memberships give together."""
    return Access(
        [member.account for member in members],
        actor_of("user", user.pk, user.email),
        bool(members) and all(m.role != "support" for m in members),
        bool(members) and all(m.role == "owner" for m in members),
    )


def new_api_token(account: Account, name: str, role: str = "owner") -> str:
    """Make a token; this is the only time that it can be read."""
    token = new_token(TOKEN_PREFIX)
    ApiToken.objects.create(account=account, name=name, role=role, digest=digest(token))
    return token


def revoke(token: ApiToken) -> None:
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])


def account_named(name: str) -> Account:
    """An account by its id or its name."""
    by_id = Account.objects.filter(pk=int(name)).first() if name.isdecimal() and len(name) < 19 else None
    found = by_id or Account.objects.filter(name__iexact=name).first()
    if not found:
        raise NotFound("account")
    return found
