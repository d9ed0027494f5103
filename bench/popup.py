"""Screen-pop latency: the agent's leg on a raw AMI socket (`Newchannel`), his call at his websocket, and the 180 of his telephone.

In: nothing but an offset; the hospital of popup_world.py is started and ended here. Out: milliseconds. Pops are matched to offers by agent and call.
The raw figure is the echo of a UserEvent action on that socket while the calls are on: what AMI itself costs at that load. `before 180` counts the
pops that were at the page before the telephone said that it rings. Must not count a call twice or leave one out: a missing pop is an error.
"""

from __future__ import annotations

import asyncio
import json
import time
from statistics import median, quantiles
from typing import Any

from bench.popup_world import Page, World, world
from callcenter.settings import Secrets, Settings

WAIT_S = 420.0
ECHO_S = 0.5
Key = tuple[int, str]


class RawAmi:
    """A second AMI client without any library. `offers`: agent and call -> when his leg was told; `echoes`: milliseconds."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.offers: dict[Key, float] = {}
        self.echoes: list[float] = []
        self._asked = 0.0

    @classmethod
    async def connect(cls, settings: Settings, secrets: Secrets) -> RawAmi:
        made = cls(*await asyncio.open_connection("127.0.0.1", settings.port("ami")))
        made._write(f"Action: Login\r\nUsername: callcenter\r\nSecret: {secrets.ami}\r\nEvents: on")
        return made

    async def read(self) -> None:
        """Until cancelled."""
        while True:
            message = await self._reader.readuntil(b"\r\n\r\n")
            now = time.time()
            if message.startswith(b"Event: Newchannel\r\n") and b"Channel: PJSIP/agent-" in message:
                self._offered(message, now)
            elif b"UserEvent: Bench\r\n" in message and self._asked:
                self.echoes.append((now - self._asked) * 1000)
                self._asked = 0.0

    async def echo(self) -> None:
        """Ask for an echo now and then, until cancelled."""
        while True:
            await asyncio.sleep(ECHO_S)
            self._asked = time.time()
            self._write("Action: UserEvent\r\nUserEvent: Bench")

    def _offered(self, message: bytes, now: float) -> None:
        headers = dict(line.split(": ", 1) for line in message.decode(errors="replace").split("\r\n") if ": " in line)
        agent = headers["Channel"].removeprefix("PJSIP/agent-").partition("-")[0]
        self.offers[int(agent), headers["Linkedid"]] = now

    def _write(self, action: str) -> None:
        self._writer.write(f"{action}\r\n\r\n".encode())

    def close(self) -> None:
        self._writer.close()


async def latencies(offset: int, *, quick: bool) -> dict[str, float]:
    """Percentiles in milliseconds, and the share of pops before 180. Raises RuntimeError when an offer has no pop."""
    calls = 20 if quick else 100
    async with world(offset) as made:
        raw = await RawAmi.connect(made.product.settings, made.product.secrets)
        shown: dict[Key, float] = {}
        try:
            await _while_calling(made, raw, shown, calls)
        finally:
            raw.close()
        missing = raw.offers.keys() - shown.keys()
        if missing or len(raw.offers) < calls * 0.9:
            raise RuntimeError(f"{len(raw.offers)} offers for {calls} calls, {len(missing)} of them without a pop")
        return _summary(raw, shown, made.rang())


async def _while_calling(made: World, raw: RawAmi, shown: dict[Key, float], calls: int) -> None:
    tasks = [asyncio.create_task(raw.read(), name="bench:raw"), asyncio.create_task(raw.echo(), name="bench:echo")]
    tasks += [asyncio.create_task(_follow(page, shown), name=f"bench:page-{page.agent_id}") for page in made.pages]
    process = await made.calls(calls, 1.0)
    try:
        async with asyncio.timeout(WAIT_S):
            await process.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _follow(page: Page, shown: dict[Key, float]) -> None:
    """Note when each call rings at this desk."""
    call: dict[str, Any] = {}
    while True:
        text = await page.live.receive_str()
        now = time.time()
        message = json.loads(text)
        data = message.get("data") or {}
        if "call" in data:
            call = call | data["call"] if data["call"] else {}
            if call.get("phase") == "ringing" and call.get("linkedid"):
                shown.setdefault((page.agent_id, call["linkedid"]), now)


def _summary(raw: RawAmi, shown: dict[Key, float], rang: dict[int, list[float]]) -> dict[str, float]:
    pops = [(shown[key] - at) * 1000 for key, at in raw.offers.items()]
    leads = []
    for agent in {agent for agent, _ in raw.offers}:
        own = sorted(shown[key] for key in raw.offers if key[0] == agent)
        leads += [(ring - pop) * 1000 for pop, ring in zip(own, rang.get(agent, ()), strict=True)]
    return {
        "offers": len(pops), "raw p50": median(raw.echoes), "raw p99": quantiles(raw.echoes, n=100)[98], "websocket p50": median(pops),
        "websocket p99": quantiles(pops, n=100)[98], "websocket slowest": max(pops), "lead before 180 p50": median(leads),
        "lead before 180 least": min(leads), "before 180": sum(lead > 0 for lead in leads) / len(leads),
    }  # fmt: skip
