"""Searching the history: by the beginnings of words, whatever their case, accents and signs, in one's own account alone."""

from importlib import import_module
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comanda.accounts.access import by_operator
from comanda.history import search
from comanda.history.models import Intake
from comanda.history.search import FEW, Filter, find, page
from comanda.history.words import prepare
from tests.cast import Cast
from tests.custom_tool import Tool, own


def found(cast: Cast, text: str) -> list[str]:
    """By the index, as whoever counts; as a list of few that have the text; and of many, which is walked."""
    access, wanted = by_operator(cast.account), Filter(q=text)
    lists = [[each.number for each in find(access, wanted)]]
    for few in (FEW, 0):
        with patch.object(search, "FEW", few):
            lists.append([each.number for each in page(access, wanted, "", 50)[0]])
    assert lists[0] == lists[1] == lists[2]
    return lists[0]


@pytest.mark.parametrize(
    "text",
    [
        "#4207", "4207", "maría josé", "NUÑEZ", "nunez maria", "Núñ", "jose@exámple.com".replace("á", "a"), "example.com",
        "3001234567", "300 123 4567", "+57 300-123-4567", "123 4567", "1234567", "A-77/b",
    ],
)  # fmt: skip
def test_an_order_is_found_by_what_is_known_of_it(cast: Cast, text: str) -> None:
    order = cast.order(name="#4207", email="jose@example.com", note_attributes=[])
    cast.send(order), cast.send(cast.order(name="#A-77/b-4207", email="jose@example.com"))
    cast.send(cast.order(name="#1"))  # everybody of the cast is María José Núñez
    numbers = found(cast, text)
    assert numbers and set(numbers) <= {"#4207", "#A-77/b-4207", "#1"}
    assert ("#1" in numbers) == (text.lower()[:2] not in ("#4", "42", "jo", "a-"))


@pytest.mark.parametrize(
    "text", ["zutano", "4208", "300 999", '"', "* OR 1", "account1", "a", "acc", "ⴰ0", "' OR ''='", "() & |", "🔥"]
)
def test_what_is_not_there_is_not_found(cast: Cast, text: str) -> None:
    cast.send(cast.order(name="#4207"))
    assert found(cast, text) == []


def test_a_search_sees_ones_own_account_alone(cast: Cast) -> None:
    other = Cast("Berta")
    cast.send(cast.order(name="#4207")), other.send(other.order(name="#4207"))
    assert len(found(cast, "4207")) == len(found(other, "4207")) == 1
    assert found(cast, f"ⴰ{other.account.pk}") == []


def test_what_an_order_says_now_is_searched_and_no_longer_what_it_said(cast: Cast) -> None:
    intake = cast.send(cast.order(name="#4207"))
    Intake.objects.filter(pk=intake.pk).update(search="zutano")
    assert (found(cast, "zutano"), found(cast, "núñez")) == (["#4207"], [])
    intake.delete()
    assert found(cast, "zutano") == []


def test_the_index_is_used_and_made_anew_where_it_is_lost(cast: Cast) -> None:
    wanted = find(by_operator(cast.account), Filter(q="zutano"))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER comanda_intake_reworded")
        prepare(connection)
        assert "VIRTUAL TABLE INDEX" in wanted.explain()
    intake = cast.send(cast.order(name="#4207"))
    Intake.objects.filter(pk=intake.pk).update(search="zutano")
    assert (found(cast, "zutano"), found(cast, "4207")) == (["#4207"], [])


@pytest.mark.parametrize("number", ["Nº1042", "Pedido-Ñ12", "№1042", "STRASSE-ß1", "İ7"])
def test_an_order_is_found_by_its_number_as_it_is_written(cast: Cast, number: str) -> None:
    cast.send(cast.order(name=number)), cast.send(cast.order(name="#1"))
    for asked in (number, number.lower(), number.casefold()):
        assert found(cast, asked) == [number], asked


def test_an_order_is_found_by_an_email_with_an_accent(cast: Cast) -> None:
    cast.send(cast.order(name="#1", email="José@Example.com")), cast.send(cast.order(name="#2"))
    for asked in ("josé@example.com", "JOSE@example.com"):
        assert found(cast, asked) == ["#1"], asked


def test_an_order_is_found_by_its_id_in_capitals(cast: Cast) -> None:
    tool = Tool(cast)
    tool.send(own(external_id="TK-9F3A", number="7")), tool.send(own(external_id="TK-9F3B", number="8"))
    for asked in ("TK-9F3A", "tk-9f3a", "9F3A"):
        assert found(cast, asked) == ["7"], asked


@pytest.mark.parametrize("text", ["\u0301", "´", "¨ ¸", "🔥"])
def test_a_sign_that_folds_to_nothing_does_not_find_everything(cast: Cast, text: str) -> None:
    cast.send(cast.order(name="#4207"))
    assert found(cast, text) == []


def test_what_was_stored_as_it_came_is_folded_by_the_migration(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    migration = import_module("comanda.migrations.0010_search_folded")
    monkeypatch.setattr(migration, "A_PART", 2)
    intakes = [cast.send(cast.order(name=f"#{number}")) for number in range(5)]
    before = [each.search for each in intakes]
    for number, said in {1: "nº1042 TK-9F3A maria josé@example.com", 4: "pedido-ñ12 TK-9F3B maria"}.items():
        Intake.objects.filter(pk=intakes[number].pk).update(search=said)
    with CaptureQueriesContext(connection) as queries, connection.schema_editor() as editor:
        migration.fold(None, editor)
    assert sum("UPDATE comanda_intake SET" in each["sql"] for each in queries) == 2
    for each in intakes:
        each.refresh_from_db()
    before[1], before[4] = "no1042 tk-9f3a maria jose@example.com", "pedido-n12 tk-9f3b maria"
    assert [each.search for each in intakes] == before
    for asked in ("Nº1042", "TK-9F3A", "josé@example.com"):
        assert found(cast, asked) == ["#1"], asked
    assert found(cast, "Pedido-Ñ12") == ["#4"]
