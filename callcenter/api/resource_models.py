"""The shapes of a declared thing's requests and answers as pydantic models, so that input is checked and OpenAPI is exact.

In: a resource. Out: models, made once. Must not check what needs the database: the store does. Invariant: what a model lets through, the store
understands; every field stands under its own name (aliases keep python's names free).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from callcenter.api import resource_words
from crm.engine.registry import Registry
from crm.engine.resource import Field as Declared
from crm.engine.resource import Resource
from crm.engine.store_ask import ME, orders
from crm.engine.store_values import MAX_HTML, MAX_ITEMS, MAX_TEXT

INT4 = 2**31 - 1
_CLOSED = ConfigDict(extra="forbid")
_LISTED = r"^[^,\s]+(,[^,\s]+)*$"
_NUMBERS = r"^[0-9]{1,9}(,[0-9]{1,9})*$"
_TEXTS = frozenset({"string", "text", "html", "phone", "id_number", "email", "url", "color"})


class RelatedRows(BaseModel):
    """The first rows of a related list; `total` is an estimate when it is not `exact`."""

    items: list[dict[str, Any]]
    total: int
    exact: bool


class Shapes:
    """The models of one thing, each made when it is first needed."""

    def __init__(self, resource: Resource, registry: Registry) -> None:
        self._resource, self._registry = resource, registry
        self._name = "".join(word.capitalize() for word in resource.name.split("_"))
        self.key = _key(resource)

    @cached_property
    def _words(self) -> dict[str, str]:
        return resource_words.of_fields(self._resource, self._registry)

    @cached_property
    def query(self) -> type[BaseModel]:
        return _query(f"{self._name}Query", self._resource, self._registry)

    @cached_property
    def line(self) -> type[BaseModel]:
        return _row(f"{self._name}Line", self._resource, self._registry, "list")

    @cached_property
    def detail(self) -> type[BaseModel]:
        return _row(f"{self._name}Detail", self._resource, self._registry, "detail")

    @cached_property
    def page(self) -> type[BaseModel]:
        items: Any = list[self.line]  # type: ignore[name-defined]
        return create_model(f"{self._name}Page", items=(items, ...), next=(str | None, ...), total=(int, Field(ge=0)), exact=(bool, ...))

    @cached_property
    def add(self) -> type[BaseModel]:
        return _closed(f"{self._name}Add", _inputs(self._resource, self._registry, adding=True), self._words)

    @cached_property
    def change(self) -> type[BaseModel]:
        fields = {"version": _version(self._resource), **_inputs(self._resource, self._registry, adding=False)}
        return _closed(f"{self._name}Change", fields, self._words)

    @cached_property
    def removal(self) -> type[BaseModel]:
        return _removal(f"{self._name}Removal", self._resource)

    @cached_property
    def bulk(self) -> type[BaseModel]:
        return _bulk(self._name, self.key, _closed(f"{self._name}Values", _inputs(self._resource, self._registry, adding=False), self._words))

    @cached_property
    def moves(self) -> dict[str, type[BaseModel]]:
        return {one.name: _step(self._name, self._resource, self._registry, one.name) for one in self._resource.moves}


def _closed(name: str, fields: dict[str, tuple[Any, Any]], words: Mapping[str, str]) -> type[BaseModel]:
    """A model without other fields. Every field has an alias, so that no name is taken by pydantic itself."""
    return _made(name, fields, words, __config__=_CLOSED)


def _made(name: str, fields: dict[str, tuple[Any, Any]], words: Mapping[str, str], **more: Any) -> type[BaseModel]:
    made: dict[str, Any] = {f"f_{key}": (kind, _aliased(key, info, words.get(key))) for key, (kind, info) in fields.items()}
    return create_model(name, **more, **made)


def _aliased(name: str, info: Any, words: str | None) -> Any:
    return Field(alias=name, description=words) if info is ... else Field(info, alias=name, description=words)


def _key(resource: Resource) -> Any:
    number = len(resource.keys) == 1 and resource.keys[0].type.python_type is int
    return Annotated[int, Field(ge=0, le=INT4)] if number else Annotated[str, Field(min_length=1, max_length=200)]


def _version(resource: Resource) -> tuple[Any, Any]:
    number: Any = Annotated[int, Field(ge=0, le=INT4)]
    return (number, ...) if resource.versioned else (number | None, None)


# -- what is sent -----------------------------------------------------------------------------------------------------


def _inputs(resource: Resource, registry: Registry, *, adding: bool) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for field in resource.fields:
        if field.readonly or field.name == resource.state or (not adding and (field.write_once or field.into)):
            continue
        kind = _sent(field, resource, registry)
        needed = field.required and adding
        found[field.name] = (kind, ...) if needed else (kind if field.required else kind | None, None)
    return found


def _sent(field: Declared, resource: Resource, registry: Registry) -> Any:
    """The python type of a sent value."""
    if field.choices and field.kind == "choice":
        return Literal[tuple(value for value, _, _ in field.choices)]  # type: ignore[return-value]
    if field.kind in _TEXTS:
        longest = field.max_length or {"text": MAX_TEXT, "html": MAX_HTML}.get(field.kind, 500)
        return Annotated[str, Field(max_length=longest, min_length=1 if field.required else 0)]
    if field.kind in ("ref", "refs"):
        one = _reference(field, resource, registry)
        return one if field.kind == "ref" else Annotated[list[one], Field(max_length=MAX_ITEMS)]  # type: ignore[valid-type]
    return _bounded(field) if field.kind in ("integer", "number") or field.whole else _SENT[field.kind]


def _bounded(field: Declared) -> Any:
    low, high = field.min, field.max
    if field.kind == "number" and not field.whole:
        return Annotated[float, Field(ge=low, le=high, allow_inf_nan=False)]
    return Annotated[int, Field(ge=int(low) if low is not None else -INT4, le=int(high) if high is not None else INT4)]


_SENT: dict[str, Any] = {
    "decimal": Decimal, "money": Decimal, "boolean": bool, "date": date, "datetime": datetime, "time": time,
    "choice": Annotated[str, Field(max_length=120)],
    "strings": Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=MAX_ITEMS)],
    "integers": Annotated[list[Annotated[int, Field(ge=-INT4, le=INT4)]], Field(max_length=MAX_ITEMS)], "json": dict[str, Any] | list[Any],
}  # fmt: skip


def _reference(field: Declared, resource: Resource, registry: Registry) -> Any:
    """The kind of the other thing's key."""
    other = registry.referred(resource, field)
    if other is not None and len(other.keys) == 1:
        return _key(other)
    column = resource.table.columns.get(field.stored)
    return Annotated[int, Field(ge=0, le=INT4)] if column is not None and column.type.python_type is int else Annotated[str, Field(max_length=120)]


