"""A catalogue as a CSV file: `product,variant,sku,price,cost,stock`, however a spreadsheet has saved it."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

COLUMNS = ("product", "variant", "sku", "price", "cost", "stock")
MOST = Decimal(10) ** 12
MOST_PIECES = 2**31


@dataclass(frozen=True)
class LineError:
    line: int
    message: str


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
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def read(raw: bytes) -> tuple[list[Row], list[LineError]]:
    """The rows of a file, separated by commas, semicolons or tabs, and what is wrong with it."""
    try:
        text = decode(raw)
    except UnicodeDecodeError:
        return [], [LineError(1, "The file is not text: save it as CSV, UTF-8")]
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[Row] = []
    errors: list[LineError] = []
    try:
        names = [cell.strip().lower() for cell in next(reader, [])]
        if missing := [name for name in ("product", "sku") if name not in names]:
            return [], [LineError(1, f"The header lacks: {', '.join(missing)}. It should read: {','.join(COLUMNS)}")]
        for cells in reader:
            if any(cell.strip() for cell in cells[len(names) :]):
                errors.append(LineError(reader.line_num, f"{len(cells)} cells under a header of {len(names)}"))
            elif any(cell.strip() for cell in cells):
                take(rows, errors, reader.line_num, dict(zip(names, cells, strict=False)))
    except csv.Error as error:
        errors.append(LineError(reader.line_num, f"Not CSV: {error}"))
    if not rows and not errors:
        errors.append(LineError(1, "The file has no products"))
    return rows, errors + repeated(rows)


def take(rows: list[Row], errors: list[LineError], line: int, cells: dict[str, str]) -> None:
    try:
        rows.append(row(line, cells))
    except ValueError as error:
        errors.append(LineError(line, str(error)))


def row(line: int, cells: dict[str, str]) -> Row:
    product = plain(cells.get("product", ""), 255)
    if not product:
        raise ValueError("product is empty")
    stock = amount("stock", cells.get("stock", ""))
    if stock is not None and (stock % 1 or stock >= MOST_PIECES):
        raise ValueError(f"stock is not a number of pieces: {stock}")
    return Row(
        line,
        product,
        plain(cells.get("variant", ""), 255),
        plain(cells.get("sku", ""), 120),
        amount("price", cells.get("price", "")),
        amount("cost", cells.get("cost", "")),
        None if stock is None else int(stock),
    )


def plain(cell: str, limit: int) -> str:
    """Text as it is; a spreadsheet's formula (`=`, `@`, `+`, or `-` before a letter) is refused, never run or kept."""
    text = cell.replace("\x00", "").strip()
    if text[:1] in ("=", "@", "+") or (text[:1] == "-" and text[1:2].isalpha()):
        raise ValueError(f"a formula is not text: {text[:40]}")
    if len(text) > limit:
        raise ValueError(f"longer than {limit} characters: {text[:40]}…")
    return text


def amount(name: str, cell: str) -> Decimal | None:
    """`1299`, `1.299,50`, `1,299.50`, `$ 45.000`; empty is None."""
    text = cell.replace("$", "").replace("\xa0", "").replace(" ", "").strip()
    if not text:
        return None
    try:
        found = Decimal(normal(text)).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise ValueError(f"{name} is not a number: {cell.strip()[:40]}") from None
    if not found.is_finite() or not 0 <= found < MOST:
        raise ValueError(f"{name} is out of range: {cell.strip()[:40]}")
    return found


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


def repeated(rows: Iterable[Row]) -> list[LineError]:
    """A SKU twice in one file would link nothing by itself, so it is said here; a name twice, where no SKU tells them apart."""
    skus: dict[str, int] = {}
    names: dict[tuple[str, str], Row] = {}
    errors = []
    for each in rows:
        namesake = names.setdefault((each.product, each.variant), each)
        if each.sku and each.sku in skus:
            errors.append(LineError(each.line, f"SKU {each.sku} is on line {skus[each.sku]} too"))
        elif namesake is not each and not (each.sku and namesake.sku):
            name = f"{each.product} {each.variant}".strip()
            errors.append(LineError(each.line, f"{name} is on line {namesake.line} too, and no SKU tells them apart"))
        skus.setdefault(each.sku, each.line)
    return errors
