"""The invented hospital's clinics of the next two weeks: fees by title, bookings, a doctor on leave, people who wait.

In: a session on a database with the demo's doctors, rosters and patients. Out: rows; nothing where there are sessions already. Clinics, leave
and waiting list come from crm.booking itself; the seats are planned in memory by its rules and brought in at once (crm/demo/seats.py).
Invariant: the same seed books the same patients.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import BookingRefused, By, NewWish, Stop, generate, stop_clinic, wait_for_slot
from crm.demo.seats import Plan
from crm.models import ClinicRoster, ClinicSession, Doctor, Patient

SEED = 95120
BOOKED = 90
POPULAR = "知名专家"
# title -> kind, fee in fen, minutes of a slot, seats a slot, of these for the counter
TERMS: dict[str, tuple[str, int, int, int, int]] = {
    "知名专家": ("special", 30000, 20, 1, 0),
    "主任医师": ("expert", 10000, 30, 3, 1),
    "副主任医师": ("expert", 6000, 30, 3, 0),
    "主治医师": ("general", 2500, 30, 4, 1),
}
NOTES = ("初诊", "复诊", "术后复查", "看检查结果", "慢病开药", "", "", "")
SOURCES = ("agent", "agent", "phone", "phone", "web", "window")


async def load(session: AsyncSession, now: datetime, zone: tzinfo) -> None:
    """Once."""
    if await session.scalar(select(exists(select(ClinicSession)))):
        return
    for title, (kind, fee, slot_min, per_slot, window_only) in TERMS.items():
        doctors = select(Doctor.id).where(Doctor.title_zh == title)
        values = {"kind": kind, "price_fen": fee, "slot_min": slot_min, "per_slot": per_slot, "window_only": window_only}
        await session.execute(update(ClinicRoster).where(ClinicRoster.doctor_id.in_(doctors)).values(**values))
    by, chance = By("agent", now, zone), random.Random(SEED)
    await generate(session, by)
    await _book(session, by, chance)
    await _leave(session, by)
    await _wait(session, by, chance)


async def _book(session: AsyncSession, by: By, chance: random.Random) -> None:
    people = list((await session.scalars(select(Patient.id).order_by(Patient.id).limit(2000))).all())
    chance.shuffle(people)
    plan = await Plan.of(session, by, by.today + timedelta(days=10))
    for patient in people[:BOOKED]:
        source = chance.choice(SOURCES)
        if (seat := plan.any_seat(source, chance)) is not None:
            plan.take(patient, source, seat, chance.choice(NOTES))
    await plan.store(session)


async def _leave(session: AsyncSession, by: By) -> None:
    """One chief goes to a congress in the second week; another is stood in for."""
    doctors = list((await session.scalars(select(Doctor.id).where(Doctor.title_zh == "主任医师").order_by(Doctor.sort).limit(1))).all())
    if doctors:
        first = by.today + timedelta(days=7)
        away = Stop(doctor_id=doctors[0], first=first, last=first + timedelta(days=6), kind="duty", reason="外出参加学术会议")
        await stop_clinic(session, by, away)


async def _wait(session: AsyncSession, by: By, chance: random.Random) -> None:
    """The most wanted specialist of the first department is booked out this week, and two people wait."""
    popular = (await session.execute(select(Doctor.id, Doctor.department_id).where(Doctor.title_zh == POPULAR).order_by(Doctor.sort))).first()
    if popular is None:
        return
    last = by.today + timedelta(days=6)
    people = list((await session.scalars(select(Patient.id).order_by(Patient.id.desc()).limit(60))).all())
    plan = await Plan.of(session, by, last)
    for seat in plan.seats_of(popular.id):
        while people and not plan.take(people.pop(), by.source, seat, chance.choice(NOTES)):
            continue
    await plan.store(session)
    for patient in people[:2]:
        try:
            async with session.begin_nested():
                await wait_for_slot(session, by, NewWish(patient, popular.department_id, by.today, last, popular.id))
        except BookingRefused:
            continue
