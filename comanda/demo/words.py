"""What the demo tells its reader, in Spanish."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from comanda.connectors import CONNECTORS
from comanda.demo.account import EMAIL, NAME, Demo
from comanda.demo.outcome import Mended
from comanda.diagnosis.explain import words
from comanda.diagnosis.why import STATUS

COLOURS = {"registered": "green", "failed": "red", "review": "yellow"}
MARKS = {"registered": "✅", "failed": "❌"}


def history(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Number, builder, customer, status and what is the matter."""
    table = Table(box=None, pad_edge=False)
    for column in ("pedido", "constructor", "cliente", "estado"):
        table.add_column(column, no_wrap=True)
    table.add_column("qué pasa")
    for row in rows:
        status = f"{MARKS.get(row['status'], '○')} {STATUS['es'][row['status']]}"
        cells = [row["number"] or "–", CONNECTORS[row["platform"]].label, row["customer"] or "–"]
        label = Text(status, style=COLOURS.get(row["status"], ""))
        table.add_row(*map(Text, cells), label, Text(row["message"] or ""))
    return table


def tell(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False)


def counted(problems: Mapping[str, int]) -> list[str]:
    return ["", "Lo que no se registró, y por qué:"] + [
        f"  {orders:>2} · {words(code)['title']} ({code})" for code, orders in problems.items()
    ]


def refused(reasons: Mapping[str, int]) -> list[str]:
    return [f"En la puerta: {count} × {words(code)['title'].lower()} ({code})" for code, count in reasons.items()]


def mended(found: Mended) -> list[str]:
    return [
        "",
        f"Ahora se arregla una causa: «{found.title}» → «{found.variant}».",
        f"Vinculado: {found.registered} pedidos registrados.",
    ]


def way_on(demo: Demo, url: str, examples: Sequence[str]) -> list[str]:
    return [
        "",
        f"Cuenta      {NAME}",
        f"Dirección   {url}",
        f"Correo      {EMAIL}",
        f"Contraseña  {demo.password or '(la que le pusiste)'}",
        f"Token       {demo.token}",
        "",
        "Pregunta por un pedido:",
        *(f'  comanda why "{example}" --account "{NAME}"' for example in examples),
        f'  comanda history --account "{NAME}"',
    ]
