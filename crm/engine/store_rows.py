"""Rows as people see them: labels of what they refer to, masks, extras, JSON.

In: stored rows and who asks. Out: plain values that go over the wire. Must not decide which rows may be seen.
Invariant: a page costs one query a referred thing, a many-to-many and an extra, however many rows it has; a masked value never leaves.
Shape: docs/crm.md, "Rows".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, Select, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.masks import masked
from crm.engine.registry import Registry
from crm.engine.resource import Extra, Field, Resource, Values
from crm.errors import NotFound
from crm.numbers import HOME, NumberPlan
from crm.principal import Principal

KEY_JOINT = "~"


@dataclass(frozen=True)
class Actor:
    """Who asks, when, in which hospital and language, and everything that is declared."""

    principal: Principal
    at: datetime
    today: date
    registry: Registry
    plan: NumberPlan = HOME
    language: str = "zh"

    def may(self, resource: Resource, action: str) -> bool:
        return self.principal.may(resource.right(action))

    def scope_of(self, resource: Resource, action: str) -> str:
        return self.principal.scope_of(resource.right(action))

    def hidden(self, field: Field) -> bool:
        """True when the field's values are shown masked."""
        return bool(field.mask) and not self.principal.may(f"see.{field.mask}")


# -- keys -------------------------------------------------------------------------------------------------------------


def key_of(resource: Resource, written: str) -> tuple[Any, ...]:
    """The primary key from its text in an address. Raises NotFound."""
    parts = written.split(KEY_JOINT, len(resource.keys) - 1)
    if len(parts) != len(resource.keys):
        raise NotFound(resource.name)
    return tuple(_key_part(resource, column.type.python_type, part) for column, part in zip(resource.keys, parts, strict=True))


def _key_part(resource: Resource, kind: type, part: str) -> Any:
    try:
        if kind is int:
            if not (part.isascii() and part.isdigit() and len(part) <= 10 and int(part) < 2**31):
                raise NotFound(resource.name)
            return int(part)
        if kind in (date, datetime, time):
            return kind.fromisoformat(part)  # type: ignore[attr-defined]
    except ValueError as wrong:
        raise NotFound(resource.name) from wrong
    if not 0 < len(part) <= 120 or not part.isprintable():
        raise NotFound(resource.name)
    return part


def key_text(resource: Resource, row: Values) -> Any:
    """The id as it goes over the wire: the value of one column, or all joined."""
    values = [row[column.name] for column in resource.keys]
    return as_json(values[0]) if len(values) == 1 else KEY_JOINT.join(str(as_json(one)) for one in values)


def key_is(resource: Resource, key: Sequence[Any]) -> list[Any]:
    return [column == value for column, value in zip(resource.keys, key, strict=True)]


def among(column: ColumnElement[Any], keys: Iterable[Any]) -> Any:
    """`column` holds one of `keys`: one parameter however many there are, so that the statement stays the same."""
    return column == any_(bindparam(None, list(keys), type_=ARRAY(column.type)))


def as_json(value: Any) -> Any:
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (list, tuple)):
        return [as_json(one) for one in value]
    if isinstance(value, Mapping):
        return {name: as_json(one) for name, one in value.items()}
    return value


# -- pages ------------------------------------------------------------------------------------------------------------


@cache
def page_of(resource: Resource) -> Select[Any]:
    """The columns a shown row is made of, of all rows."""
    table = resource.table.columns
    names = {one.stored for one in resource.fields if not one.write_only and one.stored in table and not one.into}
    names |= {column.name for column in resource.keys} | {name for name in ("version", "removed_at") if name in table}
    names |= {name for name in (resource.scope.through, resource.person) if name}
    return select(*[column for column in table if column.name in names])


@cache
def _fields(resource: Resource, on: str) -> tuple[Field, ...]:
    return tuple(one for one in resource.fields if not (one.write_only or one.into) and (on in one.on or one.name in resource.labels))


