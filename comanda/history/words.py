"""The index in which the history is searched: by the beginnings of words, in any order.

PostgreSQL keeps it over the column itself (GIN over its words), SQLite in a table of its own (FTS5), in which each
intake has a seat; whoever writes intakes gathers the new ones into it, and triggers follow what is changed or deleted.
Both cut the folded text at whatever is neither letter nor digit. The account stands among the words, after a letter
that nobody types (of Tifinagh), so that a search does not go through everybody's.
"""

import re
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, F, Func, Q, Value, When
from django.db.models.expressions import RawSQL

from comanda import sql
from comanda.connectors.reading import fold, unaccented
from comanda.history.models import Intake

MOST_WORDS = 8

# Signs that PostgreSQL's own parser would keep within a word: e-mail addresses, negative numbers, paths.
WORDS = "to_tsvector('simple', 'ⴰ' || {account} || ' ' || translate({search}, '@.-_+/:', '       '))"
OVER = WORDS.format(account="account_id", search="search")
POSTGRES = f"CREATE INDEX IF NOT EXISTS intake_words ON comanda_intake USING gin (({OVER}))"

SAID = "'ⴰ' || {row}.account_id || ' ' || {row}.search"
GATHER = f"""
    INSERT INTO comanda_intakewords (rowid, said) SELECT s.seat, {SAID.format(row="i")}
        FROM comanda_intakeseat s JOIN comanda_intake i ON i.id = s.intake
        WHERE s.seat > (SELECT coalesce(max(id), 0) FROM comanda_intakewords_docsize)
"""
DROP = f"""
    INSERT INTO comanda_intakewords (comanda_intakewords, rowid, said)
        SELECT 'delete', seat, {SAID.format(row="old")} FROM comanda_intakeseat WHERE intake = old.id;
"""
ADD = f"""
    INSERT INTO comanda_intakewords (rowid, said)
        SELECT seat, {SAID.format(row="new")} FROM comanda_intakeseat WHERE intake = new.id;
"""
SQLITE = (
    "CREATE TABLE IF NOT EXISTS comanda_intakeseat (seat INTEGER PRIMARY KEY, intake CHAR(32) NOT NULL UNIQUE)",
    "CREATE VIRTUAL TABLE IF NOT EXISTS comanda_intakewords USING fts5(said, content='', tokenize='unicode61', prefix='3')",
    "CREATE TRIGGER IF NOT EXISTS comanda_intake_reworded AFTER UPDATE OF search ON comanda_intake"
    f" WHEN old.search <> new.search BEGIN {DROP} {ADD} END",
    f"CREATE TRIGGER IF NOT EXISTS comanda_intake_unseated BEFORE DELETE ON comanda_intake BEGIN {DROP}"
    " DELETE FROM comanda_intakeseat WHERE intake = old.id; END",
)


def prepare(database: Any) -> None:
    """Make the index where it is missing. On SQLite a table that a migration makes anew loses its triggers: they are looked
    after at every migration."""
    with database.cursor() as cursor:
        for statement in SQLITE if database.vendor == "sqlite" else (POSTGRES,):
            cursor.execute(statement)


def gather(intakes: Iterable[uuid.UUID]) -> None:
    """Put new intakes into SQLite's index, by one statement for all of them: FTS5 goes to the disk for each row that a
    trigger brings, which makes it four times as slow."""
    if sql.on_sqlite():
        sql.raw_many("INSERT INTO comanda_intakeseat (intake) VALUES (?)", [(each,) for each in intakes])
        sql.execute(GATHER)


def words_of(text: str) -> list[str]:
    return [word[:60] for word in re.findall(r"[^\W_]+", fold(text))][:MOST_WORDS]


_GROUPS = re.compile(r"\W*\d{1,4}(?:\W+\d{1,4})+\W*")  # 300 123 4567


