"""Finding intakes: filters, text, and lists that are read newest first, each page where the last one ended."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet

from comanda import sql
from comanda.accounts.access import Access
from comanda.history.cursors import Place, aware, cursor_of, parse
from comanda.history.models import STATUSES, Intake, Problem
from comanda.history.words import matching, showing, some
from comanda.inbox.models import written
from comanda.integrations.models import Integration
from comanda.problems import CODES

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Newest:
    """Rows that have a time and an id, by which an index has them in order: `at` and `id_` are the names of the two."""

    rows: QuerySet[Any]
    at: str = "received_at"
    id_: str = "id"

    @property
    def places(self) -> QuerySet[Any, Place]:
        found = self.rows.order_by(f"-{self.at}", f"-{self.id_}").values_list(self.at, self.id_)
        return found.distinct() if self.id_ != "id" else found  # of an intake with two problems, once

    def first(self, limit: int) -> list[Place]:
        return list(self.places[:limit])

    def after(self, cursor: str) -> "Newest":
        """What follows the place that a cursor is of."""
        if not cursor:
            return self
        at, id_ = parse(cursor)
        same = Q(**{self.at: at, f"{self.id_}__gte": id_})
        return replace(self, rows=self.rows.filter(**{f"{self.at}__lte": at}).exclude(same))

    def down_to(self, end: Place) -> "Newest":
        """What stands above a place, and what is at it."""
        at, id_ = end
        below = Q(**{self.at: at, f"{self.id_}__lt": id_})
        return replace(self, rows=self.rows.filter(**{f"{self.at}__gte": at}).exclude(below))

    def without(self, ids: Collection[uuid.UUID]) -> "Newest":
        return replace(self, rows=self.rows.exclude(**{f"{self.id_}__in": list(ids)}))

    def page(self, cursor: str, limit: int) -> tuple[list[Place], str | None]:
        """The next `limit` places after the cursor, and the cursor of what follows."""
        found = self.after(cursor).first(limit + 1)
        return found[:limit], cursor_of(*found[limit - 1]) if len(found) > limit else None

    def parts(self, size: int) -> Iterator[list[Place]]:
        """All of it, a part at a time: no query is held open meanwhile, and what comes meanwhile does not move it."""
        cursor: str | None = ""
        while cursor is not None:
            found, cursor = self.page(cursor, size)
            yield found


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
    """The intakes that fit, newest first. A page of them, or a count, is better asked of `newest`: see there."""
    found = besides_cause(access, wanted)
    if wanted.q:
        found = found.filter(matching(accounts_of(access), spellings(wanted.q)))
    if wanted.cause or wanted.subject:
        found = found.filter(pk__in=stopped(access, wanted).values("intake_id"))
    return found.order_by("-received_at", "-id")


def newest(access: Access, wanted: Filter) -> Newest:
    """The intakes that fit, as an index has them: the first page of a million costs what the first of a thousand does.
    Those of a cause are read from the problems, which keep the time of their intake."""
    if wanted.q and (ids := few(access, wanted)) is not None:
        return Newest(Intake.objects.filter(pk__in=ids))
    if not (wanted.cause or wanted.subject):
        return Newest(walked(access, wanted))
    problems = stopped(access, wanted)
    if wanted.integration or wanted.status or wanted.q:
        problems = problems.filter(Exists(walked(access, wanted).filter(pk=OuterRef("intake_id"))))
    return Newest(problems, id_="intake_id")


FEW = 2000


def few(access: Access, wanted: Filter) -> list[uuid.UUID] | None:
    """What a text finds where it finds no more than a few, and what of it fits. None where many have it: those are met soon
    on the way through an index of the list. The databases' planners cannot tell which it is, and would walk in vain."""
    found = some(accounts_of(access), spellings(wanted.q), FEW + 1)
    if len(found) > FEW:
        return None
    theirs = accounts_of(access)  # a buyer may have written the index's own word for an account
    columns = ("pk", "account_id", "integration_id", "status", "received_at")
    rows = Intake.objects.filter(pk__in=found).values_list(*columns)
    ids = [id_ for id_, account, *rest in rows if account in theirs and fits(wanted, *rest)]
    if ids and (wanted.cause or wanted.subject):
        return list(stopped(access, wanted).filter(intake_id__in=ids).values_list("intake_id", flat=True).distinct())
    return ids


def fits(wanted: Filter, integration_id: int, status: str, received_at: datetime) -> bool:
    return (
        wanted.integration in ("", str(integration_id))
        and wanted.status in ("", status)
        and not (wanted.since and received_at < aware(wanted.since))
        and not (wanted.until and received_at >= aware(wanted.until))
    )


