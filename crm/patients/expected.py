"""What of his appointments must be seen at once when a patient is on the line.

In: ids of patients. Out: one query of (patient_id, kind, title, due_at). Must not run it or decide who may see it. Invariant: only what somebody must
act on: a seat that is held for him until a time, a clinic that was stopped, and how often he missed, once the rules for patients alone bind him.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, and_, cast, func, literal, select, union_all

from crm.models import Appointment, BookingPolicy, ClinicSession, Department, Doctor, WaitingEntry


def of_appointments(ids: Sequence[int]) -> Any:
    """As the open items of a card."""
    return union_all(_offered(ids), _stopped(ids), _missed(ids))


def _line(kind: str, at: Any) -> Any:
    """`at`: by when, or when."""
    where = (Department.name_zh + " " + Doctor.name_zh).label("title")
    return (
        select(Appointment.patient_id, literal(kind).label("kind"), where, at.label("due_at"))
        .join(ClinicSession, ClinicSession.id == Appointment.session_id)
        .join(Department, Department.id == ClinicSession.department_id)
        .join(Doctor, Doctor.id == ClinicSession.doctor_id)
    )


def _offered(ids: Sequence[int]) -> Any:
    offer = and_(WaitingEntry.appointment_id == Appointment.id, WaitingEntry.state == "offered")
    held = Appointment.patient_id.in_(ids), Appointment.state == "held", Appointment.held_until > func.now()
    return _line("seat_offered", Appointment.held_until).join(WaitingEntry, offer).where(*held)


def _stopped(ids: Sequence[int]) -> Any:
    ahead = Appointment.state == "stopped", Appointment.ends_at > func.now()
    return _line("clinic_stopped", Appointment.starts_at).where(Appointment.patient_id.in_(ids), *ahead)


def _missed(ids: Sequence[int]) -> Any:
    since = func.now() - func.make_interval(0, 0, 0, BookingPolicy.no_show_window_days)
    return (
        select(Appointment.patient_id, literal("no_show").label("kind"), cast(func.count(), Text).label("title"), func.max(Appointment.starts_at))
        .join(BookingPolicy, BookingPolicy.no_show_limit > 0)
        .where(Appointment.patient_id.in_(ids), Appointment.state == "no_show", Appointment.starts_at > since)
        .group_by(Appointment.patient_id, BookingPolicy.no_show_limit)
        .having(func.count() >= BookingPolicy.no_show_limit)
    )
