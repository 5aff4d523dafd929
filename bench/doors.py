"""The web process with another committer behind its door, for comparison: `python -m bench.doors verify|single --port N`.

`verify` answers as soon as the signature is verified and stores nothing; `single` commits each request by itself.
"""

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import django

from comanda import sql
from comanda.asgi import door
from comanda.inbox.commit import Arrival, Committer, Entry, Receipt, settle
from comanda.processes import listen, run_web

THREADS = 8  # PostgreSQL commits side by side; SQLite has one writer


class Nothing(Committer):
    """Stores nothing."""

    async def submit(self, entry: Entry) -> Receipt:
        return Receipt(entry.id) if isinstance(entry, Arrival) else Receipt()


class Single(Committer):
    """One transaction a request, on a few threads with a connection each."""

    def __init__(self) -> None:
        super().__init__()
        self._pool = ThreadPoolExecutor(1 if sql.on_sqlite() else THREADS)

    async def submit(self, entry: Entry) -> Receipt:
        outcome = (await asyncio.get_running_loop().run_in_executor(self._pool, settle, [entry]))[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


KINDS: dict[str, Callable[[], Committer]] = {"verify": Nothing, "single": Single}

if __name__ == "__main__":
    django.setup()
    door.committer = KINDS[sys.argv[1]]()
    run_web(listen("127.0.0.1", int(sys.argv[3])))
