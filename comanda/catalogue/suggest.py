"""Which catalogue variants a store variant probably is: the same SKU first, then titles that are alike."""

from dataclasses import dataclass

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from rapidfuzz import fuzz, process

from comanda.accounts.access import Access
from comanda.catalogue.models import StoreVariant, Variant
from comanda.connectors.reading import fold

LIKE_ENOUGH = 60.0


def unlinked(access: Access) -> QuerySet[StoreVariant]:
    """The store variants that neither a link nor their SKU (one active variant has it) says how to ship."""
    same = Variant.objects.filter(account=OuterRef("account"), sku=OuterRef("sku"), active=True).exclude(sku="")
    count = same.order_by().values("sku").annotate(found=Count("id")).values("found")
    rows = access.rows(StoreVariant).annotate(of_its_sku=Coalesce(Subquery(count), 0))
    return rows.filter(link=None).exclude(of_its_sku=1)


@dataclass(frozen=True)
class Suggestion:
    """A variant and why: same_sku, or similar_title with a score of 0–100; `same_price` adds weight."""

    variant: Variant
    reason: str
    score: int
    same_price: bool


def suggest(access: Access, store_variant: StoreVariant, most: int = 5) -> list[Suggestion]:
    """The likeliest first. Only suggestions: a person decides."""
    variants = list(access.rows(Variant).filter(active=True).select_related("product"))
    same = [v for v in variants if store_variant.sku and v.sku == store_variant.sku]
    found = [Suggestion(v, "same_sku", 100, v.price == store_variant.price) for v in same]
    names = {v.pk: fold(str(v)) for v in variants if v not in same}
    title = fold(f"{store_variant.title} {store_variant.variant_title}")
    by_id = {v.pk: v for v in variants}
    for _, score, id_ in process.extract(
        title, names, scorer=fuzz.token_set_ratio, limit=most * 4, score_cutoff=LIKE_ENOUGH
    ):
        found.append(Suggestion(by_id[id_], "similar_title", int(score), by_id[id_].price == store_variant.price))
    found.sort(key=lambda each: (each.reason != "same_sku", -(each.score + 5 * each.same_price)))
    return found[:most]
