"""When an appointment may be noted as come or missed.

In: what a move of the engine has written. Out: nothing, or BookingRefused, which undoes it. Must not do I/O but raise.
Invariant: nobody is missed before his time, nor arrives more than half a day before it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking.errors import BookingRefused
from crm.engine.resource import Written

EARLIEST = timedelta(hours=12)


def can_be_missed(starts_at: datetime, now: datetime) -> None:
    if starts_at > now:
        raise BookingRefused("too_early")


def can_arrive(starts_at: datetime, now: datetime) -> None:
    if starts_at - EARLIEST > now:
        raise BookingRefused("too_early")


async def may_be_missed(_session: AsyncSession, written: Written) -> None:
    can_be_missed(_starts(written), written.at)


async def may_arrive(_session: AsyncSession, written: Written) -> None:
    can_arrive(_starts(written), written.at)


def _starts(written: Written) -> datetime:
    values = written.after or {}
    return values["starts_at"]
