"""What is shown of patients beside their columns: age, numbers, history in short.

In: a page's ids. Out: id -> value. Must not decide who may see it. Invariant: one query a value and page, however many patients.
Shapes: docs/api.md, "Person card".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.resource import Values
from crm.engine.store_rows import among
from crm.errors import InvalidValue
from crm.models import CallRecord, ContactPhone, Doctor, MedicalOrder
from crm.patients import people, wishes

FIRST = date(1880, 1, 2)
MOST = 100


def check_birth_date(row: Values) -> None:
    born = row.get("birth_date")
    if born is not None and not FIRST <= born <= date.today():
        raise InvalidValue("birth_date", "lies between 1880 and today", "correct the year")


def age(row: Values, today: date) -> int | None:
    return people.age_at(row["birth_date"], today)


async def phones(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    table = ContactPhone.__table__.c
    numbers = func.array_agg(aggregate_order_by(table.number, table.rating.desc(), table.id))
    query = select(table.patient_id, numbers).where(among(table.patient_id, ids)).group_by(table.patient_id)
    found: dict[Any, Any] = {patient: given for patient, given in await session.execute(query)}  # noqa: C416 - rows are no tuples
    return {one: found.get(one, []) for one in ids}


async def contacts(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    found: dict[Any, list[Any]] = defaultdict(list)
    table = ContactPhone.__table__.c
    query = select(table.patient_id, table.number, table.relation, table.owner_name, table.rating).where(table.patient_id.in_(ids))
    for row in await session.execute(query.order_by(table.rating.desc(), table.id)):
        found[row.patient_id].append({"number": row.number, "relation": row.relation, "owner_name": row.owner_name, "rating": row.rating})
    return {one: found[one] for one in ids}


async def relatives(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    found = await wishes.relatives_of(session, ids)
    return {one: found[one] for one in ids}


async def carers(session: AsyncSession, ids: Sequence[Any], today: date) -> Mapping[Any, Any]:
    found = await wishes.carers_of(session, ids, today)
    return {one: found[one] for one in ids}


async def reached(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    return await wishes.reached_of(session, ids)


async def refused(session: AsyncSession, ids: Sequence[Any], today: date) -> Mapping[Any, Any]:
    found = await wishes.refused_of(session, ids, today)
    return {one: found[one] for one in ids}


async def visits(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    found = await people.visits_of(session, ids, MOST)
    return {one: found[one] for one in ids}


async def calls(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    found = await people.calls_of(session, ids, 50)
    return {one: [people.shown(call) for call in found[one]] for one in ids}


async def open_items(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    found = await people.open_items_of(session, ids)
    return {one: found[one] for one in ids}


async def orders(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    query = (
        select(MedicalOrder, Doctor.name_zh)
        .outerjoin(Doctor, Doctor.id == MedicalOrder.doctor_id)
        .where(MedicalOrder.patient_id.in_(ids))
        .order_by(MedicalOrder.ordered_at.desc(), MedicalOrder.id)
        .limit(MOST)
    )
    found: dict[Any, list[Any]] = defaultdict(list)
    for row, doctor in (await session.execute(query)):
        told = {"id": row.id, "kind": row.kind, "content": row.content, "doctor": doctor, "at": row.ordered_at.isoformat(), "visit_id": row.visit_id}
        found[row.patient_id].append(told)
    return {one: found[one] for one in ids}


async def last_contact(session: AsyncSession, ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    query = select(CallRecord.patient_id, func.max(CallRecord.ended_at)).where(CallRecord.patient_id.in_(ids), CallRecord.status == "ended")
    return {patient_id: at for patient_id, at in await session.execute(query.group_by(CallRecord.patient_id))}  # noqa: C416 - rows are no tuples
