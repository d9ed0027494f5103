"""What a flow may name in the hospital: queues, calendars, text messages.

In: a session. Out: names with their titles. Must not hold a rule. Invariant: what is not active is not offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import Calendar, Queue, TextTemplate

Titles = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Name -> Chinese and English title."""

    queues: Titles
    calendars: Titles
    templates: Titles


async def read(session: AsyncSession) -> Surroundings:
    """All of it."""
    queues = await session.execute(select(Queue.name, Queue.title_zh, Queue.title_en).where(Queue.active).order_by(Queue.name))
    calendars = await session.execute(select(Calendar.name, Calendar.title_zh, Calendar.title_en).order_by(Calendar.name))
    written = select(TextTemplate.code, TextTemplate.title_zh, TextTemplate.title_en).where(TextTemplate.active)
    templates = await session.execute(written.order_by(TextTemplate.code))
    return Surroundings(*({name: (zh, en) for name, zh, en in rows} for rows in (queues, calendars, templates)))
