"""The journey of an order: read this first.

A batch of deliveries goes down these steps together. A problem met by one run is noted on it, and the others go on;
what a run found, step by step, becomes the trace of its attempt. See docs/journey.md for the map.
"""

from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from comanda.catalogue.match import match
from comanda.catalogue.stock import hand_on
from comanda.connectors import glimpse, recognise
from comanda.connectors.draft import MOST_LINES, Draft, Notice
from comanda.connectors.reading import unreadable
from comanda.history.record import record
from comanda.orders.check import mend
from comanda.orders.register import register
from comanda.orders.versions import recall
from comanda.problems import Problem
from comanda.run import Run, each, together


class Claim(Protocol):
    """Deliveries that are ours until the end of the transaction."""

    runs: list[Run]

    def writing(self) -> AbstractContextManager[list[Run]]: ...


def process(claim: Claim) -> None:
    """Take a batch of deliveries to registered orders or explained failures, in one transaction."""
    each("receive", claim.runs, receive)
    each("read", claim.runs, read)  # bytes → Draft: pure
    each("check", (run for run in claim.runs if not run.stopped), mend)  # phone, address, payment…: pure
    with claim.writing() as runs:  # SQLite's one write lock; on PostgreSQL the claim has begun the transaction
        recall(runs)  # lock the order keys; what is known of these orders; corrections; which version goes on
        together("match", runs, match)  # lines → catalogue variants: one query for all
        together("register", runs, register)  # once, by constraint: one insert for all
        record(runs)  # intakes, attempts with their traces, problems; the deliveries are done
        hand_on(runs)  # pieces that came back, to orders that wait for them


def receive(run: Run) -> dict[str, Any]:
    """What the door has done already: the delivery is on disk, its signature is verified."""
    delivery = run.delivery
    return {
        "delivery": delivery.id,
        "topic": delivery.topic,
        "received_at": delivery.received_at,
        "bytes": len(delivery.body),
    }


def read(run: Run) -> Any:
    """The builder's payload as a Draft (an order) or a Notice (a word about one)."""
    try:
        told = bounded(run.connector.parse(run.delivery.topic, run.delivery.body))
    except Problem as problem:
        unread = misread(run, problem)
        raise another_stores(run) or unread from None
    if not isinstance(told, Draft):
        run.notice = told
    else:
        run.draft = told
        run.draft = run.order = msgspec.structs.replace(
            told,
            store_key=run.delivery.store_key or run.integration.store_key,
            ordered_at=run.ordered_at,
            currency=told.currency or run.integration.account.currency,
        )
    sift(run)
    return told


def bounded(told: Draft | Notice) -> Draft | Notice:
    """What was read, unless all others would wait for an order of so many lines."""
    if isinstance(told, Draft) and len(told.lines) > MOST_LINES:
        raise unreadable("lines", f"more than {MOST_LINES} lines")
    return told


def misread(run: Run, problem: Problem) -> Problem:
    """Why it cannot be read: it is another builder's, it is not mapped yet, or the field at fault."""
    other = recognise(run.delivery.body)
    looks_like = other.label if other and not isinstance(run.connector, type(other)) else ""
    if looks_like and not run.connector.mappable:
        return Problem("wrong_builder", integration(run), builder=looks_like, expected=run.connector.label)
    run.glimpse = glimpse(run.connector, run.delivery.body)
    facts = problem.facts | ({"looks_like": looks_like} if problem.code == "unmapped" else {})
    return Problem(problem.code, integration(run), **facts)


def sift(run: Run) -> None:
    """Orders that are read well, and are not to be registered."""
    draft = run.draft
    if problem := another_stores(run):
        run.note(problem)
    elif draft and draft.test and not run.trial:
        run.note(Problem("test_order"))
    elif draft and draft.status == "draft":
        final: dict[str, Any] = {"final": True} if run.connector.leaves_carts else {}
        run.note(Problem("draft_order", status=draft.status_given, **final))
    elif draft and draft.status == "cancelled":
        run.note(Problem("order_cancelled", reason=draft.status_given))


def another_stores(run: Run) -> Problem | None:
    """What an order of another store than the integration's is, whether it can be read or not."""
    pinned, sent = run.integration.store_key, run.delivery.store_key
    if not (pinned and sent and pinned != sent):
        return None
    return Problem("wrong_store", integration(run), store=sent, expected=pinned)


def integration(run: Run) -> str:
    return f"integration:{run.integration.id}"
