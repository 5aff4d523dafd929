"""Who uses Comanda: accounts (the tenants), the people in them, their API tokens, and what they did."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None) -> "User":
        user = User(email=self.normalize_email(email).lower())
        user.set_password(password)
        user.save()
        return user


class User(AbstractUser):
    """A person, known by e-mail; what they may see is said by their memberships."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    language = models.CharField(max_length=8, db_default="", default="", blank=True)  # empty: as the browser asks
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]


class Account(models.Model):
    """A merchant's business: the tenant. Country and currency are the defaults by which its orders are checked."""

    name = models.CharField(max_length=120, unique=True)
    country = models.CharField(max_length=2, default="CO")
    currency = models.CharField(max_length=3, default="COP")
    stock_policy = models.CharField(max_length=8, default="warn")  # warn | block
    price_policy = models.CharField(max_length=8, default="warn")  # warn | block
    # What this merchant calls cash on delivery, one name a line; empty: the names that come with Comanda.
    cod_methods = models.TextField(db_default="", default="", blank=True)
    # Orders of one customer that a builder sends apart within so many minutes become one; 0: none do.
    group_minutes = models.SmallIntegerField(db_default=0, default=0)
    # Where its people ask for help: an e-mail address, a telephone (WhatsApp) or a page; empty: the installation's.
    support = models.CharField(max_length=255, db_default="", default="", blank=True)
    timezone = models.CharField(max_length=40, db_default="", default="", blank=True)  # empty: its country's
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person in an account: owner and member may change things, support only reads what was granted."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10)  # owner | member | support

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user.email} · {self.role}"


class Invitation(models.Model):
    """A place in an account for whoever opens the link that was sent to this address. Only the link's SHA-256 is kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10)  # owner | member | support
    digest = models.CharField(max_length=64, unique=True)
    author = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.email} · {self.role}"

    @property
    def over(self) -> bool:
        return self.expires_at <= timezone.now()


class ApiToken(models.Model):
    """A bearer token of one account. Shown once; only its SHA-256 is kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    role = models.CharField(max_length=10, default="owner")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class AuditEntry(models.Model):
    """Who did what to which row, when, with the difference. Written for every human or API action that changes something."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    actor = models.CharField(max_length=200)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=80)  # "intake:0192…", "link:7"
    difference = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["account", "target", "id"], name="audit_target")]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.target}"
