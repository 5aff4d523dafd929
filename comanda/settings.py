"""Every setting comes from the environment; docs/operate.md describes each one."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from cryptography.fernet import Fernet


def env(name: str, default: str = "") -> str:
    return os.environ.get(f"COMANDA_{name}", default)


HOME = Path(env("HOME", "var")).resolve()
if not HOME.exists():
    HOME.mkdir(parents=True, mode=0o700)  # orders lie here: for its owner's eyes only


def kept(name: str, make: Callable[[], str]) -> str:
    """The secret of this name from the environment, else the one kept in the home (made at the first start)."""
    if value := env(name):
        return value
    path = HOME / name.lower()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(make())
    return path.read_text().strip()


SECRET_KEY = kept("SECRET_KEY", lambda: secrets.token_urlsafe(48))
# Newest first: the first key encrypts, all of them decrypt.
ENCRYPTION_KEYS = kept("ENCRYPTION_KEYS", lambda: Fernet.generate_key().decode()).split(",")

BASE_URL = env("BASE_URL", "http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = [
    host
    for host in ["localhost", "127.0.0.1", "[::1]", urlsplit(BASE_URL).hostname, *env("ALLOWED_HOSTS").split(",")]
    if host
]

INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "comanda"]
AUTH_USER_MODEL = "comanda.User"
MIDDLEWARE = [
    "comanda.api.strict.one_shape",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
ROOT_URLCONF = "comanda.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "es"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "web" / "templates"],
    }
]

DATABASE_URL = env("DATABASE_URL") or f"sqlite:///{HOME / 'comanda.sqlite3'}"
database = dj_database_url.parse(DATABASE_URL)
if database["ENGINE"].endswith("sqlite3"):
    database |= {
        "ENGINE": "comanda.sqlite",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
        },
        "TEST": {"NAME": str(HOME / "test.sqlite3")},
    }
else:
    database |= {"CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60}
DATABASES = {"default": database}

RETENTION_DAYS = int(env("RETENTION_DAYS", "180"))
BODY_LIMIT = 2 * 1024 * 1024

LOG_FORMAT = env("LOG", "text")
if LOG_FORMAT not in ("text", "json"):
    raise SystemExit(f"COMANDA_LOG is text or json, not {LOG_FORMAT}")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"comanda": {"level": env("LOG_LEVEL", "INFO")}},
}
