"""Holds, books, moves and cancels for the caller of an automatic service.

In: the caller, ids as a flow remembers them. Out: `Answer`s; what the rules of booking refuse is an exit, never an exception. Must not trust a
flow: the person must have been identified in this call and have allowed it, a hold must be this call's, an appointment that person's.
Invariant: one seat is held by a call at a time; a refused deed leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Awaitable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm import booking
from crm.booking import AppointmentView, BookingRefused, By, seats, trail
from crm.booking.appointments import Details
from crm.errors import NotFound
from crm.ivr import identification
from crm.ivr.acts import Answer, Caller
from crm.ivr.clinics import shown
from crm.models import Appointment, CallRecord

TOPIC = "booking"
# The seat is somebody else's, or the clinic is not there any more: others can be offered.
GONE = frozenset({"slot_full", "slot_gone", "slot_past", "clinic_stopped", "hold_expired"})
BY_PHONE = "电话自助取消"


async def hold(session: AsyncSession, caller: Caller, person: int, slot: int) -> Answer:
    """A seat for the minutes of the policy; what this call held before is let go."""
    if not await identification.may(session, caller.linkedid, person, TOPIC):
        return Answer("refused", {"reason": "not_allowed"})
    await release_all(session, caller)
    return await _answered(session, "held", booking.hold(session, caller.by, slot, person))


async def confirm(session: AsyncSession, caller: Caller, person: int, hold_id: int) -> Answer:
    """What this call held becomes an appointment."""
    held = await session.get(Appointment, hold_id)
    if held is None or held.linkedid != caller.linkedid or not await _is_his(session, caller, person, hold_id):
        return Answer("refused", {"reason": "not_allowed"})
    if held.state == "booked":
        return Answer("confirmed", shown(await booking.appointment(session, caller.by, hold_id)))
    return await _answered(session, "confirmed", booking.book(session, caller.by, hold_id, person, Details(contact_number=caller.number)))


async def move(session: AsyncSession, caller: Caller, person: int, appointment: int, slot: int) -> Answer:
    """To another slot, with the same number."""
    if not await _is_his(session, caller, person, appointment):
        return Answer("refused", {"reason": "not_allowed"})
    return await _answered(session, "moved", booking.move(session, caller.by, appointment, slot))


async def cancel(session: AsyncSession, caller: Caller, person: int, appointment: int) -> Answer:
    if not await _is_his(session, caller, person, appointment):
        return Answer("refused", {"reason": "not_allowed"})
    return await _answered(session, "cancelled", booking.cancel(session, caller.by, appointment, BY_PHONE))


async def attend(session: AsyncSession, caller: Caller, person: int, appointment: int) -> Answer:
    """The patient says that he will come: written down, and nobody need tell him anything more."""
    if not await _is_his(session, caller, person, appointment, "appointments"):
        return Answer("refused", {"reason": "not_allowed"})
    row = await session.get(Appointment, appointment, with_for_update=True, populate_existing=True)
    if row is None or row.state != "booked":
        return Answer("refused", {"reason": "wrong_state"})
    await seats.close_notices(session, caller.by, [appointment], "told")
    await trail.write(session, caller.by, "appointment.attend", row)
    return Answer("confirmed", shown(await booking.appointment(session, caller.by, appointment)))


async def release(session: AsyncSession, caller: Caller, hold_id: int) -> Answer:
    """Let go of what this call holds; another's hold is left alone."""
    held = await session.get(Appointment, hold_id)
    if held is not None and held.linkedid == caller.linkedid:
        await booking.release(session, caller.by, hold_id)
    return Answer("released")


async def release_all(session: AsyncSession, caller: Caller) -> int:
    """Everything this call still holds, as when the caller hangs up. How many."""
    held = select(Appointment.id).where(Appointment.linkedid == caller.linkedid, Appointment.state == "held").order_by(Appointment.slot_id)
    ids = (await session.scalars(held)).all() if caller.linkedid else ()
    for one in ids:
        await booking.release(session, caller.by, one)
    return len(ids)


async def release_left(session: AsyncSession, by: By) -> int:
    """What calls hold that are over. How many."""
    over = select(CallRecord.linkedid).where(CallRecord.linkedid == Appointment.linkedid, CallRecord.status == "ended").exists()
    left = select(Appointment.id).where(Appointment.state == "held", Appointment.source == by.source, Appointment.linkedid != "", over)
    ids = (await session.scalars(left.order_by(Appointment.slot_id).limit(100))).all()
    for one in ids:
        await booking.release(session, by, one)
    return len(ids)


async def _is_his(session: AsyncSession, caller: Caller, person: int, appointment: int, topic: str = TOPIC) -> bool:
    found = await session.get(Appointment, appointment)
    his = found is not None and found.patient_id == person
    return his and await identification.may(session, caller.linkedid, person, topic)


async def _answered(session: AsyncSession, done: str, deed: Awaitable[AppointmentView]) -> Answer:
    """Done, with the appointment; or why not, and then as if it had never been tried."""
    try:
        async with session.begin_nested():
            return Answer(done, shown(await deed))
    except BookingRefused as refused:
        return Answer("taken" if refused.code in GONE and done != "cancelled" else "refused", {"reason": refused.code})
    except NotFound:
        return Answer("refused", {"reason": "not_found"})
