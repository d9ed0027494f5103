"""What the work process does for imports and exports: take their jobs up, forget what is old.

In: a `Place`, durable jobs by name. Out: rows and files. Must not fail a job for a bad file: that is a state to show.
Invariant: a job that is taken twice is done once; none stays half done without a word: when the database does not answer it waits, then gives up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from crm.errors import CrmError, DatabaseUnavailable
from crm.models import ImportRun
from crm.transfer import export, importing, noting
from crm.transfer.place import EXPORT_JOB, IMPORT_JOB, Place

EVERY_S = 3600.0
AGAIN_S = (1.0, 5.0, 20.0, 60.0, 120.0)
Step = Callable[[Place, int], Awaitable[None]]
_log = logging.getLogger("crm.transfer")


class Jobs(Protocol):
    """Durable jobs by name."""

    def on(self, job: str, handler: Callable[[str], Awaitable[object]]) -> None: ...


def register(jobs: Jobs, place: Place) -> None:
    """Before jobs run."""
    jobs.on(IMPORT_JOB, lambda key: patiently(place, int(key), importing.handle, importing.give_up))
    jobs.on(EXPORT_JOB, lambda key: patiently(place, int(key), export.handle, export.give_up))


async def patiently(place: Place, key: int, handle: Step, give_up: Step) -> None:
    """A job that the database cut off is gone on with: it may be away, too busy, or two imports may have stood in each other's way."""
    for wait_s in AGAIN_S:
        try:
            await handle(place, key)
            return
        except DatabaseUnavailable as away:
            _log.warning("the database did not answer a job, it is tried again: %s", away)
            await asyncio.sleep(wait_s)
    await give_up(place, key)


async def housekeeping(place: Place, keep_exports_h: float, keep_uploads_days: float) -> None:
    """Until cancelled: each hour."""
    while True:
        try:
            await export.expire(place, keep_exports_h)
            await forget(place, keep_uploads_days)
            for one in await place.database.run(noting.left_behind):
                await noting.follow(place, one)
        except (CrmError, OSError) as wrong:
            _log.warning("old files are kept for another hour: %s", type(wrong).__name__)
        await asyncio.sleep(EVERY_S)


async def forget(place: Place, keep_days: float) -> int:
    """Uploads that nobody imported; how many."""
    before = place.now() - timedelta(days=keep_days)

    async def work(session: AsyncSession) -> list[str]:
        old = delete(ImportRun).where(ImportRun.state.in_(("uploaded", "checked")), ImportRun.created_at < before).returning(ImportRun.folder)
        return list(await session.scalars(old))

    folders = await place.database.run(work)
    for folder in folders:
        await asyncio.to_thread(place.forget_import, folder)
    return len(folders)
