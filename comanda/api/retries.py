"""/retries"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from comanda.api.shapes import access
from comanda.history.search import Filter, find
from comanda.repair.models import Retry
from comanda.repair.retry import counts, retry_all

router = Router(tags=["retries"])


class RetryFilter(Schema):
    model_config = {"extra": "forbid"}

    integration: str = ""
    status: str = ""
    cause: str = ""
    q: str = ""
    since: datetime | None = Field(None, alias="from")
    until: datetime | None = Field(None, alias="to")


class NewRetry(Schema):
    filter: RetryFilter


def shown_retry(retry: Retry) -> dict[str, Any]:
    return {"id": str(retry.pk), **counts(retry)}


@router.post("/retries", response={201: dict[str, Any]})
def add_retry(request: HttpRequest, body: NewRetry) -> Status[dict[str, Any]]:
    who, wanted = access(request), body.filter
    chosen = Filter(wanted.integration, wanted.status, wanted.cause, wanted.q, wanted.since, wanted.until)
    retry = retry_all(who, find(who, chosen), chosen.said())
    return Status(201, shown_retry(retry))


@router.get("/retries/{id}")
def show_retry(request: HttpRequest, id: str) -> dict[str, Any]:
    return shown_retry(access(request).get(Retry, id))
