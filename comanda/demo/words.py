"""What the demo tells its reader, in Spanish."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from comanda.connectors import CONNECTORS
from comanda.demo.account import EMAIL, NAME, Demo
from comanda.demo.outcome import Mended
from comanda.diagnosis.explain import words
from comanda.diagnosis.why import STATUS

RUNS_ALREADY = "\nComanda ya estaba en marcha: sigue abierta ahí."
STAYS = "\nComanda sigue en marcha. Ctrl-C la detiene."
ASKED = ("city_unknown", "sku_ambiguous")
LONGEST = 160
NEVER_SENT = "#9999"
COLOURS = {"registered": "green", "failed": "red", "review": "yellow"}
MARKS = {"registered": "✅", "failed": "❌"}


def history(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Number, builder, customer, status and what is the matter."""
    table = Table(box=None, pad_edge=False)
    for column in ("pedido", "constructor", "cliente", "estado"):
        table.add_column(column, no_wrap=True, max_width=32, overflow="ellipsis")
    table.add_column("qué pasa", overflow="fold")
    for row in rows:
        status = f"{MARKS.get(row['status'], '○')} {STATUS['es'][row['status']]}"
        cells = [row["number"] or "–", CONNECTORS[row["platform"]].label, row["customer"] or "–"]
        label = Text(status, style=COLOURS.get(row["status"], ""))
        table.add_row(*map(Text, cells), label, in_short(row["message"] or ""))
    return table


def in_short(message: str) -> Text:
    """What is the matter, in a few lines of a terminal."""
    text = Text(" ".join(message.split()))
    text.truncate(LONGEST, overflow="ellipsis")
    return text


def page(*, quiet: bool) -> Console:
    """As wide as the terminal; elsewhere (a pipe, a log) a row is one line."""
    return Console(soft_wrap=True, quiet=quiet, width=None if sys.stdout.isatty() else 240)


def tell(page: Console, *parts: str | Table) -> None:
    for part in parts:
        page.print(part, markup=False, highlight=False)


def living_in(orders: int) -> str:
    return f"Un mes de ventas: {orders} pedidos, enviados como los demás y llevados luego a sus días …"


def sending(orders: int, url: str) -> str:
    return f"Enviando {orders} pedidos de {len(CONNECTORS)} constructores a {url} …"


def counted(problems: Mapping[str, int]) -> list[str]:
    return ["", "Lo que no se registró, y por qué:"] + [
        f"  {orders:>2} · {words(code)['title']} ({code})" for code, orders in problems.items()
    ]


def refused(reasons: Mapping[str, int]) -> list[str]:
    return [f"En la puerta: {count} × {words(code)['title'].lower()} ({code})" for code, count in reasons.items()]


MENDING = {
    "unmapped": "Los pedidos de {builder} esperaban porque no publica su formato: ahora se mapean sus campos, una sola vez.",
    "product_not_linked": "Ahora se arregla una causa: «{title}» se vincula a «{variant}».",
}
DONE = {"unmapped": "Mapeado", "product_not_linked": "Vinculado"}


def mended(found: Mended | None) -> list[str | Table]:
    if found is None:
        return []
    done = f"{DONE[found.code]}: {found.registered} pedidos registrados."
    return ["", MENDING[found.code].format(**found.facts), done, history(found.orders)]


def command() -> str:
    """`comanda` as it is called from here: by its path where no folder of PATH has it."""
    if shutil.which("comanda"):
        return "comanda"
    path = Path(sys.executable).with_name("comanda")
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def way_on(demo: Demo, url: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """How to go on: the log-in, and questions that have an answer."""
    asked = [row["number"] for row in rows if row["cause"] in ASKED][:2]
    return [
        "",
        f"Cuenta      {NAME}",
        f"Dirección   {url}",
        f"Correo      {EMAIL}",
        f"Contraseña  {demo.password or '(la que le pusiste)'}",
        f"Token       {demo.token}",
        "",
        "Pregunta por un pedido, también por uno que nunca llegó:",
        *(f'  {command()} why "{number}" --account "{NAME}"' for number in [*asked, NEVER_SENT]),
        f'  {command()} history --account "{NAME}"',
    ]
