"""Finding intakes: filters, text, and pages that go on from where the last one ended."""

import base64
import binascii
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q, QuerySet

from comanda.accounts.access import Access
from comanda.history.models import STATUSES, Intake, Problem
from comanda.history.words import matching
from comanda.problems import CODES


class BadCursor(Exception):  # noqa: N818
    """Not a cursor that a page has given."""


@dataclass(frozen=True)
class Filter:
    """Which intakes; what is empty does not narrow."""

    integration: str = ""
    status: str = ""
    cause: str = ""
    q: str = ""
    since: datetime | None = None
    until: datetime | None = None
    subject: str = ""  # the thing to mend: "store_variant:7"

    def said(self) -> dict[str, str]:
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: str(value) for name, value in values.items() if value}


def find(access: Access, wanted: Filter) -> QuerySet[Intake]:
    """The intakes that fit, newest first."""
    found = access.rows(Intake)
    if wanted.integration:
        numeric = wanted.integration.isdecimal() and len(wanted.integration) < 19
        found = found.filter(integration_id=int(wanted.integration)) if numeric else found.none()
    if wanted.status:
        found = found.filter(status=wanted.status)
    if wanted.cause:
        found = found.filter(Q(cause=wanted.cause) | Q(problem_rows__code=wanted.cause)).distinct()
    if wanted.subject:
        found = found.filter(pk__in=stopped_by(access, wanted).values("intake_id"))
    if wanted.since:
        found = found.filter(received_at__gte=aware(wanted.since))
    if wanted.until:
        found = found.filter(received_at__lt=aware(wanted.until))
    if wanted.q:
        found = found.filter(says(access, wanted.q))
    return found.order_by("-received_at", "-id")


def stopped_by(access: Access, wanted: Filter) -> QuerySet[Problem]:
    """The problems with this very thing to mend, of the cause that is asked for too."""
    found = access.rows(Problem).filter(subject=clean(wanted.subject))
    return found.filter(code=clean(wanted.cause)) if wanted.cause else found


def clean(text: str) -> str:
    """PostgreSQL refuses NUL, even to compare with."""
    return text.replace("\x00", "")


def aware(time: datetime) -> datetime:
    """A time without an offset is meant in UTC."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def says(access: Access, text: str) -> Q:
    """An order number, a name, an e-mail or a phone, however typed. Every word must be there."""
    text = text.replace("\x00", "").strip()[:200]
    accounts = [account.pk for account in access.accounts]
    digits = "".join(filter(str.isdigit, text))
    found = matching(accounts, text)
    if len(digits) >= 7 and not any(c.isalpha() for c in text):
        found |= matching(accounts, digits[-10:])  # a telephone; `2026-0000123` is an order's number
    return found


def page(found: QuerySet[Intake], cursor: str, limit: int) -> tuple[list[Intake], str | None]:
    """The next `limit` after the cursor, and the cursor of what follows."""
    if cursor:
        at, id_ = parse(cursor)
        found = found.filter(Q(received_at__lt=at) | Q(received_at=at, id__lt=id_))
    items = list(found.select_related("integration").prefetch_related("problem_rows")[: limit + 1])
    last = items[limit - 1] if len(items) > limit else None
    return items[:limit], cursor_of(last.received_at, last.pk) if last else None


def cursor_of(at: datetime, id_: uuid.UUID) -> str:
    """Where a page ended: a time and an id."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{id_}".encode()).decode()


def parse_id(cursor: str) -> uuid.UUID:
    """A cursor that is an id: where ids are in order of time."""
    try:
        return uuid.UUID(cursor)
    except ValueError as error:
        raise BadCursor from error


def parse(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        at, _, id_ = base64.urlsafe_b64decode(cursor).decode().partition("|")
        return aware(datetime.fromisoformat(at)), uuid.UUID(id_)
    except (ValueError, binascii.Error) as error:
        raise BadCursor from error


class UnknownWord(Exception):  # noqa: N818
    """A filter names a status or a cause that there is none of: the field is the argument."""


def known(wanted: Filter) -> Filter:
    """The filter, if its words are known. Raises UnknownWord."""
    if wanted.status and wanted.status not in STATUSES:
        raise UnknownWord("status")
    if wanted.cause and wanted.cause not in CODES:
        raise UnknownWord("cause")
    return wanted
