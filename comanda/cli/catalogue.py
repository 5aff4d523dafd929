"""products import, link add."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from comanda.catalogue.link import Part, link
from comanda.catalogue.load import load
from comanda.catalogue.models import StoreVariant, Variant
from comanda.cli.output import AccountName, Json, console, operator, refusals, refuse, say

products = typer.Typer(no_args_is_help=True, help="The catalogue.")
links = typer.Typer(no_args_is_help=True, help="Links from store products to the catalogue.")


@products.callback()
def nouns() -> None:
    """The catalogue."""


@links.callback()
def link_nouns() -> None:
    """Links from store products to the catalogue."""


@products.command("import")
def import_file(file: Path, account: AccountName, as_json: Json = False) -> None:
    """Import a CSV (product,variant,sku,price,cost,stock): all of it, or none where a line is wrong."""
    access = operator(as_json, account)
    try:
        raw = file.read_bytes()
    except OSError as error:
        refuse(as_json, "file_unreadable", f"{file}: {error.strerror}", file=str(file))
    with Progress(console=console, disable=as_json or not console.is_terminal, transient=True) as bar:
        task = bar.add_task("Importing")
        loaded = load(access, raw, lambda done, of: bar.update(task, completed=done, total=of))
    said = {
        "products": loaded.products,
        "variants": loaded.variants,
        "errors": [asdict(each) for each in loaded.errors],
    }
    if loaded.errors:
        lines = [f"line {each.line}: {each.message}" for each in loaded.errors]
        say(as_json, said, "\n".join(["Nothing was imported.", *lines]))
        raise typer.Exit(1)
    again = f"; {loaded.reprocessed} orders run again" if loaded.reprocessed else ""
    say(
        as_json,
        said | {"reprocessed": loaded.reprocessed},
        f"{loaded.products} new products, {loaded.variants} variants{again}",
    )


@links.command("add")
def add(
    account: AccountName,
    store_variant: Annotated[str, typer.Option(help="The store product's id.")],
    variant: Annotated[list[str] | None, typer.Option(help="A catalogue variant's id; several make a kit.")] = None,
    quantity: Annotated[list[int] | None, typer.Option(help="How many of each variant.", min=1)] = None,
    ignore: Annotated[bool, typer.Option(help="Never ship this line (an insurance, a tip).")] = False,
    as_json: Json = False,
) -> None:
    """Link a store product to what is shipped for it; what it blocked runs again."""
    access = operator(as_json, account)
    chosen = variant or []
    counts = (quantity or []) + [1] * (len(chosen) - len(quantity or []))
    if bool(chosen) == ignore or len(counts) > len(chosen):
        refuse(as_json, "invalid", "Give --variant (each with its --quantity), or --ignore.")
    with refusals(as_json):
        parts = [Part(access.get(Variant, id_), count) for id_, count in zip(chosen, counts, strict=True)]
        made, reprocessed = link(access, access.get(StoreVariant, store_variant), parts, ignore=ignore)
    say(as_json, {"id": str(made.pk), "reprocessed": reprocessed}, f"Linked; {reprocessed} orders run again")
