"""The orders of some days as stacked bars: whole numbers for an SVG that is drawn into the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from comanda.history.days import Day

PITCH, BAR, HEIGHT = 20, 14, 100
LEAST = 2  # however few they are among many, they are seen


@dataclass(frozen=True)
class Part:
    """A piece of a bar: which result, and where it lies."""

    kind: str
    y: int
    height: int


@dataclass(frozen=True)
class Bar:
    day: Day
    x: int
    parts: tuple[Part, ...]


class Chart:
    """`width` by `height` units, the first day at the left."""

    height, bar, pitch = HEIGHT, BAR, PITCH

    def __init__(self, days: Sequence[Day]) -> None:
        self.days = days
        self.width = PITCH * len(days) - (PITCH - BAR)
        self.most = max(map(shown, days), default=0)
        self.bars = [Bar(day, PITCH * place, self.parts(day)) for place, day in enumerate(days)]

    def parts(self, day: Day) -> tuple[Part, ...]:
        """From the bottom up: registered, failed, waiting."""
        found, top = [], HEIGHT
        for kind, number in (("ok", day.registered), ("bad", day.failed), ("wait", day.waiting)):
            if number:
                height = max(LEAST, number * (HEIGHT - 2 * LEAST) // self.most)
                top -= height
                found.append(Part(kind, top, height))
        return tuple(found)

    @property
    def first(self) -> date:
        return self.days[0].date

    @property
    def registered(self) -> int:
        return sum(day.registered for day in self.days)

    @property
    def failed(self) -> int:
        return sum(day.failed for day in self.days)

    @property
    def waiting(self) -> int:
        return sum(day.waiting for day in self.days)

    @property
    def left_out(self) -> int:
        return sum(day.left_out for day in self.days)

    @property
    def newest_first(self) -> list[Day]:
        return [*reversed(self.days)]


def shown(day: Day) -> int:
    return day.registered + day.failed + day.waiting
