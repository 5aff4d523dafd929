"""Causes, not orders: what stops an account's orders, grouped by problem code and by the thing to mend.

Nothing here reads a whole table: problems are counted in their index, and what the orders of a group have in common is
read of the newest of them, up to MOST.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import CharField, QuerySet, Value

from comanda import sql
from comanda.accounts.access import Access
from comanda.history.models import Intake, Problem
from comanda.problems import CODES

STOPPED = ("failed", "review", "held")
MOST = 1000  # orders of one cause that are counted; beyond it there are "more"
MOST_WAITING = 10_000
SPARE = 10  # groups that are looked at in vain: they are mended, and their orders run at this moment

# What somebody can mend: not what waits for the buyer, is left out by a rule, or merely surrounds another problem.
MENDABLE = tuple(sorted(name for name, code in CODES.items() if code.status in STOPPED and code.acts != "nobody"))
# Their subject is one order's own, so that they are grouped by the code alone.
ONE_BY_ONE = ("correction_outdated", "possible_duplicate")


@dataclass(frozen=True)
class Cause:
    """One thing to mend, and the orders that wait for it.

    `group` is the subject by which the problems are grouped, `order` or "" where orders only share a code. `more`: there
    are more orders than were counted, and the amount is at least this. It is of the account's currency, or of the
    only one that the orders have; what is registered already does not count in it. `intake` is the newest.
    """

    code: str
    group: str
    facts: dict[str, Any]
    intake: Intake
    orders: int
    more: bool
    amount: Decimal
    currency: str
    since: datetime
    last: datetime
    integrations: int

    @property
    def subject(self) -> str:
        """The thing to mend; "" where it is each order's own."""
        return "" if self.group == "order" else self.group


@dataclass(frozen=True)
class Waiting:
    """How many orders wait for somebody, and their total in the account's currency; `more` where that is not all."""

    orders: int
    amount: Decimal
    more: bool


def causes(access: Access, most: int) -> tuple[list[Cause], bool]:
    """What stops most orders first, and whether there is more than that. What somebody has put on hold comes last."""
    groups = biggest(access, most + SPARE)
    found = measured(access, groups)
    problems = Problem.objects.select_related("intake__integration__account").prefetch_related("intake__problem_rows")
    told = problems.in_bulk([row[2] for row in found])
    made = [cause(access, row, told[row[2]]) for row in found if row[2] in told]
    rank = {group: place for place, group in enumerate(groups)}
    made.sort(key=lambda each: (each.code == "integration_off", -each.orders, rank[each.code, each.group]))
    return made[:most], len(made) > most


def biggest(access: Access, most: int) -> list[tuple[str, str]]:
    """Codes and subjects by how many problems they have. Only the index is read."""
    shared = [code for code in MENDABLE if code not in ONE_BY_ONE]
    rows = sql.execute(
        "SELECT code, subject, COUNT(*) AS problems FROM comanda_problem WHERE account_id = %s"
        f" AND code IN ({places(shared)}) GROUP BY code, subject"
        " UNION ALL SELECT code, '', COUNT(*) AS problems FROM comanda_problem WHERE account_id = %s"
        f" AND code IN ({places(ONE_BY_ONE)}) GROUP BY code ORDER BY problems DESC LIMIT %s",
        [access.account.pk, *shared, access.account.pk, *ONE_BY_ONE, most],
    )
    return [(code, subject) for code, subject, _ in rows]


def places(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


COMMON = (
    "SELECT p.code, p.shared, MAX(p.id), COUNT(*), SUM(CASE WHEN i.currency = %s AND i.status <> 'registered' THEN i.total"
    " END), SUM(CASE WHEN i.status <> 'registered' THEN i.total END),"
    " MIN(i.currency), MAX(i.currency), MIN(i.received_at), MAX(i.received_at), COUNT(DISTINCT i.integration_id)"
    " FROM arm p JOIN comanda_intake i ON i.id = p.intake_id"
    " WHERE i.status IN ('failed', 'review', 'held') OR i.cause = 'update_problem' GROUP BY p.code, p.shared"
)


def measured(access: Access, groups: Sequence[tuple[str, str]]) -> list[sql.Row]:
    """What the orders of each group have in common; a group whose orders wait no more is left out."""
    return sql.together([newest(access, *group) for group in groups], COMMON, (access.account.currency,))


def newest(access: Access, code: str, subject: str) -> QuerySet[Any, Any]:
    """The newest problems of a group, as the index has them."""
    found = access.rows(Problem).filter(code=code, **({"subject": subject} if subject else {}))
    named = found.annotate(shared=Value(subject, output_field=CharField())).order_by("-received_at", "-intake_id")
    return named.values_list("id", "intake_id", "code", "shared")[: MOST + 1]


def cause(access: Access, row: sql.Row, problem: Problem) -> Cause:
    code, group, _, count, own, total, first, last, since, until, integrations = row
    single = first == last
    return Cause(
        code=code,
        group=group,
        facts=json.loads(problem.facts),
        intake=problem.intake,
        orders=min(count, MOST),
        more=count > MOST,
        amount=as_amount(total if single else own),
        currency=first if single and first else access.account.currency,
        since=sql.as_time(since),
        last=sql.as_time(until),
        integrations=integrations,
    )


def as_amount(value: Any) -> Decimal:
    return Decimal(str(value or 0)).quantize(Decimal("0.01"))


def waiting(access: Access) -> Waiting:
    """All that waits for somebody, each order once."""
    ((count, amount),) = sql.execute(
        "SELECT COUNT(*), SUM(CASE WHEN currency = %s THEN total END) FROM (SELECT currency, total FROM comanda_intake"
        " WHERE account_id = %s AND status IN ('failed', 'review', 'held') AND NOT (status = 'registered')"
        f" LIMIT {MOST_WAITING + 1}) open",
        [access.account.currency, access.account.pk],
    )
    return Waiting(min(count, MOST_WAITING), as_amount(amount), count > MOST_WAITING)
