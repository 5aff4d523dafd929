"""What is already known of a batch's orders: keys locked, versions folded, cancellations, corrections."""

import uuid
from collections import defaultdict
from datetime import timedelta
from typing import Any

from comanda import sql
from comanda.connectors.draft import Draft, Notice
from comanda.inbox.models import new_id
from comanda.orders.check import mend
from comanda.orders.group import hold_groups
from comanda.orders.models import OrderKey
from comanda.orders.standing import keep, know
from comanda.problems import CODES, Problem
from comanda.repair.corrections import lay_over
from comanda.run import Key, Known, Run, each

KEY = {"account_id": "bigint", "platform": "varchar", "store_key": "varchar", "external_id": "varchar"}
STATE = ("version", "cancelled_at", "cancel_reason", "mark")
KeyName = tuple[int, str, str, str]
OLD = timedelta(hours=24)


def recall(runs: list[Run]) -> None:
    """Lock each run's order key in sorted order, load what earlier attempts left, and decide which versions go on."""
    for run in runs:
        name(run)
    keep(runs)
    hold_groups(runs)
    lock(runs)
    know(runs)
    part_others(runs)
    for run in runs:
        if (run.known and run.known.discarded) or (run.key and run.key.discarded and not run.key.order_id):
            run.note(Problem("discarded"))
        elif run.known:
            reconsider(run, run.known)
    groups: dict[uuid.UUID, list[Run]] = defaultdict(list)
    for run in runs:
        if run.key:
            groups[run.key.id].append(run)
    for group in groups.values():
        fold(group)
    lay_over(
        [run for run in runs if run.draft and not run.superseded and (run.known or (run.key and run.key.order_id))]
    )
    for run in runs:
        if run.key and run.draft and not run.superseded:
            judge(run, run.key)
        elif run.notice and not run.problems:
            heed(run, run.notice)


def name(run: Run) -> None:
    """The external id under which this delivery stands in the history: the order's, or one of its own if none can be read."""
    run.store_key = run.delivery.store_key or run.integration.store_key or f"integration:{run.integration.id}"
    run.external_id = plain_id(run) or f"delivery:{run.delivery.id}"
    if run.trial:
        run.external_id = f"trial:{run.delivery.id}"
        return
    if plain_id(run) and run.met("wrong_store"):
        run.external_id = f"{run.external_id}@{run.delivery.store_key}"[:200]


def plain_id(run: Run) -> str:
    """The store's own id of the order; empty where none can be read."""
    told = run.draft or run.notice
    return told.external_id if told else run.glimpse[0]


def keyed(run: Run) -> bool:
    if run.trial:
        return False
    return run.external_id != f"delivery:{run.delivery.id}" and not run.met("wrong_store")


def key_of(run: Run) -> KeyName:
    return (run.integration.account_id, run.integration.platform, run.store_key, run.external_id)


def lock(runs: list[Run]) -> None:
    """One key a run, made where it is new. Whoever else holds one of them is waited for."""
    groups: dict[KeyName, list[Run]] = defaultdict(list)
    for run in runs:
        if keyed(run):
            groups[key_of(run)].append(run)
    keys = {named: Key(new_id(), *named, stored=first_state(groups[named])) for named in sorted(groups)}
    rows = [(key.id, *named, *key.stored) for named, key in keys.items()]
    if sql.insert(OrderKey, ("id", *KEY, *STATE), rows, "ON CONFLICT DO NOTHING") < len(rows):
        load(keys)
    for named, group in groups.items():
        for run in group:
            run.key = keys[named]


def first_state(group: list[Run]) -> tuple[Any, ...]:
    """What a new key will most likely be after this batch, so that it need not be written twice."""
    drafts = [run for run in group if run.draft]
    if not drafts:
        return None, None, "", ""
    newest = max(drafts, key=order_of)
    assert newest.draft is not None
    if newest.draft.status == "cancelled":
        return newest.version, newest.version, cancel_reason(newest.draft), newest.draft.mark
    return newest.version, None, "", newest.draft.mark


def order_of(run: Run) -> tuple[Any, ...]:
    return run.version, run.delivery.received_at, run.delivery.id


def cancel_reason(draft: Draft) -> str:
    return (draft.status_given or "cancelled")[:60]


def load(keys: dict[KeyName, Key]) -> None:
    """Lock first, read after: the second statement sees what the one that held the lock has committed."""
    if not sql.on_sqlite():
        sql.select(
            OrderKey, "t.id", KEY, keys, "ORDER BY t.account_id, t.platform, t.store_key, t.external_id FOR UPDATE OF t"
        )
    found = sql.select(
        OrderKey,
        "t.account_id, t.platform, t.store_key, t.external_id, t.id, t.version, t.cancelled_at, t.cancel_reason, t.mark,"
        " coalesce(p.order_id, o.id), coalesce(p.intake_id, o.intake_id), coalesce(p.status, o.status), g.name,"
        " coalesce(p.version, o.version), p.id,"
        " EXISTS (SELECT 1 FROM comanda_intake d WHERE d.key_id = t.id AND d.discarded_at IS NOT NULL)",
        KEY,
        keys,
        "LEFT JOIN comanda_order o ON o.key_id = t.id LEFT JOIN comanda_orderpart p ON p.key_id = t.id"
        " LEFT JOIN comanda_intake n ON n.id = coalesce(p.intake_id, o.intake_id)"
        " LEFT JOIN comanda_integration g ON g.id = n.integration_id",
    )
    for row in found:
        key = keys[row[0], row[1], row[2], row[3]]
        stored = sql.as_uuid(row[4])
        if stored == key.id:
            continue  # made just now
        key.id, key.version, key.cancelled_at = stored, sql.as_optional_time(row[5]), sql.as_optional_time(row[6])
        key.cancel_reason, key.mark, key.discarded = row[7], row[8], bool(row[15])
        key.stored = key.state
        if row[9] is not None:
            key.order_id, key.order_intake_id = sql.as_uuid(row[9]), sql.as_uuid(row[10])
            key.order_status, key.order_integration = row[11], row[12] or ""
            key.order_version = sql.as_time(row[13])
            key.part_id = row[14] and sql.as_uuid(row[14])


