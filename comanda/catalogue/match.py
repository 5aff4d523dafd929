"""From the store's lines to catalogue variants: what a person has chosen for this order, else what it ships already, else
an explicit link, else the one active variant with that very SKU, else a problem that names the line. Nothing is guessed."""

import re
from dataclasses import dataclass
from decimal import Decimal

from comanda.catalogue.kept import kept
from comanda.catalogue.lookup import (
    Found,
    Item,
    Named,
    by_id,
    by_sku,
    linked,
    linked_siblings,
    named,
    share_catalogues,
    store_variants,
)
from comanda.catalogue.stock import note_stock
from comanda.connectors.draft import Line
from comanda.connectors.reading import fold
from comanda.problems import Problem
from comanda.run import Run, Shipped

CENT = Decimal("0.01")
_NOT_CHOSEN = re.compile(
    r"^((por favor|please) )?(selecc?ion(ar?|e)|eli(ge|ja)|elegir|esco(ge|ger|ja|lha)|choose|select)\b"
)
_OPTIONS = re.compile(r"[/|,;:]|\s-\s")  # "ROJO / SELECCIONA TALLA", "Talla: Elige una opción"

UNMATCHED = frozenset(
    {"product_not_linked", "variant_not_linked", "variant_not_chosen", "sku_ambiguous", "product_inactive"}
)


@dataclass(slots=True)
class Asked:
    """One line of one run, the store variant that it names, and the variant that was chosen for this order (0: none)."""

    run: Run
    line: Line
    name: Named
    chosen: int = 0


def match(runs: list[Run]) -> None:
    """Find the variants to ship for every run's lines, or note what is missing, all of it at once."""
    going = [run for run in runs if run.order and not run.stopped and not run.trial]
    share_catalogues({run.integration.account_id for run in going if strict(run)})
    asked = [each for run in going for each in asked_of(run)]
    catalogue = Catalogue(asked)
    if missing := {each.name for each in asked if not catalogue.ships(each)}:
        # A link or an import may have been made since: after this lock, whoever makes the next one waits for this
        # batch, and finds the problems that it notes.
        share_catalogues({name[0] for name in missing})
        catalogue.look_again(missing)
    siblings = linked_siblings(catalogue.found[name] for name in missing)
    for each in asked:
        take(each, catalogue, siblings)
    for run in going:
        if (
            run.order
            and run.order.lines
            and not run.shipped
            and not any(problem.code in UNMATCHED for problem in run.problems)
        ):
            run.note(Problem("no_lines", "order"))
    note_stock(going)


def asked_of(run: Run) -> list[Asked]:
    lines = run.order.lines if run.order else ()
    return [Asked(run, line, named(run, line), run.chosen.get(place, 0)) for place, line in enumerate(lines)]


def strict(run: Run) -> bool:
    """Whether stock or prices may stop this order: then they must not change between the look at them and the outcome."""
    return "block" in (run.integration.account.stock_policy, run.integration.account.price_policy)


class Catalogue:
    """What a batch's lines may be shipped as: by a person's choice, else by link, else by SKU."""

    def __init__(self, asked: list[Asked]) -> None:
        self.asked = asked
        self.found = store_variants({each.name: (each.run, each.line) for each in asked})
        self.skus = by_sku(self.unlinked_skus())
        self.chosen = by_id(self.choices())
        self.kept = kept({id(each.run): each.run for each in asked}.values())

    def choices(self) -> list[tuple[int, int]]:
        return [(each.name[0], each.chosen) for each in self.asked if each.chosen]

    def unlinked_skus(self) -> list[tuple[int, str]]:
        return [
            (each.name[0], each.line.sku) for each in self.asked if each.line.sku and not self.found[each.name].linked
        ]

    def look_again(self, missing: set[Named]) -> None:
        self.found |= linked(missing)
        self.skus |= by_sku(self.unlinked_skus())
        self.chosen |= by_id(self.choices())

    def candidates(self, asked: Asked) -> list[Item]:
        return self.skus.get((asked.name[0], asked.line.sku), []) if asked.line.sku else []

    def ship(self, asked: Asked) -> tuple[str, list[Item]]:
        """How a line is known (`chosen`, `link`, `sku`, or "" where it is not), and what is shipped for it: by a person's choice
        for this order, else as the order ships it already, else by link or SKU."""
        if chosen := self.chosen.get((asked.name[0], asked.chosen)):
            return "chosen", [chosen]
        found = self.found[asked.name]
        if asked.run.key and (ways := self.kept.get((asked.run.key.id, found.id, int(asked.line.quantity)))):
            return ways
        if found.linked:
            return "link", found.items
        candidates = self.candidates(asked)
        exactly_one = len(candidates) == 1 and candidates[0].active
        return ("sku", candidates) if exactly_one else ("", [])

    def ships(self, asked: Asked) -> bool:
        linked_by, items = self.ship(asked)
        return bool(linked_by) and all(each.active for each in items)


