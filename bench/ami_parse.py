"""AMI parsing beside panoramisk's own parser, on a stream recorded from the farm's Asterisk while it served calls.

In: the recorded bytes. Out: messages a second of each way and the ratios, only when both give the same messages for every cut that is tried.
`selected` reads the events that ami_events needs and drops the others unread.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from panoramisk.ami_protocol import AMIProtocol

from bench.farm import Farm
from callcenter.cti.ami_events import WANTED
from callcenter.cti.ami_parser import AmiParser

CHUNK = 16_384
SELECTED = frozenset(name.encode() for name in WANTED)


class _Theirs(AMIProtocol):
    """panoramisk's reading, without what it does with the messages."""

    encoding = "utf8"

    def __init__(self) -> None:
        self.found: list[Any] = []
        self.connection_made(None)

    def handle_message(self, message: Any) -> None:
        self.found.append(message)


async def record(made: Farm, calls: int) -> bytes:
    """Everything Asterisk says over AMI during `calls` calls."""
    reader, writer = await asyncio.open_connection("127.0.0.1", made.settings.port("ami"))
    writer.write(f"Action: Login\r\nUsername: callcenter\r\nSecret: {made.secrets.ami}\r\nEvents: on\r\n\r\n".encode())
    pieces: list[bytes] = []

    async def read() -> None:
        while data := await reader.read(65536):
            pieces.append(data)

    reading = asyncio.create_task(read(), name="bench:record")
    await made.call("1014", 40, calls)
    writer.close()
    await reading
    data = b"".join(pieces)
    return data[: data.rfind(b"\r\n\r\n") + 4]


def theirs(chunks: list[bytes]) -> list[Any]:
    protocol = _Theirs()
    for chunk in chunks:
        protocol.data_received(chunk)
    return protocol.found


def ours(chunks: list[bytes], wanted: frozenset[bytes] | None = None) -> list[Any]:
    parser = AmiParser(wanted)
    return [message for chunk in chunks for message in parser.feed(chunk)]


def same(stream: bytes, cuts: int) -> bool:
    """Whether both give the same messages for the whole stream, and ours for every cut tried, with and without selection."""
    expected = [_plain(message) for message in theirs([stream])]
    picked = [one for one in expected if "Event" not in one or one["Event"] in WANTED]
    places = random.Random(1).sample(range(len(stream)), cuts)
    tries = [[stream], *([stream[:place], stream[place:]] for place in places)]
    return all([_plain(one) for one in ours(parts)] == expected and [_plain(one) for one in ours(parts, SELECTED)] == picked for parts in tries)


def rates(stream: bytes, rounds: int) -> dict[str, float]:
    """Messages of the stream a second: panoramisk, ours in full, ours with selection; medians of interleaved rounds."""
    chunks = [stream[start : start + CHUNK] for start in range(0, len(stream), CHUNK)]
    total = len(theirs(chunks))
    ways: dict[str, Callable[[], Any]] = {
        "panoramisk": lambda: theirs(chunks),
        "ours": lambda: ours(chunks),
        "ours, selected": lambda: ours(chunks, SELECTED),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            found[name].append(total / (time.perf_counter() - began))
    return {name: median(values) for name, values in found.items()}


def _plain(message: Any) -> dict[str, Any]:
    return dict(message.items()) | {"content": message.get("content", "")}
