"""What the environment says: each setting read and looked at, and what is wrong with one said in a line, its value left out."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from environ import Env

LONGEST = 36_500  # days
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class BadSetting(SystemExit):
    """A setting that cannot be: nothing starts."""

    def __init__(self, name: str, reason: str) -> None:
        self.setting, self.message = f"COMANDA_{name}", f"COMANDA_{name}: {reason}"
        super().__init__(self.message)


def env(name: str, default: str = "") -> str:
    """What is set to nothing is not set."""
    return os.environ.get(f"COMANDA_{name}") or default


def folder(path: Path) -> Path:
    """The home; made where there is none, for its owner's eyes only: orders lie there."""
    try:
        if not path.exists():
            path.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise BadSetting("HOME", f"{path} cannot be made: {error.strerror}") from None
    if not path.is_dir():
        raise BadSetting("HOME", f"{path} is not a folder")
    return path


def kept_in(home: Path, name: str, make: Callable[[], str]) -> str:
    """The secret of this name from the environment, else the one kept in the home (made at the first start)."""
    path = home / name.lower()
    try:
        if not (value := env(name)) and not path.exists():
            keep(path, make())
        found = value or path.read_text().strip()
    except OSError as error:
        raise BadSetting("HOME", f"{path}: {error.strerror}") from None
    if not found:
        raise BadSetting("HOME", f"{path} is empty")
    return found


def keep(path: Path, secret: str) -> None:
    """All of it or nothing, and the first of several who start at once: the file is written beside its place, then put there."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def fernet_keys(given: str) -> list[str]:
    keys = [key.strip() for key in given.split(",") if key.strip()]
    for number, key in enumerate(keys, 1):
        try:
            Fernet(key)
        except ValueError:
            reason = f"key {number} of {len(keys)} is none: 32 bytes in URL-safe base64, 44 characters"
            raise BadSetting("ENCRYPTION_KEYS", reason) from None
    if not keys:
        raise BadSetting("ENCRYPTION_KEYS", "there is no key")
    return keys


def base_url(given: str) -> str:
    with suppress(ValueError):
        parts = urlsplit(given)
        if (
            parts.scheme in ("http", "https")
            and parts.hostname
            and parts.port != 0
            and not parts.query + parts.fragment
        ):
            return given.rstrip("/")
    raise BadSetting("BASE_URL", "it should be like https://comanda.example.com")


def hosts(given: str) -> list[str]:
    found = [host.strip() for host in given.split(",") if host.strip()]
    for host in found:
        if not re.fullmatch(r"[^\s/:\[\]]+|\[[0-9A-Fa-f:.]+\]", host):
            raise BadSetting("ALLOWED_HOSTS", f"{host} is not a host's name alone, such as comanda.example.com")
    return found


def database(given: str) -> dict[str, Any]:
    """Django's settings of a database."""
    with suppress(ValueError):
        found: dict[str, Any] = dict(dj_database_url.parse(given))
        if found["ENGINE"].endswith((".sqlite3", ".postgresql")):
            return found
    raise BadSetting(
        "DATABASE_URL", "it should be like postgres://user:password@host:5432/name, with signs in the password as %40"
    )


def mail(given: str) -> dict[str, Any]:
    """Django's settings of a mail server."""
    with suppress(ValueError, ImproperlyConfigured):
        return dict(Env.email_url_config(given))
    raise BadSetting(
        "EMAIL_URL",
        "it should be like smtp+tls://user:password@mail.example.com:587, with signs in the password as %40",
    )


def sender(given: str) -> str:
    if "@" not in parseaddr(given)[1]:
        raise BadSetting("EMAIL_FROM", f"it should be like Comanda <comanda@example.com>, not {given}")
    return given


def days(name: str, given: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", given) or not 1 <= int(given) <= LONGEST:
        raise BadSetting(name, f"a number of days from 1 to {LONGEST}, not {given}")
    return int(given)


def one_of(name: str, given: str, *allowed: str) -> str:
    if given not in allowed:
        raise BadSetting(name, f"{' or '.join(allowed)}, not {given}")
    return given