def stopped(access: Access, wanted: Filter) -> QuerySet[Problem]:
    """The problems of a cause, or of the thing to mend: every cause that an intake has is a problem's code."""
    found = access.rows(Problem)
    if wanted.cause:
        found = found.filter(code=wanted.cause)
    if wanted.subject:
        found = found.filter(subject=wanted.subject.replace("\x00", ""))  # PostgreSQL refuses NUL, even to compare with
    return between(found, wanted)


def besides_cause(access: Access, wanted: Filter) -> QuerySet[Intake]:
    found = access.rows(Intake)
    if wanted.integration:
        found = of_integration(access, wanted.integration)
    if wanted.status:
        found = found.filter(status=wanted.status)
    if wanted.status and wanted.status != "registered":
        found = found.exclude(status=written("registered"))  # as the index of what is open says it
    return between(found, wanted)


def walked(access: Access, wanted: Filter) -> QuerySet[Intake]:
    found = besides_cause(access, wanted)
    return found.filter(showing(spellings(wanted.q))) if wanted.q else found


def between(found: QuerySet[M], wanted: Filter) -> QuerySet[M]:
    """What arrived within the filter's dates."""
    if wanted.since:
        found = found.filter(received_at__gte=aware(wanted.since))
    if wanted.until:
        found = found.filter(received_at__lt=aware(wanted.until))
    return found


def of_integration(access: Access, id_: str) -> QuerySet[Intake]:
    """By the integration alone, once the same statement has seen that it is theirs: asked for the account too, PostgreSQL
    may walk through all of it."""
    if not (id_.isdecimal() and len(id_) < 19):
        return Intake.objects.none()
    theirs = access.rows(Integration).filter(pk=int(id_))
    return Intake.objects.filter(Exists(theirs), integration_id=int(id_))


def accounts_of(access: Access) -> list[int]:
    return [account.pk for account in access.accounts]


def spellings(q: str) -> list[str]:
    """What to look for: an order number, a name, an e-mail or a phone, however typed. Every word must be there."""
    text = q.replace("\x00", "").strip()[:200]
    digits = "".join(filter(str.isdigit, text))
    phone = len(digits) >= 7 and not any(c.isalpha() for c in text)  # `2026-0000123` is an order's number
    return [text, digits[-10:]] if phone else [text]


def page(access: Access, wanted: Filter, cursor: str, limit: int) -> tuple[list[Intake], str | None]:
    """The next `limit` after the cursor, and the cursor of what follows."""
    places, following = newest(access, wanted).page(cursor, limit)
    return gather(places), following


def gather(places: Sequence[Place]) -> list[Intake]:
    """The intakes at these places, in this order, with what a list shows of them."""
    rows = Intake.objects.select_related("integration").prefetch_related("problem_rows")
    found: dict[uuid.UUID, Intake] = rows.in_bulk([id_ for _, id_ in places])
    return [found[id_] for _, id_ in places if id_ in found]


def numbers(access: Access, wanted: Filter, statuses: Sequence[str], most: int) -> dict[str, tuple[int, bool]]:
    """How many fit of each status, and whether there are more: each is counted up to `most`. Of a cause the newest so many
    are looked at, because no index has them by their status."""
    if not (wanted.cause or wanted.subject):
        each = sql.tally([newest(access, replace(wanted, status=name)).places for name in statuses], most)
        return {name: (min(number, most), number > most) for name, number in zip(statuses, each, strict=True)}
    places = newest(access, replace(wanted, status="")).first(most + 1)
    looked_at = Intake.objects.filter(pk__in=[id_ for _, id_ in places[:most]])
    found = dict(looked_at.values_list("status").annotate(Count("id")))
    return {name: (found.get(name, 0), len(places) > most and name in found) for name in statuses}


def causes(access: Access) -> list[str]:
    """The codes of the problems that there are: a look into the index for each, in one statement."""
    accounts = accounts_of(access)
    theirs = f"account_id IN ({', '.join(['%s'] * len(accounts))})"
    looks = [f"EXISTS (SELECT 1 FROM comanda_problem WHERE {theirs} AND code = %s)"] * len(CODES)
    (found,) = sql.execute(f"SELECT {', '.join(looks)}", [each for code in CODES for each in (*accounts, code)])
    return [code for code, there in zip(CODES, found, strict=True) if there]


class UnknownWord(Exception):  # noqa: N818
    """A filter names what cannot be, a status or a cause that there is none of: the field is the argument."""


def known(wanted: Filter) -> Filter:
    """The filter, if its words are known. Raises UnknownWord."""
    if wanted.status and wanted.status not in STATUSES:
        raise UnknownWord("status")
    if wanted.cause and wanted.cause not in CODES:
        raise UnknownWord("cause")
    if wanted.integration and not wanted.integration.isdecimal():
        raise UnknownWord("integration")
    return wanted
