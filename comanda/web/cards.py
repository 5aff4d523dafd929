"""What needs somebody, as cards: the sentence, whose it is, what it stops, and the one action that mends it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comanda.accounts.access import Access
from comanda.catalogue.models import StoreVariant
from comanda.catalogue.suggest import Suggestion, outstanding
from comanda.diagnosis.causes import Cause, counted, tell
from comanda.diagnosis.terms import builder_called
from comanda.integrations.models import Integration
from comanda.integrations.pulse import Pulse
from comanda.problems import CODES
from comanda.web.language import reading
from comanda.web.mending import AT_BUILDER, AT_INTEGRATION, IN_PRODUCTS, where
from comanda.web.offers import likely
from comanda.web.words import builder

OFFERED = ("product_not_linked", "variant_not_linked")  # codes that a suggestion may mend
OFFERS = 10  # cards of a page that have one
# What mends every order of a cause at once; anything else is done order by order.
SHARED = IN_PRODUCTS | AT_BUILDER | AT_INTEGRATION | {"map", "report", "switch_on", "restore"}


@dataclass(frozen=True)
class Offer:
    """A link that one press makes: this store variant as that one of the catalogue, and why."""

    store_variant: int
    suggestion: Suggestion

    @property
    def why(self) -> str:
        """Why it is offered."""
        said = likely(self.suggestion).why
        return _("{why}, mismo precio").format(why=said) if self.suggestion.same_price else said


@dataclass(frozen=True)
class Card:
    """`count` says how many orders (or deliveries, where `held` says so) in words; `button` and `href` are the action,
    empty where there is none for this reader."""

    sentence: str
    grave: bool
    integration: Integration
    others: int
    since: datetime | None
    last: datetime
    size: int
    count: str
    button: str
    href: str
    article: str
    key: str  # by which it is known again
    amount: Decimal = Decimal(0)
    currency: str = ""
    on_purpose: bool = False
    held: str = ""
    orders: str = ""
    number: str = ""
    one: bool = False
    store_variant: int = 0
    offer: Offer | None = None


def cards(access: Access, causes: Sequence[Cause], pulses: Sequence[Pulse]) -> list[Card]:
    """What stops most first; what somebody has put on hold comes last. Whoever only reads is shown the orders, and no way to
    mend what they may not."""
    made = [of_cause(access, each) for each in causes]
    made += [of_refusals(access, each) for each in pulses if each.refused]
    made.sort(key=lambda each: (each.on_purpose, -each.size, -each.amount))
    return with_offers(access, made) if access.writes else made


def of_cause(access: Access, cause: Cause) -> Card:
    count, told = counted(access.account, cause.orders, more=cause.more), tell(access, cause, reading())
    single = cause.orders == 1
    shared = single or told.action in SHARED
    href = mended_at(told.action, cause) if shared and access.writes else ""
    seen = orders_of(cause, told.subject)
    see = _("Ver el pedido") if single else _("Ver los {count} pedidos").format(count=count)
    return Card(
        sentence=told.message,
        grave=CODES[cause.code].status == "failed",
        on_purpose=cause.code == "integration_off",
        integration=cause.intake.integration,
        others=cause.integrations - 1,
        since=None if cause.more else apart(cause.since, cause.last),
        last=cause.last,
        size=cause.orders,
        count=ngettext("{count} pedido", "{count} pedidos", cause.orders).format(count=count),
        button=told.action_label if href else see,
        href=href or seen,
        article=told.article,
        key=sha256(f"{cause.code} {cause.group}".encode()).hexdigest()[:12],
        amount=cause.amount or Decimal(0),
        currency=cause.currency,
        orders=seen if href else "",
        number=count,
        one=single,
        store_variant=store_variant_of(cause),
    )


def mended_at(action: str, cause: Cause) -> str:
    """Where it is mended for all of its orders: at the very thing that is its subject. An integration is switched on among
    its builder's, not on one order's page."""
    kind, _sep, id_ = cause.subject.partition(":")
    if action in ("switch_on", "restore"):
        return reverse("builder", args=[cause.intake.integration.platform])
    if action in IN_PRODUCTS and kind == "store_variant":
        return reverse("store_product", args=[id_])
    if action in IN_PRODUCTS and kind == "variant":
        return reverse("variant", args=[id_])
    return where(action, cause.intake, cause.facts)


def apart(since: datetime, last: datetime) -> datetime | None:
    """The first, where it is worth a word of its own."""
    return since if last - since > timedelta(minutes=2) else None


def orders_of(cause: Cause, subject: str) -> str:
    """Its order, or its orders in the history; a subject that this reader may not see narrows nothing."""
    if cause.orders == 1:
        return reverse("intake", args=[cause.intake.pk])
    known = bool(subject) and subject == cause.subject
    wanted = {"cause": cause.code} | ({"subject": subject} if known else {})
    return f"{reverse('history')}?{urlencode(wanted)}"


def store_variant_of(cause: Cause) -> int:
    kind, _sep, id_ = cause.subject.partition(":")
    return int(id_) if cause.code in OFFERED and kind == "store_variant" and id_.isdecimal() else 0


def of_refusals(access: Access, pulse: Pulse) -> Card:
    """Deliveries that no secret of their integration verifies: kept, and read once it is corrected."""
    row, refused = pulse.row, pulse.refused
    assert refused is not None
    sentence, button = refusal(pulse)
    held = ngettext("{count} envío retenido, no se perdió", "{count} envíos retenidos, ninguno perdido", refused.count)
    return Card(
        sentence=sentence.format(
            name=row.name, builder=builder_called(refused.builder, reading()), own=builder(row.platform)
        ),
        grave=True,
        integration=row,
        others=0,
        since=None if refused.more else apart(refused.since, refused.last),
        last=refused.last,
        size=refused.count,
        count="",
        held=held.format(count=counted(access.account, refused.count, more=refused.more)),
        button=button if access.writes else "",
        href=reverse("connected", args=[row.pk]) + ("" if refused.builder else "#clave") if access.writes else "",
        key=f"rechazos-{row.pk}",
        article="/ayuda/wrong_builder/" if refused.builder else "/ayuda/signature_invalid/",
    )


def refusal(pulse: Pulse) -> tuple[str, str]:
    """Why nothing is let in, and what the button says."""
    if pulse.refused and pulse.refused.builder:
        return _("«{name}» es de {own} y recibe envíos de {builder}: su URL va en {own}."), _("Ver la URL")
    if pulse.state == "no_secret":
        return _("«{name}» todavía no tiene clave: lo que envía queda retenido."), _("Poner la clave")
    return _("La clave de «{name}» no coincide con la firma de lo que envía."), _("Corregir la clave")


def with_offers(access: Access, made: Sequence[Card]) -> list[Card]:
    """The cards, and on the first of those that link a product the one that it probably is."""
    asked = [each.store_variant for each in made if each.store_variant][:OFFERS]
    rows = access.rows(StoreVariant).filter(pk__in=asked, link=None) if asked else []
    found = outstanding(access, list(rows))
    offers = {id_: Offer(id_, suggestion) for id_, suggestion in found.items()}
    return [replace(each, offer=offers.get(each.store_variant)) for each in made]
