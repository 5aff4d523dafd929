"""What a page offers for an order's problems: links where its button leads, products to link, fields to correct, choices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comanda.accounts.access import Access
from comanda.accounts.masking import OPEN, Veil
from comanda.catalogue.lookup import store_variant_key, whole_title
from comanda.catalogue.models import StoreVariant
from comanda.catalogue.suggest import MUCH_ALIKE, Suggestion, stands_out, suggest_all
from comanda.connectors import CONNECTORS
from comanda.connectors.draft import Draft
from comanda.diagnosis.explain import NAMED, Told, explain
from comanda.diagnosis.terms import FIELDS, field_called
from comanda.history.models import Intake, Problem
from comanda.orders.places import find_region
from comanda.problems import waivable
from comanda.repair.correct import FIELDS_OF, as_corrected, chosen_lines, newest_draft
from comanda.repair.corrections import value_of
from comanda.web.language import reading

PAYMENTS = {
    "cod": gettext_lazy("Contra entrega"),
    "prepaid": gettext_lazy("Pagado"),
    "pending": gettext_lazy("Por confirmar"),
}
EDITABLE = ("name", "phone", "email", "address1", "address2", "city", "region")
# Problems of a line for which a variant may be chosen in one order alone; the first is mended so, the others by a link.
CHOOSABLE = ("variant_not_chosen", "product_not_linked", "variant_not_linked", "sku_ambiguous")
LINKABLE = ("product_not_linked", "variant_not_linked", "sku_ambiguous")
IN_PRODUCTS = frozenset({"link", "choose_variant", "activate", "restock", "review_price"})
AT_BUILDER = frozenset({"move", "connect_store"})
AT_INTEGRATION = frozenset({"correct_secret", "reconnect_store"})
# What is done on the order's own page, with the part of it.
HERE = dict.fromkeys(("correct", "mark_paid", "register_anyway", "switch_on", "restore"), "corregir")
HERE |= {"review": "productos"}
SUGGESTED = 3  # products of one order for which a suggestion is made at once
CHOICES = 3
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Field:
    """One field to correct: its name, its label, what stands in it and in the order, what was wrong with what somebody typed."""

    name: str
    label: str
    value: str
    was: str
    fault: str = ""


@dataclass(frozen=True)
class Typed:
    """A correction that was not taken: what somebody typed, and what is wrong with it, by field; the town they chose."""

    values: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    town: str = ""

    @property
    def place(self) -> str:
        """The choice that is kept: another one, where the town that was typed is wrong."""
        return "other" if self.faults.keys() & {"city", "region"} else self.town


@dataclass(frozen=True)
class ToLink:
    """A product of the store that nobody knows how to ship; what it probably is, and how many orders wait for it."""

    row: StoreVariant
    title: str
    blocked: str
    suggestions: Sequence[tuple[Suggestion, str]]  # each with why; one alone stands out
    button: str  # as the problem's article calls it


@dataclass(frozen=True)
class ToChoose:
    """A line for which one may choose what is shipped in this order; `first`: that is what its problem asks for."""

    place: int
    title: str
    first: bool


@dataclass
class Mending:
    """All that may be done about some problems. `told`: each in words, with where its button leads ("" where it is here)."""

    told: list[tuple[Told, str]]
    writes: bool = False  # whether whoever asks may do something about it
    links: list[ToLink] = field(default_factory=list)
    choices: list[ToChoose] = field(default_factory=list)
    unlinked: int = 0  # products of the store, also those beyond the first that are in `links`
    products: str = ""  # where they are
    fields: list[Field] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    place: str = ""  # the one that was chosen; `other`
    outdated: list[dict[str, str]] = field(default_factory=list)
    unpaid: bool = False
    anyway: bool = False
    switch: str = ""  # switch_on | restore
    other: str = ""  # the intake that this one may be the same as

    @property
    def correct(self) -> str:
        """The button of what is corrected: as its article calls it, where there is one thing to correct."""
        found = [told.action_label for told, _where in self.told if told.action == "correct"]
        return found[0] if len(found) == 1 else _("Corregir y registrar")

    @property
    def labels(self) -> dict[str, str]:
        """What the button of each action is called."""
        return {told.action: told.action_label for told, _where in reversed(self.told)}

    @property
    def done_here(self) -> tuple[str, ...]:
        """Actions that have a button of their own besides the one that leads elsewhere."""
        return ("link",) if self.unlinked else ()

    @property
    def chooses(self) -> bool:
        """Whether a choice for this order is what mends it first, before one for all orders."""
        return any(each.first for each in self.choices)

    @property
    def several(self) -> bool:
        return len(self.told) > 1

    @property
    def corrects(self) -> bool:
        return bool(self.fields or self.places or self.outdated)


def mending(
    who: Access,
    intake: Intake,
    problems: Sequence[Mapping[str, Any]],
    veil: Veil = OPEN,
    typed: Typed = Typed(),
) -> Mending:
    """What these problems are in words, and what may be done. Whoever only reads gets the words and the places to look."""
    told = [(each, where(each.action, intake, facts)) for each, facts in in_words(problems, veil)]
    if not who.writes:
        return Mending(told)
    codes = {problem["code"] for problem in problems}
    draft = newest_draft(intake) if codes & {*FIELDS_OF, *CHOOSABLE, "correction_outdated"} else None
    actions = {each.action for each, _where in told}
    return Mending(
        told,
        True,
        links=to_link(who, problems, {each.code: each.action_label for each, _where in told}),
        choices=to_choose(who, intake, draft, problems) if draft else [],
        unlinked=len({problem["subject"] for problem in problems if problem["code"] in LINKABLE}),
        products=in_products(intake),
        fields=asked(intake, draft, problems, typed),
        places=places(problems),
        place=typed.place,
        outdated=outdated(problems) if draft else [],
        unpaid="payment_pending" in codes,
        anyway=any(waivable(p["code"], p["facts"]) or p["code"] == "discarded" for p in problems),
        switch=next(iter(actions & {"switch_on", "restore"}), ""),
        other=next((str(p["facts"]["other"]) for p in problems if p["facts"].get("other")), ""),
    )


def in_words(problems: Sequence[Mapping[str, Any]], veil: Veil) -> Iterable[tuple[Told, Mapping[str, Any]]]:
    """Each code's sentence, with the facts of its first problem."""
    first: dict[str, Mapping[str, Any]] = {}
    for problem in problems:
        first.setdefault(problem["code"], problem["facts"])
    return [(each, first[each.code]) for each in explain(map(veil.problem, problems), reading(), NAMED)]


