"""Catalogue from a CSV file: all of it, or, where a line is wrong, none of it. What waited for it runs again."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from comanda import sql
from comanda.accounts.access import Access
from comanda.catalogue.known import Known, values
from comanda.catalogue.lookup import hold_catalogue
from comanda.catalogue.match import UNMATCHED
from comanda.catalogue.models import Product, Variant
from comanda.catalogue.sheet import LineError, Row, by_line, read
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
    with transaction.atomic():
        hold_catalogue(account.pk)
        known = Known(access, rows)
        if errors := by_line(errors + known.errors):
            return Loaded(0, 0, errors)
        products, added = name_products(access, rows)
        changes = Changes()
        for done, each in enumerate(rows, 1):
            changes.make(each, known.of.get(each.line), products[each.product])
            progress(done, len(rows))
        changes.write(account.pk)
        for part in parts(sorted(changes.left)):  # renamed: their variants have moved
            access.rows(Product).filter(id__in=part, variants=None).delete()
        count = wake_by_sku(access, [each.sku for each in rows if each.sku], changes.changed, follow)
        access.audit("import", "catalogue", variants=len(rows), reprocessed=count)
    return Loaded(added, len(rows), [], count)


def name_products(access: Access, rows: list[Row]) -> tuple[dict[str, int], int]:
    """The ids of the products by their names, and how many of them are new."""
    products = dict(access.rows(Product).values_list("name", "pk"))
    new = [name for name in dict.fromkeys(each.product for each in rows) if name not in products]
    made = Product.objects.bulk_create([Product(account=access.account, name=name) for name in new], batch_size=5000)
    return products | {product.name: product.pk for product in made}, len(new)


class Changes:
    """What a file makes of the variants of an account."""

    def __init__(self) -> None:
        self.new: list[Variant] = []
        self.changed: dict[int, Variant] = {}
        self.left: set[int] = set()  # products that a variant has left

    def make(self, row: Row, variant: Variant | None, product_id: int) -> None:
        """Bring the row's variant up to date, or add it."""
        said = values(row, variant or Variant())
        if variant is None:
            self.new.append(variant := Variant(product_id=product_id))
        else:
            self.changed[variant.pk] = variant
            if variant.product.name != row.product:
                self.left.add(variant.product_id)
                variant.product_id = product_id
        variant.name = said["variant"]
        for name in ("sku", "price", "cost", "stock"):
            setattr(variant, name, said[name])

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
