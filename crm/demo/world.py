"""What the loaders of the invented hospital's things find there already, and how they add rows.

In: a session, the moment of loading. Out: `World`, ids of new rows. Must not add anything by itself. Invariant: one random source, drawn in a
fixed order, so that the same day has the same things.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from crm.demo.hours import ZONE
from crm.demo.people import SEED, demo_number
from crm.demo.personas import PERSONAS
from crm.demo.vocabulary import GIVEN_FEMALE, GIVEN_MALE, SURNAMES
from crm.models import Base, ContactPhone, Department, Doctor, Patient, UserAccount, Visit
from crm.patients.people import age_at


@dataclass(frozen=True, slots=True)
class Somebody:
    """A patient of whom something is told: who he is, where he was last."""

    id: int
    name: str
    gender: str
    age: int
    number: str
    department_id: int | None
    doctor_id: int | None
    kind: str


@dataclass
class World:
    """Ids by code and name, the patients, those who are in hospital, and one random source."""

    now: datetime
    departments: dict[str, int]
    doctors: dict[int, list[int]]
    users: dict[str, int]
    people: list[Somebody]
    lying: dict[int, list[int]]
    random: random.Random = field(default_factory=lambda: random.Random(SEED + 2))

    @property
    def today(self) -> date:
        return self.now.astimezone(ZONE).date()

    def name(self) -> str:
        return self.random.choice(SURNAMES) + self.random.choice(GIVEN_MALE + GIVEN_FEMALE)

    def phone(self) -> str:
        return f"1390000{self.random.randint(5000, 9999)}"

    def user(self, *names: str) -> int | None:
        known = [self.users[one] for one in names if one in self.users]
        return self.random.choice(known) if known else None

    def somebody(self, department: str = "", gender: str = "", youngest: int = 18, oldest: int = 90) -> Somebody:
        """One who was last treated there, of this gender and age; anybody when there is none."""
        wanted = self.departments.get(department)
        fitting = [
            one for one in self.people
            if youngest <= one.age <= oldest and gender in ("", one.gender) and wanted in (None, one.department_id)
        ]  # fmt: skip
        return self.random.choice(fitting or self.people)

    def grown_ups(self, count: int) -> list[Somebody]:
        fitting = [one for one in self.people if one.age >= 18]
        return self.random.sample(fitting, min(len(fitting), count))


async def world(session: AsyncSession, now: datetime) -> World:
    departments = dict((await session.execute(select(Department.code, Department.id))).all())
    doctors: dict[int, list[int]] = {}
    for doctor, department in await session.execute(select(Doctor.id, Doctor.department_id).order_by(Doctor.id)):
        doctors.setdefault(department, []).append(doctor)
    users = dict((await session.execute(select(UserAccount.username, UserAccount.id))).all())
    return World(now, departments, doctors, users, await _people(session, now), await _lying(session))


async def _people(session: AsyncSession, now: datetime) -> list[Somebody]:
    """Patients with their own number and last visit; the fixed people are left as the trials know them."""
    fixed = [one.number for one in PERSONAS] + [demo_number(4)]
    theirs = select(ContactPhone.patient_id).where(ContactPhone.number.in_(fixed))
    query = (
        select(Patient.id, Patient.name, Patient.gender, Patient.birth_date, ContactPhone.number, Visit.department_id, Visit.doctor_id, Visit.kind)
        .ext(distinct_on(Patient.id))
        .join(ContactPhone, ContactPhone.patient_id == Patient.id)
        .join(Visit, Visit.patient_id == Patient.id)
        .where(Patient.id.not_in(theirs))
        .order_by(Patient.id, Visit.started_at.desc(), Visit.id)
        .limit(1500)
    )
    rows = (await session.execute(query)).all()
    return [Somebody(row[0], row[1], row[2], age_at(row[3], now.date()) or 0, *row[4:]) for row in rows]


async def _lying(session: AsyncSession) -> dict[int, list[int]]:
    """department -> patients who are in hospital there."""
    found: dict[int, list[int]] = {}
    query = select(Visit.department_id, Visit.patient_id).where(Visit.kind == "inpatient", Visit.ended_at.is_(None)).order_by(Visit.id)
    seen: set[int] = set()
    for department, patient in await session.execute(query):
        if department is not None and patient not in seen:
            seen.add(patient)
            found.setdefault(department, []).append(patient)
    return found


async def added(session: AsyncSession, model: type[Base], rows: Sequence[dict[str, Any]]) -> list[int]:
    """Ids of the new rows, in order."""
    if not rows:
        return []
    query = insert(model).returning(model.__table__.c.id, sort_by_parameter_order=True)
    return list(await session.scalars(query, list(rows)))
