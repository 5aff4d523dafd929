"""What the resources share: who asks, in what language, and pages."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any, TypeVar

from annotated_types import Ge
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from ninja import Field, Schema
from pydantic import BeforeValidator, TypeAdapter

from comanda.accounts.access import Access
from comanda.accounts.models import Account
from comanda.accounts.region import zone
from comanda.history.cursors import BadCursor, aware
from comanda.history.days import midnight
from comanda.history.search import Filter, known

M = TypeVar("M", bound=Model)

MOST = 200
FITS_NOT = "The request does not fit."  # with `fields`: each with its place, and why


DAY = "A day alone, 2026-11-30, is the whole day in the account's time zone. A time without an offset is in UTC."


def day_or_time(given: Any) -> date:
    """`2026-11-30` is a day, which would pass for a time too."""
    try:
        return date.fromisoformat(given) if _DAY.fullmatch(str(given)) else _TIME.validate_python(given)
    except ValueError:  # pydantic's, too
        raise ValueError("Not a time, 2026-11-30T15:00:00-05:00, and not a day, 2026-11-30.") from None


_DAY, _TIME = re.compile(r"\d{4}-\d\d-\d\d"), TypeAdapter(datetime)
When = Annotated[datetime | date, BeforeValidator(day_or_time)]
Limit = Annotated[int, Ge(1)]  # of a page; more than MOST is taken for MOST


class Refused(Exception):  # noqa: N818
    """A request that cannot be done: status, code, message and facts of the error's shape."""

    def __init__(self, status: int, code: str, message: str, **facts: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.facts = status, code, message, facts


class IntakeFilter(Schema):
    """Which intakes: what the history is narrowed by, and what a bulk retry takes up."""

    integration: str = ""
    status: str = ""
    cause: str = ""
    subject: str = ""
    q: str = ""
    since: When | None = Field(None, alias="from", description=f"From when, this time included. {DAY}")
    until: When | None = Field(None, alias="to", description=f"Until when, this time not included. {DAY}")

    def chosen(self, account: Account) -> Filter:
        since = exact(self.since, account)
        until = exact(self.until, account, days=1)
        if since and until and since >= until and self.since != self.until:
            raise Refused(400, "invalid", "from is after to.", field="from")
        plain = {name: getattr(self, name) for name in ("integration", "status", "cause", "subject", "q")}
        return known(Filter(**plain, since=since, until=until))


def exact(given: date | None, account: Account, days: int = 0) -> datetime | None:
    """A time as it is; of a day its midnight in the account's zone, or that of so many days after."""
    if given is None or isinstance(given, datetime):
        return given and aware(given)
    return midnight(given + timedelta(days=days), zone(account))


def access(request: HttpRequest) -> Access:
    return request.auth  # type: ignore[attr-defined, no-any-return]


def language(request: HttpRequest) -> str:
    return "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "es"


def within(limit: int) -> int:
    return min(limit, MOST)


def page(rows: QuerySet[M], cursor: str, limit: int) -> tuple[list[M], str | None]:
    """Rows by id, the newest first; the cursor is the last id of the page before."""
    if cursor:
        if not cursor.isdecimal() or len(cursor) > 18:
            raise BadCursor
        rows = rows.filter(pk__lt=int(cursor))
    found = list(rows.order_by("-pk")[: within(limit) + 1])
    more = len(found) > within(limit)
    found = found[: within(limit)]
    return found, str(found[-1].pk) if more else None
