"""Every setting comes from the environment; docs/operate.md describes each one."""

import secrets
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from comanda.environment import (
    LEVELS,
    base_url,
    database,
    days,
    env,
    fernet_keys,
    folder,
    hosts,
    kept_in,
    mail,
    one_of,
    sender,
)

HOME = folder(Path(env("HOME", "var")).resolve())
SECRET_KEY = kept_in(HOME, "SECRET_KEY", lambda: secrets.token_urlsafe(48))
# Newest first: the first key encrypts, all of them decrypt.
ENCRYPTION_KEYS = fernet_keys(kept_in(HOME, "ENCRYPTION_KEYS", lambda: Fernet.generate_key().decode()))

BASE_URL = base_url(env("BASE_URL", "http://localhost:8000"))
ALLOWED_HOSTS = [
    host
    for host in ["localhost", "127.0.0.1", "[::1]", urlsplit(BASE_URL).hostname, *hosts(env("ALLOWED_HOSTS"))]
    if host
]

INSTALLED_APPS = [
    "comanda",  # before the others: its templates take the place of theirs
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "template_partials",
]
AUTH_USER_MODEL = "comanda.User"
MIDDLEWARE = [
    "comanda.api.strict.one_shape",
    "django.middleware.security.SecurityMiddleware",
    "comanda.web.assets.Served",
    "comanda.web.assets.Compressed",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",  # as the browser asks
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "comanda.web.language.chosen_language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
SECURE = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SELF = ["'self'"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": SELF,
        "style-src": SELF,
        "img-src": ["'self'", "data:"],
        "connect-src": SELF,
        "form-action": SELF,
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# Counted in the database, so that all web processes count together.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "comanda_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},  # what is over it is thrown out, though a limit may still be counting
    }
}
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORDS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{PASSWORDS}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{PASSWORDS}.CommonPasswordValidator"},
    {"NAME": f"{PASSWORDS}.NumericPasswordValidator"},
    {"NAME": f"{PASSWORDS}.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "comanda.web.entrance.Entrance"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # people come by invitation
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = None  # as they say when they log in
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {"invitation": "30/m/ip", "invite": "60/h/user"}  # besides those that allauth has
ACCOUNT_FORMS = {
    "change_password": "comanda.web.entrance.ChangePassword",
    "reset_password_from_key": "comanda.web.entrance.NewPassword",
}
MFA_ADAPTER = "comanda.web.entrance.SecondStep"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # people come by invitation
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Comanda"
MFA_TOTP_TOLERANCE = 1  # telephones' clocks differ
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
ROOT_URLCONF = "comanda.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "es"
LANGUAGES = [("es", "Español"), ("en", "English")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = SECURE
WEB = Path(__file__).parent / "web"
LOCALE_PATHS = [WEB / "locale"]
STATIC_URL = "/static/"
STATICFILES_DIRS = [WEB / "static"]
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_MAX_AGE = 60
SERVESTATIC_ALLOW_ALL_ORIGINS = False
STORAGES = {"staticfiles": {"BACKEND": "comanda.web.assets.Hashed"}}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [WEB / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "comanda.web.frame.frame",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "comanda.web.words",
                "comanda.web.figures",
                "comanda.web.people",
            ],
        },
    }
]

DATABASE_URL = env("DATABASE_URL", f"sqlite:///{HOME / 'comanda.sqlite3'}")
DATABASE = database(DATABASE_URL)
if DATABASE["ENGINE"].endswith("sqlite3"):
    DATABASE |= {
        "ENGINE": "comanda.sqlite",
        "OPTIONS": {
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8000;"
            " PRAGMA wal_autocheckpoint=16000;",  # see comanda/sqlite/log.py
        },
        "TEST": {"NAME": str(HOME / "test.sqlite3")},
    }
else:
    DATABASE |= {"CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60}
    DATABASE["OPTIONS"] = {"connect_timeout": 4} | DATABASE.get("OPTIONS", {})
DATABASES = {"default": DATABASE}

# Without a server for mail, what would be sent is written to the log: the links in it still work.
MAIL = mail(env("EMAIL_URL", "consolemail://"))
EMAIL_BACKEND = MAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = MAIL.get("EMAIL_HOST") or "localhost", MAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.get("EMAIL_HOST_USER") or "", MAIL.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.get("EMAIL_USE_TLS", False), MAIL.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = MAIL.get("EMAIL_FILE_PATH") or ""
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = sender(env("EMAIL_FROM", "Comanda <comanda@localhost>"))
SENDS_MAIL = "smtp" in EMAIL_BACKEND
ACCOUNT_EMAIL_NOTIFICATIONS = SENDS_MAIL  # of a new password, a second step, a key
SUPPORT = env("SUPPORT")  # for accounts that name none of their own

RETENTION_DAYS = days("RETENTION_DAYS", env("RETENTION_DAYS", "180"))
BODY_LIMIT = 2 * 1024 * 1024  # of what a store sends
# Of a request to a page or to the API: a sample as large as that may be pasted, and as text in a form or in JSON it is up to
# three times as large. Django would write any body to the disk before it looks.
PAGE_LIMIT = DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

LOG_FORMAT = one_of("LOG", env("LOG", "text"), "text", "json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "comanda.logs.Text", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"comanda": {"level": one_of("LOG_LEVEL", env("LOG_LEVEL", "INFO"), *LEVELS)}},
}
