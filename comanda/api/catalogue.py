"""/products, /store-variants, /links"""

from decimal import Decimal
from typing import Annotated, Any

from django.db.models import Count
from django.http import HttpRequest
from ninja import Field, Router, Status
from pydantic import StringConstraints

from comanda.accounts.access import Access
from comanda.api.answers import Page, answers
from comanda.api.answers import catalogue as kinds
from comanda.api.shapes import FITS_NOT, Limit, Refused, access, page
from comanda.api.strict import StrictSchema
from comanda.catalogue.edit import SkuTwice, add, change, with_sku
from comanda.catalogue.link import NamedTwice, Part, link, unlink
from comanda.catalogue.models import Link, Product, StoreVariant, Variant
from comanda.catalogue.suggest import suggest, unlinked
from comanda.history.models import Problem
from comanda.integrations.models import Integration

router = Router(tags=["catalogue"])


class NewVariant(StrictSchema):
    name: str = Field("", max_length=255)
    sku: str = Field("", max_length=120)
    price: Decimal | None = Field(None, ge=0, max_digits=14, decimal_places=2)
    cost: Decimal | None = Field(None, ge=0, max_digits=14, decimal_places=2)
    stock: int | None = Field(None, ge=0, lt=2**31)
    active: bool = True


class ChangedVariant(StrictSchema):
    """What is given is set."""

    price: Decimal | None = Field(None, ge=0, max_digits=14, decimal_places=2)
    cost: Decimal | None = Field(None, ge=0, max_digits=14, decimal_places=2)
    stock: int | None = Field(None, ge=0, lt=2**31)
    active: bool | None = None


class NewProduct(StrictSchema):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
    variants: list[NewVariant] = Field(min_length=1, max_length=500)


class NewLinkItem(StrictSchema):
    variant: str
    quantity: int = Field(1, ge=1, le=1000)


class NewLink(StrictSchema):
    store_variant: str
    items: list[NewLinkItem] = Field([], max_length=50)
    ignore: bool = False


def shown_variant(variant: Variant) -> dict[str, Any]:
    fields = ("sku", "name", "price", "cost", "stock", "active")
    return {"id": str(variant.pk)} | {field: getattr(variant, field) for field in fields}


def shown_product(product: Product) -> dict[str, Any]:
    variants = sorted(product.variants.all(), key=lambda variant: variant.pk)
    return {"id": str(product.pk), "name": product.name, "variants": [shown_variant(v) for v in variants]}


@router.get("/products", response=answers(Page[kinds.Product]))
def list_products(request: HttpRequest, cursor: str = "", limit: Limit = 50, q: str = "") -> dict[str, Any]:
    rows = access(request).rows(Product).prefetch_related("variants")
    if q:
        rows = rows.filter(name__icontains=q.replace("\x00", ""))
    products, following = page(rows, cursor, limit)
    return {"items": [shown_product(product) for product in products], "next": following}


@router.post("/products", response={201: answers(kinds.MadeProduct)})
def add_product(request: HttpRequest, body: NewProduct) -> Status[dict[str, Any]]:
    who = access(request)
    who.change()
    if "\x00" in body.model_dump_json() or "\\u0000" in body.model_dump_json():
        raise Refused(400, "invalid", "Text may not contain NUL characters.")
    variants = [each.model_dump() | {"sku": each.sku.strip()} for each in body.variants]
    try:
        product, reprocessed = add(who, body.name, variants)
    except SkuTwice as twice:
        place, message = f"variants.{twice.second}.sku", f"variants.{twice.first} has the same SKU."
        raise Refused(400, "invalid", FITS_NOT, fields=[{"field": place, "message": message}]) from None
    return Status(201, shown_product(product) | {"reprocessed": reprocessed, "warnings": warnings(who, product)})


