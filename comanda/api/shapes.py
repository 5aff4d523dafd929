"""What the resources share: who asks, in what language, and pages."""

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from ninja import Field, Schema

from comanda.accounts.access import Access
from comanda.history.cursors import BadCursor
from comanda.history.search import Filter, known

M = TypeVar("M", bound=Model)

MOST = 200
FITS_NOT = "The request does not fit."  # with `fields`: each with its place, and why


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
    since: datetime | None = Field(None, alias="from")
    until: datetime | None = Field(None, alias="to")

    def chosen(self) -> Filter:
        return known(
            Filter(
                integration=self.integration,
                status=self.status,
                cause=self.cause,
                subject=self.subject,
                q=self.q,
                since=self.since,
                until=self.until,
            )
        )


def access(request: HttpRequest) -> Access:
    return request.auth  # type: ignore[attr-defined, no-any-return]


def language(request: HttpRequest) -> str:
    return "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "es"


def within(limit: int) -> int:
    return max(1, min(limit, MOST))


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
