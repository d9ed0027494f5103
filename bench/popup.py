"""Screen-pop latency against a running product: an AgentCalled on a raw AMI socket, and the same moment at the agent's websocket.

In: `CALLCENTER_BENCH_URL`, `CALLCENTER_BENCH_USER`, `CALLCENTER_BENCH_PASSWORD`, `CALLCENTER_HOME` of the running instance; somebody places calls.
Out: milliseconds between the first byte of the event on a raw socket and the change that sets `call` at the websocket.
The raw figure beside it is the echo of a UserEvent action on that socket: what AMI itself costs.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from statistics import median
from typing import Any

import aiohttp

from callcenter.settings import load, load_secrets

WAIT_S = 60.0


class RawAmi:
    """A second AMI client without any library."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def connect(cls) -> RawAmi:
        settings = load()
        made = cls(*await asyncio.open_connection("127.0.0.1", settings.port("ami")))
        await made.ask(f"Action: Login\r\nUsername: callcenter\r\nSecret: {load_secrets(settings.home).ami}\r\nEvents: on", b"accepted")
        return made

    async def ask(self, action: str, until: bytes) -> float:
        """Milliseconds until a message with `until` in it came."""
        began = time.perf_counter()
        self._writer.write(f"{action}\r\n\r\n".encode())
        await self.hear(until)
        return (time.perf_counter() - began) * 1000

    async def hear(self, words: bytes) -> float:
        """The moment a message with these words came."""
        async with asyncio.timeout(WAIT_S):
            while words not in await self._reader.readuntil(b"\r\n\r\n"):
                pass
        return time.perf_counter()

    def close(self) -> None:
        self._writer.close()


async def latencies(*, quick: bool) -> dict[str, float]:
    """Medians and the slowest. Raises RuntimeError when no call was offered in time."""
    offers = 5 if quick else 30
    raw = await RawAmi.connect()
    try:
        echoes = [await raw.ask(f"Action: UserEvent\r\nUserEvent: Bench{number}", b"Bench%d\r\n" % number) for number in range(200)]
        pops = sorted(await _pops(raw, offers))
    except TimeoutError as silent:
        raise RuntimeError("no call was offered to the agent in time") from silent
    finally:
        raw.close()
    return {"raw p50": median(echoes), "websocket p50": median(pops), "websocket slowest": pops[-1]}


async def _pops(raw: RawAmi, offers: int) -> list[float]:
    url = os.environ["CALLCENTER_BENCH_URL"].rstrip("/")
    account = {"username": os.environ["CALLCENTER_BENCH_USER"], "password": os.environ["CALLCENTER_BENCH_PASSWORD"]}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        (await http.post(f"{url}/api/login", json=account)).raise_for_status()
        async with http.ws_connect(f"{url}/api/live") as live:
            await live.send_json({"subscribe": ["agent"]})
            return [await _one_pop(raw, live) for _ in range(offers)]


async def _one_pop(raw: RawAmi, live: aiohttp.ClientWebSocketResponse) -> float:
    async with asyncio.TaskGroup() as group:
        heard = group.create_task(raw.hear(b"Event: AgentCalled"), name="bench:raw")
        shown = group.create_task(_shown(live), name="bench:pop")
    return (shown.result() - heard.result()) * 1000


async def _shown(live: aiohttp.ClientWebSocketResponse) -> float:
    async with asyncio.timeout(WAIT_S):
        while True:
            message: dict[str, Any] = json.loads(await live.receive_str())
            call = (message.get("data") or {}).get("call")
            if message.get("type") == "change" and call and call.get("phase") == "ringing":
                return time.perf_counter()
