"""Hold, book, move, cancel, came, did not come.

In: a session, `By`, ids. Out: `AppointmentView`. Raises BookingRefused, NotFound. Must not tell anybody: what has to be told becomes a notice.
Invariant: each function is whole or not at all; patient first, then slots in order of id, are locked before anything is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import offers, seats, trail
from crm.booking.attendance import can_arrive, can_be_missed
from crm.booking.errors import BookingRefused
from crm.booking.numbers import appointment_number
from crm.booking.policy import lock_patient, lock_slots, policy
from crm.booking.rules import flush, patient_may, slot_open
from crm.booking.view import AppointmentView, appointment
from crm.booking.when import By
from crm.errors import InvalidValue, NotFound
from crm.models import Appointment, BookingPolicy, ClinicSession, ClinicSlot
from crm.models.booking import APPOINTMENT_NUMBERS

REASON_MAX = 200
NOTE_MAX = 300


@dataclass(frozen=True, slots=True)
class Details:
    """What is kept with a booking. `contact_number` in E.164; "": the patient's best number."""

    contact_number: str = ""
    note: str = ""


NOTHING = Details()


async def hold(session: AsyncSession, by: By, slot_id: int, patient_id: int | None = None) -> AppointmentView:
    """Keep a seat for the minutes of the policy; `patient_id` None while nobody was chosen."""
    row = await _hold(session, by, slot_id, patient_id)
    return await appointment(session, by, row.id)


async def book(session: AsyncSession, by: By, hold_id: int, patient_id: int | None = None, details: Details = NOTHING) -> AppointmentView:
    """Turn a hold, also one offered from the waiting list, into an appointment. `patient_id` None: whom it is held for."""
    row = await _found(session, hold_id)
    patient = row.patient_id if patient_id is None else patient_id
    if patient is None:
        raise BookingRefused("patient_missing")
    await lock_patient(session, patient)
    await seats.lapse_expired(session, by, Appointment.patient_id == patient, Appointment.id != hold_id)
    slot, clinic = (await lock_slots(session, [row.slot_id]))[row.slot_id]
    row = await _found(session, hold_id)
    if row.state != "held" or row.held_until is None or row.held_until <= by.now:
        raise BookingRefused("hold_expired")
    await _confirm(session, by, row, patient, slot, clinic, details)
    return await appointment(session, by, row.id)


async def book_slot(session: AsyncSession, by: By, slot_id: int, patient_id: int, details: Details = NOTHING) -> AppointmentView:
    """Hold and book at once."""
    row = await _hold(session, by, slot_id, patient_id)
    slot, clinic = (await lock_slots(session, [slot_id]))[slot_id]
    await _confirm(session, by, row, patient_id, slot, clinic, details)
    return await appointment(session, by, row.id)


async def release(session: AsyncSession, by: By, hold_id: int) -> None:
    """Give a held seat back. A hold that is over already is no fault."""
    row = await _found(session, hold_id)
    places = await lock_slots(session, [row.slot_id])
    if await seats.lapse(session, by, Appointment.id == hold_id, wish="lapsed"):
        await offers.offer(session, by, await policy(session), *places[row.slot_id])


async def move(session: AsyncSession, by: By, appointment_id: int, slot_id: int) -> AppointmentView:
    """To another slot, keeping its number; also an appointment whose clinic was stopped."""
    row, rules = await _found(session, appointment_id), await policy(session)
    patient = row.patient_id
    if patient is None:
        raise BookingRefused("wrong_state", states="booked or stopped", state=row.state)
    await lock_patient(session, patient)
    await seats.lapse_expired(session, by, Appointment.patient_id == patient)
    places = await lock_slots(session, {row.slot_id, slot_id})
    row = await _found(session, appointment_id)
    _state(row, "booked", "stopped")
    if row.state == "booked":
        _in_time(by, rules, row)
        if row.slot_id == slot_id:
            return await appointment(session, by, row.id)
    slot, clinic = places[slot_id]
    slot_open(by, rules, slot, clinic)
    await patient_may(session, by, rules, patient, slot, row.id)
    before = row.slot_id
    await _put(session, by, row, slot, clinic)
    await offers.fulfil(session, by, row, clinic)
    await seats.close_notices(session, by, [row.id], "told")
    await offers.offer(session, by, rules, *places[before])
    await trail.write(session, by, "appointment.move", row, from_slot_id=before)
    return await appointment(session, by, row.id)


async def cancel(session: AsyncSession, by: By, appointment_id: int, reason: str = "") -> AppointmentView:
    """The patient does not come; the seat goes to who waits for it."""
    if len(reason) > REASON_MAX:
        raise InvalidValue("reason", f"has at most {REASON_MAX} characters", "write it shorter")
    row, rules = await _found(session, appointment_id), await policy(session)
    places = await lock_slots(session, [row.slot_id])
    row = await _found(session, appointment_id)
    _state(row, "booked", "stopped")
    if row.state == "booked":
        _in_time(by, rules, row)
    row.reason = reason
    await _end(session, by, row, "cancelled")
    await seats.close_notices(session, by, [row.id], "dropped")
    await offers.offer(session, by, rules, *places[row.slot_id])
    await trail.write(session, by, "appointment.cancel", row, reason=reason)
    return await appointment(session, by, row.id)


