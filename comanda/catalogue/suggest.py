"""Which catalogue variants a store variant probably is: the same SKU first, then titles that are alike."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from rapidfuzz import fuzz, process

from comanda.accounts.access import Access
from comanda.catalogue.models import LinkItem, StoreVariant, Variant
from comanda.connectors.reading import fold

LIKE_ENOUGH = 60.0
MUCH_ALIKE = 85
OF_PRICE = 5  # what the same price adds
CLEARLY = 4  # ahead of the next one


def unlinked(access: Access) -> QuerySet[StoreVariant]:
    """The store variants that neither a link nor their SKU (one active variant has it) says how to ship."""
    rows: QuerySet[StoreVariant] = with_sku_count(access).exclude(of_its_sku=1)
    return rows


def linked_by_sku(access: Access) -> QuerySet[StoreVariant]:
    """Those that nobody has linked, and whose SKU one active variant has."""
    rows: QuerySet[StoreVariant] = with_sku_count(access).filter(of_its_sku=1)
    return rows


def with_sku_count(access: Access) -> Any:
    """Those without a link, each with how many active variants have its SKU."""
    same = Variant.objects.filter(account=OuterRef("account"), sku=OuterRef("sku"), active=True).exclude(sku="")
    count = same.order_by().values("sku").annotate(found=Count("id")).values("found")
    return access.rows(StoreVariant).filter(link=None).annotate(of_its_sku=Coalesce(Subquery(count), 0))


@dataclass(frozen=True)
class Suggestion:
    """A variant and why: same_sku, or similar_title with a score of 0–100; `same_price` adds weight."""

    variant: Variant
    reason: str
    score: int
    same_price: bool

    @property
    def weight(self) -> int:
        return self.score + OF_PRICE * self.same_price


def stands_out(found: Sequence[Suggestion]) -> bool:
    """Whether the first is very much alike and no other is nearly as much: what a single press may take."""
    same = [each for each in found if each.reason == "same_sku"]
    if same or not found or found[0].score < MUCH_ALIKE:
        return len(same) == 1
    return len(found) == 1 or found[0].weight - found[1].weight >= CLEARLY


def outstanding(access: Access, store_variants: Sequence[StoreVariant]) -> dict[int, Suggestion]:
    """Of each store variant, by its id, the suggestion that stands out, where one does."""
    found = suggest_all(access, store_variants, 2)
    return {row: suggestions[0] for row, suggestions in found.items() if stands_out(suggestions)}


def suggest(access: Access, store_variant: StoreVariant, most: int = 5) -> list[Suggestion]:
    """The likeliest first. Only suggestions: a person decides."""
    return suggest_all(access, [store_variant], most)[store_variant.pk]


def suggest_all(access: Access, store_variants: Sequence[StoreVariant], most: int = 5) -> dict[int, list[Suggestion]]:
    """For each of them by its id; the catalogue is read once."""
    names = Names(access) if store_variants else None
    guesses = {row.pk: names.guess(row, most) for row in store_variants} if names else {}
    ids = {guess.id for found in guesses.values() for guess in found}
    variants = access.rows(Variant).select_related("product").in_bulk(ids)
    return {
        pk: [Suggestion(variants[g.id], g.reason, g.score, g.same_price) for g in found if g.id in variants]
        for pk, found in guesses.items()
    }


def search(access: Access, text: str, most: int = 20) -> list[Variant]:
    """The active variants that a person means by these words: their SKU, words of their name, or nearly so."""
    ids = Names(access).search(text, most)
    found = access.rows(Variant).select_related("product").in_bulk(ids)
    return [found[id_] for id_ in ids if id_ in found]


def options_of(access: Access, store_variant: StoreVariant, most: int) -> list[Variant]:
    """The active variants of what the other options of its product are shipped as, by a link or by their SKU."""
    if not store_variant.product_id:
        return []
    siblings = access.rows(StoreVariant).filter(
        account=store_variant.account_id,
        platform=store_variant.platform,
        store_key=store_variant.store_key,
        product_id=store_variant.product_id,
    )
    by_link = LinkItem.objects.filter(link__store_variant__in=siblings).values("variant__product")
    skus = siblings.filter(link=None).exclude(sku="").values("sku")
    by_sku = access.rows(Variant).filter(account=store_variant.account_id, sku__in=skus, active=True).values("product")
    rows = access.rows(Variant).filter(Q(product__in=by_link) | Q(product__in=by_sku), active=True)
    return list(rows.select_related("product").order_by("product__name", "product_id", "pk")[:most])


@dataclass(frozen=True)
class Guess:
    id: int
    reason: str
    score: int
    same_price: bool


# A catalogue is read again for every page; the same names come each time.
folded = lru_cache(maxsize=100_000)(fold)


@lru_cache(maxsize=100_000)
def stems(name: str) -> frozenset[str]:
    """How the words of a folded name begin, whatever their endings: `fajas reductoras` → faja, redu."""
    return frozenset(word[:4] for word in name.split() if len(word) > 2)


class Names:
    """The names, SKUs and prices of what an account can ship, read once to be looked through many times."""

    def __init__(self, access: Access, *, active: bool = True) -> None:
        rows = access.rows(Variant).order_by("pk")
        rows = rows.filter(active=True) if active else rows
        self.skus: dict[int, str] = {}
        self.prices: dict[int, Decimal | None] = {}
        self.names: dict[int, str] = {}
        for id_, sku, price, product, name in rows.values_list("id", "sku", "price", "product__name", "name"):
            self.skus[id_], self.prices[id_], self.names[id_] = sku, price, folded(f"{product} {name}")

    @cached_property
    def by_stem(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for id_, name in self.names.items():
            for stem in stems(name):
                found[stem].append(id_)
        return found

    def like(self, title: str) -> dict[int, str]:
        """The names that share the beginning of a word with a title; all of them where none does."""
        ids = {id_ for stem in stems(title) for id_ in self.by_stem.get(stem, ())}
        return {id_: self.names[id_] for id_ in sorted(ids)} or self.names

    def guess(self, store_variant: StoreVariant, most: int) -> list[Guess]:
        """What a store variant probably is, the likeliest first."""
        price, sku = store_variant.price, store_variant.sku
        found = [
            Guess(id_, "same_sku", 100, self.prices[id_] == price)
            for id_, own in self.skus.items()
            if sku and own == sku
        ]
        same = {each.id for each in found}
        title = fold(f"{store_variant.title} {store_variant.variant_title}")
        limit = most * 4 + len(same)
        alike = process.extract(
            title, self.like(title), scorer=fuzz.token_set_ratio, limit=limit, score_cutoff=LIKE_ENOUGH
        )
        found += [
            Guess(id_, "similar_title", int(score), self.prices[id_] == price)
            for _, score, id_ in alike
            if id_ not in same
        ]
        # Names that say all that the title says are alike at 100; among them, the one that says the least else.
        found.sort(key=lambda each: (each.reason != "same_sku", -self.weight(title, each)))
        return found[:most]

    def weight(self, title: str, guess: Guess) -> float:
        return guess.score + OF_PRICE * guess.same_price + fuzz.token_sort_ratio(title, self.names[guess.id]) / 10

    def search(self, text: str, most: int) -> list[int]:
        """Those whose name or SKU has every word; where these are few, names that are nearly so."""
        words, typed = fold(text).split(), text.strip().casefold()
        found = [id_ for id_, name in self.names.items() if words and all(word in name for word in words)]
        by_sku = [id_ for id_, sku in self.skus.items() if typed and typed in sku.casefold()]
        by_sku.sort(key=lambda id_: (self.skus[id_].casefold() != typed, len(self.skus[id_])))
        ids = dict.fromkeys([*by_sku, *found])
        if words and len(ids) < most:
            alike = process.extract(
                " ".join(words), self.names, scorer=fuzz.WRatio, limit=most - len(ids), score_cutoff=LIKE_ENOUGH + 15
            )
            ids |= dict.fromkeys(id_ for _, _, id_ in alike)
        return list(ids)[:most]