def asked(intake: Intake, draft: Draft | None, problems: Iterable[Mapping[str, Any]], typed: Typed) -> list[Field]:
    """The fields that stand in the order's way and that a person may correct."""
    names = dict.fromkeys(name for problem in problems for name in FIELDS_OF.get(problem["code"], ()))
    return fields(intake, draft, typed, names) if draft and names else []


def fields(intake: Intake, draft: Draft, typed: Typed, names: Iterable[str] = EDITABLE) -> list[Field]:
    """These fields of the order as it stands, or as somebody has just typed them."""
    order, said = as_corrected(intake, draft), typed.values
    now = {name: filled(intake, order, name) for name in names}
    return [Field(name, label(name), said.get(name, was), was, typed.faults.get(name, "")) for name, was in now.items()]


def filled(intake: Intake, draft: Draft, name: str) -> str:
    """What stands in a field: a region by its name, though the store sends its letters."""
    value = value_of(draft, name)
    found = find_region(intake.account.country, value) if name == "region" and value else None
    return found.name if found else value


def label(name: str) -> str:
    said = field_called(name, reading())
    return said[:1].upper() + said[1:]


LABELS = {name: lazy(label, str)(name) for name in FIELDS["es"]}


def shown_value(name: str, value: str, veil: Veil) -> str:
    """A field's value as it is shown: a way of paying by its name."""
    return str(PAYMENTS.get(value, value)) if name == "payment" else str(veil.field(name, value))


def places(problems: Iterable[Mapping[str, Any]]) -> list[str]:
    """The towns that may be meant: `Armenia, Quindío`."""
    return [
        each
        for problem in problems
        if problem["code"] == "city_unknown"
        for each in problem["facts"].get("choices", [])
    ]


