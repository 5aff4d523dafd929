"""demo: a merchant with stores and orders to look at."""

import signal
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from comanda.cli.output import Json, console, refuse, say
from comanda.cli.processes import Host, Port, bring_up_to_date
from comanda.demo import words
from comanda.demo.account import EMAIL, NAME, SHOWS_ALL, Demo, NameTaken, prepare
from comanda.demo.builders import BUILDERS
from comanda.demo.outcome import Mended, intakes, listed, mend, problems, registered
from comanda.demo.send import Sent, send, wait_for_worker
from comanda.demo.server import NotServed, Server, server
from comanda.demo.story import Teller, story
from comanda.history.models import Intake

Exit = Annotated[bool, typer.Option("--exit", help="Send the orders, show them, and end.")]


def demo(leave: Exit = False, host: Host = "127.0.0.1", port: Port = 8000, as_json: Json = False) -> None:
    """Load a demo account, send signed orders of every builder over HTTP, show what became of them, and serve."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console.quiet = as_json
    bring_up_to_date()
    try:
        made = prepare()
        with server(host, port, made.token, move=leave) as serving:
            show(made, serving, leave=leave, as_json=as_json)
            if not leave:
                stay(serving)
    except NameTaken:
        refuse(as_json, "account_exists", f"There is an account {NAME} already that is not the demo's.", name=NAME)
    except NotServed as error:
        refuse(as_json, error.code, error.message, **error.facts)
