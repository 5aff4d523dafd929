"""A worker that dies, as by a crash in native code, whenever it reads an order with POISON in it."""

import os
import signal

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "comanda.settings"
django.setup()

from comanda import pipeline  # noqa: E402
from comanda.processes import run_worker  # noqa: E402

real = pipeline.read


def read(run):  # type: ignore[no-untyped-def]
    if b"POISON" in run.delivery.body:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(run)


pipeline.read = read
run_worker()
