"""The statements of the hot path, built by hand, and a few that the ORM cannot say; everything else goes through it.

PostgreSQL takes many rows by COPY, or their columns as binary arrays; SQLite takes the rows one after the other in one
transaction. Both are several times as fast as the ORM's bulk operations.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection, models

Row = tuple[Any, ...]


def on_sqlite() -> bool:
    return connection.vendor == "sqlite"


@lru_cache(maxsize=4096)  # a batch says the same moment of an order several times
def utc_text(value: datetime) -> str:
    return str(value if value.tzinfo is UTC else value.astimezone(UTC))[:-6]  # without +00:00


# How Django stores in SQLite what SQLite has no type for.
ADAPTERS: dict[type, Callable[[Any], str]] = {uuid.UUID: attrgetter("hex"), datetime: utc_text, Decimal: str}


def adapted(values: Iterable[Any]) -> list[Any]:
    return [adapt(value) if (adapt := ADAPTERS.get(type(value))) else value for value in values]


def adapted_rows(rows: Sequence[Row]) -> Iterable[Row]:
    """Column by column: most need nothing, or hold values of one type."""
    return zip(*(adapted_column(each, set(map(type, each))) for each in zip(*rows, strict=True)), strict=True)


def adapted_column(values: Row, kinds: set[type]) -> Iterable[Any]:
    if kinds.isdisjoint(ADAPTERS):
        return values
    return map(ADAPTERS[next(iter(kinds))], values) if len(kinds) == 1 else adapted(values)


def as_uuid(value: Any) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def as_time(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def as_optional_time(value: Any) -> datetime | None:
    return None if value is None else as_time(value)


def as_decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def execute(statement: str, values: Sequence[Any] = ()) -> list[Row]:
    """Run one statement (`%s` for values; lists are arrays on PostgreSQL) and return its rows, if it has any."""
    if on_sqlite():
        with connection.cursor() as cursor:
            cursor.execute(statement, adapted(values))
            return cursor.fetchall() if cursor.description else []
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, values, binary=True)
        return cursor.fetchall() if cursor.description else []


@cache
def column_types(model: type[models.Model], columns: tuple[str, ...]) -> tuple[str, ...]:
    """The PostgreSQL types of a table's columns, without lengths."""
    fields: dict[str, Any] = {field.column: field for field in model._meta.local_concrete_fields}
    kinds = [
        fields[c].rel_db_type(connection) if fields[c].is_relation else fields[c].db_type(connection) for c in columns
    ]
    return tuple(str(kind).partition("(")[0] for kind in kinds)


def insert(model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Row], conflict: str = "") -> int:
    """Insert many rows; `conflict` is the ON CONFLICT clause. Returns how many were inserted."""
    if not rows:
        return 0
    table, names = model._meta.db_table, ", ".join(columns)
    if on_sqlite():
        places = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({names}) VALUES ({places}) {conflict}"
        return raw_many(statement, rows)
    if not conflict:
        return copy(model, columns, rows)
    arrays = ", ".join(f"%b::{kind}[]" for kind in column_types(model, columns))
    statement = f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) {conflict}"
    return raw_arrays(statement, rows)


def copy(model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Row]) -> int:
    """PostgreSQL's fastest way in; it knows no ON CONFLICT."""
    statement = f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    with psycopg.Cursor(raw()) as cursor, cursor.copy(statement) as target:
        target.set_types(column_types(model, columns))
        for row in rows:
            target.write_row(row)
    return len(rows)


def update(model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Row]) -> int:
    """Update many rows; the first column says which row, the others are what is set."""
    if not rows:
        return 0
    table, (which, *names) = model._meta.db_table, columns
    if on_sqlite():
        sets = ", ".join(f"{name} = ?" for name in names)
        return raw_many(f"UPDATE {table} SET {sets} WHERE {which} = ?", [(*row[1:], row[0]) for row in rows])
    sets = ", ".join(f"{name} = new.{name}" for name in names)
    arrays = ", ".join(f"%b::{kind}[]" for kind in column_types(model, columns))
    statement = f"UPDATE {table} SET {sets} FROM unnest({arrays}) AS new({', '.join(columns)})"
    statement += f" WHERE {table}.{which} = new.{which}"
    return raw_arrays(statement, rows)


