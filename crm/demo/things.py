"""Loads every thing of the invented hospital besides people, clinics and users.

In: a session on a database with these. Out: rows. Must not change what it finds: done again, it adds nothing. Invariant: one transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.demo import things_files, things_hospital, things_service
from crm.models import Disease


async def load(session: AsyncSession, now: datetime) -> None:
    """The hospital's things, then what needs them in the patients' files."""
    if not await session.scalar(select(func.count()).select_from(Disease)):
        known = await things_hospital.world(session, now)
        await things_hospital.load(session, known)
        await things_service.load(session, known)
        await session.flush()
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    if not isinstance(raw, asyncpg.Connection):
        raise TypeError("COPY needs an asyncpg connection")

    async def copy(table: str, rows: list[dict[str, Any]]) -> None:
        await things_files.copy_rows(raw, table, rows)

    await things_files.load(session, copy, now)
