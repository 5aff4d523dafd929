"""A store product as the screens offer it: what it stops, why, what it probably is, and what else is to be mended."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from comanda.accounts.access import Access
from comanda.catalogue.lookup import whole_title
from comanda.catalogue.models import StoreVariant, Variant
from comanda.catalogue.suggest import MUCH_ALIKE, Suggestion, stands_out, suggest_all
from comanda.catalogue.waiting import LINKING, Stop, stopping
from comanda.diagnosis.explain import Told, explain
from comanda.history.models import Problem
from comanda.history.timeline import rows as as_rows
from comanda.integrations.models import Integration
from comanda.web.language import reading

MOST = 3  # suggestions of a product; all that have the same SKU are shown


@dataclass(frozen=True)
class Likely:
    """A variant that may be meant, why in words, and whether it is marked beforehand."""

    variant: Variant
    why: str
    strong: bool
    same_price: bool
    chosen: bool = False


@dataclass(frozen=True)
class Obstacle:
    """What else stands in the way: a problem's code and facts, and the variants of the catalogue that it is about."""

    code: str
    article: str
    facts: Mapping[str, Any]
    variants: list[Variant]


@dataclass
class Offer:
    """A card of Por vincular."""

    row: StoreVariant
    store: str
    stop: Stop | None = None
    why: Told | None = None  # what is to be said before it is linked: its SKU is repeated, no option was chosen
    asks: bool = False
    likely: list[Likely] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)

    @property
    def name(self) -> str:
        return named(self.row)

    @property
    def orders(self) -> int:
        return self.stop.orders if self.stop else 0

    @property
    def chosen(self) -> bool:
        return any(each.chosen for each in self.likely)


def places(who: Access, known: int | None = None) -> dict[str, Any]:
    """For the tabs of Productos: how many store products stop orders."""
    found = stopping(who) if known is None else known
    return {"stopping": "99+" if found > 99 else str(found or "")}


def named(row: StoreVariant) -> str:
    """`Faja Reductora / M`, as the store calls it."""
    return whole_title(row.title, row.variant_title)


def offers(who: Access, rows: Sequence[StoreVariant], stops: Mapping[int, Stop], *, ask: bool = False) -> list[Offer]:
    """The cards of these rows. `ask` suggests for all of them, also for those that are linked already."""
    stores = names_of_stores(who)
    newest = newest_problems(who, [stops[row.pk] for row in rows if row.pk in stops])
    variants = variants_of(who, newest)
    asking = [row for row in rows if ask or (row.pk in stops and stops[row.pk].asks)]
    likely = suggest_all(who, asking, 10)
    found = []
    for row in rows:
        stop = stops.get(row.pk)
        mine = [newest[id_] for id_ in stop.problems.values() if id_ in newest] if stop else []
        offer = Offer(row, stores.get((row.platform, row.store_key), row.store_key), stop)
        offer.asks, offer.why = row in asking, reason(mine)
        offer.likely = marked(likely.get(row.pk, []))
        offer.obstacles = obstacles(mine, variants)
        found.append(offer)
    return found


def names_of_stores(who: Access) -> dict[tuple[str, str], str]:
    """The integrations' names by their stores; where two share one, the older one's."""
    rows = who.rows(Integration).order_by("-pk").only("platform", "store_key", "name")
    return {(row.platform, row.store_key or f"integration:{row.pk}"): row.name for row in rows}


def newest_problems(who: Access, stops: Sequence[Stop]) -> dict[int, Problem]:
    ids = [id_ for stop in stops for id_ in stop.problems.values()]
    return who.rows(Problem).in_bulk(ids) if ids else {}


def variants_of(who: Access, problems: Mapping[int, Problem]) -> dict[str, Variant]:
    """The catalogue's variants that problems are about, by their subject."""
    ids = [each.subject.partition(":")[2] for each in problems.values() if each.subject.startswith("variant:")]
    rows = who.rows(Variant).filter(pk__in=ids).select_related("product") if ids else []
    return {f"variant:{row.pk}": row for row in rows}


def reason(problems: Sequence[Problem]) -> Told | None:
    """A missing link needs no words of its own; the other two do."""
    telling = [each for each in problems if each.code in ("sku_ambiguous", "variant_not_chosen")]
    return explain(as_rows(telling[:1]), reading())[0] if telling else None


def obstacles(problems: Sequence[Problem], variants: Mapping[str, Variant]) -> list[Obstacle]:
    groups: dict[str, list[Problem]] = {}
    for each in problems:
        if each.code not in LINKING and each.subject in variants:
            groups.setdefault(each.code, []).append(each)
    return [
        Obstacle(code, f"/ayuda/{code}/", json.loads(group[0].facts), [variants[each.subject] for each in group])
        for code, group in groups.items()
    ]


def marked(found: Sequence[Suggestion]) -> list[Likely]:
    """The best are shown; the first is marked beforehand only where it stands out."""
    same = sum(each.reason == "same_sku" for each in found)
    clear = stands_out(found)
    return [likely(each, chosen=clear and not place) for place, each in enumerate(found[: max(MOST, same)])]


def likely(each: Suggestion, *, chosen: bool = False) -> Likely:
    strong = each.reason == "same_sku" or each.score >= MUCH_ALIKE
    alike = _("Nombre muy parecido") if strong else _("Nombre parecido")
    why = _("Mismo SKU") if each.reason == "same_sku" else alike
    return Likely(each.variant, why, strong, each.same_price, chosen)
