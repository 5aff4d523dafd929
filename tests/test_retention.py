"""Deliveries go after their time; what is unfinished stays, and duplicates stay closed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError

from comanda.accounts.access import by_operator
from comanda.history.models import Attempt, Intake
from comanda.inbox.models import Delivery
from comanda.inbox.retention import prune
from comanda.orders.models import Order
from comanda.repair.retry import retry_one
from tests.cast import Cast


def test_old_deliveries_go_and_unfinished_ones_stay(cast: Cast) -> None:
    body = cast.order()
    cast.send(body)
    failed = cast.send(cast.order(line_items=[cast.line(sku=None, title="Masajeador")]))
    assert prune() == 0

    assert prune(datetime.now(UTC) + timedelta(days=181)) == 1
    assert Delivery.objects.get().pk == failed.delivery_id
    assert Attempt.objects.count() == 2

    cast.send(body, headers={"x-shopify-event-id": "another"})  # the shop sends it once more
    assert Order.objects.count() == 1
    assert Intake.objects.filter(status="registered").count() == 1


def test_an_intake_without_delivery_says_that_it_cannot_be_run_again(cast: Cast) -> None:
    intake = cast.send()
    prune(datetime.now(UTC) + timedelta(days=181))
    assert not Delivery.objects.exists()
    assert Intake.objects.get().status == intake.status == "registered"
    with pytest.raises(IntegrityError):
        Order.objects.create(
            account=cast.account, key=intake.key, intake_id=intake.pk, ordered_at=intake.ordered_at,
            registered_at=intake.received_at, updated_at=intake.received_at, version=intake.received_at,
            subtotal=0, shipping=0, discount=0, tax=0, total=0, amount_due=0,
        )  # fmt: skip


def test_what_is_asked_for_anew_while_it_is_pruned_stays(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look at what has served and its deletion somebody registers it anyway."""
    found = cast.send(cast.order(tags="abandoned_checkout_releasit_cod_form"))
    assert found.status == "ignored"
    real = Delivery.objects.filter

    def filtered(*given: Any, **wanted: Any) -> Any:
        if "id__in" in wanted:
            monkeypatch.undo()
            retry_one(by_operator(cast.account), found, anyway=True)
        return real(*given, **wanted)

    monkeypatch.setattr(Delivery.objects, "filter", filtered)
    prune(datetime.now(UTC) + timedelta(days=settings.RETENTION_DAYS + 1))
    cast.work()
    found.refresh_from_db()
    assert found.status == "registered"
