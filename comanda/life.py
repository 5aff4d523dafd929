"""Who is alive: a lock that a process holds for as long as it lives, and that is free the moment it dies.

On PostgreSQL a session's advisory lock, which counts across machines; on SQLite, where all is one machine, a file's lock.
"""

import contextlib
import fcntl
import os

import psycopg
from django.conf import settings
from django.db import DatabaseError

from comanda import sql

ALIVE = 2  # the first key of these advisory locks; 1 is the catalogues' (catalogue/lookup.py)
CAREFUL = 0  # the number of the one worker that is careful; the others are those of WorkerRun
MIGRATING = -1


class Life:
    """A number that only one process holds at a time."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.taken = False
        self.file = -1

    def take(self) -> bool:
        """Hold it, unless somebody else does."""
        if not sql.on_sqlite():
            self.taken = bool(sql.execute("SELECT pg_try_advisory_lock(%s, %s)", (ALIVE, self.number))[0][0])
            return self.taken
        folder = settings.HOME / "alive"
        folder.mkdir(exist_ok=True)
        file = os.open(folder / str(self.number), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self.file, self.taken = file, True
        return True

    def held(self) -> bool:
        """Whether a living process holds it."""
        if not self.take():
            return True
        self.leave()
        return False

    def leave(self) -> None:
        if not self.taken:
            return
        self.taken = False
        if not sql.on_sqlite():
            sql.execute("SELECT pg_advisory_unlock(%s, %s)", (ALIVE, self.number))
        else:
            os.close(self.file)

    def forget(self) -> None:
        """Leave it for ever: nobody will ask for this number again."""
        self.leave()
        if sql.on_sqlite():
            (settings.HOME / "alive" / str(self.number)).unlink(missing_ok=True)

    def renew(self) -> None:
        """Hold it again after the connection, and the lock with it, may have been lost."""
        if not sql.on_sqlite():
            with contextlib.suppress(DatabaseError, psycopg.Error):
                self.take()
