"""Is the caller who he says he is? A card number, or the number he calls from, together with a birth date.

In: what was keyed in, who calls. Out: `Answer` identified | refused | locked, the attempt, and for who was identified the people of whom he may
hear (`call_person`). Must not tell what was wrong: an unknown card, another's birth date and a date that does not exist are the same refusal.
Invariant: attempts of one number, and on one card, are counted one after the other, so no number of calls at once gets more than the policy allows.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit
from crm.ivr import rights
from crm.ivr.acts import Answer, Caller
from crm.ivr.policy import policy
from crm.ivr.rights import Allowed, Proven
from crm.models import CallPerson, ContactPhone, IdentityAttempt, Patient, PatientIdentifier, SelfServicePolicy
from crm.models.ivr_services import TOPICS

TRIES_A_CALL = 3
CARD_TAIL = 6
CARDS = ("national_id", "medical_card", "insurance_card")
SELF = "本人"
_NUMBER_CLASS, _CARD_CLASS = 1201, 1202


@dataclass(frozen=True, slots=True)
class Claim:
    """What was keyed in. `card`: record number, or the last digits of an identity, medical or insurance card, X as 0; "" : the number is known."""

    birth_date: str
    card: str = ""


async def identify(session: AsyncSession, claim: Claim, caller: Caller) -> Answer:
    """One attempt."""
    rules = await policy(session)
    card = _digest(claim.card, rules.salt)
    await _one_after_the_other(session, caller.number, card)
    attempt = IdentityAttempt(at=caller.now, linkedid=caller.linkedid, number=caller.number, card=card, result="locked")
    people: list[Allowed] = []
    if not await _is_locked(session, rules, attempt, caller):
        proven = await _proven(session, claim, caller)
        people = await rights.allowed(session, proven, caller.number, caller.by.today)
        attempt.result, attempt.patient_ids = ("identified" if people else "refused"), [one.patient_id for one in proven]
    session.add(attempt)
    await session.flush()
    if attempt.result == "refused" and await _failures_of_call(session, caller.linkedid) >= TRIES_A_CALL:
        return Answer("locked")
    if people:
        await _remember(session, people, caller)
    return Answer(attempt.result, _values(people) if people else {})


def _digest(card: str, salt: str) -> str:
    """Different lengths of one number are one card."""
    return hashlib.sha256(f"{salt}:{card[-CARD_TAIL:]}".encode()).hexdigest() if card else ""


async def _one_after_the_other(session: AsyncSession, number: str, card: str) -> None:
    for kind, what in ((_NUMBER_CLASS, number), (_CARD_CLASS, card)):
        if what:
            await session.execute(select(func.pg_advisory_xact_lock(kind, func.hashtext(what))))


# -- limits -------------------------------------------------------------------------------------------------------------------


async def _is_locked(session: AsyncSession, rules: SelfServicePolicy, attempt: IdentityAttempt, caller: Caller) -> bool:
    since = caller.now - timedelta(hours=rules.failure_window_h)
    if attempt.number and await _failures(session, IdentityAttempt.number == attempt.number, since) >= rules.failures_a_number:
        return True
    if attempt.card and await _failures(session, IdentityAttempt.card == attempt.card, since) >= rules.failures_a_card:
        return True
    return await _failures_of_call(session, caller.linkedid) >= TRIES_A_CALL


async def _failures(session: AsyncSession, whose: object, since: datetime) -> int:
    query = select(func.count()).where(whose, IdentityAttempt.at > since, IdentityAttempt.result == "refused")  # type: ignore[arg-type]
    return await session.scalar(query) or 0


async def _failures_of_call(session: AsyncSession, linkedid: str) -> int:
    query = select(func.count()).where(IdentityAttempt.linkedid == linkedid, IdentityAttempt.result == "refused")
    return await session.scalar(query) or 0


# -- who it is ----------------------------------------------------------------------------------------------------------------


async def _proven(session: AsyncSession, claim: Claim, caller: Caller) -> list[Proven]:
    born = _day(claim.birth_date)
    if born is None:
        return []
    return await _by_card(session, claim.card, born) if claim.card else await _by_number(session, caller.number, born)


def _day(keyed: str) -> date | None:
    """YYYYMMDD."""
    try:
        return datetime.strptime(keyed, "%Y%m%d").date() if len(keyed) == 8 and keyed.isascii() and keyed.isdigit() else None
    except ValueError:
        return None


async def _by_number(session: AsyncSession, number: str, born: date) -> list[Proven]:
    query = (
        select(Patient.id, ContactPhone.relation)
        .join(ContactPhone, ContactPhone.patient_id == Patient.id)
        .where(ContactPhone.number == number, Patient.birth_date == born, Patient.removed_at.is_(None))
        .order_by(ContactPhone.relation != SELF, Patient.id)
    )
    return [Proven(patient, relation == SELF) for patient, relation in (await session.execute(query)).all()] if number else []


async def _by_card(session: AsyncSession, card: str, born: date) -> list[Proven]:
    """Born that day with a number that ends so. Several: then it proves nothing."""
    if len(card) < CARD_TAIL:
        return []
    query = (
        select(Patient.id, Patient.mrn, PatientIdentifier.number)
        .outerjoin(PatientIdentifier, (PatientIdentifier.patient_id == Patient.id) & PatientIdentifier.kind.in_(CARDS))
        .where(Patient.birth_date == born, Patient.removed_at.is_(None))
    )
    rows = (await session.execute(query)).all()
    found = {patient for patient, mrn, number in rows if _keyed(mrn or "") == card or _keyed(number or "").endswith(card)}
    return [Proven(patient, himself=True) for patient in found] if len(found) == 1 else []


def _keyed(number: str) -> str:
    """As it is keyed in on a telephone: digits only, X as 0."""
    return "".join(one for one in number.upper().replace("X", "0") if one.isascii() and one.isdigit())


# -- what follows -------------------------------------------------------------------------------------------------------------


async def _remember(session: AsyncSession, people: list[Allowed], caller: Caller) -> None:
    """For this call, and in the audit trail, which names no call: what cannot be erased must not lead from a report back to who called."""
    for one in people:
        row = insert(CallPerson).values(
            linkedid=caller.linkedid, patient_id=one.patient_id, topics=sorted(one.topics), own=one.himself, at=caller.now
        )
        changed = {"topics": row.excluded.topics, "own": row.excluded.own, "at": row.excluded.at}
        await session.execute(row.on_conflict_do_update(index_elements=["linkedid", "patient_id"], set_=changed))
    seen = {"source": caller.by.source, "patient_ids": [one.patient_id for one in people]}
    await audit.write(session, caller.now, None, audit.Deed("caller.identified", "patient", str(people[0].patient_id), seen))


def _values(people: list[Allowed]) -> dict[str, object]:
    """Whom it may be about: a list to choose from, and the first of it, whose values stand beside for who does not ask."""
    heard = Counter(one.relation for one in people)
    items = [_item(one, told_apart=heard[one.relation] == 1) for one in people]
    return {**items[0], "several": "yes" if len(items) > 1 else "no", "first": items[0], "items": items}


def _item(one: Allowed, *, told_apart: bool) -> dict[str, str]:
    """Two sons are told apart by their birthday: a name that nobody rendered yet is not heard."""
    relation_zh, relation_en = one.relation
    said = {"id": str(one.patient_id), "name_zh": one.name, "name_en": one.name, "relation_zh": relation_zh, "relation_en": relation_en}
    if not told_apart and one.born is not None:
        said |= {"birthday_zh": rights.BIRTHDAY[0], "birthday_en": rights.BIRTHDAY[1], "born": one.born.isoformat()}
    return said | {topic: "yes" if topic in one.topics else "no" for topic in TOPICS}


async def may(session: AsyncSession, linkedid: str, patient_id: int, topic: str) -> bool:
    """Whether the caller of this call was identified and may hear or do this for this person."""
    topics = await session.scalar(select(CallPerson.topics).where(CallPerson.linkedid == linkedid, CallPerson.patient_id == patient_id))
    return topic in (topics or ())
