"""Appointment numbers: what was mistyped is no number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.booking.errors import REFUSALS, BookingRefused
from crm.booking.numbers import appointment_number, could_be_number

pytestmark = pytest.mark.unit

running = st.integers(0, 9_999_999)


@given(running)
def test_a_number_has_eight_digits_and_is_one(n: int) -> None:
    made = appointment_number(n)
    assert len(made) == 8 and made.isdigit() and could_be_number(made)


@given(running, st.integers(0, 7), st.integers(1, 9))
def test_one_wrong_digit_is_seen(n: int, place: int, off: int) -> None:
    made = appointment_number(n)
    wrong = made[:place] + str((int(made[place]) + off) % 10) + made[place + 1 :]
    assert not could_be_number(wrong)


@given(running, st.integers(0, 6))
def test_two_neighbours_swapped_are_seen(n: int, place: int) -> None:
    made = appointment_number(n)
    swapped = made[:place] + made[place + 1] + made[place] + made[place + 2 :]
    assert swapped == made or not could_be_number(swapped)


@pytest.mark.parametrize("typed", ["", "1234567", "123456789", "1234567a", "１２３４５６７８", " 1234567"])
def test_what_is_no_number_at_all(typed: str) -> None:
    assert not could_be_number(typed)


def test_every_refusal_says_field_rule_and_mend() -> None:
    values = {"lead_min": 5, "number": "12345678", "limit": 3, "days": 90, "minutes": 30, "states": "booked", "state": "held"}
    for code in REFUSALS:
        refused = BookingRefused(code, **values)
        assert refused.field and refused.rule and refused.mend and "{" not in f"{refused.rule}{refused.mend}"
