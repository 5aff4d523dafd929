"""What the history is narrowed by. The URL is the filter: it is read here, said in words, and taken apart again."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comanda.accounts.access import Access, NotFound
from comanda.accounts.masking import mask_place
from comanda.accounts.models import Account
from comanda.accounts.region import zone
from comanda.catalogue.lookup import whole_title
from comanda.catalogue.models import StoreVariant, Variant
from comanda.diagnosis.explain import title
from comanda.history.search import Filter
from comanda.integrations.models import Integration
from comanda.problems import CODES
from comanda.web.figures import said_day
from comanda.web.language import reading

NAMES = ("status", "integration", "cause", "subject", "q", "dates", "from", "to")
PERIODS = {"today": (gettext_lazy("Hoy"), 0), "7": (gettext_lazy("7 días"), 6), "30": (gettext_lazy("30 días"), 29)}
# Of each status: what several of them are called.
SEVERAL = {
    "failed": gettext_lazy("Fallidos"),
    "registered": gettext_lazy("Exitosos"),
    "held": gettext_lazy("En espera"),
    "unpaid": gettext_lazy("Esperando pago"),
    "review": gettext_lazy("Por revisar"),
    "pending": gettext_lazy("Pendientes"),
    "retrying": gettext_lazy("Se reintentarán"),
    "forwarding": gettext_lazy("En camino"),
    "duplicate": gettext_lazy("Duplicados"),
    "cancelled": gettext_lazy("Cancelados"),
    "ignored": gettext_lazy("Omitidos"),
}

# What a person mended, so that orders were run again by themselves: the names are those of the retry's filter.
MENDED = {
    "store_variant": gettext_lazy("Un producto vinculado"),
    "product": gettext_lazy("Un producto nuevo"),
    "variant": gettext_lazy("Un cambio en tu catálogo"),
    "file": gettext_lazy("Un archivo importado:"),
    "policy": gettext_lazy("Un permiso para vender"),
}


@dataclass(frozen=True)
class Part:
    """One thing that the filter says, and the URL's query without it."""

    words: str
    without: str


@dataclass(frozen=True)
class Asked:
    """The filter of a URL: as it was given, and as the search wants it."""

    given: dict[str, str]
    wanted: Filter
    account: Account
    integrations: Sequence[Integration]
    of: Integration | None = None
    thing: str = ""
    faults: dict[str, str] = field(default_factory=dict)

    def query(self, **changes: str) -> str:
        """`?status=failed&q=ana`, with these changes; an empty one takes its part away."""
        return query_of({**self.given, **changes})

    @property
    def here(self) -> str:
        """To which more may be added."""
        return self.query() or "?"

    @property
    def parts(self) -> list[Part]:
        """What may be taken away; the statuses have their own row."""
        taken = {"integration": ("integration",), "cause": ("cause", "subject"), "q": ("q",), "dates": DATES}
        said = self.words()
        return [Part(said[name], self.query(**dict.fromkeys(names, ""))) for name, names in taken.items() if said[name]]

    @property
    def others(self) -> dict[str, list[tuple[str, str]]]:
        """What a form that chooses one thing sends along, so that the rest stays as it is."""
        own = {"q": ("q",), "dates": DATES}
        return {form: [each for each in self.given.items() if each[0] not in names] for form, names in own.items()}

    def periods(self, here: str) -> list[tuple[Any, str, bool]]:
        """The times to choose from: their words, the URL that chooses each, whether it is the chosen one."""
        chosen = self.given.get("dates")
        urls = {name: here + self.query(**dict.fromkeys(DATES, "") | {"dates": name}) for name in PERIODS}
        return [(words, urls[name], name == chosen) for name, (words, _) in PERIODS.items()]

    def words(self) -> dict[str, str]:
        return {
            "integration": self.of.name if self.of else "",
            "cause": ": ".join(filter(None, (self.cause, self.thing))) or self.wanted.subject,
            "q": _("«{text}»").format(text=self.wanted.q) if self.wanted.q else "",
            "dates": self.dates(),
        }

    @property
    def cause(self) -> str:
        return cause_title(self.wanted.cause)

    def dates(self) -> str:
        if self.given.get("dates") in PERIODS:
            return str(PERIODS[self.given["dates"]][0])
        return said_span(self.wanted.since, self.wanted.until, self.account)


