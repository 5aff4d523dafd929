"""The month before: orders sent like all others, and then moved to the days they tell of, so that the shop looks lived in."""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Min

from comanda.accounts.access import Access
from comanda.catalogue.models import StoreVariant
from comanda.demo.story import BLENDER, BRUSH, GIRDLE, LAMP, WATCH, Scene, Teller
from comanda.history.models import Attempt, Intake, Problem
from comanda.inbox.models import Delivery
from comanda.integrations.models import Integration, IntegrationSecret
from comanda.orders.models import Order

DAYS = 29  # and today
RECENT = 6  # days in which nobody has looked after what failed
USUAL = ("shopify", "shopify", "woocommerce", "shopify", "jumpseller", "funnelish")  # who sells how much
SOLD = (LAMP, GIRDLE, BRUSH, BLENDER, WATCH)
OPENS, CLOSES = 7 * 60, 23 * 60  # minutes of the day in which people buy
ON_ITS_WAY = timedelta(seconds=4)  # from the store to the door
AT_WORK = timedelta(milliseconds=180)  # from the door to the order


def month(first_number: int, now: datetime, there: ZoneInfo) -> list[tuple[str, Scene]]:
    """What was ordered until yesterday, day by day, with the builder that sends it. The same for the same numbers."""
    chance = random.Random(first_number)  # noqa: S311 no secret hangs on it
    told: list[tuple[str, Scene]] = []
    anew = Teller(first_number, now).unlinked
    put_up_anew = {
        "shopify": anew("Organizador de Maquillaje Giratorio", 64900),
        "woocommerce": anew("Audífonos Inalámbricos Pro", 99900),
    }
    for ago in range(DAYS, 0, -1):
        tell = Teller(first_number + len(told), now - timedelta(days=ago))
        scenes = [(chance.choice(USUAL), scene) for scene in day(tell, ago, chance)]
        if ago <= RECENT:
            scenes += [(name, tell("product_not_linked", item)) for name, item in put_up_anew.items()]
        times = hours(now.astimezone(there) - timedelta(days=ago), len(scenes), chance)
        told += [(name, placed(scene, at)) for (name, scene), at in zip(scenes, times, strict=True)]
    return told


def day(tell: Teller, ago: int, chance: random.Random) -> Iterator[Scene]:
    """One day's orders: most are registered, one is cancelled now and then, another has a telephone that is none."""
    for _ in range(chance.randint(4, 9)):
        items = chance.sample(SOLD, chance.choice((1, 1, 1, 2)))
        yield tell("", *items, shipping=12000, payment=chance.choice(("cod", "cod", "paid")))
    if ago % 8 == 3:
        yield tell("order_cancelled", BRUSH, news="cancelled", changed_at=tell.now)
    if ago in (2, 5):
        yield tell("phone_invalid", LAMP, buyer={"phone": "310 555"})


def hours(on: datetime, many: int, chance: random.Random) -> list[datetime]:
    """So many times of this day, in order: people buy when they like, but hardly at night."""
    midnight = datetime.combine(on.date(), time(), on.tzinfo)
    minutes = sorted(chance.randrange(OPENS, CLOSES) for _ in range(many))
    return [(midnight + timedelta(minutes=each, seconds=chance.randrange(60))).astimezone(UTC) for each in minutes]


def placed(scene: Scene, at: datetime) -> Scene:
    changed = at + timedelta(seconds=1) if scene.sale.changed_at else None
    return replace(scene, sale=replace(scene.sale, at=at, changed_at=changed))


def move_in(access: Access, now: datetime) -> None:
    """The stores were connected, with their keys, before the first order of the month."""
    since = now - timedelta(days=DAYS + 2)
    access.rows(Integration).update(created_at=since)
    IntegrationSecret.objects.filter(integration__account=access.account).update(created_at=since)


def move_back(access: Access, told: Sequence[tuple[str, Scene]], deliveries: Sequence[uuid.UUID]) -> None:
    """Give what these deliveries have become the times that they tell of. They are of the demo's account alone."""
    with transaction.atomic():
        for (_, scene), delivery in zip(told, deliveries, strict=True):
            came = scene.sale.at + ON_ITS_WAY
            done = came + AT_WORK
            intakes = access.rows(Intake).filter(delivery_id=delivery)
            Problem.objects.filter(intake__in=intakes).update(received_at=came)
            Attempt.objects.filter(intake__in=intakes).update(started_at=done)
            access.rows(Order).filter(key__in=intakes.values("key")).update(registered_at=done, updated_at=done)
            intakes.update(received_at=came)
            access.rows(Delivery).filter(pk=delivery).update(received_at=came)
        access.rows(StoreVariant).update(created_at=told[0][1].sale.at)
        blocking = access.rows(Problem).exclude(store_variant=None).values_list("store_variant")
        for pk, first in blocking.annotate(Min("received_at")):
            access.rows(StoreVariant).filter(pk=pk).update(created_at=first)
