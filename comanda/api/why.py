"""/why, /backlog, /refusals"""

import json
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Router

from comanda.accounts.masking import HIDDEN
from comanda.api.answers import Page, answers
from comanda.api.answers import diagnosis as kinds
from comanda.api.shapes import Limit, Refused, access, language, page
from comanda.diagnosis.why import why
from comanda.inbox.backlog import backlog
from comanda.inbox.models import Refusal

router = Router(tags=["diagnosis"])

PLAIN = ("content-type", "content-length", "user-agent", "date")  # headers that every sender has


@router.get("/why", response=answers(kinds.Why))
def ask_why(request: HttpRequest, q: str) -> dict[str, Any]:
    """Why an order is not here, or not registered: by its number, a name, an e-mail, a phone or the store's id."""
    if not q.strip():
        raise Refused(400, "invalid", "Say what to look for.", field="q")
    return asdict(why(access(request), q, language(request)))


@router.get("/backlog", response=answers(kinds.Backlog))
def show_backlog(request: HttpRequest) -> dict[str, Any]:
    return backlog(access(request))


@router.get("/refusals", response=answers(Page[kinds.Refusal]))
def list_refusals(request: HttpRequest, cursor: str = "", limit: Limit = 50) -> dict[str, Any]:
    who = access(request)
    rows, following = page(who.rows(Refusal), cursor, limit)
    return {"items": [shown(row, who.masks) for row in rows], "next": following}


def head(row: Refusal, masked: bool) -> Any:
    """Method and headers; as text where they were cut for their length. Nobody has read whose order it was: for whoever is
    shown buyers masked, what a header of the sender's own says is hidden."""
    try:
        found = json.loads(row.head)
    except ValueError:
        return HIDDEN if masked else row.head
    if masked:
        found["headers"] = {name: each if name in PLAIN else HIDDEN for name, each in found["headers"].items()}
    return found


def shown(row: Refusal, masked: bool) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "integration": str(row.integration_id),
        "reason": row.reason,
        "status": row.status,
        "count": row.count,
        "head": head(row, masked),
        "first_at": row.first_at,
        "last_at": row.last_at,
    }
