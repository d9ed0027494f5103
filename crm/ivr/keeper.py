"""Lets time pass for the automatic services: texts get their next try, seats that ended calls still hold are let go, old answers are forgotten.

In: a database, a clock. Out: nothing; runs until cancelled. Must not end because the database is away: it tries again. Invariant: an action's
answer outlives any call that could ask for it again; failed identifications outlive every window a policy can name.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import By
from crm.database import Database
from crm.errors import DatabaseUnavailable, StatementRefused
from crm.ivr import appointments, texts
from crm.models import CallPerson, IdentityAttempt, IvrAct

EVERY_S = 60.0
PASS_S = 30.0
ACTS_KEPT = timedelta(days=2)
ATTEMPTS_KEPT = timedelta(days=60)
_log = logging.getLogger("crm.ivr")


async def keep(database: Database, now: Callable[[], datetime], zone: tzinfo, every_s: float = EVERY_S) -> None:
    """Until cancelled."""
    while True:
        await once(database, now(), zone)
        await asyncio.sleep(every_s)


async def once(database: Database, now: datetime, zone: tzinfo) -> None:
    """One pass; what goes wrong is said and tried again at the next."""

    async def work(session: AsyncSession) -> None:
        await appointments.release_left(session, By("phone", now, zone))
        await texts.queue_again(session, now)
        await session.execute(delete(IvrAct).where(IvrAct.at < now - ACTS_KEPT))
        await session.execute(delete(CallPerson).where(CallPerson.at < now - ACTS_KEPT))
        await session.execute(delete(IdentityAttempt).where(IdentityAttempt.at < now - ATTEMPTS_KEPT))

    try:
        await database.run(work, timeout_s=PASS_S)
    except (DatabaseUnavailable, StatementRefused) as wrong:
        _log.warning("automatic services could not be kept up: %s", wrong)
