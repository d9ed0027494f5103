"""Finds people by telephone number and by id; remembers in which language a number was spoken to.

In: numbers in any spelling, ids. Out: `Person` cards as plain values. Must not decide who may see them.
Invariant: a card takes eight queries however many people share the number, and never more than MAX_PEOPLE of them.
Card shape: docs/api.md, "Person card".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, literal, null, nulls_first, or_, select, text, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.errors import NotFound
from crm.models import (
    CallerLanguage,
    CallRecord,
    Complaint,
    ContactPhone,
    Department,
    Doctor,
    DoNotContact,
    FollowUpTask,
    Patient,
    UserAccount,
    Visit,
)
from crm.models import VoiceMessage as Message
from crm.patients import wishes
from crm.patients.expected import of_appointments

MAX_PEOPLE = 12
CARD_ROWS = 5
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """What is shown of one person first."""

    id: int
    name: str
    gender: str
    age: int | None
    mrn: str
    tags: tuple[str, ...]
    relation: str
    language: str
    alerts: tuple[str, ...]
    last_contact_at: datetime | None = None
    visits: tuple[Values, ...] = ()
    calls: tuple[Values, ...] = ()
    open_items: tuple[Values, ...] = ()
    relatives: tuple[Values, ...] = ()
    carers: tuple[Values, ...] = ()
    reached: Values = field(default_factory=dict)
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list; `next` is the cursor of what follows, None at the end."""

    items: list[dict[str, Any]] = field(default_factory=list)
    next: str | None = None
    total: int = 0


def age_at(born: date | None, today: date) -> int | None:
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


# -- cards ------------------------------------------------------------------------------------------------------------


async def at_number(session: AsyncSession, number: str, today: date) -> tuple[Person, ...]:
    """Everybody who uses `number` (E.164), the likeliest first: best rated, then the phone's owner, then the last spoken with."""
    if not number:
        return ()
    query = (
        select(Patient, ContactPhone.relation, ContactPhone.rating)
        .join(ContactPhone, ContactPhone.patient_id == Patient.id)
        .where(ContactPhone.number == number)
        .order_by(ContactPhone.rating.desc(), ContactPhone.relation != "本人", Patient.id)
        .limit(MAX_PEOPLE)
    )
    rows = (await session.execute(query)).all()
    people = await _cards(session, [(patient, relation) for patient, relation, _ in rows], today)
    rank = {patient.id: (-rating, relation != "本人") for patient, relation, rating in rows}
    return tuple(sorted(people, key=lambda one: (*rank[one.id], -(one.last_contact_at.timestamp() if one.last_contact_at else 0))))


async def by_id(session: AsyncSession, patient_id: int, today: date, number: str = "") -> Person:
    """One person's card, with his relation to `number` when it is one of his. Raises NotFound."""
    patient = await session.get(Patient, patient_id)
    if patient is None:
        raise NotFound("patient")
    query = select(ContactPhone.relation).where(ContactPhone.patient_id == patient_id, ContactPhone.number == number)
    relation = await session.scalar(query) if number else ""
    return (await _cards(session, [(patient, relation or "")], today))[0]


async def _cards(session: AsyncSession, found: Sequence[tuple[Patient, str]], today: date) -> list[Person]:
    if not found:
        return []
    ids = [patient.id for patient, _ in found]
    visits, calls, items = await visits_of(session, ids), await calls_of(session, ids), await open_items_of(session, ids)
    relatives, carers = await wishes.relatives_of(session, ids), await wishes.carers_of(session, ids, today)
    reached, refused = await wishes.reached_of(session, ids), await wishes.refused_of(session, ids, today)
    return [
        Person(
            patient.id, patient.name, patient.gender, age_at(patient.birth_date, today), patient.mrn or "", tuple(patient.tags), relation,
            patient.language, tuple(patient.alerts), calls[patient.id][0]["_ended_at"] if calls[patient.id] else None,
            tuple(visits[patient.id]), tuple(shown(call) for call in calls[patient.id]), tuple(items[patient.id]),
            tuple(relatives[patient.id]), tuple(carers[patient.id]), reached.get(patient.id, {}), tuple(refused[patient.id]),
        )
        for patient, relation in found
    ]  # fmt: skip


def shown(values: Values) -> Values:
    return {key: value for key, value in values.items() if not key.startswith("_")}


async def _latest(session: AsyncSession, query: Any, owner: Any, order: Any, limit: int) -> Sequence[Any]:
    """The newest `limit` rows of `query` for each owner, newest first."""
    place = func.row_number().over(partition_by=owner, order_by=order.desc()).label("place")
    ranked = query.add_columns(place).subquery()
    return (await session.execute(select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.place))).mappings().all()


