"""The orders of the last days by what became of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from comanda import sql
from comanda.accounts.access import Access

FAILED = ("failed",)
WAITING = ("review", "held", "unpaid", "pending", "retrying")
LEFT_OUT = ("duplicate", "cancelled", "ignored", "superseded")  # rightly not registered


@dataclass(frozen=True)
class Day:
    """How many orders came on a day of the account's zone, by what they are now."""

    date: date
    registered: int
    failed: int
    waiting: int
    left_out: int

    @property
    def orders(self) -> int:
        return self.registered + self.failed + self.waiting + self.left_out


def days(access: Access, zone: ZoneInfo, last: date, many: int) -> list[Day]:
    """So many days up to this one, each from midnight to midnight there. Only indexes are read."""
    dates = [last - timedelta(days=ago) for ago in reversed(range(many))]
    bounds = [(day, midnight(each, zone), midnight(each + timedelta(days=1), zone)) for day, each in enumerate(dates)]
    all_, others = counted(access, bounds), open_and_left_out(access, bounds)
    return [made(each, all_.get(day, 0), others[day]) for day, each in enumerate(dates)]


def made(day: date, all_: int, others: dict[str, int]) -> Day:
    registered = max(0, all_ - sum(others.get(status, 0) for status in (*FAILED, *WAITING, *LEFT_OUT)))
    failed, waiting, left_out = (sum(others.get(s, 0) for s in group) for group in (FAILED, WAITING, LEFT_OUT))
    return Day(day, registered, failed, waiting, left_out)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


Bounds = Sequence[tuple[int, datetime, datetime]]


def table(bounds: Bounds) -> tuple[str, list[object]]:
    rows = ", ".join(["(%s, %s, %s)"] * len(bounds))
    return f"WITH days(day, since, until) AS (VALUES {rows})", [value for row in bounds for value in row]


def counted(access: Access, bounds: Bounds) -> dict[int, int]:
    """All orders of each day."""
    begins, values = table(bounds)
    here = "account_id = %s AND received_at >= since AND received_at < until"
    counts = f"{begins} SELECT day, (SELECT COUNT(*) FROM comanda_intake WHERE {here}) FROM days"
    return dict(sql.execute(counts, [*values, access.account.pk]))


def open_and_left_out(access: Access, bounds: Bounds) -> dict[int, dict[str, int]]:
    """Those that are not registered, by day and status: each a stretch of the partial index on what is not registered."""
    begins, values = table(bounds)
    statuses = ", ".join(f"('{status}')" for status in (*FAILED, *WAITING, *LEFT_OUT))
    here = (
        "account_id = %s AND i.status = s.status AND NOT (i.status = 'registered')"
        " AND received_at >= since AND received_at < until"
    )
    rows = sql.execute(
        f"{begins}, s(status) AS (VALUES {statuses}) SELECT day, s.status,"
        f" (SELECT COUNT(*) FROM comanda_intake i WHERE {here}) FROM days CROSS JOIN s",
        [*values, access.account.pk],
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for day, status, count in rows:
        found[day][status] = count
    return found