DATES = ("dates", "from", "to")


def query_of(given: Mapping[str, str]) -> str:
    said = urlencode({name: given[name] for name in NAMES if given.get(name)})
    return f"?{said}" if said else ""


def read(given: QueryDict, who: Access, integrations: Sequence[Integration]) -> Asked:
    """Raises NotFound for an integration that is not theirs."""
    kept = {name: given.get(name, "").replace("\x00", "").strip()[:200] for name in NAMES if given.get(name)}
    faults: dict[str, str] = {}
    since, until = span(kept, who.account, faults)
    of = next((each for each in integrations if str(each.pk) == kept.get("integration")), None)
    if kept.get("integration") and of is None:
        raise NotFound("integration")
    plain = {name: kept.get(name, "") for name in ("integration", "status", "cause", "subject", "q")}
    wanted = Filter(**plain, since=since, until=until)
    return Asked(kept, wanted, who.account, integrations, of, thing(who, wanted.subject), faults)


def thing(who: Access, subject: str) -> str:
    """The thing to mend, by its name: `Masajeador / M`, `Tienda Uno`, `Armenia`."""
    kind, _colon, id_ = subject.partition(":")
    with suppress(NotFound):
        if kind == "store_variant":
            row = who.get(StoreVariant, id_)
            return whole_title(row.title, row.variant_title)
        if kind == "variant":
            variant = who.get(Variant, id_)
            return " ".join(filter(None, (variant.product.name, variant.name)))
        if kind == "integration":
            return who.get(Integration, id_).name
    return mask_place(id_) if kind == "city" else ""


def span(given: dict[str, str], account: Account, faults: dict[str, str]) -> tuple[datetime | None, datetime | None]:
    """From when until when: days of the account's zone, the last one included."""
    there = zone(account)
    today = timezone.now().astimezone(there).date()
    if given.get("dates") in PERIODS:
        return midnight(today - timedelta(days=PERIODS[given["dates"]][1]), account), None
    days: dict[str, date] = {}
    for name in ("from", "to"):
        try:
            if given.get(name):
                days[name] = date.fromisoformat(given[name])
        except ValueError:
            faults[name] = _("Escribe la fecha así: 2026-11-30.")
    first, last = days.get("from"), days.get("to")
    if first and last and first > last:
        first, last = last, first
    after = last + timedelta(days=1) if last and last < date.max else None
    return (midnight(first, account) if first else None), (midnight(after, account) if after else None)


def midnight(day: date, account: Account) -> datetime:
    return datetime.combine(day, time.min, zone(account))


def cause_title(code: str) -> str:
    return (title(code, reading()) if code in CODES else code) if code else ""


def said_span(since: datetime | None, until: datetime | None, account: Account) -> str:
    """`desde el 1 nov 2026`; the day that `until` ends is the one before it."""
    first = since and said_day(account, since)
    last = until and said_day(account, until - timedelta(seconds=1))
    if first and last:
        return first if first == last else _("{first} a {last}").format(first=first, last=last)
    if first:
        return _("desde el {day}").format(day=first)
    return _("hasta el {day}").format(day=last) if last else ""


def spoken(said: Mapping[str, str], names: Mapping[str, str], account: Account) -> list[str]:
    """A filter that was kept, in words: `["Fallidos", "Tienda Uno", "Producto sin vincular"]`."""
    since, until = (datetime.fromisoformat(said[name]) if said.get(name) else None for name in ("since", "until"))
    mended = next((str(words) for name, words in MENDED.items() if said.get(name)), "")
    words = [
        f"{mended} {said['file']}" if said.get("file") else mended,
        str(SEVERAL.get(said.get("status", ""), said.get("status", ""))),
        names.get(said.get("integration", ""), ""),
        cause_title(said.get("cause", "")),
        _("«{text}»").format(text=said["q"]) if said.get("q") else "",
        said_span(since, until, account),
    ]
    return [each for each in words if each]
