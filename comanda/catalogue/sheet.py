"""A catalogue as a CSV file: `product,variant,sku,price,cost,stock`, however a spreadsheet has saved it."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

COLUMNS = ("product", "variant", "sku", "price", "cost", "stock")
# What a merchant calls them, in Spanish and Portuguese; a column may be named in either way.
ALSO = {
    "producto": "product", "produto": "product", "variante": "variant", "precio": "price", "preço": "price",
    "costo": "cost", "coste": "cost", "custo": "cost", "inventario": "stock", "existencias": "stock", "estoque": "stock",
}  # fmt: skip
MOST = Decimal(10) ** 12
MOST_PIECES = 2**31
ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how Excel's own files begin
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
OTHERS = (b"<", b"{", b"%PDF")  # a page, which some shops call .xls; JSON

WORDS = {
    "empty_file": "The file is empty",
    "not_text": "This is not a CSV file: save your sheet as CSV, UTF-8",
    "spreadsheet": "The file is a spreadsheet's own: save it as CSV",
    "header_lacks": "The header lacks: {lacks}. It should read: {header}",
    "too_many_cells": "{count} cells under a header of {names}",
    "not_csv": "Not CSV: {reason}",
    "no_products": "The file has no products",
    "empty": "{column} is empty",
    "formula": "a formula is not text: {cell}",
    "too_long": "longer than {limit} characters: {cell}…",
    "not_a_number": "{column} is not a number: {cell}",
    "not_pieces": "{column} is not a number of pieces: {cell}",
    "out_of_range": "{column} is out of range: {cell}",
    "sku_twice": "SKU {cell} is on line {other} too",
    "sku_shared": "{count} variants of the catalogue have SKU {cell}: write the product and the variant of one as it has them",
    "name_twice": "{cell} is on line {other} too, and no SKU tells them apart",
    "name_shared": "{count} variants of the catalogue are called {cell}: write the SKU of one",
}
WHOLE = frozenset({"empty_file", "not_text", "spreadsheet", "no_products"})


class Wrong(ValueError):  # noqa: N818
    """A cell that cannot be taken: a code of WORDS, the column, the cell as it stands, and what else there is to say."""

    def __init__(self, code: str, column: str = "", cell: str = "", **facts: Any) -> None:
        super().__init__(code)
        self.code, self.column, self.cell, self.facts = code, column, cell.strip()[:40], facts


@dataclass(frozen=True)
class LineError:
    """What is wrong with a line of the file. `message` says it in English; a page says it in its reader's words."""

    line: int
    code: str
    column: str = ""
    cell: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        return WORDS[self.code].format(column=self.column, cell=self.cell, **self.facts)

    @property
    def whole(self) -> bool:
        """Whether it is the file that is wrong, and no line of it."""
        return self.code in WHOLE


@dataclass(frozen=True)
class Row:
    line: int
    product: str
    variant: str
    sku: str
    price: Decimal | None
    cost: Decimal | None
    stock: int | None


def decode(raw: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 by its mark, else what spreadsheets in Latin America save: Windows-1252."""
    if raw.startswith(UTF_16):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


_BINARY = re.compile(rb"[\x01-\x08\x0e-\x19\x1b-\x1f]|\A[^\n]*\x00")


def mistaken(raw: bytes) -> str:
    """A code of WORDS for what is no sheet at all, told by how it begins: nothing, Excel's own file, a picture. Else empty."""
    head = raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1000]
    if not head.strip(b"\x00\xff\xfe \t\r\n"):
        return "empty_file"
    if head.startswith(ARCHIVES):
        return "spreadsheet"
    strange = head.startswith(OTHERS) or (_BINARY.search(head) and not raw.startswith(UTF_16))
    return "not_text" if strange else ""


def read(raw: bytes) -> tuple[list[Row], list[LineError]]:
    """The rows of a file, separated by commas, semicolons or tabs, and what is wrong with it."""
    if code := mistaken(raw):
        return [], [LineError(1, code)]
    try:
        text = decode(raw)
    except UnicodeDecodeError:
        return [], [LineError(1, "not_text")]
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[Row] = []
    errors: list[LineError] = []
    try:
        names = named(next(reader, []))
        if missing := [name for name in ("product", "sku") if name not in names]:
            return [], [LineError(1, "header_lacks", facts={"lacks": ", ".join(missing), "header": ",".join(COLUMNS)})]
        for cells in reader:
            if any(cell.strip() for cell in cells[len(names) :]):
                facts = {"count": len(cells), "names": len(names)}
                errors.append(LineError(reader.line_num, "too_many_cells", facts=facts))
            elif any(cell.strip() for cell in cells):
                take(rows, errors, reader.line_num, dict(zip(names, cells, strict=False)))
    except csv.Error as error:
        errors.append(LineError(reader.line_num, "not_csv", facts={"reason": str(error)}))
    if not rows and not errors:
        errors.append(LineError(1, "no_products"))
    return rows, errors


