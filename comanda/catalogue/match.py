"""From the store's lines to catalogue variants: an explicit link, else the one active variant with that very SKU, else
a problem that names the line. Nothing is guessed."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from comanda import sql
from comanda.catalogue.models import StoreVariant
from comanda.catalogue.stock import note_stock
from comanda.connectors.draft import Line
from comanda.connectors.reading import fold
from comanda.problems import Problem
from comanda.run import Run, Shipped

NAMED = {"account_id": "bigint", "platform": "varchar", "store_key": "varchar", "key": "varchar"}
Named = tuple[int, str, str, str]

_NOT_CHOSEN = re.compile(r"^(selecciona|seleccione|elige|elija|escoge|escolha|selecione|choose|select)\b")


@dataclass(slots=True)
class Item:
    """A catalogue variant that a store variant may be shipped as."""

    id: int
    sku: str
    name: str
    quantity: int
    price: Decimal | None
    cost: Decimal | None
    stock: int | None
    active: bool


@dataclass(slots=True)
class Found:
    """What is known of a store variant: its row, how it is linked, and by what."""

    id: int
    sku: str
    product_id: str
    linked_by: str = ""  # link | sku
    ignore: bool = False
    items: list[Item] = field(default_factory=list)
    candidates: list[Item] = field(default_factory=list)  # with its SKU, where they are not exactly one active variant


def match(runs: list[Run]) -> None:
    """Find the variants to ship for every run's lines, or note what is missing, all of it at once."""
    going = [run for run in runs if not run.stopped]
    wanted = {named(run, line): (run, line) for run in going for line in lines(run)}
    found = look_up(wanted)
    missing = {name for name, each in found.items() if not each.linked_by}
    if missing:
        # A link or an import may have been made since: after this lock, whoever makes the next one waits for this
        # batch, and finds the problems that it notes.
        share_catalogues({name[0] for name in missing})
        resolve({name: found[name] for name in missing})
    siblings = linked_siblings(each for name, each in found.items() if not each.linked_by)
    for run in going:
        for line in lines(run):
            take(run, line, found[named(run, line)], siblings)
        if not run.shipped and lines(run) and not any(problem.code in UNMATCHED for problem in run.problems):
            run.note(Problem("no_lines", "order"))
    note_stock(going)


UNMATCHED = frozenset(
    {"product_not_linked", "variant_not_linked", "variant_not_chosen", "sku_ambiguous", "product_inactive"}
)


def lines(run: Run) -> tuple[Line, ...]:
    return run.order.lines if run.order else ()


def named(run: Run, line: Line) -> Named:
    return (run.integration.account_id, run.integration.platform, run.store_key, store_variant_key(line))


def store_variant_key(line: Line) -> str:
    """`v:<variant id>`, else `p:<product id>`, else `t:<normalised title + variant title>`."""
    if line.variant_id:
        return f"v:{line.variant_id}"
    if line.product_id:
        # WooCommerce and others sell a simple product without a variant; a title tells apart what an id does not.
        return f"p:{line.product_id}" + (f":{fold(line.variant_title)}"[:300] if line.variant_title else "")
    return f"t:{fold(line.title)}|{fold(line.variant_title)}"[:400]


def look_up(wanted: dict[Named, tuple[Run, Line]]) -> dict[Named, Found]:
    """Their rows (made where they are new) and their links, in one query."""
    found = linked(wanted)
    new = sorted(name for name in wanted if name not in found)
    if new:
        add(new, wanted)
        found |= linked(new)
    resolve_by_sku([each for each in found.values() if not each.linked_by])
    return found


def add(new: list[Named], wanted: dict[Named, tuple[Run, Line]]) -> None:
    """Store variants come from the lines that arrive. In sorted order, so that two workers never wait for each other."""
    columns = (
        "account_id",
        "platform",
        "store_key",
        "key",
        "product_id",
        "variant_id",
        "sku",
        "title",
        "variant_title",
        "price",
        "created_at",
    )
    rows = []
    for name in new:
        run, line = wanted[name]
        price = line.unit_price if 0 <= line.unit_price < 10**11 else None
        rows.append(
            (
                *name,
                line.product_id,
                line.variant_id,
                line.sku,
                line.title,
                line.variant_title,
                price,
                run.delivery.received_at,
            )
        )
    sql.insert(StoreVariant, columns, rows, "ON CONFLICT DO NOTHING")


LINKED = (
    "t.account_id, t.platform, t.store_key, t.key, t.id, t.sku, t.product_id, l.id, l.ignore,"
    " v.id, v.sku, p.name, v.name, i.quantity, v.price, v.cost, v.stock, v.active"
)
LINKS = (
    "LEFT JOIN comanda_link l ON l.store_variant_id = t.id"
    " LEFT JOIN comanda_linkitem i ON i.link_id = l.id"
    " LEFT JOIN comanda_variant v ON v.id = i.variant_id"
    " LEFT JOIN comanda_product p ON p.id = v.product_id"
    " ORDER BY i.id"
)


def linked(names: Iterable[Named]) -> dict[Named, Found]:
    found: dict[Named, Found] = {}
    for row in sql.select(StoreVariant, LINKED, NAMED, names, LINKS):
        each = found.setdefault(row[:4], Found(id=row[4], sku=row[5], product_id=row[6]))
        if row[7] is not None:
            each.linked_by, each.ignore = "link", bool(row[8])
        if row[9] is not None:
            each.items.append(item(row[9:]))
    return found


