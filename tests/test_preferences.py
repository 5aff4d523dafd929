"""What an account chooses, by the API and the command line; what it calls cash on delivery wakes what waits for its payment."""

import json
from pathlib import Path
from typing import Any

import pytest

from comanda.accounts.access import by_operator, new_api_token
from comanda.accounts.models import Account, AuditEntry
from comanda.accounts.preferences import Choices, choose
from comanda.connectors.reading import COD_METHODS
from comanda.history.models import Attempt, Intake, Problem
from comanda.orders.models import Order
from comanda.worker import work_off
from tests.cast import Cast, command
from tests.custom_tool import MAPPING, Tool, foreign, own
from tests.test_api import Api
from tests.test_every_builder import NAMES, Store, by_api
from tests.test_races import Thread


@pytest.fixture
def api(cast: Cast) -> Api:
    return Api(new_api_token(cast.account, "api"))


def test_an_account_shows_what_it_has_chosen(cast: Cast, api: Api) -> None:
    expected = {
        "id": str(cast.account.pk), "name": "Ana", "country": "CO", "currency": "COP", "timezone": "", "support": "",
        "stock": "warn", "price": "warn",
        "cod_methods": list(COD_METHODS), "group_minutes": 0,
    }  # fmt: skip
    assert api("GET", "/account") == (200, expected)
    assert json.loads(command("account", "set", "Ana", "--json")) == expected | {"reprocessed": 0}


def test_what_is_chosen_is_kept_and_the_rest_stays(cast: Cast, api: Api) -> None:
    status, answer = api("PATCH", "/account", {"stock": "block", "cod_methods": ["  Pago  en\ncaja ", "Recaudo"]})
    assert (status, answer["stock"], answer["cod_methods"]) == (200, "block", ["Pago en caja", "Recaudo"])
    said = json.loads(command("account", "set", "Ana", "--price", "block", "--group-minutes", "90", "--json"))
    assert (said["stock"], said["price"], said["group_minutes"]) == ("block", "block", 90)
    row = Account.objects.get()
    assert (row.stock_policy, row.price_policy, row.cod_methods, row.group_minutes) == (
        "block", "block", "Pago en caja\nRecaudo", 90,
    )  # fmt: skip
    assert api("PATCH", "/account", {})[1]["cod_methods"] == ["Pago en caja", "Recaudo"]
    entries = [entry.difference for entry in AuditEntry.objects.filter(action="choose").order_by("id")]
    assert [sorted(each) for each in entries[:2]] == [["cod_methods", "stock"], ["group_minutes", "price"]]
    assert api("PATCH", "/account", {"cod_methods": []})[1]["cod_methods"] == list(COD_METHODS)
    command("account", "set", "Ana", "--cod-method", "Recaudo", "--cod-method", "Pago en caja")
    assert api("GET", "/account")[1]["cod_methods"] == ["Recaudo", "Pago en caja"]
    command("account", "set", "Ana", "--cod-method", "-")
    assert api("GET", "/account")[1]["cod_methods"] == list(COD_METHODS)


def test_a_worker_sees_what_was_changed_since_its_last_batch(cast: Cast) -> None:
    """It keeps the integrations of a batch for the next, while nothing of them or their accounts has changed."""
    assert cast.send(cast.order()).status == "registered"
    Account.objects.update(currency="MXN")
    assert cast.send(cast.order()).cause == "currency_unexpected"
    Account.objects.update(currency="COP")
    assert cast.send(cast.order()).status == "registered"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"stock": "never"}, "stock"),
        ({"price": ""}, "price"),
        ({"group_minutes": -1}, "group_minutes"),
        ({"group_minutes": 1441}, "group_minutes"),
        ({"cod_methods": ["¡!"]}, "cod_methods"),
        ({"cod_methods": ["caja", ""]}, "cod_methods"),
        ({"cod_methods": ["x" * 81]}, "cod_methods"),
        ({"cod_methods": ["caja\x07"]}, "cod_methods"),
        ({"cod_methods": [f"caja {n}" for n in range(101)]}, "cod_methods"),
        ({"stock": "block", "price": "sometimes"}, "price"),
    ],
)
def test_what_cannot_be_chosen_is_refused(cast: Cast, api: Api, body: dict[str, Any], field: str) -> None:
    status, answer = api("PATCH", "/account", body)
    assert (status, answer["error"]["code"], answer["error"]["facts"]) == (400, "invalid", {"field": field})
    options = [word for name, value in body.items() for word in words(name, value)]
    said = json.loads(command("account", "set", "Ana", *options, "--json", code=1))
    assert (said["error"]["code"], said["error"]["facts"]) == ("invalid", {"field": field})
    row = Account.objects.get()
    assert (row.stock_policy, row.price_policy, row.cod_methods, row.group_minutes) == ("warn", "warn", "", 0)


