"""What somebody said is found in the closed list, however the recogniser wrote it."""

from __future__ import annotations

import pytest

from callcenter.commands import Answer
from callcenter.speech import match

pytestmark = pytest.mark.unit
NAMES = ("心内科", "呼吸内科", "消化内科", "神经内科", "内分泌科", "肾内科", "肿瘤科", "普通外科", "骨科", "泌尿外科", "妇科", "产科", "儿科", "眼科")
DEPARTMENTS = tuple(Answer(name, (name,)) for name in NAMES)
YES_NO = (Answer("1", ("对", "对的", "是", "是的", "yes", "right")), Answer("2", ("不对", "不是", "no", "wrong")))
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


@pytest.mark.parametrize(
    ("said", "meant"),
    [("对", "1"), ("对的", "1"), ("是的是的", "1"), ("不对", "2"), ("部隊", "2"), ("不是的", "2"), ("Yes.", "1"), ("No", "2"), ("骨科", "")],
)
def test_yes_and_no(said: str, meant: str) -> None:
    assert match.best(said, YES_NO).value == meant


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
