"""Clinics that do not take place, that another doctor takes over, and clinics beside the roster.

In: whose clinic, which days, why. Out: everybody who had booked, to be told. Must not tell anybody itself: each gets an open notice.
Invariant: after `stop_clinic` no seat of these sessions can be taken, and every living booking in them is `stopped` or has a notice that
another doctor stands in; sessions made later from the roster know of the absence too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import offers, plan, seats, trail, view
from crm.booking.errors import BookingRefused
from crm.booking.generate import fill, up_to_date
from crm.booking.policy import lock_slots
from crm.booking.rules import flush, refused_by_table
from crm.booking.slots import LIVE
from crm.booking.view import AppointmentView
from crm.booking.when import By, moment
from crm.errors import InvalidValue, NotFound
from crm.models import Appointment, BookingNotice, ClinicAbsence, ClinicSeat, ClinicSession, ClinicSlot, Department, Doctor

LONGEST_DAYS = 400
EXTRA_SEATS = 20


@dataclass(frozen=True, slots=True)
class Stop:
    """Whose clinics: one session, or a doctor's or department's from day to day (with times: only those that overlap them)."""

    session_id: int | None = None
    doctor_id: int | None = None
    department_id: int | None = None
    first: date | None = None
    last: date | None = None
    starts: time | None = None
    ends: time | None = None
    kind: str = "stopped"
    reason: str = ""
    substitute_id: int | None = None


@dataclass(frozen=True, slots=True)
class Extra:
    """A session beside the roster."""

    doctor_id: int
    day: date
    starts: time
    ends: time
    terms: plan.Terms


async def stop_clinic(session: AsyncSession, by: By, stop: Stop) -> list[AppointmentView]:
    """Everybody who had booked, by time, with the number to call."""
    if stop.session_id is not None:
        return await _stop_sessions(session, by, [stop.session_id], stop.reason, None)
    absence = _absence(by, stop)
    await up_to_date(session, by)
    session.add(absence)
    await session.flush()
    return await apply_absence(session, by, absence)


async def apply_absence(session: AsyncSession, by: By, absence: ClinicAbsence) -> list[AppointmentView]:
    """Bring the sessions that stand already into line with a stored absence."""
    terms = [
        ClinicSession.state == "open", ClinicSession.day.between(max(absence.first_day, by.today), absence.last_day),
        ClinicSession.doctor_id == absence.doctor_id if absence.doctor_id is not None else ClinicSession.department_id == absence.department_id,
    ]  # fmt: skip
    if absence.starts_at is not None and absence.ends_at is not None:
        terms += [ClinicSession.starts_at < absence.ends_at, ClinicSession.ends_at > absence.starts_at]
    ids = (await session.scalars(select(ClinicSession.id).where(*terms).order_by(ClinicSession.id))).all()
    return await _stop_sessions(session, by, ids, absence.reason, absence.substitute_id)


async def reopen(session: AsyncSession, by: By, session_id: int) -> None:
    """A stopped session takes place after all. Bookings that were stopped stay so: people were told."""
    clinic = await _clinic(session, session_id)
    if clinic.state != "stopped":
        raise BookingRefused("wrong_state", states="stopped", state=clinic.state)
    clinic.state, clinic.stopped_reason, clinic.version, clinic.changed_at = "open", "", clinic.version + 1, by.now
    await flush(session)
    await trail.of_session(session, by, "clinic_session.reopen", session_id)


async def add_session(session: AsyncSession, by: By, extra: Extra) -> int:
    """The id of an extra session."""
    doctor = await session.get(Doctor, extra.doctor_id)
    if doctor is None or not doctor.active:
        raise InvalidValue("doctor_id", "names a doctor who works here", "choose another")
    if extra.ends <= extra.starts:
        raise BookingRefused("times")
    if moment(extra.day, extra.ends, by.zone) <= by.now or extra.day > by.today + timedelta(days=LONGEST_DAYS):
        raise InvalidValue("day", f"lies ahead, at most {LONGEST_DAYS} days", "choose another day")
    row = await _new_session(session, extra, doctor.department_id)
    await fill(session, by, [(row.id, extra.day, plan.slots(extra.starts, extra.ends, extra.terms))])
    await trail.of_session(session, by, "clinic_session.add", row.id, day=extra.day.isoformat(), doctor_id=extra.doctor_id)
    return row.id


async def _new_session(session: AsyncSession, extra: Extra, department_id: int) -> ClinicSession:
    place = (await session.execute(select(Department.location_zh, Department.location_en).where(Department.id == department_id))).one()
    row = ClinicSession(
        doctor_id=extra.doctor_id, department_id=department_id, day=extra.day, starts_at=extra.starts, ends_at=extra.ends, kind=extra.terms.kind,
        price_fen=extra.terms.price_fen, place_zh=extra.terms.place_zh or place[0], place_en=extra.terms.place_en or place[1], state="open",
    )  # fmt: skip
    session.add(row)
    await flush(session)
    return row


async def add_seats(session: AsyncSession, by: By, slot_id: int, count: int) -> None:
    """More seats in a slot, for agents and the counter: the doctor has agreed to see more. Who waits is asked first."""
    if not 1 <= count <= EXTRA_SEATS:
        raise BookingRefused("seats")
    slot, clinic = (await lock_slots(session, [slot_id]))[slot_id]
    await session.execute(select(ClinicSession.id).where(ClinicSession.id == clinic.id).with_for_update())
    last = await session.scalar(select(func.max(ClinicSeat.number)).where(ClinicSeat.session_id == clinic.id)) or 0
    session.add_all(
        ClinicSeat(slot_id=slot.id, session_id=clinic.id, number=last + n, sources=["window", "agent"]) for n in range(1, count + 1)
    )  # fmt: skip
    await session.execute(
        update(ClinicSession).where(ClinicSession.id == clinic.id).values(version=ClinicSession.version + 1, changed_at=by.now)
    )  # fmt: skip
    await session.flush()
    await offers.offer(session, by, await up_to_date(session, by), slot, clinic)
    await trail.of_session(session, by, "clinic_session.add_seats", clinic.id, slot_id=slot_id, count=count)


# -- steps ------------------------------------------------------------------------------------------------------------


def _absence(by: By, stop: Stop) -> ClinicAbsence:
    if stop.doctor_id is None and stop.department_id is None:
        raise BookingRefused("nothing_to_stop")
    first, last = stop.first or by.today, stop.last or stop.first or by.today
    if last < first or last < by.today or (last - first).days > LONGEST_DAYS:
        raise InvalidValue("last", f"is not before the first day, nor past, nor more than {LONGEST_DAYS} days later", "correct the days")
    if (stop.starts is None) != (stop.ends is None) or (stop.starts is not None and stop.ends is not None and stop.ends <= stop.starts):
        raise BookingRefused("times")
    if stop.substitute_id is not None and (stop.doctor_id is None or stop.substitute_id == stop.doctor_id):
        raise InvalidValue("substitute_id", "is another doctor, for one who is away", "choose another doctor")
    return ClinicAbsence(
        kind=stop.kind, doctor_id=stop.doctor_id, department_id=stop.department_id if stop.doctor_id is None else None,
        substitute_id=stop.substitute_id, first_day=first, last_day=last, starts_at=stop.starts, ends_at=stop.ends, reason=stop.reason,
    )  # fmt: skip


async def _stop_sessions(session: AsyncSession, by: By, ids: Sequence[int], reason: str, substitute_id: int | None) -> list[AppointmentView]:
    slot_ids = (await session.scalars(select(ClinicSlot.id).where(ClinicSlot.session_id.in_(ids)))).all()
    await lock_slots(session, slot_ids)
    affected: list[int] = []
    for session_id in ids:
        clinic = await _clinic(session, session_id)
        if clinic.state != "open":
            raise BookingRefused("wrong_state", states="open", state=clinic.state)
        over = substitute_id is not None and await _hand_over(session, by, clinic, substitute_id)
        affected += await (_tell_substituted(session, by, clinic) if over else _stop_one(session, by, clinic, reason))
        deed = "clinic_session.substitute" if over else "clinic_session.stop"
        await trail.of_session(session, by, deed, session_id, reason=reason, substitute_id=substitute_id)
    return await view.appointments(session, by, affected)


async def _clinic(session: AsyncSession, session_id: int) -> ClinicSession:
    found = await session.get(ClinicSession, session_id, populate_existing=True, with_for_update=True)
    if found is None:
        raise NotFound("clinic session")
    return found


async def _stop_one(session: AsyncSession, by: By, clinic: ClinicSession, reason: str) -> list[int]:
    clinic.state, clinic.stopped_reason, clinic.version, clinic.changed_at = "stopped", reason, clinic.version + 1, by.now
    await session.flush()
    await seats.lapse(session, by, Appointment.session_id == clinic.id, wish="waiting")
    stopped = (
        update(Appointment)
        .where(Appointment.session_id == clinic.id, Appointment.state == "booked", Appointment.ends_at > by.now)
        .values(**seats.changed(by, Appointment, "stopped"), reason=reason)
        .returning(Appointment.id, Appointment.patient_id, Appointment.contact_number)
        .execution_options(synchronize_session=False)
    )
    return _notices(session, "stopped", (await session.execute(stopped)).all())


async def _hand_over(session: AsyncSession, by: By, clinic: ClinicSession, substitute_id: int) -> bool:
    """False when the substitute is in another clinic at the time."""
    try:
        async with session.begin_nested():
            changes: dict[str, Any] = {"doctor_id": substitute_id, "stands_in_for_id": clinic.doctor_id, "version": clinic.version + 1}
            await session.execute(update(ClinicSession).where(ClinicSession.id == clinic.id).values(**changes, changed_at=by.now))
    except IntegrityError as wrong:
        if refused_by_table(wrong) is None:
            raise InvalidValue("substitute_id", "is a doctor who works here", "choose another doctor") from wrong
        return False
    await session.refresh(clinic)
    return True


async def _tell_substituted(session: AsyncSession, _by: By, clinic: ClinicSession) -> list[int]:
    query = select(Appointment.id, Appointment.patient_id, Appointment.contact_number).where(
        Appointment.session_id == clinic.id, Appointment.state.in_(LIVE), Appointment.state != "held"
    )
    return _notices(session, "substituted", (await session.execute(query)).all())


def _notices(session: AsyncSession, kind: str, rows: Sequence[Any]) -> list[int]:
    session.add_all(BookingNotice(kind=kind, appointment_id=row.id, patient_id=row.patient_id, contact_number=row.contact_number) for row in rows)
    return [row.id for row in rows]
