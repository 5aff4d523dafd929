"""What fails as a whole is taken apart until the delivery at fault stands alone; that one is explained, not lost."""

import logging
import uuid
from collections.abc import Sequence

from django.db import transaction

from comanda.claim import Claim, claim, claiming, is_away
from comanda.history.record import record
from comanda.inbox.models import DONE, Delivery
from comanda.orders.versions import recall
from comanda.pipeline import process, read
from comanda.problems import Problem
from comanda.run import each, unforeseen

log = logging.getLogger("comanda.worker")


def take_apart(ids: Sequence[uuid.UUID], error: Exception) -> None:
    """Halve a batch that failed as a whole until the one at fault stands alone; that one is explained, not lost."""
    if len(ids) == 1:
        give_up(ids[0], error)
        return
    middle = len(ids) // 2
    for half in (ids[:middle], ids[middle:]):
        try:
            with claiming():
                process(Claim(claim(len(half), half)))
        except Exception as again:
            if is_away(again):
                raise
            take_apart(half, again)


def give_up(id_: uuid.UUID, error: BaseException | None) -> None:
    """Record a delivery as `internal_error`: on its order where that can be read, else by itself.

    One that killed its workers (no error) is not read again.
    """
    died = Problem("internal_error", "fingerprint:died", fingerprint="died", error="the worker died", at_step="read")
    for readable in (True, False) if error else (False,):
        try:
            with transaction.atomic():
                runs = claim(1, [id_])
                if readable:
                    each("read", runs, read)
                for run in runs:
                    run.problems = [unforeseen(error, "register") if error else died]
                recall(runs)
                record(runs)
            return
        except Exception:
            log.exception("delivery %s could not be recorded as an internal error", id_)
    Delivery.objects.filter(id=id_).update(state=DONE, reason="internal_error", claims=0)