def warnings(who: Access, product: Product) -> list[str]:
    """Of SKUs that other variants have too, as the product's page does."""
    made = {variant.sku: variant.pk for variant in product.variants.all() if variant.active}
    twins = [each for each in with_sku(who, made) if each.pk != made[each.sku]]
    return [f"{each} has the SKU {each.sku} too: an order with it is linked to neither by itself." for each in twins]


@router.patch("/variants/{id}", response=answers(kinds.SavedVariant))
def change_variant(request: HttpRequest, id: str, body: ChangedVariant) -> dict[str, Any]:
    """Activate, restock, reprice; what waited for it runs again."""
    who = access(request)
    who.change()
    changes = body.model_dump(exclude_unset=True)
    if changes.get("active", True) is None:
        raise Refused(400, "invalid", "active is true or false.", field="active")
    variant, reprocessed = change(who, who.get(Variant, id), changes)
    return shown_variant(variant) | {"reprocessed": reprocessed}


def shown_store_variant(row: StoreVariant, integrations: dict[tuple[str, str], str], blocked: int) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "integration": integrations.get((row.platform, row.store_key)),
        "platform": row.platform,
        "store": row.store_key,
        "product_id": row.product_id,
        "variant_id": row.variant_id,
        "sku": row.sku,
        "title": row.title,
        "variant_title": row.variant_title,
        "price": row.price,
        "blocked": blocked,
        "link": shown_link(row.link) if hasattr(row, "link") else None,
    }


def shown_link(made: Link) -> dict[str, Any]:
    items = [{"variant": str(item.variant_id), "quantity": item.quantity} for item in made.items.all()]
    return {"id": str(made.pk), "ignore": made.ignore, "items": items}


@router.get("/store-variants", response=answers(Page[kinds.StoreVariant]))
def list_store_variants(
    request: HttpRequest, linked: bool | None = None, cursor: str = "", limit: Limit = 50
) -> dict[str, Any]:
    who = access(request)
    rows = who.rows(StoreVariant) if linked is None else unlinked(who)
    if linked:
        rows = who.rows(StoreVariant).exclude(pk__in=unlinked(who).values("pk"))
    rows = rows.select_related("link").prefetch_related("link__items")
    found, following = page(rows, cursor, limit)
    problems = who.rows(Problem).filter(store_variant__in=found)
    blocked = dict(problems.values_list("store_variant").annotate(Count("intake", distinct=True)))
    of = {(i.platform, i.store_key or f"integration:{i.pk}"): str(i.pk) for i in who.rows(Integration).order_by("-pk")}
    return {"items": [shown_store_variant(row, of, blocked.get(row.pk, 0)) for row in found], "next": following}


@router.get("/store-variants/{id}/suggestions", response=answers(Page[kinds.Suggestion]))
def list_suggestions(request: HttpRequest, id: str) -> dict[str, Any]:
    who = access(request)
    found = suggest(who, who.get(StoreVariant, id))
    items = [
        {
            "variant": shown_variant(each.variant) | {"product": each.variant.product.name},
            "reason": each.reason,
            "score": each.score,
            "same_price": each.same_price,
        }
        for each in found
    ]
    return {"items": items, "next": None}


@router.post("/links", response={201: answers(kinds.MadeLink)})
def add_link(request: HttpRequest, body: NewLink) -> Status[dict[str, Any]]:
    who = access(request)
    if body.ignore == bool(body.items):
        raise Refused(400, "invalid", "Give either items, or ignore: true.", field="items")
    parts = [Part(who.get(Variant, item.variant), item.quantity) for item in body.items]
    try:
        made, count = link(who, who.get(StoreVariant, body.store_variant), parts, ignore=body.ignore)
    except NamedTwice as twice:
        message = "A link names each variant once, with its quantity."
        raise Refused(400, "invalid", message, field="items", variant=str(twice)) from None
    return Status(201, {"id": str(made.pk), "reprocessed": count})


@router.delete("/links/{id}", response={204: None})
def delete_link(request: HttpRequest, id: str) -> Status[None]:
    who = access(request)
    unlink(who, who.get(Link, id))
    return Status(204, None)