def take(asked: Asked, catalogue: Catalogue, siblings: set[int]) -> None:
    """Put a line's variants on the order, or note why it cannot be."""
    run, line, found = asked.run, asked.line, catalogue.found[asked.name]
    linked_by, items = catalogue.ship(asked)
    if not linked_by:
        note_missing(run, line, found, catalogue.candidates(asked), sibling=found.id in siblings)
        return
    for each in items:
        if not each.active:
            note_inactive(run, line, found, each)
    check_cost(run, line, found, items)
    run.shipped += ship(line, found.id, linked_by, items)


def note_missing(run: Run, line: Line, found: Found, candidates: list[Item], *, sibling: bool) -> None:
    """Why a line has no variant: several with its SKU, an inactive one, an option not chosen, or no link at all."""
    subject = f"store_variant:{found.id}"
    what = {"title": line.title, "variant_title": line.variant_title, "sku": line.sku}
    if len(candidates) > 1 and candidates[0].active:
        run.note(Problem("sku_ambiguous", subject, **what, candidates=[each.name for each in candidates]))
    elif candidates:
        note_inactive(run, line, found, candidates[0])
    elif any(_NOT_CHOSEN.match(fold(option)) for option in _OPTIONS.split(line.variant_title)):
        run.note(Problem("variant_not_chosen", subject, **what))
    else:
        code = "variant_not_linked" if sibling else "product_not_linked"
        run.note(Problem(code, subject, **what, product_id=line.product_id, variant_id=line.variant_id))


def note_inactive(run: Run, line: Line, found: Found, item: Item) -> None:
    facts = {"title": line.title, "variant": item.name, "sku": item.sku, "at_line": f"store_variant:{found.id}"}
    run.note(Problem("product_inactive", f"variant:{item.id}", **facts))


def check_cost(run: Run, line: Line, found: Found, items: list[Item]) -> None:
    """Whether the line was sold below what its items cost; noted for each of them, because each one's cost may mend it."""
    cost = sum([each.cost * each.quantity for each in items if each.cost])
    if cost and line.unit_price < cost:
        facts = {"title": line.title, "price": f"{line.unit_price:f}", "cost": f"{cost:f}"}
        account = run.integration.account
        facts["currency"], blocks = account.currency, account.price_policy == "block"
        at_line = f"store_variant:{found.id}"
        for id_ in dict.fromkeys(each.id for each in items):
            run.note(Problem("price_below_cost", f"variant:{id_}", **facts, blocks=blocks, at_line=at_line))


def ship(line: Line, store_variant_id: int, linked_by: str, items: list[Item]) -> list[Shipped]:
    """A line as its variants; what a pack was sold for is shared out by what its items cost in the catalogue."""
    pieces = int(line.quantity) if 0 < line.quantity <= 10_000 else 0
    if len(items) == 1 and items[0].quantity == 1:
        (only,) = items
        price = line.unit_price.quantize(CENT)
        return [Shipped(store_variant_id, only.id, linked_by, only.sku, only.name, pieces, pieces, price)]
    weights = [(each.price or Decimal(0)) * each.quantity for each in items]
    if not any(weights):
        weights = [Decimal(each.quantity) for each in items]
    return [
        Shipped(
            store_variant_id=store_variant_id,
            variant_id=each.id,
            linked_by=linked_by,
            sku=each.sku,
            title=each.name,
            quantity=pieces * each.quantity,
            ordered=pieces,
            unit_price=(line.unit_price * weight / sum(weights) / each.quantity).quantize(CENT),
        )
        for each, weight in zip(items, weights, strict=True)
    ]
