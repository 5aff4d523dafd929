"""From codes and facts to sentences, at display and in the reader's language. The words are in help/problems/<code>.md."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from comanda.diagnosis.figures import AMOUNTS, COUNTRIES, amount, country, day, number
from comanda.diagnosis.terms import TERMS, field_called
from comanda.problems import CODES, action_of

ARTICLES = Path(__file__).parent.parent / "help" / "problems"
LANGUAGES = ("es", "en")
NAMED = 3  # things of a sentence on a screen; the others are folded
MORE = {"es": "{items} y {count} más", "en": "{items} and {count} more"}
STEP_LABELS = {
    "es": {
        "receive": "Recibir",
        "verify": "Verificar el origen",
        "fetch": "Traer el pedido",
        "read": "Leer el pedido",
        "check": "Revisar los datos",
        "match": "Vincular productos",
        "register": "Registrar el pedido",
        "forward": "Enviar al destino",
    },
    "en": {
        "receive": "Receive",
        "verify": "Verify the origin",
        "fetch": "Fetch the order",
        "read": "Read the order",
        "check": "Check the data",
        "match": "Match products",
        "register": "Register the order",
        "forward": "Forward",
    },
}
# Of a test order of Comanda's own, which goes the whole way: what is green did what it says.
TRIAL_LABELS = {
    "es": {"match": "Sin vincular: es de prueba", "register": "Sin registrar: es de prueba"},
    "en": {"match": "Not matched: it is a test", "register": "Not registered: it is a test"},
}


def step_called(step: str, output: Any, language: str) -> str:
    """A step by its name, in the reader's language."""
    tried = isinstance(output, dict) and ("trial" in output or output.get("did") == "trial")
    return (tried and TRIAL_LABELS[language].get(step)) or STEP_LABELS[language][step]


@dataclass(frozen=True)
class Told:
    """A problem in words: what stands in the way, what to do, the action that mends it, where to read more.

    `rest` are the things that the message only counts.
    """

    code: str
    subject: str
    title: str
    message: str
    todo: str
    action: str
    action_label: str
    article: str
    rest: tuple[str, ...] = ()


@cache
def words(code: str) -> dict[str, str]:
    """The front matter of a code's article. `es.binned` takes the place of `es` where the fact `binned` is true."""
    _, front, _ = (ARTICLES / f"{code}.md").read_text(encoding="utf-8").split("---\n", 2)
    pairs = (line.partition(":") for line in front.splitlines() if line.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}


def title(code: str, language: str = "es") -> str:
    """A problem's short name: `Producto sin vincular`."""
    return words(code)["title" if language == "es" else f"title_{language}"]


@dataclass(frozen=True)
class Page:
    """A text to read, in Markdown, and the language that it is in: Spanish where nobody has written it in the reader's."""

    text: str
    language: str


def article(code: str, language: str = "es") -> Page:
    """The article itself: `<code>.<language>.md`, else the Spanish one. Raises KeyError for what is no code."""
    if code not in CODES:
        raise KeyError(code)
    return page(ARTICLES, code, language)


@cache
def page(folder: Path, name: str, language: str) -> Page:
    """`<name>.<language>.md` of a folder, else `<name>.md`, which is Spanish; without the front matter."""
    found = folder / f"{name}.{language}.md"
    there = language != "es" and found.exists()
    text = (found if there else folder / f"{name}.md").read_text(encoding="utf-8")
    text = text.split("---\n", 2)[2] if text.startswith("---\n") else text
    return Page(text.strip(), language if there else "es")


def explain(problems: Iterable[Mapping[str, Any]], language: str = "es", most: int = 0) -> list[Told]:
    """One sentence a code, naming all its things, or the first `most` of them and counting the rest.

    `problems` are rows of code, subject and facts, in the order of steps.
    """
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for problem in problems:
        groups[problem["code"]].append(problem)
    return [tell(code, group, language, most) for code, group in groups.items()]


