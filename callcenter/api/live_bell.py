"""Tells each person's pages that something else waits for him: a task that was assigned, a reminder whose time has come, an announcement.

In: notices of the database, each naming a person or `all`; the clock. Out: the live topic `bell`: `{"turn": n}`, a new number when
GET /api/bell has changed. Must not carry what waits: that is asked for with the person's own rights. Invariant: a page that missed a notice
gets a new number when it, or the database, comes back. Notices: crm/notices.py; what waits: crm/things/bell.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web

from callcenter import log
from callcenter.api.live_hub import Client, LiveHub
from callcenter.ports import Clock
from crm import notices
from crm.database import Database
from crm.errors import DatabaseUnavailable, StatementRefused
from crm.things import bell

TOPIC = "bell"
CHANNEL = "bell_changed"
EVERYBODY = "all"
RETRY_S = 1.0
LONGEST_SLEEP_S = 3600.0
_log = log.get("live")


class BellTurns:
    """How often each person's bell has changed since this process began."""

    def __init__(self, database: Database, hub: LiveHub, clock: Clock) -> None:
        self._database, self._hub, self._clock = database, hub, clock
        self._everybodys, self._own = 0, dict[int, int]()
        self._moved = asyncio.Event()
        hub.add_topic(TOPIC, self.read)

    def read(self, client: Client) -> dict[str, Any]:
        """What this page is told."""
        return {"turn": self._everybodys + self._own.get(client.agent_id, 0)}

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(notices.hear(self._database, CHANNEL, self._heard), name="bell:listen")
            group.create_task(self._ring_in_time(), name="bell:clock")

    def _heard(self, whose: str) -> None:
        """`whose` is empty after each reconnect: something may have been missed."""
        if whose.isdigit():
            self._turn(int(whose))
        else:
            self._everybodys += 1
        self._moved.set()
        self._hub.touch_all()

    def _turn(self, person: int) -> None:
        self._own[person] = self._own.get(person, 0) + 1

    async def _ring_in_time(self) -> None:
        """Wait for the next reminder or deadline; begin anew when something has changed meanwhile."""
        while True:
            self._moved.clear()
            now = self._clock.now()
            try:
                coming = await self._database.run(lambda session, now=now: bell.coming(session, now))
            except (DatabaseUnavailable, StatementRefused) as away:
                _log.warning("the next reminder could not be read", reason=type(away).__name__)
                await asyncio.sleep(RETRY_S)
                continue
            wait_s = LONGEST_SLEEP_S if coming is None else min((coming.at - self._clock.now()).total_seconds(), LONGEST_SLEEP_S)
            if await self._changed_within(max(wait_s, 0.0)) or coming is None or self._clock.now() < coming.at:
                continue
            for person in coming.people:
                self._turn(person)
            self._hub.touch_all()

    async def _changed_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._moved.wait()
        except TimeoutError:
            return False
        return True


def upkeep(database: Database, hub: LiveHub, clock: Clock) -> Callable[[web.Application], AsyncIterator[None]]:
    """Follow while the application runs."""

    async def follow(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(BellTurns(database, hub, clock).run(), name="api:bell")
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    return follow
