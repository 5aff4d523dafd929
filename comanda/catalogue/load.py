"""Catalogue from a CSV file: `product,variant,sku,price,cost,stock`. All of it, or, where a line is wrong, none of it."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.db import transaction

from comanda.accounts.access import Access
from comanda.catalogue.lookup import hold_catalogue
from comanda.catalogue.models import Product, Variant
from comanda.history.models import Problem
from comanda.repair.retry import wake

COLUMNS = ("product", "variant", "sku", "price", "cost", "stock")
MOST = Decimal(10) ** 12

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class LineError:
    line: int
    message: str


@dataclass(frozen=True)
class Loaded:
    """How many were new or changed, or what was wrong with which line; how many intakes run again."""

    products: int
    variants: int
    errors: list[LineError]
    reprocessed: int = 0


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
    text = decode(raw)
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
            if any(cell.strip() for cell in cells):
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
    if stock is not None and stock % 1:
        raise ValueError(f"stock is not a whole number: {stock}")
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
        found = Decimal(normal(text))
    except InvalidOperation:
        raise ValueError(f"{name} is not a number: {cell.strip()[:40]}") from None
    if not found.is_finite() or not 0 <= found < MOST:
        raise ValueError(f"{name} is out of range: {cell.strip()[:40]}")
    return found.quantize(Decimal("0.01"))


def normal(text: str) -> str:
    """A number's text with a point before its decimals only. One separator followed by three digits groups thousands."""
    last = max(text.rfind(","), text.rfind("."))
    if last < 0:
        return text
    decimals = text[last + 1 :]
    separators = {c for c in text if c in ",."}
    if len(separators) == 1 and (text.count(text[last]) > 1 or len(decimals) == 3):
        return text.replace(text[last], "")
    return text[:last].replace(",", "").replace(".", "") + "." + decimals


def repeated(rows: Iterable[Row]) -> list[LineError]:
    """A SKU twice in one file would link nothing by itself, so it is said here."""
    seen: dict[str, int] = {}
    errors = []
    for each in rows:
        if each.sku and each.sku in seen:
            errors.append(LineError(each.line, f"SKU {each.sku} is on line {seen[each.sku]} too"))
        seen.setdefault(each.sku, each.line)
    return errors


def load(access: Access, raw: bytes, progress: Progress = lambda done, of: None) -> Loaded:
    """Import a file: a known SKU (else a known product and variant name) is brought up to date, others are added."""
    account = access.change()
    rows, errors = read(raw)
    if errors:
        return Loaded(0, 0, errors)
    with transaction.atomic():
        hold_catalogue(account.pk)
        products = {p.name: p for p in access.rows(Product)}
        variants = list(access.rows(Variant).select_related("product"))
        by_sku = {v.sku: v for v in variants if v.sku}
        by_name = {(v.product.name, v.name): v for v in variants}
        known = len(products)
        for done, each in enumerate(rows, 1):
            product = products.get(each.product) or Product(account=account, name=each.product)
            if product.pk is None:
                product.save()
                products[each.product] = product
            variant = by_sku.get(each.sku) or by_name.get((each.product, each.variant)) or Variant(account=account)
            bring_up(variant, product, each)
            progress(done, len(rows))
        skus = [each.sku for each in rows if each.sku]
        count = wake_by_sku(access, skus)
        access.audit("import", "catalogue", variants=len(rows), reprocessed=count)
    return Loaded(len(products) - known, len(rows), [], count)


def bring_up(variant: Variant, product: Product, row: Row) -> None:
    variant.product, variant.name, variant.sku = product, row.variant, row.sku
    for name in ("price", "cost", "stock"):
        if (value := getattr(row, name)) is not None:
            setattr(variant, name, value)
    variant.save()


def wake_by_sku(access: Access, skus: list[str]) -> int:
    """Run again what waited for one of these SKUs. The catalogue must be held."""
    blocked = access.rows(Problem).filter(store_variant__sku__in=skus)
    return wake(blocked, "catalogue", skip_busy=True)
