"""The words in which a thing is declared: its fields, lists, rights, scope, moves. What a column already says is read from the column.

In: SQLAlchemy models. Out: frozen `Resource` values. Must not do I/O. Invariant: a `Resource` that was built is complete: every derived value
(name, path, kinds, rules) is there; whether it fits the others is checked by `crm.engine.registry`.
The vocabulary for authors: docs/crm.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import Column

from crm.engine.field import Choice as Choice
from crm.engine.field import Clean, Title, completed
from crm.engine.field import Field as Field
from crm.engine.field import Through as Through
from crm.models.base import Base, Removable, Versioned

Values = Mapping[Any, Any]
Check = Callable[[Values], None]
Fill = Callable[[AsyncSession, Sequence[Any], date], Awaitable[Mapping[Any, Any]]]
Barred = Callable[[AsyncSession, Sequence[Any], date], Awaitable[set[Any]]]

GROUPS: Mapping[str, Title] = {
    "people": ("患者", "Patients"),
    "service": ("服务", "Service"),
    "booking": ("预约", "Appointments"),
    "calls": ("电话", "Calls"),
    "corporate": ("团体客户", "Group customers"),
    "members": ("会员", "Members"),
    "resources": ("服务资源", "Resources"),
    "partners": ("合作伙伴", "Partners"),
    "events": ("活动", "Events"),
    "knowledge": ("知识库", "Knowledge"),
    "tasks": ("待办", "Tasks"),
    "parameters": ("参数与字典", "Parameters"),
    "administration": ("系统管理", "Administration"),
}
MASKS = frozenset({"phone", "id_number", "name", "address", "text"})
ACTIONS = ("read", "add", "change", "delete", "bulk", "reveal", "import", "export")
RESERVED = frozenset({*ACTIONS, "restore", "audit", "all", "move"})
SCOPES = ("own", "department", "hospital")


@dataclass(frozen=True, slots=True)
class Extra:
    """A shown value that is no column. `fill` gets a page's ids and returns id -> value; a missing id shows None.
    `mask_keys`: the value is a list of objects of which these entries are masked. `of_row`: instead of `fill`, of the row's own columns.
    `of`: the related list that it tells of, by default the one with its name: it needs the same right and wears the same masks."""

    name: str
    kind: str
    title: Title
    fill: Fill | None = None
    on: str = "list detail"
    mask: str = ""
    mask_keys: tuple[str, ...] = ()
    of_row: Callable[[Values, date], Any] | None = None
    of: str = ""


@dataclass(frozen=True, slots=True)
class Right:
    """A right that belongs to no declared thing. `roles`: who has it at first; `admin` always."""

    name: str
    title: Title
    roles: str = ""
    group: str = "administration"


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the form."""

    name: str
    title: Title


