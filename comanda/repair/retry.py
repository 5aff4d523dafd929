"""Running the journey again: for one intake, for all that match a filter, for all that something blocked."""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Count, F, QuerySet

from comanda.accounts.access import Access
from comanda.history.models import Intake, Problem
from comanda.inbox.models import PENDING, Delivery, written
from comanda.problems import WAIVABLE
from comanda.repair.models import Retry, RetryItem

T = TypeVar("T")

# What a bulk retry takes up: all that is not registered and may yet be; and the changes that could not be applied.
WAITING = frozenset({"failed", "review", "unpaid", "retrying"})


class NotRetriable(Exception):  # noqa: N818
    """This intake has nothing to be run again: its reason is the argument."""


def requeue(intakes: QuerySet[Intake], trigger: str, *, skip_busy: bool = False) -> list[uuid.UUID]:
    """Make the newest delivery of each intake pending again; returns the intakes. Runs in the caller's transaction.

    Whoever holds a catalogue lock must not wait for deliveries that a worker holds, because that worker may be waiting
    for the lock: `skip_busy` leaves those out. Their worker looks at the catalogue again once it has the lock.
    """
    pairs = {delivery: id_ for delivery, id_ in intakes.values_list("delivery_id", "id") if delivery}
    locked: list[uuid.UUID] = []
    for part in parts(sorted(pairs)):
        rows = Delivery.objects.filter(id__in=part).order_by("id").select_for_update(skip_locked=skip_busy)
        locked += rows.values_list("id", flat=True)
    for part in parts(locked):
        Delivery.objects.filter(id__in=part).update(
            state=PENDING, generation=F("generation") + 1, trigger=trigger, claims=0
        )
        waiting = Intake.objects.filter(delivery_id__in=part, id__in=[pairs[id_] for id_ in part])
        waiting = waiting.exclude(status="registered").order_by("id").select_for_update()  # in the workers' order
        Intake.objects.filter(id__in=list(waiting.values_list("id", flat=True))).update(status="pending")
    return [pairs[id_] for id_ in locked]


def parts(ids: Sequence[T], size: int = 5000) -> list[Sequence[T]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def wake(problems: QuerySet[Problem], trigger: str, *, skip_busy: bool = False, follow: Retry | None = None) -> int:
    """Run again every intake that one of these problems stops; returns how many those are. `follow` keeps their outcome."""
    blocked = Intake.objects.filter(id__in=problems.values("intake_id"))
    count = blocked.count()
    taken = requeue(blocked, trigger, skip_busy=skip_busy)
    if follow:
        add_items(follow, taken)
    return count


@contextmanager
def followed(access: Access, **said: str) -> Iterator[Retry]:
    """In one transaction: a retry that a mend fills with what it wakes, so that the outcome can be shown.

    `said` is what was mended. One that stays empty is not kept, and has no id in the end.
    """
    with transaction.atomic():
        retry = Retry.objects.create(account=access.change(), filter=said, author=access.actor)
        yield retry
        if not retry.items.exists():
            retry.delete()


def add_items(retry: Retry, intakes: Sequence[uuid.UUID]) -> None:
    for part in parts(intakes):
        RetryItem.objects.bulk_create(RetryItem(retry=retry, intake_id=id_) for id_ in part)


def retriable(access: Access, intakes: QuerySet[Intake]) -> list[QuerySet[Intake]]:
    """Those of them that a retry takes up, in two parts: each is found by an index of its own."""
    changes = access.rows(Problem).filter(code="update_problem").values("intake_id")
    return [
        intakes.filter(status__in=WAITING).exclude(status=written("registered")),
        intakes.filter(pk__in=changes, cause="update_problem").exclude(status__in=WAITING),
    ]


def planned(access: Access, intakes: QuerySet[Intake]) -> Counter[tuple[str, str]]:
    """How many of them a retry would take up, exactly, by status and cause."""
    found: Counter[tuple[str, str]] = Counter()
    for part in retriable(access, intakes):
        for status, cause, number in part.order_by().values_list("status", "cause").annotate(Count("id")):
            found[status, cause] += number
    return found


def retry_all(access: Access, intakes: QuerySet[Intake], said: dict[str, Any]) -> Retry:
    """Run again every intake of the query that may yet be registered; `said` is the filter, to be kept."""
    account = access.change()
    with transaction.atomic():
        retry = Retry.objects.create(account=account, filter=said, author=access.actor)
        taken = [id_ for part in retriable(access, intakes) for id_ in requeue(part, "retry")]
        add_items(retry, taken)
        access.audit("retry", f"retry:{retry.pk}", requested=len(taken), filter=said)
    return retry


def retry_one(access: Access, intake: Intake, *, anyway: bool = False) -> Retry:
    """Run one intake again; `anyway` waives what a person may waive, and takes back that it was discarded."""
    account = access.change()
    if intake.status == "registered" and intake.cause != "update_problem":
        raise NotRetriable("registered")
    if intake.status == "duplicate":
        raise NotRetriable("duplicate")
    with transaction.atomic():
        retry = Retry.objects.create(account=account, filter={"id": str(intake.pk)}, author=access.actor)
        if not (taken := requeue(Intake.objects.filter(pk=intake.pk), "retry")):
            raise NotRetriable("pruned")
        if anyway:
            codes = set(intake.problem_rows.values_list("code", flat=True)) & WAIVABLE
            intake.waived = sorted({*intake.waived, *codes})
            intake.discarded_at = None
            intake.save(update_fields=["waived", "discarded_at"])
            if intake.key_id:  # it was the order that was discarded, by whatever integration it came
                Intake.objects.filter(key=intake.key_id).update(discarded_at=None)
        add_items(retry, taken)
        access.audit("retry", f"intake:{intake.pk}", anyway=anyway)
    return retry


def counts(retry: Retry) -> dict[str, int]:
    """requested = pending + registered + failed + other, counted from the items."""
    return summed(dict(retry.items.values_list("outcome").annotate(Count("id"))))


def summed(found: Mapping[str, int]) -> dict[str, int]:
    """Of outcomes and how many items have each."""
    requested = sum(found.values())
    pending, registered, failed = found.get("", 0), found.get("registered", 0), found.get("failed", 0)
    return {
        "requested": requested,
        "pending": pending,
        "registered": registered,
        "failed": failed,
        "other": requested - pending - registered - failed,
    }
