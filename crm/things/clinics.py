"""Which specialists see patients this week.

In: the hospital's local date, a department's id. Out: plain values in the order they are spoken. Must not speak.
Invariant: a day on which the calendar `clinic` is closed has no clinics; a make-up working day has those of the weekday it stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import CalendarDay, ClinicRoster, Department, Doctor


@dataclass(frozen=True, slots=True)
class ClinicDay:
    """One open day of the week and the weekday whose roster holds on it."""

    day: date
    roster_weekday: int


async def _week(session: AsyncSession, today: date) -> list[ClinicDay]:
    monday = today - timedelta(days=today.isoweekday() - 1)
    days = [monday + timedelta(days=n) for n in range(7)]
    query = select(CalendarDay).where(CalendarDay.calendar == "clinic", CalendarDay.day.in_(days))
    special = {row.day: row for row in await session.scalars(query)}
    open_days = []
    for day in days:
        row = special.get(day)
        if row is None or row.like_weekday:
            open_days.append(ClinicDay(day, row.like_weekday if row and row.like_weekday else day.isoweekday()))
    return open_days


def _valid(week: Sequence[ClinicDay]) -> Any:
    first, last = week[0].day, week[-1].day
    return (ClinicRoster.valid_from <= last) & or_(ClinicRoster.valid_to.is_(None), ClinicRoster.valid_to >= first)


async def departments(session: AsyncSession, today: date) -> list[dict[str, Any]]:
    """Departments with a specialist clinic in the ISO week of `today`."""
    week = await _week(session, today)
    if not week:
        return []
    held = select(ClinicRoster.department_id).where(ClinicRoster.weekday.in_({one.roster_weekday for one in week}), _valid(week))
    query = select(Department).where(Department.active, Department.id.in_(held)).order_by(Department.sort, Department.id)
    return [{"id": str(row.id), "name_zh": row.name_zh, "name_en": row.name_en} for row in await session.scalars(query)]


async def hours(session: AsyncSession, department_id: int, today: date) -> list[dict[str, Any]]:
    """Who is there when in the ISO week of `today`, by weekday and time."""
    week = await _week(session, today)
    if not week:
        return []
    query = (
        select(ClinicRoster, Doctor)
        .join(Doctor, Doctor.id == ClinicRoster.doctor_id)
        .where(ClinicRoster.department_id == department_id, Doctor.active, _valid(week))
        .order_by(ClinicRoster.starts_at, Doctor.sort, Doctor.id)
    )
    rows = (await session.execute(query)).all()
    return [
        {
            "doctor_zh": doctor.name_zh, "doctor_en": doctor.name_en, "title_zh": doctor.title_zh, "title_en": doctor.title_en,
            "weekday": one.day.isoweekday(), "from": roster.starts_at.strftime("%H:%M"), "to": roster.ends_at.strftime("%H:%M"),
        }
        for one in week
        for roster, doctor in rows
        if roster.weekday == one.roster_weekday and roster.valid_from <= one.day and (roster.valid_to is None or roster.valid_to >= one.day)
    ]  # fmt: skip
