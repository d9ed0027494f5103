"""The waiting list is served: who waits longest and may have a seat is held one, and must be told.

In: a slot locked by `policy.lock_slots`. Out: how many were offered a seat; wishes that a booking fulfils. Must not wait for a patient's lock while
it holds a slot's: it tries, and passes over who is busy. Invariant: nobody takes a seat of a slot before those who wait for it were asked; nobody
is offered twice what he let pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import seats, trail
from crm.booking.errors import BookingRefused
from crm.booking.policy import try_patient
from crm.booking.rules import patient_may, slot_open
from crm.booking.slots import NOON
from crm.booking.when import By
from crm.models import Appointment, BookingNotice, BookingPolicy, ClinicSession, ClinicSlot, WaitingEntry

ASKED_AT_ONCE = 20


async def offer(session: AsyncSession, by: By, rules: BookingPolicy, slot: ClinicSlot, clinic: ClinicSession, before: int | None = None) -> int:
    """Offer the free seats of a locked slot to those who wait, in their order. How many were offered one.

    `before`: only to those who stand before this patient, who is about to take a seat himself.
    """
    try:
        slot_open(by, rules, slot, clinic)
    except BookingRefused:
        return 0
    made = 0
    for entry in await _waiting(session, by, slot, clinic):
        if entry.patient_id == before:
            break
        made += await _offered(session, by, rules, slot, clinic, entry)
    return made


async def fulfil(session: AsyncSession, by: By, row: Appointment, clinic: ClinicSession) -> None:
    """Who has booked what he waited for waits no more."""
    mine = WaitingEntry.patient_id == row.patient_id, *_fits(by, row.starts_at, clinic)
    offered = (WaitingEntry.state == "offered") & (WaitingEntry.appointment_id == row.id)
    done = update(WaitingEntry).where(offered | ((WaitingEntry.state == "waiting") & and_(*mine)))
    values = seats.changed(by, WaitingEntry, "taken") | {"appointment_id": row.id}
    await session.execute(done.values(**values).execution_options(synchronize_session=False))


def passed(patient_id: Any, since: Any, slot_id: Any) -> Any:
    """True where a seat of this slot was held for the patient since he waits and nobody took it: made by no person, in no call."""
    return exists().where(
        Appointment.patient_id == patient_id, Appointment.slot_id == slot_id, Appointment.state == "lapsed", Appointment.made_by.is_(None),
        Appointment.linkedid == "", Appointment.created_at >= since,
    )  # fmt: skip


# -- steps ------------------------------------------------------------------------------------------------------------


def _fits(by: By, starts_at: datetime, clinic: ClinicSession) -> list[Any]:
    """The wishes that this time of this clinic fulfils."""
    half = "am" if starts_at.astimezone(by.zone).time() < NOON else "pm"
    return [
        WaitingEntry.department_id == clinic.department_id,
        WaitingEntry.doctor_id.is_(None) | (WaitingEntry.doctor_id == clinic.doctor_id),
        WaitingEntry.first_day <= clinic.day,
        WaitingEntry.last_day >= clinic.day,
        WaitingEntry.half.in_(("any", half)),
    ]


async def _waiting(session: AsyncSession, by: By, slot: ClinicSlot, clinic: ClinicSession) -> Sequence[WaitingEntry]:
    let_pass = passed(WaitingEntry.patient_id, WaitingEntry.created_at, slot.id)
    query = (
        select(WaitingEntry)
        .where(WaitingEntry.state == "waiting", *_fits(by, slot.starts_at, clinic), ~let_pass)
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
        seat = await seats.seat_for(session, door, slot.id, entry.source)
        until = min(by.now + timedelta(minutes=rules.offer_min), slot.starts_at)
        row = await seats.add(session, seats.held(door, slot, clinic, seat, entry.patient_id, until))
    except BookingRefused:
        return False
    row.contact_number = entry.contact_number
    entry.state, entry.appointment_id, entry.version, entry.changed_at = "offered", row.id, entry.version + 1, by.now
    session.add(BookingNotice(kind="offered", appointment_id=row.id, patient_id=entry.patient_id, contact_number=entry.contact_number))
    await session.flush()
    await trail.write(session, by, "appointment.offer", row, waiting_entry=entry.id)
    return True