def words(name: str, value: Any) -> list[str]:
    """A field of the API as options of the command."""
    if name == "cod_methods":
        return [word for each in value for word in ("--cod-method", each)]
    return [f"--{name.replace('_', '-')}={value}"]


def test_only_a_writer_chooses(cast: Cast) -> None:
    reader = Api(new_api_token(cast.account, "reader", "support"))
    assert reader("GET", "/account")[0] == 200
    assert reader("PATCH", "/account", {"stock": "block"})[0] == 403
    assert Account.objects.get().stock_policy == "warn"
    assert json.loads(command("account", "set", "Nadie", "--json", code=1))["error"]["code"] == "not_found"


def test_choices_that_are_made_at_once_are_all_kept(cast: Cast) -> None:
    """Each is made by somebody who has read the account before the others changed it."""
    chosen = [Choices(stock="block"), Choices(price="block"), Choices(cod_methods=["caja"]), Choices(group_minutes=5)]
    accesses = [by_operator(Account.objects.get()) for _ in chosen]
    threads = [
        Thread(lambda access=access, each=each: choose(access, each))  # type: ignore[misc]
        for access, each in zip(accesses, chosen, strict=True)
    ]
    for thread in threads:
        thread.done()
    row = Account.objects.get()
    assert (row.stock_policy, row.price_policy, row.cod_methods, row.group_minutes) == ("block", "block", "caja", 5)


# How the builders' stores of the demo call what is not paid yet.
METHODS = ["Transferencia", "Transferencia bancaria", "Consignación", "pending", "bacs"]


@pytest.mark.parametrize("by", ["api", "cli"])
@pytest.mark.parametrize("name", NAMES)
def test_a_new_name_of_cash_on_delivery_wakes_what_waits(
    transactional_db: None, tmp_path: Path, name: str, by: str
) -> None:
    """For every builder; back to the names that come with Comanda by an empty list."""
    store = Store(name)
    api = by_api(store, tmp_path)
    waiting = [store.sell(payment="unpaid") for _ in range(2)]
    assert {(each.status, each.cause) for each in waiting} == {("unpaid", "payment_pending")}
    if by == "api":
        status, answer = api("PATCH", "/account", {"cod_methods": METHODS})
        assert (status, answer["reprocessed"]) == (200, 2)
    else:
        options = [word for method in METHODS for word in ("--cod-method", method)]
        assert json.loads(command("account", "set", "Ana", *options, "--json"))["reprocessed"] == 2
    work_off()
    for intake in waiting:
        intake.refresh_from_db()
        assert (intake.status, intake.attempts) == ("registered", 2)
    assert set(Order.objects.values_list("payment", flat=True)) == {"cod"}
    assert Attempt.objects.filter(trigger="cod_methods").count() == 2
    if name in ("jumpseller", "mastertools", "shoptool"):  # the others have signs of their own besides the name
        assert store.sell(payment="cod").status == "unpaid"  # that name is not this account's any more
    assert api("PATCH", "/account", {"cod_methods": []})[0] == 200
    work_off()
    assert not Problem.objects.exists()
    assert store.sell(payment="unpaid").status == "unpaid"


def test_only_what_waits_for_its_payment_wakes_and_only_ones_own(cast: Cast) -> None:
    """The same names again wake nothing; other choices wake nothing; other accounts' orders stay as they are."""
    stranger = Tool(Cast("Berta"))
    tool = Tool(cast)
    for each in (tool, stranger):
        each.send(own(payment="Pago en caja"))
        each.send(own(payment="cod", city=None))
    api = tool.api
    assert api("PATCH", "/account", {"stock": "block"})[1]["reprocessed"] == 0
    assert api("PATCH", "/account", {"cod_methods": []})[1]["reprocessed"] == 0
    assert api("PATCH", "/account", {"cod_methods": ["Pago en caja"]})[1]["reprocessed"] == 1
    assert api("PATCH", "/account", {"cod_methods": [" pago  en caja"]})[1]["reprocessed"] in (0, 1)
    work_off()
    assert tool.statuses() == ["failed", "registered"]
    assert stranger.statuses() == ["failed", "unpaid"]
    assert Intake.objects.filter(integration=stranger.row, attempts=1).count() == 2


def test_a_mapping_and_the_accounts_names_go_together(cast: Cast) -> None:
    tool = Tool(cast)
    tool.map(MAPPING)
    assert tool.send(foreign(pago="Recaudo Mensajero 🛵")).status == "unpaid"
    tool.api("PATCH", "/account", {"cod_methods": ["RECAUDO mensajero"]})
    work_off()
    assert tool.statuses() == ["registered"]
    shown = tool.preview(mapping=MAPPING, sample=foreign(pago="recaudo mensajero"))[1]
    assert shown["order"]["payment"] == "cod"
