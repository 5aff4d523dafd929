"""Causes, not orders: what stops an account's orders, grouped by problem code and by the thing to mend.

Nothing here reads a whole table: problems are counted in their index, and what the orders of a group have in common is
read of the newest of them, up to MOST.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from babel.numbers import format_decimal
from django.db.models import CharField, QuerySet, Value

from comanda import sql
from comanda.accounts.access import Access
from comanda.accounts.models import Account
from comanda.accounts.region import locale
from comanda.diagnosis.explain import Told, explain, explain_cause
from comanda.history.cursors import BadCursor, Number, Text, decode, encode
from comanda.history.models import Intake, Problem
from comanda.history.veil import over_rows
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
    only one that the orders have; what is registered already does not count in it. None where none has a total. `intake`
    is the newest.
    """

    code: str
    group: str
    facts: dict[str, Any]
    intake: Intake
    orders: int
    more: bool
    amount: Decimal | None
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


class Group(NamedTuple):
    """Problems of one code and subject ("" where that is each order's own), and how many there are."""

    code: str
    subject: Text
    problems: Number


def causes(access: Access, most: int) -> tuple[list[Cause], bool]:
    """What stops most orders first, and whether there is more than that. What somebody has put on hold comes last."""
    made = made_of(access, biggest(access, most + SPARE))
    return made[:most], len(made) > most


def page(access: Access, cursor: str, most: int) -> tuple[list[Cause], str | None]:
    """The next `most` groups after the cursor as causes, and the cursor of what follows. Those that are just being mended
    are left out, so that a page may be shorter."""
    groups = biggest(access, most + 1, parse(cursor) if cursor else None)
    return made_of(access, groups[:most]), encode(groups[most - 1]) if len(groups) > most else None


def made_of(access: Access, groups: Sequence[Group]) -> list[Cause]:
    """The causes of these groups, what stops most orders first."""
    found = measured(access, groups)
    problems = Problem.objects.select_related("intake__integration__account").prefetch_related("intake__problem_rows")
    told = problems.in_bulk([row[2] for row in found])
    made = [cause(access, row, told[row[2]]) for row in found if row[2] in told]
    rank = {(group.code, group.subject): place for place, group in enumerate(groups)}
    return sorted(made, key=lambda each: (each.code == "integration_off", -each.orders, rank[each.code, each.group]))


def biggest(access: Access, most: int, after: Group | None = None) -> list[Group]:
    """Codes and subjects by how many problems they have, those that follow `after`. Only the index is read."""
    shared = [code for code in MENDABLE if code not in ONE_BY_ONE]
    groups = (
        "SELECT code, subject, COUNT(*) AS problems FROM comanda_problem WHERE account_id = %s"
        f" AND code IN ({places(shared)}) GROUP BY code, subject"
        " UNION ALL SELECT code, '', COUNT(*) AS problems FROM comanda_problem WHERE account_id = %s"
        f" AND code IN ({places(ONE_BY_ONE)}) GROUP BY code"
    )
    values = [access.account.pk, *shared, access.account.pk, *ONE_BY_ONE]
    where = ""
    if after:
        where = " WHERE problems < %s OR (problems = %s AND (code, subject) > (%s, %s))"
        values += [after.problems, after.problems, after.code, after.subject]
    order = " ORDER BY problems DESC, code, subject LIMIT %s"
    rows = sql.execute(f"SELECT code, subject, problems FROM ({groups}) found{where}{order}", [*values, most])
    return [Group(*row) for row in rows]


def parse(cursor: str) -> Group:
    """Raises BadCursor for what no page has given."""
    group = decode(cursor, Group)
    if group.code not in CODES:
        raise BadCursor
    return group


def places(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


# Totals that an order may have: what cannot be takes nothing away and adds nothing to what waits.
POSSIBLE = "total >= 0 AND total < 100000000000"
COMMON = (
    "SELECT p.code, p.shared, MAX(p.id), COUNT(*),"
    f" SUM(CASE WHEN i.currency = %s AND i.status <> 'registered' AND {POSSIBLE} THEN i.total END),"
    f" SUM(CASE WHEN i.status <> 'registered' AND {POSSIBLE} THEN i.total END),"
    " MIN(i.currency), MAX(i.currency), MIN(i.received_at), MAX(i.received_at), COUNT(DISTINCT i.integration_id)"
    " FROM arm p JOIN comanda_intake i ON i.id = p.intake_id"
    " WHERE i.status IN ('failed', 'review', 'held') OR i.cause = 'update_problem' GROUP BY p.code, p.shared"
)


def measured(access: Access, groups: Sequence[Group]) -> list[sql.Row]:
    """What the orders of each group have in common; a group whose orders wait no more is left out."""
    return sql.together(
        [newest(access, group.code, group.subject) for group in groups], COMMON, (access.account.currency,)
    )


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
        amount=None if total is None else as_amount(total if single else own),
        currency=first if single and first else access.account.currency,
        since=sql.as_time(since),
        last=sql.as_time(until),
        integrations=integrations,
    )


def tell(access: Access, cause: Cause, language: str) -> Told:
    """In the reader's language, and without what a buyer may hide from this reader."""
    veil = over_rows(access, [cause.intake])[cause.intake.pk]
    row = veil.problem({"code": cause.code, "subject": cause.subject, "facts": cause.facts})
    if cause.orders == 1:
        return explain([row], language)[0]
    count = counted(access.account, cause.orders, more=cause.more)
    return replace(explain_cause(cause.code, row["facts"], count, language), subject=row["subject"])


def counted(account: Account, number: int, *, more: bool = False) -> str:
    """`1.000+` where nobody has counted further."""
    return format_decimal(number, locale=locale(account.country)) + ("+" if more else "")


def as_amount(value: Any) -> Decimal:
    return Decimal(str(value or 0)).quantize(Decimal("0.01"))


def waiting(access: Access) -> Waiting:
    """All that waits for somebody, each order once."""
    ((count, amount),) = sql.execute(
        f"SELECT COUNT(*), SUM(CASE WHEN currency = %s AND {POSSIBLE} THEN total END)"
        " FROM (SELECT currency, total FROM comanda_intake WHERE account_id = %s"
        " AND status IN ('failed', 'review', 'held') AND NOT (status = 'registered')"
        f" LIMIT {MOST_WAITING + 1}) open",
        [access.account.currency, access.account.pk],
    )
    return Waiting(min(count, MOST_WAITING), as_amount(amount), count > MOST_WAITING)
