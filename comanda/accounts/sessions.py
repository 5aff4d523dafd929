"""Where somebody has logged in, and how to close it."""

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from comanda.accounts.models import User

SHOWN = 50


def open_sessions(user: User, current: str | None) -> list[UserSession]:
    """This one first, then the newest; what has ended (its time, a changed password) is forgotten."""
    rows = list(UserSession.objects.filter(user=user).order_by("-created_at"))
    alive = live_keys(user, [row.session_key for row in rows])
    if gone := [row.pk for row in rows if row.session_key not in alive]:
        UserSession.objects.filter(pk__in=gone).delete()
    living = [row for row in rows if row.session_key in alive]
    return sorted(living, key=lambda row: row.session_key != current)[:SHOWN]


def live_keys(user: User, keys: list[str]) -> set[str]:
    found = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    stamp = user.get_session_auth_hash()
    return {
        each.session_key for each in found if constant_time_compare(each.get_decoded().get(HASH_SESSION_KEY, ""), stamp)
    }


def close_others(user: User, current: str | None) -> int:
    """Every other session of theirs ends at once; returns how many."""
    keys = list(
        UserSession.objects.filter(user=user).exclude(session_key=current).values_list("session_key", flat=True)
    )
    closed = len(live_keys(user, keys))
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    return closed
