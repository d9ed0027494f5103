"""Written text becomes spoken text."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.speech.normalise import DOUBLE_SURNAMES, SURNAMES, en_number, normalise, person_name, zh_digits, zh_number

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("请拨打13800138001。", "请拨打幺三八零零幺三八零零幺。"),
        ("急救电话120", "急救电话幺二零"),
        ("拨打110报警", "拨打幺幺零报警"),
        ("电话：010-6552-1234", "电话：零幺零六五五二幺二三四"),
        ("热线95120", "热线九五幺二零"),
        ("预约号是20461", "预约号是二零四六幺"),
        ("2026年11月15日", "二零二六年十一月十五日"),
        ("2026-11-05", "二零二六年十一月五日"),
        ("11月15日上午", "十一月十五日上午"),
        ("2026年", "二零二六年"),
        ("9:30", "九点半"),
        ("14:05", "十四点零五分"),
        ("2:00", "两点"),
        ("8:00-17:30", "八点到十七点半"),
        ("8:15～9:45", "八点十五分到九点四十五分"),
        ("¥12.50", "十二元五角"),
        ("12.05元", "十二元零五分"),
        ("1,200元", "一千二百元"),
        ("2元", "两元"),
        ("0.5元", "五角"),
        ("2个月", "两个月"),
        ("2小时", "两小时"),
        ("22个", "二十二个"),
        ("12次", "十二次"),
        ("5%", "百分之五"),
        ("37.5℃", "三十七点五摄氏度"),
        ("24小时", "二十四小时"),
        ("3楼", "三楼"),
        ("105号", "一百零五号"),
        ("2-3天", "二到三天"),
        ("3-5个工作日", "三到五个工作日"),
        ("按#键", "按井号键"),
        ("CT检查", "CT检查"),
        ("重听，请按九", "重{chong2}听，请按九"),
        ("您好，欢迎致电。", "您好，欢迎致电。"),
    ],
)
def test_chinese(written: str, spoken: str) -> None:
    assert normalise(written, "zh") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Dial 120 now.", "Dial one two zero now."),
        ("Call 010-6552-1234.", "Call zero one zero six five five two one two three four."),
        ("at 9:30", "at nine thirty"),
        ("at 9:05", "at nine oh five"),
        ("at 8:00", "at eight o'clock"),
        ("at 8:00 a.m.", "at eight A M"),
        ("1,250 beds", "one thousand two hundred and fifty beds"),
        ("37.5 degrees", "thirty-seven point five degrees"),
        ("Bring your ID to the CT room.", "Bring your I D to the C T room."),
        ("Dr. Li", "Doctor Li"),
        ("Anhe Hospital", "{an1 he2} Hospital"),
        ("5%", "five percent"),
        ("Press one.", "Press one."),
    ],
)
def test_english(written: str, spoken: str) -> None:
    assert normalise(written, "en") == spoken


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "零"), (7, "七"), (10, "十"), (15, "十五"), (20, "二十"), (100, "一百"), (105, "一百零五"), (110, "一百一十"), (1001, "一千零一"),
        (1010, "一千零一十"), (10_000, "一万"), (10_001, "一万零一"), (100_010, "十万零一十"), (120_000, "十二万"), (1_000_000, "一百万"),
        (100_000_000, "一亿"), (100_000_001, "一亿零一"), (305_040_607, "三亿零五百零四万零六百零七"),
    ],
)  # fmt: skip
def test_chinese_counting(value: int, words: str) -> None:
    assert zh_number(value) == words


_UNITS = {"十": 10, "百": 100, "千": 1000}


def _read(words: str) -> int:
    """A number out of its Chinese words."""
    for word, scale in (("亿", 10**8), ("万", 10**4)):
        if word in words:
            high, _, low = words.partition(word)
            return _read(high) * scale + _read(low)
    total, digit = 0, 0
    for one in words:
        if one in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[one], 0
        else:
            digit = "零一二三四五六七八九".index(one)
    return total + digit


@given(st.integers(0, 999_999_999))
def test_every_number_can_be_understood_again(value: int) -> None:
    assert _read(zh_number(value)) == value


@given(st.integers(0, 999_999_999))
def test_english_numbers_hold_no_digits_and_differ(value: int) -> None:
    words = en_number(value)
    assert re.fullmatch(r"[a-z][a-z -]*", words)
    assert words != en_number(value + 1)


@example("分-0", "zh")
@given(st.text(alphabet="0123456789:-./%¥元月日年点分个小时 请按#*号，。ab电话", max_size=30), st.sampled_from(["zh", "en"]))
def test_no_digit_is_left_and_twice_is_the_same(text: str, language: str) -> None:
    once = normalise(text, language)
    assert not re.search(r"[0-9#*]", re.sub(r"\{[^}]*\}", "", once))
    assert normalise(once, language) == once


def test_digits_that_name_something_say_yao() -> None:
    assert zh_digits("1101") == "幺幺零幺"


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("单晓华", "单{shan4}晓华"),
        ("仇英", "仇{qiu2}英"),
        ("任建国", "任{ren2}建国"),
        ("解放", "解{xie4}放"),
        ("查良", "查{zha1}良"),
        ("曾文", "曾{zeng1}文"),
        ("尉迟恭", "尉{yu4}迟{chi2}恭"),
        ("欧阳明", "欧阳明"),
        ("张单", "张单"),
        ("唐子轩", "唐子{zi3}轩"),
    ],
)
def test_surnames_are_read_as_surnames(name: str, spoken: str) -> None:
    assert person_name(name, "zh") == spoken


def test_a_reading_of_its_own_overrides_everything() -> None:
    assert person_name("单田", "zh", "dan1 tian2") == "单{dan1}田{tian2}"
    assert person_name("Wang Fang", "en", "wang2 fang1") == "{wang2 fang1}"
    with pytest.raises(ValueError, match="syllables"):
        person_name("单田", "zh", "dan1")


def test_the_tables_of_readings_are_pinyin() -> None:
    for characters, reading in (SURNAMES | DOUBLE_SURNAMES).items():
        assert len(characters) == len(reading.split())
        assert all(re.fullmatch(r"[a-z]+[1-4]", one) for one in reading.split())
