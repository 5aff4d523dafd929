"""A person's second step: the secret of their codes, their recovery codes, their keys."""

from allauth.mfa.models import Authenticator

from comanda.accounts.models import User
from comanda.integrations.vault import reseal

SEALED = ("secret", "seed")  # of codes by time; of recovery codes


def sealed_values() -> list[str]:
    """Every secret of everybody's, as it is kept."""
    return [
        row.data[name] for row in Authenticator.objects.exclude(type="webauthn") for name in SEALED if name in row.data
    ]


def reseal_all() -> int:
    """Under the newest key; returns how many. Runs in the caller's transaction."""
    count = 0
    for row in Authenticator.objects.exclude(type="webauthn").select_for_update():
        for name in set(SEALED) & set(row.data):
            row.data[name] = reseal(row.data[name])
            count += 1
        row.save(update_fields=["data"])
    return count


def forget(user: User) -> bool:
    """Take their second step and their keys away, for somebody who has lost them; whether there were any."""
    return bool(Authenticator.objects.filter(user=user).delete()[0])
