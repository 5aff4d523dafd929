"""Towns and regions as customers type them, matched against the gazetteer of `orders/gazetteer/` (see its README).

A wrong town sends a parcel to the wrong town, so a name is corrected only when one place can be meant; whatever is
doubtful comes back as choices for a person. The gazetteer is not complete: "unknown" says nothing against the town.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from rapidfuzz import process
from rapidfuzz.distance import OSA

FOLDER = Path(__file__).parent / "gazetteer"

# A capital given with the region that surrounds it, so usual that it needs no question: {country: {region: capital's}}.
AROUND = {"CO": {"CUN": "DC"}}

LONGEST = 120  # letters of a customer's text that are read
PARTICLES = frozenset(["de", "del", "la", "las", "los", "el", "y"])
SHORT = {"pto": "puerto", "sta": "santa", "sto": "santo", "sn": "san", "cd": "ciudad", "gral": "general"}
TOWN_PREFIX = re.compile(r"^(?:(?:municipio|mpio|mun) (?:de |del )?|ciudad de )(?=\w)")
REGION_PREFIX = re.compile(r"^(?:departamento|dpto|depto|dep|provincia|prov|region|estado|edo) (?:de |del )?(?=\w)")
SEPARATORS = re.compile(r"[,;/|()\[\]\n–—]+|\s-+\s*|-+\s")
APOSTROPHES, PUNCTUATION, INITIALS = (re.compile(p) for p in (r"['`´’]", r"[\W_]+", r"\b(\w) (?=\w\b)"))

# Spellings that sound the same in Latin America, on folded text, in this order.
RULES = r"qu(?=[ei])>k c(?=[ei])|z>s (?<!c)h> c(?!h)>k v>b ll|y>i g(?=[ei])|x>j n(?=[bp])>m ([a-hj-z])\1+>\1"
SOUNDS = [(re.compile(pattern), heard) for pattern, _, heard in (rule.rpartition(">") for rule in RULES.split())]

Kind = Literal["exact", "mended", "several", "unknown"]


@dataclass(frozen=True)
class Region:
    """`code` is ISO 3166-2 without the country ("ANT"), `name` as it is shown ("Antioquia")."""

    code: str
    name: str


@dataclass(frozen=True)
class City:
    name: str
    region: Region


@dataclass(frozen=True)
class CityMatch:
    """`city` is set for "exact" and "mended"; `choices` (one or more, for a person) only for "several"."""

    kind: Kind
    city: City | None = None
    choices: tuple[City, ...] = ()


class RegionRow(msgspec.Struct):
    name: str
    aliases: list[str]
    cities: list[str | list[str]]


class CountryFile(msgspec.Struct):
    names: list[str]
    regions: dict[str, RegionRow]


Towns = dict[str, tuple[City, ...]]  # folded name → the towns so called
Group = list["Reading"]  # readings of one text that are weighed together


@dataclass(frozen=True)
class Gazetteer:
    country: str
    names: frozenset[str]
    regions: dict[str, Region]
    towns: Towns
    by_region: dict[str, Towns]


class Reading(NamedTuple):
    """One way to read a text: the town's folded name, the order's region field, the region the text says."""

    key: str
    field: Region | None
    said: Region | None

    def codes(self) -> list[str]:
        return list(dict.fromkeys(region.code for region in (self.field, self.said) if region))


UNKNOWN = CityMatch("unknown")


def fold(text: str) -> str:
    """Key without case, accents, punctuation, spare blanks: " Medellín," → "medellin", "Bogotá D.C." → "bogota dc"."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = PUNCTUATION.sub(" ", APOSTROPHES.sub("", text.lower())).strip()
    return INITIALS.sub(r"\1", text)


@lru_cache(maxsize=64)
def load(country: str) -> Gazetteer | None:
    """The country's places, read once; None when there is no file for it."""
    path = FOLDER / f"{country}.json"
    if not re.fullmatch("[A-Z]{2}", country) or not path.exists():
        return None
    file = msgspec.json.decode(path.read_bytes(), type=CountryFile)
    regions = {code: Region(code, row.name) for code, row in file.regions.items()}
    pairs = {code: list(called(row, regions[code])) for code, row in file.regions.items()}
    return Gazetteer(
        country,
        frozenset(map(fold, file.names)),
        index_regions(country, file, regions),
        by_name(chain.from_iterable(pairs.values())),
        {code: by_name(region_pairs) for code, region_pairs in pairs.items()},
    )


