"""Who beside a patient may hear what, how he wants to be reached, and to what he said no: what must be known before the first word is said.

In: patients' ids, the day. Out: id -> plain values. Must not decide who may see it, nor whether somebody may be contacted.
Invariant: one query a value however many patients; of each purpose the latest answer holds, and one that ran out is no consent.
Shapes: docs/api.md, "Person card".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import CarerRight, Consent, PatientProfile, Relative

Values = Mapping[str, Any]


async def relatives_of(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[Values]]:
    """Those who may be told stand first."""
    found: dict[int, list[Values]] = defaultdict(list)
    query = select(Relative).where(Relative.patient_id.in_(ids)).order_by(Relative.may_be_told.desc(), Relative.id)
    for row in await session.scalars(query):
        told = {"name": row.name, "relation": row.relation, "patient_id": row.related_patient_id, "may_be_told": row.may_be_told}
        found[row.patient_id].append(told)
    return found


async def carers_of(session: AsyncSession, ids: Sequence[int], today: date) -> dict[int, list[Values]]:
    """Whom he allowed to hear, today, and of what."""
    found: dict[int, list[Values]] = defaultdict(list)
    holds = (CarerRight.given_on <= today, or_(CarerRight.valid_to.is_(None), CarerRight.valid_to >= today))
    for row in await session.scalars(select(CarerRight).where(CarerRight.patient_id.in_(ids), *holds).order_by(CarerRight.id)):
        told = {"name": row.name, "relation": row.relation, "patient_id": row.carer_id, "topics": list(row.topics)}
        found[row.patient_id].append(told)
    return found


async def reached_of(session: AsyncSession, ids: Sequence[int]) -> dict[int, Values]:
    """How and when he wants to be reached; nobody who never said."""
    one = PatientProfile
    query = select(one.patient_id, one.preferred_channel, one.contact_from, one.contact_until, one.zone).where(one.patient_id.in_(ids))
    return {
        patient: {"channel": channel, "from": begins.strftime("%H:%M"), "until": ends.strftime("%H:%M"), "zone": zone}
        for patient, channel, begins, ends, zone in await session.execute(query)
    }


async def refused_of(session: AsyncSession, ids: Sequence[int], today: date) -> dict[int, list[str]]:
    """Purposes to which his latest answer is no, was taken back, or has run out."""
    found: dict[int, list[str]] = defaultdict(list)
    columns = (Consent.patient_id, Consent.purpose, Consent.answer, Consent.valid_to)
    query = select(*columns).where(Consent.patient_id.in_(ids)).order_by(Consent.purpose, Consent.given_at.desc())
    settled: set[tuple[int, str]] = set()
    for patient, purpose, answer, valid_to in await session.execute(query):
        if (patient, purpose) not in settled and (answer != "given" or (valid_to is not None and valid_to < today)):
            found[patient].append(purpose)
        settled.add((patient, purpose))
    return found
