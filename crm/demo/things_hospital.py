"""Loads what the invented hospital has and does: diseases, services, places, customers, members, partners, events, knowledge, tasks, complaints.

In: departments, doctors, users and patients that stand in the database, the moment of loading. Out: rows. Must not touch a database that has
diseases already. Invariant: the same for the same people and day.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.demo.hospital import DEPARTMENTS
from crm.demo.people import SEED
from crm.demo.things_words import CLIENTS, DRUGS, EQUIPMENT, ICD, PARTNERS, SERVICES, SITES
from crm.demo.vocabulary import DIAGNOSES, GIVEN_FEMALE, GIVEN_MALE, SURNAMES
from crm.models import (
    Base,
    Bed,
    CorporateAgreement,
    CorporateClient,
    CorporateContact,
    CorporateLead,
    CorporateOpportunity,
    CorporateReminder,
    CorporateVisit,
    Department,
    Disease,
    Doctor,
    DoctorAppraisal,
    DoctorProfile,
    Equipment,
    Partner,
    PartnerAgreement,
    PartnerAppraisal,
    PartnerSite,
    Patient,
    Place,
    ServicePrice,
    ServiceProduct,
    SpecialDrug,
    UserAccount,
)
from crm.text import initials


@dataclass
class World:
    """What is there already: ids by code, and one random source."""

    now: datetime
    departments: dict[str, int]
    doctors: list[int]
    users: dict[str, int]
    patients: list[int]
    random: random.Random = field(default_factory=lambda: random.Random(SEED + 2))

    @property
    def today(self) -> date:
        return self.now.date()

    def name(self) -> str:
        return self.random.choice(SURNAMES) + self.random.choice(GIVEN_MALE + GIVEN_FEMALE)

    def phone(self) -> str:
        return f"1390000{self.random.randint(5000, 9999)}"

    def user(self, *names: str) -> int | None:
        known = [self.users[one] for one in names if one in self.users]
        return self.random.choice(known) if known else None


async def world(session: AsyncSession, now: datetime) -> World:
    departments = dict((await session.execute(select(Department.code, Department.id))).all())
    doctors = list(await session.scalars(select(Doctor.id).order_by(Doctor.id)))
    users = dict((await session.execute(select(UserAccount.username, UserAccount.id))).all())
    patients = list(await session.scalars(select(Patient.id).order_by(Patient.id).limit(400)))
    return World(now, departments, doctors, users, patients)


async def added(session: AsyncSession, model: type[Base], rows: list[dict[str, Any]]) -> list[int]:
    """Ids of the new rows, in order."""
    if not rows:
        return []
    query = insert(model).returning(model.__table__.c.id, sort_by_parameter_order=True)
    return list(await session.scalars(query, rows))


async def load(session: AsyncSession, known: World) -> None:
    """Resources, customers, partners."""
    await _resources(session, known)
    await _doctors(session, known)
    await _wards(session, known)
    await _corporate(session, known)
    await _partners(session, known)


async def _resources(session: AsyncSession, known: World) -> None:
    at = known.departments
    where = {name: code for code, names in DIAGNOSES.items() for name in names}
    diseases = [
        {"code": code, "name_zh": zh, "name_en": en, "initials": initials(zh), "chronic": chronic, "department_id": at.get(where.get(zh, ""))}
        for zh, (code, en, chronic) in ICD.items()
    ]
    await added(session, Disease, diseases)
    services = [
        {"code": code, "name_zh": zh, "name_en": en, "initials": initials(zh), "kind": kind, "department_id": at.get(department or ""),
        "preparation": before}
        for code, zh, en, kind, department, _, before in SERVICES
    ]
    products = await added(session, ServiceProduct, services)
    start = known.today.replace(month=1, day=1)
    prices = [{"product_id": made, "kind": "standard", "price": Decimal(row[5]), "valid_from": start} for made, row in zip(products, SERVICES,
    strict=True)]
    prices += [
        {"product_id": made, "kind": "member", "price": (Decimal(row[5]) * Decimal("0.9")).quantize(Decimal("0.01")), "valid_from": start}
        for made, row in zip(products, SERVICES, strict=True)
    ]
    await added(session, ServicePrice, prices)
    drugs = [
        {"name": name, "initials": initials(name), "specification": size, "department_id": at.get(department), "price": Decimal(price),
        "stock": stock,
         "reimbursed": paid}
        for name, size, department, price, stock, paid in DRUGS
    ]  # fmt: skip
    await added(session, SpecialDrug, drugs)
    sites = [{"name": name, "kind": kind, "services": does, "phone": known.phone(), "contact_name": known.name(),
    "opening": "8:00-17:30"} for name, kind, does in SITES]
    await added(session, PartnerSite, sites)


async def _doctors(session: AsyncSession, known: World) -> None:
    draw, year = known.random, known.today.year
    profiles = [
        {"doctor_id": doctor, "expert": n % 3 == 0, "speciality": "擅长本专业常见病、多发病及疑难病的诊治",
        "languages": "普通话、英语" if n % 4 == 0 else "普通话"}
        for n, doctor in enumerate(known.doctors)
    ]
    await added(session, DoctorProfile, profiles)
    marks = [
        {"doctor_id": doctor, "period": f"{year - 1 if quarter > 2 else year}-Q{quarter}", "quality": draw.randint(82, 99),
        "service": draw.randint(80, 99),
         "workload": draw.randint(70, 99), "complaints": draw.choice((0, 0, 0, 1)), "created_by": known.user("supervisor01")}
        for doctor in known.doctors for quarter in (1, 2)
    ]  # fmt: skip
    await added(session, DoctorAppraisal, marks)


async def _wards(session: AsyncSession, known: World) -> None:
    clinics = [
        {"code": f"MZ{place:02d}", "name_zh": f"{one.name_zh}诊区", "name_en": f"{one.name_en} clinic", "kind": "clinic", "building": "门诊楼",
        "floor": one.floor,
         "department_id": known.departments[one.code], "directions": f"门诊楼{one.floor}层{one.zone}区，出电梯右转"}
        for place, one in enumerate(DEPARTMENTS, 1)
    ]  # fmt: skip
    wards = [
        {"code": f"BQ{place:02d}", "name_zh": f"{one.name_zh}病区", "name_en": f"{one.name_en} ward", "kind": "ward", "building": "住院楼",
        "floor": 3 + place,
         "department_id": known.departments[one.code], "directions": f"住院楼{3 + place}层"}
        for place, one in enumerate(DEPARTMENTS[:8], 1)
    ]  # fmt: skip
    halls = [{"code": "HY01", "name_zh": "学术报告厅", "name_en": "Lecture hall", "kind": "meeting", "building": "行政楼", "floor": 2,
    "capacity": 180}]
    ids = await added(session, Place, clinics)
    ids_of_wards = await added(session, Place, wards)
    await added(session, Place, halls)
    lying = iter(known.random.sample(known.patients, min(len(known.patients), 60)))
    beds: list[dict[str, Any]] = []
    for ward in ids_of_wards:
        for number in range(1, 13):
            patient = next(lying, None) if known.random.random() < 0.5 else None
            state = "occupied" if patient else known.random.choice(("free", "free", "cleaning"))
            row = {"place_id": ward, "number": f"{number:02d}", "kind": "single" if number > 10 else "standard", "state": state,
            "patient_id": patient}
            beds.append(row | {"price_a_day": Decimal(260 if number > 10 else 60)})
    await added(session, Bed, beds)
    devices = [
        {"code": code, "name": name, "model": model, "department_id": known.departments[department], "state": state, "place_id": ids[n],
         "bought_on": known.today - timedelta(days=400 * (n + 1)), "next_service_on": known.today + timedelta(days=20 * n - 10)}
        for n, (code, name, model, department, state) in enumerate(EQUIPMENT)
    ]  # fmt: skip
    await added(session, Equipment, devices)


async def _corporate(session: AsyncSession, known: World) -> None:
    draw = known.random
    owners = ("supervisor01", "agent05", "agent06")
    states = ("active", "active", "active", "active", "prospect", "active", "prospect", "prospect", "paused", "active")
    rows = [
        {"name": name, "initials": initials(name), "industry": industry, "employees": people, "grade": grade, "state": state,
        "phone": known.phone(),
         "owner_id": known.user(*owners)}
        for (name, industry, people, grade), state in zip(CLIENTS, states, strict=True)
    ]  # fmt: skip
    clients = await added(session, CorporateClient, rows)
    positions = ("工会主席", "人力资源经理", "行政主任")
    contacts = [
        {"client_id": one, "name": known.name(), "position": positions[n % 3], "phone": known.phone(), "decides": n % 2 == 0,
         "birthday": date(1978, 1 + n % 12, 10)}
        for n, one in enumerate(clients)
    ]  # fmt: skip
    await added(session, CorporateContact, contacts)
    stages = ("won", "negotiation", "proposal", "won", "needs", "won", "contact", "lost", "proposal", "won")
    deals = [
        {"client_id": one, "title": f"{known.today.year}年度员工体检", "stage": stage, "amount": Decimal(row[2] * 398),
        "owner_id": known.user(*owners),
         "chance": {"won": 100, "lost": 0, "negotiation": 80, "proposal": 50}.get(stage, 20),
         "expected_on": known.today + timedelta(days=draw.randint(5, 90)),
         "lost_reason": "预算不足，改由社区体检" if stage == "lost" else ""}
        for one, row, stage in zip(clients, CLIENTS, stages, strict=True)
    ]  # fmt: skip
    opportunities = await added(session, CorporateOpportunity, deals)
    visits = [
        {"client_id": one, "opportunity_id": deal, "kind": draw.choice(("visit", "call", "meeting")),
        "visited_at": known.now - timedelta(days=draw.randint(2, 60)),
         "visited_by": known.user(*owners), "summary": "沟通体检套餐与上门采血安排，对方关注报告解读", "next_step": "报送修订方案",
         "next_on": known.today + timedelta(days=7)}
        for one, deal in zip(clients, opportunities, strict=True)
    ]  # fmt: skip
    await added(session, CorporateVisit, visits)
    agreements = [
        {"client_id": one, "number": f"TT{known.today.year}{n:03d}", "title": "团体健康服务协议", "state": "active", "discount_percent": 10,
        "amount": Decimal(50000 + 10000 * n),
         "signed_on": known.today - timedelta(days=330 - 20 * n), "valid_from": known.today - timedelta(days=325 - 20 * n),
         "valid_to": known.today + timedelta(days=40 + 20 * n)}
        for n, one in enumerate(clients[:6])
    ]  # fmt: skip
    await added(session, CorporateAgreement, agreements)
    soon = known.today + timedelta(days=4)
    reminders = [
        {"client_id": one, "title": "年度体检启动沟通", "month": soon.month, "day": min(soon.day, 28), "lead_days": 7,
        "assigned_to": known.user(*owners)}
        for one in clients[:4]
    ]
    await added(session, CorporateReminder, reminders)
    hints = ("宏达运输公司", "育才小学", "蓝天家政服务中心", "万和商贸公司")
    leads = [
        {"name": name, "source": draw.choice(("热线来电", "活动", "客户介绍")), "contact_name": known.name(), "phone": known.phone(),
        "interest": "员工体检",
         "state": state, "assigned_to": known.user(*owners)}
        for name, state in zip(hints, ("new", "contacted", "qualified", "new"), strict=True)
    ]  # fmt: skip
    await added(session, CorporateLead, leads)


async def _partners(session: AsyncSession, known: World) -> None:
    draw = known.random
    rows = [
        {"name": name, "initials": initials(name), "kind": kind, "category": category, "state": "active", "contact_name": known.name(),
        "phone": known.phone(),
         "owner_id": known.user("supervisor01")}
        for name, kind, category in PARTNERS
    ]  # fmt: skip
    partners = await added(session, Partner, rows)
    agreements = [
        {"partner_id": one, "number": f"HZ{known.today.year}{n:03d}", "title": "年度合作协议", "state": "active",
        "valid_from": known.today - timedelta(days=300),
         "valid_to": known.today + timedelta(days=30 + 25 * n), "amount": Decimal(80000 * (n + 1))}
        for n, one in enumerate(partners)
    ]  # fmt: skip
    await added(session, PartnerAgreement, agreements)
    marks = [
        {"partner_id": one, "period": f"{known.today.year}-Q{quarter}", "quality": draw.randint(75, 98), "delivery": draw.randint(70, 98),
        "price": draw.randint(70, 95),
         "service": draw.randint(75, 98), "grade": draw.choice(("A", "A", "B", "C"))}
        for one in partners for quarter in (1, 2)
    ]  # fmt: skip
    await added(session, PartnerAppraisal, marks)
