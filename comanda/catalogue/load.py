"""Catalogue from a CSV file: all of it, or, where a line is wrong, none of it. What waited for it runs again."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from comanda import sql
from comanda.accounts.access import Access
from comanda.catalogue.lookup import hold_catalogue
from comanda.catalogue.match import UNMATCHED
from comanda.catalogue.models import Product, Variant
from comanda.catalogue.sheet import LineError, Row, read
from comanda.history.models import Problem
from comanda.repair.models import Retry
from comanda.repair.retry import parts, wake

Progress = Callable[[int, int], None]

# The problems whose subject is a variant of the catalogue.
OF_VARIANTS = ("product_inactive", "out_of_stock", "price_below_cost")
COLUMNS = ("product_id", "name", "sku", "price", "cost", "stock")


@dataclass(frozen=True)
class Loaded:
    """How many were new or changed, or what was wrong with which line; how many intakes run again."""

    products: int
    variants: int
    errors: list[LineError]
    reprocessed: int = 0


def load(access: Access, raw: bytes, progress: Progress = lambda done, of: None, follow: Retry | None = None) -> Loaded:
    """Import a file: a known SKU (else a known product and variant name) is brought up to date, others are added.

    What waited for any of it runs again; `follow` keeps what becomes of that.
    """
    account = access.change()
    rows, errors = read(raw)
    if errors:
        return Loaded(0, 0, errors)
    with transaction.atomic():
        hold_catalogue(account.pk)
        products, added = name_products(access, rows)
        known = Known(access, rows)
        for done, each in enumerate(rows, 1):
            known.take(each, products[each.product])
            progress(done, len(rows))
        known.write(account.pk)
        for part in parts(sorted(known.left)):  # renamed: their variants have moved
            access.rows(Product).filter(id__in=part, variants=None).delete()
        count = wake_by_sku(access, [each.sku for each in rows if each.sku], known.changed, follow)
        access.audit("import", "catalogue", variants=len(rows), reprocessed=count)
    return Loaded(added, len(rows), [], count)


def name_products(access: Access, rows: list[Row]) -> tuple[dict[str, int], int]:
    """The ids of the products by their names, and how many of them are new."""
    products = dict(access.rows(Product).values_list("name", "pk"))
    new = [name for name in dict.fromkeys(each.product for each in rows) if name not in products]
    made = Product.objects.bulk_create([Product(account=access.account, name=name) for name in new], batch_size=5000)
    return products | {product.name: product.pk for product in made}, len(new)


class Known:
    """The variants of an account, and what a file makes of them. Whoever is to write them locks them, in the workers' order."""

    def __init__(self, access: Access, rows: list[Row], *, lock: bool = True) -> None:
        skus = {each.sku for each in rows}
        found = access.rows(Variant).select_related("product").order_by("pk")
        variants = list(found.select_for_update(of=("self",)) if lock else found)
        self.by_sku = {v.sku: v for v in variants if v.sku}
        # One whose SKU the file names is that line's, whatever it is called.
        self.by_name = {(v.product.name, v.name): v for v in variants if not v.sku or v.sku not in skus}
        self.new: list[Variant] = []
        self.changed: dict[int, Variant] = {}
        self.left: set[int] = set()  # products that a variant has left

    def find(self, row: Row) -> Variant | None:
        """The variant that a row is about, once."""
        return self.by_sku.get(row.sku) or self.by_name.pop((row.product, row.variant), None)

    def take(self, row: Row, product_id: int) -> None:
        """Bring the row's variant up to date, or add it. Empty cells leave what is there."""
        variant = self.find(row)
        if variant is None:
            self.new.append(variant := Variant())
        else:
            self.changed[variant.pk] = variant
            self.left |= {variant.product_id} - {product_id}
        variant.product_id, variant.name, variant.sku = product_id, row.variant, row.sku or variant.sku
        for name in ("price", "cost", "stock"):
            if (value := getattr(row, name)) is not None:
                setattr(variant, name, value)

    def write(self, account_id: int) -> None:
        rows = [tuple(getattr(each, name) for name in COLUMNS) for each in self.new]
        sql.insert(Variant, (*COLUMNS, "account_id", "active"), [(*row, account_id, True) for row in rows])
        changed = [self.changed[id_] for id_ in sorted(self.changed)]
        sql.update(Variant, ("id", *COLUMNS), [(v.pk, *(getattr(v, name) for name in COLUMNS)) for v in changed])


def wake_by_sku(access: Access, skus: list[str], variants: Collection[int] = (), follow: Retry | None = None) -> int:
    """Run again what waited for one of these SKUs, or for one of these variants. The catalogue must be held."""
    problems = access.rows(Problem)
    blocked = waiting_for(problems, set(skus)) if skus else set[UUID]()
    for part in parts([f"variant:{id_}" for id_ in variants]):
        of_variants = problems.filter(code__in=OF_VARIANTS, subject__in=part)
        blocked.update(of_variants.values_list("intake_id", flat=True))
    return sum(
        wake(problems.filter(intake_id__in=part), "catalogue", skip_busy=True, follow=follow)
        for part in parts(sorted(blocked))
    )


def waiting_for(problems: QuerySet[Problem], skus: set[str]) -> set[UUID]:
    """The intakes whose lines came with one of these SKUs. What the store sells may have another by now: each problem keeps
    the one that its own line had."""
    unmatched = problems.filter(code__in=UNMATCHED).values_list("intake_id", "facts")
    return {id_ for id_, facts in unmatched.iterator() if msgspec.json.decode(facts, type=Asked).sku in skus}


class Asked(msgspec.Struct):
    """Of a problem's facts: the SKU that the order's line had."""

    sku: str | None = None
