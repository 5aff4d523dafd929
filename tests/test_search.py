"""Searching the history: by the beginnings of words, whatever their case, accents and signs, in one's own account alone."""

from unittest.mock import patch

import pytest
from django.db import connection

from comanda.accounts.access import by_operator
from comanda.history import search
from comanda.history.models import Intake
from comanda.history.search import FEW, Filter, find, page
from comanda.history.words import prepare
from tests.cast import Cast


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
