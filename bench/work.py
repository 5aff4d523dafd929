"""One worker process that works off all that is pending: `python -m bench.work BATCH` (0: the worker's own batch size).

It says `ready`, starts at the first line on its stdin, and ends with the number of deliveries that it took.
"""

import sys

import django

django.setup()

from comanda import worker  # noqa: E402
from comanda.processes import spare_the_collector  # noqa: E402


def main(batch: int) -> None:
    if batch:
        worker.batch_size = lambda: batch
    spare_the_collector()
    worker.turn(0)  # connected
    print("ready", flush=True)
    sys.stdin.readline()
    print(worker.work_off(), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
