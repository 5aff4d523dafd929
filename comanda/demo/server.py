"""The server that the demo sends to: the one that runs already, else one of our own that dies with us."""

import errno
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx

from comanda.processes import PARENT, address

START_SECONDS = 30.0
STOP_SECONDS = 35.0


class NotServed(Exception):  # noqa: N818
    """There is no server to send to: a code, and the reason in words."""

    def __init__(self, code: str, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.facts = code, message, facts


@dataclass(frozen=True)
class Server:
    """Where Comanda answers; `process` is None where somebody else has started it."""

    url: str
    process: subprocess.Popen[bytes] | None


@contextmanager
def server(host: str, port: int, token: str, *, move: bool) -> Iterator[Server]:
    """This home's Comanda on host:port, started if need be; `move` to a free port where another program has it."""
    if ours(address(host, port), token):
        yield Server(address(host, port), None)
        return
    if error := hindrance(host, port):
        if not move or error.errno != errno.EADDRINUSE:
            said = f"Comanda cannot listen on {host}:{port}: {error.strerror}. Choose another with --port."
            raise NotServed("address_in_use", said, host=host, port=port)
        port = free_port(host)
    with child(host, port) as process:
        wait_until_it_answers(address(host, port), token, process)
        yield Server(address(host, port), process)


def ours(url: str, token: str) -> bool:
    """Whether it is a Comanda with our database: then it knows the demo's token."""
    headers = {"authorization": f"Bearer {token}", "host": "localhost"}
    with suppress(httpx.HTTPError, httpx.InvalidURL, ValueError):
        answer = httpx.get(f"{url}/api/v1/backlog", headers=headers, timeout=3, trust_env=False)
        return answer.status_code == 200 and "pending" in answer.json()
    return False


def hindrance(host: str, port: int) -> OSError | None:
    """Why nothing can listen there, if so."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        return error
    return None


def free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def child(host: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`comanda serve`, which ends when our end of the pipe closes, however we come to die; its words go to stderr."""
    reading, writing = os.pipe()
    environment = {"COMANDA_BASE_URL": address(host, port)} | os.environ | {PARENT: str(reading)}
    command = [sys.executable, "-m", "comanda", "serve", "--host", host, "--port", str(port)]
    process = subprocess.Popen(command, env=environment, pass_fds=[reading], stdout=2)  # noqa: S603 (our own command)
    os.close(reading)
    try:
        yield process
    finally:
        stop(process)
        os.close(writing)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until_it_answers(url: str, token: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ours(url, token):
        if process.poll() is not None:
            raise NotServed("not_started", f"The server ended at once with {process.returncode}.", url=url)
        if time.monotonic() > deadline:
            raise NotServed("not_started", f"The server did not answer within {START_SECONDS:.0f} s.", url=url)
        time.sleep(0.1)
