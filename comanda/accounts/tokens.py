"""An account's API tokens: made and taken back by its owners. What a token is can be read once, when it is made."""

from django.db import transaction

from comanda.accounts.access import TOKEN_PREFIX, Access, revoke
from comanda.accounts.models import ApiToken
from comanda.integrations.vault import digest, new_token

LONGEST = 80
ROLES = {False: "owner", True: "support"}  # by whether it only reads


def make(access: Access, name: str, *, read_only: bool) -> tuple[ApiToken, str]:
    """A new token under a name (its first 80 characters), and the token itself."""
    account, token = access.manage(), new_token(TOKEN_PREFIX)
    name = " ".join("".join(c for c in name if c.isprintable()).split())[:LONGEST]
    with transaction.atomic():
        row = ApiToken.objects.create(account=account, name=name, role=ROLES[read_only], digest=digest(token))
        access.audit("create", f"token:{row.pk}", name=name, read_only=read_only)
    return row, token


def take_back(access: Access, row: ApiToken) -> None:
    """From now on it opens nothing. Doing it twice changes nothing."""
    access.manage()
    with transaction.atomic():
        if ApiToken.objects.select_for_update().filter(pk=row.pk, revoked_at=None).exists():
            revoke(row)
            access.audit("revoke", f"token:{row.pk}", name=row.name)
