"""The only writer of attempts: writes down what a batch found, in the same transaction that registers the orders."""

import json
import uuid
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from comanda import sql
from comanda.connectors.reading import fold, unaccented
from comanda.history import words
from comanda.history.models import Attempt, Intake
from comanda.history.models import Problem as ProblemRow
from comanda.inbox.models import DONE, HELD, Delivery
from comanda.orders.check import MOST_MONEY
from comanda.problems import CODES, Problem
from comanda.repair.models import RetryItem
from comanda.run import Key, Run, as_row

_encode = msgspec.json.Encoder(enc_hook=str).encode

INTAKE = (
    "id",
    "external_id",
    "key_id",
    "delivery_id",
    "first_id",
    "status",
    "cause",
    "attempts",
    "number",
    "customer_name",
    "customer_email",
    "customer_phone",
    "lines",
    "total",
    "currency",
    "ordered_at",
    "search",
)


def record(runs: list[Run]) -> None:
    """Intakes, attempts with their traces, problems, and the deliveries as finished."""
    by_intake: dict[uuid.UUID, list[Run]] = defaultdict(list)
    for run in runs:
        assert run.intake_id is not None
        by_intake[run.intake_id].append(run)
    telling = {intake_id: leader(group) for intake_id, group in by_intake.items()}
    for intake_id, run in telling.items():
        mark_update_problem(run, intake_id)
    write_intakes(by_intake, telling)
    cancel_others(runs, telling)
    reopen_firsts(runs, telling)
    write_attempts(by_intake)
    write_problems(telling, by_intake)
    finish(runs)
    close_retry_items(by_intake, telling)


def leader(group: list[Run]) -> Run:
    """The run that says what became of the intake: the newest whole version, unless what came after it cannot be read; else
    the newest word that counts."""
    if len(group) == 1:
        return group[0]
    deciding = [run for run in group if run.decides] or group
    last = deciding[-1]
    return (last.draft is None and last.notice is None and last) or newest(deciding) or last


def newest(group: list[Run]) -> Run | None:
    """The newest whole version; a change of a registered order that waits is none yet."""
    return next((run for run in reversed(group) if run.draft and run.decides and not run.met("update_problem")), None)


def mark_update_problem(run: Run, intake_id: uuid.UUID) -> None:
    """A registered order whose new version meets a problem stays registered, as it was, and says so."""
    registered = (
        run.key and run.key.order_id and run.key.order_intake_id == intake_id and run.key.order_status == "open"
    )
    if registered and run.problems and run.notice is None and not run.superseded:
        inside = run.problems[0]
        run.problems.insert(0, Problem("update_problem", inside.subject, inside=inside.code))


def status_of(run: Run) -> str:
    """What the intake is after this run."""
    known = run.known.status if run.known else ""
    if run.key and run.key.order_id and run.key.order_intake_id == run.intake_id:
        return "cancelled" if run.key.order_status == "cancelled" else "registered"
    if not run.decides:
        return known
    return CODES[run.problems[0].code].status if run.problems else "registered"


def outcome_of(run: Run) -> str:
    """What this run came to: a change that waits has failed, while its intake stays registered."""
    return CODES[run.problems[1].code].status if run.met("update_problem") else status_of(run)


def cause_of(run: Run) -> str:
    if not run.decides:
        return run.known.cause if run.known else ""
    return run.problems[0].code if run.problems else ""


