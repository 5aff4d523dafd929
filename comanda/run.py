"""One delivery on its way: what has been learned of it so far, and the trace of its steps."""

import hashlib
import time
import traceback
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from comanda.connectors.base import Connector
from comanda.connectors.draft import Draft, Notice
from comanda.inbox.models import TRIAL
from comanda.integrations.models import Integration
from comanda.problems import CODES, WARNINGS, Problem, step_rank


class Claimed(Struct, frozen=True, kw_only=True):
    """The columns of a delivery that the journey needs."""

    id: uuid.UUID
    topic: str
    key: str
    trigger: str
    generation: int
    claims: int
    store_key: str
    triggered_at: datetime | None
    received_at: datetime
    body: bytes


@dataclass(slots=True)
class Key:
    """The order's key, locked for this batch; `order` is set once it is registered."""

    id: uuid.UUID
    account_id: int
    platform: str
    store_key: str
    external_id: str
    version: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    mark: str = ""
    stored: tuple[Any, ...] = ()  # `state` as the table has it
    order_id: uuid.UUID | None = None
    order_intake_id: uuid.UUID | None = None
    order_integration: str = ""
    order_status: str = ""
    order_version: datetime | None = None  # that was registered before this batch
    part_id: uuid.UUID | None = None  # where the order is made of several of the store's
    discarded: bool = False  # by a person, whichever integration of the store brought what they saw

    @property
    def state(self) -> tuple[datetime | None, datetime | None, str, str]:
        """What the key has learned, and keeps whatever becomes of deliveries and intakes."""
        return self.version, self.cancelled_at, self.cancel_reason, self.mark


@dataclass(slots=True)
class Known:
    """What an earlier attempt left of this intake."""

    id: uuid.UUID
    delivery_id: uuid.UUID | None
    status: str
    cause: str
    attempts: int
    waived: tuple[str, ...]
    number: str
    key_id: uuid.UUID | None
    received_at: datetime
    discarded: bool
    external_id: str
    integration_id: int


@dataclass(slots=True)
class Shipped:
    """One catalogue variant of an order line, as the match found it."""

    store_variant_id: int
    variant_id: int
    linked_by: str
    sku: str
    title: str
    quantity: int
    ordered: int  # how many of the store's product that is for
    unit_price: Any