def outdated(problems: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Corrections that no longer fit: what was corrected to, what the store sends now; a person chooses."""
    found = [problem["facts"] for problem in problems if problem["code"] == "correction_outdated"]
    return [
        {"name": facts["field"], "label": label(facts["field"]), "ours": facts["new"], "theirs": facts["incoming"]}
        # Of a line, its variant's id is sent, or nothing.
        | {"keep": facts.get("chosen", facts["new"]), "take": "" if "chosen" in facts else facts["incoming"]}
        for facts in found
    ]


def to_link(who: Access, problems: Iterable[Mapping[str, Any]], labels: Mapping[str, str]) -> list[ToLink]:
    """The products of the store that are not linked, the first of them, where it can be said what they probably are."""
    codes: dict[int, str] = {}
    for problem in problems:
        id_ = problem["subject"].partition(":")[2]
        if problem["code"] in LINKABLE and id_.isdecimal():
            codes.setdefault(int(id_), problem["code"])
    wanted = list(codes)[:SUGGESTED]
    rows = who.rows(StoreVariant).in_bulk(wanted)
    likely = suggest_all(who, [rows[id_] for id_ in wanted if id_ in rows])
    return [product(who, rows[id_], found, labels.get(codes[id_], "")) for id_, found in likely.items() if found]


def to_choose(who: Access, intake: Intake, draft: Draft, problems: Iterable[Mapping[str, Any]]) -> list[ToChoose]:
    """The lines that stop the order because nobody knows what to ship, those first whose buyer did not choose."""
    codes = {each["subject"].partition(":")[2]: each["code"] for each in problems if each["code"] in CHOOSABLE}
    rows = who.rows(StoreVariant).filter(pk__in=[id_ for id_ in codes if id_.isdecimal()])
    if not (keys := {row.key: codes[str(row.pk)] for row in rows}):
        return []
    found = [(keys.get(store_variant_key(line), ""), place, line) for place, line in enumerate(draft.lines)]
    chosen = chosen_lines(intake, draft)
    found = [each for each in found if each[0] and each[1] not in chosen]
    found.sort(key=lambda each: (CHOOSABLE.index(each[0]), each[1]))
    return [
        ToChoose(place, whole_title(line.title, line.variant_title), code == CHOOSABLE[0])
        for code, place, line in found[:CHOICES]
    ]


def product(who: Access, row: StoreVariant, found: Sequence[Suggestion], button: str) -> ToLink:
    """One that stands out may be taken with a single press; else there is something to choose, and nothing is chosen."""
    shown = found[:1] if stands_out(found) else found[:CHOICES]
    title = whole_title(row.title, row.variant_title)
    return ToLink(row, title, blocked(who, row), [(each, because(each)) for each in shown], button)


def because(found: Suggestion) -> str:
    """Why it is suggested."""
    if found.reason == "same_sku":
        return _("mismo SKU")
    alike = _("nombre muy parecido") if found.score >= MUCH_ALIKE else _("nombre parecido")
    return _("{alike}, mismo precio").format(alike=alike) if found.same_price else alike


def blocked(who: Access, row: StoreVariant) -> str:
    """How many orders wait for this product."""
    return orders_of(who.rows(Problem).filter(store_variant=row))[1]


def orders_of(problems: QuerySet[Problem]) -> tuple[int, str]:
    """How many orders have these problems, looked at up to a thousand and a few: a number, and in words."""
    ids = list(problems.order_by().values_list("intake_id", flat=True)[: 2 * MOST_COUNTED])
    count = len(set(ids))
    return count, str(count) if count <= MOST_COUNTED and len(ids) < 2 * MOST_COUNTED else _("más de mil")


def where(action: str, intake: Intake, facts: Mapping[str, Any] | None = None) -> str:
    """Where an action is done; empty where there is nothing to do it with, an anchor where it is on the order's own page."""
    if action in IN_PRODUCTS:
        return in_products(intake)
    if action in AT_BUILDER:
        return at_builder(action, intake.integration.platform, facts or {})
    if action in AT_INTEGRATION:
        return reverse("connected", args=[intake.integration_id])
    if action == "map":
        return mapped_at(intake)
    if action in HERE:
        return reverse("intake", args=[intake.pk]) + f"#{HERE[action]}"
    return looked_at(action, intake, facts or {})


def at_builder(action: str, platform: str, facts: Mapping[str, Any]) -> str:
    """The integrations of the builder that an order is of; a store that has none is connected, its address filled in."""
    if action == "connect_store" and (store := facts.get("store")):
        return reverse("new", args=[platform]) + "?" + urlencode({"tienda": store})
    return reverse("builder", args=[builder_of(facts) or platform])


def in_products(intake: Intake) -> str:
    """The page of the store product that stops the order; where several do, the list of those that stop it."""
    stopping = {row.store_variant_id for row in intake.problem_rows.all()} - {None}
    if len(stopping) == 1:
        return reverse("store_product", args=[*stopping])
    return reverse("to_link") + (f"?pedido={intake.pk}" if stopping else "")


def mapped_at(intake: Intake) -> str:
    """Where the fields of a custom builder are mapped, by this very order."""
    if not intake.integration.connector.mappable:
        return ""
    sample = f"?pedido={intake.delivery_id}" if intake.delivery_id else ""
    return reverse("map", args=[intake.integration_id]) + sample


def looked_at(action: str, intake: Intake, facts: Mapping[str, Any]) -> str:
    """Where there is something to see: what was read, the first of two orders, who helps."""
    if action == "see_field" and intake.attempts:
        return reverse("step", args=[intake.pk, intake.attempts, "read"]) + "?lado=entrada"
    first = intake.first_id or facts.get("first")
    if action == "open_first" and first:
        return reverse("intake", args=[first])
    return f"{reverse('support')}?pedido={intake.pk}" if action == "report" else ""


def builder_of(facts: Mapping[str, Any]) -> str:
    """The builder that an order looks like: a problem keeps its label."""
    return next((name for name, each in CONNECTORS.items() if each.label == facts.get("builder")), "")
