"""The words in which a thing is declared: its fields, lists, rights, scope, moves. What a column already says is read from the column.

In: SQLAlchemy models. Out: frozen `Resource` values. Must not do I/O. Invariant: a `Resource` that was built is complete: every derived value
(name, path, kinds, rules) is there; whether it fits the others is checked by `crm.engine.registry`.
The vocabulary for authors: docs/crm.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ARRAY, Boolean, Date, DateTime, Float, Integer, Numeric, String, Table, Text, Time
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import Column

from crm.models.base import Base, Removable, Versioned

Title = tuple[str, str]
Values = Mapping[Any, Any]
Choice = tuple[Any, str, str]
Clean = Callable[[Any], Any]
Check = Callable[[Values], None]
Fill = Callable[[AsyncSession, Sequence[Any], date], Awaitable[Mapping[Any, Any]]]

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
    "administration": ("系统管理", "Administration"),
}
MASKS = frozenset({"phone", "id_number", "name", "address", "text"})
ACTIONS = ("read", "add", "change", "delete", "bulk", "reveal", "import", "export")
RESERVED = frozenset({*ACTIONS, "restore", "audit", "all", "move"})
SCOPES = ("own", "department", "hospital")

_OPERATORS: Mapping[str, tuple[str, ...]] = {
    "string": ("eq", "ne", "in", "prefix", "contains", "empty"),
    "text": ("contains", "empty"),
    "number": ("eq", "ne", "in", "gt", "ge", "lt", "le", "empty"),
    "boolean": ("eq",),
    "choice": ("eq", "ne", "in", "empty"),
    "list": ("has", "any", "empty"),
    "json": (),
}
_FAMILY: Mapping[str, str] = {
    **dict.fromkeys(("string", "phone", "id_number", "email", "url", "color"), "string"),
    **dict.fromkeys(("text", "html"), "text"),
    **dict.fromkeys(("integer", "number", "decimal", "money", "date", "datetime", "time"), "number"),
    **dict.fromkeys(("choice", "ref"), "choice"),
    **dict.fromkeys(("strings", "integers", "refs"), "list"),
    "boolean": "boolean",
    "json": "json",
}
KINDS = frozenset(_FAMILY)


@dataclass(frozen=True, slots=True)
class Through:
    """A many-to-many table: `here` points to this row, `there` to a row of `resource`."""

    model: type[Base]
    here: str
    there: str
    resource: str


@dataclass(frozen=True, slots=True)
class Field:
    """One value people see. Empty and None mean: as the column says. `column`: where it is stored when not under `name`; `as_given`: the column that
    keeps what was written before it was brought into form. `into`: (related list, its field): only when adding; a first row of that list is made
    of it. `whole`: the column holds whole numbers, whatever the kind shows."""

    name: str
    title: Title
    kind: str = ""
    section: str = ""
    hint: Title | None = None
    choices: tuple[Choice, ...] = ()
    dictionary: str = ""
    width: str = ""
    unit: Title | None = None
    min: float | None = None
    max: float | None = None
    max_length: int | None = None
    pattern: str = ""
    required: bool | None = None
    nullable: bool | None = None
    default: Any = None
    readonly: bool = False
    write_once: bool = False
    write_only: bool = False
    mask: str = ""
    clean: Clean | None = None
    slow: bool = False
    column: str = ""
    on: str = "list detail form"
    example: str = ""
    synonyms: tuple[str, ...] = ()
    resource: str = ""
    through: Through | None = None
    into: tuple[str, str] | None = None
    as_given: str = ""
    whole: bool = False

    @property
    def stored(self) -> str:
        return self.column or self.name

    @property
    def operators(self) -> tuple[str, ...]:
        return () if self.write_only or self.into else _OPERATORS[_FAMILY[self.kind]]

    @property
    def sortable(self) -> bool:
        return _FAMILY[self.kind] in ("string", "number", "boolean", "choice") and not self.write_only and self.through is None and self.into is None


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
class Related:
    """Rows of `resource` whose field `by` holds this row's id."""

    name: str
    resource: str
    by: str
    title: Title
    sort: str = ""
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Search:
    """Where the search box looks. names: Chinese or Latin names by grams; initials: a column of pinyin initials; codes: by part;
    texts: words in text by grams; numbers: tables of numbers, each (model, its column that points to this row, its column with the number)."""

    names: tuple[str, ...] = ()
    initials: str = ""
    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    numbers: tuple[tuple[type[Base], str, str], ...] = ()
    hint: Title = ("关键词", "Words")


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