@dataclass(slots=True)
class Run:
    """One delivery's run of the journey. `draft` is the order as read, `order` as mended by check."""

    delivery: Claimed
    integration: Integration
    connector: Connector = field(init=False)
    draft: Draft | None = None
    notice: Notice | None = None
    order: Draft | None = None
    glimpse: tuple[str, str] = ("", "")  # id and number of an order that cannot be read whole
    external_id: str = ""
    store_key: str = ""
    key: Key | None = None
    known: Known | None = None
    namesake: Known | None = None  # the intake that has its order's name; mostly the one that is known
    intake_id: uuid.UUID | None = None
    shipped: list[Shipped] = field(default_factory=list)
    chosen: dict[int, int] = field(default_factory=dict)  # by a person, for this order alone: line → catalogue variant
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    back: frozenset[int] = frozenset()  # catalogue variants of which its batch has given pieces back
    superseded: bool = False  # a newer version of the order is known
    registered: str = (
        ""  # created | joined | updated | reopened | unchanged | cancelled | trial: what the register step did
    )

    def __post_init__(self) -> None:
        self.connector = self.integration.connector

    @property
    def trial(self) -> bool:
        """Whether it is a test order of ours: it goes the whole way, and is never registered."""
        return self.delivery.key.startswith(TRIAL)

    @property
    def stopped(self) -> bool:
        """Whether nothing is left to be found out: unreadable, not ours, cancelled, held."""
        return (
            self.superseded
            or self.order is None
            or (
                bool(self.problems)
                and any(CODES[problem.code].step in ("read", "receive") for problem in self.problems)
            )
        )

    @property
    def decides(self) -> bool:
        """Whether this run says what becomes of the intake; an outdated version, or a mere word about it, changes nothing."""
        return not self.superseded and (self.notice is None or bool(self.problems))

    @property
    def version(self) -> datetime:
        """What orders the versions of an order."""
        updated = self.draft.updated_at if self.draft else None
        return updated or self.delivery.triggered_at or self.delivery.received_at

    @property
    def ordered_at(self) -> datetime:
        """When the order was made: as it says, else when the store told."""
        told = self.draft.ordered_at if self.draft else None
        return told or self.delivery.triggered_at or self.delivery.received_at

    def met(self, code: str) -> bool:
        """Whether this problem stands in its way."""
        return bool(self.problems) and any(problem.code == code for problem in self.problems)

    def note(self, problem: Problem) -> None:
        """Keep a problem; one that only warns is kept apart."""
        if problem.code in WARNINGS and not problem.facts.get("blocks"):
            self.warnings.append(problem)
        else:
            self.problems.append(problem)
            self.problems.sort(key=step_rank)

    def output(self, step: str) -> Any:
        """What a common step did for this run; None where the run did not come so far."""
        if step == "match":
            return None if self.stopped else {"trial": True} if self.trial else {"lines": self.shipped}
        if self.registered:
            return {"order": self.key and self.key.order_id, "did": self.registered}
        reached = not self.superseded and any(CODES[problem.code].step == "register" for problem in self.problems)
        return {"order": self.key and self.key.order_id} if reached else None

    def trace(self, step: str, taken: "Taken", output: Any) -> None:
        """Keep what a step did, since when and for how long."""
        mine = [p for p in self.problems if p.facts.get("at_step", CODES[p.code].step) == step] if self.problems else []
        self.steps.append(
            {
                "step": step,
                "status": step_status(mine),
                "started_at": taken[0],
                "ms": taken[1],
                "output": output,
                "problems": [as_row(problem) for problem in mine],
            }
        )

    def recheck(self, output: Any) -> None:
        """Put the outcome of checking the corrected order in the place of the first check's."""
        mine = [p for p in self.problems if CODES[p.code].step == "check"]
        self.steps[-1] |= {"status": step_status(mine), "output": output, "problems": [as_row(p) for p in mine]}


def as_row(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "subject": problem.subject, "facts": problem.facts}


def step_status(problems: list[Problem]) -> str:
    """ok, failed, or stopped where the order rightly goes no further (a test, a duplicate, not paid yet)."""
    if not problems:
        return "ok"
    return "failed" if any(CODES[problem.code].status == "failed" for problem in problems) else "stopped"


def each(step: str, runs: Iterable[Run], act: Callable[[Run], Any]) -> None:
    """Do a step for one run after the other: a problem is noted on its own run, the others go on."""
    for run in runs:
        started, output = time.time(), None
        try:
            output = act(run)
        except Problem as problem:
            run.note(problem)
        except Exception as error:
            run.note(unforeseen(error, step))
        run.trace(step, since(started), output)


def together(step: str, runs: list[Run], act: Callable[[list[Run]], None]) -> None:
    """Do a step for all runs at once. It notes each run's problems itself, and leaves its output on the run."""
    started = time.time()
    act(runs)
    taken = since(started, share=len(runs))
    for run in runs:
        if (output := run.output(step)) is not None:
            run.trace(step, taken, output)


Taken = tuple[datetime, float]


def since(started: float, share: int = 1) -> Taken:
    """When a step began, and the milliseconds that it took for each of the runs that share it."""
    return datetime.fromtimestamp(started, UTC), round((time.time() - started) * 1000 / (share or 1), 3)


def unforeseen(error: BaseException, step: str) -> Problem:
    """An error of ours, as a problem: grouped by where it happened, with its traceback as technical detail."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{type(error).__name__} {frames[-1].name}:{frames[-1].lineno}" if frames else type(error).__name__
    fingerprint = hashlib.sha256(place.encode()).hexdigest()[:12]
    detail = "".join(traceback.format_exception(error))[-4000:].replace("\x00", "")
    return Problem(
        "internal_error",
        f"fingerprint:{fingerprint}",
        fingerprint=fingerprint,
        error=type(error).__name__,
        traceback=detail,
        at_step=step,
    )