def index_regions(country: str, file: CountryFile, regions: dict[str, Region]) -> dict[str, Region]:
    """Folded code, prefixed code, name or alias → region; a name wins over a code, a code over an alias."""
    index: dict[str, Region] = {}
    for code, row in file.regions.items():
        index |= {fold(alias): regions[code] for alias in row.aliases}
    for code, region in regions.items():
        index |= {fold(code): region, fold(f"{country} {code}"): region}
    return index | {fold(region.name): region for region in regions.values()}


def called(row: RegionRow, region: Region) -> Iterator[tuple[str, City]]:
    for entry in row.cities:
        names = [entry] if isinstance(entry, str) else entry
        city = City(names[0], region)
        yield from ((key, city) for key in dict.fromkeys(map(fold, names)))


def by_name(pairs: Iterable[tuple[str, City]]) -> Towns:
    towns: Towns = {}
    for key, city in pairs:
        towns[key] = (*towns.get(key, ()), city)
    return towns


@lru_cache(maxsize=10_000)
def find_region(country: str, text: str) -> Region | None:
    """By name, alias or ISO code ("CO-ANT", "ANT", "Valle", "Dpto. de Antioquia"), else by one clear near name."""
    places = load(country)
    if places is None:
        return None
    key = fold(text[:LONGEST])
    if key in places.regions:
        return places.regions[key]
    key = REGION_PREFIX.sub("", less_country(places, key))
    if key in places.regions:
        return places.regions[key]
    close = [name for name, edits in edits_to(key, places.regions) if min(len(key), len(name)) >= (0, 5, 8)[edits]]
    regions = {places.regions[name] for name in close}
    return regions.pop() if len(regions) == 1 else None


@lru_cache(maxsize=10_000)
def find_city(country: str, text: str, region: Region | None) -> CityMatch:
    """The town `text` means, in `region` when it is known. `text` may carry its region, a country or a quarter.

    "exact" and "mended" (a slip of spelling, or the capital given with the region around it) are safe to ship to;
    a town known only in another region is "several", for a person to confirm.
    """
    places = load(country)
    key = fold(text[:LONGEST])
    if places is None or not key:
        return UNKNOWN
    here = places.by_region.get(region.code, {}) if region else places.towns
    if len(found := here.get(key, ())) == 1:
        return CityMatch("exact", found[0])
    groups = readings(places, text[:LONGEST], key, region)
    for find in (find_exact, find_near, find_doubtful):
        for group in groups:
            if match := find(places, group):
                return match
    return UNKNOWN


def readings(places: Gazetteer, text: str, key: str, region: Region | None) -> list[Group]:
    """Most literal first: the whole text, the text less a region at its end, its parts."""
    whole = less_country(places, key)
    groups = [[Reading(name, region, None)] for name in dict.fromkeys([key, whole, spell_out(whole)])]
    words = groups[-1][0].key.split()
    for start in range(1, len(words)):
        if said := places.regions.get(" ".join(words[start:])):
            groups.append([Reading(" ".join(words[:start]), region, said)])
            break
    parts = [fold(part) for part in SEPARATORS.split(text)]
    parts = [part for part in parts if part and part not in places.names]
    return [*groups, read_parts(places, parts, region)] if parts else groups


def read_parts(places: Gazetteer, parts: list[str], region: Region | None) -> Group:
    """ "Comuneros (Dosquebradas)", "Suba, Bogotá": each part may be the town, but a region's name after the first."""
    said = next((places.regions[part] for part in reversed(parts) if part in places.regions), None)
    capital = said is not None and said.code in AROUND.get(places.country, {}).values()
    towns = parts[:1] + [part for part in parts[1:] if capital or part not in places.regions]
    return [Reading(town if town in places.towns else spell_out(town), region, said) for town in towns]


def less_country(places: Gazetteer, key: str) -> str:
    return next((key.removesuffix(f" {name}") for name in places.names if key.endswith(f" {name}")), key)


def spell_out(key: str) -> str:
    """ "municipio de soacha" → "soacha", "sta marta" → "santa marta"."""
    return " ".join(SHORT.get(word, word) for word in TOWN_PREFIX.sub("", key).split())