_REMOVAL = {"version": resource_words.ANSWERED["version"], "reason": "Why it is removed; kept in the audit trail."}


def _removal(name: str, resource: Resource) -> type[BaseModel]:
    reason = Annotated[str, Field(max_length=500, min_length=1 if resource.delete_needs_reason else 0)]
    return _closed(name, {"version": _version(resource), "reason": (reason, ...) if resource.delete_needs_reason else (reason, "")}, _REMOVAL)


def _bulk(name: str, key: Any, changes: type[BaseModel]) -> type[BaseModel]:
    item = create_model(f"{name}BulkItem", __config__=_CLOSED, id=(key, ...), version=(Annotated[int, Field(ge=0, le=INT4)], 0))
    fields: dict[str, Any] = {"changes": (changes | None, None)}
    return create_model(
        f"{name}Bulk", __config__=_CLOSED, items=(Annotated[list[item], Field(min_length=1, max_length=500)], ...),  # type: ignore[valid-type]
        **fields, move=(Annotated[str, Field(max_length=60)], ""), values=(dict[str, Any], {}),
    )  # fmt: skip


def _step(name: str, resource: Resource, registry: Registry, step: str) -> type[BaseModel]:
    move = resource.move(step)
    assert move is not None
    fields: dict[str, tuple[Any, Any]] = {"version": _version(resource)}
    for one in dict.fromkeys((*move.asks, *move.needs)):
        kind = _sent(resource.by_name[one], resource, registry)
        fields[one] = (kind, ...) if one in move.needs else (kind | None, None)
    return _closed(f"{name}{step.title().replace('_', '')}", fields, resource_words.of_fields(resource, registry))