def item(row: sql.Row) -> Item:
    id_, sku, product, name, quantity, price, cost, stock, active = row
    return Item(
        id_,
        sku,
        f"{product} {name}".strip(),
        quantity or 1,
        sql.as_decimal(price),
        sql.as_decimal(cost),
        stock,
        bool(active),
    )


def resolve(missing: dict[Named, Found]) -> None:
    """Look once more for the links of these, and for their SKUs."""
    for name, again in linked(missing).items():
        each = missing[name]
        each.linked_by, each.ignore, each.items, each.candidates = again.linked_by, again.ignore, again.items, []
    resolve_by_sku([each for each in missing.values() if not each.linked_by])


def resolve_by_sku(unlinked: list[Found], accounts: dict[int, int] | None = None) -> None:
    """The one active variant with that very SKU; where there is not exactly one, the candidates are kept to be named."""
    with_sku = [each for each in unlinked if each.sku]
    if not with_sku:
        return
    rows = sql.select(
        StoreVariant,
        "t.id, v.id, v.sku, p.name, v.name, 1, v.price, v.cost, v.stock, v.active",
        {"id": "bigint"},
        [(each.id,) for each in with_sku],
        "JOIN comanda_variant v ON v.account_id = t.account_id AND v.sku = t.sku JOIN comanda_product p ON p.id = v.product_id",
    )
    by_id: dict[int, list[Item]] = defaultdict(list)
    for row in rows:
        by_id[row[0]].append(item(row[1:]))
    for each in with_sku:
        active = [candidate for candidate in by_id[each.id] if candidate.active]
        if len(active) == 1:
            each.linked_by, each.items = "sku", active
        else:
            each.candidates = active or by_id[each.id]


def share_catalogues(accounts: set[int]) -> None:
    """Hold every link and import of these accounts back until this transaction ends (see hold_catalogue)."""
    if not sql.on_sqlite():  # there the transaction is the only writer
        for account in sorted(accounts):
            sql.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", (CATALOGUE, account))


def hold_catalogue(account: int) -> None:
    """For whoever changes links or variants: wait for the batches that are noting problems, keep new ones waiting."""
    if not sql.on_sqlite():
        sql.execute("SELECT pg_advisory_xact_lock(%s, %s)", (CATALOGUE, account))


CATALOGUE = 1


def linked_siblings(unlinked: Iterable[Found]) -> set[int]:
    """Which of these have another variant of the same store product linked."""
    ids = [(each.id,) for each in unlinked if each.product_id]
    rows = sql.select(
        StoreVariant,
        "DISTINCT t.id",
        {"id": "bigint"},
        ids,
        "JOIN comanda_storevariant s ON s.account_id = t.account_id AND s.platform = t.platform AND s.store_key = t.store_key"
        " AND s.product_id = t.product_id AND s.id <> t.id JOIN comanda_link l ON l.store_variant_id = s.id",
    )
    return {row[0] for row in rows}


def take(run: Run, line: Line, found: Found, siblings: set[int]) -> None:
    """Put a line's variants on the order, or note why it cannot be."""
    subject = f"store_variant:{found.id}"
    what = {"title": line.title, "variant_title": line.variant_title, "sku": line.sku}
    if not found.linked_by:
        if found.candidates and any(candidate.active for candidate in found.candidates):
            names = [candidate.name for candidate in found.candidates]
            run.note(Problem("sku_ambiguous", subject, **what, candidates=names))
        elif found.candidates:
            note_inactive(run, line, found.candidates[0], subject)
        elif _NOT_CHOSEN.match(fold(line.variant_title)):
            run.note(Problem("variant_not_chosen", subject, **what))
        else:
            code = "variant_not_linked" if found.id in siblings else "product_not_linked"
            run.note(Problem(code, subject, **what, product_id=line.product_id, variant_id=line.variant_id))
        return
    if found.ignore:
        return
    for each in found.items:
        if not each.active:
            note_inactive(run, line, each, subject)
    check_cost(run, line, found.items)
    run.shipped += ship(line, found)


def note_inactive(run: Run, line: Line, variant: Item, subject: str) -> None:
    run.note(
        Problem(
            "product_inactive",
            f"variant:{variant.id}",
            title=line.title,
            variant=variant.name,
            sku=variant.sku,
            at_line=subject,
        )
    )


def check_cost(run: Run, line: Line, items: list[Item]) -> None:
    cost = sum(((each.cost or Decimal(0)) * each.quantity for each in items), Decimal(0))
    if cost and line.unit_price < cost:
        blocks = run.integration.account.price_policy == "block"
        subject = f"variant:{items[0].id}"
        run.note(
            Problem(
                "price_below_cost", subject, title=line.title, price=str(line.unit_price), cost=str(cost), blocks=blocks
            )
        )


def ship(line: Line, found: Found) -> list[Shipped]:
    """A line as its variants; what a pack was sold for is shared out by what its items cost in the catalogue."""
    weights = [(each.price or Decimal(0)) * each.quantity for each in found.items]
    if not any(weights):
        weights = [Decimal(each.quantity) for each in found.items]
    pieces = int(line.quantity) if 0 < line.quantity <= 10_000 else 0
    return [
        Shipped(
            store_variant_id=found.id,
            variant_id=each.id,
            linked_by=found.linked_by,
            sku=each.sku,
            title=each.name,
            quantity=pieces * each.quantity,
            unit_price=(line.unit_price * weight / sum(weights) / each.quantity).quantize(Decimal("0.01")),
        )
        for each, weight in zip(found.items, weights, strict=True)
    ]
