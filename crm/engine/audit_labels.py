"""What a thing was called when something was done to it, for the entry of that deed.

In: a thing's kind and ids, or its row. Out: `Called`, in the hospital's language. Must not decide who reads it: crm.engine.trail does.
Invariant: a name that is shown masked to somebody stands beside its masked form; what may tell of a patient is said to be personal.
Labels: docs/crm.md, "Rows".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.masks import masked
from crm.engine.registry import registry
from crm.engine.resource import MASKS, Field, Resource, Values
from crm.engine.store_rows import Actor, among, as_json, key_is, key_of, label_of, labels, refers_to
from crm.errors import NotFound
from crm.principal import Principal

DEEP, LONGEST = 3, 200
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Called:
    """`masked`: what somebody without the rights `masks_of` is shown. `personal`: may tell of a patient."""

    label: str
    masked: str
    personal: bool

    def parts(self) -> dict[str, str]:
        """As an entry keeps it."""
        return {"label": self.label} | ({"label_masked": self.masked} if self.masked != self.label else {})


@lru_cache(maxsize=2)
def _reader(sees: bool) -> Actor:
    """Somebody who sees everything as it is, or nothing."""
    rights = frozenset(f"see.{mask}" for mask in MASKS) if sees else frozenset[str]()
    return Actor(Principal(0, "", "", (), rights), _ANY_TIME, _ANY_TIME.date(), registry())


@cache
def masks_of(resource: Resource, deep: int = DEEP) -> frozenset[str]:
    """The masks of every field that a label of this thing is made of."""
    fields = [resource.by_name[name] for name in resource.labels]
    found = frozenset(one.mask for one in fields if one.mask)
    others = [refers_to(registry(), resource, one) for one in fields] if deep else []
    return found.union(*(masks_of(one, deep - 1) for one in others if one is not None))


async def of_row(session: AsyncSession, resource: Resource, row: Values) -> Called | None:
    """What people call this stored row; None when it has no words of its own."""
    whole = await _label(session, _reader(sees=True), resource, row)
    hidden = await _label(session, _reader(sees=False), resource, row) if masks_of(resource) else whole
    return _called(resource, whole, hidden)


async def of_id(session: AsyncSession, kind: str, object_id: str) -> Called | None:
    """The same for an id as it stands in an entry; None for what is not declared or not there."""
    resource = registry().by_name.get(kind)
    if resource is None:
        return None
    try:
        conditions = key_is(resource, key_of(resource, object_id))
    except NotFound:
        return None
    row = (await session.execute(select(*resource.table.columns).where(*conditions))).mappings().first()
    return None if row is None else await of_row(session, resource, row)


async def of_many(session: AsyncSession, kind: str, keys: Iterable[Any]) -> Mapping[str, Called]:
    """Of many rows of one thing at once, by the text of their key."""
    resource, wanted = registry().by_name.get(kind), list(keys)
    if resource is None or len(resource.keys) != 1 or not wanted:
        return {}
    if (word := _one_word(resource)) is not None:
        return await _of_words(session, resource, word, wanted)
    whole = await labels(session, _reader(sees=True), resource, wanted)
    hidden = await labels(session, _reader(sees=False), resource, wanted) if masks_of(resource) else whole
    found = {str(key): _called(resource, label, hidden[key]) for key, label in whole.items()}
    return {key: called for key, called in found.items() if called is not None}


@cache
def _one_word(resource: Resource) -> Field | None:
    """The field whose text alone is the label: such labels are read without the way round that the others need."""
    fields = [resource.by_name[name] for name in resource.labels]
    plain = len(fields) == 1 and not (fields[0].choices or fields[0].through or refers_to(registry(), resource, fields[0]))
    return fields[0] if plain and fields[0].kind in ("string", "text") else None


async def _of_words(session: AsyncSession, resource: Resource, word: Field, keys: list[Any]) -> Mapping[str, Called]:
    key, column, personal = resource.keys[0], resource.table.columns[word.stored], resource.personal or bool(word.mask)
    rows = await session.execute(select(key, column).where(among(key, keys), column != ""))
    return {str(one): Called(text[:LONGEST], masked(word.mask, text[:LONGEST]) if word.mask else text[:LONGEST], personal) for one, text in rows}


def _called(resource: Resource, whole: str, hidden: str) -> Called | None:
    if not whole or whole == resource.title[0]:
        return None
    return Called(whole[:LONGEST], hidden[:LONGEST], resource.personal or bool(masks_of(resource)))


async def _label(session: AsyncSession, reader: Actor, resource: Resource, row: Values) -> str:
    refs: dict[str, str | None] = {}
    for field in (resource.by_name[name] for name in resource.labels):
        other, value = refers_to(registry(), resource, field), row.get(field.stored)
        if other is not None and field.through is None and value is not None:
            refs[field.name] = (await labels(session, reader, other, [value], DEEP - 1)).get(as_json(value))
    return label_of(reader, resource, row, refs)
