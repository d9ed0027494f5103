"""Figures beside group customers and opportunities: when somebody was there last, how much is in negotiation.

In: a page's rows. Out: row -> figure, one query a page. Must not change anything. Invariant: a customer without an open opportunity has none, not 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Date, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import CorporateOpportunity, CorporateVisit


async def last_visits(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, str]:
    """customer -> day of the last visit, call or meeting."""
    return await _last(session, CorporateVisit.client_id, ids)


async def last_talks(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, str]:
    """opportunity -> day on which it was spoken of last."""
    return await _last(session, CorporateVisit.opportunity_id, ids)


async def _last(session: AsyncSession, of: Any, ids: Sequence[int]) -> Mapping[int, str]:
    query = select(of, cast(func.max(CorporateVisit.visited_at), Date)).where(of.in_(ids)).group_by(of)
    return {key: day.isoformat() for key, day in (await session.execute(query)).all()}


async def open_amounts(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, str]:
    """customer -> yuan of his opportunities that are neither won nor lost."""
    client = CorporateOpportunity.client_id
    query = select(client, func.sum(CorporateOpportunity.amount)).where(client.in_(ids), CorporateOpportunity.stage.not_in(("won", "lost")))
    return {key: format(amount, "f") for key, amount in (await session.execute(query.group_by(client))).all()}
