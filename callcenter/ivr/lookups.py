"""The lookups a flow may name: their arguments, and the shape of their answers. Pure.

In: a name with arguments from a flow (checked by the loader), a `Found` from the port. Out: `problem_of`, a reason to refuse an answer, so that
a wrong row is the exit `unavailable` and never a dropped call. Data itself comes through `ports.Lookups`.
Shapes in words: docs/flows.md, "Lookups".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from callcenter.commands import Found

Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Shape:
    """One lookup: the arguments it needs and what each of its items carries."""

    arguments: frozenset[str]
    item: Mapping[str, Check]


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _weekday(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 7


def _time(value: Any) -> bool:
    try:
        return isinstance(value, str) and time.fromisoformat(value).tzinfo is None
    except ValueError:
        return False


LOOKUPS: Mapping[str, Shape] = {
    "clinic_departments": Shape(frozenset(), {"id": _text, "name_zh": _text, "name_en": _text}),
    "clinic_hours": Shape(
        frozenset({"department"}),
        {
            "doctor_zh": _text,
            "doctor_en": _text,
            "title_zh": _text,
            "title_en": _text,
            "weekday": _weekday,
            "from": _time,
            "to": _time,
        },
    ),
}


def problem_of(name: str, found: Found) -> str:
    """Why `found` is no answer of lookup `name`; empty when it is one."""
    shape = LOOKUPS.get(name)
    if shape is None:
        return "there is no such lookup"
    if found.exit not in ("found", "not_found", "unavailable"):
        return f"exit {found.exit} is not found, not_found or unavailable"
    if found.exit != "found":
        return ""
    listed = found.values.get("items")
    if not isinstance(listed, list | tuple) or not listed:
        return "items is missing or empty"
    wrong = [key for one in listed for key, check in shape.item.items() if not isinstance(one, Mapping) or not check(one.get(key))]
    return f"an item's {wrong[0]} is missing or wrong" if wrong else ""
