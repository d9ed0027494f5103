"""May this patient have this slot? Each rule is asked before the database would refuse, so that the answer names the rule.

In: a session, `By`, the patient, the slot. Out: nothing, or BookingRefused. Must not change a row. Invariant: the tables refuse the same
overlaps by themselves; `refused_by_table` gives that the same words.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking.errors import BookingRefused
from crm.booking.slots import LIVE, earliest
from crm.booking.when import By
from crm.models import Appointment, BookingPolicy, ClinicSession, ClinicSlot, Patient

# constraint of a table -> code
_CONSTRAINTS = {
    "uq_appointment_live_seat": "slot_full",
    "uq_appointment_live_session": "same_clinic",
    "ex_appointment_patient": "same_time",
    "ex_clinic_session_doctor": "doctor_busy",
}


def slot_open(by: By, rules: BookingPolicy, slot: ClinicSlot, clinic: ClinicSession) -> None:
    """Raises BookingRefused when nobody may book this slot now."""
    if clinic.state != "open":
        raise BookingRefused("clinic_stopped")
    if slot.starts_at <= earliest(by, rules):
        raise BookingRefused("slot_past", lead_min=rules.lead_min if by.alone else 0)


async def patient_may(session: AsyncSession, by: By, rules: BookingPolicy, patient_id: int, slot: ClinicSlot, instead_of: int | None = None) -> None:
    """Raises BookingRefused. `instead_of`: the appointment that this one replaces or confirms."""
    if await session.get(Patient, patient_id) is None:
        raise BookingRefused("patient_missing")
    await _not_elsewhere(session, by, patient_id, slot, instead_of)
    await _not_too_many(session, by, rules, patient_id, instead_of)
    if by.alone:
        await _did_come(session, by, rules, patient_id)


async def _not_elsewhere(session: AsyncSession, by: By, patient_id: int, slot: ClinicSlot, instead_of: int | None) -> None:
    mine = Appointment.patient_id == patient_id, Appointment.state.in_(LIVE), Appointment.id != (instead_of or 0)
    alive = (Appointment.state != "held") | (Appointment.held_until > by.now)
    overlap = (Appointment.starts_at < slot.ends_at) & (Appointment.ends_at > slot.starts_at)
    query = select(Appointment).where(*mine, alive, overlap | (Appointment.session_id == slot.session_id)).limit(1)
    other = await session.scalar(query)
    if other is not None:
        raise BookingRefused("same_clinic" if other.session_id == slot.session_id else "same_time", number=other.number or "(held)")


async def _not_too_many(session: AsyncSession, by: By, rules: BookingPolicy, patient_id: int, instead_of: int | None) -> None:
    query = select(func.count()).where(
        Appointment.patient_id == patient_id, Appointment.state == "booked", Appointment.starts_at > by.now, Appointment.id != (instead_of or 0)
    )
    if (await session.scalar(query) or 0) >= rules.open_limit:
        raise BookingRefused("too_many_open", limit=rules.open_limit)


async def _did_come(session: AsyncSession, by: By, rules: BookingPolicy, patient_id: int) -> None:
    if rules.no_show_limit == 0:
        return
    since = by.now - timedelta(days=rules.no_show_window_days)
    query = select(func.count()).where(Appointment.patient_id == patient_id, Appointment.state == "no_show", Appointment.starts_at > since)
    if (await session.scalar(query) or 0) >= rules.no_show_limit:
        raise BookingRefused("missed_too_often", limit=rules.no_show_limit, days=rules.no_show_window_days)


def refused_by_table(wrong: IntegrityError) -> BookingRefused | None:
    """The refusal that stands for a broken constraint; None for one that is no booking rule."""
    name = getattr(wrong.orig.__cause__ if wrong.orig else None, "constraint_name", "") or ""
    code = _CONSTRAINTS.get(name)
    return BookingRefused(code, number="") if code else None


async def flush(session: AsyncSession) -> None:
    """The table's refusal in the words of the rules. The transaction cannot go on after it. Raises BookingRefused."""
    try:
        await session.flush()
    except IntegrityError as wrong:
        refused = refused_by_table(wrong)
        if refused is None:
            raise
        raise refused from wrong
