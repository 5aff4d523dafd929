"""The processes of an installation: `serve` watches over web processes and a worker, which also run by themselves."""

import contextlib
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import uvicorn

log = logging.getLogger("comanda.processes")

PARENT = "COMANDA_PARENT_PIPE"
HERE = ("127.0.0.1", "0.0.0.0", "::1", "::")  # noqa: S104 (where it listens is not decided here)
CRASH_SECONDS = 1.0  # whoever dies sooner than this is restarted ever more slowly
SLOWEST_RESTART_SECONDS = 10.0


def address(host: str, port: int) -> str:
    """How people on this machine reach it. By name, because browsers refuse passkeys to an address of digits."""
    return f"http://{'localhost' if host in HERE else f'[{host}]' if ':' in host else host}:{port}"


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024, reuse_port=False)


def run_web(listens: socket.socket) -> None:
    """The web and the inbox, until told to stop; what is queued is committed before it ends."""
    follow_parent()
    config = uvicorn.Config(
        "comanda.asgi:application",
        loop="uvloop",
        http="httptools",
        access_log=False,  # the URLs of hooks are secrets
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=20,
    )
    config.load()  # imports the application
    spare_the_collector()
    uvicorn.Server(config).run(sockets=[listens])


def run_worker() -> None:
    """The worker, until told to stop; it finishes the batch in hand."""
    from comanda.worker import work

    follow_parent()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    spare_the_collector()
    work(stop)


def spare_the_collector() -> None:
    """What is loaded by now stays, so the garbage collector need not walk over it again; orders leave next to no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def follow_parent() -> None:
    """End when the parent's end of the pipe closes, however the parent came to die."""
    if not (descriptor := os.environ.get(PARENT)):
        return

    def watch() -> None:
        os.read(int(descriptor), 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(25)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent").start()


@dataclass
class Child:
    """One process that `serve` keeps alive."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    died: float | None = None
    wait: float = 0.0


class Supervisor:
    """Starts the children, restarts a dead one (ever more slowly while it dies at once), drains them on SIGTERM."""

    def __init__(self, listens: socket.socket, workers: int) -> None:
        self.socket = listens
        self.pipe, self._held_open = os.pipe()
        descriptor = str(self.socket.fileno())
        self.children = [Child(f"web {number + 1}", ["web", "--descriptor", descriptor]) for number in range(workers)]
        self.children.append(Child("worker", ["worker"]))
        self.stop = threading.Event()

    def start(self, child: Child) -> None:
        child.started, child.died = time.monotonic(), None
        child.process = subprocess.Popen(  # noqa: S603 (our own command)
            [sys.executable, "-m", "comanda", *child.arguments],
            pass_fds=[self.socket.fileno(), self.pipe],
            env=os.environ | {PARENT: str(self.pipe)},
        )

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop.set())
        follow_parent()
        for child in self.children:
            self.start(child)
        while not self.stop.wait(0.1):
            for child in self.children:
                self.keep_alive(child)
        self.drain()

    def keep_alive(self, child: Child) -> None:
        if child.process is None or child.process.poll() is None:
            return
        if child.died is None:
            child.died = time.monotonic()
            at_once = child.died - child.started < CRASH_SECONDS
            child.wait = min(child.wait * 2 + 0.2, SLOWEST_RESTART_SECONDS) if at_once else 0.0
            log.warning("%s ended with %s; starting it again", child.name, child.process.returncode)
        if time.monotonic() - child.died >= child.wait:
            self.start(child)

    def drain(self) -> None:
        for child in self.children:
            if child.process:
                with contextlib.suppress(ProcessLookupError):
                    child.process.terminate()
        deadline = time.monotonic() + 30
        for child in self.children:
            if child.process:
                try:
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    child.process.kill()
