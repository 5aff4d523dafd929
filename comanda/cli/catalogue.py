"""products import, link add."""

from pathlib import Path
from typing import Annotated

import typer
from django.db.models import Count
from rich.progress import Progress

from comanda.catalogue.link import Part, link
from comanda.catalogue.load import load
from comanda.catalogue.models import StoreVariant, Variant
from comanda.catalogue.suggest import suggest_all, unlinked
from comanda.cli.output import AccountName, Json, console, counted, operator, refusals, refuse, run_again, say, table

products = typer.Typer(no_args_is_help=True, help="The catalogue.")
links = typer.Typer(no_args_is_help=True, help="Links from store products to the catalogue.")


@products.command("list")
def list_products(account: AccountName, as_json: Json = False) -> None:
    """The catalogue, a line a variant, with the ids that `link add` takes."""
    found = operator(as_json, account).rows(Variant).select_related("product").order_by("product__name", "id")
    items = [
        {"id": str(v.pk), "product": v.product.name, "name": v.name, "sku": v.sku, "price": v.price, "stock": v.stock}
        for v in found
    ]
    rows = [[i["id"], i["product"], i["name"], i["sku"], i["price"], i["stock"]] for i in items]
    say(as_json, {"items": items}, table("variant", "product", "name", "sku", "price", "stock", rows=rows))


@links.command("list")
def list_unlinked(account: AccountName, as_json: Json = False) -> None:
    """Store products that are not linked, those that block orders first, each with what it probably is."""
    access = operator(as_json, account)
    blocks = Count("problem__intake", distinct=True)
    items = []
    found = list(unlinked(access).annotate(blocked=blocks).order_by("-blocked", "id")[:200])
    likely = suggest_all(access, found, 1)
    for row in found:
        best = next(iter(likely[row.pk]), None)
        name = f"{row.title} {row.variant_title}".strip()
        said = {"variant": str(best.variant.pk), "name": str(best.variant), "reason": best.reason} if best else None
        items.append({"id": str(row.pk), "title": name, "sku": row.sku, "blocked": row.blocked, "suggestion": said})
    rows = [
        [
            i["id"],
            i["title"],
            i["blocked"],
            "{variant} {name} ({reason})".format(**i["suggestion"]) if i["suggestion"] else "",
        ]
        for i in items
    ]
    say(as_json, {"items": items}, table("store product", "title", "blocks", "probably variant", rows=rows))


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
        "errors": [{"line": each.line, "message": each.message} for each in loaded.errors],
    }
    if loaded.errors:
        lines = [each.message if each.whole else f"line {each.line}: {each.message}" for each in loaded.errors]
        say(as_json, said, "\n".join(["Nothing was imported.", *lines]))
        raise typer.Exit(1)
    again = f"; {run_again(loaded.reprocessed)}" if loaded.reprocessed else ""
    say(
        as_json,
        said | {"reprocessed": loaded.reprocessed},
        f"{counted(loaded.products, 'new product')}, {counted(loaded.variants, 'variant')}{again}",
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
    say(as_json, {"id": str(made.pk), "reprocessed": reprocessed}, f"Linked; {run_again(reprocessed)}")
