"""/why, /backlog, /refusals"""

import json
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Router

from comanda.api.shapes import access, language, page
from comanda.diagnosis.why import why
from comanda.inbox.backlog import backlog
from comanda.inbox.models import Refusal

router = Router(tags=["diagnosis"])


@router.get("/why")
def ask_why(request: HttpRequest, q: str = "") -> dict[str, Any]:
    return asdict(why(access(request), q, language(request)))


@router.get("/backlog")
def show_backlog(request: HttpRequest) -> dict[str, Any]:
    return backlog(access(request))


@router.get("/refusals")
def list_refusals(request: HttpRequest, cursor: str = "", limit: int = 50) -> dict[str, Any]:
    rows, following = page(access(request).rows(Refusal), cursor, limit)
    return {"items": [shown(row) for row in rows], "next": following}


def head(row: Refusal) -> Any:
    """Method and headers; as text where they were cut for their length."""
    try:
        return json.loads(row.head)
    except ValueError:
        return row.head


def shown(row: Refusal) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "integration": str(row.integration_id),
        "reason": row.reason,
        "status": row.status,
        "count": row.count,
        "head": head(row),
        "first_at": row.first_at,
        "last_at": row.last_at,
    }
