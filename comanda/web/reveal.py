"""Buyers' data for whoever only reads: masked, until they ask for one order's; that is written down, and ends by itself."""

import time
from collections.abc import Sequence

from django.http import HttpRequest

from comanda.accounts.access import Access
from comanda.accounts.masking import OPEN, Veil
from comanda.history.models import Intake
from comanda.history.timeline import Trace
from comanda.history.veil import drawn
from comanda.orders.models import Order

REVEALED = "revealed"  # in the session: until when (seconds since 1970) an order's data are shown, by its id
SECONDS = 60 * 60


def reveal(request: HttpRequest, who: Access, intake: Intake) -> None:
    """Show this order's data to this session for an hour. Written down first."""
    who.audit_reveal(f"intake:{intake.pk}")
    now = time.time()
    running = {id_: until for id_, until in request.session.get(REVEALED, {}).items() if until > now}
    request.session[REVEALED] = running | {str(intake.pk): now + SECONDS}


def is_masked(request: HttpRequest, who: Access, intake: Intake) -> bool:
    return who.masks and request.session.get(REVEALED, {}).get(str(intake.pk), 0) <= time.time()


def veil_over(
    request: HttpRequest, who: Access, intake: Intake, traces: Sequence[Trace] = (), order: Order | None = None
) -> Veil:
    """The veil over what this request shows of an order; `traces` are the attempts that are shown."""
    return drawn(intake, traces, order) if is_masked(request, who, intake) else OPEN
