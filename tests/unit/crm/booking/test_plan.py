"""Rosters become sessions: what is off, what differs, who is away, and how a session is cut into slots."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.booking.plan import Absence, Differs, Roster, Rules, Terms, plan, slots

pytestmark = pytest.mark.unit

MONDAY = date(2026, 11, 16)
ROSTER = Roster(7, 1, 2, 1, time(8), time(12), date(2026, 1, 1), None, Terms(place_zh="3层A区"))


def one(rules: Rules, day: date = MONDAY):
    found = plan(rules, day, day)
    assert len(found) == 1
    return found[0]


def test_a_weekly_clinic_makes_a_session_on_its_weekday_only() -> None:
    assert [session.day for session in plan(Rules([ROSTER]), MONDAY, MONDAY + timedelta(days=20))] == [
        MONDAY, MONDAY + timedelta(days=7), MONDAY + timedelta(days=14),
    ]  # fmt: skip


def test_validity_bounds_are_inside() -> None:
    bounded = replace(ROSTER, valid_from=MONDAY, valid_to=MONDAY + timedelta(days=7))
    assert [session.day for session in plan(Rules([bounded]), MONDAY - timedelta(days=7), MONDAY + timedelta(days=21))] == [
        MONDAY, MONDAY + timedelta(days=7),
    ]  # fmt: skip


def test_a_closed_day_has_no_clinics_and_a_make_up_day_those_of_its_weekday() -> None:
    saturday = MONDAY + timedelta(days=5)
    rules = Rules([ROSTER], special={MONDAY: None, saturday: 1})
    assert [session.day for session in plan(rules, MONDAY, saturday)] == [saturday]


def test_a_clinic_without_seats_is_not_booked() -> None:
    assert plan(Rules([replace(ROSTER, terms=Terms(per_slot=0))]), MONDAY, MONDAY) == []


def test_an_exception_changes_only_what_it_names() -> None:
    differs = Differs(7, MONDAY, False, time(9), time(11), place_zh="5层")
    made = one(Rules([ROSTER], {(7, MONDAY): differs}))
    assert (made.starts_at, made.ends_at, made.terms.place_zh, made.terms.per_slot) == (time(9), time(11), "5层", 3)


def test_a_clinic_that_is_off_stands_as_stopped_with_its_reason() -> None:
    made = one(Rules([ROSTER], {(7, MONDAY): Differs(7, MONDAY, True, reason="会议")}))
    assert (made.stopped, made.reason) == (True, "会议")


def test_an_absent_doctor_is_stopped_or_replaced() -> None:
    away = Absence(1, None, MONDAY, MONDAY, reason="年假")
    assert one(Rules([ROSTER], absences=[away])).stopped
    made = one(Rules([ROSTER], absences=[replace(away, substitute_id=9)]))
    assert (made.stopped, made.doctor_id, made.stands_in_for_id) == (False, 9, 1)


def test_an_absence_of_the_afternoon_leaves_the_morning() -> None:
    afternoon = Absence(None, 2, MONDAY, MONDAY, time(12), time(18))
    assert not one(Rules([ROSTER], absences=[afternoon])).stopped
    assert one(Rules([ROSTER], absences=[replace(afternoon, starts_at=time(11, 59))])).stopped


def test_slots_of_half_an_hour_and_seats_for_the_counter() -> None:
    cut = slots(time(13, 30), time(15), Terms(per_slot=3, window_only=1, sources=("phone", "agent")))
    assert [(one.starts_at, one.ends_at) for one in cut] == [(time(13, 30), time(14)), (time(14), time(14, 30)), (time(14, 30), time(15))]
    assert cut[0].seats == (("phone", "agent"), ("phone", "agent"), ("window",))


times = st.times(min_value=time(0), max_value=time(23, 58)).map(lambda clock: clock.replace(second=0, microsecond=0))


@given(times, times, st.integers(5, 240), st.integers(1, 9))
def test_slots_cover_the_session_without_gap_or_overlap(first: time, second: time, minutes: int, per_slot: int) -> None:
    starts, ends = sorted((first, second))
    cut = slots(starts, ends, Terms(slot_min=minutes, per_slot=per_slot))
    if starts == ends:
        assert cut == []
        return
    assert (cut[0].starts_at, cut[-1].ends_at) == (starts, ends)
    assert all(one.ends_at == following.starts_at for one, following in itertools.pairwise(cut))
    assert all(one.starts_at < one.ends_at and len(one.seats) == per_slot for one in cut)
