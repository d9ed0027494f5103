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


LOOKUPS: Mapping[str, Shape] = {
    "clinic_departments": Shape(frozenset(), {"id": shapes.text, "name_zh": shapes.text, "name_en": shapes.text}),
    "clinic_hours": Shape(
        frozenset({"department"}),
        {
            "doctor_zh": shapes.text,
            "doctor_en": shapes.text,
            "title_zh": shapes.text,
            "title_en": shapes.text,
            "weekday": shapes.weekday,
            "from": shapes.clock,
            "to": shapes.clock,
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
