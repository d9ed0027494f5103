"""The fixed invented people: those whom trials and the visitor's page call as.

In: an Inventor that has made nobody yet. Out: their rows through it, and `PERSONAS` for whoever offers them.
Must not overlap the random people's numbers. Invariant: the same numbers in every demo database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crm.demo.hours import ago
from crm.demo.people import Inventor, demo_number


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody a visitor may call as."""

    key: str
    number: str
    title_zh: str
    title_en: str


PERSONAS: tuple[Persona, ...] = (
    Persona("zhang_wei", demo_number(1), "张伟，62岁，心内科出院第7天", "Zhang Wei, 62, left cardiology 7 days ago"),
    Persona("wang_fang", demo_number(2), "王芳，和8岁的儿子李明共用一个号码", "Wang Fang, shares the number with her son Li Ming, 8"),
    Persona("emily_carter", demo_number(3), "艾米莉·卡特，说英语", "Emily Carter, speaks English"),
    Persona("unknown", demo_number(99), "没有档案的来电者", "A caller without a file"),
)


def _birthday(now: datetime, age: int) -> date:
    """Of somebody who turned `age` about half a year ago."""
    return (now - timedelta(days=age * 365.25 + 180)).date()


def invent(inventor: Inventor, now: datetime, cardiologist: int) -> int:
    """Make them; the id of the one with an open follow-up task."""
    zhang = inventor.person("张伟", "male", _birthday(now, 62), tags=("高血压", "冠心病"), alerts=("青霉素过敏",))
    inventor.phone(zhang, demo_number(1), "本人", "张伟", rating=1)
    inventor.visit(zhang, "cardiology", "inpatient", ago(now, 15, 9, 20), ago(now, 7, 10), "冠心病支架术后", cardiologist)
    inventor.visit(zhang, "cardiology", "outpatient", ago(now, 40, 8, 40), ago(now, 40, 9, 10), "稳定型心绞痛", cardiologist)

    wang = inventor.person("王芳", "female", _birthday(now, 36))
    inventor.phone(wang, demo_number(2), "本人", "王芳", rating=1)
    inventor.visit(wang, "gynaecology", "outpatient", ago(now, 90, 14, 15), ago(now, 90, 15), "子宫肌瘤")
    li = inventor.person("李明", "male", _birthday(now, 8))
    inventor.phone(li, demo_number(2), "母亲", "王芳")
    inventor.relate(li, wang, "王芳", "母亲")
    inventor.relate(wang, li, "李明", "儿子")
    inventor.visit(li, "paediatrics", "outpatient", ago(now, 3, 9, 50), ago(now, 3, 10, 30), "上呼吸道感染")

    emily = inventor.person("Emily Carter", "female", _birthday(now, 41), language="en")
    inventor.phone(emily, demo_number(3), "本人", "Emily Carter", rating=1)
    inventor.visit(emily, "dermatology", "outpatient", ago(now, 20, 15, 5), ago(now, 20, 15, 30), "荨麻疹")
    return zhang