def find_exact(places: Gazetteer, group: Group) -> CityMatch | None:
    """A town of exactly that name; another part of the text that is nearly some town makes it doubtful."""
    found: list[City] = []
    missed: Group = []
    for reading in group:
        cities = [city for towns in scope(places, reading).values() for city in towns.get(reading.key, ())]
        found += cities
        missed += [] if cities else [reading]
    return judge(places, "exact", found + near(places, missed)[0], group[0]) if found else None


def find_near(places: Gazetteer, group: Group) -> CityMatch | None:
    """A slip of spelling in the region; a place of exactly that name in another region makes it doubtful."""
    found = near(places, group)[0]
    if elsewhere := [city for reading in group for city in places.towns.get(reading.key, ())]:
        return several([*found, *elsewhere])
    return judge(places, "mended", found, group[0])


def find_doubtful(places: Gazetteer, group: Group) -> CityMatch | None:
    return several(near(places, group)[1])


def several(cities: list[City]) -> CityMatch | None:
    return CityMatch("several", choices=tuple(dict.fromkeys(cities))) if cities else None


def judge(places: Gazetteer, kind: Kind, found: Iterable[City], reading: Reading) -> CityMatch | None:
    """One town is the answer when it lies where the field and the text say, or is the capital that region surrounds."""
    cities = list(dict.fromkeys(found))
    if len(cities) != 1:
        return several(cities)
    city = cities[0]
    codes = reading.codes()
    around = AROUND.get(places.country, {})
    agreed = len(codes) < 2 or any({*codes} == {*pair} for pair in around.items())
    if agreed and (not codes or city.region.code == codes[0]):
        return CityMatch(kind, city)
    return CityMatch("mended", city) if agreed and city.region.code == around.get(codes[0]) else several(cities)


def scope(places: Gazetteer, reading: Reading) -> dict[str, Towns]:
    """The towns of the regions field and text name, a capital with what surrounds it; else the country's, under ""."""
    codes = reading.codes()
    codes += [code for pair in AROUND.get(places.country, {}).items() if {*pair} & {*codes} for code in pair]
    return {code: places.by_region.get(code, {}) for code in codes} or {"": places.towns}


def near(places: Gazetteer, group: Group) -> tuple[list[City], list[City]]:
    """Towns whose names differ from a reading's by a slip: (surely meant, doubtful)."""
    sure: list[City] = []
    doubtful: list[City] = []
    for reading in group:
        for code, towns in scope(places, reading).items():
            alike = set(heard(places.country, code).get(sound(reading.key), ()))
            for name in alike.union(name for name, _ in edits_to(reading.key, towns)):
                grade = 2 if name in alike else slip(reading.key, name)
                (sure if grade == 2 else doubtful if grade else []).extend(towns[name])
    return sorted(set(sure), key=repr), sorted(set(doubtful), key=repr)


def edits_to(key: str, names: Iterable[str]) -> list[tuple[str, int]]:
    hits = process.extract(key, list(names), scorer=OSA.distance, score_cutoff=2, limit=None)
    return [(name, int(edits)) for name, edits, _ in hits]


def sound(key: str) -> str:
    """How a folded name is heard, without articles and blanks: "valledupar", "balledupar" → "baiedupar"."""
    text = "".join(word for word in key.split() if word not in PARTICLES)
    for pattern, heard_as in SOUNDS:
        text = pattern.sub(heard_as, text)
    return text


@cache
def heard(country: str, code: str) -> dict[str, list[str]]:
    """Sound → folded names, of a region or (code "") the country; names of one or two sounds are left out."""
    places = load(country)
    index: dict[str, list[str]] = {}
    for name in () if places is None else places.by_region.get(code, {}) if code else places.towns:
        if len(key := sound(name)) > 2:
            index.setdefault(key, []).append(name)
    return index


def slip(typed: str, name: str) -> int:
    """2 a slip of spelling, 1 doubtful, 0 another name. Shared words do not count: "Santa Rita" is not "Santa Rosa".

    A slip is one edit in seven letters or two in ten, and keeps the first letter. Less is doubtful: Encino and Enciso,
    Mongua and Monguí are neighbours.
    """
    a, b = typed.split(), name.split()
    for _ in ("beginning", "end"):
        shared = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        a, b = a[shared:][::-1], b[shared:][::-1]
    typed, name = " ".join(a), " ".join(b)
    edits, letters = OSA.distance(typed, name), min(len(typed), len(name))
    if letters >= 7 and edits <= (2 if letters >= 10 else 1) and typed[0] == name[0]:
        return 2
    return int((letters >= 5 and edits == 1) or (letters >= 7 and edits == 2))
