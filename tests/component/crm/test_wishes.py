"""What must be known before the first word is said: who may hear what, how somebody wants to be reached, to what he said no."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import insert, select

from crm.database import Database, Session
from crm.models import CarerRight, Consent, Patient, PatientProfile, Relative
from crm.patients import people

pytestmark = pytest.mark.component
TODAY = date(2026, 3, 2)
NOON = datetime(2026, 1, 1, 4, tzinfo=UTC)


async def _patient(session: Session) -> int:
    return (await session.execute(insert(Patient).values(name="赵老太").returning(Patient.id))).scalar_one()


async def _card(session: Session, patient: int) -> people.Person:
    return await people.by_id(session, patient, TODAY)


async def test_card_says_who_may_hear_what_and_leaves_out_rights_that_do_not_hold(database: Database) -> None:
    async def work(session: Session) -> people.Person:
        patient = await _patient(session)
        session.add_all([
            Relative(patient_id=patient, name="赵大", relation="儿子"),
            Relative(patient_id=patient, name="赵敏", relation="女儿", may_be_told=True),
        ])  # fmt: skip
        rights = (("赵敏", date(2026, 1, 1), None), ("旧护工", date(2025, 1, 1), date(2026, 3, 1)), ("新护工", date(2026, 3, 3), None))
        for name, begins, ends in rights:
            right = {"name": name, "relation": "家属", "number": "+8613900000001", "topics": ["results"], "proof": "signed_form"}
            await session.execute(insert(CarerRight).values(patient_id=patient, given_on=begins, valid_to=ends, **right))
        return await _card(session, patient)

    card = await database.run(work)
    assert [(one["name"], one["may_be_told"]) for one in card.relatives] == [("赵敏", True), ("赵大", False)]
    assert [(one["name"], one["topics"]) for one in card.carers] == [("赵敏", ["results"])]


async def test_of_each_purpose_the_latest_answer_holds_and_one_that_ran_out_is_no_consent(database: Database) -> None:
    answers = (
        ("follow_up", "refused", 1, None), ("follow_up", "given", 2, None),
        ("marketing", "given", 1, None), ("marketing", "withdrawn", 2, None),
        ("research", "given", 1, date(2026, 3, 1)), ("education", "given", 1, TODAY),
    )  # fmt: skip

    async def work(session: Session) -> people.Person:
        patient = await _patient(session)
        for purpose, answer, hour, ends in answers:
            given = {"purpose": purpose, "answer": answer, "given_at": NOON.replace(hour=hour), "valid_to": ends, "proof": "spoken"}
            await session.execute(insert(Consent).values(patient_id=patient, **given))
        return await _card(session, patient)

    assert (await database.run(work)).refused == ("marketing", "research")


async def test_card_says_how_and_when_somebody_wants_to_be_reached_if_he_ever_said(database: Database) -> None:
    async def work(session: Session) -> tuple[people.Person, people.Person]:
        patient, silent = await _patient(session), await _patient(session)
        wish = {"preferred_channel": "wechat", "contact_from": time(14), "contact_until": time(20), "zone": "Asia/Urumqi"}
        await session.execute(insert(PatientProfile).values(patient_id=patient, **wish))
        assert await session.scalar(select(PatientProfile.patient_id).where(PatientProfile.patient_id == patient))
        return await _card(session, patient), await _card(session, silent)

    card, silent = await database.run(work)
    assert card.reached == {"channel": "wechat", "from": "14:00", "until": "20:00", "zone": "Asia/Urumqi"}
    assert (silent.reached, silent.refused, silent.relatives, silent.carers) == ({}, (), (), ())
