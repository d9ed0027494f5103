"""Loads the invented hospital into a migrated database.

In: its address. Out: the passwords of users it made, by user name (empty when all were there). Must not change what it finds: a part whose
rows exist is left as it is. Invariant: one transaction; done again, it adds nothing.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, time
from typing import Any

import holidays
from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from crm.access import accounts
from crm.booking import By
from crm.database import Database, apart, copy_dicts
from crm.demo import booking, ivr_services, personas, things
from crm.demo.hospital import DEPARTMENTS, DOCTORS, HALVES, TITLES
from crm.demo.hours import ZONE, ahead
from crm.demo.people import Inventor, Staff
from crm.models import (
    Calendar,
    CalendarDay,
    CalendarHours,
    ClinicRoster,
    Department,
    Doctor,
    FollowUpTask,
    Patient,
    Queue,
    QueueMember,
    UserAccount,
    Visit,
)

PATIENTS = 5000
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"

QUEUES = (
    {"name": "service_desk", "title_zh": "综合服务台", "title_en": "Service desk", "sort": 1},
    {"name": "outpatient", "title_zh": "门诊咨询", "title_en": "Outpatient enquiries", "sort": 2},
    {"name": "follow_up", "title_zh": "随访回拨", "title_en": "Follow-up callbacks", "sort": 3},
)

# user name, name, role, queue -> penalty
USERS: tuple[tuple[str, str, str, dict[str, int]], ...] = (
    ("agent01", "张晓琳", "agent", {"service_desk": 0, "outpatient": 0}),
    ("agent02", "李思雨", "agent", {"service_desk": 0, "outpatient": 0}),
    ("agent03", "王佳慧", "agent", {"service_desk": 0, "outpatient": 5}),
    ("agent04", "陈立明", "agent", {"service_desk": 5, "outpatient": 0}),
    ("agent05", "赵文静", "agent", {"service_desk": 5, "follow_up": 0}),
    ("agent06", "孙浩宇", "agent", {"service_desk": 5, "follow_up": 0}),
    ("supervisor01", "周岚", "supervisor", {}),
    ("ethics01", "沈正清", "ethics_officer", {}),
    ("admin", "系统管理员", "admin", {}),
)


def load_demo(url: str, patients: int = PATIENTS) -> dict[str, str]:
    """User name -> password of each user made now. Idempotent, blocking."""
    return apart(_load(url, patients))


async def _load(url: str, patients: int) -> dict[str, str]:
    wanted = {username: "".join(secrets.choice(_ALPHABET) for _ in range(12)) for username, *_ in USERS}
    database = Database(url, timeout_s=120.0, pool_size=1)
    try:
        return await database.run(lambda session: _everything(session, wanted, patients))
    finally:
        await database.close()


async def _everything(session: AsyncSession, passwords: dict[str, str], patients: int) -> dict[str, str]:
    now = datetime.now(UTC).replace(microsecond=0)
    known = set((await session.scalars(select(UserAccount.username))).all())
    missing = {username: password for username, password in passwords.items() if username not in known}
    hashing = asyncio.create_task(asyncio.to_thread(_hashed, missing), name="demo:passwords")
    days = asyncio.create_task(asyncio.to_thread(special_days, "clinic", (now.year, now.year + 1)), name="demo:calendar")
    await _hospital(session, now.date())
    if await session.scalar(select(func.count()).select_from(Patient)) == 0:
        await _people(session, now, patients)
    await _calendar(session, await days)
    await _users(session, await hashing)
    await booking.load(session, now, ZONE)
    await things.load(session, now)
    await ivr_services.load(session, By("agent", now, ZONE))
    return missing


# -- hospital ---------------------------------------------------------------------------------------------------------


async def _hospital(session: AsyncSession, today: date) -> None:
    if await session.scalar(select(func.count()).select_from(Department)):
        return
    for place, one in enumerate(DEPARTMENTS, 1):
        location = {"location_zh": f"门诊楼{one.floor}层{one.zone}区", "location_en": f"Outpatient building, floor {one.floor}, area {one.zone}"}
        session.add(Department(code=one.code, name_zh=one.name_zh, name_en=one.name_en, sort=place, **location))
    await session.flush()
    ids = dict((await session.execute(select(Department.code, Department.id))).all())
    year_start = today.replace(month=1, day=1)
    rows = [
        {"department_id": ids[one.department], "name_zh": one.name_zh, "name_en": one.name_en, "title_zh": TITLES[one.title][0],
         "title_en": TITLES[one.title][1], "gender": one.gender, "sort": place}
        for place, one in enumerate(DOCTORS, 1)
    ]  # fmt: skip
    made = (await session.scalars(insert(Doctor).returning(Doctor.id, sort_by_parameter_order=True), rows)).all()
    for doctor, one in zip(made, DOCTORS, strict=True):
        session.add_all(_clinics(doctor, ids[one.department], one.clinics, year_start))
    await session.flush()


def _clinics(doctor: int, department: int, clinics: Sequence[tuple[int, str]], valid_from: date) -> list[ClinicRoster]:
    rows = []
    for weekday, half in clinics:
        start, end = HALVES[half]
        rows.append(ClinicRoster(doctor_id=doctor, department_id=department, weekday=weekday, starts_at=start, ends_at=end, valid_from=valid_from))
    return rows


async def _calendar(session: AsyncSession, days: list[dict[str, Any]]) -> None:
    """Outpatient hours with China's holidays and their make-up working days; the hotline itself is open day and night."""
    if await session.get(Calendar, "clinic"):
        return
    session.add(Calendar(name="clinic", title_zh="门诊时间", title_en="Clinic hours"))
    await session.flush()
    halves = [(day, start, end) for day in range(1, 6) for start, end in HALVES.values()] + [(6, time(8), time(12))]
    rows = [{"calendar": "clinic", "weekday": day, "opens_at": start, "closes_at": end} for day, start, end in halves]
    await session.execute(insert(CalendarHours), rows)
    await session.execute(insert(CalendarDay), days)


