"""Finding orders by what is in their intakes; of an order that is made of several, in any of them."""

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from comanda.accounts.access import Access
from comanda.history.models import Intake
from comanda.history.search import Filter, few, walked
from comanda.orders.models import Order, OrderPart


def saying(who: Access, text: str) -> QuerySet[Order]:
    """Orders with this number, name, e-mail or telephone. Few are taken by their ids alone: asked for the account too, SQLite
    would walk through all of it."""
    wanted = Filter(q=text)
    intakes = few(who, wanted)
    if intakes is None:
        return having(who, wanted)
    keys = list(Intake.objects.filter(pk__in=intakes).values_list("key_id", flat=True))
    ids = set(who.rows(Order).filter(key_id__in=keys).values_list("pk", flat=True))
    ids |= set(OrderPart.objects.filter(key_id__in=keys).values_list("order_id", flat=True))
    return Order.objects.filter(pk__in=ids)


def having(who: Access, wanted: Filter) -> QuerySet[Order]:
    """The same where many have the text: each order is asked as the list is walked. By its first intake, not by EXISTS: of two
    of those PostgreSQL would read all intakes that there are."""
    intakes = walked(who, wanted).filter(key_id=OuterRef("key_id"))
    parts = OrderPart.objects.filter(Exists(intakes), order=OuterRef("pk"))
    seen = Coalesce(Subquery(intakes.values("pk")[:1]), Subquery(parts.values("pk")[:1]))
    return who.rows(Order).alias(seen=seen).filter(seen__isnull=False)
