"""Lets time pass for rows that change by themselves: articles and memberships expire, sessions that ended long ago are forgotten.

In: a database, a clock, the hospital's zone. Out: nothing; runs until cancelled. Must not end because the database is away: it tries again.
Invariant: a pass of several processes at once does each thing once. Nobody is shown a day too much: readers look at the day themselves.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, tzinfo

from crm.access.accounts import forget_sessions
from crm.database import Database, Session
from crm.errors import DatabaseUnavailable, StatementRefused
from crm.things import membership
from crm.things.knowledge import expire_due

EVERY_S = 600.0
_log = logging.getLogger("crm.upkeep")
Pass = Callable[[Session, datetime], Awaitable[int]]


async def _expired_articles(session: Session, local: datetime) -> int:
    return await expire_due(session, local.date())


async def _ended_memberships(session: Session, local: datetime) -> int:
    return await membership.end_due(session, local.date())


PASSES: Mapping[str, Pass] = {"articles expired": _expired_articles, "memberships ended": _ended_memberships, "sessions forgotten": forget_sessions}


async def keep(database: Database, now: Callable[[], datetime], zone: tzinfo, every_s: float = EVERY_S) -> None:
    """Until cancelled."""
    while True:
        await once(database, now(), zone)
        await asyncio.sleep(every_s)


async def once(database: Database, now: datetime, zone: tzinfo) -> dict[str, int]:
    """One pass; how much was done of what. What goes wrong is said and tried again at the next."""
    done: dict[str, int] = {}
    for name, step in PASSES.items():
        try:
            count = await database.run(lambda session, step=step: step(session, now.astimezone(zone)))
        except (DatabaseUnavailable, StatementRefused) as wrong:
            _log.warning("%s: not done: %s", name, wrong)
            continue
        done[name] = count
        if count:
            _log.info("%s: %d", name, count)
    return done
