"""Which intake a delivery stands under: the one of its order's name; of what runs again its own, whatever that is called."""

import uuid
from collections.abc import Iterable, Mapping

import msgspec

from comanda import sql
from comanda.history.models import Intake
from comanda.inbox.models import new_id
from comanda.run import Known, Run

Named = tuple[int, str]  # integration and external id


def again(run: Run) -> bool:
    return run.delivery.trigger != "webhook"


def keep(runs: list[Run]) -> None:
    """What runs again may be called otherwise by now: its integration is another store's, or its id is mapped anew. What is
    registered stays the order that it is, and what names no store is of the one that it was taken for."""
    mine = {run.delivery.id: run for run in runs if again(run)}
    for delivery_id, store_key, external_id, order_id in sql.select(
        Intake,
        "t.delivery_id, k.store_key, k.external_id, coalesce(p.order_id, o.id)",
        {"delivery_id": "uuid"},
        [(id_,) for id_ in mine],
        "JOIN comanda_orderkey k ON k.id = t.key_id LEFT JOIN comanda_order o ON o.key_id = k.id"
        " LEFT JOIN comanda_orderpart p ON p.key_id = k.id",
    ):
        run = mine[sql.as_uuid(delivery_id)]
        if order_id is not None:
            run.store_key, run.external_id = store_key, external_id
            run.problems = [problem for problem in run.problems if problem.code != "wrong_store"]
        elif not run.delivery.store_key and not store_key.startswith("integration:"):
            run.store_key = store_key


def know(runs: list[Run]) -> None:
    """The intakes that these runs belong to. One that runs again takes the name that its order has now, if nobody has it."""
    named = {(known.integration_id, known.external_id): known for known in by_name(runs)}
    own = {known.delivery_id: known for known in by_delivery(runs)}
    standing: dict[Named, tuple[Known | None, uuid.UUID]] = {}
    for run in runs:
        run.namesake, mine = named.get(name_of(run)), own.get(run.delivery.id)
        if mine and not (told(run) and free(mine, run.namesake, standing.get(name_of(run)))):
            run.external_id = mine.external_id
        known = mine or run.namesake
        run.known, run.intake_id = standing.setdefault(name_of(run), (known, known.id if known else new_id()))


def name_of(run: Run) -> Named:
    return run.integration.id, run.external_id


def told(run: Run) -> bool:
    """Whether what was read names an order."""
    return run.external_id != f"delivery:{run.delivery.id}"


def free(mine: Known, namesake: Known | None, taken: tuple[Known | None, uuid.UUID] | None) -> bool:
    """Whether no other intake has the name, in the history or in this batch."""
    return (namesake.id if namesake else mine.id) == mine.id == (taken[1] if taken else mine.id)


def by_name(runs: Iterable[Run]) -> Iterable[Known]:
    return read({"integration_id": "bigint", "external_id": "varchar"}, map(name_of, runs))


def by_delivery(runs: Iterable[Run]) -> Iterable[Known]:
    return read({"delivery_id": "uuid"}, [(run.delivery.id,) for run in runs if again(run)])


COLUMNS = (
    "t.id, t.delivery_id, t.status, t.cause, t.attempts, t.waived, t.number, t.key_id, t.received_at,"
    " t.discarded_at IS NOT NULL, t.external_id, t.integration_id"
)


def read(keys: Mapping[str, str], wanted: Iterable[sql.Row]) -> list[Known]:
    found = []
    for row in sql.select(Intake, COLUMNS, keys, wanted):
        id_, delivery_id, status, cause, attempts, waived, number, key_id, received_at, discarded, *name = row
        found.append(
            Known(
                sql.as_uuid(id_),
                delivery_id and sql.as_uuid(delivery_id),
                status,
                cause,
                attempts,
                tuple(msgspec.json.decode(waived) if isinstance(waived, str) else waived),
                number,
                key_id and sql.as_uuid(key_id),
                sql.as_time(received_at),
                bool(discarded),
                *name,
            )
        )
    return found