def special_days(calendar: str, years: Sequence[int]) -> list[dict[str, Any]]:
    """Holidays, and working days in their place, as the government published them; later years only as far as they are known."""
    chinese, english = holidays.country_holidays("CN", years=years, language="zh_CN"), holidays.country_holidays("CN", years=years, language="en_US")
    rows: list[dict[str, Any]] = [
        {"calendar": calendar, "day": day, "kind": "holiday", "like_weekday": None, "title_zh": chinese[day][:60], "title_en": english[day][:80]}
        for day in sorted(english)
    ]
    make_up = sorted(day for day in english.weekend_workdays if day.year in years)
    rows += [
        {"calendar": calendar, "day": day, "kind": "workday", "like_weekday": 5, "title_zh": "调休上班", "title_en": "Make-up working day"}
        for day in make_up
    ]
    return rows


# -- users and queues -------------------------------------------------------------------------------------------------


def _hashed(passwords: dict[str, str]) -> dict[str, str]:
    """Slow on purpose, and therefore done while the database works."""
    return {username: accounts.hash_password(password) for username, password in passwords.items()}


async def _users(session: AsyncSession, hashed: dict[str, str]) -> None:
    """Make the users of these hashed passwords, and the queues."""
    there = set((await session.scalars(select(Queue.name))).all())
    if new := [row for row in QUEUES if row["name"] not in there]:
        await session.execute(insert(Queue), new)
    for username, name, role, queues in USERS:
        if username not in hashed:
            continue
        user = await accounts.create_user(session, username, name, hashed[username], [role])
        if queues:
            await session.execute(insert(QueueMember), [{"queue": queue, "user_id": user, "penalty": penalty} for queue, penalty in queues.items()])


# -- people -----------------------------------------------------------------------------------------------------------


async def _people(session: AsyncSession, now: datetime, patients: int) -> None:
    doctors: dict[str, tuple[int, list[int]]] = {}
    staff = select(Department.code, Department.id, Doctor.id).join(Doctor, Doctor.department_id == Department.id).order_by(Doctor.id)
    for code, department, doctor in (await session.execute(staff)):
        doctors.setdefault(code, (department, []))[1].append(doctor)
    first_patient = (await session.scalar(select(func.max(Patient.id))) or 0) + 1
    first_visit = (await session.scalar(select(func.max(Visit.id))) or 0) + 1
    inventor = Inventor(Staff(doctors), now, first_patient, first_visit)
    follow_up = personas.invent(inventor, now, doctors["cardiology"][1][0])
    rows = inventor.fill(patients)
    for table in fields(rows):
        await copy_dicts(session, table.name, getattr(rows, table.name))
    for table in ("patient", "visit"):
        await session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"))
    session.add(FollowUpTask(patient_id=follow_up, title="出院第7天电话随访", due_at=ahead(now, 0, 17, 30)))
    await session.flush()