async def arrive(session: AsyncSession, by: By, appointment_id: int) -> AppointmentView:
    """The patient is here; also one who was thought not to come."""
    return await _came(session, by, appointment_id, "arrived", ("booked", "no_show"))


async def no_show(session: AsyncSession, by: By, appointment_id: int) -> AppointmentView:
    """The patient did not come. Not before the slot has begun."""
    return await _came(session, by, appointment_id, "no_show", ("booked",))


# -- steps ------------------------------------------------------------------------------------------------------------


async def _hold(session: AsyncSession, by: By, slot_id: int, patient_id: int | None) -> Appointment:
    rules = await policy(session)
    if patient_id is not None:
        await lock_patient(session, patient_id)
        await seats.lapse_expired(session, by, Appointment.patient_id == patient_id)
    slot, clinic = (await lock_slots(session, [slot_id]))[slot_id]
    slot_open(by, rules, slot, clinic)
    await seats.lapse_expired(session, by, Appointment.slot_id == slot_id)
    await offers.offer(session, by, rules, slot, clinic, before=patient_id)
    if patient_id is not None:
        await patient_may(session, by, rules, patient_id, slot)
    seat = await seats.seat_for(session, by, slot_id, by.source)
    return await seats.add(session, seats.held(by, slot, clinic, seat, patient_id, by.now + timedelta(minutes=rules.hold_min)))


async def _confirm(
    session: AsyncSession, by: By, row: Appointment, patient_id: int, slot: ClinicSlot, clinic: ClinicSession, details: Details
) -> None:
    rules: BookingPolicy = await policy(session)
    slot_open(by, rules, slot, clinic)
    await patient_may(session, by, rules, patient_id, slot, row.id)
    if len(details.note) > NOTE_MAX:
        raise InvalidValue("note", f"has at most {NOTE_MAX} characters", "write it shorter")
    row.patient_id, row.note = patient_id, details.note
    row.contact_number = details.contact_number or row.contact_number or await seats.contact_of(session, patient_id)
    row.number = appointment_number(await session.scalar(select(APPOINTMENT_NUMBERS.next_value())) or 0)
    row.state, row.held_until, row.booked_at, row.version, row.changed_at = "booked", None, by.now, row.version + 1, by.now
    row.made_by, row.linkedid = by.user_id or row.made_by, by.linkedid or row.linkedid
    await flush(session)
    await offers.fulfil(session, by, row, clinic)
    await seats.close_notices(session, by, [row.id], "told")
    await trail.write(session, by, "appointment.book", row)


async def _put(session: AsyncSession, by: By, row: Appointment, slot: ClinicSlot, clinic: ClinicSession) -> None:
    """Into a free seat of the locked slot."""
    await seats.lapse_expired(session, by, Appointment.slot_id == slot.id)
    await offers.offer(session, by, await policy(session), slot, clinic, before=row.patient_id)
    row.seat_id = await seats.seat_for(session, by, slot.id, by.source)
    row.slot_id, row.session_id, row.starts_at, row.ends_at = slot.id, clinic.id, slot.starts_at, slot.ends_at
    row.state, row.price_fen, row.moves, row.ended_at, row.reason = "booked", clinic.price_fen, row.moves + 1, None, ""
    row.version, row.changed_at = row.version + 1, by.now
    await flush(session)


async def _came(session: AsyncSession, by: By, appointment_id: int, state: str, of: tuple[str, ...]) -> AppointmentView:
    row = await _found(session, appointment_id, lock=True)
    _state(row, *of)
    (can_arrive if state == "arrived" else can_be_missed)(row.starts_at, by.now)
    await _end(session, by, row, state)
    await trail.write(session, by, f"appointment.{'arrive' if state == 'arrived' else state}", row)
    return await appointment(session, by, row.id)


async def _end(session: AsyncSession, by: By, row: Appointment, state: str) -> None:
    row.state, row.ended_at, row.version, row.changed_at = state, by.now, row.version + 1, by.now
    await flush(session)


async def _found(session: AsyncSession, appointment_id: int, *, lock: bool = False) -> Appointment:
    found = await session.get(Appointment, appointment_id, populate_existing=True, with_for_update=lock or None)
    if found is None:
        raise NotFound("appointment")
    return found


def _state(row: Appointment, *allowed: str) -> None:
    if row.state not in allowed:
        raise BookingRefused("wrong_state", states=" or ".join(allowed), state=row.state)


def _in_time(by: By, rules: BookingPolicy, row: Appointment) -> None:
    """A patient alone changes his mind early enough; ours can until it begins."""
    minutes = rules.cancel_until_min if by.alone else 0
    if row.starts_at <= by.now + timedelta(minutes=minutes):
        raise BookingRefused("too_late", minutes=minutes)