async def visits_of(session: AsyncSession, ids: Sequence[int], limit: int = CARD_ROWS) -> dict[int, list[Values]]:
    query = (
        select(
            Visit.patient_id, Visit.id, Visit.visit_number, Visit.kind, Visit.started_at, Visit.ended_at, Visit.diagnosis,
            Department.name_zh.label("department"), Department.name_en.label("department_en"), Doctor.name_zh.label("doctor"),
        )
        .outerjoin(Department, Department.id == Visit.department_id)
        .outerjoin(Doctor, Doctor.id == Visit.doctor_id)
        .where(Visit.patient_id.in_(ids))
    )  # fmt: skip
    found: dict[int, list[Values]] = defaultdict(list)
    for row in await _latest(session, query, Visit.patient_id, Visit.started_at, limit):
        found[row["patient_id"]].append({
            "id": row["id"], "at": _iso(row["started_at"]), "ended_at": _iso(row["ended_at"]), "kind": row["kind"], "department": row["department"],
            "department_en": row["department_en"], "doctor": row["doctor"], "diagnosis": row["diagnosis"], "visit_number": row["visit_number"],
        })  # fmt: skip
    return found


async def calls_of(session: AsyncSession, ids: Sequence[int], limit: int = CARD_ROWS) -> dict[int, list[dict[str, Any]]]:
    query = (
        select(
            CallRecord.patient_id, CallRecord.id, CallRecord.started_at, CallRecord.ended_at, CallRecord.outcome, CallRecord.queue,
            CallRecord.disposition, UserAccount.name.label("agent"),
        )
        .outerjoin(UserAccount, UserAccount.id == CallRecord.agent_id)
        .where(CallRecord.patient_id.in_(ids), CallRecord.status == "ended")
    )  # fmt: skip
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in await _latest(session, query, CallRecord.patient_id, CallRecord.started_at, limit):
        found[row["patient_id"]].append({
            "id": row["id"], "at": _iso(row["started_at"]), "outcome": row["outcome"], "queue": row["queue"], "agent": row["agent"],
            "disposition": row["disposition"], "_ended_at": row["ended_at"],
        })  # fmt: skip
    return found


async def open_items_of(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[Values]]:
    """Who must not be called, seats and clinics that wait for him, open tasks and complaints, messages nobody has handled; the most urgent first."""
    tasks = select(FollowUpTask.patient_id, literal("follow_up").label("kind"), FollowUpTask.title, FollowUpTask.due_at).where(
        FollowUpTask.patient_id.in_(ids), FollowUpTask.state == "open"
    )
    messages = (
        select(CallRecord.patient_id, literal("message").label("kind"), Message.purpose.label("title"), Message.left_at.label("due_at"))
        .join(CallRecord, CallRecord.linkedid == Message.linkedid)
        .where(CallRecord.patient_id.in_(ids), Message.handled_at.is_(None))
    )
    complaints = select(Complaint.patient_id, literal("complaint").label("kind"), Complaint.subject, Complaint.due_at).where(
        Complaint.patient_id.in_(ids), Complaint.state.in_(("new", "handling")), Complaint.kind != "praise", Complaint.removed_at.is_(None)
    )
    now = func.current_date()
    begun, over = DoNotContact.begins_on <= now, or_(DoNotContact.lifted_at.is_not(None), DoNotContact.ends_on < now)
    silent = select(DoNotContact.patient_id, literal("do_not_contact").label("kind"), DoNotContact.reason, null()).where(
        DoNotContact.patient_id.in_(ids), begun, func.coalesce(over, literal(False)).is_(False)
    )
    found: dict[int, list[Values]] = defaultdict(list)
    waiting = union_all(tasks, messages, complaints, silent, of_appointments(ids))
    for patient_id, kind, title, due_at in (await session.execute(waiting.order_by(nulls_first(text("due_at"))).limit(100))):
        found[patient_id].append({"kind": kind, "title": title, "due_at": _iso(due_at)})
    return found


# -- language ---------------------------------------------------------------------------------------------------------


async def language_of(session: AsyncSession, number: str) -> str | None:
    """As chosen in an earlier call; None when never."""
    return await session.scalar(select(CallerLanguage.language).where(CallerLanguage.number == number))


async def remember_language(session: AsyncSession, number: str, language: str, at: datetime) -> None:
    made = insert(CallerLanguage).values(number=number, language=language, chosen_at=at)
    changed = {"language": made.excluded.language, "chosen_at": made.excluded.chosen_at}
    await session.execute(made.on_conflict_do_update(index_elements=[CallerLanguage.number], set_=changed))
