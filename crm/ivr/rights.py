"""Whose file a caller may hear, and what of it: his own, and what patients allowed their carers.

In: the people he proved to be, the number he calls from, the day. Out: `Allowed`, one a person, himself first. Must not ask how he proved it.
Invariant: a topic that nobody recorded is not there; a right that ended, or a person whose file was removed, counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import CarerRight, Patient, Relative
from crm.models.ivr_services import TOPICS

# What "may be told" in a patient's file stands for on the telephone: to hear, not to change, and nothing about money.
TOLD = frozenset({"appointments", "results", "reminders"})
OWN = ("您本人", "yourself")
RELATIONS: Mapping[str, tuple[str, str]] = {
    "父亲": ("您的父亲", "your father"), "母亲": ("您的母亲", "your mother"), "丈夫": ("您的丈夫", "your husband"),
    "妻子": ("您的妻子", "your wife"), "儿子": ("您的儿子", "your son"), "女儿": ("您的女儿", "your daughter"),
}  # fmt: skip
FAMILY = ("您的家人", "your family member")
BIRTHDAY = ("生日", "born on")
File = tuple[int, str, date | None]


@dataclass(frozen=True, slots=True)
class Proven:
    """Somebody whose card or birth date the caller knew. `himself`: it is the patient; else the telephone belongs to a carer of his."""

    patient_id: int
    himself: bool


@dataclass(frozen=True, slots=True)
class Allowed:
    """A person of whom the caller may hear `topics`; `relation` as it is said to the caller."""

    patient_id: int
    name: str
    relation: tuple[str, str]
    topics: frozenset[str]
    himself: bool
    born: date | None = None


async def allowed(session: AsyncSession, proven: Sequence[Proven], number: str, today: date) -> list[Allowed]:
    """Everybody of whom this caller may hear something, and those he proved to be, even when they allow him nothing."""
    selves = [one.patient_id for one in proven if one.himself]
    others = [one.patient_id for one in proven if not one.himself]
    rights = await _recorded(session, selves, others, number, today)
    told = await _told(session, selves)
    relations = await _relations(session, selves)
    wanted = [*selves, *others, *(one for one in (*rights, *told) if one not in selves and one not in others)]
    files = await _files(session, wanted)
    return [_of(files[one], selves, rights, told, relations) for one in dict.fromkeys(wanted) if one in files]


def _of(file: File, selves: Sequence[int], rights: Mapping[int, set[str]], told: Iterable[int], relations: Mapping[int, str]) -> Allowed:
    patient, name, born = file
    if patient in selves:
        return Allowed(patient, name, OWN, frozenset(TOPICS), himself=True, born=born)
    topics = frozenset(rights.get(patient, ())) | (TOLD if patient in told else frozenset())
    return Allowed(patient, name, RELATIONS.get(relations.get(patient, ""), FAMILY), topics, himself=False, born=born)


async def _recorded(session: AsyncSession, selves: Sequence[int], others: Sequence[int], number: str, today: date) -> dict[int, set[str]]:
    """Patient -> topics. A carer who proved to be himself has the rights of his file; at a carer's telephone those of its number hold."""
    to_number = (CarerRight.number == number) & (CarerRight.number != "") & CarerRight.patient_id.in_(others)
    query = select(CarerRight.patient_id, CarerRight.topics).where(
        or_(CarerRight.carer_id.in_(selves), to_number),
        CarerRight.given_on <= today,
        or_(CarerRight.valid_to.is_(None), CarerRight.valid_to >= today),
    )
    found: dict[int, set[str]] = {}
    for patient, topics in (await session.execute(query)).all():
        found.setdefault(patient, set()).update(topics)
    return found


async def _told(session: AsyncSession, selves: Sequence[int]) -> set[int]:
    """Patients who allowed, in their file, that this relative is told."""
    query = select(Relative.patient_id).where(Relative.related_patient_id.in_(selves), Relative.may_be_told)
    return set((await session.scalars(query)).all()) if selves else set()


async def _relations(session: AsyncSession, selves: Sequence[int]) -> dict[int, str]:
    """Person -> what he is to the caller."""
    query = select(Relative.related_patient_id, Relative.relation).where(Relative.patient_id.in_(selves), Relative.related_patient_id.is_not(None))
    return {person: relation for person, relation in (await session.execute(query)) if person is not None} if selves else {}


async def _files(session: AsyncSession, ids: Sequence[int]) -> dict[int, File]:
    query = select(Patient.id, Patient.name, Patient.birth_date).where(Patient.id.in_(ids), Patient.removed_at.is_(None))
    return {person: (person, name, born) for person, name, born in (await session.execute(query))}
