"""A field of a declared thing: what people see of one column, and what the column itself says of it.

In: a table and what the author gave. Out: frozen `Field` values, and `completed` ones. Must not do I/O. Invariant: a completed field has every rule
that the column has, and the kind by which it is read, filtered and sorted.
The vocabulary for authors: docs/crm.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ARRAY, Boolean, Date, DateTime, Float, Integer, Numeric, String, Table, Text, Time
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import Column

from crm.models.base import Base

Title = tuple[str, str]
Choice = tuple[Any, str, str]
Clean = Callable[[Any], Any]

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


# -- what a column says -----------------------------------------------------------------------------------------------


def completed(table: Table, given: Field) -> Field:
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
