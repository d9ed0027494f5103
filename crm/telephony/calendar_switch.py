"""Switches a calendar to night or emergency, and back.

In: a calendar's name, a mode, a note. Out: the calendar as it is, `Administered` for every process (a trigger of the table tells them).
Must not touch hours. Invariant: the switch and its audit entry are one transaction; switching to what is, changes nothing and is not noted.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit
from crm.errors import NotFound
from crm.models import AuditEntry, Calendar, UserAccount
from crm.telephony import administered

ACTION = "calendar.switch"


def mode_of(row: Calendar) -> str:
    return "emergency" if row.emergency else "night" if row.night else "normal"


async def switch(session: AsyncSession, name: str, mode: str, note: str, user_id: int, now: datetime) -> str:
    """The mode before. Raises NotFound."""
    row = await session.get(Calendar, name, with_for_update=True)
    if row is None:
        raise NotFound("calendar")
    before = mode_of(row)
    if before != mode:
        row.emergency, row.night = mode == "emergency", mode == "night"
        row.version, row.changed_at = row.version + 1, now
        await audit.write(session, now, user_id, audit.Deed(ACTION, "calendar", name, {"from": before, "to": mode, "reason": note}))
    return before


async def listed(session: AsyncSession, now: datetime, zone: tzinfo) -> list[dict[str, Any]]:
    """Every calendar with its mode, its state now, and who switched it last."""
    hours = (await administered.read(session)).calendars
    rows = await session.scalars(select(Calendar).order_by(Calendar.name != "hotline", Calendar.name))
    return [
        {"name": row.name, "title_zh": row.title_zh, "title_en": row.title_en, "mode": mode_of(row)}
        | {"state": hours[row.name].state_at(now.astimezone(zone)), "switched": await _last(session, row.name)}
        for row in rows
    ]


async def _last(session: AsyncSession, name: str) -> dict[str, Any] | None:
    query = select(AuditEntry, UserAccount.name).outerjoin(UserAccount, UserAccount.id == AuditEntry.user_id)
    query = query.where(AuditEntry.object_kind == "calendar", AuditEntry.object_id == name, AuditEntry.action == ACTION)
    row = (await session.execute(query.order_by(AuditEntry.id.desc()).limit(1))).first()
    if row is None:
        return None
    entry, by = row
    return {"at": entry.at.isoformat(), "by": by or "", "from": entry.data["from"], "to": entry.data["to"], "note": entry.data.get("reason", "")}
