"""Cursors: where a page of a list ended, as its reader hands it back. Whoever makes one by hand may write anything into it."""

import base64
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec

T = TypeVar("T")
Place = tuple[datetime, uuid.UUID]
Text = Annotated[str, msgspec.Meta(pattern=r"\A[^\x00]*\Z")]  # PostgreSQL refuses NUL, even to compare with
Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Number = Annotated[int, msgspec.Meta(ge=1, lt=2**31)]


class BadCursor(Exception):  # noqa: N818
    """Not a cursor that a page has given."""


@contextmanager
def refusing() -> Iterator[None]:
    """What cannot be read within raises BadCursor."""
    try:
        yield
    except (ValueError, TypeError, OverflowError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise BadCursor from error


def encode(row: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(row)).decode()


def decode(cursor: str, kind: type[T]) -> T:
    """The row, a tuple of this type, that a cursor is of."""
    with refusing():
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=kind)


def cursor_of(at: datetime, id_: uuid.UUID) -> str:
    """Where a page ended: a time and an id."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{id_}".encode()).decode()


def parse(cursor: str) -> Place:
    with refusing():
        return place(base64.urlsafe_b64decode(cursor).decode())


def place(text: str) -> Place:
    """`2026-03-11T04:00:00+00:00|<id>`."""
    with refusing():
        at, _, id_ = text.partition("|")
        return moment(at), uuid.UUID(id_)


def parse_id(cursor: str) -> uuid.UUID:
    """A cursor that is an id: where ids are in order of time."""
    with refusing():
        return uuid.UUID(cursor)


def moment(text: str) -> datetime:
    """In UTC, as one without an offset is meant. Raises OverflowError for what is no year there."""
    return aware(datetime.fromisoformat(text)).astimezone(UTC)


def aware(time: datetime) -> datetime:
    """A time without an offset is meant in UTC."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)
