"""Changing the catalogue by hand: products and variants, added and brought up to date. What waited for it runs again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction

from comanda.accounts.access import Access
from comanda.catalogue.load import wake_by_sku
from comanda.catalogue.lookup import hold_catalogue
from comanda.catalogue.models import Product, Variant
from comanda.repair.models import Retry

# What a variant has that may be set; all but its name may decide what becomes of an order.
FIELDS = ("name", "sku", "price", "cost", "stock", "active")
DECIDING = frozenset(FIELDS) - {"name"}
MOST_VARIANTS = 500
MOST_TWINS = 200

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Edit:
    """What becomes of a product: its name (empty: as it is), variants by their ids, and new ones of it."""

    name: str = ""
    changes: Mapping[int, Values] = field(default_factory=dict)
    new: Sequence[Values] = ()


class SkuTwice(Exception):  # noqa: N818
    """Two new variants with one SKU, as no file may have them: the places of both, from 0."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(first, second)
        self.first, self.second = first, second


def check_skus(variants: Sequence[Values]) -> None:
    places: dict[str, int] = {}
    for place, each in enumerate(variants):
        if (sku := each.get("sku", "")) and places.setdefault(sku, place) != place:
            raise SkuTwice(places[sku], place)


def with_sku(access: Access, skus: Collection[str]) -> list[Variant]:
    """The active variants that have one of these SKUs, the oldest first. Where there are two, it links neither by itself."""
    rows = access.rows(Variant).filter(sku__in=set(skus) - {""}, active=True)
    return list(rows.select_related("product").order_by("pk")[:MOST_TWINS])


def add(access: Access, name: str, variants: Sequence[Values], follow: Retry | None = None) -> tuple[Product, int]:
    """A new product with its variants; returns it and how many intakes run again. Raises SkuTwice."""
    account = access.change()
    check_skus(variants)
    with transaction.atomic():
        hold_catalogue(account.pk)
        product = Product.objects.create(account=account, name=name)
        made = [Variant.objects.create(account=account, product=product, **each) for each in variants]
        access.audit("add", f"product:{product.pk}", name=name, variants=listed(made))
        return product, wake_by_sku(access, [each.sku for each in made if each.sku], (), follow)


def listed(variants: Sequence[Variant]) -> str:
    """Which variants they are, as the records keep it."""
    names = [" ".join(filter(None, (each.name, each.sku))) or "–" for each in variants]
    return ", ".join(names[:20]) + (f" (+{len(names) - 20})" if len(names) > 20 else "")


def change(access: Access, variant: Variant, values: Values, follow: Retry | None = None) -> tuple[Variant, int]:
    """Activate, restock, reprice, rename one variant; returns it and how many intakes run again."""
    changed, count = save(access, variant.product, Edit(changes={variant.pk: values}), follow)
    return changed[0], count


def save(access: Access, product: Product, edit: Edit, follow: Retry | None = None) -> tuple[list[Variant], int]:
    """Do it all at once; returns the variants, and how many intakes run again."""
    account = access.change()
    with transaction.atomic():
        hold_catalogue(account.pk)
        if edit.name and edit.name != product.name:
            access.rows(Product).filter(pk=product.pk).update(name=edit.name)
            access.audit("change", f"product:{product.pk}", name=f"{product.name} → {edit.name}")
        locked = access.rows(Variant).filter(pk__in=edit.changes).order_by("pk").select_for_update()
        skus, deciding, found = set[str](), set[int](), list(locked)
        for variant in found:
            if DECIDING & edit.changes[variant.pk].keys():
                deciding.add(variant.pk)
                skus.add(variant.sku)
            lay(access, variant, edit.changes[variant.pk])
        made = [Variant.objects.create(account=account, product=product, **values) for values in edit.new]
        if made:
            access.audit("add", f"product:{product.pk}", variants=listed(made))
        skus |= {each.sku for each in made} | {each.sku for each in found if each.pk in deciding}
        return found + made, wake_by_sku(access, sorted(skus - {""}), sorted(deciding), follow)


def lay(access: Access, variant: Variant, values: Values) -> None:
    """Set what is given, and keep what it was."""
    told = {name: f"{said(getattr(variant, name))} → {said(value)}" for name, value in values.items()}
    for name, value in values.items():
        setattr(variant, name, value)
    variant.save(update_fields=list(values))
    access.audit("change", f"variant:{variant.pk}", **told)


def said(value: Any) -> str:
    """A value as the records keep it: `109900.00`, `–` where there is none."""
    return "–" if value in (None, "") else f"{value:.2f}" if isinstance(value, Decimal) else str(value)