async def shown(session: AsyncSession, actor: Actor, resource: Resource, rows: Sequence[Values], on: str) -> list[dict[str, Any]]:
    """`rows` as this person sees them on a `list` or `detail`."""
    fields, keys = _fields(resource, on), [key_text(resource, row) for row in rows]
    linked = {one.name: await _linked(session, resource, one, keys) for one in fields if one.through is not None}
    refs = await _labels(session, actor, resource, fields, rows, linked)
    extras = await _extras(session, actor, resource, keys, rows, on)
    cells = [(one.name, _reader(one, linked.get(one.name)), _mask(actor, one)) for one in fields]
    return [_shown_row(actor, resource, cells, key, row, refs, extras) for key, row in zip(keys, rows, strict=True)]


Cell = tuple[str, Callable[[Any, Values], Any], Callable[[Any], Any] | None]
_PLAIN = (str, int, float, bool)


def _reader(field: Field, linked: Mapping[Any, list[Any]] | None) -> Callable[[Any, Values], Any]:
    """(key, row) -> the field's value."""
    if linked is not None:
        return lambda key, _row: linked.get(key, [])
    stored = field.stored
    return lambda _key, row: row[stored]


def _mask(actor: Actor, field: Field) -> Callable[[Any], Any] | None:
    return partial(masked, field.mask) if actor.hidden(field) else None


def _shown_row(
    actor: Actor, resource: Resource, cells: Sequence[Cell], key: Any, row: Values, refs: Mapping[str, Any], extras: Values
) -> dict[str, Any]:
    made: dict[str, Any] = {"id": key}
    hidden: list[str] = []
    for name, read, mask in cells:
        value = read(key, row)
        if mask is not None and value not in (None, "", []):
            hidden.append(name)
            value = mask(value)
        made[name] = value if value is None or type(value) in _PLAIN else as_json(value)
    for name, values in extras.items():
        made[name] = values.get(key)
    if resource.versioned:
        made["version"] = row["version"]
    if resource.removable:
        made["_removed"] = row["removed_at"] is not None
    labels = _named(made, refs) if refs else {}
    made["_refs"], made["_masked"], made["_label"] = labels, hidden, label_of(actor, resource, row, labels)
    return made


def _named(row: Values, refs: Mapping[str, Any]) -> dict[str, Any]:
    """Field -> label of what it refers to, or a list of labels."""
    found: dict[str, Any] = {}
    for name, known in refs.items():
        value = row[name]
        if isinstance(value, list):
            found[name] = [known.get(one, str(one)) for one in value]
        elif value in known:
            found[name] = known[value]
    return found


# -- what people call a row -------------------------------------------------------------------------------------------


@cache
def _label_parts(resource: Resource) -> tuple[tuple[Field, str], ...]:
    """The fields that name a row, each with the column of its English twin (`name_zh`, `name_en`), "" for none."""
    fields = [resource.by_name[name] for name in resource.labels]
    twins = [resource.by_name.get(one.name.removesuffix("_zh") + "_en") if one.name.endswith("_zh") else None for one in fields]
    return tuple((one, twin.stored if twin else "") for one, twin in zip(fields, twins, strict=True))


def label_of(actor: Actor, resource: Resource, row: Values, refs: Values) -> str:
    """What people call this stored row, in the language of who asks; the thing's title when it has no words of its own."""
    words = [refs.get(field.name) or _word(actor, field, twin, row) for field, twin in _label_parts(resource)]
    found = " ".join(one if isinstance(one, str) else " ".join(one) for one in words if one)
    return found or resource.title[1 if actor.language == "en" else 0]


def _word(actor: Actor, field: Field, twin: str, row: Values) -> str:
    if field.through is not None:
        return ""
    value = (row[twin] if twin and actor.language == "en" else None) or row[field.stored]
    if value in (None, ""):
        return ""
    if field.choices:
        return next((en if actor.language == "en" else zh for code, zh, en in field.choices if code == value), str(value))
    shown_value = masked(field.mask, value) if actor.hidden(field) else value
    return f"{shown_value:%H:%M}" if isinstance(shown_value, time) else str(as_json(shown_value))


