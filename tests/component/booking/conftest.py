"""A small hospital on real PostgreSQL: two departments, three doctors, one weekly clinic each, some patients. Each test has its own database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest

from crm.booking import By, FreeSlot, Wish, find_slots
from crm.database import Database
from crm.models import ClinicRoster, ContactPhone, Department, Doctor, Patient

T = TypeVar("T")
SHANGHAI = ZoneInfo("Asia/Shanghai")
# Monday, 09:00 in Shanghai.
NOW = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 16)
PATIENTS = 12


@dataclass
class Hospital:
    """What is in the database, and the doors to it."""

    database: Database
    departments: list[int] = field(default_factory=list)
    doctors: list[int] = field(default_factory=list)
    rosters: list[int] = field(default_factory=list)
    patients: list[int] = field(default_factory=list)
    by: By = field(default_factory=lambda: By("agent", NOW, SHANGHAI))

    async def do(self, function: Callable[..., Awaitable[T]], *arguments: Any, by: By | None = None, **more: Any) -> T:
        """`function(session, by, ...)` in a transaction of its own."""
        return await self.database.run(lambda session: function(session, by or self.by, *arguments, **more))

    async def free(self, wish: Wish | None = None, by: By | None = None) -> list[FreeSlot]:
        return await self.do(find_slots, wish or Wish(), by=by)

    def door(self, source: str, minutes: float = 0) -> By:
        return replace(self.by, source=source, now=NOW + timedelta(minutes=minutes))

    def later(self, minutes: float) -> By:
        return self.door("agent", minutes)

    async def rows(self, query: Any) -> list[Any]:
        async def read(session: Any) -> list[Any]:
            return list((await session.execute(query)).all())

        return await self.database.run(read)


def roster(doctor: Doctor, weekday: int, start: time, end: time, **more: Any) -> ClinicRoster:
    return ClinicRoster(
        doctor_id=doctor.id, department_id=doctor.department_id, weekday=weekday, starts_at=start, ends_at=end, valid_from=date(2026, 1, 1),
        **({"slot_min": 30, "per_slot": 2, "price_fen": 5000} | more),
    )  # fmt: skip


async def built(database: Database) -> Hospital:
    made = Hospital(database)

    async def work(session: Any) -> None:
        where = {"location_zh": "3层", "location_en": "floor 3"}
        places = [Department(code=code, name_zh=zh, name_en=code, **where) for code, zh in (("heart", "心内科"), ("skin", "皮肤科"))]
        session.add_all(places)
        await session.flush()
        doctors = [Doctor(department_id=places[at].id, name_zh=f"医生{n}", name_en=f"Doctor {n}") for n, at in enumerate((0, 0, 1))]
        session.add_all(doctors)
        await session.flush()
        rosters = [
            roster(doctors[0], 2, time(8), time(10)),
            roster(doctors[1], 2, time(9), time(11), window_only=1),
            roster(doctors[2], 2, time(8), time(9), per_slot=1),
        ]
        patients = [Patient(name=f"病人{n}") for n in range(PATIENTS)]
        session.add_all([*rosters, *patients])
        await session.flush()
        session.add_all(ContactPhone(patient_id=one.id, number=f"+86139000000{n:02d}") for n, one in enumerate(patients))
        made.departments, made.doctors = [one.id for one in places], [one.id for one in doctors]
        made.rosters, made.patients = [one.id for one in rosters], [one.id for one in patients]

    await database.run(work)
    return made


@pytest.fixture
def own_url(template: str, make_database: Callable[[str], str]) -> str:
    """A migrated, empty database for this test."""
    return make_database(template)


@pytest.fixture
async def hospital(own_url: str) -> AsyncIterator[Hospital]:
    database = Database(own_url, timeout_s=60.0)
    yield await built(database)
    await database.close()
