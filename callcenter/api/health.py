"""Is every part in order? For load balancers, the supervisor and the board.

In: one check per part, each answering "ok" or what is wrong in words. Out: `GET /api/health`, and `last` for the board.
Must not show anything but these words, because the route is public. Invariant: a check that hangs is a part that is wrong, within
`check_s`; checks run at most once in `KEEP_S`, however often the route is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from shutil import disk_usage
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from callcenter import log
from callcenter.api.routing import PUBLIC, route
from callcenter.errors import CallCenterError
from callcenter.ports import Clock
from callcenter.settings import Settings

OK = "ok"
KEEP_S = 1.0
Check = Callable[[], Coroutine[Any, Any, str]]
_log = log.get("health")


class Health:
    """The parts of this process and their latest words. Without an `optional` one the whole is still in order."""

    def __init__(self, checks: Mapping[str, Check], clock: Clock, check_s: float = 2.0, optional: Collection[str] = ()) -> None:
        self.optional = frozenset(optional)
        self._checks, self._clock, self._check_s = checks, clock, check_s
        self._at = float("-inf")
        self._lock = asyncio.Lock()
        self._watchers: list[Callable[[], None]] = []
        self.last: Mapping[str, str] = dict.fromkeys(checks, OK)

    def watch(self, callback: Callable[[], None]) -> None:
        """`callback()` when a part's words changed."""
        self._watchers.append(callback)

    def needed(self) -> Mapping[str, str]:
        """The latest words of the parts that must not be away."""
        return {name: words for name, words in self.last.items() if name not in self.optional}

    async def parts(self) -> Mapping[str, str]:
        """Every part with its words, at most `KEEP_S` old."""
        async with self._lock:
            if self._clock.monotonic() - self._at >= KEEP_S:
                found = await asyncio.gather(*(self._ask(check) for check in self._checks.values()))
                self._remember(dict(zip(self._checks, found, strict=True)))
                self._at = self._clock.monotonic()
        return self.last

    async def run(self, every_s: float = 2.0) -> None:
        """Keep `last` fresh until cancelled."""
        while True:
            await self.parts()
            await asyncio.sleep(every_s)

    async def _ask(self, check: Check) -> str:
        try:
            async with asyncio.timeout(self._check_s):
                return await check()
        except TimeoutError:
            return "does not answer"
        except (CallCenterError, OSError) as wrong:
            return (type(wrong).__doc__ or "is not reachable").split("\n")[0]

    def _remember(self, fresh: Mapping[str, str]) -> None:
        before, self.last = self.last, fresh
        if fresh != before:
            _log.warning("parts changed", parts=fresh)
            for watcher in self._watchers:
                watcher()


HEALTH: web.AppKey[Health] = web.AppKey("health", Health)


def disk_check(settings: Settings) -> Check:
    """The disk that holds recordings and journal."""

    async def check() -> str:
        folder = next(one for one in (settings.home, *settings.home.parents) if one.exists())
        usage = await asyncio.to_thread(disk_usage, folder)
        percent = round(100 * (usage.total - usage.free) / usage.total)
        return OK if percent < settings.recording.disk_warn_percent else f"{percent} % of the disk is full"

    return check


class HealthAnswer(BaseModel):
    """`ok` or `degraded`, and every part in words."""

    status: str
    parts: dict[str, str]


@route("GET", "/api/health", right=PUBLIC, answer=HealthAnswer, away=HealthAnswer)
async def health(request: web.Request) -> web.Response:
    """Whether every part is in order; 503 names the one that is not. Speech is told of, and may be away."""
    checked = request.app[HEALTH]
    parts = dict(await checked.parts())
    well = all(words == OK for name, words in parts.items() if name not in checked.optional)
    return web.json_response({"status": OK if well else "degraded", "parts": parts}, status=200 if well else 503)