def adjacent(text: str) -> bool:
    """Whether its words stand together, in this order: those of an e-mail address, and the groups of a telephone, whose
    first few digits nearly all telephones share."""
    return "@" in text or bool(_GROUPS.fullmatch(text) and sum(map(str.isdigit, text)) >= 7)


def signs(text: str) -> Q:
    """For a text without a word. Some signs are nothing but accents: they are asked for as they are, never as nothing."""
    return Q(search__contains=unaccented(text).strip() or text)


def matching(accounts: list[int], texts: list[str]) -> Q:
    """The intakes of these accounts in which every word of one of the texts begins a word. Asked of the index: for finding
    all of them."""
    if not words_of(texts[0]):
        return signs(texts[0])
    if sql.on_sqlite():
        return Q(pk__in=RawSQL(f"{SEATS} WHERE comanda_intakewords MATCH %s", (query(accounts, texts),)))  # noqa: S611 (a constant)
    return Q(Says(query(accounts, texts)))


def some(accounts: list[int], texts: list[str], most: int) -> list[uuid.UUID]:
    """So many of them, whichever; the text itself may name another account. Whole words are found much faster than what
    begins with them, and of common names they are enough."""
    if not words_of(texts[0]):
        rows = Intake.objects.filter(matching(accounts, texts), account__in=accounts)
        return list(rows.values_list("pk", flat=True)[:most])
    found = having(query(accounts, texts, whole=True), most)
    return found if len(found) == most else having(query(accounts, texts), most)


def having(asked: str, most: int) -> list[uuid.UUID]:
    if sql.on_sqlite():
        rows = sql.execute(f"{SEATS} WHERE comanda_intakewords MATCH %s LIMIT %s", (asked, most))
        return [sql.as_uuid(row[0]) for row in rows]
    return list(Intake.objects.filter(Says(asked)).values_list("pk", flat=True)[:most])


def showing(texts: list[str]) -> Case:
    """The same seen in the row itself: for walking through a list of which many have the text. As a CASE, because of a bare
    condition PostgreSQL would believe that hardly any row meets it, and not walk."""
    found = Q()
    for text in texts:
        words = words_of(text)
        seen = Q() if words else signs(text)
        for word in words:
            seen &= Q(search__contains=word)  # quickly seen
        for begins in [r"(\W|_)+".join(words)] if adjacent(text) else words:
            seen &= Q(search__regex=rf"(^|\W|_){begins}")
        found |= seen
    return Case(When(found, then=True), default=False, output_field=BooleanField())


SEATS = "SELECT s.intake FROM comanda_intakewords w JOIN comanda_intakeseat s ON s.seat = w.rowid"


def query(accounts: list[int], texts: list[str], whole: bool = False) -> str:
    """As the index's own language says it; a text's words begin those of the intake, or are them."""
    if sql.on_sqlite():
        return spelt(accounts, texts, '"ⴰ{}"', '"{}"' if whole else '"{}"*', (" OR ", " AND ", " "))
    return spelt(accounts, texts, "ⴰ{}", "{}" if whole else "{}:*", (" | ", " & ", " <-> "))


def spelt(accounts: list[int], texts: list[str], owner: str, prefix: str, signs: tuple[str, str, str]) -> str:
    either, both, next_to = signs
    said = []
    for text in texts:
        words = words_of(text)
        asked = [next_to.join(words)] if adjacent(text) else words
        said.append(f"({both.join(prefix.format(each) for each in asked)})")
    return f"({either.join(owner.format(each) for each in accounts)}){both}({either.join(said)})"


class Says(Func):
    """The words of an intake's text, as the index has them, against a query."""

    output_field = BooleanField()

    def __init__(self, query: str) -> None:
        super().__init__(F("account_id"), F("search"), Value(query))

    def as_sql(self, compiler: Any, connection_: Any = connection, **extra: Any) -> tuple[str, Any]:  # type: ignore[override]
        (account, _), (search, _), (query, values) = (compiler.compile(each) for each in self.source_expressions)
        return f"{WORDS.format(account=account, search=search)} @@ to_tsquery('simple', {query})", values
