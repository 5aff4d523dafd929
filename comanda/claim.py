"""Claiming deliveries: by row lock, so that a dead worker's are free at once.

SQLite has one writer: there a batch is read without a lock, and what changed meanwhile is left out when the write lock is
taken.
"""

import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from comanda import sql
from comanda.inbox.models import Delivery
from comanda.integrations.models import Integration
from comanda.run import Claimed, Run

COLUMNS = (
    "t.id, t.topic, t.key, t.trigger, t.generation, t.claims, t.store_key, t.triggered_at, t.received_at, t.body,"
    " t.integration_id"
)
PENDING_ROWS = f"SELECT {COLUMNS} FROM comanda_delivery t WHERE t.state = 'pending' ORDER BY t.id LIMIT %s "
HELD_ROWS = (
    f"SELECT {COLUMNS} FROM comanda_delivery t"
    " JOIN comanda_integration i ON i.id = t.integration_id AND i.active AND i.binned_at IS NULL"
    " WHERE t.state = 'held' ORDER BY t.id LIMIT %s "
)


class Claim:
    """Deliveries that are ours until the end of the transaction."""

    def __init__(self, runs: list[Run]) -> None:
        self.runs = runs

    @contextmanager
    def writing(self) -> Iterator[list[Run]]:
        """The runs that are still ours, with the right to write."""
        if not sql.on_sqlite():
            yield self.runs
            return
        with transaction.atomic():
            yield self.still_ours()

    def still_ours(self) -> list[Run]:
        """Without what another worker has finished since, or somebody asked for anew, or whose integration was changed."""
        ids = [(run.delivery.id,) for run in self.runs]
        rows = sql.select(Delivery, "t.id, t.generation", {"id": "uuid"}, ids, "AND t.state IN ('pending', 'held')")
        generations = {sql.as_uuid(row[0]): row[1] for row in rows}
        integrations = {run.integration.id: run.integration for run in self.runs}
        keys = [(id_,) for id_ in integrations]
        now = {row[0]: row for row in sql.select(Integration, SWITCHES, {"id": "bigint"}, keys, ACCOUNTS)}
        changed = {id_ for id_, integration in integrations.items() if now[id_] != switches(integration)}
        return [
            run
            for run in self.runs
            if generations.get(run.delivery.id) == run.delivery.generation and run.integration.id not in changed
        ]


SWITCHES = (
    "t.id, t.store_key, t.active, t.binned_at IS NOT NULL, t.mapping_version,"
    " a.cod_methods, a.country, a.currency, a.stock_policy, a.price_policy"
)
ACCOUNTS = "JOIN comanda_account a ON a.id = t.account_id"


def switches(integration: Integration) -> tuple[Any, ...]:
    """What a person may change of an integration and its account, as SWITCHES reads it: it decides what becomes of an order."""
    account = integration.account
    switched = integration.id, integration.store_key, integration.active, integration.binned_at is not None
    chosen = account.cod_methods, account.country, account.currency, account.stock_policy, account.price_policy
    return *switched, integration.mapping_version, *chosen


@contextmanager
def claiming() -> Iterator[None]:
    """Where claims are made: in the transaction that writes, or on SQLite before it, so that reading holds no lock."""
    if sql.on_sqlite():
        yield
    else:
        with transaction.atomic():
            yield


def claim(limit: int, ids: Sequence[uuid.UUID] = ()) -> list[Run]:
    """Lock up to `limit` deliveries that are pending, or held by an integration that is on again (or just these)."""
    sql.begin_batch()
    lock = "" if sql.on_sqlite() else "FOR UPDATE OF t SKIP LOCKED"
    if ids:
        unfinished = "AND t.state IN ('pending', 'held') "
        return runs_of(sql.select(Delivery, COLUMNS, {"id": "uuid"}, [(id_,) for id_ in ids], unfinished + lock))
    rows = sql.execute(PENDING_ROWS + lock, [limit])
    if len(rows) < limit:
        rows += sql.execute(HELD_ROWS + lock, [limit - len(rows)])
    return runs_of(rows)


def runs_of(rows: Sequence[sql.Row]) -> list[Run]:
    integrations = hold_integrations({row[-1] for row in rows})
    return [Run(claimed(row), integrations[row[-1]]) for row in rows]


def hold_integrations(ids: set[int]) -> Mapping[int, Integration]:
    """Read them under a share lock: whoever switches or mends one waits for this batch, and then finds what it noted."""
    if not ids:
        return {}
    if not sql.on_sqlite():
        sql.execute("SELECT 1 FROM comanda_integration WHERE id = ANY(%s) ORDER BY id FOR SHARE", (sorted(ids),))
    rows = whole_rows(ids)
    if rows != _last.rows:
        _last.found = Integration.objects.select_related("account").in_bulk(ids)
        _last.rows = rows if whole_rows(ids) == rows else []  # changed meanwhile: read again next time
    return _last.found


def whole_rows(ids: set[int]) -> list[sql.Row]:
    return sql.select(Integration, "t.*, a.*", {"id": "bigint"}, [(id_,) for id_ in sorted(ids)], ACCOUNTS)


class Last(threading.local):
    """The integrations of the batch before. Most batches have the very same, and making the objects takes long."""

    rows: Sequence[sql.Row] = ()
    found: Mapping[int, Integration] = {}


_last = Last()


def claimed(row: sql.Row) -> Claimed:
    id_, topic, key, trigger, generation, claims, store_key, triggered_at, received_at, body, _ = row
    return Claimed(
        id=sql.as_uuid(id_),
        topic=topic,
        key=key,
        trigger=trigger,
        generation=generation,
        claims=claims,
        store_key=store_key,
        triggered_at=sql.as_optional_time(triggered_at),
        received_at=sql.as_time(received_at),
        body=bytes(body),
    )


def is_away(error: BaseException) -> bool:
    """The database is away, locked or full, or chose us to break a deadlock: the batch is whole, and is tried again."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"OperationalError", "InterfaceError"}) and "too many" not in str(error)
