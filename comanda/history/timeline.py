"""An intake as it is shown: its attempts with every step's input and output, and the problems in words."""

import json
from collections.abc import Sequence
from contextlib import suppress
from math import isfinite
from typing import Any

from comanda.connectors.forms import utf8
from comanda.diagnosis.explain import STEP_LABELS, explain
from comanda.history.models import Attempt, Intake, Problem
from comanda.inbox.models import Delivery
from comanda.problems import Problem as Unreadable

JOURNEY = ("receive", "verify", "read", "check", "match", "register")


def rows(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problem rows as the explanations want them."""
    return [{"code": p.code, "subject": p.subject, "facts": json.loads(p.facts)} for p in problems]


def message(intake: Intake, language: str) -> str:
    """The sentence of an intake's cause, empty where nothing is to be said."""
    found = rows([p for p in intake.problem_rows.all() if p.code == intake.cause])
    if not found and intake.cause:
        found = [{"code": intake.cause, "subject": "", "facts": {}}]
    return explain(found, language)[0].message if found else ""


def attempts(intake: Intake, language: str) -> list[dict[str, Any]]:
    """Every run of the journey, the first one first, with all its steps."""
    found = list(Attempt.objects.filter(intake=intake).order_by("number"))
    deliveries = Delivery.objects.in_bulk([attempt.delivery_id for attempt in found])
    return [shown(attempt, deliveries.get(attempt.delivery_id), language) for attempt in found]


def shown(attempt: Attempt, delivery: Delivery | None, language: str) -> dict[str, Any]:
    trace = json.loads(attempt.trace)
    done = {step["step"]: step for step in trace["steps"]}
    inputs = inputs_of(trace, done, delivery)
    if "receive" in done:
        done["verify"] = done["receive"] | {"output": {"verified": True}, "problems": [], "status": "ok", "ms": 0}
    steps = [step_shown(name, done.get(name), inputs.get(name), language) for name in JOURNEY]
    return {
        "number": attempt.number,
        "trigger": attempt.trigger,
        "started_at": attempt.started_at,
        "topic": trace["topic"],
        "status": attempt.status,
        "delivery": str(attempt.delivery_id),
        "notice": trace.get("notice"),
        "warnings": [told.message for told in explain(trace["warnings"], language)],
        "steps": steps,
    }


def inputs_of(trace: dict[str, Any], done: dict[str, Any], delivery: Delivery | None) -> dict[str, Any]:
    """What went into each step. A trace does not keep it twice: it is the delivery, or what an earlier step gave."""
    draft = (done.get("read") or {}).get("output")
    headers = json.loads(delivery.headers) if delivery else None
    return {
        "receive": {"topic": trace["topic"], "headers": headers},
        "verify": {"headers": headers},
        "read": body(delivery),
        "check": draft,
        "match": draft.get("lines") if isinstance(draft, dict) else None,
        "register": (done.get("match") or {}).get("output"),
    }


def body(delivery: Delivery | None) -> Any:
    if delivery is None:
        return None
    raw = bytes(delivery.body)
    with suppress(Unreadable):
        raw = utf8(raw)
    text = raw.decode("utf-8", errors="replace")
    try:
        return json.loads(text, parse_float=bounded)
    except (ValueError, RecursionError):
        return text


def bounded(number: str) -> float | str:
    """`1e400` is JSON, and as a float would be none when it is shown again."""
    found = float(number)
    return found if isfinite(found) else number


def step_shown(name: str, step: dict[str, Any] | None, given: Any, language: str) -> dict[str, Any]:
    label = STEP_LABELS[language][name]
    if step is None:
        nothing: dict[str, Any] = dict.fromkeys(
            ("started_at", "ms", "input", "output", "problem", "message", "action", "article")
        )
        return {"step": name, "label": label, "status": "not_reached", **nothing}
    told = explain(step["problems"], language)
    first = told[0] if told else None
    return {
        "step": name,
        "label": label,
        "status": step["status"],
        "started_at": step["started_at"],
        "ms": step["ms"],
        "input": given,
        "output": step["output"],
        "problem": step["problems"][0] if first else None,
        "message": " ".join(each.message for each in told) or None,
        "action": first and first.action,
        "article": first and first.article,
    }