def select(
    model: type[models.Model], columns: str, keys: Mapping[str, str], rows: Iterable[Row], tail: str = ""
) -> list[Row]:
    """Select the rows of a table whose `keys` (column → PostgreSQL type) are among the given ones, one index probe each.

    `columns` may name joined tables, whose JOINs `tail` begins with; the table itself is `t`.
    """
    wanted = list(dict.fromkeys(rows))
    if not wanted:
        return []
    table = model._meta.db_table
    names = ", ".join(keys)
    if on_sqlite():
        found: list[Row] = []
        for start in range(0, len(wanted), 400):
            part = wanted[start : start + 400]
            values = ", ".join(["(" + ", ".join("?" * len(keys)) + ")"] * len(part))
            same = " AND ".join(f"t.{name} = wanted.{name}" for name in keys)
            statement = (
                f"WITH wanted({names}) AS (VALUES {values}) SELECT {columns} FROM wanted CROSS JOIN {table} t ON {same}"
            )
            statement += f" {tail}"
            flat = adapted(value for row in part for value in row)
            found += raw().execute(statement, flat).fetchall()
        return found
    arrays = ", ".join(f"%b::{kind}[]" for kind in keys.values())
    same = " AND ".join(f"t.{name} = wanted.{name}" for name in keys)
    statement = f"SELECT {columns} FROM unnest({arrays}) AS wanted({names}) JOIN {table} t ON {same} {tail}"
    with psycopg.Cursor(raw()) as cursor:
        cursor.execute(statement, [list(column) for column in zip(*wanted, strict=True)], binary=True)
        return cursor.fetchall()


AT_ONCE = 200  # queries that go into one statement; SQLite takes no more than 500


def tally(found: Sequence[models.QuerySet[Any, Any]], most: int) -> list[int]:
    """How many rows each of these finds, each counted up to one more than `most`: by one statement, not by one each."""
    numbers: list[int] = []
    for some in (found[start : start + AT_ONCE] for start in range(0, len(found), AT_ONCE)):
        parts, values = [], list[Any]()
        for each in some:
            statement, given = each.order_by()[: most + 1].query.sql_with_params()
            parts.append(f"(SELECT count(*) FROM ({statement}) AS found)")
            values += given
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", values)
            numbers += cursor.fetchone() or ()
    return numbers


def together(
    found: Sequence[models.QuerySet[Any, Any]], outer: str = "SELECT * FROM arm", values: Sequence[Any] = ()
) -> list[Row]:
    """The rows of several queries, each with an order and a limit of its own; values are as the driver gives them.

    `outer` may say what is wanted of all the rows as the table `arm`, whose columns are the queries'; `values` are its own.
    """
    rows: list[Row] = []
    for some in (found[start : start + AT_ONCE] for start in range(0, len(found), AT_ONCE)):
        parts, bound = [], list[Any]()
        for each in some:
            statement, given = each.query.sql_with_params()
            parts.append(f"SELECT * FROM ({statement}) AS found")
            bound += given
        with connection.cursor() as cursor:
            cursor.execute(f"WITH arm AS ({' UNION ALL '.join(parts)}) {outer}", [*bound, *values])
            rows += cursor.fetchall()
    return rows


def begin_batch() -> None:
    """How a worker's transaction is to run.

    Its commit is not waited for until it is on the disk: after a crash of the machine the last of them may be undone, each
    as a whole, and are done again from the deliveries, which are on the disk. PostgreSQL looks rows up one by one, and
    never reads a table whole to find a few.
    """
    if not on_sqlite():
        off = ("synchronous_commit", "enable_hashjoin", "enable_mergejoin")
        execute("SELECT " + ", ".join(f"set_config('{name}', 'off', true)" for name in off))
    elif not connection.in_atomic_block:
        execute("PRAGMA synchronous = NORMAL")


def raw() -> Any:
    """The driver's own connection, which is in whatever transaction Django has begun."""
    connection.ensure_connection()
    return connection.connection


def raw_many(statement: str, rows: Sequence[Row]) -> int:
    cursor = raw().executemany(statement, adapted_rows(rows))
    return int(cursor.rowcount)


def raw_arrays(statement: str, rows: Sequence[Row]) -> int:
    with psycopg.Cursor(raw()) as cursor:
        cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
        return cursor.rowcount


def reason(error: BaseException) -> str:
    """Why the database could not, for the log: in its own words where they are about itself, for those quote no value."""
    name = type(error).__name__
    about_itself = isinstance(error, OperationalError | InterfaceError)
    return f"{name}: {str(error).strip().partition(chr(10))[0]}" if about_itself else name


def is_about_data(error: BaseException) -> bool:
    """Whether the database refused what it was given (a value it cannot hold), rather than being away, locked or full."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"DataError", "IntegrityError", "ProgrammingError", "ValueError", "OverflowError", "TypeError"})
