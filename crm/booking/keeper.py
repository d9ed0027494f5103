"""Lets time pass for booking: holds run out, the waiting list is served, the next days' clinics are made.

In: a database, a clock, the hospital's zone. Out: nothing; runs until cancelled. Must not end because the database is away: it tries again.
Invariant: one pass is one transaction; passes of several processes do not hinder each other; a roster, an absence or a holiday that changes is
followed at once, so that no caller need make clinics himself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime, tzinfo

from crm import notices
from crm.booking.sweep import sweep
from crm.booking.when import By
from crm.database import Database
from crm.errors import DatabaseUnavailable, StatementRefused

EVERY_S = 30.0
OUT_OF_DATE = "booking_out_of_date"
PASS_S = 60.0
_log = logging.getLogger("crm.booking")


async def keep(database: Database, now: Callable[[], datetime], zone: tzinfo, every_s: float = EVERY_S) -> None:
    """Until cancelled."""
    changed = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(notices.hear(database, OUT_OF_DATE, lambda _: changed.set()), name="booking:listen")
        while True:
            changed.clear()
            await once(database, now(), zone)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await changed.wait()


async def once(database: Database, now: datetime, zone: tzinfo) -> None:
    """One pass; what goes wrong is said and tried again at the next."""
    by = By("agent", now, zone)
    try:
        done = await database.run(lambda session: sweep(session, by), timeout_s=PASS_S)
    except (DatabaseUnavailable, StatementRefused) as wrong:
        _log.warning("booking could not be kept up: %s", wrong)
        return
    if done.ended or done.offered or done.past:
        _log.info("booking: %d holds ended, %d seats offered, %d wishes over", done.ended, done.offered, done.past)