async def labels(session: AsyncSession, actor: Actor, resource: Resource, keys: Iterable[Any], deep: int = 3) -> dict[Any, str]:
    """key -> label of these rows, masked as everywhere. A label that is made of other rows' labels is followed `deep` times."""
    wanted = list(keys)
    if not wanted:
        return {}
    columns, parts = resource.table.columns, [(field, twin) for field, twin in _label_parts(resource) if field.through is None]
    names = dict.fromkeys([resource.keys[0].name, *[name for field, twin in parts for name in (field.stored, twin) if name]])
    query = select(*[columns[name] for name in names]).where(among(resource.keys[0], wanted))
    rows = (await session.execute(query)).mappings().all()
    refs: dict[str, dict[Any, str]] = {}
    for field, _ in parts:
        other = refers_to(actor.registry, resource, field) if deep else None
        if other is not None:
            refs[field.name] = await labels(session, actor, other, {row[field.stored] for row in rows} - {None}, deep - 1)
    stored = {name: resource.by_name[name].stored for name in refs}
    return {
        as_json(row[resource.keys[0].name]): label_of(actor, resource, row, {name: known.get(row[stored[name]]) for name, known in refs.items()})
        for row in rows
    }


def refers_to(registry: Registry, resource: Resource, field: Field) -> Resource | None:
    """What the field refers to by one key; None for a value of its own."""
    if field.kind not in ("ref", "refs") and not field.resource:
        return None
    other = registry.referred(resource, field)
    return other if other is not None and len(other.keys) == 1 else None


# -- what a page refers to --------------------------------------------------------------------------------------------


async def _linked(session: AsyncSession, resource: Resource, field: Field, keys: Sequence[Any]) -> dict[Any, list[Any]]:
    """Of a many-to-many: id -> the other side's keys."""
    found: dict[Any, list[Any]] = defaultdict(list)
    if field.through is None or not keys:
        return found
    columns = field.through.model.__table__.columns
    here, there = columns[field.through.here], columns[field.through.there]
    for mine, other in await session.execute(select(here, there).where(among(here, keys)).order_by(there)):
        found[mine].append(other)
    return found


async def _labels(
    session: AsyncSession, actor: Actor, resource: Resource, fields: Iterable[Field], rows: Sequence[Values], linked: Mapping[str, Any]
) -> dict[str, dict[Any, str]]:
    """Field -> key of the other thing -> its label."""
    wanted: dict[str, set[Any]] = defaultdict(set)
    others: dict[str, Resource] = {}
    for field in fields:
        other = refers_to(actor.registry, resource, field)
        if other is None:
            continue
        values = [one for many in linked[field.name].values() for one in many] if field.through else [row[field.stored] for row in rows]
        flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
        others[field.name] = other
        wanted[other.name] |= {one for one in flat if one not in (None, "")}
    known = {other.name: await labels(session, actor, other, wanted[other.name]) for other in {one.name: one for one in others.values()}.values()}
    return {name: known[other.name] for name, other in others.items()}


async def _extras(
    session: AsyncSession, actor: Actor, resource: Resource, ids: Sequence[Any], rows: Sequence[Values], on: str
) -> dict[str, Mapping[Any, Any]]:
    found: dict[str, Mapping[Any, Any]] = {}
    for extra in resource.extras:
        if on not in extra.on or not ids:
            continue
        source = _source(actor.registry, resource, extra)
        if source is not None and not (actor.may(source, "read") or actor.may(source, "read_own")):
            found[extra.name] = {}
            continue
        if extra.of_row is not None:
            values: Mapping[Any, Any] = {key: extra.of_row(row, actor.today) for key, row in zip(ids, rows, strict=True)}
        else:
            values = await extra.fill(session, ids, actor.today) if extra.fill is not None else {}
        hide = bool(extra.mask) and not actor.principal.may(f"see.{extra.mask}")
        covered = {one.name: one.mask for one in source.fields if actor.hidden(one)} if source is not None else {}
        told = {key: masked(extra.mask, value, extra.mask_keys) if hide else as_json(value) for key, value in values.items()}
        found[extra.name] = {key: _entries(value, covered) for key, value in told.items()} if covered else told
    return found


def _source(registry: Registry, resource: Resource, extra: Extra) -> Resource | None:
    """The thing whose related list tells of the same rows, to the same people, behind the same masks."""
    return next((registry.by_name[one.resource] for one in resource.related if one.name == (extra.of or extra.name)), None)


def _entries(value: Any, covered: Mapping[str, str]) -> Any:
    """A list of objects with these entries masked; anything else as it is."""
    if not isinstance(value, list):
        return value
    return [
        {name: masked(covered[name], part) if name in covered else part for name, part in one.items()} if isinstance(one, Mapping) else one
        for one in value
    ]
