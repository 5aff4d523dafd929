"""Django's SQLite backend, with a fair wait for the write lock.

SQLite's own busy handler backs off up to 100 ms between two tries, so a process that writes often starves the others.
Here every transaction of every process asks again each half millisecond.
"""

import time

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.0005


class DatabaseWrapper(base.DatabaseWrapper):
    patience = PATIENCE_SECONDS  # of this connection: the door's is shorter

    def _start_transaction_under_autocommit(self) -> None:
        cursor = self.cursor()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            self._begin_when_free()
        finally:
            cursor.execute("PRAGMA busy_timeout = 30000")

    def _begin_when_free(self) -> None:
        deadline = time.monotonic() + self.patience
        while True:
            try:
                super()._start_transaction_under_autocommit()  # type: ignore[misc]
                return
            except OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE_SECONDS)