def named(cells: list[str]) -> list[str]:
    """The header's columns by our names."""
    names = [cell.strip().lower() for cell in cells]
    return [name if ALSO.get(name) in names else ALSO.get(name, name) for name in names]


def take(rows: list[Row], errors: list[LineError], line: int, cells: dict[str, str]) -> None:
    try:
        rows.append(row(line, cells))
    except Wrong as error:
        errors.append(LineError(line, error.code, error.column, error.cell, error.facts))


def row(line: int, cells: dict[str, str]) -> Row:
    return Row(
        line,
        filled("product", plain("product", cells.get("product", ""), 255)),
        plain("variant", cells.get("variant", ""), 255),
        plain("sku", cells.get("sku", ""), 120),
        amount("price", cells.get("price", "")),
        amount("cost", cells.get("cost", "")),
        left(cells.get("stock", "")),
    )


def filled(column: str, text: str) -> str:
    if not text:
        raise Wrong("empty", column)
    return text


def plain(column: str, cell: str, limit: int) -> str:
    """Text as it is; a spreadsheet's formula (`=`, `@`, `+`, or `-` before a letter) is refused, never run or kept. An
    apostrophe before it, as exports have it, says that it is text."""
    text = cell.replace("\x00", "").strip()
    if text[:1] == "'" and text[1:2] in tuple("=@+-"):
        text = text[1:]
    elif text[:1] in ("=", "@", "+") or (text[:1] == "-" and text[1:2].isalpha()):
        raise Wrong("formula", column, text)
    if len(text) > limit:
        raise Wrong("too_long", column, text, limit=limit)
    return text


def amount(column: str, cell: str) -> Decimal | None:
    """`1299`, `1.299,50`, `1,299.50`, `$ 45.000`; empty is None."""
    text = cell.replace("$", "").replace("\xa0", "").replace(" ", "").strip()
    if not text:
        return None
    if len(text) < 12 and text.isascii() and text.isdigit():  # most of them, and a file has many
        return Decimal(f"{text}.00")
    try:
        found = Decimal(normal(text)).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise Wrong("not_a_number", column, cell) from None
    if not found.is_finite() or not 0 <= found < MOST:
        raise Wrong("out_of_range", column, cell)
    return found


def pieces(column: str, cell: str) -> int | None:
    """A whole number; empty is None: nobody counts them."""
    found = amount(column, cell)
    if found is not None and (found % 1 or found >= MOST_PIECES):
        raise Wrong("not_pieces", column, cell)
    return None if found is None else int(found)


def left(cell: str) -> int | None:
    """Pieces, or fewer than none: what was sold on, as an export has it."""
    return int(cell) if _SOLD_ON.fullmatch(cell.strip()) else pieces("stock", cell)


_SOLD_ON = re.compile(r"-[0-9]{1,9}")
_GROUPED = re.compile(r"-?[1-9]\d{0,2}(?:(?:,\d{3})+|(?:\.\d{3})+)")
_BOTH = re.compile(r"(-?\d{1,3}(?:\.\d{3})+),(\d+)|(-?\d{1,3}(?:,\d{3})+)\.(\d+)")
_ONE = re.compile(r"-?\d+(?:[.,]\d+)?")


def normal(text: str) -> str:
    """A number's text with a point before its decimals only. One separator followed by three digits groups thousands."""
    if _GROUPED.fullmatch(text):
        return text.replace(",", "").replace(".", "")
    if both := _BOTH.fullmatch(text):
        whole, decimals = (both[1], both[2]) if both[1] else (both[3], both[4])
        return whole.replace(",", "").replace(".", "") + "." + decimals
    return text.replace(",", ".") if _ONE.fullmatch(text) else "no number"


def by_line(errors: Iterable[LineError]) -> list[LineError]:
    return sorted(errors, key=lambda error: error.line)