def write_intakes(by_intake: dict[uuid.UUID, list[Run]], telling: dict[uuid.UUID, Run]) -> None:
    new, seen, touched = [], [], []
    for intake_id, run in telling.items():
        attempts = (run.known.attempts if run.known else 0) + len(by_intake[intake_id])
        applies = run.draft and not run.superseded and not run.met("update_problem")
        whole = run if applies else newest(by_intake[intake_id])
        if whole is not run and (whole or run.known):
            before = run.known.delivery_id if run.known and (run.notice or run.superseded) else None
            delivery_id = before or run.delivery.id
            touched.append((intake_id, run.external_id, delivery_id, status_of(run), cause_of(run), attempts))
        if run.known and whole:
            seen.append(intake_row(whole, attempts))
        elif not run.known:
            first = arrived(by_intake[intake_id])
            row = intake_row(whole or run, attempts)
            new.append((*row, run.integration.account_id, run.integration.id, first, "[]"))
    sql.insert(Intake, (*INTAKE, "account_id", "integration_id", "received_at", "waived"), sorted(new))
    words.gather(row[0] for row in new)
    sql.update(Intake, INTAKE, sorted(seen))
    sql.update(Intake, ("id", "external_id", "delivery_id", "status", "cause", "attempts"), sorted(touched))


def arrived(group: list[Run]) -> datetime:
    """When the intake first came: of one that is known, what is written."""
    known = group[0].known
    return known.received_at if known else min(run.delivery.received_at for run in group)


def intake_row(run: Run, attempts: int) -> tuple[Any, ...]:
    draft = run.order or run.draft
    customer = draft.customer if draft else None
    phone = (customer.phone or next(iter(customer.phones), "")) if customer else ""
    first = next((problem.facts["first"] for problem in run.problems if problem.code == "duplicate_order"), None)
    number = draft.number if draft else (run.known.number if run.known else run.glimpse[1])
    name, email = (customer.name, customer.email) if customer else ("", "")
    return (
        run.intake_id,
        run.external_id,
        run.key.id if run.key else None,
        run.delivery.id,
        first and uuid.UUID(first),
        status_of(run),
        cause_of(run),
        attempts,
        number[:120],
        name[:255],
        email[:255],
        phone[:60],
        lines_of(run),
        total_of(run),
        draft.currency if draft and len(draft.currency) == 3 else "",
        draft.ordered_at if draft else None,
        searchable(number, run.external_id, name, email, phone),
    )


def total_of(run: Run) -> Any:
    draft = run.order or run.draft
    return draft.totals.total if draft and abs(draft.totals.total) < MOST_MONEY else None


def lines_of(run: Run) -> str:
    draft = run.order or run.draft
    lines = draft.lines if draft else ()
    rows = [{"title": x.title, "variant": x.variant_title, "quantity": as_number(x.quantity)} for x in lines]
    return str(_encode(rows).decode())


def as_number(quantity: Decimal) -> int | float:
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


def searchable(number: str, external_id: str, name: str, email: str, phone: str) -> str:
    """One folded text in whose words the search looks; a phone's last digits find it however it was typed."""
    digits = "".join(filter(str.isdigit, phone))
    ends = " ".join(dict.fromkeys([digits, digits[-10:], digits[-7:]]))
    return unaccented(f"{number} {external_id} {fold(name)} {email} {ends}")


def cancel_others(runs: list[Run], telling: dict[uuid.UUID, Run]) -> None:
    """A cancellation through one integration of the store counts for what the others brought."""
    keys = {run.key.id: run.key for run in runs if run.key and cancels(run, run.key)}
    if not keys:
        return
    others = Intake.objects.filter(key_id__in=keys).exclude(id__in=telling)
    others = others.exclude(status__in=("cancelled", "duplicate", "ignored"))
    rows = []
    for account_id, id_, at, key_id in others.values_list("account_id", "id", "received_at", "key_id"):
        key = keys[key_id]
        said = key.cancelled_at.isoformat() if key.cancelled_at else ""
        rows.append(problem_row(account_id, id_, at, Problem("order_cancelled", reason=key.cancel_reason, at=said)))
    ids = [row[1] for row in rows]
    ProblemRow.objects.filter(intake_id__in=ids).delete()
    Intake.objects.filter(id__in=ids).update(status="cancelled", cause="order_cancelled")
    sql.insert(ProblemRow, PROBLEM, rows)


def cancels(run: Run, key: Key) -> bool:
    return run.registered == "cancelled" or bool(key.cancelled_at and key.cancelled_at != key.stored[1])


