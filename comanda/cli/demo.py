"""demo: a merchant with stores and orders to look at."""

import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from comanda.accounts.region import zone
from comanda.cli.output import Json, refuse, say
from comanda.cli.processes import Host, Port, bring_up_to_date
from comanda.demo import words
from comanda.demo.account import EMAIL, NAME, SHOWS_ALL, Demo, NameTaken, prepare
from comanda.demo.builders import BUILDERS
from comanda.demo.month import month, move_back, move_in
from comanda.demo.outcome import intakes, link_what_blocks, listed, map_what_waits, problems, registered
from comanda.demo.send import Sent, send, wait_for_worker
from comanda.demo.server import NotServed, Server, server
from comanda.demo.story import Teller, story
from comanda.history.models import Intake

FIRST_NUMBER = 1001  # of the store's orders
Exit = Annotated[bool, typer.Option("--exit", help="Send the orders, show them, and end.")]


def demo(leave: Exit = False, host: Host = "127.0.0.1", port: Port = 8000, as_json: Json = False) -> None:
    """Load a demo account, send orders of every builder over HTTP, show what became of them, and serve."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    page = words.page(quiet=as_json)
    bring_up_to_date()
    try:
        made = prepare()
        with server(host, port, made.token, move=leave) as serving:
            said = show(page, made, serving, leave=leave)
            with suppress(KeyboardInterrupt):  # all is said: being told to stop is no failure
                if as_json:
                    say(True, said)
                    sys.stdout.flush()
                if not leave:
                    stay(page, serving)
    except NameTaken:
        refuse(as_json, "account_exists", f"There is an account {NAME} already that is not the demo's.", name=NAME)
    except NotServed as error:
        refuse(as_json, error.code, error.message, **error.facts)


def show(page: Console, made: Demo, serving: Server, *, leave: bool) -> dict[str, Any]:
    """Send the orders (once where the server stays, anew with --exit), show what became of them, mend two causes.

    Returns what --json says: `problems` as they were before the mending, `registered` and `history` after it.
    """
    new = not made.access.rows(Intake).exists()
    if new:
        live_in(page, made, serving.url)
    sent = act(page, made, serving.url) if leave or new else None
    found = intakes(made.access, sent.deliveries if sent else None)
    before, refused = problems(found), dict(sent.refused) if sent else {}
    words.tell(page, "", words.history(listed(found)), *words.counted(before), *words.refused(refused))
    mapped = map_what_waits(made.access, found) if sent else None
    mended = link_what_blocks(made.access, found) if sent else None
    after = listed(found)
    words.tell(page, *words.mended(mapped), *words.mended(mended), *words.way_on(made, serving.url, after))
    who = {"account": str(made.access.account.pk), "token": made.token, "email": EMAIL, "password": made.password}
    outcome = {
        "registered": registered(found, list(BUILDERS)),
        "problems": before,
        "refused": refused,
        "mapped": mapped.said() if mapped else None,
        "mended": mended.said() if mended else None,
        "history": after,
    }
    return {"url": serving.url} | who | outcome


def live_in(page: Console, made: Demo, url: str) -> None:
    """Send the month before, once, and move it back to its days."""
    now = datetime.now(UTC)
    told = month(FIRST_NUMBER, now, zone(made.access.account))
    move_in(made.access, now)
    words.tell(page, words.living_in(len(told)))
    sent = send(made, url, told)
    wait_for_worker(made.access)
    move_back(made.access, told, sent.deliveries)


def act(page: Console, made: Demo, url: str) -> Sent:
    """Send the whole story, and wait until the worker is through."""
    first_number = FIRST_NUMBER + made.access.rows(Intake).count()
    told = story(Teller(first_number, datetime.now(UTC)), list(BUILDERS), SHOWS_ALL)
    words.tell(page, words.sending(len(told), url))
    sent = send(made, url, told)
    wait_for_worker(made.access)
    return sent


def stay(page: Console, serving: Server) -> None:
    """Serve until told to stop; where the server is somebody else's, there is nothing to wait for."""
    if serving.process is None:
        words.tell(page, words.RUNS_ALREADY)
        return
    words.tell(page, words.STAYS)
    ended = serving.process.wait()
    sys.stderr.write(f"The server ended with {ended}.\n")  # stdout has had its one object
    raise typer.Exit(1)