@dataclass(frozen=True, slots=True)
class Source:
    """A list of `resource` from which a related list is filled: what stands in its column `by` goes into the field `into`.
    `barred`: of these values, those that may not be taken."""

    resource: str
    into: str
    by: str = "id"
    barred: Barred | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """Rows of `resource` whose field `by` holds this row's id. `sources`: lists of other things from which it may be filled."""

    name: str
    resource: str
    by: str
    title: Title
    sort: str = ""
    limit: int = 20
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """Where the search box looks. names: Chinese or Latin names by grams; initials: a column of pinyin initials; codes: by part;
    texts: words in text by grams; numbers: tables of numbers, each (model, its column that points to this row, its column with the number).
    hint: what the box says it looks for; without one, the titles of those fields."""

    names: tuple[str, ...] = ()
    initials: str = ""
    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    numbers: tuple[tuple[type[Base], str, str], ...] = ()
    hint: Title | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """By which columns a limited user sees rows, any of them. `through`: the field that points to the row whose scope holds; `nobodys`: rows that
    point to none are everybody's."""

    own: str = ""
    department: str | Callable[[Sequence[int]], Any] = ""
    through: str = ""
    nobodys: bool = False

    @property
    def limited(self) -> bool:
        return bool(self.own or self.department or self.through)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, told to `after` and `effect` in the same transaction. before/after: stored values by column; None: no such row.
    `rights`, `scopes`, `departments`: of who wrote it; a right without a scope reaches everything."""

    resource: Resource
    action: str
    id: Any
    before: Values | None
    after: Values | None
    by: int | None
    at: datetime
    rights: frozenset[str] = frozenset()
    scopes: Mapping[str, str] = field(default_factory=dict)
    departments: tuple[int, ...] = ()


After = Callable[[AsyncSession, Written], Awaitable[None]]
# session, the actor, the row as it is, what was given -> columns to be written besides
Before = Callable[[AsyncSession, Any, Values, Values], Awaitable[Values]]


@dataclass(frozen=True, slots=True)
class Move:
    """From one of `from_states` to `to`. `asks`: fields that may come with it; `needs`: that must. `sets`: field -> value, "now", "today" or "me".
    `before`: finds what else is to be written, or refuses; `effect`: what follows."""

    name: str
    title: Title
    from_states: tuple[str, ...]
    to: str
    asks: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    sets: Mapping[str, Any] = field(default_factory=dict)
    before: Before | None = None
    effect: After | None = None
    style: str = "default"


@dataclass(frozen=True, eq=False)
class Resource:
    """One thing, declared. Built once at import and equal to itself alone; see docs/crm.md for every word."""

    model: type[Base]
    title: Title
    fields: tuple[Field, ...]
    plural: Title | None = None
    name: str = ""
    path: str = ""
    group: str = "administration"
    label: str | tuple[str, ...] = ""
    sections: tuple[Section, ...] = ()
    list_columns: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    sortable: tuple[str, ...] | None = None
    sort: str = ""
    search: Search | None = None
    related: tuple[Related, ...] = ()
    state: str = ""
    moves: tuple[Move, ...] = ()
    rights: Mapping[str, str] = field(default_factory=dict)
    actions: str = "read add change delete bulk export"
    scope: Scope = field(default_factory=Scope)
    owner: str = ""
    personal: bool = False
    person: str = ""
    delete_needs_reason: bool | None = None
    import_keys: tuple[tuple[str, ...], ...] = ()
    derive: Mapping[str, tuple[str, Clean]] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    extras: tuple[Extra, ...] = ()
    after: After | None = None
    served: bool = True
    panels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        name = self.name or self.table.name
        chosen: dict[str, Any] = {"name": name, "path": self.path or _plural(name), "plural": self.plural or self.title}
        chosen["fields"] = tuple(completed(self.table, one) for one in self.fields)
        chosen["list_columns"] = self.list_columns or tuple(one.name for one in self.fields[:6] if "list" in one.on)
        chosen["sections"] = self.sections or (Section("", self.title),)
        if self.person in self.table.columns and self.person != self.keys[0].name and not self.scope.limited:
            chosen["scope"] = Scope(through=self.person, nobodys=True)
        if self.delete_needs_reason is None:
            chosen["delete_needs_reason"] = self.personal
        for key, value in chosen.items():
            object.__setattr__(self, key, value)
        if self.sortable is None:
            wanted = dict.fromkeys([*self.list_columns, *[one.name for one in self.fields if one.kind in ("date", "datetime")]])
            object.__setattr__(self, "sortable", tuple(one for one in wanted if one in self.by_name and self.by_name[one].sortable))
        object.__setattr__(self, "sort", self.sort or "-" + self.keys[0].name)

    @property
    def table(self) -> Table:
        return self.model.__table__  # type: ignore[return-value]

    @cached_property
    def keys(self) -> tuple[Column[Any], ...]:
        return tuple(self.table.primary_key.columns)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {one.name: one for one in self.fields}

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The fields that name a row to people."""
        return (self.label,) if isinstance(self.label, str) else tuple(self.label)

    @property
    def versioned(self) -> bool:
        return issubclass(self.model, Versioned)

    @property
    def removable(self) -> bool:
        return issubclass(self.model, Removable)

    @cached_property
    def can(self) -> tuple[str, ...]:
        """Its actions and moves, as the last word of its rights."""
        masked = any(one.mask for one in self.fields)
        return (*self.actions.split(), *(["reveal"] if masked else []), *(["import"] if self.import_keys else []), *[one.name for one in self.moves])

    def right(self, action: str) -> str:
        return f"{self.name}.{action}"

    def move(self, name: str) -> Move | None:
        return next((one for one in self.moves if one.name == name), None)


def _plural(name: str) -> str:
    words = name.replace("_", "-")
    if words.endswith("y") and words[-2] not in "aeiou":
        return words[:-1] + "ies"
    return words + ("es" if words.endswith(("s", "x", "ch", "sh")) else "s")
