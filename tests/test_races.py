"""What two workers, or a worker and a person, do to the same order at the same moment. Two real connections each."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from comanda import pipeline, worker
from comanda.accounts.access import by_operator
from comanda.catalogue import link as linking
from comanda.catalogue.link import Part, link
from comanda.catalogue.load import load
from comanda.catalogue.models import StoreVariant
from comanda.history.models import Attempt, Intake
from comanda.inbox.models import Delivery
from comanda.integrations import connect
from comanda.integrations.models import Integration
from comanda.orders.models import Order, OrderLine
from comanda.repair.retry import retry_one
from tests.cast import Cast


class Thread(threading.Thread):
    """A thread with a database connection of its own, whose error the test sees."""

    def __init__(self, act: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.act, self.error = act, None
        self.start()

    def run(self) -> None:
        try:
            self.act()
        except BaseException as error:
            self.error = error  # type: ignore[assignment]
        finally:
            connection.close()

    def done(self) -> None:
        self.join(timeout=90)
        assert not self.is_alive(), "it hangs"
        if self.error:
            raise self.error


@contextmanager
def paused(monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> Iterator[tuple[threading.Event, threading.Event]]:
    """The first call of a function waits, before it does anything, until it is let go: (reached, go)."""
    reached, go, real = threading.Event(), threading.Event(), getattr(place, name)

    def waiting(*args: Any, **kwargs: Any) -> Any:
        if not reached.is_set():
            reached.set()
            assert go.wait(20)
        return real(*args, **kwargs)

    monkeypatch.setattr(place, name, waiting)
    yield reached, go
    go.set()
    monkeypatch.setattr(place, name, real)


def unlinked(cast: Cast, **changes: Any) -> dict[str, Any]:
    return cast.order(line_items=[cast.line(sku=changes.get("sku"), variant_id=9, title="Masajeador")])


def meanwhile(cast: Cast, monkeypatch: pytest.MonkeyPatch, step: str, mend: Callable[[], Any]) -> None:
    """Somebody mends while a worker stands before a step of the journey; then all that is pending is worked off."""
    with paused(monkeypatch, pipeline, step) as (reached, go):
        working = Thread(cast.work)
        assert reached.wait(20)
        mending = Thread(mend)
        time.sleep(0.3)
        go.set()
        mending.done()
        working.done()
    cast.work()


def race(cast: Cast, monkeypatch: pytest.MonkeyPatch, mend: Callable[[], Any]) -> Intake:
    """A worker has matched and not yet written its failure down when somebody mends its cause."""
    cast.send(unlinked(cast, sku="MAS-4D"))  # so that the store variant is there to be linked
    _, answer = cast.post(unlinked(cast, sku="MAS-4D"))
    meanwhile(cast, monkeypatch, "record", mend)
    return Intake.objects.get(delivery_id=answer["delivery"])


def test_a_link_made_while_the_failure_is_written_is_not_lost(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    variant = cast.product("Masajeador 4D")

    def mend() -> None:
        link(by_operator(cast.account), StoreVariant.objects.get(variant_id="9"), [Part(variant)])

    assert race(cast, monkeypatch, mend).status == "registered"
    assert Order.objects.count() == 2


def test_a_link_not_yet_committed_when_the_worker_looks_is_seen(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.send(unlinked(cast))
    variant = cast.product("Masajeador 4D")
    cast.post(unlinked(cast))
    with paused(monkeypatch, linking, "wake") as (reached, go):
        mending = Thread(
            lambda: link(by_operator(cast.account), StoreVariant.objects.get(variant_id="9"), [Part(variant)])
        )
        assert reached.wait(20)
        working = Thread(cast.work)
        time.sleep(0.3)
        go.set()
        mending.done()
        working.done()
    cast.work()
    assert set(Intake.objects.values_list("status", flat=True)) == {"registered"}


def test_two_versions_of_a_registered_order_in_two_workers(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    body = cast.order()
    cast.send(body)
    for quantity in (2, 5):  # in the same second, so that nothing but the lock keeps them apart
        line = body["line_items"][0] | {"quantity": quantity, "current_quantity": quantity}
        cast.post(body | {"line_items": [line]}, "orders/updated")
    with paused(monkeypatch, pipeline, "record") as (reached, go):
        first = Thread(lambda: worker.turn(1))
        assert reached.wait(20)
        second = Thread(lambda: worker.turn(1))
        time.sleep(0.3)
        go.set()
        first.done()
        second.done()
    cast.work()
    cast.faja.refresh_from_db()
    assert (OrderLine.objects.get().quantity, cast.faja.stock) == (5, 95)


def test_a_sku_imported_while_the_failure_is_written_is_not_lost(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def mend() -> None:
        load(by_operator(cast.account), b"product,variant,sku,price,cost,stock\nMasajeador,,MAS-4D,45000,,\n")

    assert race(cast, monkeypatch, mend).status == "registered"
    assert Order.objects.count() == 2


def test_a_sku_imported_while_its_store_product_is_new(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The importer cannot see the store variant that the worker has not committed yet."""
    cast.post(unlinked(cast, sku="NUEVO"))
    meanwhile(
        cast,
        monkeypatch,
        "record",
        lambda: load(by_operator(cast.account), b"product,variant,sku,price,cost,stock\nNuevo,,NUEVO,1,,\n"),
    )
    assert Intake.objects.get().status == "registered"


