"""Identity numbers, telephone numbers, zones, pieces of text: what forms let through and what they refuse."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.demo.things_files import identity_number
from crm.demo.things_knowledge import ARTICLES, CATEGORIES
from crm.demo.things_words import ICD
from crm.demo.vocabulary import DIAGNOSES
from crm.errors import InvalidValue
from crm.numbers import HOME
from crm.resources.common import zone
from crm.resources.patient_file import IDENTIFIER
from crm.things.knowledge import plain, snippet
from crm.written import Wrong, check_digit, telephone

pytestmark = pytest.mark.unit
(IDENTITY,) = IDENTIFIER.checks
_BORN = st.dates(date(1881, 1, 1), date(2026, 1, 1))
HEADS = st.tuples(st.text("0123456789", min_size=9, max_size=9), _BORN).map(lambda parts: f"{parts[0][:6]}{parts[1]:%Y%m%d}{parts[0][6:]}")
"""The first seventeen digits: place, date of birth, order."""


def test_known_number_has_its_check_character() -> None:
    assert check_digit("11010519491231002") == "X"


@given(HEADS, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(head: str, place: int, off: int) -> None:
    number = head + check_digit(head)
    IDENTITY({"kind": "national_id", "number": number})
    wrong = number[:place] + str((int(number[place]) + off) % 10) + number[place + 1 :]
    with pytest.raises(InvalidValue) as refused:
        IDENTITY({"kind": "national_id", "number": wrong})
    assert refused.value.field == "number"


@given(HEADS, st.integers(0, 15))
def test_two_neighbours_that_changed_places_are_seen(head: str, place: int) -> None:
    number = head + check_digit(head)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        with pytest.raises(InvalidValue):
            IDENTITY({"kind": "national_id", "number": swapped})


@pytest.mark.parametrize("number", ["", "12345", "1" * 17, "1" * 19, "１１０１０５１９４９１２３１００２X", "11010519491231002Y",
"A1010519491231002X"])
def test_what_is_no_identity_number_is_refused_or_empty(number: str) -> None:
    if not number:
        IDENTITY({"kind": "national_id", "number": number})
        return
    with pytest.raises(InvalidValue):
        IDENTITY({"kind": "national_id", "number": number})


def test_other_papers_have_no_check_character() -> None:
    IDENTITY({"kind": "passport", "number": "E12345678"})


@given(st.dates(date(1900, 1, 1), date(2026, 12, 31)), st.integers(0, 10**6))
def test_invented_numbers_are_sound(born: date, serial: int) -> None:
    IDENTITY({"kind": "national_id", "number": identity_number(born, serial)})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("13800138000", "+8613800138000"), ("0571-8888 1234", "+8657188881234"), ("+86 139 0000 0001", "+8613900000001"),
        ("\u202a13800138000\u202c", "+8613800138000"),
        ("95120", "95120"), ("８８８８１２３４", "+861088881234"),
    ],
)  # fmt: skip
def test_telephone_numbers_are_read_as_calls_signal_them(written: str, read: str) -> None:
    assert telephone(written, HOME) == read == telephone(read, HOME)


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        ("电话", "phone"), ("12", "phone"), ("1" * 16, "phone"), ("138x", "phone"), ("<script>1380</script>", "phone"),
        ("1380013800", "phone_digits"), ("1380013800O", "phone_letter"), ("88881234转602", "phone_extension"), ("手机13800138000", "phone"),
    ],
)  # fmt: skip
def test_what_is_no_telephone_number_is_refused(bad: str, rule: str) -> None:
    with pytest.raises(Wrong) as refused:
        telephone(bad, HOME)
    assert refused.value.code == rule


def test_a_file_keeps_what_was_written_so_extension_and_word_are_left_out() -> None:
    assert telephone("88881234转602", HOME, extended=True) == "+861088881234"
    assert telephone("手机13800138000", HOME, extended=True) == "+8613800138000"


def test_zones_must_exist() -> None:
    assert zone("Asia/Urumqi") == "Asia/Urumqi"
    with pytest.raises(InvalidValue):
        zone("Asia/Nowhere")


def test_text_of_an_article_is_one_line_and_a_piece_shows_the_words() -> None:
    text = plain("<h2>检查前</h2><p>禁食8小时&nbsp;&amp; 禁水</p>")
    assert text == "检查前 禁食8小时 & 禁水"
    assert "禁水" in snippet("前" * 200 + "禁水四小时" + "后" * 200, "禁水")
    assert snippet("短", "没有") == "短"


def test_demo_words_fit_each_other() -> None:
    assert {name for names in DIAGNOSES.values() for name in names} <= set(ICD)
    assert len({code for code, _, _ in ICD.values()}) == len(ICD)
    assert {article[0] for article in ARTICLES} <= {zh for zh, _ in CATEGORIES}
