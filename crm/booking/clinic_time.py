"""A time at a doctor's clinic, as everybody is shown it: with whom, where, when, for how much.

In: rows of a clinic session, its doctor and department. Out: `ClinicTime`, of which a free slot and an appointment each are one. Must not ask the
database. Invariant: clock times are those of the hospital's zone; moments carry theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from crm.booking.when import By
from crm.models import ClinicSession, Department, Doctor


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicTime:
    """`starts` and `ends` are local clock times of `day`; price in fen."""

    session_id: int
    slot_id: int
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


def told(clinic: ClinicSession, doctor: Doctor, department: Department, starts_at: datetime, ends_at: datetime, by: By) -> dict[str, Any]:
    """The fields of a ClinicTime that its clinic knows: all but `slot_id` and `price_fen`, which an appointment keeps as they were booked."""
    return {
        "session_id": clinic.id, "kind": clinic.kind, "day": clinic.day, "place_zh": clinic.place_zh, "place_en": clinic.place_en,
        "doctor_id": doctor.id, "doctor_zh": doctor.name_zh, "doctor_en": doctor.name_en, "title_zh": doctor.title_zh, "title_en": doctor.title_en,
        "department_id": department.id, "department_zh": department.name_zh, "department_en": department.name_en,
        "starts": starts_at.astimezone(by.zone).time(), "ends": ends_at.astimezone(by.zone).time(), "starts_at": starts_at, "ends_at": ends_at,
    }  # fmt: skip
