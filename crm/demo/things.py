"""Loads every thing of the invented hospital besides people, clinics and users.

In: a session on a database with these. Out: rows. Must not change what it finds: done again, it adds nothing. Invariant: one transaction.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.demo import things_files, things_hospital, things_service
from crm.demo.world import world
from crm.models import Disease


async def load(session: AsyncSession, now: datetime) -> None:
    """The hospital's things, then what needs them in the patients' files."""
    if not await session.scalar(select(func.count()).select_from(Disease)):
        known = await world(session, now)
        await things_hospital.load(session, known)
        await things_service.load(session, known)
        await session.flush()
    await things_files.load(session, now)
