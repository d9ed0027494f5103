"""Free slots: what the IVR reads out, the agent and the web page show.

In: a wish (department or doctor, days, half of the day), `By`. Out: `FreeSlot`s in the order of time. Must not hold anything.
Invariant: a seat that is held, booked or kept for another door is not counted; a hold whose time is over counts as free.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, exists, extract, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking.clinic_time import ClinicTime, told
from crm.booking.generate import for_who_books
from crm.booking.when import By
from crm.models import Appointment, BookingPolicy, ClinicSeat, ClinicSession, ClinicSlot, Department, Doctor

LIVE = ("held", "booked", "arrived")
NOON = time(12, 30)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants. `first` None: today; `last` None: as far as can be booked; `half`: any | am | pm; `session_id`: in this clinic only."""

    department_id: int | None = None
    doctor_id: int | None = None
    first: date | None = None
    last: date | None = None
    half: str = "any"
    session_id: int | None = None
    after: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeSlot(ClinicTime):
    """A slot with `free` seats for this door."""

    free: int


async def find_slots(session: AsyncSession, by: By, wish: Wish, limit: int = 200) -> list[FreeSlot]:
    """Slots with a free seat that fit `wish`, soonest first."""
    rules = await for_who_books(session, by)
    query = free_query(by, rules, wish).order_by(ClinicSlot.starts_at, Doctor.sort, Doctor.id).limit(limit)
    return [_shown(row, by) for row in await session.execute(query)]


def earliest(by: By, rules: BookingPolicy) -> datetime:
    """What begins before this is too late to book: for patients alone by the policy, at the counter until it begins."""
    return by.now + timedelta(minutes=rules.lead_min if by.alone else 0)


def taken(now: datetime) -> Any:
    """True for a seat that a living appointment has."""
    held = (Appointment.state != "held") | (Appointment.held_until > now)
    return exists().where(Appointment.seat_id == ClinicSeat.id, Appointment.state.in_(LIVE), held)


def free_query(by: By, rules: BookingPolicy, wish: Wish) -> Select[Any, Any, Any, Any, Any]:
    """Slot, session, doctor, department and the number of free seats."""
    free = (
        select(func.count())
        .where(ClinicSeat.slot_id == ClinicSlot.id, ClinicSeat.sources.contains([by.source]), ~taken(by.now))
        .correlate(ClinicSlot)
        .scalar_subquery()
    )
    return (
        select(ClinicSlot, ClinicSession, Doctor, Department, free.label("free"))
        .join(ClinicSession, ClinicSession.id == ClinicSlot.session_id)
        .join(Doctor, Doctor.id == ClinicSession.doctor_id)
        .join(Department, Department.id == ClinicSession.department_id)
        .where(ClinicSession.state == "open", ClinicSlot.starts_at > earliest(by, rules), free > 0)
        .where(*_fits(by, rules, wish))
    )


def _fits(by: By, rules: BookingPolicy, wish: Wish) -> list[Any]:
    horizon = by.today + timedelta(days=rules.horizon_days)
    first, last = max(wish.first or by.today, by.today), min(wish.last or horizon, horizon)
    terms: list[Any] = [ClinicSession.day.between(first, last)]
    if wish.department_id is not None:
        terms.append(ClinicSession.department_id == wish.department_id)
    if wish.doctor_id is not None:
        terms.append(ClinicSession.doctor_id == wish.doctor_id)
    if wish.session_id is not None:
        terms.append(ClinicSession.id == wish.session_id)
    if wish.after is not None:
        terms.append(ClinicSlot.starts_at > wish.after)
    if wish.half != "any":
        clock = func.timezone(str(by.zone), ClinicSlot.starts_at)
        minute = extract("hour", clock) * 60 + extract("minute", clock)
        noon = NOON.hour * 60 + NOON.minute
        terms.append(minute < noon if wish.half == "am" else minute >= noon)
    return terms


def _shown(row: Any, by: By) -> FreeSlot:
    slot, clinic, doctor, department, free = row
    seen = told(clinic, doctor, department, slot.starts_at, slot.ends_at, by)
    return FreeSlot(slot_id=slot.id, price_fen=clinic.price_fen, free=free, **seen)
