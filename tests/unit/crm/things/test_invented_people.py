"""The invented patients: nobody has what he cannot have, and the clinic's hours are kept whenever the hospital is loaded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crm.demo import personas
from crm.demo.hours import ZONE, ago, ahead, at
from crm.demo.people import Inventor, Staff, may_have
from crm.demo.things_words import EXAMINATIONS, FEES, PANELS
from crm.demo.vocabulary import DIAGNOSES, ORDERS, STAYS, WHO
from crm.patients.people import age_at

pytestmark = pytest.mark.unit
MOMENTS = (datetime(2026, 11, 22, 17, 54, tzinfo=UTC), datetime(2026, 11, 23, 3, 0, tzinfo=UTC), datetime(2026, 3, 1, 9, 30, tzinfo=UTC))


def invented(now: datetime) -> Inventor:
    staff = Staff({code: (n, (10 * n, 10 * n + 1)) for n, code in enumerate(DIAGNOSES, 1)})
    inventor = Inventor(staff, now, 1, 1)
    personas.invent(inventor, now, 10)
    inventor.fill(600)
    return inventor


@pytest.mark.parametrize("now", MOMENTS)
def test_nobody_has_what_he_cannot_have(now: datetime) -> None:
    rows = invented(now).rows
    people = {one["id"]: one for one in rows.patient}
    slack = timedelta(days=730)
    for visit in rows.visit:
        patient = people[visit["patient_id"]]
        older, younger = age_at(patient["birth_date"], now.date()) or 0, age_at(patient["birth_date"], (now - slack).date()) or 0
        assert any(may_have(visit["diagnosis"], patient["gender"], age) for age in range(younger, older + 2)), (visit, patient)
        assert visit["kind"] == "outpatient" or visit["diagnosis"] in STAYS


@pytest.mark.parametrize("now", MOMENTS)
def test_clinics_are_visited_in_their_hours_and_before_now(now: datetime) -> None:
    for visit in invented(now).rows.visit:
        start = visit["started_at"].astimezone(ZONE)
        assert 8 <= start.hour < 18 and start < now
        assert visit["kind"] == "inpatient" or start.weekday() != 6 or visit["id"] < 8
        assert visit["ended_at"] is None or start < visit["ended_at"] < now + timedelta(hours=1)


def test_words_belong_together() -> None:
    assert set(WHO) | STAYS <= {name for names in DIAGNOSES.values() for name in names}
    assert set(ORDERS) == set(DIAGNOSES)
    for kind, content in (order for orders in ORDERS.values() for order in orders):
        assert kind in FEES
        assert kind not in ("examination", "laboratory") or content in (EXAMINATIONS if kind == "examination" else PANELS), content


@pytest.mark.parametrize("now", MOMENTS)
def test_past_lies_before_now_and_what_comes_after(now: datetime) -> None:
    for hour in (0, 8, 12, 17, 23):
        assert ago(now, 0, hour) < now < ahead(now, 0, hour)
    assert at(now, 1, 9).astimezone(ZONE).date() - now.astimezone(ZONE).date() == timedelta(days=1)
    assert date(2026, 1, 1) < ago(now, 3, 9, sundays=False).astimezone(ZONE).date()
