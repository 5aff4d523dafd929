"""/retries"""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from comanda.api.answers import answers
from comanda.api.answers import history as kinds
from comanda.api.shapes import IntakeFilter, access
from comanda.api.strict import StrictSchema
from comanda.history.search import find
from comanda.repair.models import Retry
from comanda.repair.retry import counts, retry_all

router = Router(tags=["retries"])


class RetryFilter(StrictSchema, IntakeFilter):
    """Which intakes are taken up."""


class NewRetry(StrictSchema):
    filter: RetryFilter


def shown_retry(retry: Retry) -> dict[str, Any]:
    return {"id": str(retry.pk), **counts(retry)}


@router.post("/retries", response={201: answers(kinds.Retry)})
def add_retry(request: HttpRequest, body: NewRetry) -> Status[dict[str, Any]]:
    who = access(request)
    chosen = body.filter.chosen(who.account)
    retry = retry_all(who, find(who, chosen), chosen.said())
    return Status(201, shown_retry(retry))


@router.get("/retries/{id}", response=answers(kinds.Retry))
def show_retry(request: HttpRequest, id: str) -> dict[str, Any]:
    return shown_retry(access(request).get(Retry, id))
