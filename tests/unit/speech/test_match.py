"""What somebody said is found in the closed list, however the recogniser wrote it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from callcenter.commands import Answer
from callcenter.ivr.phrases import names_of
from callcenter.ivr.verbs import YES_NO
from callcenter.speech import match

pytestmark = pytest.mark.unit
SHIPPED = tuple(
    Answer(one["zh"], names_of({"name_zh": one["zh"], "name_en": one["en"]}))
    for one in tomllib.loads((Path(__file__).parents[3] / "sounds" / "names.toml").read_text(encoding="utf-8"))["name"]
    if one["kind"] == "department"
)
NAMES = ("心内科", "呼吸内科", "消化内科", "神经内科", "内分泌科", "肾内科", "肿瘤科", "普通外科", "骨科", "泌尿外科", "妇科", "产科", "儿科", "眼科")
DEPARTMENTS = tuple(Answer(name, (name,)) for name in NAMES)
MENU = (Answer("1", ("1", "预约挂号")), Answer("2", ("2", "费用查询")), Answer("0", ("0", "人工服务", "人工", "agent")))
ENGLISH = tuple(Answer(name, (name,)) for name in ("Cardiology", "Neurology", "Orthopaedics", "Dermatology"))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("心内科", "心内科"),
        ("新內課", "心内科"),
        ("我想看一下心内科", "心内科"),
        ("呼吸內課", "呼吸内科"),
        ("消化內殼", "消化内科"),
        ("神影內科", "神经内科"),
        ("普通麥克", "普通外科"),
        ("密要外殼", "泌尿外科"),
        ("4顆", ""),
        ("今天天气怎么样", ""),
        ("", ""),
        ("嗯", ""),
    ],
)
def test_departments_by_their_sound(said: str, meant: str) -> None:
    assert match.best(said, DEPARTMENTS).value == meant


YES = (
    "对", "对的", "对对对", "嗯对", "是的是的", "是的", "没错", "好", "好的", "好吧", "好的谢谢", "可以", "可以的", "行", "行吧",
    "没问题", "没有问题", "确认", "對", "好的。",
    "Yes.", "Yes, please", "yeah", "Yep!", "OK", "okay", "O.K.", "Sure.", "sure thing", "That's right", "correct", "of course", "no problem",
)  # fmt: skip
NO = (
    "不对", "部隊", "不对不对", "不是的", "不是", "不是不是", "不用", "不用了", "不要", "不要了谢谢", "不行", "不可以", "不好",
    "错了", "说错了", "好像不对", "这个不对",
    "No", "no no no", "no thanks", "No, thank you.", "nope", "wrong", "that's wrong", "not right", "that's not right", "that is not correct",
    "Incorrect.", "It isn't right",
)  # fmt: skip
NEITHER = ("骨科", "预约挂号", "今天天气怎么样", "嗯", "呃", "book", "look", "phone", "cardiology", "the kidney", "know how", "")


@pytest.mark.parametrize(("said", "meant"), [*((one, "1") for one in YES), *((one, "2") for one in NO), *((one, "") for one in NEITHER)])
def test_yes_and_no_as_people_say_them(said: str, meant: str) -> None:
    assert match.best(said, YES_NO).value == meant


@pytest.mark.parametrize("heard", ["新内课", "骨课", "医院", "等一下", "再说一遍", "什么", "maybe", "what", "hello", "one moment"])
def test_what_is_neither_yes_nor_no_is_asked_again(heard: str) -> None:
    assert match.best(heard, YES_NO).value == ""


def test_yes_and_no_share_no_sound() -> None:
    """Every word of one is nearer to its own answer than to the other, whoever wrote it down."""
    sides = {answer.value: answer for answer in YES_NO}
    for value, other in (("1", "2"), ("2", "1")):
        for word in sides[value].words:
            strange = max(match.likeness(word, foe) for foe in sides[other].words)
            assert strange <= match.likeness(word, word) - 20, f"{word} sounds like the other answer: {strange}"


@pytest.mark.parametrize("answer", SHIPPED, ids=lambda one: one.value)
def test_every_department_is_found_by_each_of_its_names_and_by_no_other(answer: Answer) -> None:
    """肾内 and 神内 sound the same; what was understood is read back."""
    for word in answer.words:
        found = match.best(word, SHIPPED)
        assert found.value == answer.value or (found.score == 100 and match.syllables(found.word) == match.syllables(word)), word
        sentence = f"I need {word} please" if word.isascii() else f"我想挂{word}"
        assert match.best(sentence, SHIPPED).value == found.value, word


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("普外", "普通外科"), ("神内", "神经内科"), ("心内", "心内科"), ("泌外", "泌尿外科"), ("呼吸科", "呼吸内科"), ("消化科", "消化内科"),
        ("内分泌", "内分泌科"),
        ("耳鼻喉", "耳鼻喉科"), ("中医", "中医科"), ("ear nose and throat", "耳鼻喉科"), ("pediatrics", "儿科"),
        ("gynecology", "妇科"), ("orthopedics", "骨科"),
        ("heart attack", ""), ("我不知道", ""), ("等一下", ""), ("喂你好", ""),
    ],
)  # fmt: skip
def test_departments_as_people_call_them(said: str, meant: str) -> None:
    assert match.best(said, SHIPPED).value == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [("one", "1"), ("One.", "1"), ("won", "1"), ("two", "2"), ("to", "2"), ("phone", ""), ("anyone", ""), ("tomorrow", ""), ("for", "")],
)
def test_a_short_english_word_is_not_found_inside_another(said: str, meant: str) -> None:
    assert match.best(said, (Answer("1", ("1",)), Answer("2", ("2",)))).value == meant


def test_a_recogniser_is_told_the_words_of_its_language() -> None:
    assert match.hints(YES_NO, "zh") == ["对", "不对"] and match.hints(YES_NO, "en") == ["yes", "no"]
    assert match.hints((Answer("1", ("1", "预约")), *DEPARTMENTS), "zh")[:2] == ["一", "心内科"]
    assert match.hints((Answer("1", ("1",)),), "en")[0] == "one"
    assert match.hints((Answer("1", ("心内科",)),), "en") == ["心内科"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("一", "1"), ("1", "1"), ("幺", "1"), ("第一个", "1"), ("按一", "1"), ("one", "1"), ("二", "2"), ("两", "2"), ("the second", "2"),
        ("零", "0"), ("我要预约挂号", "1"), ("人工", "0"), ("agent please", "0"),
    ],
)  # fmt: skip
def test_numbers_and_words_of_a_menu(said: str, meant: str) -> None:
    assert match.best(said, MENU).value == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("cardiology", "Cardiology"), ("Cardiologie", "Cardiology"), ("orthopedics", "Orthopaedics"), ("the neurology please", "Neurology"),
        ("pizza", ""),
    ],
)  # fmt: skip
def test_english_by_its_sound(said: str, meant: str) -> None:
    assert match.best(said, ENGLISH).value == meant


def test_a_longer_answer_is_not_taken_for_a_shorter_one_inside_it() -> None:
    assert match.best("不对", YES_NO).value == "2"
    pair = (Answer("a", ("内科",)), Answer("b", ("心内科",)))
    assert match.best("心内科", pair).value == "b" and match.best("内科", pair).value == "a"


def test_a_hint_alone_does_not_put_words_into_somebodys_mouth() -> None:
    assert match.weighed(("谢谢大家观看",), ("肿瘤科",), DEPARTMENTS) == "谢谢大家观看"
    assert match.weighed(("钟流课",), ("肿瘤科",), DEPARTMENTS) in ("钟流课", "肿瘤科")
    assert match.weighed(("嗨", "新内课"), (), DEPARTMENTS) == "新内课"
    assert match.weighed((), (), DEPARTMENTS) == ""


def test_the_score_tells_how_well_it_fits() -> None:
    assert match.best("心内科", DEPARTMENTS).score == 100
    assert match.THRESHOLD <= match.best("密要外殼", DEPARTMENTS).score < 100