def test_switching_on_while_the_hold_is_written_is_not_lost(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    access = by_operator(cast.account)
    connect.switch(access, cast.shop, active=False)
    cast.post(cast.order())
    meanwhile(cast, monkeypatch, "record", lambda: connect.switch(access, cast.shop, active=True))
    assert Intake.objects.get().status == "registered"


def test_a_store_corrected_while_the_failure_is_written_is_not_lost(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "otra-tienda.myshopify.com"
    cast.post(cast.order(), store=other)
    meanwhile(cast, monkeypatch, "record", lambda: connect.move_store(by_operator(cast.account), cast.shop, other))
    assert Intake.objects.get().status == "registered"


def test_a_store_corrected_after_the_order_was_read_is_not_lost(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "otra-tienda.myshopify.com"
    cast.post(cast.order(), store=other)
    meanwhile(cast, monkeypatch, "sift", lambda: connect.move_store(by_operator(cast.account), cast.shop, other))
    assert Intake.objects.get().status == "registered"


def test_a_delivery_quarantined_by_a_door_that_remembers_the_old_secret_is_verified_again(cast: Cast) -> None:
    status, _ = cast.post(cast.order(), secret="la-nueva")
    assert status == 401
    # As a door does whose two seconds are not over: it verified against the secrets of before the change.
    connect.add_secret(cast.shop, "la-nueva")
    Delivery.objects.update(state="quarantined", verified=False, secret_version=1)
    worker.sweep()
    cast.work()
    assert Intake.objects.get().status == "registered"


def test_a_retry_while_a_worker_has_the_order_is_not_overwritten(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    intake = cast.send(unlinked(cast))
    access = by_operator(cast.account)
    retry_one(access, intake)
    with paused(monkeypatch, pipeline, "mend") as (reached, go):
        working = Thread(cast.work)
        assert reached.wait(20)
        asked = [datetime.now(UTC)]
        retrying = Thread(lambda: retry_one(access, Intake.objects.get()))
        time.sleep(0.3)
        go.set()
        working.done()
        retrying.done()
    cast.work()
    intake.refresh_from_db()
    assert (intake.status, intake.attempts) == ("failed", Attempt.objects.count())
    assert Attempt.objects.order_by("id").last().started_at > asked[0]  # type: ignore[union-attr]
    assert not Delivery.objects.filter(state="pending").exists()


def test_versions_of_one_order_in_many_workers_make_one_order(cast: Cast) -> None:
    orders = [cast.order() for _ in range(12)]
    for body in orders:
        for topic in ("orders/create", "orders/updated", "orders/paid"):
            cast.post(body | {"updated_at": body["updated_at"], "note": topic}, topic)
    workers = [Thread(lambda: work_in_small_batches(cast)) for _ in range(4)]
    for each in workers:
        each.done()
    cast.work()
    assert Order.objects.count() == len(orders)
    assert set(Intake.objects.values_list("status", flat=True)) == {"registered"}
    assert Attempt.objects.count() == 3 * len(orders)
    cast.faja.refresh_from_db()
    assert cast.faja.stock == 100 - len(orders)


def work_in_small_batches(cast: Cast) -> None:
    while worker.turn(3):
        pass


def test_ten_workers_and_two_integrations_of_one_store_make_one_order_each(cast: Cast) -> None:
    second = connect.connect(cast.account, "shopify", "Respaldo", "tienda-uno", "shpss_una-clave")
    orders = [cast.order() for _ in range(15)]
    for body in orders:
        cast.post(body)
        cast.post(body, integration=second)
    workers = [Thread(lambda: work_in_small_batches(cast)) for _ in range(10)]
    for each in workers:
        each.done()
    cast.work()
    assert Order.objects.count() == len(orders)
    statuses = sorted(Intake.objects.values_list("status", flat=True))
    assert statuses == ["duplicate"] * 15 + ["registered"] * 15
    for duplicate in Intake.objects.filter(status="duplicate"):
        assert Order.objects.get(key=duplicate.key).intake_id == duplicate.first_id
    cast.faja.refresh_from_db()
    assert cast.faja.stock == 85
    assert OrderLine.objects.count() == 15


def test_workers_never_sell_the_same_last_piece(cast: Cast) -> None:
    cast.account.stock_policy = "block"
    cast.account.save()
    cast.faja.stock = 5
    cast.faja.save()
    for _ in range(12):
        cast.post(cast.order())
    workers = [Thread(lambda: work_in_small_batches(cast)) for _ in range(5)]
    for each in workers:
        each.done()
    cast.work()
    cast.faja.refresh_from_db()
    assert (Order.objects.count(), cast.faja.stock) == (5, 0)
    assert Intake.objects.filter(cause="out_of_stock").count() == 7


def test_the_store_is_pinned_once_by_two_first_deliveries(cast: Cast) -> None:
    fresh = connect.connect(cast.account, "shopify", "Nueva", "", "shpss_una-clave")
    threads = [
        Thread(lambda store=store: cast.post(cast.order(), integration=fresh, store=store))  # type: ignore[misc]
        for store in ("uno.myshopify.com", "dos.myshopify.com")
    ]
    for each in threads:
        each.done()
    cast.work()
    pinned = Integration.objects.get(pk=fresh.pk).store_key
    assert pinned in ("uno.myshopify.com", "dos.myshopify.com")
    assert sorted(Intake.objects.values_list("status", flat=True)) == ["failed", "registered"]
    assert Intake.objects.get(status="failed").cause == "wrong_store"
