"""/causes"""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from comanda.accounts.access import Access
from comanda.api.answers import Page, answers
from comanda.api.answers import diagnosis as kinds
from comanda.api.shapes import Limit, access, language, within
from comanda.diagnosis.causes import Cause, page, tell

router = Router(tags=["diagnosis"])


@router.get("/causes", response=answers(Page[kinds.Cause]))
def list_causes(request: HttpRequest, cursor: str = "", limit: Limit = 50) -> dict[str, Any]:
    """What stops orders, by code and by the thing to mend; what stops most comes first. `cause` and `subject` are the
    history's filter, and a retry's."""
    who = access(request)
    found, following = page(who, cursor, within(limit))
    return {"items": [shown(who, each, language(request)) for each in found], "next": following}


def shown(who: Access, cause: Cause, language: str) -> dict[str, Any]:
    """`more`: there are more orders than were counted, and the amount is at least this."""
    told = tell(who, cause, language)
    return {
        "cause": cause.code,
        "subject": told.subject or None,
        "message": told.message,
        "todo": told.todo,
        "orders": cause.orders,
        "more": cause.more,
        "amount": cause.amount,
        "currency": cause.currency,
        "first_seen": cause.since,
        "last_seen": cause.last,
        "action": told.action,
        "article": told.article,
    }
