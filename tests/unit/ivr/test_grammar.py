"""What is spoken is read back by a small reader of each language, and spelled out for the cases people trip over."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.ivr import grammar_en, grammar_zh
from tests.unit.ivr.fakes import catalogue

pytestmark = pytest.mark.unit


def zh(ids: tuple[str, ...]) -> str:
    return "".join(catalogue().text(one, "zh") for one in ids)


def en(ids: tuple[str, ...]) -> str:
    return " ".join(catalogue().text(one, "en") for one in ids)


NUMBERS = [
    (0, "零", "zero"),
    (2, "二", "two"),
    (10, "十", "ten"),
    (20, "二十", "twenty"),
    (105, "一百零五", "one hundred and five"),
    (110, "一百一十", "one hundred and ten"),
    (212, "二百一十二", "two hundred and twelve"),
    (1005, "一千零五", "one thousand and five"),
    (1010, "一千零一十", "one thousand and ten"),
    (2222, "两千二百二十二", "two thousand two hundred and twenty-two"),
    (10_005, "一万零五", "ten thousand and five"),
    (20_000, "两万", "twenty thousand"),
    (100_500, "十万零五百", "one hundred thousand five hundred"),
    (101_000, "十万一千", "one hundred and one thousand"),
    (120_000, "十二万", "one hundred and twenty thousand"),
    (1_000_001, "一百万零一", "one million and one"),
    (100_003_000, "一亿零三千", "one hundred million three thousand"),
    (105_000_005, "一亿零五百万零五", "one hundred and five million and five"),
    (999_999_999, "九亿九千九百九十九万九千九百九十九", None),
    (-7, "负七", "minus seven"),
]


@pytest.mark.parametrize(("value", "chinese", "english"), NUMBERS)
def test_a_number_is_spoken_as_people_say_it(value: int, chinese: str, english: str | None) -> None:
    assert zh(grammar_zh.number(value)) == chinese
    assert english is None or en(grammar_en.number(value)) == english


@pytest.mark.parametrize(
    ("value", "unit", "chinese", "english"),
    [
        (1, "minute", "一分钟", "one minute"),
        (2, "minute", "两分钟", "two minutes"),
        (12, "minute", "十二分钟", "twelve minutes"),
        (2, "clinic", "两次专家门诊", "two specialist clinics"),
        (0, "person", "零位", "zero people"),
        (102, "person", "一百零二位", "one hundred and two people"),
    ],
)
def test_a_number_with_its_unit(value: int, unit: str, chinese: str, english: str) -> None:
    assert (zh(grammar_zh.number(value, unit)), en(grammar_en.number(value, unit))) == (chinese, english)


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (time(0, 0), "凌晨零点", "twelve midnight"),
        (time(0, 5), "凌晨零点零五分", "twelve oh five a.m."),
        (time(8, 0), "上午八点", "eight a.m."),
        (time(12, 0), "中午十二点", "twelve noon"),
        (time(14, 30), "下午两点半", "two thirty p.m."),
        (time(18, 5), "晚上六点零五分", "six oh five p.m."),
    ],
)
def test_a_time_of_day(value: time, chinese: str, english: str) -> None:
    assert (zh(grammar_zh.clock(value)), en(grammar_en.clock(value))) == (chinese, english)


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        ("320.50", "三百二十元五角", "three hundred and twenty yuan and fifty fen"),
        ("3.05", "三元零五分", "three yuan and five fen"),
        ("2", "两元", "two yuan"),
        ("0.20", "两角", "twenty fen"),
        ("0", "零元", "zero yuan"),
        ("-2.5", "负两元五角", "minus two yuan and fifty fen"),
        ("0.999", "一元", "one yuan"),
    ],
)
def test_money(value: str, chinese: str, english: str) -> None:
    assert (zh(grammar_zh.money(Decimal(value))), en(grammar_en.money(Decimal(value)))) == (chinese, english)


def test_dates_weekdays_and_digits() -> None:
    day = date(2026, 11, 15)
    assert zh(grammar_zh.day(day)) == "十一月十五日"
    assert zh(grammar_zh.day(day, with_year=True)) == "二零二六年十一月十五日"
    assert en(grammar_en.day(day, with_year=True)) == "November fifteenth twenty twenty-six"
    assert en(grammar_en.day(date(2005, 1, 2), with_year=True)) == "January second two thousand and five"
    assert (zh(grammar_zh.weekday(7)), en(grammar_en.weekday(1))) == ("星期日", "Monday")
    assert zh(grammar_zh.digits("1102")) == "幺幺零二"
    assert en(grammar_en.digits("102")) == "one zero two"


@pytest.mark.parametrize("grammar", [grammar_zh, grammar_en])
def test_what_cannot_be_spoken_is_refused(grammar: object) -> None:
    for call, argument in ((grammar.number, 10**9), (grammar.weekday, 0), (grammar.weekday, 8)):  # type: ignore[attr-defined]
        with pytest.raises(ValueError):
            call(argument)
    with pytest.raises(ValueError):
        grammar.number(1, "furlong")  # type: ignore[attr-defined]


def read_zh(text: str) -> int:
    total = group = digit = 0
    for sign in text:
        if sign in "零一二三四五六七八九":
            digit = "零一二三四五六七八九".index(sign)
        elif sign == "两":
            digit = 2
        elif sign in "十百千":
            group += (digit or (1 if sign == "十" else 0)) * {"十": 10, "百": 100, "千": 1000}[sign]
            digit = 0
        else:
            total += (group + digit) * {"万": 10_000, "亿": 100_000_000}[sign]
            group = digit = 0
    return total + group + digit


def read_en(text: str) -> int:
    small = {catalogue().text(f"num_{n}", "en"): n for n in range(100)}
    total = group = 0
    for word in text.replace(" and ", " ").split():
        if word == "hundred":
            group *= 100
        elif word in ("thousand", "million"):
            total += group * {"thousand": 1000, "million": 1_000_000}[word]
            group = 0
        else:
            group += small[word]
    return total + group


@settings(deadline=None)
@given(st.integers(0, 999_999_999))
def test_every_number_reads_back(value: int) -> None:
    spoken = zh(grammar_zh.number(value))
    assert read_zh(spoken) == value
    assert "零零" not in spoken
    assert value == 0 or not spoken.endswith("零")
    assert read_en(en(grammar_en.number(value))) == value


@settings(deadline=None)
@given(st.times(), st.dates(), st.decimals("-99999.99", "99999.99", places=2))
def test_every_time_date_and_amount_has_its_sounds(clock: time, day: date, amount: Decimal) -> None:
    for grammar in (grammar_zh, grammar_en):
        for one in (*grammar.clock(clock), *grammar.day(day), *grammar.money(amount)):
            assert one in catalogue().ids()


@settings(deadline=None)
@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_year_of_a_life_has_its_sounds(day: date) -> None:
    for grammar in (grammar_zh, grammar_en):
        assert set(grammar.day(day, with_year=True)) <= catalogue().ids()


def test_two_times_are_never_spoken_alike() -> None:
    every = [time(hour, minute) for hour in range(24) for minute in range(60)]
    for grammar, say in ((grammar_zh, zh), (grammar_en, en)):
        assert len({say(grammar.clock(one)) for one in every}) == len(every)
