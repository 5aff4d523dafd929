"""The veils over orders for whoever only reads: what is known of a buyer, so that it is found wherever it is shown."""

import json
from collections.abc import Sequence

from comanda.accounts.access import Access
from comanda.accounts.masking import KINDS, OPEN, Veil, personal_of, plain_of
from comanda.history.models import Intake
from comanda.history.timeline import Trace
from comanda.orders.models import Order
from comanda.repair.models import Correction


def drawn(intake: Intake, traces: Sequence[Trace] = (), order: Order | None = None) -> Veil:
    """A veil that knows all of the buyer's values that are stored with the order."""
    personal = [("name", intake.customer_name), ("email", intake.customer_email), ("phone", intake.customer_phone)]
    plain = [intake.external_id, intake.number, intake.currency, str(intake.total)]
    for trace in traces:
        personal += personal_of(trace.draft)
        plain += plain_of(trace.draft)
        output = trace.step("check").get("output") or {}
        for changed in (output.get("changes") or {}, output.get("corrections") or {}):
            personal += [
                (name, each[side]) for name, each in changed.items() if name in KINDS for side in ("from", "to")
            ]
    if traces:
        rows = Correction.objects.filter(intake=intake, field__in=KINDS)
        personal += [(row.field, value) for row in rows for value in (row.old, row.new)]
    if order:
        personal += personal_of(
            {"customer": json.loads(order.customer), "shipping_address": json.loads(order.shipping_address)}
        )
    return Veil(True, [pair for pair in personal if pair[1]], plain)


def over_order(who: Access, order: Order) -> Veil:
    """Over a registered order, from what it says of its own buyer."""
    said = {"customer": json.loads(order.customer), "shipping_address": json.loads(order.shipping_address)}
    return Veil(True, personal_of(said | {"note": order.note})) if who.masks else OPEN


def over_rows(who: Access, intakes: Sequence[Intake]) -> dict[object, Veil]:
    """For lists: a veil for each row, by its id, from what the row itself says of its buyer. No query."""
    return {each.pk: drawn(each) if who.masks else OPEN for each in intakes}


def veil_rows(who: Access, intakes: Sequence[Intake]) -> dict[object, Veil]:
    """For lists: masked values in the place of the buyers' own, in rows that are shown and never saved. Returns the veils, for
    the sentences of the rows' problems: `timeline.message(row, language, veils[row.pk])`."""
    veils = over_rows(who, intakes)
    for row in intakes:
        veil = veils[row.pk]
        row.number, row.lines = (
            veil.text(row.number),
            json.dumps(veil.any(json.loads(row.lines))) if veil.on else row.lines,
        )
        row.customer_name, row.customer_email = (
            veil.field("name", row.customer_name),
            veil.field("email", row.customer_email),
        )
        row.customer_phone, row.external_id = veil.field("phone", row.customer_phone), veil.text(row.external_id)
    return veils
