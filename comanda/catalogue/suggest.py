"""Which catalogue variants a store variant probably is: the same SKU first, then titles that are alike."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from rapidfuzz import fuzz, process

from comanda.accounts.access import Access
from comanda.catalogue.models import StoreVariant, Variant
from comanda.connectors.reading import fold

LIKE_ENOUGH = 60.0
VERY_MUCH = 85
OF_PRICE = 5
COMPARED = 5000


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


@dataclass(frozen=True)
class Likeness:
    """How much a variant of the catalogue is like a store variant: what a suggestion is before its variant is read."""

    variant: int
    reason: str
    score: int
    same_price: bool

    @property
    def weight(self) -> int:
        return self.score + OF_PRICE * self.same_price


def suggest(access: Access, store_variant: StoreVariant, most: int = 5) -> list[Suggestion]:
    """The likeliest first. Only suggestions: a person decides."""
    found = Candidates(access).like(store_variant, most)
    variants = variants_of(access, found)
    return [suggestion(each, variants) for each in found if each.variant in variants]


def outstanding(access: Access, rows: Sequence[StoreVariant]) -> dict[int, Suggestion]:
    """Of each store variant the one that is very much alike, where no other is as much: what a single press may take.

    None of a catalogue so large that comparing it whole would keep people waiting.
    """
    candidates = Candidates(access, COMPARED + 1) if rows else None
    if candidates is None or len(candidates.names) > COMPARED:
        return {}
    found = {row.pk: each for row in rows if (each := candidates.outstanding(row))}
    variants = variants_of(access, list(found.values()))
    return {row: suggestion(each, variants) for row, each in found.items() if each.variant in variants}


def variants_of(access: Access, found: Sequence[Likeness]) -> dict[int, Variant]:
    rows = access.rows(Variant).filter(active=True).select_related("product")
    return rows.in_bulk([each.variant for each in found]) if found else {}


def suggestion(each: Likeness, variants: dict[int, Variant]) -> Suggestion:
    return Suggestion(variants[each.variant], each.reason, each.score, each.same_price)


class Candidates:
    """What may be suggested: the active variants of the catalogue, read once for however many store variants."""

    def __init__(self, access: Access, most: int | None = None) -> None:
        rows = access.rows(Variant).filter(active=True).values_list("pk", "product__name", "name", "sku", "price")
        self.names: dict[int, str] = {}
        self.prices: dict[int, Decimal | None] = {}
        self.by_sku: dict[str, list[int]] = defaultdict(list)
        for id_, product, name, sku, price in rows.order_by("pk")[:most]:
            self.names[id_], self.prices[id_] = fold(f"{product} {name}"), price
            self.by_sku[sku].append(id_)

    def like(self, store_variant: StoreVariant, most: int, least: float = LIKE_ENOUGH) -> list[Likeness]:
        price, sku = store_variant.price, store_variant.sku
        same = self.by_sku.get(sku, []) if sku else []
        found = [Likeness(id_, "same_sku", 100, self.prices[id_] == price) for id_ in same]
        title = fold(f"{store_variant.title} {store_variant.variant_title}")
        likely = process.extract(
            title, self.names, scorer=fuzz.token_set_ratio, limit=most * 4 + len(same), score_cutoff=least
        )
        for _, score, id_ in likely:
            if id_ not in same:
                found.append(Likeness(id_, "similar_title", int(score), self.prices[id_] == price))
        found.sort(key=lambda each: (each.reason != "same_sku", -each.weight))
        return found[:most]

    def outstanding(self, store_variant: StoreVariant) -> Likeness | None:
        best, second, *_ = [*self.like(store_variant, 2, VERY_MUCH - OF_PRICE), None, None]
        alone = best and best.score >= VERY_MUCH and not (second and second.weight >= best.weight)
        return best if alone else None
