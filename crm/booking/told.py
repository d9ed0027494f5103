"""What somebody who tells a patient must know of the appointment: with whom, when, and until when a seat is kept.

In: ids of notices. Out: a value of each. Must not decide who may see it: a notice is seen by whoever may see the patient.
Invariant: one query a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import Appointment, BookingNotice, ClinicSession, Department, Doctor


async def clinic(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    return await _of(session, ids, Department.name_zh + " " + Doctor.name_zh)


async def starts_at(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    return await _of(session, ids, Appointment.starts_at)


async def kept_until(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    return await _of(session, ids, case((Appointment.state == "held", Appointment.held_until)))


async def _of(session: AsyncSession, ids: Sequence[Any], value: Any) -> Mapping[Any, Any]:
    query = (
        select(BookingNotice.id, value)
        .join(Appointment, Appointment.id == BookingNotice.appointment_id)
        .join(ClinicSession, ClinicSession.id == Appointment.session_id)
        .join(Doctor, Doctor.id == ClinicSession.doctor_id)
        .join(Department, Department.id == ClinicSession.department_id)
        .where(BookingNotice.id.in_(ids))
    )
    return {row[0]: row[1] for row in await session.execute(query)}
