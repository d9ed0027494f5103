"""Loads what the invented hospital is and has: diseases, services with prices, doctors' profiles and marks, places, beds, equipment, drugs, sites.

In: the world of crm.demo.world. Out: rows. Must not touch a database that has diseases already. Invariant: the same for the same people and day;
who lies in a bed is in hospital, in the department the ward belongs to.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.demo import things_corporate
from crm.demo.hospital import DEPARTMENTS
from crm.demo.things_words import DRUGS, EQUIPMENT, ICD, ROOMS, SERVICES, SITES
from crm.demo.vocabulary import DIAGNOSES
from crm.demo.world import World, added
from crm.models import Bed, Disease, Doctor, DoctorAppraisal, DoctorProfile, Equipment, PartnerSite, Place, ServicePrice, ServiceProduct, SpecialDrug
from crm.text import initials

WARDS = 10
BEDS = 12
Rows = list[dict[str, Any]]


async def load(session: AsyncSession, known: World) -> None:
    """Resources, customers, partners."""
    await _resources(session, known)
    await _prices(session, known)
    await _doctors(session, known)
    await _places(session, known)
    await things_corporate.load(session, known)


async def _resources(session: AsyncSession, known: World) -> None:
    at = known.departments
    where = {name: code for code, names in DIAGNOSES.items() for name in names}
    await added(session, Disease, [
        {"code": code, "name_zh": zh, "name_en": en, "initials": initials(zh), "chronic": chronic, "department_id": at.get(where.get(zh, ""))}
        for zh, (code, en, chronic) in ICD.items()
    ])  # fmt: skip
    await added(session, SpecialDrug, [
        {"name": name, "initials": initials(name), "specification": size, "maker": maker, "department_id": at.get(department),
         "price": Decimal(price),
         "stock": stock, "reimbursed": paid, "note": note}
        for name, size, maker, department, price, stock, paid, note in DRUGS
    ])  # fmt: skip
    await added(session, PartnerSite, [
        {"name": name, "kind": kind, "services": does, "address": f"安和市{street}", "opening": hours, "phone": known.phone(),
         "contact_name": known.name()}
        for name, kind, does, street, hours in SITES
    ])  # fmt: skip


async def _prices(session: AsyncSession, known: World) -> None:
    """Services, with what they cost last year, this year, members, group customers."""
    products = await added(session, ServiceProduct, [
        {"code": code, "name_zh": zh, "name_en": en, "initials": initials(zh), "kind": kind, "preparation": before,
         "department_id": known.departments.get(department or "")}
        for code, zh, en, kind, department, _, before in SERVICES
    ])  # fmt: skip
    start = known.today.replace(month=1, day=1)
    shares = (("standard", "1", start), ("standard", "0.95", start.replace(year=start.year - 1)), ("member", "0.9", start),
        ("corporate", "0.85", start))
    await added(session, ServicePrice, [
        {"product_id": made, "kind": kind, "price": (Decimal(row[5]) * Decimal(share)).quantize(Decimal("0.01")), "valid_from": day}
        for made, row in zip(products, SERVICES, strict=True) for kind, share, day in shares
        if kind != "corporate" or row[3] == "package"
    ])  # fmt: skip


# -- doctors ----------------------------------------------------------------------------------------------------------


async def _doctors(session: AsyncSession, known: World) -> None:
    codes = {department: code for code, department in known.departments.items()}
    names = {one.code: one.name_zh for one in DEPARTMENTS}
    rows = (await session.execute(select(Doctor.id, Doctor.department_id, Doctor.title_zh).order_by(Doctor.id))).all()
    profiles, marks = [], []
    for n, (doctor, department, title) in enumerate(rows):
        code = codes.get(department, "")
        profiles.append(_profile(known, doctor, title, names.get(code,
        ""), DIAGNOSES.get(code, ())) | {"languages": "普通话、英语" if n % 4 == 0 else "普通话"})
        marks += [_marks(known, doctor, quarter) for quarter in (1, 2, 3)]
    await added(session, DoctorProfile, profiles)
    await added(session, DoctorAppraisal, marks)


def _profile(known: World, doctor: int, title: str, department: str, illnesses: tuple[str, ...]) -> dict[str, Any]:
    draw = known.random
    treats = "、".join(draw.sample(illnesses, min(len(illnesses), 3)))
    years = {"知名专家": 32, "主任医师": 25, "副主任医师": 16}.get(title, 9) + draw.randint(0, 4)
    return {
        "doctor_id": doctor, "expert": title in ("知名专家", "主任医师"), "speciality": f"擅长{treats}的诊断与治疗", "phone": known.phone(),
        "introduction": f"{title}，从事{department}临床工作{years}年，参与科室疑难病例会诊与带教。",
    }  # fmt: skip


def _marks(known: World, doctor: int, quarter: int) -> dict[str, Any]:
    """A quarter that is over, of this year or the last."""
    draw, year = known.random, known.today.year if 3 * quarter < known.today.month else known.today.year - 1
    complaints = draw.choice((0, 0, 0, 0, 1))
    return {
        "doctor_id": doctor, "period": f"{year}-Q{quarter}", "quality": draw.randint(84, 99), "service": draw.randint(88, 99) - 12 * complaints,
        "workload": draw.randint(72, 99), "complaints": complaints, "created_by": known.user("supervisor01"),
        "note": "一起候诊解释不足的投诉，已在科会上讲评。" if complaints else "",
    }  # fmt: skip


# -- places -----------------------------------------------------------------------------------------------------------


async def _places(session: AsyncSession, known: World) -> None:
    await added(session, Place, [
        {"code": f"MZ{n:02d}", "name_zh": f"{one.name_zh}诊区", "name_en": f"{one.name_en} clinic", "kind": "clinic", "building": "门诊楼",
         "floor": one.floor, "department_id": known.departments[one.code], "capacity": 40,
         "directions": f"门诊楼{one.floor}层{one.zone}区，出电梯右转"}
        for n, one in enumerate(DEPARTMENTS, 1)
    ])  # fmt: skip
    wards = await added(session, Place, [
        {"code": f"BQ{n:02d}", "name_zh": f"{one.name_zh}病区", "name_en": f"{one.name_en} ward", "kind": "ward", "building": "住院楼",
         "floor": 3 + n, "department_id": known.departments[one.code], "capacity": BEDS, "directions": f"住院楼{3 + n}层，电梯出口左侧护士站"}
        for n, one in enumerate(DEPARTMENTS[:WARDS], 1)
    ])  # fmt: skip
    rooms = await added(session, Place, [
        {"code": code, "name_zh": zh, "name_en": en, "kind": kind, "building": building, "floor": floor, "capacity": seats, "directions": way,
         "department_id": known.departments.get(department or "")}
        for code, zh, en, kind, building, floor, seats, way, department in ROOMS
    ])  # fmt: skip
    lying = [list(known.lying.get(known.departments[one.code], ())) for one in DEPARTMENTS[:WARDS]]
    await added(session, Bed, [bed for ward, patients in zip(wards, lying, strict=True) for bed in _beds(known, ward, patients)])
    await _equipment(session, known, dict(zip((row[0] for row in ROOMS), rooms, strict=True)))


def _beds(known: World, ward: int, patients: list[int]) -> Rows:
    """A ward's beds; those who are in hospital lie in the first."""
    rows = []
    for number in range(1, BEDS + 1):
        patient = patients.pop(0) if patients else None
        empty = known.random.choice(("free", "free", "free", "cleaning")) if number < BEDS else "blocked"
        single = number > BEDS - 2
        rows.append({
            "place_id": ward, "number": f"{number:02d}", "kind": "single" if single else "standard", "price_a_day": Decimal(260 if single else 60),
            "state": "occupied" if patient else empty, "patient_id": patient,
        })  # fmt: skip
    return rows


async def _equipment(session: AsyncSession, known: World, rooms: dict[str, int]) -> None:
    await added(session, Equipment, [
        {"code": code, "name": name, "model": model, "department_id": known.departments.get(department), "state": state, "place_id": rooms[room],
         "purpose": purpose, "bought_on": known.today - timedelta(days=310 * (n % 5 + 1)),
         "next_service_on": known.today + timedelta(days=18 * n - 10)}
        for n, (code, name, model, department, state, room, purpose) in enumerate(EQUIPMENT)
    ])  # fmt: skip
