"""One appointment as everybody is shown it.

In: ids. Out: `AppointmentView`s. Must not decide who may see it. Invariant: one query however many.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking.clinic_time import ClinicTime, told
from crm.booking.when import By
from crm.errors import NotFound
from crm.models import Appointment, ClinicSeat, ClinicSession, Department, Doctor, Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentView(ClinicTime):
    """`number` "" while only held. `queue_number`: the patient's place in the session. The price is the one that was booked."""

    id: int
    version: int
    number: str
    state: str
    source: str
    patient_id: int | None
    patient: str
    contact_number: str
    queue_number: int
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
    seen = told(clinic, doctor, department, one.starts_at, one.ends_at, by)
    return AppointmentView(
        id=one.id, version=one.version, number=one.number or "", state=one.state, source=one.source, patient_id=one.patient_id, patient=patient or "",
        contact_number=one.contact_number, slot_id=one.slot_id, queue_number=number, price_fen=one.price_fen, held_until=one.held_until,
        booked_at=one.booked_at, moves=one.moves, note=one.note, reason=one.reason, **seen,
    )  # fmt: skip