def part_others(runs: list[Run]) -> None:
    """An id that is known here as another order's gets an intake of its own, and waits for a person: a shop restored from a
    backup gives known ids to other orders (its marks differ), and so may the store that an integration was moved to."""
    others: list[tuple[Run, uuid.UUID, str]] = []
    for run in runs:
        if not run.key or not run.intake_id:
            continue
        mark, other = run.draft.mark if run.draft else "", run.namesake
        if mark and run.key.mark and run.key.mark != mark:
            others.append((run, other.id if other else run.intake_id, "order_key"))
            run.external_id = f"{run.key.external_id}~{mark}"[:200]
        elif other and other.key_id not in (None, run.key.id) and not stands_apart(run, other):
            others.append((run, other.id, "store"))
            run.external_id = f"{run.key.external_id}@{run.store_key}"[:200]
        run.key.mark = run.key.mark or mark
    parted = [run for run, _, _ in others]
    lock([run for run, _, reason in others if reason == "order_key"])
    know(parted)
    for run, first, reason in others:
        if run.draft and run.key and not run.key.order_id:
            run.note(Problem("possible_duplicate", f"intake:{first}", other=str(first), reason=reason))


def stands_apart(run: Run, other: Known) -> bool:
    """Whether it is no new order of a known id: it runs again as itself, or it waited to be this integration's."""
    mine = run.known if run.known and run.known.delivery_id == run.delivery.id else None
    return other.delivery_id == run.delivery.id or (mine is not None and mine.cause == "wrong_store")


def reconsider(run: Run, known: Known) -> None:
    """What a person has decided of this intake: to register it all the same."""
    run.problems = [
        problem for problem in run.problems if problem.code not in known.waived or problem.facts.get("final")
    ]
    if run.draft and not run.stopped and not any(step["step"] == "check" for step in run.steps):
        each("check", [run], mend)


def fold(group: list[Run]) -> None:
    """Take the versions of one order in their order; of each intake only the newest goes on to be registered."""
    group.sort(key=order_of)
    newest: dict[Any, Run] = {}
    for run in group:
        advance(run)
        if run.draft and not run.superseded:
            if earlier := newest.get(run.intake_id):
                earlier.superseded = True
            newest[run.intake_id] = run


def advance(run: Run) -> None:
    """Bring the key up to this version, unless a newer one is known."""
    key = run.key
    assert key is not None
    current = run.known is not None and run.known.delivery_id == run.delivery.id
    if run.draft is None:
        if run.notice and run.notice.kind == "deleted" and key.order_id is None and not key.cancelled_at:
            key.cancelled_at, key.cancel_reason = run.version, "deleted"
        return
    if key.version and run.version < key.version:
        run.superseded = run.known is not None and not current
        return
    key.version = run.version
    if run.draft.status == "cancelled":
        key.cancelled_at, key.cancel_reason = run.version, cancel_reason(run.draft)
    elif (
        key.cancelled_at
        and (run.version >= key.cancelled_at or run.delivery.topic in run.connector.restores)
        and not current
    ):
        key.cancelled_at, key.cancel_reason = None, ""


def judge(run: Run, key: Key) -> None:
    """What only the past can tell: cancelled meanwhile, an old order touched again, the integration Off or in the bin."""
    waived = run.known.waived if run.known else ()
    if key.cancelled_at and not run.met("order_cancelled"):
        run.note(Problem("order_cancelled", reason=key.cancel_reason, at=key.cancelled_at.isoformat()))
    if run.draft and "old_order" not in waived and is_old(run, key):
        run.note(
            Problem(
                "old_order",
                ordered_at=run.ordered_at.isoformat(),
                connected_at=run.integration.created_at.isoformat(),
            )
        )
    if not run.integration.ready and not run.met("order_cancelled") and not run.met("discarded"):
        facts = {"integration": run.integration.name, "binned": run.integration.binned_at is not None}
        run.note(Problem("integration_off", f"integration:{run.integration.id}", **facts))


def heed(run: Run, notice: Notice) -> None:
    """What a store's word about an order means: that it is cancelled, where it was deleted before it was registered; else
    nothing, unless the word is all that is known of it."""
    settled = (run.key and run.key.order_id) or (run.known and run.known.status in ("duplicate", "ignored"))
    if notice.kind == "deleted" and not settled:
        run.note(Problem("order_cancelled", reason="deleted"))
    elif run.known is None or run.known.delivery_id == run.delivery.id:
        topic = notice.topic or run.delivery.topic
        run.note(Problem(notice.code, topic=topic, said=notice.said, status=notice.said))


def is_old(run: Run, key: Key) -> bool:
    """Never seen, told by an update, and ordered more than a day before the integration was made."""
    assert run.draft is not None
    unseen = run.known is None or (run.known.cause and CODES[run.known.cause].step in ("receive", "read", "fetch"))
    by_update = run.delivery.topic not in run.connector.creates
    return bool(unseen) and by_update and key.order_id is None and run.ordered_at < run.integration.created_at - OLD
