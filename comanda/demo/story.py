"""What the demo sends: every builder's ordinary day, and, once, each of the things that go wrong in a shop."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from comanda.demo.builders import BUILDERS
from comanda.demo.sale import Buyer, Item, Sale

BUYERS = (
    Buyer(
        "María José", "Núñez", "mariajose@example.com", "300 555 0101", "Calle 10 # 43-21 Apto 301", "Medellín", "ANT"
    ),
    Buyer(
        "Andrés Felipe", "Ospina", "andres.ospina@example.com", "+57 301 555 0102", "Carrera 7 # 72-41", "Bogotá", "DC"
    ),
    Buyer("Luz Marina", "Quintero", "luzma@example.com", "3025550103", "Avenida 6N # 23-55", "Cali", "VAC"),
    Buyer(
        "Jhon Freddy", "Rincón", "jfrincon@example.com", "304-555-0104", "Carrera 54 # 68-120", "Barranquilla", "ATL"
    ),
    Buyer("Yuliana", "Peña", "yuli@example.com", "57 305 555 0105", "Calle 36 # 22-14", "Bucaramanga", "SAN"),
    Buyer("Óscar Iván", "Muñoz", "oscarivan@example.com", "310 555 0106", "Carrera 23 # 62-39", "Manizales", "CAL"),
    Buyer("Inés", "Cárdenas de Peña", "ines@example.com", "(311) 555 0107", "Calle 19 # 8-34", "Pereira", "RIS"),
    Buyer("Kevin Stiven", "Lozano", "kevin@example.com", "312 555 0108", "Carrera 5 # 38-22", "Ibagué", "TOL"),
    Buyer("Paola Andrea", "Güiza", "paola@example.com", "313 555 0109", "Calle 25 # 24-13", "Pasto", "NAR"),
    Buyer("Camilo", "Arango", "camilo@example.com", "314 555 0110", "Carrera 43A # 34-95", "Envigado", "ANT"),
)
LAMP = Item("Lámpara de Sal del Himalaya", "LAM-SAL", 59900, 7101, 71011)
BRUSH = Item("Cepillo Secador 3 en 1", "CEP-SEC", 89900, 7102, 71021)
BLENDER = Item("Licuadora Portátil USB", "LIC-POR", 74900, 7103, 71031)
GIRDLE = Item("Faja Reductora", "FAJA-M", 109900, 7104, 71042, "M")
SHOES = Item("Tenis Urbanos", "", 139900, 7105, 71059, "Selecciona la talla")
WATCH = Item("Reloj Inteligente", "REL-INT", 129900, 7107, 71071)
POSTURE = Item("Corrector de Postura", "COR-POS", 49900, 7106, 71061)
LONG_AGO = datetime(2024, 11, 29, 15, 0, tzinfo=UTC)  # before any integration of the demo was made


@dataclass(frozen=True)
class Scene:
    """One request: a sale, how it is sent, and what becomes of it. `cause` is "" where the order is registered.

    `second`: through the second integration of the store. `foreign`: of another store. `payload_of`: another builder's
    payload. `forged`: signed with a secret that is not the integration's.
    """

    cause: str
    sale: Sale
    second: bool = False
    foreign: bool = False
    forged: bool = False
    payload_of: str = ""


class Teller:
    """Makes sales with ids, numbers, buyers and times of their own."""

    def __init__(self, first_number: int, now: datetime) -> None:
        # Ids grow with the clock, so that every run's are new to the database.
        self.ids = itertools.count(int(now.timestamp() * 1000))
        self.numbers = itertools.count(first_number)
        self.buyers = itertools.cycle(BUYERS)
        self.minutes = itertools.count(1)
        self.now = now

    def __call__(self, cause: str, *items: Item, buyer: dict[str, str] | None = None, **changes: Any) -> Scene:
        at = self.now - timedelta(hours=2) + timedelta(minutes=next(self.minutes))
        person = replace(next(self.buyers), **(buyer or {}))
        sale = Sale(id=next(self.ids), number=next(self.numbers), at=at, buyer=person, items=items)
        return Scene(cause, replace(sale, **changes))

    def unlinked(self, title: str, price: int) -> Item:
        """A product that the store has put up anew, without a SKU: nobody can have linked it yet."""
        return Item(title, "", price, next(self.ids), next(self.ids))


def everywhere(tell: Teller) -> Iterator[Scene]:
    """The ordinary day of a shop, whatever its builder."""
    yield tell("", LAMP, shipping=12000)
    yield tell("", GIRDLE, BRUSH)
    yield tell("", BLENDER, payment="paid")
    yield tell("product_not_linked", tell.unlinked("Humidificador en forma de flor", 69900))
    yield tell("payment_pending", WATCH, payment="unpaid")
    yield tell("phone_invalid", LAMP, buyer={"phone": "310 555"})


def once(tell: Teller, other_builders: Sequence[str]) -> Iterator[Scene]:
    """All else that goes wrong, shown with one builder."""
    massager = tell.unlinked("Masajeador Cervical Recargable", 119900)
    for _ in range(3):
        yield tell("product_not_linked", massager)
    yield tell("city_unknown", BRUSH, buyer={"city": "Armenia", "region": ""})
    yield tell("address_missing", WATCH, buyer={"street": "-"})
    yield tell("sku_ambiguous", POSTURE)
    yield tell("variant_not_chosen", SHOES)
    yield tell("currency_unexpected", replace(LAMP, price=25), currency="USD")
    yield tell("test_order", LAMP, test=True)
    yield tell("order_cancelled", BLENDER, news="cancelled", changed_at=tell.now)
    yield tell("old_order", BRUSH, news="updated", at=LONG_AGO, changed_at=tell.now)
    yield replace(tell("wrong_store", LAMP), foreign=True)
    for other in other_builders:
        yield replace(tell("wrong_builder", BLENDER), payload_of=other)
    registered = tell("", GIRDLE)
    yield registered
    yield replace(registered, cause="duplicate_order", second=True)
    yield replace(tell("signature_invalid", LAMP), forged=True)


def story(tell: Teller, builders: Sequence[str], shows_all: str) -> list[tuple[str, Scene]]:
    """Every request of the demo, in order, with the builder that sends it."""
    others = [name for name in builders if name != shows_all]
    told = [(name, scene) for name in builders for scene in everywhere(tell)]
    told += [(shows_all, scene) for scene in once(tell, others[:1])]
    return [(name, scene) for name, scene in told if scene.cause not in BUILDERS[name].cannot]
