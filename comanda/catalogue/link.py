"""Linking: how a store variant is shipped. Whatever it blocked is run again."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from comanda.accounts.access import Access
from comanda.catalogue.lookup import hold_catalogue
from comanda.catalogue.models import Link, LinkItem, StoreVariant, Variant
from comanda.history.models import Problem
from comanda.repair.models import Retry
from comanda.repair.retry import wake


@dataclass(frozen=True)
class Part:
    """So many of one catalogue variant."""

    variant: Variant
    quantity: int = 1


class NamedTwice(Exception):  # noqa: N818
    """A link that names a variant twice: its id. How many there are of it is said once."""


def link(
    access: Access,
    store_variant: StoreVariant,
    parts: Sequence[Part],
    *,
    ignore: bool = False,
    follow: Retry | None = None,
) -> tuple[Link, int]:
    """Link, or link anew; returns the link and how many intakes it runs again, which `follow` keeps. What is linked just so
    stays as it is, and runs nothing again."""
    account = access.change()
    for place, part in enumerate(parts):
        if part.variant in [each.variant for each in parts[:place]]:
            raise NamedTwice(str(part.variant.pk))
    with transaction.atomic():
        hold_catalogue(account.pk)
        if there := linked_so(store_variant, parts, ignore):
            return there, 0
        Link.objects.filter(store_variant=store_variant).delete()
        made = Link.objects.create(account=account, store_variant=store_variant, ignore=ignore)
        LinkItem.objects.bulk_create(
            LinkItem(link=made, variant=part.variant, quantity=part.quantity) for part in parts
        )
        items = ", ".join(f"{part.quantity} × {part.variant}" for part in parts) or "ignore"
        access.audit("link", f"store_variant:{store_variant.pk}", link=made.pk, items=items)
        blocked = Problem.objects.filter(store_variant=store_variant)
        count = wake(blocked, "link", skip_busy=True, follow=follow)
    return made, count


def linked_so(store_variant: StoreVariant, parts: Sequence[Part], ignore: bool) -> Link | None:
    """The link that says just this already."""
    made = Link.objects.filter(store_variant=store_variant, ignore=ignore).first()
    items = set(made.items.values_list("variant_id", "quantity")) if made else set()
    return made if items == {(part.variant.pk, part.quantity) for part in parts} else None


def unlink(access: Access, made: Link) -> None:
    """Take a link away; what was registered by it stays as it is."""
    account = access.change()
    with transaction.atomic():
        hold_catalogue(account.pk)
        access.audit("unlink", f"store_variant:{made.store_variant_id}", link=made.pk)
        made.delete()
