"""Follows a channel of the database: reads anew at each notice, and once more after each reconnect.

In: a channel's name, what to read. Out: calls of `refresh`, one at a time, none lost. Must not end for a database that is away: it asks again
each RETRY_S. Invariant: a notice that comes while `refresh` runs leads to another one. Notices: crm/notices.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from callcenter import log
from callcenter.errors import StoreUnavailable
from crm import notices
from crm.database import Database

RETRY_S = 1.0
_log = log.get("notices")


async def follow(
    database: Database, channel: str, refresh: Callable[[], Awaitable[None]], *, again: tuple[type[Exception], ...] = (StoreUnavailable,)
) -> None:
    """Until cancelled. `again`: what `refresh` may raise to be asked once more; what it knew stays in use meanwhile."""
    changed = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(notices.hear(database, channel, lambda _: changed.set()), name=f"{channel}:listen")
        group.create_task(_read(channel, changed, refresh, again), name=f"{channel}:read")


async def _read(channel: str, changed: asyncio.Event, refresh: Callable[[], Awaitable[None]], again: tuple[type[Exception], ...]) -> None:
    told = False
    while True:
        await changed.wait()
        changed.clear()
        try:
            await refresh()
            told = False
        except again as wrong:
            if not told:
                _log.warning("could not be read anew, what is known stays in use", channel=channel, reason=type(wrong).__name__)
            told = True
            await asyncio.sleep(RETRY_S)
            changed.set()
