"""The lookups a flow may name: their arguments, and the shape of their answers. Pure.

In: a name with arguments from a flow (checked by the loader), a `Found` from the port. Out: `problem_of`, a reason to refuse an answer, so that
a wrong row is the exit `unavailable` and never a dropped call. Data itself comes through `ports.Lookups`.
Shapes in words: docs/flows.md, "Lookups".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from callcenter.commands import Found
from callcenter.ivr import shapes
from callcenter.ivr.shapes import Check

PERSON = "person"


@dataclass(frozen=True, slots=True)
class Shape:
    """One lookup: the arguments it needs, what each of its items carries (none: it answers no list), and what stands beside them."""

    arguments: frozenset[str]
    item: Mapping[str, Check]
    values: Mapping[str, Check] = field(default_factory=dict)
    title: tuple[str, str] = ("", "")

    @property
    def personal(self) -> bool:
        """Only for the person whom this call identified."""
        return PERSON in self.arguments


_NAMED: Mapping[str, Check] = {"name_zh": shapes.text, "name_en": shapes.text}
_LISTED: Mapping[str, Check] = {"id": shapes.text, **_NAMED}
_DOCTOR: Mapping[str, Check] = {"doctor_zh": shapes.text, "doctor_en": shapes.text}
_MOMENT: Mapping[str, Check] = {"day": shapes.day, "weekday": shapes.weekday, "time": shapes.clock}
_SLOT: Mapping[str, Check] = {"id": shapes.digits, **_MOMENT, **_DOCTOR, "price": shapes.money}
_STATE: Mapping[str, Check] = {"state_zh": shapes.text, "state_en": shapes.text}
_PERIOD: Mapping[str, Check] = {"from": shapes.clock, "to": shapes.clock}
_NOTHING: frozenset[str] = frozenset()
_OWN = frozenset({PERSON})

LOOKUPS: Mapping[str, Shape] = {
    # what everybody may hear
    "clinic_departments": Shape(_NOTHING, _LISTED, title=("本周有专家门诊的科室", "Departments with a specialist clinic this week")),
    "clinic_hours": Shape(
        frozenset({"department"}),
        {**_DOCTOR, "title_zh": shapes.text, "title_en": shapes.text, "weekday": shapes.weekday, **_PERIOD},
        title=("科室的专家门诊时间", "Specialist clinics of a department"),
    ),
    "departments": Shape(_NOTHING, _LISTED, title=("全部科室", "All departments")),
    "department_guide": Shape(frozenset({"department"}), _NAMED, title=("科室地点、电话、时间", "Where a department is and when it is open")),
    "opening_hours": Shape(frozenset({"calendar"}), {"first": shapes.weekday, **_PERIOD}, title=("开放时间", "Opening hours of a calendar")),
    "price_groups": Shape(_NOTHING, _LISTED, title=("收费类别", "Kinds of services with a price")),
    "service_prices": Shape(frozenset({"group"}), {**_NAMED, "price": shapes.money}, title=("收费价格", "Prices of a kind of service")),
    "health_tips": Shape(
        _NOTHING, {**_LISTED, "text_zh": shapes.text, "text_en": shapes.text}, title=("常见疾病小常识", "Tips about common diseases")
    ),
    # what can be booked
    "booking_departments": Shape(_NOTHING, _LISTED, title=("有号的科室", "Departments with a free appointment")),
    "booking_doctors": Shape(frozenset({"department"}), _LISTED, title=("有号的医生", "Doctors with a free appointment")),
    "booking_first": Shape(frozenset({"department", "doctor"}), _SLOT, title=("最早的号", "The earliest appointments")),
    "booking_days": Shape(
        frozenset({"department", "doctor"}), {"id": shapes.day, "day": shapes.day, "weekday": shapes.weekday}, title=("有号的日期", "Days with one")
    ),
    "booking_times": Shape(frozenset({"department", "doctor", "day"}), _SLOT, title=("当天有号的时间", "Free times of a day")),
    "registration_result": Shape(frozenset({"number"}), {"number": shapes.digits, **_STATE}, title=("挂号结果", "The state of a booking number")),
    # what only who identified himself may hear
    "own_appointments": Shape(
        _OWN, {"id": shapes.digits, "number": shapes.digits, **_MOMENT, **_DOCTOR, **_STATE}, title=("本人预约", "His appointments ahead")
    ),
    "own_fees": Shape(_OWN, {**_NAMED, "amount": shapes.money}, {"total": shapes.money}, title=("本人待缴费用", "What he has to pay")),
    "own_stay": Shape(_OWN, {"day": shapes.day, "amount": shapes.money}, title=("本人住院情况", "His stay in hospital")),
    "own_reports": Shape(_OWN, {**_NAMED, "day": shapes.day, **_STATE}, title=("本人报告是否已出", "Whether his reports are ready")),
    "own_reminders": Shape(_OWN, {**_NAMED, "day": shapes.day}, title=("本人健康提醒", "What is due for him")),
}


def problem_of(name: str, found: Found) -> str:
    """Why `found` is no answer of lookup `name`; empty when it is one."""
    shape = LOOKUPS.get(name)
    if shape is None:
        return "there is no such lookup"
    if found.exit not in ("found", "not_found", "unavailable"):
        return f"exit {found.exit} is not found, not_found or unavailable"
    return _problem_of_values(shape, found) if found.exit == "found" else ""


def _problem_of_values(shape: Shape, found: Found) -> str:
    wrong = shapes.wrong_in(shape.values, found.values)
    if wrong:
        return f"value {wrong} is missing or wrong"
    if not shape.item:
        return ""
    listed = found.values.get("items")
    if not isinstance(listed, list | tuple) or not listed:
        return "items is missing or empty"
    for one in listed:
        if wrong := shapes.wrong_in(shape.item, one):
            return f"an item's {wrong} is missing or wrong"
    return ""
