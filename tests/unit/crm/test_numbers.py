"""However a number is written, it is one number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.numbers import NumberPlan, normalise

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "written",
    [
        "013900000001", "13900000001", "+8613900000001", "008613900000001", "8613900000001", "139 0000 0001", "139-0000-0001",
        "(+86) 139 0000 0001", "１３９ ００００ ０００１", "sip:13900000001@10.0.0.1", "sip:+8613900000001;user=phone@host", "tel:+86-139-0000-0001",
    ],
)  # fmt: skip
def test_every_way_of_writing_a_mobile_number(written: str) -> None:
    assert normalise(written) == "+8613900000001"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("65432100", "+861065432100"),
        ("010-65432100", "+861065432100"),
        ("02165432100", "+862165432100"),
        ("+447911123456", "+447911123456"),
        ("00447911123456", "+447911123456"),
        ("95120", "95120"),
        ("8001", "8001"),
        ("", ""),
        ("anonymous", ""),
        ("Restricted", ""),
        ("no digits", ""),
    ],
)
def test_other_numbers(written: str, expected: str) -> None:
    assert normalise(written) == expected


def test_local_number_belongs_to_the_hospital_s_city_and_country() -> None:
    assert normalise("65432100", NumberPlan(area_code="021")) == "+862165432100"
    assert normalise("020 7946 0018", NumberPlan("44", "020")) == "+442079460018"


@given(st.text(max_size=40) | st.from_regex(r"\+?[0-9 -]{0,40}", fullmatch=True))
def test_normalising_twice_changes_nothing_and_never_fails(written: str) -> None:
    once = normalise(written)
    assert normalise(once) == once
    assert once == "" or once.lstrip("+").isdigit()
    assert len(once) <= 33
