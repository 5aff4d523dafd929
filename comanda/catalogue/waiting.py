"""What waits for the catalogue: the store products that stop orders, and how much of what is sold is linked."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from comanda.accounts.access import Access
from comanda.catalogue.load import OF_VARIANTS
from comanda.catalogue.models import StoreVariant
from comanda.catalogue.suggest import unlinked
from comanda.history.models import Intake, Problem

# The problems that a choice of what to ship mends.
LINKING = ("product_not_linked", "variant_not_linked", "sku_ambiguous", "variant_not_chosen")
CODES = (*LINKING, *OF_VARIANTS)
MOST = 10_000  # problems that are looked at
MOST_COUNTED = 1_000  # intakes of which the share is told
MATCHED = frozenset({"registered", "forwarding", "retrying", "failed", "unpaid", "review"})


@dataclass
class Stop:
    """What one store variant stops: so many orders, of so much money, since then; the newest problem of each sort."""

    id: int
    intakes: set[UUID] = field(default_factory=set)
    amounts: dict[str, Decimal] = field(default_factory=dict)  # by currency
    since: datetime | None = None
    problems: dict[tuple[str, str], int] = field(default_factory=dict)  # (code, subject) → the problem's id

    @property
    def orders(self) -> int:
        return len(self.intakes)

    @property
    def currency(self) -> str:
        """The currency in which most waits."""
        return max(self.amounts, key=lambda each: self.amounts[each], default="")

    @property
    def amount(self) -> Decimal:
        return self.amounts.get(self.currency, Decimal(0))

    @property
    def asks(self) -> bool:
        """Whether it is to be said what is shipped for it."""
        return any(code in LINKING for code, _ in self.problems)

    def add(self, problem: tuple[int, str, str], intake: UUID, money: tuple[Any, str], at: datetime) -> None:
        id_, code, subject = problem
        self.problems[code, subject] = max(id_, self.problems.get((code, subject), 0))
        if intake not in self.intakes:
            self.intakes.add(intake)
            self.since = min(at, self.since or at)
            self.amounts[money[1]] = self.amounts.get(money[1], Decimal(0)) + (money[0] or Decimal(0))


COLUMNS = (
    "store_variant_id",
    "id",
    "code",
    "subject",
    "intake_id",
    "intake__total",
    "intake__currency",
    "intake__received_at",
)


def stops(access: Access) -> list[Stop]:
    """The store variants that stop orders, those that stop most first. What runs again at this moment is left out."""
    found = read(access.rows(Problem).filter(store_variant__isnull=False))
    asking = [stop.id for stop in found.values() if stop.asks]
    answered = set(access.rows(StoreVariant).filter(pk__in=asking).exclude(link=None).values_list("pk", flat=True))
    left = [stop for stop in found.values() if not answered_all(stop, answered)]
    return sorted(left, key=lambda stop: (-stop.orders, stop.id))


def stopping(access: Access, most: int = 100) -> int:
    """How many store variants stop orders, counted up to so many."""
    problems = access.rows(Problem).filter(code__in=CODES, store_variant__isnull=False).order_by()
    return problems.values("store_variant_id").distinct()[:most].count()


def stop_of(access: Access, id_: int) -> Stop | None:
    """What one store variant stops; None where nothing waits for it."""
    return read(access.rows(Problem).filter(store_variant=id_)).get(id_)


def read(problems: QuerySet[Problem]) -> dict[int, Stop]:
    waiting = problems.filter(code__in=CODES).exclude(intake__status="pending")
    found: dict[int, Stop] = {}
    for store_variant, id_, code, subject, intake, total, currency, at in waiting.values_list(*COLUMNS)[:MOST]:
        stop = found.setdefault(store_variant, Stop(store_variant))
        stop.add((id_, code, subject), intake, (total, currency), at)
    return found


def answered_all(stop: Stop, linked: set[int]) -> bool:
    """A link has been made, and nothing else stands in the way: a worker is about to find out."""
    return stop.id in linked and all(code in LINKING for code, _ in stop.problems)


def orders_of(stops: list[Stop]) -> int:
    """How many orders they stop together."""
    return len(set().union(*(stop.intakes for stop in stops)))


@dataclass(frozen=True)
class Share:
    """So many order lines of late, and those of them whose product is linked."""

    lines: int
    linked: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all."""
        return self.linked * 100 // self.lines


def share(access: Access) -> Share | None:
    """Of the lines of the last thousand orders, of the last thirty days. None where nothing was sold."""
    since = timezone.now() - timedelta(days=30)
    newest = access.rows(Intake).filter(received_at__gte=since).order_by("-received_at", "-id")
    intakes = dict(matched(newest.values_list("id", "status", "lines")[:MOST_COUNTED]))
    total = sum(intakes.values())
    if not total:
        return None
    missing = access.rows(Problem).filter(intake_id__in=list(intakes), code__in=LINKING)
    lines = Counter(missing.values_list("store_variant_id", flat=True))
    still = unlinked(access).filter(pk__in=list(lines)).values_list("pk", flat=True)
    return Share(total, max(0, total - sum(lines[id_] for id_ in still)))


def matched(rows: Any) -> Iterator[tuple[UUID, int]]:
    """The intakes whose lines were looked up in the catalogue, and how many lines they have."""
    return ((id_, len(json.loads(lines))) for id_, status, lines in rows if status in MATCHED)


def unlinked_without_orders(access: Access, stopping: list[int], after: int, most: int) -> list[StoreVariant]:
    """The store variants that nobody waits for and that are not linked either, the newest first."""
    rows = unlinked(access).exclude(pk__in=stopping)
    return list((rows.filter(pk__lt=after) if after else rows).order_by("-pk")[:most])
