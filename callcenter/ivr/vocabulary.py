"""What a flow can be drawn with: verbs with their fields and exits, in words for both languages. Pure.

In: the node classes, the declared lookups and actions. Out: plain values for the designer. Must not hold a rule: types, bounds and exits come
from the nodes themselves. Invariant: every verb and every field of a node has a title. Kinds of fields: docs/ivr.md, "HTTP".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from callcenter.ivr.actions import ACTIONS, Action
from callcenter.ivr.flow import DIGITS, VERBS, DeedNode, FlowBook, LanguageNode, Node
from callcenter.ivr.lookups import LOOKUPS
from callcenter.ivr.phrases import FORMS

Title = tuple[str, str]

VERB_TITLES: Mapping[str, tuple[str, Title]] = {
    "say": ("speak", ("播放语音", "Say")),
    "menu": ("ask", ("按键菜单", "Menu")),
    "gather": ("ask", ("输入号码", "Enter digits")),
    "choose": ("ask", ("从列表选择", "Choose from a list")),
    "listen": ("ask", ("语音回答", "Spoken answer")),
    "tell": ("speak", ("逐条播报", "Tell a list")),
    "language": ("ask", ("选择语言", "Choose the language")),
    "record": ("ask", ("留言录音", "Record a message")),
    "lookup": ("data", ("查询数据", "Look up data")),
    "identify": ("people", ("核实身份", "Identify the caller")),
    "book": ("people", ("预约操作", "Appointment")),
    "sms": ("people", ("发送短信", "Text message")),
    "callback": ("people", ("登记回电", "Call back")),
    "act": ("data", ("其他操作", "Other action")),
    "queue": ("connect", ("转人工排队", "Queue for an agent")),
    "transfer": ("connect", ("转接分机", "Ring an extension")),
    "hang_up": ("connect", ("结束通话", "Hang up")),
    "hours": ("control", ("工作时间", "Opening hours")),
    "branch": ("control", ("条件分支", "Branch")),
    "set": ("control", ("记住内容", "Remember")),
    "call": ("control", ("调用子流程", "Call another flow")),
    "return": ("control", ("返回", "Return")),
    "goto": ("control", ("跳转", "Go to")),
}
"""Verb -> group and title."""

FIELD_TITLES: Mapping[str, Title] = {
    "say": ("播报内容", "What is said"),
    "intro": ("开场白（每次通话一次）", "Introduction (once a call)"),
    "retry": ("再次询问时", "When asked again"),
    "confirm": ("复述确认", "Read back"),
    "item": ("每一项的播报", "How an item is said"),
    "more": ("还有更多时", "When there is more"),
    "wait_s": ("等待秒数", "Seconds to wait"),
    "between_s": ("两键之间秒数", "Seconds between keys"),
    "tries": ("最多次数", "Most tries"),
    "ask": ("何时询问", "When to ask"),
    "voice": ("语音识别", "By voice"),
    "list": ("列表", "List"),
    "store": ("记住为", "Remember as"),
    "min_digits": ("最少位数", "Fewest digits"),
    "max_digits": ("最多位数", "Most digits"),
    "purpose": ("留言用途", "Purpose of the message"),
    "max_s": ("最长秒数", "Longest, in seconds"),
    "silence_s": ("静音几秒后结束", "Ends after seconds of silence"),
    "calendar": ("日历", "Calendar"),
    "value": ("判断的内容", "What is looked at"),
    "cases": ("分支", "Cases"),
    "values": ("要记住的内容", "What is remembered"),
    "flow": ("子流程", "Flow"),
    "exit": ("返回出口", "Exit"),
    "to": ("目标", "Target"),
    "data": ("查询", "Lookup"),
    "arguments": ("参数", "Arguments"),
    "card": ("证件号或病历号", "Card number"),
    "birth_date": ("出生日期", "Birth date"),
    "do": ("操作", "Action"),
    "template": ("短信模板", "Text"),
    "queue": ("队列", "Queue"),
    "priority": ("优先级", "Priority"),
}
CHOICES: Mapping[str, Title] = {
    "unless_remembered": ("未记住时", "Unless remembered"),
    "always": ("每次", "Always"),
    "switch": ("直接切换到另一种", "Switch to the other one"),
    "hold": ("预留号源", "Hold a slot"),
    "confirm": ("确认预约", "Confirm"),
    "release": ("放弃预留", "Release"),
    "move": ("改约", "Move"),
    "cancel": ("取消", "Cancel"),
}

_BY_TYPE = {"Phrase": "phrase", "int": "integer", "float": "number", "bool": "boolean", "Mapping[str, tuple[str, ...]]": "voice"}
_BY_NAME = {
    "queue": "queue", "calendar": "calendar", "data": "lookup", "template": "template", "flow": "flow", "list": "list", "store": "store",
    "value": "remembered", "card": "remembered", "birth_date": "remembered", "arguments": "arguments", "cases": "cases", "values": "values",
}  # fmt: skip
_BY_VERB = {("act", "do"): "action", ("transfer", "to"): "extension", ("goto", "to"): "node"}


def verbs() -> list[dict[str, Any]]:
    """Every verb in the order of the palette."""
    return [_verb(VERBS[name]) for name in VERB_TITLES]


def _verb(kind: type[Node]) -> dict[str, Any]:
    group, title = VERB_TITLES[kind.verb]
    return {
        "verb": kind.verb, "title": titled(title), "group": group,
        "fields": [_field(kind, one) for one in fields(kind) if one.name not in ("id", "on")],
        "exits": _exits(kind), "optional": sorted(kind.optional),
        "reads_keys": kind.reads_keys, "keys": sorted(DIGITS - kind.own_keys) if kind.reads_keys else [],
    }  # fmt: skip


def _exits(kind: type[Node]) -> list[str]:
    """Exits that are the same for every node of the verb; those of actions, called flows and cases depend on the node."""
    if issubclass(kind, DeedNode) and kind.verb in ACTIONS:
        return list(ACTIONS[kind.verb].exits)
    if kind is LanguageNode:
        return ["chosen", "no_input", "invalid", "failed"]
    return ["otherwise"] if kind.verb == "branch" else sorted(kind.exits)


def _field(kind: type[Node], one: Field[Any]) -> dict[str, Any]:
    choices = one.metadata.get("choices")
    default = one.default if one.default is not MISSING else one.default_factory() if one.default_factory is not MISSING else None
    return {
        "name": one.name, "kind": "choice" if choices else kind_of(kind.verb, one), "title": titled(FIELD_TITLES[one.name]),
        "min": one.metadata.get("least"), "max": one.metadata.get("most"), "default": list(default) if isinstance(default, tuple) else default,
        "required": one.default is MISSING and one.default_factory is MISSING,
        "choices": [{"value": word, "title": titled(CHOICES[word])} for word in choices or ()],
    }  # fmt: skip


def kind_of(verb: str, one: Field[Any]) -> str:
    """How a field is filled in."""
    return _BY_VERB.get((verb, one.name)) or _BY_TYPE.get(str(one.type)) or _BY_NAME.get(one.name, "text")


def titled(title: Title) -> dict[str, str]:
    """As JSON."""
    return {"zh": title[0], "en": title[1]}


def lookups() -> list[dict[str, Any]]:
    """Every lookup a flow may ask."""
    return [
        {
            "name": name, "title": titled(shape.title if all(shape.title) else (name, name)), "arguments": sorted(shape.arguments),
            "item": list(shape.item), "values": list(shape.values), "personal": shape.personal,
        }
        for name, shape in LOOKUPS.items()
    ]  # fmt: skip


def actions(declared: Mapping[str, Action] = ACTIONS) -> list[dict[str, Any]]:
    """Every action a flow may order."""
    return [
        {
            "name": name, "title": titled(one.title), "arguments": sorted(one.arguments), "optional": sorted(one.optional),
            "open_arguments": one.open_arguments, "exits": list(one.exits), "values": list(one.values), "example": dict(one.example),
        }
        for name, one in declared.items()
    ]  # fmt: skip


def flows(book: FlowBook, returns: Mapping[str, set[str]], titles: Mapping[str, Title]) -> list[dict[str, Any]]:
    """Flows that may be called."""
    return [
        {"name": name, "title": titled(titles.get(name, (name, name))), "returns": sorted(returns.get(name, ()))} for name in sorted(book.flows)
    ]  # fmt: skip


def forms() -> list[str]:
    """How a value may be spoken."""
    return sorted(FORMS)
