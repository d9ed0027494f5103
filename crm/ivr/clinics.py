"""What can be booked by telephone: departments, doctors, days and times with a free seat; a person's own appointments.

In: a session, the caller, ids. Out: lists for the telephone, names in both languages, few enough to be listened to. Must not hold a seat.
Invariant: only seats that the door `phone` may take are offered, in the order of time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import AppointmentView, FreeSlot, Wish, find_slots
from crm.booking.numbers import could_be_number
from crm.booking.view import where
from crm.booking.week import choices
from crm.ivr.acts import Caller
from crm.models import Appointment, ContactPhone

Items = list[dict[str, Any]]
DAYS_TOLD, TIMES_TOLD, FIRST_TOLD, MINE_TOLD = 8, 16, 3, 8

STATES: Mapping[str, tuple[str, str]] = {
    "booked": ("已预约成功", "is booked"), "arrived": ("已到诊", "was attended"), "no_show": ("未到诊", "was missed"),
    "cancelled": ("已取消", "is cancelled"), "stopped": ("医生停诊，需要改约", "must be moved, as the clinic is cancelled"),
    "held": ("还没有确认", "is not confirmed yet"), "lapsed": ("已失效", "has expired"),
}  # fmt: skip


def told(**values: Any) -> dict[str, Any]:
    """What is empty is not said."""
    return {name: value for name, value in values.items() if value not in ("", None)}


async def departments(session: AsyncSession, caller: Caller) -> Items:
    """With a free seat, in the hospital's order."""
    free = [one for one in await choices(session, caller.by) if any(doctor.free for doctor in one.doctors)]
    return [{"id": str(one.id), "name_zh": one.name_zh, "name_en": one.name_en} for one in free]


async def doctors(session: AsyncSession, caller: Caller, department_id: int) -> Items:
    """Of a department, with a free seat; who is free first stands first."""
    found = [doctor for one in await choices(session, caller.by) if one.id == department_id for doctor in one.doctors if doctor.free]
    ordered = sorted(found, key=lambda one: one.next_day or date.max)
    return [
        told(id=str(one.id), name_zh=one.name_zh, name_en=one.name_en, title_zh=one.title_zh, title_en=one.title_en, day=_iso(one.next_day))
        for one in ordered
    ]


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


async def first_free(session: AsyncSession, caller: Caller, department_id: int, doctor_id: int | None = None) -> Items:
    """The next free seat of each of the first clinics."""
    slots = await find_slots(session, caller.by, Wish(department_id, doctor_id))
    firsts: dict[int, FreeSlot] = {}
    for slot in slots:
        firsts.setdefault(slot.session_id, slot)
    return [_slot(slot) for slot in list(firsts.values())[:FIRST_TOLD]]


async def days(session: AsyncSession, caller: Caller, department_id: int, doctor_id: int | None) -> Items:
    """With a free seat. `id` is the day."""
    slots = await find_slots(session, caller.by, Wish(department_id, doctor_id), limit=2000)
    found = sorted({slot.day for slot in slots})[:DAYS_TOLD]
    return [{"id": day.isoformat(), "day": day.isoformat(), "weekday": day.isoweekday()} for day in found]


async def times(session: AsyncSession, caller: Caller, department_id: int, doctor_id: int | None, day: date) -> Items:
    """Free slots of that day."""
    slots = await find_slots(session, caller.by, Wish(department_id, doctor_id, first=day, last=day), limit=TIMES_TOLD)
    return [_slot(slot) for slot in slots]


def _slot(slot: FreeSlot) -> dict[str, Any]:
    return told(
        id=str(slot.slot_id), day=slot.day.isoformat(), weekday=slot.day.isoweekday(), time=slot.starts.strftime("%H:%M"),
        doctor_zh=slot.doctor_zh, doctor_en=slot.doctor_en, title_zh=slot.title_zh, title_en=slot.title_en,
        department_zh=slot.department_zh, department_en=slot.department_en, department_id=str(slot.department_id), price=yuan(slot.price_fen),
    )  # fmt: skip


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


# -- his own ------------------------------------------------------------------------------------------------------------------


async def mine(session: AsyncSession, caller: Caller, patient_id: int) -> Items:
    """Appointments ahead, also those whose clinic was stopped, by time."""
    terms = Appointment.patient_id == patient_id, Appointment.state.in_(("booked", "stopped")), Appointment.starts_at > caller.now
    return [shown(one) for one in await where(session, caller.by, *terms, limit=MINE_TOLD)]


def shown(one: AppointmentView) -> dict[str, Any]:
    """An appointment as it is told."""
    state_zh, state_en = STATES[one.state]
    return told(
        id=str(one.id), number=one.number, state=one.state, state_zh=state_zh, state_en=state_en, day=one.day.isoformat(),
        weekday=one.day.isoweekday(), time=one.starts.strftime("%H:%M"), department_zh=one.department_zh, department_en=one.department_en,
        department_id=str(one.department_id), doctor_zh=one.doctor_zh, doctor_en=one.doctor_en, title_zh=one.title_zh, title_en=one.title_en,
        place_zh=one.place_zh, place_en=one.place_en, queue_number=one.queue_number, price=yuan(one.price_fen),
    )  # fmt: skip


async def result_of(session: AsyncSession, caller: Caller, number: str) -> Items:
    """The state of the appointment with this number, and nothing that says whose it is. Nothing for a number that was mistyped."""
    if not could_be_number(number):
        return []
    found = await where(session, caller.by, Appointment.number == number, limit=1)
    kept = ("id", "number", "state", "state_zh", "state_en")
    return [{key: value for key, value in shown(one).items() if key in kept} for one in found]


async def is_soon(session: AsyncSession, caller: Caller) -> str:
    """`today` or `tomorrow` when somebody of the caller's number has an appointment then, else "". It says no more before he is identified."""
    if not caller.number:
        return ""
    query = (
        select(Appointment.starts_at)
        .join(ContactPhone, ContactPhone.patient_id == Appointment.patient_id)
        .where(ContactPhone.number == caller.number, Appointment.state == "booked", Appointment.starts_at > caller.now)
        .order_by(Appointment.starts_at)
        .limit(1)
    )
    at = await session.scalar(query)
    ahead = (at.astimezone(caller.zone).date() - caller.by.today).days if at else None
    return {0: "today", 1: "tomorrow"}.get(ahead, "") if ahead is not None else ""
