"""An order's corrections as they are shown: old and new, by whom, and whether they may be taken back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from comanda.accounts.masking import Veil
from comanda.history.models import Intake
from comanda.history.timeline import Trace
from comanda.repair.correct import FIELDS_OF
from comanda.repair.corrections import line_of, names_of, said
from comanda.repair.models import Correction
from comanda.web.authors import names
from comanda.web.mending import CHOOSABLE, label, shown_value

SETTLED = ("registered", "forwarding", "cancelled", "duplicate")
STOPS = {**FIELDS_OF, "payment_pending": ("payment",)}
UNCHOSEN = frozenset(CHOOSABLE)


@dataclass(frozen=True)
class Shown:
    field: str
    label: str
    old: str
    new: str
    who: str
    at: datetime
    undo: bool
    taken_back: bool
    choose: str = ""  # of a line: where another variant is chosen


def corrections(intake: Intake, traces: Sequence[Trace], veil: Veil, reader: int | None) -> list[Shown]:
    """All of them, the first one first. The last one of a field may be taken back, where that does not undo an order."""
    rows = list(Correction.objects.filter(intake=intake).order_by("id"))
    last = {row.field: row.pk for row in rows}
    authors = names({row.author for row in rows}, reader)
    chosen = names_of((intake.account_id, row) for row in rows)
    return [
        Shown(
            row.field,
            label(row.field),
            shown_value(row.field, said(row, chosen)["from"], veil),
            shown_value(row.field, said(row, chosen)["to"], veil),
            authors[row.author],
            row.created_at,
            undo=last[row.field] == row.pk and row.old != row.new and may_undo(row, intake, traces),
            taken_back=row.old == row.new,
            choose=choose(intake, row) if last[row.field] == row.pk else "",
        )
        for row in rows
    ]


def may_undo(row: Correction, intake: Intake, traces: Sequence[Trace]) -> bool:
    """Not where the order was registered by it: with the store's own value it could not have been."""
    if intake.status not in SETTLED:
        return True
    before = [trace for trace in traces if trace.attempt.started_at < row.created_at]
    return intake.status == "registered" and not stopped(row.field, before)


def stopped(field: str, traces: Iterable[Trace]) -> bool:
    """Whether it was this field, as the store sends it, that stopped the order at one of these attempts."""
    met = {problem["code"] for trace in traces for problem in trace.data["problems"]}
    if line_of(field) is not None:
        return bool(met & UNCHOSEN)
    return any(field in STOPS.get(code, ()) for code in met)


def choose(intake: Intake, row: Correction) -> str:
    place = line_of(row.field)
    return "" if place is None else reverse("choose", args=[intake.pk, place])
