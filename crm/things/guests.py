"""How many are invited to an event, said that they come, and came.

In: a page's events. Out: event -> how many, with those whom guests bring along. Must not invite anybody. Invariant: who came counts as one who
was invited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import EventInvitation

ASKED = ("invited", "accepted", "declined", "attended", "absent")


async def invited(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, int]:
    """Invitations that went out."""
    return await _counted(session, ids, ASKED, func.count())


async def coming(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, int]:
    """People who said that they come, and those they bring."""
    return await _counted(session, ids, ("accepted", "attended"), func.sum(1 + EventInvitation.guests))


async def attended(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, int]:
    """People who came, and those they brought."""
    return await _counted(session, ids, ("attended",), func.sum(1 + EventInvitation.guests))


async def _counted(session: AsyncSession, ids: Sequence[int], states: Sequence[str], amount: Any) -> Mapping[int, int]:
    query = select(EventInvitation.event_id, amount).where(EventInvitation.event_id.in_(ids), EventInvitation.state.in_(states))
    found = dict.fromkeys(ids, 0)
    for event, count in await session.execute(query.group_by(EventInvitation.event_id)):
        found[event] = count
    return found
