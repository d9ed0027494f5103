"""What people write into cells is read in one way, or refused with the way out; never guessed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.numbers import HOME, normalise
from crm.transfer import values
from crm.written import Wrong, identity

pytestmark = pytest.mark.unit
TODAY = date(2026, 11, 22)


def card(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


def code(read: values.Parser, written: str) -> str:
    with pytest.raises(Wrong) as wrong:
        read(written)
    assert wrong.value.rule and wrong.value.mend
    return wrong.value.code


@pytest.mark.parametrize(
    "written", ["1960-05-01", "1960/5/1", "1960.5.1", "19600501", "1960年5月1日", "1960-05-01 00:00:00", "1960-05-01T00:00:00", "１９６０-０５-０１"]
)
def test_one_day_in_every_spelling(written: str) -> None:
    assert values.day(written) == date(1960, 5, 1)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("00:00", "date_time_only"), ("22037", "date_serial"), ("1960-02-30", "no_such_day"), ("01/05/1960", "date"), ("五月", "date"), ("0", "date")],
)
def test_what_is_no_day_says_why(written: str, expected: str) -> None:
    assert code(values.day, written) == expected


def test_birth_dates_lie_between_1880_and_today() -> None:
    read = values.born(TODAY)
    assert read("2026-11-22") == TODAY
    assert code(read, "2026-11-23") == code(read, "1879-12-31") == "birth_date_range"


def test_known_identity_numbers() -> None:
    assert identity("11010519491231002x") == "11010519491231002X"
    assert identity("110105491231002") == "11010519491231002X"
    assert identity(" １１０１０５１９４９１２３１００２Ｘ ") == "11010519491231002X"
    assert (values.birth_of("11010519491231002X"), values.gender_of("11010519491231002X")) == (date(1949, 12, 31), "female")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("110105194912310021", "id_check_digit"),
        ("11010519491231", "id_form"),
        ("1.1010519491231E+17", "id_rounded"),
        (card("11010519490231002"), "id_birth"),
        ("A", "id_form"),
    ],
)
def test_wrong_identity_numbers_say_why(written: str, expected: str) -> None:
    assert code(identity, written) == expected


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(born: date, serial: int, place: int, shift: int) -> None:
    good = card(f"110105{born:%Y%m%d}{serial:03d}")
    assert identity(good) == good
    bad = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
    with pytest.raises(Wrong):
        identity(bad)


@given(st.text(max_size=120))
def test_text_that_is_accepted_can_be_stored(written: str) -> None:
    try:
        value = values.text(written, 100)
    except Wrong:
        return
    assert "\0" not in value and len(value) <= 100
    value.encode()


@pytest.mark.parametrize("name", ["𠮷野家", "䶮佳", "张😀伟", "阿依古丽·买买提", "O'Brien", "<script>alert(1)</script>", "\U00031350氏"])
def test_names_people_have(name: str) -> None:
    assert values.name(name) == name


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "张\0伟", "张\ud800", "13900000001", "张\ue000伟", "张" * 81])
def test_what_is_no_name(name: str) -> None:
    code(values.name, name)


def test_old_private_place_of_a_rare_character_is_mended() -> None:
    assert values.name("\ue863佳") == "䶮佳"


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_the_short_way_for_mobile_numbers_says_the_same_as_the_long_one(written: str) -> None:
    try:
        found = values.phones(HOME)(written)
    except Wrong:
        return
    assert found == [(normalise(written), written)]


def test_several_numbers_in_one_cell() -> None:
    assert values.phones(HOME)("139 0000 0001、010-65432100；13900000001") == [("+8613900000001", "139 0000 0001"), ("+861065432100", "010-65432100")]
    assert values.phones(HOME)("13900000001 13900000002") == [("+8613900000001", "13900000001"), ("+8613900000002", "13900000002")]
    assert values.phones(HOME)("139 0000 0001 139 0000 0002"[:13]) == [("+8613900000001", "139 0000 0001")]
    assert code(values.phones(HOME), "1.39E+10") == "phone_rounded"
    assert code(values.phones(HOME), "未留电话号码") == "phone"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13900000001.0", "+8613900000001"),
        ("\u202d139\u200b00000001\u202c", "+8613900000001"),
        ("１３９００００００ ０１", "+8613900000001"),
        ("010-65432100转801", "+861065432100"),
        ("010-65432100-801", "+861065432100"),
        ("65432100 分机 12", "+861065432100"),
        ("139 0000 0001(女儿)", "+8613900000001"),
        ("95120", "95120"),
    ],
)
def test_what_stands_around_a_number_is_no_part_of_it(written: str, number: str) -> None:
    assert [one for one, _ in values.phones(HOME)(written)] == [number]


@pytest.mark.parametrize(
    ("written", "expected"),
    [("1390000000", "phone_digits"), ("139000000012", "phone_digits"), ("1390000000O", "phone_letter"), ("l3900000001", "phone_letter")],
)
def test_a_number_that_cannot_be_dialled_is_not_stored_as_if_it_could(written: str, expected: str) -> None:
    assert code(values.phones(HOME), written) == expected


@pytest.mark.parametrize("written", ["\u200b11010519491231002x", "110105-19491231-002X", "'11010519491231002X", "110105 19491231 002X"])
def test_marks_nobody_sees_are_no_part_of_an_identity_number(written: str) -> None:
    assert identity(written) == "11010519491231002X"


@pytest.mark.parametrize("written", ["1960", "1960-05", "1960年", "1960年5月"])
def test_half_a_date_is_told_as_what_it_is(written: str) -> None:
    assert code(values.day, written) == "date_part"


def test_text_is_kept_in_the_form_that_a_search_asks_for() -> None:
    assert values.name("Zoe\u0308") == "Zoë"
