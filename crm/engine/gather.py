"""Fills a related list from another thing's list: whoever is found there is entered here, once.

In: a row, the name of its related list, a source of that list, what the source's list was asked. Out: how many were entered, stood there already, or
may not be taken. Must not commit. Invariant: nobody is entered whom the person may not see; each new row stands in the audit trail; all or nothing.
The word `sources`: docs/crm.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit, store
from crm.engine.resource import Related, Resource, Source, Values, Written
from crm.engine.store import Actor, Ask
from crm.engine.store_ask import within
from crm.engine.store_faults import translated
from crm.engine.store_rows import among, as_json, key_text
from crm.engine.store_values import refused
from crm.errors import InvalidValues, NotFound

MOST = 2000


@dataclass(frozen=True, slots=True)
class Gathered:
    """`barred`: found, but not to be taken."""

    added: int
    already: int
    barred: int


def source_of(resource: Resource, related: str, name: str) -> tuple[Related, Source]:
    """Raises NotFound."""
    for one in resource.related:
        for source in one.sources:
            if (one.name, source.resource) == (related, name):
                return one, source
    raise NotFound(f"list {related} from {name}")


async def gather(session: AsyncSession, resource: Resource, actor: Actor, key: str, place: tuple[Related, Source], ask: Ask) -> Gathered:
    """Raises Forbidden, NotFound, InvalidValues (also when more than MOST are found)."""
    related, source = place
    other = actor.registry.by_name[related.resource]
    store.require(actor, resource, "read")
    store.require(actor, other, "add")
    row = await store.row_of(session, resource, actor, key)
    found = list(dict.fromkeys(await store.values(session, actor.registry.by_name[source.resource], actor, ask, source.by, MOST)))
    if not 0 < len(found) <= MOST:
        raise InvalidValues([refused("query", f"finds 1 to {MOST}", "narrow the list with filters, or choose some of its rows")])
    barred = await source.barred(session, found, actor.today) if source.barred else set[Any]()
    wanted = [one for one in found if one not in barred]
    added = await _enter(session, other, actor, (related.by, row[resource.keys[0].name]), (source.into, wanted))
    return Gathered(added, len(wanted) - added, len(found) - len(wanted))


async def _enter(session: AsyncSession, other: Resource, actor: Actor, parent: tuple[str, Any], given: tuple[str, Sequence[Any]]) -> int:
    if not given[1]:
        return 0
    table, column = other.table, other.by_name[given[0]].stored
    rows = [{parent[0]: parent[1], column: value} for value in given[1]]
    if "created_by" in table.columns:
        rows = [one | {"created_by": actor.principal.id} for one in rows]
    async with translated(other):
        query = insert(other.model).values(rows).on_conflict_do_nothing().returning(*table.columns)
        made = (await session.execute(query)).mappings().all()
        for one in made:
            await _follow(session, other, actor, one)
    await _within_reach(session, other, actor, made)
    await audit.write_many(session, actor.at, actor.principal.id, [_deed(other, one, (parent[0], column)) for one in made])
    return len(made)


async def _follow(session: AsyncSession, other: Resource, actor: Actor, row: Values) -> None:
    who = actor.principal
    if other.after is not None:
        told = Written(other, "add", key_text(other, row), None, row, who.id, actor.at, who.rights, who.scopes, who.department_ids)
        await other.after(session, told)


async def _within_reach(session: AsyncSession, other: Resource, actor: Actor, made: Sequence[Values]) -> None:
    limit, key = within(other, actor, "add"), other.keys[0]
    if limit is None or not made:
        return
    inside = await session.scalar(select(func.count()).select_from(other.table).where(among(key, [one[key.name] for one in made]), limit))
    if inside != len(made):
        raise InvalidValues([refused("query", "lies outside what you may administer", "choose among those of your departments")])


def _deed(other: Resource, row: Values, names: Sequence[str]) -> audit.Deed:
    values = {"after": {name: as_json(row[name]) for name in names}}
    known: dict[str, Any] = {"version": row.get("version"), "fields": list(names)}
    if other.person and row[other.person] is not None:
        known["patient_id"] = row[other.person]
    told = audit.Deed(f"{other.name}.add", other.name, str(key_text(other, row)), known | ({} if other.personal else values))
    return audit.Deed(told.action, told.object_kind, told.object_id, told.data, values) if other.personal else told
