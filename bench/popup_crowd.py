"""Who is there beside the measured agents: `python -m bench.popup_crowd pages URL PASSWORD USER...` and `... callers HOME OFFSET CALLS RATE`.

pages: signs every user in and keeps his desk open, reading all that is pushed. callers: places calls, presses the keys that lead to an agent, and
hangs up soon after he answered. Prints `ready` when all pages are open; ends when the calls are over, or by SIGTERM. A process of its own, so
that its work does not stand in the way of who measures.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from callcenter.box import sipp
from callcenter.settings import Settings
from tests.support.instances import settings_for
from tests.support.journal_view import JournalView
from tests.support.waiting import until

TICK_S, TALK_TICKS = 0.1, 5
LONGEST_S = 600.0
KEYS = {"language": "1", "choices": "0"}


async def sign_in(url: str, username: str, password: str) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
    """One agent's page: session and live connection, subscribed to his desk."""
    http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with http.post(f"{url}/api/login", json={"username": username, "password": password}) as answer:
        answer.raise_for_status()
        http.headers["X-CSRF-Token"] = (await answer.json())["csrf"]
    live = await http.ws_connect(f"{url}/api/live")
    await live.send_json({"subscribe": ["agent"]})
    return http, live


async def pages(url: str, password: str, users: list[str]) -> None:
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        for user in users:
            http, live = await sign_in(url, user, password)
            stack.push_async_callback(http.close)
            group.create_task(_read(live), name=f"bench:page-of-{user}")
        print("ready", flush=True)


async def _read(live: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in live:
        pass


class Callers:
    """Presses each caller's key when his menu is reached, and hangs him up when he talked."""

    def __init__(self, group: sipp.Group, settings: Settings) -> None:
        self._group = group
        self._journal = JournalView(settings.journal_folder / settings.node)
        self._left: dict[str, set[str]] = {caller.number: set() for caller in group.callers}
        self._talked: dict[str, int] = {}

    def step(self) -> bool:
        """Look once; False when every call is over."""
        self._group.refresh()
        for caller in self._group.callers:
            if caller.answered and not caller.over:
                self._serve(caller)
        return not all(caller.over for caller in self._group.callers)

    def _serve(self, caller: sipp.Caller) -> None:
        linkedid = self._journal.linkedid_of(caller.number)
        for one in self._journal.of(linkedid):
            node = one["data"].get("node") if one["kind"] == "node_entered" else ""
            if node in KEYS and node not in self._left[caller.number]:
                self._left[caller.number].add(node)
                self._group.press(caller, KEYS[node])
            if one["kind"] == "agent_connected":
                self._talked[caller.number] = self._talked.get(caller.number, 0) + 1
        if self._talked.get(caller.number, 0) == TALK_TICKS:
            self._group.hang_up(caller)


async def callers(home: Path, offset: int, calls: int, rate: float) -> None:
    settings = settings_for(home, offset)
    numbers = [f"+86137{number:08d}" for number in range(calls)]
    with tempfile.TemporaryDirectory(prefix="ccbench-callers-") as folder:
        async with sipp.Group(settings, numbers, Path(folder), rate=rate, every=50) as group:
            crowd = Callers(group, settings)
            await until(lambda: not crowd.step(), LONGEST_S, "all calls are over", every_s=TICK_S)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["pages", url, password, *users]:
            asyncio.run(pages(url, password, users))
        case ["callers", home, offset, calls, rate]:
            asyncio.run(callers(Path(home), int(offset), int(calls), float(rate)))
