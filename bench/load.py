"""The load generator: 64 keep-alive connections, each sends its next request when the last one is answered.

`python -m bench.load PORT PATH FIRST MOST SECONDS` renders all requests before it sends the first, and prints one JSON
object (see bench.common.Load).
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator

import uvloop

from bench.common import signed

CONNECTIONS = 64


def render(path: str, number: int) -> bytes:
    headers, body = signed(number)
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Sender(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self, requests: Iterator[bytes], answers: list[bytes], latencies: list[float], until: float) -> None:
        self.requests, self.answers, self.latencies, self.until = requests, answers, latencies, until
        self.done = asyncio.get_running_loop().create_future()
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self.send()

    def send(self) -> None:
        request = next(self.requests, None)
        self.sent_at = time.perf_counter()
        if request is None or self.sent_at > self.until:
            self.transport.close()
        else:
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        if self.received.endswith(b"}"):  # the answers are flat JSON objects
            self.latencies.append(time.perf_counter() - self.sent_at)
            self.answers.append(self.received)
            self.received = b""
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        self.done.set_result(None)


async def send_all(port: int, requests: list[bytes], seconds: float) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    answers: list[bytes] = []
    latencies: list[float] = []
    queue, started = iter(requests), time.perf_counter()
    made = [
        loop.create_connection(lambda: Sender(queue, answers, latencies, started + seconds), "127.0.0.1", port)
        for _ in range(CONNECTIONS)
    ]
    senders = [sender for _, sender in await asyncio.gather(*made)]
    await asyncio.gather(*(sender.done for sender in senders))
    took, ended = time.perf_counter() - started, time.time()
    good = [answer for answer in answers if answer.startswith(b"HTTP/1.1 200")]
    ids = [json.loads(answer.partition(b"\r\n\r\n")[2])["delivery"] for answer in good]
    return {
        "delivered": ids,
        "refused": len(answers) - len(good),
        "seconds": took,
        "ended": ended,
        "latencies": sorted(latencies),
    }


def main(port: int, path: str, first: int, most: int, seconds: float) -> None:
    requests = [render(path, number) for number in range(first, first + most)]
    json.dump(uvloop.run(send_all(port, requests, seconds)), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
