"""/integrations"""

from typing import Any

import msgspec
from django.http import HttpRequest
from ninja import Router, Status

from comanda.accounts.access import Access
from comanda.api.answers import Page, answers
from comanda.api.answers import integrations as kinds
from comanda.api.shapes import Limit, Refused, access, page
from comanda.api.strict import StrictSchema
from comanda.connectors import CONNECTORS
from comanda.connectors.verification import Verification
from comanda.integrations.connect import (
    add_secret,
    bin_integration,
    choose_verification,
    connect,
    hook_url,
    move_store,
    rename,
    restore,
    rotate,
    shown_url,
    switch,
)
from comanda.integrations.health import warnings
from comanda.integrations.models import Integration
from comanda.integrations.trial import NotTriable, send_trial

router = Router(tags=["integrations"])


class NewIntegration(StrictSchema):
    platform: str
    name: str
    store: str = ""
    secret: str = ""
    verification: dict[str, Any] | None = None


class ChangedIntegration(StrictSchema):
    active: bool | None = None
    binned: bool | None = None
    name: str | None = None
    secret: str | None = None
    store: str | None = None
    verification: dict[str, Any] | None = None


def shown(row: Integration, who: Access) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": str(row.pk),
        "platform": row.platform,
        "name": row.name,
        "store": row.store_key,
        "active": row.active,
        "binned": row.binned_at is not None,
        "secrets": row.secrets.count(),
        "created_at": row.created_at,
        "warnings": warnings(row),
    }
    if row.connector.mappable:
        found |= {"verification": row.verification, "mapping_version": row.mapping_version}
    return found | ({"hook_url": shown_url(row) or None} if who.writes else {})


@router.get("/integrations", response=answers(Page[kinds.Integration]))
def list_integrations(
    request: HttpRequest, binned: bool = False, cursor: str = "", limit: Limit = 50
) -> dict[str, Any]:
    """Those in use, or those in the bin."""
    rows, following = page(access(request).rows(Integration).filter(binned_at__isnull=not binned), cursor, limit)
    return {"items": [shown(row, access(request)) for row in rows], "next": following}


@router.post("/integrations", response={201: answers(kinds.Integration)})
def add_integration(request: HttpRequest, body: NewIntegration) -> Status[dict[str, Any]]:
    who = access(request)
    account = who.change()
    if body.platform not in CONNECTORS:
        raise Refused(
            400, "unknown_platform", f"There is no builder {body.platform[:40]}.", platforms=sorted(CONNECTORS)
        )
    name, store = text("name", body.name), text("store", body.store)
    secret = body.secret and text("secret", body.secret)
    chosen = verification(body.platform, body.verification)
    row = connect(account, body.platform, name, store, secret)
    if chosen:
        choose_verification(who, row, chosen)
        row.refresh_from_db()
    who.audit("connect", f"integration:{row.pk}", platform=row.platform, name=row.name, store=row.store_key)
    return Status(201, shown(row, who) | {"hook_url": hook_url(row)})


def verification(platform: str, given: dict[str, Any] | None) -> Verification | None:
    """How a custom builder is to sign; the others know it themselves."""
    if given is None:
        return None
    if not CONNECTORS[platform].mappable:
        raise Refused(400, "invalid", f"{CONNECTORS[platform].label} signs in its own way.", field="verification")
    try:
        return msgspec.convert(given, Verification)
    except msgspec.ValidationError as error:
        raise Refused(400, "invalid", str(error), field="verification") from None


LENGTHS = {"name": 120, "store": 255}


def text(field: str, value: str) -> str:
    """What is given for a field; a secret is kept as it is. An empty store is none."""
    if not value.strip() and field != "store":
        raise Refused(400, "invalid", f"The {field} may not be empty.", field=field)
    if field == "secret":
        return value
    if len(value.strip()) > LENGTHS[field]:
        raise Refused(400, "invalid", f"The {field} may have up to {LENGTHS[field]} characters.", field=field)
    return value.strip()


@router.patch("/integrations/{id}", response=answers(kinds.SavedIntegration))
def change_integration(request: HttpRequest, id: str, body: ChangedIntegration) -> dict[str, Any]:
    who = access(request)
    who.change()
    row = who.get(Integration, id)
    verified, chosen = 0, verification(row.platform, body.verification)  # refused before anything is changed
    texts = {field: getattr(body, field) for field in ("name", "store", "secret")}
    given = {field: text(field, value) for field, value in texts.items() if value is not None}
    if "store" in given:
        move_store(who, row, given["store"])  # it may be refused too
    if "name" in given:
        rename(who, row, given["name"])
    if chosen:
        verified = choose_verification(who, row, chosen)
    if "secret" in given:
        who.audit("secret", f"integration:{row.pk}")
        verified += add_secret(row, given["secret"])
    if body.binned is not None:
        (bin_integration if body.binned else restore)(who, row)
    if body.active is not None:
        switch(who, row, active=body.active)
    row.refresh_from_db()
    return shown(row, who) | {"verified": verified}


@router.post("/integrations/{id}/rotate", response=answers(kinds.RotatedIntegration))
def rotate_url(request: HttpRequest, id: str) -> dict[str, Any]:
    """A new URL; the one before answers for a day more."""
    who = access(request)
    row = who.get(Integration, id)
    until = rotate(who, row)
    return shown(row, who) | {"hook_url": hook_url(row), "former_until": until}


@router.post("/integrations/{id}/trial", response={201: answers(kinds.MadeDelivery)})
def try_integration(request: HttpRequest, id: str) -> Status[dict[str, Any]]:
    """A test order: it goes the whole way, and is never registered. `delivery` is its delivery."""
    who = access(request)
    row = who.get(Integration, id)
    try:
        return Status(201, {"delivery": str(send_trial(who, row))})
    except NotTriable as error:
        raise Refused(400, "not_triable", f"No test order can be made: {error}.", reason=error.reason) from None


@router.delete("/integrations/{id}", response={204: None})
def delete_integration(request: HttpRequest, id: str) -> Status[None]:
    who = access(request)
    who.change()
    row = who.get(Integration, id)
    bin_integration(who, row)
    return Status(204, None)
