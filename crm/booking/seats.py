"""Takes and frees seats of a locked slot; the waiting list is served from what becomes free.

In: a slot locked by `policy.lock_slots`. Out: a held appointment's row; who was offered a seat. Must not wait for a patient's lock while it
holds a slot's: it tries, and passes over who is busy. Invariant: a freed seat goes to the first waiting patient who may have it, in the
transaction that frees it, before anybody else sees it free.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import trail
from crm.booking.errors import BookingRefused
from crm.booking.policy import try_patient
from crm.booking.rules import flush, patient_may, slot_open
from crm.booking.slots import NOON, taken
from crm.booking.when import By
from crm.models import Appointment, BookingNotice, BookingPolicy, ClinicSeat, ClinicSession, ClinicSlot, ContactPhone, WaitingEntry

ASKED_AT_ONCE = 20


async def lapse(session: AsyncSession, by: By, *terms: Any) -> Sequence[int]:
    """End the holds that fit `terms`; an offer that was not taken is over. Ids of the slots in which a seat became free."""
    query = update(Appointment).where(Appointment.state == "held", *terms)
    ended = query.values(state="lapsed", held_until=None, ended_at=by.now, version=Appointment.version + 1, changed_at=by.now)
    rows = (await session.execute(ended.returning(Appointment.id, Appointment.slot_id).execution_options(synchronize_session=False))).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    offers = WaitingEntry.appointment_id.in_(ids), WaitingEntry.state == "offered"
    await session.execute(update(WaitingEntry).where(*offers).values(**changed(by, WaitingEntry, "lapsed")))
    await close_notices(session, by, ids, "dropped")
    return sorted({row.slot_id for row in rows})


def changed(by: By, model: Any, state: str) -> dict[str, Any]:
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
        ends_at=slot.ends_at, held_until=until, price_fen=clinic.price_fen, made_by=by.user_id, linkedid=by.linkedid,
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


# -- the waiting list -------------------------------------------------------------------------------------------------


async def offer(session: AsyncSession, by: By, rules: BookingPolicy, slot: ClinicSlot, clinic: ClinicSession) -> int:
    """Offer the free seats of a locked slot to those who wait, in their order. How many were offered one."""
    try:
        slot_open(by, rules, slot, clinic)
    except BookingRefused:
        return 0
    made = 0
    for entry in await _waiting(session, by, slot, clinic):
        made += await _offered(session, by, rules, slot, clinic, entry)
    return made


async def _waiting(session: AsyncSession, by: By, slot: ClinicSlot, clinic: ClinicSession) -> Sequence[WaitingEntry]:
    half = "am" if slot.starts_at.astimezone(by.zone).time() < NOON else "pm"
    query = (
        select(WaitingEntry)
        .where(
            WaitingEntry.state == "waiting",
            WaitingEntry.department_id == clinic.department_id,
            WaitingEntry.doctor_id.is_(None) | (WaitingEntry.doctor_id == clinic.doctor_id),
            WaitingEntry.first_day <= clinic.day,
            WaitingEntry.last_day >= clinic.day,
            WaitingEntry.half.in_(("any", half)),
        )
        .order_by(WaitingEntry.created_at, WaitingEntry.id)
        .limit(ASKED_AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).all()


async def _offered(session: AsyncSession, by: By, rules: BookingPolicy, slot: ClinicSlot, clinic: ClinicSession, entry: WaitingEntry) -> bool:
    door = By(entry.source, by.now, by.zone)
    if not await try_patient(session, entry.patient_id):
        return False
    try:
        await patient_may(session, door, rules, entry.patient_id, slot)
        seat = await seat_for(session, door, slot.id, entry.source)
        until = min(by.now + timedelta(minutes=rules.offer_min), slot.starts_at)
        row = await add(session, held(door, slot, clinic, seat, entry.patient_id, until))
    except BookingRefused:
        return False
    row.contact_number = entry.contact_number
    entry.state, entry.appointment_id, entry.version, entry.changed_at = "offered", row.id, entry.version + 1, by.now
    session.add(BookingNotice(kind="offered", appointment_id=row.id, patient_id=entry.patient_id, contact_number=entry.contact_number))
    await session.flush()
    await trail.write(session, by, "appointment.offer", row, waiting_entry=entry.id)
    return True
