"""SQLite's log of writes (WAL), and when it is put away into the database.

SQLite lets whoever commits put it away, and only while nobody else writes does it then begin at its start again: with two
processes that write all the time the door would wait for the disk at every commit, and the log would grow for ever. So the
worker does it, between two batches; the others only where the log has become very long because no worker runs.
"""

import os
import time
from pathlib import Path

from django.db import connection

PAGE = 4096
LONG = 4_000  # pages; the others' limit is in the settings
BUSY_MILLISECONDS = 20  # how long everybody who wants to write may be kept waiting for somebody who reads
PAUSE_SECONDS = 0.2  # after somebody read for longer


class Log:
    """The log of this connection's database."""

    def __init__(self) -> None:
        self.file = Path(f"{connection.settings_dict['NAME']}-wal")
        self.not_before = 0.0
        self.unwritten = False  # what the worker has committed since, and nobody's commit has waited for the disk

    def after(self, taken: int) -> None:
        """What is to be done between two batches, the first of which was so large."""
        self.put_away()
        if taken:
            self.unwritten = True
        else:
            self.flush()

    def put_away(self) -> None:
        """Where it has become long: first most of it, while others write, then what they wrote meanwhile, while they wait."""
        if time.monotonic() < self.not_before or self.length() < LONG * PAGE:
            return
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
            try:
                busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                cursor.execute("PRAGMA busy_timeout = 30000")
        if busy:
            self.not_before = time.monotonic() + PAUSE_SECONDS

    def flush(self) -> None:
        """Wait for the disk, once there is time to: the worker's own commits do not."""
        if self.unwritten and self.file.exists():
            descriptor = os.open(self.file, os.O_RDONLY)
            try:
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)
        self.unwritten = False

    def length(self) -> int:
        """In bytes."""
        try:
            return self.file.stat().st_size
        except FileNotFoundError:
            return 0
