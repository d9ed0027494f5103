"""Makes rows of a file into rows for tables, or says what is wrong with them.

In: rows of cells with their numbers, the mapping of columns. Out: `Batch`: what can be written, and `Refused` rows with every fault. Pure.
Must not ask the database. Invariant: each row that came in is in exactly one of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crm.errors import InvalidValue
from crm.numbers import NumberPlan
from crm.transfer import values
from crm.transfer.targets import Item, Target
from crm.transfer.values import Parser
from crm.written import Wrong, identity

OWN, FAMILY = "本人", "家属"
_BROUGHT_BY = {
    "patient_identifier": {"id_number"}, "contact_phone": {"phone", "other_phone", "family_phone"}, "patient_address": {"address"},
}  # fmt: skip
Cells = Sequence[str]
References = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What one cell breaks. `value` is what stood there, cut to 200 characters."""

    field: str
    code: str
    rule: str
    mend: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is kept aside with its reasons."""

    row: int
    faults: tuple[Fault, ...]
    cells: tuple[str, ...]


@dataclass(slots=True)
class Batch:
    """`rows`: (number, own columns..., derived columns...); `children`: table -> (number, columns...); `cells`: what stood in the file, by number."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)
    children: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    cells: dict[int, tuple[str, ...]] = field(default_factory=dict)


def parser_of(item: Item, today: date, plan: NumberPlan, references: References) -> Parser:
    """How one item is read."""
    simple: dict[str, Parser] = {
        "name": values.name, "gender": values.gender, "language": values.language, "words": values.words, "strings": values.words,
        "id_number": identity,
        "birth_date": values.born(today), "phones": values.phones(plan), "phone": lambda one: values.phones(plan)(one)[0][0], "date": values.day,
        "datetime": values.moment, "time": values.clock, "integer": values.integer, "decimal": values.decimal,
        "money": values.decimal, "number": values.decimal,
        "boolean": values.boolean,
    }  # fmt: skip
    if item.kind in simple:
        return simple[item.kind]
    if item.kind == "choice":
        return values.one_of(item.choices)
    if item.kind == "ref":
        return values.reference(references.get(item.name, {}), item.title[1])
    longest = item.longest
    reader = values.text if item.kind == "text" else values.line
    return lambda written: reader(written, longest)


class Preparer:
    """Reads rows by one mapping. Safe to use from a thread; keeps nothing between rows."""

    def __init__(self, target: Target, mapping: Mapping[int, str], today: date, plan: NumberPlan, references: References | None = None) -> None:
        self.target = target
        items = target.by_name
        chosen = {name: place for place, name in mapping.items() if name in items}
        self._readers = [(place, name, parser_of(items[name], today, plan, references or {})) for name, place in chosen.items()]
        self._required = [one for one in target.items if one.required]
        self.own = tuple(
            one.name for one in target.own if one.name in chosen or (target.resource == "patient" and one.name in ("birth_date", "gender"))
        )
        self._derive = tuple((column, source, make) for column, (source, make) in target.derive.items() if source in self.own)
        self.columns = (*self.own, *(column for column, _, _ in self._derive))
        self._patient = target.resource == "patient" and "id_number" in chosen
        self._family = "family_phone" in chosen
        self.children = tuple(one for one in target.children if chosen.keys() & _BROUGHT_BY[one.table])

    def batch(self, rows: Iterable[tuple[int, Cells]], headings: int) -> Batch:
        """`headings`: how many columns the heading row has; cells beyond it are a fault."""
        made = Batch(children={one.table: [] for one in self.children})
        for number, cells in rows:
            try:
                self._one(made, number, cells, headings)
            except _Faults as wrong:
                made.refused.append(Refused(number, tuple(wrong.found), tuple(cells)))
        return made

    def _one(self, made: Batch, number: int, cells: Cells, headings: int) -> None:
        if len(cells) > headings and any(cells[headings:]):
            raise _Faults(
                [
                    Fault(
                        "",
                        "too_many_cells",
                        f"has at most {headings} cells, as the heading row",
                        "a separator stands inside a cell; put the cell in quotes",
                    )
                ]
            )
        found, wrong = self._values(cells)
        for item in self._required:
            if found.get(item.name) in (None, "") and not any(one.field == item.name for one in wrong):
                wrong.append(Fault(item.name, "required", "is needed", "fill in this cell"))
        if self._patient and not wrong:
            self._complete(found, wrong)
        for check in self.target.checks if not wrong else ():
            _checked(check, found, wrong)
        if wrong:
            raise _Faults(wrong)
        row = [number, *[found.get(name) for name in self.own]]
        row += [make(found[source]) if found.get(source) is not None else None for _, source, make in self._derive]
        made.rows.append(tuple(row))
        made.cells[number] = tuple(cells)
        self._add_children(made, number, found)

    def _values(self, cells: Cells) -> tuple[dict[str, Any], list[Fault]]:
        found: dict[str, Any] = {}
        wrong: list[Fault] = []
        width = len(cells)
        for place, name, read in self._readers:
            written = cells[place] if place < width else ""
            if written and not written.isspace():
                try:
                    found[name] = read(written)
                except Wrong as fault:
                    wrong.append(Fault(name, fault.code, fault.rule, fault.mend, written[:200]))
        return found, wrong

    def _complete(self, found: dict[str, Any], wrong: list[Fault]) -> None:
        """An identity number says date of birth and gender; where both are given they must agree."""
        number = found.get("id_number")
        if number is None:
            return
        born = values.birth_of(number)
        if found.setdefault("birth_date", born) != born:
            wrong.append(
                Fault(
                    "birth_date",
                    "id_birth_date",
                    f"is the one of the identity number, {born}",
                    "compare both with the card",
                    str(found["birth_date"]),
                )
            )
        if not found.get("gender"):
            found["gender"] = values.gender_of(number)

    def _add_children(self, made: Batch, number: int, found: Mapping[str, Any]) -> None:
        for child in self.children:
            match child.table:
                case "patient_identifier" if found.get("id_number"):
                    made.children[child.table].append((number, found["id_number"]))
                case "contact_phone":
                    made.children[child.table] += [(number, *one) for one in self._phones(found)]
                case "patient_address" if found.get("address"):
                    made.children[child.table].append((number, found["address"]))


    def _phones(self, found: Mapping[str, Any]) -> Iterable[tuple[str, str, str, str]]:
        """(number, as written, whose, his name), each number once. Beside a relative's number relation and contact's name are the relative's."""
        told = (found.get("relation") or "", found.get("owner_name") or "")
        own, family = (("", ""), told) if self._family else (told, ("", ""))
        whose = {
            "phone": (own[0] or OWN, own[1]), "other_phone": (OWN, ""),
            "family_phone": (family[0] or FAMILY, found.get("family_name") or family[1]),
        }  # fmt: skip
        once: dict[str, tuple[str, str, str, str]] = {}
        for name, (relation, owner) in whose.items():
            for number, raw in found.get(name, ()):
                once.setdefault(number, (number, raw, relation, owner))
        return once.values()


class _Faults(Exception):
    def __init__(self, found: list[Fault]) -> None:
        super().__init__()
        self.found = found


def _checked(check: Callable[[Mapping[str, Any]], None], found: Mapping[str, Any], wrong: list[Fault]) -> None:
    try:
        check(found)
    except InvalidValue as fault:
        wrong.append(Fault(fault.field, "rule", fault.rule, fault.mend))
