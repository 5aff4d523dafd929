"""Django's SQLite backend, with a fair wait for the write lock.

SQLite's own busy handler backs off up to 100 ms between two tries, so a process that writes often starves the others.
Here every transaction of every process asks again each half millisecond, by the bare driver: a try should cost little.
"""

import sqlite3
import time

from django.db.backends.sqlite3 import base

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.0005


class DatabaseWrapper(base.DatabaseWrapper):
    patience = PATIENCE_SECONDS  # of this connection: the door's is shorter

    def _start_transaction_under_autocommit(self) -> None:
        self.ensure_connection()
        with self.wrap_database_errors:
            self.connection.execute("PRAGMA busy_timeout = 0")
            try:
                begin_when_free(self.connection, self.patience)
            finally:
                self.connection.execute("PRAGMA busy_timeout = 30000")


def begin_when_free(connection: sqlite3.Connection, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)
