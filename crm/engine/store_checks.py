"""What must hold of sent values before they are written: not masked, not a reference to nothing, not out of one's own reach.

In: a resource, who asks, values. Out: nothing, or InvalidValues that name every field; values whose cleaning is slow. Must not write.
Invariant: what somebody may not see is refused in the words for what does not exist.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.resource import Field, Resource, Values
from crm.engine.store_ask import within
from crm.engine.store_rows import Actor, key_is
from crm.engine.store_values import refused
from crm.errors import InvalidValue, InvalidValues
from crm.models import DictionaryEntry


def same(resource: Resource, row: Values) -> list[Any]:
    """The conditions that this very row is meant."""
    return key_is(resource, [row[column.name] for column in resource.keys])


def not_masked(resource: Resource, actor: Actor, values: Values) -> None:
    """A value that stands masked on the page is not what is stored."""
    wrong = [
        refused(field, "was sent as it is shown masked", "leave it out, or reveal it first")
        for name, value in values.items()
        if (field := resource.by_name.get(name)) and actor.hidden(field) and any("*" in one for one in _texts(value))
    ]
    if wrong:
        raise InvalidValues(wrong)


def _texts(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


async def hashed(resource: Resource, values: Values) -> dict[str, Any]:
    """Slow cleans run in a thread."""
    made = dict(values)
    for name, value in values.items():
        field = resource.by_name.get(name)
        if field is not None and field.slow and field.clean is not None and isinstance(value, str) and value:
            try:
                made[name] = await asyncio.to_thread(field.clean, value)
            except InvalidValue as fault:
                raise InvalidValues([refused(field, fault.rule, fault.mend)]) from fault
    return made


async def check_refs(session: AsyncSession, resource: Resource, actor: Actor, given: Values, known: Values) -> None:
    """What a field is newly made to refer to is there for this person, in a kind its key has. Dictionaries hold the word."""
    faults: list[InvalidValue] = []
    for name, value in given.items():
        field = resource.by_name[name]
        other = actor.registry.referred(resource, field) if field.kind in ("ref", "refs") or field.resource else None
        if other is not None and value not in (None, [], "") and value != known.get(name):
            faults += await _missing(session, actor, field, other, value if isinstance(value, list) else [value])
        if field.dictionary and value not in (None, [], ""):
            faults += await _unknown_words(session, field, value if isinstance(value, list) else [value])
    if faults:
        raise InvalidValues(faults)


async def _missing(session: AsyncSession, actor: Actor, field: Field, other: Resource, wanted: Sequence[Any]) -> list[InvalidValue]:
    """Somebody's file that this person may not see is refused as one that does not exist: the answer would tell the name."""
    column, limit = other.keys[0], within(other, actor, "read")
    fitting = [one for one in wanted if isinstance(one, column.type.python_type) and not (isinstance(one, int) and abs(one) >= 2**31)]
    query = select(column).where(column.in_(fitting), *([] if limit is None else [limit]))
    seen = bool(fitting) and (actor.may(other, "read") or not other.personal)
    there = set((await session.scalars(query)).all()) if seen else set()
    return [refused(field, f"{one} is no {other.name}", "choose one that exists") for one in wanted if one not in there]


async def _unknown_words(session: AsyncSession, field: Field, wanted: Sequence[Any]) -> list[InvalidValue]:
    query = select(DictionaryEntry.code).where(DictionaryEntry.dictionary == field.dictionary, DictionaryEntry.code.in_([str(one) for one in wanted]))
    there = set((await session.scalars(query)).all())
    return [refused(field, f"{one} is no entry of {field.dictionary}", "choose one that exists") for one in wanted if one not in there]


async def still_within(session: AsyncSession, resource: Resource, actor: Actor, row: Values, action: str) -> None:
    """Nobody writes a row out of his own reach."""
    limit = within(resource, actor, action)
    if limit is None or await session.scalar(select(exists(select(1).select_from(resource.table).where(*same(resource, row), limit)))):
        return
    by = resource.scope.department if isinstance(resource.scope.department, str) else ""
    name = by or resource.scope.through or resource.scope.own or resource.labels[0]
    raise InvalidValues([refused(name, "lies outside what you may administer", "choose one of your departments")])
