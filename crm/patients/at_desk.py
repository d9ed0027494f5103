"""What an agent writes of people while they talk: a new file with its number, the next contact that was agreed.

In: values as they were typed, who writes and when. Out: rows, each with its entry in the audit trail. Must not decide who may do it: the caller
does. Invariant: what was written and its entry are one transaction; the number stands as it was given beside the one that is dialled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit
from crm.engine.deeds import deed_of
from crm.engine.registry import registry
from crm.engine.resource import Values
from crm.errors import Conflict, InvalidValue
from crm.models import ContactPhone, FollowUpTask, Patient
from crm.numbers import HOME, NumberPlan
from crm.text import initials
from crm.written import Wrong, telephone


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, when, and what day it is at the hospital."""

    user_id: int
    at: datetime
    today: date


@dataclass(frozen=True, slots=True)
class NewFile:
    """What a new patient's file begins with. `number` "" when none is known."""

    name: str
    gender: str = ""
    birth_date: date | None = None
    language: str = "zh"
    number: str = ""
    relation: str = "本人"
    mrn: str | None = None


# -- new files ---------------------------------------------------------------------------------------------------------


async def open_file(session: AsyncSession, new: NewFile, by: Writer, plan: NumberPlan = HOME) -> int:
    """The new patient's id. Raises InvalidValue, Conflict (record number taken)."""
    number = _checked(new, by.today, plan)
    name = new.name.strip()
    values = {
        "name": name, "initials": initials(name), "gender": new.gender, "birth_date": new.birth_date, "language": new.language, "mrn": new.mrn,
        "created_by": by.user_id,
    }  # fmt: skip
    table = Patient.__table__
    try:
        async with session.begin_nested():
            row = (await session.execute(insert(Patient).values(values).returning(*table.columns))).mappings().one()
    except IntegrityError as taken:
        raise Conflict(f"record number {new.mrn} belongs to another patient") from taken
    await _noted(session, by, "patient", "add", None, row)
    if number:
        phone = {"patient_id": row["id"], "number": number, "raw": new.number.strip()[:40], "relation": new.relation}
        made = await session.execute(insert(ContactPhone).values(phone).returning(*ContactPhone.__table__.columns))
        await _noted(session, by, "contact_phone", "add", None, made.mappings().one())
    return int(row["id"])


async def _noted(session: AsyncSession, by: Writer, thing: str, action: str, before: Values | None, after: Values) -> None:
    await audit.write(session, by.at, by.user_id, deed_of(registry().by_name[thing], action, before, after))


def _checked(new: NewFile, today: date, plan: NumberPlan) -> str:
    """The number in E.164; raises InvalidValue."""
    if not 1 <= len(new.name.strip()) <= 80 or not new.name.isprintable():
        raise InvalidValue("name", "has 1 to 80 printable characters", "write the person's name")
    if new.gender not in ("male", "female", ""):
        raise InvalidValue("gender", "is male, female or empty", "choose one of them")
    if new.birth_date and not date(1880, 1, 2) <= new.birth_date <= today:
        raise InvalidValue("birth_date", "lies between 1880 and today", "correct the year")
    if new.language not in ("zh", "en"):
        raise InvalidValue("language", "is zh or en", "choose one of them")
    try:
        return telephone(new.number, plan, extended=True) if new.number.strip() else ""
    except Wrong as wrong:
        raise InvalidValue("number", wrong.rule, wrong.mend) from wrong


# -- next contact -----------------------------------------------------------------------------------------------------


async def plan_contact(session: AsyncSession, patient_id: int, title: str, due_at: datetime, linkedid: str, by: Writer) -> None:
    """An open follow-up task agreed in the call `linkedid`; a second time it moves the date."""
    columns = FollowUpTask.__table__.columns
    asked = select(*columns).where(columns.linkedid == linkedid).with_for_update()
    before = (await session.execute(asked)).mappings().first()
    made = postgresql.insert(FollowUpTask).values(patient_id=patient_id, title=title, due_at=due_at, linkedid=linkedid)
    values = {"due_at": made.excluded.due_at, "patient_id": made.excluded.patient_id}
    kept = made.on_conflict_do_update(index_elements=[FollowUpTask.linkedid], set_=values, where=FollowUpTask.state == "open").returning(*columns)
    after = (await session.execute(kept)).mappings().first()
    if after is not None and (before is None or dict(after) != dict(before)):
        await _noted(session, by, "follow_up_task", "change" if before else "add", before, after)
