"""Secrets and tokens: sealed where they must be read again, hashed where they must only be recognised."""

import hashlib
import logging
import secrets
from collections.abc import Iterable
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

log = logging.getLogger("comanda.integrations")


@cache
def _vault(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal(secret: str) -> str:
    """Encrypt with the newest of COMANDA_ENCRYPTION_KEYS."""
    return _vault(tuple(settings.ENCRYPTION_KEYS)).encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt with whichever of the keys fits. Raises cryptography.fernet.InvalidToken where none does."""
    return _vault(tuple(settings.ENCRYPTION_KEYS)).decrypt(sealed.encode()).decode()


def opened(sealed: Iterable[str]) -> list[str]:
    """Those of these secrets that open: one whose key was taken away proves nothing, and hinders nobody else."""
    found = []
    for each in sealed:
        try:
            found.append(unseal(each))
        except InvalidToken:
            log.warning("a secret does not open with any of the keys: see `comanda doctor`")
    return found


def reseal(sealed: str) -> str:
    """The same secret under the newest key."""
    return _vault(tuple(settings.ENCRYPTION_KEYS)).rotate(sealed.encode()).decode()


def new_token(prefix: str = "") -> str:
    """192 random bits, safe in a URL."""
    return prefix + secrets.token_urlsafe(24)


def digest(token: str) -> str:
    """How a token is looked up: SHA-256, hex. Tokens are random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
