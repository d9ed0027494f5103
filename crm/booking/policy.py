"""The rules of booking as administered, and the locks under which they are kept.

In: a session inside a transaction. Out: the row `BookingPolicy`; locks that last until the transaction ends. Invariant: whoever takes several
takes them in this order: generation, patient, slots by id; whoever stands out of this order only tries and goes without.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking.errors import BookingRefused
from crm.models import BookingPolicy, ClinicSession, ClinicSlot

_GENERATION = 815_120_96
_PATIENT_CLASS = 815


async def policy(session: AsyncSession) -> BookingPolicy:
    """The one row."""
    found = await session.get(BookingPolicy, 1, populate_existing=True)
    if found is None:
        raise RuntimeError("booking has no policy; run the migration")
    return found


async def lock_generation(session: AsyncSession) -> None:
    await session.execute(select(func.pg_advisory_xact_lock(_GENERATION)))


async def lock_patient(session: AsyncSession, patient_id: int) -> None:
    """One booking at a time for a patient."""
    await session.execute(select(func.pg_advisory_xact_lock(_PATIENT_CLASS, patient_id)))


async def try_patient(session: AsyncSession, patient_id: int) -> bool:
    """The same without waiting; False when somebody books for him just now."""
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(_PATIENT_CLASS, patient_id))))


async def lock_slots(session: AsyncSession, slot_ids: Iterable[int], *, wait: bool = True) -> dict[int, tuple[ClinicSlot, ClinicSession]]:
    """These slots with their sessions, locked. Raises BookingRefused when one is gone; without `wait` busy ones are left out."""
    wanted = sorted(set(slot_ids))
    query = (
        select(ClinicSlot, ClinicSession)
        .join(ClinicSession, ClinicSession.id == ClinicSlot.session_id)
        .where(ClinicSlot.id.in_(wanted))
        .order_by(ClinicSlot.id)
        .with_for_update(of=ClinicSlot, skip_locked=not wait)
        .execution_options(populate_existing=True)
    )
    found = {slot.id: (slot, clinic) for slot, clinic in (await session.execute(query))}
    if wait and len(found) < len(wanted):
        raise BookingRefused("slot_gone")
    return found
