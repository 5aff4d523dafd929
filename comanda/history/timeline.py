"""An intake as it is shown: its attempts with every step's input and output, and the problems in words."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from comanda.accounts.masking import OPEN, Veil
from comanda.connectors.forms import utf8
from comanda.connectors.reading import whole
from comanda.diagnosis.explain import explain, step_called
from comanda.history.models import Attempt, Intake, Problem
from comanda.inbox.models import SEALED, Delivery
from comanda.problems import CODES
from comanda.problems import Problem as Unreadable

JOURNEY = ("receive", "verify", "read", "check", "match", "register")


def rows(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problem rows as the explanations want them."""
    return [{"code": p.code, "subject": p.subject, "facts": json.loads(p.facts)} for p in problems]


def message(intake: Intake, language: str, veil: Veil = OPEN, most: int = 0) -> str:
    """The sentence of an intake's cause, empty where nothing is to be said; `most` things are named in it, or all."""
    found = rows([p for p in intake.problem_rows.all() if p.code == intake.cause])
    if not found and intake.cause:
        found = [{"code": intake.cause, "subject": "", "facts": {}}]
    return explain(map(veil.problem, found), language, most)[0].message if found else ""


@dataclass(frozen=True)
class Trace:
    """An attempt, and its trace as `history/record.py` has written it."""

    attempt: Attempt
    data: dict[str, Any]

    def step(self, name: str) -> dict[str, Any]:
        """What was noted of a step; empty where it was not reached."""
        return next((each for each in self.data["steps"] if each["step"] == name), {})

    @property
    def draft(self) -> dict[str, Any]:
        """The order as this attempt has read it; empty where it could not, or where there was none."""
        output = self.step("read").get("output")
        return output if isinstance(output, dict) and "lines" in output else {}


def traces(intake: Intake, most: int | None = None, number: int | None = None) -> list[Trace]:
    """The newest attempts, the newest first, all of them where `most` is None; or the one of that number."""
    found = Attempt.objects.filter(intake=intake).order_by("-number")
    if number is not None:
        found = found.filter(number=number)
    return [Trace(attempt, json.loads(attempt.trace)) for attempt in found[:most]]


def attempts(found: Sequence[Trace], language: str, veil: Veil = OPEN) -> list[dict[str, Any]]:
    """These runs of the journey, with all their steps."""
    deliveries = Delivery.objects.in_bulk([each.attempt.delivery_id for each in found])
    return [shown(each, deliveries.get(each.attempt.delivery_id), language, veil) for each in found]


def shown(trace: Trace, delivery: Delivery | None, language: str, veil: Veil = OPEN) -> dict[str, Any]:
    attempt, data = trace.attempt, trace.data
    done = steps_of(data)
    inputs = inputs_of(data, done, delivery)
    if "receive" in done:
        done["verify"] = done["receive"] | {"output": {"verified": True}, "problems": [], "status": "ok", "ms": 0}
    steps = [step_shown(name, done.get(name), inputs.get(name), language, veil) for name in JOURNEY]
    return {
        "number": attempt.number,
        "trigger": attempt.trigger,
        "started_at": attempt.started_at,
        "topic": data["topic"],
        "status": attempt.status,
        "delivery": str(attempt.delivery_id),
        "notice": veil.any(data.get("notice")),
        "warnings": [told.message for told in explain(map(veil.problem, data["warnings"]), language)],
        "steps": steps,
    }


def steps_of(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The steps by name. What only the past could tell (cancelled, Off, discarded) was found after its step: where it kept the
    order from being registered, it counts there. A test order of Comanda's own goes the whole way."""
    done = {step["step"]: step for step in data["steps"]}
    if "register" in done:
        return done
    for problem in data["problems"]:
        name = problem["facts"].get("at_step") or CODES[problem["code"]].step
        told = (
            problem["code"] == "update_problem" or data.get("registered") == "trial"
        )  # a test order is said to be one
        if name in done and not told and problem not in done[name]["problems"]:
            failed = "failed" in (done[name]["status"], CODES[problem["code"]].status)
            found = [*done[name]["problems"], problem]
            done[name] = done[name] | {"problems": found, "status": "failed" if failed else "stopped"}
    return done


def inputs_of(trace: dict[str, Any], done: dict[str, Any], delivery: Delivery | None) -> dict[str, Any]:
    """What went into each step. A trace does not keep it twice: it is the delivery, or what an earlier step gave."""
    draft = (done.get("read") or {}).get("output")
    return {
        "receive": {"topic": trace["topic"], "headers": headers(delivery)},
        "verify": {"headers": headers(delivery)},
        "read": body(delivery),
        "check": draft,
        "match": draft.get("lines") if isinstance(draft, dict) else None,
        "register": (done.get("match") or {}).get("output"),
    }


def headers(delivery: Delivery | None) -> dict[str, str] | None:
    """Those that are kept to be shown."""
    if delivery is None:
        return None
    found: dict[str, str] = json.loads(delivery.headers)
    return {name: value for name, value in found.items() if name != SEALED}


def body(delivery: Delivery | None) -> Any:
    if delivery is None:
        return None
    raw = bytes(delivery.body)
    with suppress(Unreadable):
        raw = whole(utf8(raw))
    text = raw.decode("utf-8", errors="replace")
    try:
        return json.loads(text, parse_float=bounded)
    except (ValueError, RecursionError):
        return text


def bounded(number: str) -> float | str:
    """`1e400` is JSON, and as a float would be none when it is shown again."""
    found = float(number)
    return found if isfinite(found) else number


def step_shown(name: str, step: dict[str, Any] | None, given: Any, language: str, veil: Veil = OPEN) -> dict[str, Any]:
    label = step_called(name, step and step["output"], language)
    if step is None:
        nothing: dict[str, Any] = dict.fromkeys(
            ("started_at", "ms", "input", "output", "problem", "message", "action", "article")
        )
        return {"step": name, "label": label, "status": "not_reached", **nothing}
    problems = [veil.problem(each) for each in step["problems"]]
    told = explain(problems, language)
    first = told[0] if told else None
    return {
        "step": name,
        "label": label,
        "status": step["status"],
        "started_at": datetime.fromisoformat(step["started_at"]),
        "ms": step["ms"],
        "input": veil.given(name, given),
        "output": veil.output(name, step["output"]),
        "problem": problems[0] if problems else None,
        "message": " ".join(each.message for each in told) or None,
        "action": first and first.action,
        "article": first and first.article,
    }
