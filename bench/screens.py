"""How long the history's pages take with ten thousand orders and with a million: the server's own time, page by page."""

import random
import time
import uuid
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.common import main, ratio, show

SMALL, ROUNDS = 10_000, 40
FIRST = (
    "María José Luis Andrés Luz Óscar Paola Yuliana Camilo Inés Kevin Sandra Jhon Leidy Diego Marta Iván Sofía"
).split()
LAST = (
    "Núñez Peña Gómez Ríos Mejía Castaño Ibáñez Quintero Ospina Lozano Arango Güiza Muñoz Rincón Vélez Zapata"
).split()
STATUSES = ["registered"] * 92 + ["failed"] * 4 + ["duplicate"] * 2 + ["unpaid", "held"]
CAUSES = {
    "failed": "product_not_linked",
    "duplicate": "duplicate_order",
    "unpaid": "payment_pending",
    "held": "integration_off",
}


def measure(given: Namespace) -> None:
    from comanda.accounts.models import Account, Member, User
    from comanda.integrations.connect import connect

    user = User.objects.create_user("ana@example.com", "una-clave-larga-9")
    took: list[dict[str, list[float]]] = []
    for name, count in (("Pequeña", SMALL), ("Grande", given.intakes)):
        account = Account.objects.create(name=name)
        Member.objects.update_or_create(user=user, defaults={"account": account, "role": "owner"})
        shops = [connect(account, "shopify", f"Tienda {n}", f"{name}-{n}") for n in range(3)]
        fill(account.pk, [shop.pk for shop in shops], count)
        settle_down()
        took.append(pages(user, str(shops[0].pk), count))
        if name == "Pequeña":
            clear()
    report(given, took)


def fill(account: int, shops: list[int], count: int) -> None:
    """Intakes as a year of a shop leaves them, with the problems of those that failed."""
    from django.db import transaction

    from comanda import sql
    from comanda.history.models import Intake, Problem
    from comanda.history.record import searchable
    from comanda.history.words import gather

    chance, now = random.Random(count), datetime.now(UTC)
    columns = (
        "id", "account_id", "integration_id", "external_id", "delivery_id", "status", "cause", "waived", "attempts",
        "number", "customer_name", "customer_email", "customer_phone", "lines", "total", "currency", "ordered_at",
        "received_at", "search",
    )  # fmt: skip
    for start in range(0, count, 10_000):
        rows, problems = [], []
        for number in range(start, min(start + 10_000, count)):
            at = now - timedelta(seconds=31_536_000 * (count - number) / count)
            name = f"{chance.choice(FIRST)} {chance.choice(FIRST)} {chance.choice(LAST)} {chance.choice(LAST)}"
            email, phone = f"cliente{number}@example.com", f"+57300{number:07}"
            status, id_, external = (
                chance.choice(STATUSES),
                uuid.UUID(int=(int(at.timestamp() * 1000) << 80) + number),
                str(6 * 10**12 + number),
            )
            cause = CAUSES.get(status, "")
            lines = '[{"title":"Faja Reductora Colombiana","variant":"M / Beige","quantity":1}]'
            said = searchable(f"#{number}", external, name, email, phone)
            rows.append(
                (
                    id_,
                    account,
                    chance.choice(shops),
                    external,
                    id_,
                    status,
                    cause,
                    "[]",
                    1,
                    f"#{number}",
                    name,
                    email,
                    phone,
                    lines,
                    109900,
                    "COP",
                    at,
                    at,
                    said,
                )
            )
            if cause:
                problems.append(
                    (account, id_, cause, "match", f"store_variant:{chance.randrange(200)}", '{"title":"Faja"}', at)
                )
        with transaction.atomic():
            sql.insert(Intake, columns, rows)
            gather(row[0] for row in rows)
            columns_ = ("account_id", "intake_id", "code", "step", "subject", "facts", "received_at")
            sql.insert(Problem, columns_, problems)


def settle_down() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in (
            ("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)")
            if connection.vendor == "sqlite"
            else ("VACUUM ANALYZE", "CHECKPOINT")
        ):
            cursor.execute(statement)


def clear() -> None:
    """The small shop goes before the big one comes: neither is to find the other's rows in its indexes."""
    from comanda.history.models import Intake, Problem

    Problem.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    Intake.objects.all()._raw_delete("default")  # type: ignore[attr-defined]


def pages(user: Any, shop: str, count: int) -> dict[str, list[float]]:
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    chance = random.Random(7)
    some = [chance.randrange(count) for _ in range(ROUNDS)]
    asked = {
        "the list": lambda n: {},
        "failed": lambda n: {"status": "failed"},
        "of one integration": lambda n: {"integration": shop},
        "of a cause": lambda n: {"cause": "product_not_linked"},
        "by number": lambda n: {"q": f"#{n}"},
        "by e-mail": lambda n: {"q": f"cliente{n}@example.com"},
        "by telephone": lambda n: {"q": f"300 {n // 10000:03} {n % 10000:04}"},
        "by name": lambda n: {"q": f"{FIRST[n % 18]} {LAST[n % 16]}"},
        "by what is not there": lambda n: {"q": f"zutano{n}"},
        "failed, by name": lambda n: {"status": "failed", "q": f"{FIRST[n % 18]} {LAST[n % 16]}"},
    }
    took: dict[str, list[float]] = {name: [] for name in asked}
    for number in some:
        for name, query in asked.items():
            started = time.perf_counter()
            answer = client.get("/historial/", query(number))
            took[name].append(time.perf_counter() - started)
            assert answer.status_code == 200, (name, answer.status_code)
    return took


def report(given: Namespace, took: list[dict[str, list[float]]]) -> None:
    def slow(times: list[float]) -> float:
        return 1000 * sorted(times)[int(len(times) * 0.95)]

    small, big = took
    rows = [("p95, ms", f"{SMALL:,}", f"{given.intakes:,}", "ratio", "target")]
    for name in small:
        low, high = slow(small[name]), slow(big[name])
        rows.append(
            (name, f"{low:.0f}", f"{high:.0f}", *ratio(high / low, 1.5 if name == "the list" else 3, most=True))
        )
    show(f"screens, {given.database}: the history's pages, {ROUNDS} of each", rows)


if __name__ == "__main__":
    main(measure, intakes=1_000_000)