@dataclass(frozen=True, slots=True)
class Move:
    """From one of `from_states` to `to`. `asks`: fields that may come with it; `needs`: that must. `sets`: field -> value, "now", "today" or "me"."""

    name: str
    title: Title
    from_states: tuple[str, ...]
    to: str
    asks: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    sets: Mapping[str, Any] = field(default_factory=dict)
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
    actions: str = "read add change delete bulk"
    scope: Scope = field(default_factory=Scope)
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
        chosen["fields"] = tuple(_completed(self.table, one) for one in self.fields)
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


# -- what a column says -----------------------------------------------------------------------------------------------


def _completed(table: Table, given: Field) -> Field:
    """`given` with everything the column says. A field without a column (refs, written through `clean` elsewhere) stands as it is."""
    column = table.columns.get(given.stored)
    if column is None:
        on = "form" if given.into else given.on
        return replace(given, kind=given.kind or ("refs" if given.through else ""), required=bool(given.required), nullable=True, on=on)
    kind = given.kind or _kind(column, given)
    key = column.primary_key and (column.identity is not None or column.autoincrement is True)
    required = given.required if given.required is not None else not (column.nullable or column.server_default is not None or key)
    return replace(
        given,
        kind=kind,
        required=required and not given.readonly,
        nullable=bool(column.nullable) if given.nullable is None else given.nullable,
        readonly=given.readonly or key,
        write_once=given.write_once or (column.primary_key and not key),
        max_length=given.max_length or getattr(column.type, "length", None),
        default=given.default if given.default is not None else _default(column, kind),
        width=given.width or _width(kind, given),
        choices=given.choices,
        whole=isinstance(column.type, Integer),
    )


_KIND_OF_TYPE: tuple[tuple[type, str], ...] = (
    (Boolean, "boolean"), (JSONB, "json"), (Integer, "integer"), (Float, "number"), (Numeric, "decimal"),
    (DateTime, "datetime"), (Date, "date"), (Time, "time"), (Text, "text"), (String, "string"),
)  # fmt: skip


def _kind(column: Column[Any], given: Field) -> str:
    kind: Any = column.type
    listed = isinstance(kind, ARRAY)
    if given.choices or given.dictionary:
        return "strings" if listed else "choice"
    if column.foreign_keys or given.resource:
        return "ref"
    if listed:
        return "integers" if isinstance(kind.item_type, Integer) else "strings"
    return next((kind for kind_of, kind in _KIND_OF_TYPE if isinstance(column.type, kind_of)), "string")


def _default(column: Column[Any], kind: str) -> Any:
    """The server default as JSON when it is a plain value."""
    if column.server_default is None:
        return None
    text = str(getattr(column.server_default, "arg", "")).strip("'")
    if kind == "boolean":
        return text == "true"
    if kind in ("integer", "number") and text.lstrip("-").replace(".", "", 1).isdigit():
        return float(text) if kind == "number" else int(text)
    if kind in ("strings", "integers", "refs"):
        return []
    return text if kind in ("string", "text", "choice", "phone", "html") and "(" not in text else None


def _width(kind: str, given: Field) -> str:
    if kind in ("text", "html", "json", "refs"):
        return "full"
    return "narrow" if kind in ("boolean", "integer", "number", "decimal", "money", "date", "time") else "half"
