"""/history"""

import json
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import Body, Query, Router

from comanda.accounts.access import Access
from comanda.accounts.masking import OPEN, Veil
from comanda.api.answers import Page, answers
from comanda.api.answers import history as kinds
from comanda.api.orders import shown_order
from comanda.api.retries import shown_retry
from comanda.api.shapes import IntakeFilter, Limit, access, language, within
from comanda.api.strict import StrictSchema
from comanda.diagnosis.explain import explain
from comanda.history import timeline
from comanda.history.models import Intake
from comanda.history.search import page
from comanda.history.veil import drawn, over_rows
from comanda.orders.models import Order
from comanda.repair.correct import correct, discard
from comanda.repair.models import Correction
from comanda.repair.retry import retry_one

router = Router(tags=["history"])


class HistoryQuery(IntakeFilter):
    cursor: str = ""
    limit: Limit = 50


class RetryOptions(StrictSchema):
    anyway: bool = False


def item(intake: Intake, language: str, veil: Veil = OPEN) -> dict[str, Any]:
    """An intake as the list shows it."""
    integration, buyer = intake.integration, (intake.customer_name, intake.customer_email, intake.customer_phone)
    return {
        "id": str(intake.pk),
        "external_id": veil.text(intake.external_id),
        "number": veil.text(intake.number),
        "status": intake.status,
        "cause": intake.cause or None,
        "message": timeline.message(intake, language, veil) or None,
        "customer": {
            name: veil.field(name, each) for name, each in zip(("name", "email", "phone"), buyer, strict=True)
        },
        "lines": veil.any(json.loads(intake.lines)),
        "total": intake.total,
        "currency": intake.currency,
        "ordered_at": intake.ordered_at,
        "received_at": intake.received_at,
        "integration": {"id": str(integration.pk), "platform": integration.platform, "name": integration.name},
    }


def whole(who: Access, intake: Intake, language: str) -> dict[str, Any]:
    """An intake with all that is known of it, and of its buyer what this reader may see."""
    mine = Q(key_id=intake.key_id) | Q(parts__key_id=intake.key_id)
    order = Order.objects.filter(mine).first() if intake.key_id else None
    runs = timeline.traces(intake)[::-1]
    veil = drawn(intake, runs, order) if who.masks else OPEN
    problems = [veil.problem(row) for row in timeline.rows(list(intake.problem_rows.order_by("id")))]
    told = {each.code: each for each in explain(problems, language)}
    return item(intake, language, veil) | {
        "order": shown_order(order, veil) if order else None,
        "first": str(intake.first_id) if intake.first_id else None,
        "problems": [
            row
            | {
                "message": told[row["code"]].message,
                "todo": told[row["code"]].todo,
                "action": told[row["code"]].action,
                "article": told[row["code"]].article,
            }
            for row in problems
        ],
        "corrections": [
            {"field": c.field, "old": veil.field(c.field, c.old), "new": veil.field(c.field, c.new)}
            | {"author": c.author, "created_at": c.created_at}
            for c in Correction.objects.filter(intake=intake).order_by("id")
        ],
        "attempts": timeline.attempts(runs, language, veil),
    }


@router.get("/history", response=answers(Page[kinds.Intake]))
def list_history(request: HttpRequest, query: Query[HistoryQuery]) -> dict[str, Any]:
    who = access(request)
    intakes, following = page(who, query.chosen(who.account), query.cursor, within(query.limit))
    veils = over_rows(who, intakes)
    return {"items": [item(each, language(request), veils[each.pk]) for each in intakes], "next": following}


@router.get("/history/{id}", response=answers(kinds.WholeIntake))
def show_intake(request: HttpRequest, id: str) -> dict[str, Any]:
    who = access(request)
    return whole(who, who.get(Intake, id), language(request))


@router.post("/history/{id}/retry", response=answers(kinds.Retry))
def retry_intake(request: HttpRequest, id: str, body: RetryOptions | None = None) -> dict[str, Any]:
    who = access(request)
    retry = retry_one(who, who.get(Intake, id), anyway=body.anyway if body else False)
    return shown_retry(retry)


@router.patch("/history/{id}/corrections", response=answers(kinds.Intake))
def correct_intake(request: HttpRequest, id: str, body: Body[dict[str, str]]) -> dict[str, Any]:
    """The buyer's fields, the address's, `payment` and `note`; of a line, `line:0` is the first, the id of the variant
    that is shipped for it in this order alone. An empty text empties what an order can do without (`email`, `document`,
    `address2`, `region`, `country`, `postcode`, `reference`, `note`). What would stop the order is refused, field by field;
    the value that the store sent may always count again."""
    who = access(request)
    intake = who.get(Intake, id)
    correct(who, intake, body)
    return item(who.get(Intake, id), language(request))


@router.post("/history/{id}/ignore", response=answers(kinds.Intake))
def ignore_intake(request: HttpRequest, id: str) -> dict[str, Any]:
    who = access(request)
    discard(who, who.get(Intake, id))
    return item(who.get(Intake, id), language(request))
