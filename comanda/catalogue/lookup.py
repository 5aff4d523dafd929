"""What is known of a batch's lines: the stores' variants, their links, and the catalogue variants of their SKUs."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from comanda import sql
from comanda.catalogue.models import StoreVariant, Variant
from comanda.connectors.draft import Line
from comanda.connectors.reading import fold
from comanda.run import Run

_UNSEEN = re.compile(r"[\s\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]")  # blanks, joiners, "as an emoji, please"

NAMED = {"account_id": "bigint", "platform": "varchar", "store_key": "varchar", "key": "varchar"}
Named = tuple[int, str, str, str]
Wanted = dict[Named, tuple[Run, Line]]


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
    """A store variant, and its link where it has one."""

    id: int
    sku: str
    product_id: str
    linked: bool = False
    ignore: bool = False
    items: list[Item] = field(default_factory=list)


def named(run: Run, line: Line) -> Named:
    return (run.integration.account_id, run.integration.platform, run.store_key, store_variant_key(line))


def store_variant_key(line: Line) -> str:
    """`v:<variant id>`, else `p:<product id>`, else `t:<normalised title + variant title>`.

    A product's id alone does not tell its variants apart; where a line names one without an id, its title is added, else
    its SKU.
    """
    if line.variant_id:
        return f"v:{line.variant_id}"
    if line.product_id:
        told = normalised(line.variant_title) if line.variant_title else line.sku and f"sku:{line.sku}"
        return f"p:{line.product_id}" + (f":{told}"[:300] if told else "")
    return f"t:{normalised(line.title)}|{normalised(line.variant_title)}"[:400]


def whole_title(title: str | None, variant_title: str | None) -> str:
    """`Faja Reductora / M`, as the store calls it."""
    return " / ".join(filter(None, (title, variant_title)))


def normalised(title: str) -> str:
    """A title by its words, whatever its case, accents, blanks and emoji; one without a word by its signs: 🔥 is not 💧."""
    return fold(title.replace("™", " ")) or _UNSEEN.sub("", title)  # ™ would fold to two letters


def store_variants(wanted: Wanted) -> dict[Named, Found]:
    """The lines' store variants with their links; made where they are new, their SKU brought up to date."""
    found = linked(wanted)
    new = sorted(name for name in wanted if name not in found)
    if new:
        add(new, wanted)
        found |= linked(new)
    changed = {
        each.id: wanted[name][1].sku for name, each in found.items() if wanted[name][1].sku not in ("", each.sku)
    }
    sql.update(StoreVariant, ("id", "sku"), sorted(changed.items()))
    return found


ADDED = (
    *NAMED,
    "product_id",
    "variant_id",
    "sku",
    "title",
    "variant_title",
    "price",
    "created_at",
)


def add(new: list[Named], wanted: Wanted) -> None:
    """In sorted order, so that two workers never wait for each other."""
    rows = []
    for name in new:
        run, line = wanted[name]
        price = line.unit_price if 0 <= line.unit_price < 10**11 else None
        told = (line.product_id, line.variant_id, line.sku, line.title, line.variant_title)
        rows.append((*name, *told, price, run.delivery.received_at))
    sql.insert(StoreVariant, ADDED, rows, "ON CONFLICT DO NOTHING")


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
    """Store variants and links in one query."""
    found: dict[Named, Found] = {}
    for row in sql.select(StoreVariant, LINKED, NAMED, names, LINKS):
        each = found.setdefault(row[:4], Found(id=row[4], sku=row[5], product_id=row[6]))
        if row[7] is not None:
            each.linked, each.ignore = True, bool(row[8])
        if row[9] is not None:
            each.items.append(item(row[9:]))
    return found


def item(row: sql.Row) -> Item:
    id_, sku, product, name, quantity, price, cost, stock, active = row
    name = f"{product} {name}".strip()
    return Item(id_, sku, name, quantity, sql.as_decimal(price), sql.as_decimal(cost), stock, bool(active))


ITEM = "t.id, t.sku, p.name, t.name, 1, t.price, t.cost, t.stock, t.active"
OF_PRODUCT = "JOIN comanda_product p ON p.id = t.product_id ORDER BY t.id"


def by_id(ids: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Item]:
    """The variants of an account by the account and their id."""
    rows = sql.select(Variant, f"t.account_id, {ITEM}", {"account_id": "bigint", "id": "bigint"}, ids, OF_PRODUCT)
    return {(row[0], row[1]): item(row[1:]) for row in rows}


def by_sku(skus: Iterable[tuple[int, str]]) -> dict[tuple[int, str], list[Item]]:
    """The variants of an account that have this very SKU; the active ones where there are any."""
    found: dict[tuple[int, str], list[Item]] = defaultdict(list)
    for row in sql.select(
        Variant,
        f"t.account_id, t.sku, {ITEM}",
        {"account_id": "bigint", "sku": "varchar"},
        skus,
        OF_PRODUCT,
    ):
        found[row[0], row[1]].append(item(row[2:]))
    return {key: [each for each in items if each.active] or items for key, items in found.items()}


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
