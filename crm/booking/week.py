"""The roster of a week as a calendar, and one clinic with everybody in it.

In: a department or doctor, a Monday, `By`. Out: plain frozen values. Must not change anything but making the sessions that are due.
Invariant: two queries however many sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import view
from crm.booking.generate import for_who_books, up_to_date
from crm.booking.slots import taken
from crm.booking.view import AppointmentView
from crm.booking.when import By
from crm.errors import NotFound
from crm.models import Appointment, ClinicSeat, ClinicSession, ClinicSlot, Department, Doctor

DAYS = 7


@dataclass(frozen=True, slots=True)
class SessionView:
    """One clinic in the calendar. `extra`: beside the roster. `free`: seats of any door that nobody has and that are not past."""

    id: int
    version: int
    day: date
    starts: time
    ends: time
    doctor_id: int
    doctor_zh: str
    doctor_en: str
    title_zh: str
    title_en: str
    stands_in_for_zh: str
    stands_in_for_en: str
    department_id: int
    department_zh: str
    department_en: str
    kind: str
    price_fen: int
    place_zh: str
    place_en: str
    state: str
    stopped_reason: str
    extra: bool
    seats: int
    free: int
    booked: int


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot of a clinic: how many seats, how many of them can still be had, who has the others."""

    slot_id: int
    starts: time
    ends: time
    starts_at: datetime
    seats: int
    free: int
    appointments: Sequence[AppointmentView]


async def week(
    session: AsyncSession, by: By, monday: date, department_id: int | None = None, doctor_id: int | None = None, within: Any | None = None
) -> list[SessionView]:
    """By day, time, doctor. `within`: the condition of the clinics that may be seen."""
    await up_to_date(session, by)
    terms: list[Any] = [ClinicSession.day.between(monday, monday + timedelta(days=DAYS - 1))]
    if department_id is not None:
        terms.append(ClinicSession.department_id == department_id)
    if doctor_id is not None:
        terms.append(ClinicSession.doctor_id == doctor_id)
    if within is not None:
        terms.append(within)
    return await _sessions(session, by, *terms)


async def one_clinic(session: AsyncSession, by: By, session_id: int, within: Any | None = None) -> tuple[SessionView, list[SlotView]]:
    """Raises NotFound. `within`: the condition of the appointments that may be seen; seats are counted all the same."""
    found = await _sessions(session, by, ClinicSession.id == session_id)
    if not found:
        raise NotFound("clinic session")
    terms: list[Any] = [Appointment.session_id == session_id, Appointment.state.notin_(("lapsed", "cancelled"))]
    booked = await view.where(session, by, *terms, *([] if within is None else [within]), limit=2000)
    seats = select(func.count()).where(ClinicSeat.slot_id == ClinicSlot.id).scalar_subquery()
    left = ClinicSeat.slot_id == ClinicSlot.id, ClinicSlot.starts_at > by.now, ~taken(by.now)
    free = select(func.count()).where(*left).correlate(ClinicSlot).scalar_subquery()
    rows = await session.execute(select(ClinicSlot, seats, free).where(ClinicSlot.session_id == session_id).order_by(ClinicSlot.starts_at))
    return found[0], [
        SlotView(
            slot.id, slot.starts_at.astimezone(by.zone).time(), slot.ends_at.astimezone(by.zone).time(), slot.starts_at, count, left,
            [one for one in booked if one.slot_id == slot.id],
        )
        for slot, count, left in rows
    ]  # fmt: skip


