"""/integrations/{id}/mapping and /order-format.json: the custom builders."""

from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Body, Field, Router

from comanda.accounts.access import NotFound
from comanda.api.answers import answers
from comanda.api.answers import integrations as kinds
from comanda.api.shapes import Refused, access
from comanda.api.strict import StrictSchema
from comanda.connectors.custom.mapping import BadMapping
from comanda.connectors.custom.payload import json_schema
from comanda.inbox.models import Delivery
from comanda.integrations import mappings
from comanda.integrations.models import Integration, Mapping
from comanda.problems import Problem

router = Router(tags=["mapping"])

MOST_SHOWN = 100  # versions


class Trial(StrictSchema):
    """`mapping`: none lets one be proposed. `sample`: JSON, or a body as text; else `delivery` (its id), else the newest
    one. `last`: how many of the newest deliveries to try it on."""

    mapping: dict[str, Any] | None = None
    sample: Any = None
    delivery: str = ""
    last: int = Field(0, ge=0)


def custom(request: HttpRequest, id: str) -> Integration:
    row = access(request).get(Integration, id)
    if not row.connector.mappable:
        raise Refused(409, "not_mappable", f"{row.connector.label} needs no mapping.")
    return row


@router.get("/integrations/{id}/mapping", response=answers(kinds.Mapping))
def show_mapping(request: HttpRequest, id: str) -> dict[str, Any]:
    row = custom(request, id)
    versions = access(request).rows(Mapping).filter(integration=row).order_by("-version")[:MOST_SHOWN]
    return {"mapping": row.mapping, "version": row.mapping_version, "versions": [version(each) for each in versions]}


def version(row: Mapping) -> dict[str, Any]:
    return {"version": row.version, "mapping": row.mapping, "author": row.author, "created_at": row.created_at}


@router.put("/integrations/{id}/mapping", response=answers(kinds.ChangedMapping))
def put_mapping(request: HttpRequest, id: str, body: Body[dict[str, Any]]) -> dict[str, Any]:
    who = access(request)
    who.change()
    row = custom(request, id)
    try:
        count = mappings.switch_on(who, row, body)
    except BadMapping as bad:
        raise refusal(bad) from None
    row.refresh_from_db()
    return {"mapping": row.mapping, "version": row.mapping_version, "reprocessed": count}


@router.delete("/integrations/{id}/mapping", response=answers(kinds.ChangedMapping))
def delete_mapping(request: HttpRequest, id: str) -> dict[str, Any]:
    """Comanda's own format is read again."""
    who = access(request)
    who.change()
    row = custom(request, id)
    count = mappings.forget(who, row)
    row.refresh_from_db()
    return {"mapping": None, "version": row.mapping_version, "reprocessed": count}


@router.post("/integrations/{id}/mapping/preview", response=answers(kinds.Preview))
def preview_mapping(request: HttpRequest, id: str, body: Trial) -> dict[str, Any]:
    """What a mapping makes of a sample: field by field, with its expression, value and type, or the problem. Whoever only
    reads brings the sample: what a tool has sent may say who bought."""
    row = custom(request, id)
    if body.sample is None or body.last:
        access(request).change()
    try:
        found: dict[str, Any] = msgspec.to_builtins(mappings.preview(row, body.mapping, sample(request, row, body)))
        tried = mappings.try_on(row, found["mapping"], body.last) if body.last and not found["problems"] else []
    except Problem as problem:
        raise Refused(400, problem.code, "The sample cannot be read.", **problem.facts) from None
    return found | {"tried": msgspec.to_builtins(tried)}


def sample(request: HttpRequest, row: Integration, body: Trial) -> bytes:
    if body.sample is not None:
        given = body.sample.encode() if isinstance(body.sample, str) else msgspec.json.encode(body.sample)
        if len(given) > settings.BODY_LIMIT:
            raise Refused(413, "too_large", f"The sample is larger than {settings.BODY_LIMIT} bytes.")
        return given
    if body.delivery:
        found = access(request).get(Delivery, body.delivery)
        if found.integration_id != row.pk:
            raise NotFound("delivery")
        return bytes(found.body)
    newest = next(mappings.latest(row, 1), None)
    if newest is None:
        raise Refused(409, "no_sample", "Nothing has come yet: send a test order, or give a sample.")
    return bytes(newest.body)


def refusal(bad: BadMapping) -> Refused:
    """With the expression and the place of the first fault, and all of them."""
    first = bad.faults[0]
    facts = {"field": first.field, "expression": first.expression, "place": first.place}
    message = f"{first.field}: {first.message}"
    return Refused(400, "mapping_invalid", message, **facts, faults=msgspec.to_builtins(bad.faults))


@router.get("/order-format.json", auth=None, response=answers(dict[str, Any]))
def order_format(request: HttpRequest) -> HttpResponse:
    """Comanda's own order format, as JSON Schema."""
    return HttpResponse(msgspec.json.encode(json_schema()), content_type="application/schema+json")
