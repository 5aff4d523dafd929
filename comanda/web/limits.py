"""How often something may be done: counted in the database, for all web processes (ACCOUNT_RATE_LIMITS)."""

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse


def too_often(request: HttpRequest, action: str, *, looking: bool = False) -> HttpResponse | None:
    """What is answered to whoever does it too often, by address or by person; `looking` counts GETs as well."""
    return ratelimit.consume_or_429(request, action=action, limit_get=looking)  # type: ignore[no-any-return]
