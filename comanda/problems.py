"""Every problem code: its step, who acts, what status it gives an intake, and the action that mends it.

Codes and facts are stored; the sentences are made at display, from `help/problems/<code>.md`. Codes are public and stable.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The order in which an intake's problems are named: its cause is the first.
STEPS = ("receive", "verify", "fetch", "read", "check", "match", "register", "forward")


class Problem(Exception):  # noqa: N818 (the domain's own word)
    """What stands in an order's way: a code of CODES, the thing to mend (`subject`, "kind:id") and the facts of the case."""

    def __init__(self, code: str, subject: str = "", **facts: Any) -> None:
        super().__init__(code)
        self.code, self.subject, self.facts = code, subject, facts


@dataclass(frozen=True)
class Code:
    """`status` is what the intake becomes; `action` the one thing offered; `acts` merchant, operator or nobody."""

    step: str
    status: str
    acts: str
    action: str


def _merchant(step: str, action: str, status: str = "failed") -> Code:
    return Code(step, status, "merchant", action)


def _nobody(step: str, status: str, action: str = "none") -> Code:
    return Code(step, status, "nobody", action)


# Beside each code, the facts that it carries.
CODES: dict[str, Code] = {
    "signature_missing": _merchant("verify", "correct_secret"),  # header
    "signature_invalid": _merchant("verify", "correct_secret"),  # secrets: how many were tried
    "integration_off": _merchant("receive", "switch_on", "held"),  # integration: its name; binned
    "not_json": Code("receive", "failed", "operator", "read_article"),
    "too_large": Code("receive", "failed", "operator", "read_article"),  # limit
    "content_type_unsupported": Code("receive", "failed", "operator", "read_article"),  # content_type
    "wrong_builder": _merchant("read", "move"),  # builder: its label; expected: this integration's
    "order_unreadable": Code("read", "failed", "operator", "see_field"),  # path, reason, expression: of the mapping
    "unmapped": _merchant("read", "map", "held"),  # looks_like: the builder that sends such orders, or ""
    "topic_ignored": _nobody("read", "ignored"),  # topic, detail
    "test_order": _nobody("read", "ignored"),
    "draft_order": _nobody("read", "ignored", "register_anyway"),  # status: as the builder names it; final: a cart left
    "order_cancelled": _nobody("read", "cancelled"),  # reason, at
    "discarded": _nobody("read", "ignored", "register_anyway"),  # by a person
    "wrong_store": _merchant("read", "connect_store"),  # store: whose order it is; expected: this integration's
    "old_order": _merchant("read", "register_anyway", "ignored"),  # ordered_at, connected_at
    "store_unauthorized": _merchant("fetch", "reconnect_store", "review"),  # said: the store's own words
    "store_unavailable": _merchant("fetch", "read_article", "review"),  # said
    "store_order_not_found": _merchant("fetch", "read_article", "ignored"),  # said
    "payment_pending": _nobody("check", "unpaid", "mark_paid"),  # gateway, financial_status
    "name_missing": _merchant("check", "correct"),
    "phone_missing": _merchant("check", "correct"),
    "phone_invalid": _merchant("check", "correct"),  # phones: as they came; country
    "address_missing": _merchant("check", "correct"),
    "address_too_short": _merchant("check", "correct"),  # address
    "city_missing": _merchant("check", "correct"),
    "city_unknown": _merchant("check", "correct"),  # city, region, choices: ["Armenia, Quindío", …]; one
    "region_unknown": _merchant("check", "correct"),  # region, city
    "country_not_served": _merchant("check", "correct"),  # country, served
    "currency_unexpected": _merchant("check", "review"),  # currency, expected
    "quantity_invalid": _merchant("check", "review"),  # items: [{title, quantity}]
    "price_invalid": _merchant("check", "review"),  # items: [{title, price}]; totals by their field
    "no_lines": _merchant("check", "read_article"),
    "correction_outdated": _merchant(
        "check", "correct", "review"
    ),  # field, old, new, incoming; of a line: chosen, gone
    "email_invalid": _nobody("check", "registered"),  # email
    "total_mismatch": _nobody("check", "registered"),  # total, sum, currency
    "city_not_in_gazetteer": _nobody("check", "registered"),  # city, region
    "product_not_linked": _merchant("match", "link"),  # title, variant_title, sku, product_id, variant_id
    "variant_not_linked": _merchant("match", "link"),  # the same
    "variant_not_chosen": _merchant("match", "choose_variant"),  # title, variant_title
    "sku_ambiguous": _merchant("match", "link"),  # title, sku, candidates: ["name", …]
    "product_inactive": _merchant("match", "activate"),  # title, variant, sku
    "out_of_stock": _merchant("match", "restock"),  # title, stock, quantity
    "price_below_cost": _merchant("match", "review_price"),  # title, price, cost, currency
    "duplicate_order": _nobody("register", "duplicate", "open_first"),  # first: intake id; integration: its name
    "possible_duplicate": _merchant("register", "register_anyway", "review"),  # other: intake id; reason
    "grouped": _nobody("register", "registered", "open_first"),  # first: intake id; number: of the order that it joined
    "update_problem": _merchant(
        "match", "mend_update", "registered"
    ),  # inside: the code of the problem inside; the order stays
    "internal_error": Code("read", "failed", "operator", "report"),  # fingerprint, error
}

# What a person may decide to register all the same.
WAIVABLE = frozenset({"draft_order", "old_order", "possible_duplicate"})

WARNINGS = frozenset(
    {"email_invalid", "total_mismatch", "city_not_in_gazetteer", "out_of_stock", "price_below_cost", "grouped"}
)


def waivable(code: str, facts: Mapping[str, Any]) -> bool:
    """Whether a person may say that it is to be registered all the same. A cart that was left is no order."""
    return code in WAIVABLE and not facts.get("final")


def action_of(code: str, facts: Mapping[str, Any]) -> str:
    """The one thing offered: what is in the bin is restored first, what a mapping does not read is mended in it."""
    if code in WAIVABLE and not waivable(code, facts):
        return "none"
    if code == "integration_off" and facts.get("binned"):
        return "restore"
    return "map" if code == "order_unreadable" and facts.get("expression") else CODES[code].action


def step_rank(problem: Problem) -> int:
    """Where a problem stands in the order of the journey's steps."""
    return STEPS.index(CODES[problem.code].step)