def tell(code: str, group: list[Mapping[str, Any]], language: str, most: int = 0) -> Told:
    given = group[0]["facts"]
    found, names = chosen(code, given), list(dict.fromkeys(name(row["facts"], language) for row in group))
    several = found.get(f"many_{language}") if len(names) > 1 else None
    things = names if several else [said(each, language) for each in given.get("items", [])]
    first, rest = few(things, most)
    items = MORE[language].format(items=listed(first), count=len(rest)) if rest else listed(first)
    facts = Facts({**given, "items": items, "count": len(things)}, language)
    suffix = "" if language == "es" else f"_{language}"
    return Told(
        code=code,
        subject=group[0]["subject"],
        title=found[f"title{suffix}"],
        message=tidy((several or found[language]).format_map(facts)),
        todo=tidy(found[f"todo_{language}"].format_map(facts)),
        action=action_of(code, given),
        action_label=found[f"action_{language}"],
        article=f"/ayuda/{code}/",
        rest=tuple(rest),
    )


def few(things: list[str], most: int) -> tuple[list[str], list[str]]:
    """The first of them and the rest; it is not worth counting one instead of naming it."""
    return (things[:most], things[most:]) if most and len(things) > most + 1 else (things, [])


def explain_cause(code: str, facts: Mapping[str, Any], count: str, language: str = "es") -> Told:
    """A problem that several orders share, with the facts of the newest; `count` says how many, `more than 1,000`."""
    told = tell(code, [{"subject": "", "facts": facts}], language)
    several = chosen(code, facts).get(f"orders_{language}")
    return (
        replace(told, message=tidy(several.format_map(Facts({**facts, "count": count}, language)))) if several else told
    )


def chosen(code: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """A code's words, as its facts choose among them."""
    found = words(code)
    return found | {key.partition(".")[0]: said for key, said in found.items() if facts.get(key.partition(".")[2])}


def name(facts: Mapping[str, Any], language: str) -> str:
    """The thing itself: «Faja Reductora / M», or the variant of the catalogue that it is about."""
    parts = [facts["variant"]] if facts.get("variant") else [facts.get("title"), facts.get("variant_title")]
    title = " / ".join(str(part) for part in parts if part)
    return f"«{title}»" if title else said(facts.get("field"), language, "field")


class Facts(dict[str, Any]):
    """Facts as text; one that is missing is empty."""

    def __init__(self, facts: Mapping[str, Any], language: str) -> None:
        super().__init__({key: said(value, language, key) for key, value in facts.items()})
        if currency := facts.get("currency"):
            self |= {key: amount(self[key], currency, language) for key in AMOUNTS & self.keys()}
        if facts.get("variant_title") and facts.get("title"):
            self["title"] = f"{facts['title']} / {facts['variant_title']}"

    def __missing__(self, key: str) -> str:
        return ""


def said(value: Any, language: str, key: str = "") -> str:
    """A fact as text; the code words of a `field` or a `reason` in the reader's language."""
    if isinstance(value, list):
        return listed([said(each, language, key) for each in value])
    if isinstance(value, dict):
        return ": ".join(said(each, language, name) for name, each in value.items())
    text = "" if value is None else str(value)
    if key == "field":
        return field_called(text, language)
    if key in TERMS[language]:
        return TERMS[language][key].get(text, text)
    if key in COUNTRIES:
        return country(text, language)
    return number(text, language) if key == "quantity" else day(text, language)


def listed(texts: list[str]) -> str:
    return ("; " if any("," in text for text in texts) else ", ").join(texts)


def tidy(sentence: str) -> str:
    """Without what empty facts leave behind."""
    sentence = re.sub(r"\s*\((?:[^()]*:\s*)?\)|\s*[«“][»”]", "", sentence)
    sentence = re.sub(r"\s+([.,;:])", r"\1", re.sub(r"\s{2,}", " ", sentence)).strip()
    return re.sub(r"\.\.$", ".", sentence)  # of what ends in `D.C.`
