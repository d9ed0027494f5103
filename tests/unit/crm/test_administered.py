"""Opening hours: weekdays, holidays, make-up working days, emergency closure."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from crm.demo.load import special_days
from crm.patients.people import age_at
from crm.telephony.administered import OpeningHours
from crm.text import initials

pytestmark = pytest.mark.unit

MORNING, AFTERNOON = (time(8), time(12)), (time(13, 30), time(17))
CLINIC = OpeningHours(
    dict.fromkeys(range(1, 6), (MORNING, AFTERNOON)) | {6: (MORNING,)},
    {date(2026, 10, 1): None, date(2026, 10, 10): 5, date(2026, 11, 20): None},
)
ALWAYS = OpeningHours({day: ((time(0), time(0)),) for day in range(1, 8)})


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("2026-11-16T07:59:59", "closed"),
        ("2026-11-16T08:00:00", "open"),
        ("2026-11-16T11:59:59", "open"),
        ("2026-11-16T12:00:00", "closed"),
        ("2026-11-16T13:30:00", "open"),
        ("2026-11-21T09:00:00", "open"),
        ("2026-11-21T14:00:00", "closed"),
        ("2026-11-22T09:00:00", "closed"),
        ("2026-10-01T09:00:00", "closed"),
        ("2026-10-10T14:00:00", "open"),
        ("2026-11-20T09:00:00", "closed"),
    ],
)
def test_clinic_hours(moment: str, state: str) -> None:
    assert CLINIC.state_at(datetime.fromisoformat(moment)) == state


@pytest.mark.parametrize("moment", ["2026-11-16T00:00:00", "2026-11-16T23:59:59.999999", "2026-11-22T12:00:00"])
def test_midnight_to_midnight_has_no_gap(moment: str) -> None:
    assert ALWAYS.state_at(datetime.fromisoformat(moment)) == "open"


def test_emergency_closes_whatever_the_hours_say() -> None:
    assert OpeningHours(ALWAYS.weekly, emergency=True).state_at(datetime(2026, 11, 16, 12)) == "emergency"


def test_holidays_and_make_up_days_of_a_published_year() -> None:
    days = {row["day"]: row["kind"] for row in special_days("clinic", (2026,))}
    assert days[date(2026, 2, 17)] == "holiday"
    assert days[date(2026, 10, 10)] == "workday"
    assert date(2026, 11, 16) not in days


@pytest.mark.parametrize(("name", "short"), [("张伟", "zw"), ("欧阳文", "oyw"), ("Emily Carter", "ec"), ("李 明", "lm"), ("", "")])
def test_initials(name: str, short: str) -> None:
    assert initials(name) == short


@pytest.mark.parametrize(("born", "age"), [(date(1964, 11, 22), 62), (date(1964, 11, 23), 61), (date(2026, 11, 22), 0), (None, None)])
def test_age(born: date | None, age: int | None) -> None:
    assert age_at(born, date(2026, 11, 22)) == age
