"""Patients beyond somebody's reach, for code that works with patients by their ids and not through the store.

In: who asks, ids of patients, a booking by its id or number. Out: whether one of them is somebody he may not see. Must not say which.
Invariant: a patient that does not exist is beyond nobody's reach; whoever works with him says so itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.registry import registry
from crm.engine.store_ask import reach
from crm.principal import Principal


@dataclass(frozen=True, slots=True)
class Booked:
    """A row of `thing`, which has a patient, found by `column`."""

    thing: str
    column: str
    value: int | str


async def beyond(session: AsyncSession, who: Principal, ids: Collection[int], booked: Booked | None = None) -> bool:
    """Is one of these patients, or the one of this booking, out of reach?"""
    patient = registry().by_name["patient"]
    limit = reach(patient, registry(), who, "read")
    if limit is None:
        return False
    named = patient.keys[0].in_(list(ids))
    if booked is not None:
        columns = registry().by_name[booked.thing].table.columns
        named |= patient.keys[0].in_(select(columns["patient_id"]).where(columns[booked.column] == booked.value))
    return await session.scalar(select(patient.keys[0]).where(named, limit.is_not(true())).limit(1)) is not None
