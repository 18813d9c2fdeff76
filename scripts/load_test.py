"""Drive a running service at a steady rate, and print what it gave: how fast, how late, and how often it failed.

    classifier serve --workers 2 &
    python -m scripts.load_test --rate 50 --seconds 60

Each request asks for one suggestion for a report of the corpus's test split. Requests are sent when they are due, whether or
not earlier ones are answered, and each is timed from the moment it was due: a service that falls behind cannot hide it by
slowing the driver down. Sends with the standard library alone, so that the driver takes little of the
machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from classifier.corpus import read_corpus, shipped_corpus
from scripts.baseline import refuse

_PATH = "/api/v1/suggestions"
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Answered:
    """One request: when it was due and answered, in seconds from the start, and its status, or what failed."""

    due: float
    answered: float
    outcome: str

    @property
    def latency(self) -> float:
        """Seconds from when the request was due."""
        return self.answered - self.due


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class Connections:
    """Connections to one server that are kept and used again."""

    def __init__(self, host: str, port: int) -> None:
        """Take the address; connects when needed."""
        self._host, self._port = host, port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, body: bytes) -> str:
        """Send a body, and return the answer's status."""
        reader, writer = await self._connection()
        try:
            head = f"POST {_PATH} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            status = (await reader.readuntil(b"\r\n")).split()[1].decode()
            headers = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in headers.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.split(b":")[1]))
        except BaseException:
            writer.close()
            raise
        self._free.append((reader, writer))
        return status

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._free:
            reader, writer = self._free.pop()
            # One that the server closed while nobody used it is no failure of the server.
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._host, self._port)

    async def close(self) -> None:
        """Close them all."""
        for _, writer in self._free:
            writer.close()
            await writer.wait_closed()


async def drive(address: str, texts: Sequence[str], *, rate: float, seconds: float) -> list[Answered]:
    """Send requests at a steady rate, and return how each was answered."""
    parts = urlsplit(address)
    connections = Connections(parts.hostname or "127.0.0.1", parts.port or 80)
    started = time.perf_counter()

    async def one(number: int) -> Answered:
        due = number / rate
        await asyncio.sleep(max(0.0, due - (time.perf_counter() - started)))
        body = json.dumps({"texts": [texts[number % len(texts)]]}).encode()
        try:
            outcome = await asyncio.wait_for(connections.post(body), _TIMEOUT_SECONDS)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            outcome = type(error).__name__
        return Answered(due, time.perf_counter() - started, outcome)

    answered = await asyncio.gather(*(one(number) for number in range(int(rate * seconds))))
    await connections.close()
    return answered


def summary(answered: Sequence[Answered], rate: float) -> dict[str, object]:
    """Return what a run gave: latencies in milliseconds, the rate that was asked for and the one achieved, outcomes."""
    latencies = [item.latency * 1000 for item in answered]
    return {
        "requests": len(answered),
        "asked_per_second": rate,
        "achieved_per_second": round(len(answered) / max(item.answered for item in answered), 1),
        "ms_p50": round(quantile(latencies, 0.5), 1),
        "ms_p95": round(quantile(latencies, 0.95), 1),
        "ms_p99": round(quantile(latencies, 0.99), 1),
        "ms_max": round(max(latencies), 1),
        "outcomes": dict(Counter(item.outcome for item in answered)),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, drive the service, and print the summary as JSON, with how busy the machine was."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--rate", type=float, default=50, help="requests a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=5, help="seconds at the same rate that are not counted")
    given = parser.parse_args(arguments)
    texts = [located.example.text for located in read_corpus(shipped_corpus(), refuse, split="test")]
    if given.warm_up:
        asyncio.run(drive(given.address, texts, rate=given.rate, seconds=given.warm_up))
    before = os.getloadavg()[0]
    answered = asyncio.run(drive(given.address, texts, rate=given.rate, seconds=given.seconds))
    machine = {"cores": os.cpu_count(), "load_before": round(before, 2), "load_after": round(os.getloadavg()[0], 2)}
    print(json.dumps({**summary(answered, given.rate), "machine": machine}, indent=2))


if __name__ == "__main__":
    main()
