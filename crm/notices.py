"""Hears what the database tells on a channel, however often the link breaks.

In: a channel's name. Out: `heard(payload)` at each notice, and once with "" after each connect, as something may have been missed. Must not end for a
database that is away: it asks again each RETRY_S. Invariant: a link that is dead without saying so is found out by `Database.listen`.
LISTEN and NOTIFY: postgresql.org/docs, "Asynchronous Notification".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from crm.database import Database
from crm.errors import DatabaseUnavailable

RETRY_S = 1.0
_log = logging.getLogger("crm.notices")


async def hear(database: Database, channel: str, heard: Callable[[str], object]) -> None:
    """Until cancelled; an outage is told once."""
    told = False

    def notice(payload: str) -> None:
        nonlocal told
        told = False
        heard(payload)

    while True:
        try:
            await database.listen(channel, notice)
        except DatabaseUnavailable as away:
            if not told:
                _log.warning("no notices on %s, what is known stays in use: %s", channel, away)
            told = True
        await asyncio.sleep(RETRY_S)
