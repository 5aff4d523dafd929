"""From the store's lines to catalogue variants: an explicit link, else the one active variant with that very SKU, else
a problem that names the line. Nothing is guessed."""

import re
from decimal import Decimal

from comanda.catalogue.lookup import (
    Found,
    Item,
    Named,
    Wanted,
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

_NOT_CHOSEN = re.compile(r"^(selecciona|seleccione|elige|elija|escoge|escolha|selecione|choose|select)\b")

UNMATCHED = frozenset(
    {"product_not_linked", "variant_not_linked", "variant_not_chosen", "sku_ambiguous", "product_inactive"}
)


def match(runs: list[Run]) -> None:
    """Find the variants to ship for every run's lines, or note what is missing, all of it at once."""
    going = [run for run in runs if not run.stopped and run.order]
    share_catalogues({run.integration.account_id for run in going if strict(run)})
    wanted: Wanted = {named(run, line): (run, line) for run in going for line in lines(run)}
    catalogue = Catalogue(going, wanted)
    if missing := {named(run, line) for run in going for line in lines(run) if not catalogue.ships(run, line)}:
        # A link or an import may have been made since: after this lock, whoever makes the next one waits for this
        # batch, and finds the problems that it notes.
        share_catalogues({name[0] for name in missing})
        catalogue.look_again(missing)
    siblings = linked_siblings(catalogue.found[name] for name in missing)
    for run in going:
        for line in lines(run):
            take(run, line, catalogue, siblings)
        if not run.shipped and lines(run) and not any(problem.code in UNMATCHED for problem in run.problems):
            run.note(Problem("no_lines", "order"))
    note_stock(going)


def strict(run: Run) -> bool:
    """Whether stock or prices may stop this order: then they must not change between the look at them and the outcome."""
    return "block" in (run.integration.account.stock_policy, run.integration.account.price_policy)


def lines(run: Run) -> tuple[Line, ...]:
    return run.order.lines if run.order else ()


class Catalogue:
    """What a batch's lines may be shipped as: by link, else by SKU."""

    def __init__(self, runs: list[Run], wanted: Wanted) -> None:
        self.found = store_variants(wanted)
        self.asked = [(run, line) for run in runs for line in lines(run)]
        self.skus = by_sku(self.unlinked_skus())

    def unlinked_skus(self) -> list[tuple[int, str]]:
        unlinked = [(r, line) for r, line in self.asked if line.sku and not self.found[named(r, line)].linked]
        return [(run.integration.account_id, line.sku) for run, line in unlinked]

    def look_again(self, missing: set[Named]) -> None:
        self.found |= linked(missing)
        self.skus |= by_sku(self.unlinked_skus())

    def candidates(self, run: Run, line: Line) -> list[Item]:
        return self.skus.get((run.integration.account_id, line.sku), []) if line.sku else []

    def ship(self, run: Run, line: Line) -> tuple[str, list[Item]]:
        """How a line is known (`link`, `sku`, or "" where it is not), and what is shipped for it."""
        found = self.found[named(run, line)]
        if found.linked:
            return "link", found.items
        candidates = self.candidates(run, line)
        exactly_one = len(candidates) == 1 and candidates[0].active
        return ("sku", candidates) if exactly_one else ("", [])

    def ships(self, run: Run, line: Line) -> bool:
        linked_by, items = self.ship(run, line)
        return bool(linked_by) and all(each.active for each in items)


def take(run: Run, line: Line, catalogue: Catalogue, siblings: set[int]) -> None:
    """Put a line's variants on the order, or note why it cannot be."""
    found = catalogue.found[named(run, line)]
    linked_by, items = catalogue.ship(run, line)
    if not linked_by:
        note_missing(run, line, found, catalogue.candidates(run, line), sibling=found.id in siblings)
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
    elif _NOT_CHOSEN.match(fold(line.variant_title)):
        run.note(Problem("variant_not_chosen", subject, **what))
    else:
        code = "variant_not_linked" if sibling else "product_not_linked"
        run.note(Problem(code, subject, **what, product_id=line.product_id, variant_id=line.variant_id))


def note_inactive(run: Run, line: Line, found: Found, item: Item) -> None:
    facts = {"title": line.title, "variant": item.name, "sku": item.sku, "at_line": f"store_variant:{found.id}"}
    run.note(Problem("product_inactive", f"variant:{item.id}", **facts))


def check_cost(run: Run, line: Line, found: Found, items: list[Item]) -> None:
    cost = sum(((each.cost or Decimal(0)) * each.quantity for each in items), Decimal(0))
    if cost and line.unit_price < cost:
        facts = {"title": line.title, "price": str(line.unit_price), "cost": str(cost)}
        blocks = run.integration.account.price_policy == "block"
        at_line = f"store_variant:{found.id}"
        run.note(Problem("price_below_cost", f"variant:{items[0].id}", **facts, blocks=blocks, at_line=at_line))


def ship(line: Line, store_variant_id: int, linked_by: str, items: list[Item]) -> list[Shipped]:
    """A line as its variants; what a pack was sold for is shared out by what its items cost in the catalogue."""
    weights = [(each.price or Decimal(0)) * each.quantity for each in items]
    if not any(weights):
        weights = [Decimal(each.quantity) for each in items]
    pieces = int(line.quantity) if 0 < line.quantity <= 10_000 else 0
    return [
        Shipped(
            store_variant_id=store_variant_id,
            variant_id=each.id,
            linked_by=linked_by,
            sku=each.sku,
            title=each.name,
            quantity=pieces * each.quantity,
            unit_price=(line.unit_price * weight / sum(weights) / each.quantity).quantize(Decimal("0.01")),
        )
        for each, weight in zip(items, weights, strict=True)
    ]
