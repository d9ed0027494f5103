"""The actions a flow may order: their arguments, exits, and the shape of what they answer. Pure.

In: a name with arguments from a flow (checked before it is published), a `Found` from the port. Out: `problem_of`, a reason to refuse an
answer, so that a wrong row is the exit `unavailable` and never a dropped call. The deeds come through `ports.Actions`.
Invariant: every action can be `unavailable`; `exits[0]` is the one at which all went well, and the only one that must carry `values`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from callcenter.commands import Found
from callcenter.ivr import shapes
from callcenter.ivr.shapes import Check

UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `open_arguments`: takes others beside the declared ones. `example`: what it could answer, for the simulator.

    `forgets`: when it went well, nothing the caller told us before is remembered, and no way leads back to before.
    """

    title: tuple[str, str]
    exits: tuple[str, ...]
    arguments: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    open_arguments: bool = False
    values: Mapping[str, Check] = field(default_factory=dict)
    example: Mapping[str, Any] = field(default_factory=dict)
    forgets: bool = False

    def __post_init__(self) -> None:
        if UNAVAILABLE not in self.exits[1:]:
            raise ValueError(f"{self.title[1]}: {UNAVAILABLE} must be one of the exits, after the happy one")


_APPOINTMENT = {"id": shapes.text}

ACTIONS: Mapping[str, Action] = {
    "identify": Action(
        ("核实身份", "Identify the caller"),
        ("identified", "refused", "locked", UNAVAILABLE),
        arguments=frozenset({"birth_date"}),
        optional=frozenset({"card"}),
        values={"id": shapes.text},
        example={"id": "1", "name_zh": "张三", "name_en": "Zhang San"},
    ),
    "book_hold": Action(
        ("预留号源", "Hold a slot"),
        ("held", "taken", "refused", UNAVAILABLE),
        arguments=frozenset({"person", "slot"}),
        values=_APPOINTMENT,
        example={"id": "1"},
    ),
    "book_confirm": Action(
        ("确认预约", "Confirm the appointment"),
        ("confirmed", "taken", "refused", UNAVAILABLE),
        arguments=frozenset({"person", "hold"}),
        values={**_APPOINTMENT, "number": shapes.digits},
        example={"id": "1", "number": "20261122001"},
    ),
    "book_release": Action(("放弃预留", "Release the hold"), ("released", UNAVAILABLE), arguments=frozenset({"person", "hold"})),
    "book_move": Action(
        ("改约", "Move the appointment"),
        ("moved", "taken", "refused", UNAVAILABLE),
        arguments=frozenset({"person", "appointment", "slot"}),
        values=_APPOINTMENT,
        example={"id": "1"},
    ),
    "book_cancel": Action(
        ("取消预约", "Cancel the appointment"),
        ("cancelled", "refused", UNAVAILABLE),
        arguments=frozenset({"person", "appointment"}),
    ),
    "sms": Action(
        ("发送短信", "Send a text message"), ("sent", "refused", UNAVAILABLE), arguments=frozenset({"template"}), open_arguments=True
    ),
    "conduct_begin": Action(
        ("转为匿名", "Make the call anonymous"),
        ("anonymous", "not_set_up", UNAVAILABLE),
        arguments=frozenset({"for"}),
        forgets=True,
    ),
    "conduct_file": Action(
        ("封存举报", "Seal the report"),
        ("filed", UNAVAILABLE),
        values={"code": shapes.digits},
        example={"code": "12345674"},
    ),
    "conduct_ask": Action(
        ("查询举报结果", "Ask for a report's result"),
        ("found", "not_found", "locked", UNAVAILABLE),
        arguments=frozenset({"code"}),
        values={"state": shapes.text, "answer": shapes.any_text, "answered": shapes.text},
        example={"state": "inquiry", "answer": "", "answered": "no"},
    ),
    "appointment_attend": Action(
        ("确认就诊", "Confirm that he will come"),
        ("confirmed", "refused", UNAVAILABLE),
        arguments=frozenset({"person", "appointment"}),
        values=_APPOINTMENT,
        example={"id": "1"},
    ),
    "appointment_soon": Action(
        ("来电号码近期有无预约", "Whether the caller's number has an appointment soon"),
        ("soon", "not_soon", UNAVAILABLE),
        values={"when": shapes.text},
        example={"when": "tomorrow"},
    ),
    "rate": Action(("满意度评分", "Rate the call"), ("rated", "invalid", UNAVAILABLE), arguments=frozenset({"score"})),
    "callback": Action(("登记回电", "Request a call back"), ("requested", "already", UNAVAILABLE), arguments=frozenset({"queue"})),
}


def forgets(name: str, found: Found) -> bool:
    """Whether the caller is nobody we know from here on."""
    action = ACTIONS.get(name)
    return action is not None and action.forgets and found.exit == action.exits[0]


def problem_of(name: str, found: Found) -> str:
    """Why `found` is no answer of action `name`; empty when it is one."""
    action = ACTIONS.get(name)
    if action is None:
        return "there is no such action"
    if found.exit not in action.exits:
        return f"exit {found.exit} is not one of {', '.join(action.exits)}"
    wrong = shapes.wrong_in(action.values, found.values) if found.exit == action.exits[0] else ""
    return f"value {wrong} is missing or wrong" if wrong else ""
