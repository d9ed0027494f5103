"""Lets time pass for the knowledge base: articles whose last day is over become expired.

In: a database, a clock, the hospital's zone. Out: nothing; runs until cancelled. Must not end because the database is away: it tries again.
Invariant: a pass of several processes at once expires each article once. Readers never see a day too much: the search looks at the day itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, tzinfo

from crm.database import Database
from crm.errors import DatabaseUnavailable, StatementRefused
from crm.knowledge import expire_due

EVERY_S = 600.0
_log = logging.getLogger("crm.knowledge")


async def keep(database: Database, now: Callable[[], datetime], zone: tzinfo, every_s: float = EVERY_S) -> None:
    """Until cancelled."""
    while True:
        await once(database, now(), zone)
        await asyncio.sleep(every_s)


async def once(database: Database, now: datetime, zone: tzinfo) -> int:
    """One pass; how many articles expired. What goes wrong is said and tried again at the next."""
    try:
        expired = await database.run(lambda session: expire_due(session, now.astimezone(zone).date()))
    except (DatabaseUnavailable, StatementRefused) as wrong:
        _log.warning("knowledge base could not be kept up: %s", wrong)
        return 0
    if expired:
        _log.info("knowledge base: %d articles expired", expired)
    return expired