async def _sessions(session: AsyncSession, by: By, *terms: Any) -> list[SessionView]:
    other = select(Doctor).subquery()
    seats = select(func.count()).where(ClinicSeat.session_id == ClinicSession.id).scalar_subquery()
    left = ClinicSeat.session_id == ClinicSession.id, ClinicSlot.starts_at > by.now, ~taken(by.now)
    count = select(func.count()).select_from(ClinicSeat).join(ClinicSlot, ClinicSlot.id == ClinicSeat.slot_id)
    free = count.where(*left).correlate(ClinicSession).scalar_subquery()
    booked = select(func.count()).where(
        Appointment.session_id == ClinicSession.id, Appointment.state.in_(("booked", "arrived", "stopped", "no_show"))
    ).scalar_subquery()  # fmt: skip
    query = (
        select(ClinicSession, Doctor, Department, other.c.name_zh, other.c.name_en, seats, free, booked)
        .join(Doctor, Doctor.id == ClinicSession.doctor_id)
        .join(Department, Department.id == ClinicSession.department_id)
        .outerjoin(other, other.c.id == ClinicSession.stands_in_for_id)
        .where(*terms)
        .order_by(ClinicSession.day, ClinicSession.starts_at, Doctor.sort, ClinicSession.id)
        .execution_options(populate_existing=True)
    )
    return [_shown(row) for row in await session.execute(query)]


def _shown(row: Any) -> SessionView:
    clinic, doctor, department, other_zh, other_en, seats, free, booked = row
    return SessionView(
        clinic.id, clinic.version, clinic.day, clinic.starts_at, clinic.ends_at, doctor.id, doctor.name_zh, doctor.name_en, doctor.title_zh,
        doctor.title_en, other_zh or "", other_en or "", department.id, department.name_zh, department.name_en, clinic.kind, clinic.price_fen,
        clinic.place_zh, clinic.place_en, clinic.state, clinic.stopped_reason, clinic.roster_id is None, seats, free, booked,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class DoctorChoice:
    """A doctor to choose. `next_day`: his first day with a free seat, None when there is none."""

    id: int
    name_zh: str
    name_en: str
    title_zh: str
    title_en: str
    free: int
    next_day: date | None


@dataclass(frozen=True, slots=True)
class DepartmentChoice:
    """A department to choose, with its doctors."""

    id: int
    name_zh: str
    name_en: str
    location_zh: str
    location_en: str
    doctors: Sequence[DoctorChoice]


async def exists(session: AsyncSession, department_id: int, doctor_id: int | None) -> bool:
    """Whether there is this department and, when one is named, this doctor in it."""
    if doctor_id is None:
        return await session.get(Department, department_id) is not None
    doctor = await session.get(Doctor, doctor_id)
    return doctor is not None and doctor.department_id == department_id


async def choices(session: AsyncSession, by: By) -> list[DepartmentChoice]:
    """Every active department with its active doctors and what is free with them for this door."""
    rules = await for_who_books(session, by)
    mine = ClinicSeat.sources.contains([by.source]) & ~taken(by.now)
    query = (
        select(ClinicSession.doctor_id, func.count(), func.min(ClinicSession.day))
        .join(ClinicSlot, ClinicSlot.session_id == ClinicSession.id)
        .join(ClinicSeat, ClinicSeat.slot_id == ClinicSlot.id)
        .where(ClinicSession.state == "open", ClinicSlot.starts_at > by.now, ClinicSession.day <= by.today + timedelta(days=rules.horizon_days), mine)
        .group_by(ClinicSession.doctor_id)
    )
    free = {doctor: (count, day) for doctor, count, day in (await session.execute(query))}
    doctors: dict[int, list[DoctorChoice]] = {}
    for row in await session.scalars(select(Doctor).where(Doctor.active).order_by(Doctor.sort, Doctor.id)):
        count, day = free.get(row.id, (0, None))
        doctors.setdefault(row.department_id, []).append(DoctorChoice(row.id, row.name_zh, row.name_en, row.title_zh, row.title_en, count, day))
    departments = await session.scalars(select(Department).where(Department.active).order_by(Department.sort, Department.id))
    return [
        DepartmentChoice(row.id, row.name_zh, row.name_en, row.location_zh, row.location_en, doctors.get(row.id, ())) for row in departments
    ]  # fmt: skip
