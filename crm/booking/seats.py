"""Takes and frees seats of a locked slot.

In: a slot locked by `policy.lock_slots`. Out: a held appointment's row; ids of the slots in which seats became free. Must not tell or offer:
offers.py does. Invariant: whose offered seat ends without an answer waits on, unless he was told of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking.errors import BookingRefused
from crm.booking.rules import flush
from crm.booking.slots import taken
from crm.booking.when import By
from crm.models import Appointment, BookingNotice, ClinicSeat, ClinicSession, ClinicSlot, ContactPhone, WaitingEntry


async def lapse(session: AsyncSession, by: By, *terms: Any, wish: str = "") -> Sequence[int]:
    """End the holds that fit `terms`. Ids of the slots in which a seat became free.

    `wish`: what becomes of the wish whose offer ends so, `waiting` or `lapsed`; "": it is over when the patient was told, else he waits on.
    """
    query = update(Appointment).where(Appointment.state == "held", *terms)
    ended = query.values(state="lapsed", held_until=None, ended_at=by.now, version=Appointment.version + 1, changed_at=by.now)
    rows = (await session.execute(ended.returning(Appointment.id, Appointment.slot_id).execution_options(synchronize_session=False))).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    await _end_offers(session, by, ids, wish)
    await close_notices(session, by, ids, "dropped")
    return sorted({row.slot_id for row in rows})


async def _end_offers(session: AsyncSession, by: By, ids: Sequence[int], wish: str) -> None:
    untold = select(BookingNotice.appointment_id).where(BookingNotice.appointment_id.in_(ids), BookingNotice.state == "open")
    becomes = wish or case((WaitingEntry.appointment_id.in_(untold), "waiting"), else_="lapsed")
    offers = WaitingEntry.appointment_id.in_(ids), WaitingEntry.state == "offered"
    ended = update(WaitingEntry).where(*offers).values(**changed(by, WaitingEntry, becomes))
    await session.execute(ended.execution_options(synchronize_session=False))


def changed(by: By, model: Any, state: Any) -> dict[str, Any]:
    """The new state, with the version and time of the change."""
    return {"state": state, "version": model.version + 1, "changed_at": by.now}


async def lapse_expired(session: AsyncSession, by: By, *terms: Any) -> Sequence[int]:
    return await lapse(session, by, Appointment.held_until <= by.now, *terms)


async def close_notices(session: AsyncSession, by: By, appointment_ids: Sequence[int], state: str) -> None:
    """Nobody need be told any more."""
    open_ones = BookingNotice.appointment_id.in_(appointment_ids), BookingNotice.state == "open"
    await session.execute(update(BookingNotice).where(*open_ones).values(**changed(by, BookingNotice, state)))


async def seat_for(session: AsyncSession, by: By, slot_id: int, source: str) -> int:
    """A free seat of the locked slot that this door may take, the narrowest first. Raises BookingRefused."""
    query = (
        select(ClinicSeat.id)
        .where(ClinicSeat.slot_id == slot_id, ClinicSeat.sources.contains([source]), ~taken(by.now))
        .order_by(func.cardinality(ClinicSeat.sources), ClinicSeat.number)
        .limit(1)
    )
    found = await session.scalar(query)
    if found is None:
        raise BookingRefused("slot_full")
    return found


async def add(session: AsyncSession, row: Appointment) -> Appointment:
    """Insert; the table's refusal in the words of the rules."""
    async with session.begin_nested():
        session.add(row)
        await flush(session)
    return row


def held(by: By, slot: ClinicSlot, clinic: ClinicSession, seat_id: int, patient_id: int | None, until: datetime) -> Appointment:
    """A new hold, not stored."""
    return Appointment(
        state="held", source=by.source, patient_id=patient_id, session_id=clinic.id, slot_id=slot.id, seat_id=seat_id, starts_at=slot.starts_at,
        ends_at=slot.ends_at, held_until=until, price_fen=clinic.price_fen, made_by=by.user_id, linkedid=by.linkedid, created_at=by.now,
    )  # fmt: skip


async def contact_of(session: AsyncSession, patient_id: int) -> str:
    """The number at which the patient is best reached; "" when none is known."""
    query = (
        select(ContactPhone.number)
        .where(ContactPhone.patient_id == patient_id)
        .order_by(ContactPhone.rating.desc(), ContactPhone.relation != "本人", ContactPhone.id)
        .limit(1)
    )
    return await session.scalar(query) or ""
