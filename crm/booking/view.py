"""One appointment as everybody is shown it.

In: ids. Out: `AppointmentView`s. Must not decide who may see it. Invariant: one query however many.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking.when import By
from crm.errors import NotFound
from crm.models import Appointment, ClinicSeat, ClinicSession, Department, Doctor, Patient


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """`number` "" while only held. `queue_number`: the patient's place in the session. Times as in FreeSlot."""

    id: int
    version: int
    number: str
    state: str
    source: str
    patient_id: int | None
    patient: str
    contact_number: str
    session_id: int
    slot_id: int
    queue_number: int
    doctor_id: int
    doctor_zh: str
    doctor_en: str
    title_zh: str
    title_en: str
    department_id: int
    department_zh: str
    department_en: str
    kind: str
    day: date
    starts: time
    ends: time
    starts_at: datetime
    ends_at: datetime
    place_zh: str
    place_en: str
    price_fen: int
    held_until: datetime | None
    booked_at: datetime | None
    moves: int
    note: str
    reason: str


def query() -> Select[Any, Any, Any, Any, Any, Any]:
    return (
        select(Appointment, ClinicSeat.number, ClinicSession, Doctor, Department, Patient.name)
        .join(ClinicSeat, ClinicSeat.id == Appointment.seat_id)
        .join(ClinicSession, ClinicSession.id == Appointment.session_id)
        .join(Doctor, Doctor.id == ClinicSession.doctor_id)
        .join(Department, Department.id == ClinicSession.department_id)
        .outerjoin(Patient, Patient.id == Appointment.patient_id)
        .execution_options(populate_existing=True)
    )


async def appointment(session: AsyncSession, by: By, appointment_id: int) -> AppointmentView:
    """Raises NotFound."""
    found = await appointments(session, by, [appointment_id])
    if not found:
        raise NotFound("appointment")
    return found[0]


async def appointments(session: AsyncSession, by: By, ids: Iterable[int]) -> list[AppointmentView]:
    """By time."""
    wanted = list(ids)
    if not wanted:
        return []
    rows = await session.execute(query().where(Appointment.id.in_(wanted)).order_by(Appointment.starts_at, Appointment.id))
    return [shown(row, by) for row in rows]


async def where(session: AsyncSession, by: By, *terms: Any, limit: int = 200) -> list[AppointmentView]:
    """By time, those that fit `terms`."""
    rows = await session.execute(query().where(*terms).order_by(Appointment.starts_at, ClinicSeat.number, Appointment.id).limit(limit))
    return [shown(row, by) for row in rows]


def shown(row: Any, by: By) -> AppointmentView:
    one, number, clinic, doctor, department, patient = row
    return AppointmentView(
        one.id, one.version, one.number or "", one.state, one.source, one.patient_id, patient or "", one.contact_number, clinic.id, one.slot_id,
        number, doctor.id, doctor.name_zh, doctor.name_en, doctor.title_zh, doctor.title_en, department.id, department.name_zh,
        department.name_en, clinic.kind, clinic.day, one.starts_at.astimezone(by.zone).time(), one.ends_at.astimezone(by.zone).time(),
        one.starts_at, one.ends_at, clinic.place_zh, clinic.place_en, one.price_fen, one.held_until, one.booked_at, one.moves, one.note, one.reason,
    )  # fmt: skip