def reopen_firsts(runs: list[Run], telling: dict[uuid.UUID, Run]) -> None:
    """A cancelled order that another integration of the store brings back is registered by the intake that it was."""
    firsts = {run.key.order_intake_id for run in runs if run.key and run.registered == "reopened"} - telling.keys()
    if firsts:
        ProblemRow.objects.filter(intake_id__in=firsts).delete()
        Intake.objects.filter(id__in=firsts).update(status="registered", cause="")


def write_attempts(by_intake: dict[uuid.UUID, list[Run]]) -> None:
    rows = []
    for intake_id, group in by_intake.items():
        before = group[0].known.attempts if group[0].known else 0
        for number, run in enumerate(group, before + 1):
            status = "superseded" if run.superseded else outcome_of(run)
            started = run.steps[0]["started_at"] if run.steps else run.delivery.received_at
            rows.append(
                (
                    intake_id,
                    number,
                    run.delivery.id,
                    run.delivery.trigger,
                    started,
                    status,
                    _encode(trace_of(run)).decode(),
                )
            )
    sql.insert(Attempt, ("intake_id", "number", "delivery_id", "trigger", "started_at", "status", "trace"), rows)


def trace_of(run: Run) -> dict[str, Any]:
    """What an attempt keeps: its steps, the problems as they were, the warnings, and what the builder told without an order."""
    trace: dict[str, Any] = {
        "topic": run.delivery.topic,
        "steps": run.steps,
        "problems": [as_row(problem) for problem in run.problems],
        "warnings": [as_row(problem) for problem in run.warnings],
    }
    if run.registered:
        trace["registered"] = run.registered
    if run.notice:
        trace["notice"] = run.notice
    return trace


PROBLEM = ("account_id", "intake_id", "code", "step", "subject", "store_variant_id", "facts", "received_at")


def write_problems(telling: dict[uuid.UUID, Run], by_intake: dict[uuid.UUID, list[Run]]) -> None:
    deciding = {intake_id: run for intake_id, run in telling.items() if run.decides}
    if known := [intake_id for intake_id, run in deciding.items() if run.known]:
        ProblemRow.objects.filter(intake_id__in=known).delete()
    rows = []
    for intake_id, run in deciding.items():
        at = arrived(by_intake[intake_id])
        rows += [problem_row(run.integration.account_id, intake_id, at, problem) for problem in run.problems]
    sql.insert(ProblemRow, PROBLEM, rows)


def problem_row(account_id: int, intake_id: uuid.UUID, at: datetime, problem: Problem) -> tuple[Any, ...]:
    """A problem's row. The store variant is a column too: it is by this that a link finds what it blocked."""
    of_line = problem.subject if problem.subject.startswith("store_variant:") else problem.facts.get("at_line", "")
    return (
        account_id,
        intake_id,
        problem.code,
        problem.facts.get("at_step", CODES[problem.code].step),
        problem.subject[:200],
        int(of_line.partition(":")[2]) if of_line else None,
        json.dumps(problem.facts, default=str),
        at,
    )


def finish(runs: list[Run]) -> None:
    """The deliveries are through; one that is held waits for its integration, and is then claimed again."""
    rows = sorted((run.delivery.id, HELD if is_held(run) else DONE, 0) for run in runs)
    sql.update(Delivery, ("id", "state", "claims"), rows)


def is_held(run: Run) -> bool:
    return not run.superseded and run.met("integration_off")


def close_retry_items(by_intake: dict[uuid.UUID, list[Run]], telling: dict[uuid.UUID, Run]) -> None:
    """Whatever run finishes an intake settles the retries that wait for it. Only what was run again may have any."""
    outcomes: dict[str, list[uuid.UUID]] = defaultdict(list)
    for intake_id, run in telling.items():
        again = any(each.delivery.trigger != "webhook" for each in by_intake[intake_id])
        if run.known and (again or run.known.status == "pending"):
            outcomes[status_of(run)].append(intake_id)
    outcomes.pop("pending", None)
    for outcome, ids in outcomes.items():
        RetryItem.objects.filter(intake_id__in=ids, outcome="").update(outcome=outcome)