# -- what a list is asked ---------------------------------------------------------------------------------------------


def _query(name: str, resource: Resource, registry: Registry) -> type[BaseModel]:
    fields: dict[str, tuple[Any, Any]] = {
        "q": (Annotated[str, Field(max_length=80)], ""),
        "sort": (Literal[("", *orders(resource))], ""),
        "limit": (Annotated[int, Field(ge=1, le=200)], 50),
        "cursor": (Annotated[str, Field(max_length=1000)], ""),
        "ids": (Annotated[str, Field(max_length=4000)], ""),
    }
    words = resource_words.STANDARD | {"q": resource_words.of_search(resource)}
    if resource.removable:
        fields["removed"] = (bool, False)
    for one in resource.filters:
        field = resource.by_name[one]
        for operator in field.operators:
            plain = "has" if "has" in field.operators else "eq"
            asked = one if operator == plain else f"{one}__{operator}"
            fields[asked], words[asked] = (_operand(field, operator, resource, registry) | None, None), resource_words.of_filter(field, operator)
    return _closed(name, fields, words)


def _names_user(field: Declared, resource: Resource, registry: Registry) -> bool:
    other = registry.referred(resource, field) if field.kind == "ref" else None
    return other is not None and other.name == "user"


def _operand(field: Declared, operator: str, resource: Resource, registry: Registry) -> Any:
    if operator == "empty":
        return Literal["true", "false"]
    counted = field.kind in ("integer", "integers") or (field.kind == "choice" and field.whole)
    number = counted or (field.kind in ("ref", "refs") and "int" in str(_reference(field, resource, registry)))
    if operator in ("in", "any"):
        return Annotated[str, Field(pattern=_NUMBERS if number else _LISTED, max_length=2000)]
    if number:
        whole = Annotated[int, Field(ge=-INT4, le=INT4)]
        return whole | Literal[ME] if operator == "eq" and _names_user(field, resource, registry) else whole  # type: ignore[return-value]
    if field.kind == "choice" and field.choices and operator in ("eq", "ne"):
        return Literal[tuple(value for value, _, _ in field.choices)]
    if field.kind in ("number", "decimal", "money", "date", "datetime", "time", "boolean"):
        return {"number": float, "decimal": Decimal, "money": Decimal}.get(field.kind) or _SENT[field.kind]
    return Annotated[str, Field(max_length=200)]


# -- what is answered -------------------------------------------------------------------------------------------------


def _row(name: str, resource: Resource, registry: Registry, on: str) -> type[BaseModel]:
    fields: dict[str, tuple[Any, Any]] = {"id": (_key(resource), ...)}
    for field in resource.fields:
        if field.write_only or field.into or (on not in field.on and field.name not in resource.labels) or field.name == "id":
            continue
        fields[field.name] = (_answered(field, resource, registry) | None, ...)
    for extra in resource.extras:
        if on in extra.on:
            fields[extra.name] = (_EXTRA.get(extra.kind, str) | None, ...)
    if resource.versioned:
        fields["version"] = (int, ...)
    if resource.removable:
        fields["_removed"] = (bool, ...)
    fields |= {"_label": (str, ...), "_refs": (dict[str, str | list[str]], ...), "_masked": (list[str], ...)}
    if on == "detail":
        fields |= {"_related": (dict[str, RelatedRows], {}), "_moves": (list[str], ...)}
    return _made(name, fields, resource_words.of_row(resource, registry))


def _answered(field: Declared, resource: Resource, registry: Registry) -> Any:
    if field.mask:
        return str
    if field.kind in ("ref", "refs"):
        one = _reference(field, resource, registry)
        return one if field.kind == "ref" else list[one]  # type: ignore[valid-type]
    return int if field.whole else _EXTRA.get(field.kind, str)


_EXTRA: dict[str, Any] = {
    "integer": int, "number": float, "boolean": bool, "date": date, "datetime": datetime, "time": time, "strings": list[str], "integers": list[int],
    "json": Any,
}  # fmt: skip
