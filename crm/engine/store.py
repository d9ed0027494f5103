"""Reads and writes every declared thing: one implementation of list, detail, add, change, remove, restore, move, reveal.

In: a session inside a transaction, a resource, who asks. Out: rows as that person sees them, or an error of crm.errors. Must not commit.
Invariant: rights, scope, masks and rules are checked here and nowhere else; nothing is written without its entry in the audit trail; a row
that may not be seen does not exist.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, func, literal, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement, Executable

from crm.engine import audit, audit_labels, handed
from crm.engine.resource import Related, Resource, Values
from crm.engine.search import called, condition
from crm.engine.store_ask import AHEAD, Ask, Order, cursor_of, filter_of, order_of, stretches, within
from crm.engine.store_rows import Actor, among, as_json, key_is, key_of, key_text, page_of, shown
from crm.engine.store_write import add, bulk, change, move, possible_moves, remove, restore
from crm.errors import Forbidden, InvalidValue, NotFound

__all__ = ["Actor", "Ask", "Listed", "add", "bulk", "change", "detail", "find", "move", "remove", "restore", "reveal"]

EXACT_TOTAL = 10_000
SURELY_BEYOND = 10 * EXACT_TOTAL


class _Plan(Executable, ClauseElement):
    """What the planner means to do with a query, with the query's own parameters."""

    inherit_cache = False

    def __init__(self, query: Select[Any]) -> None:
        self.query = query


@compiles(_Plan, "postgresql")
def _plan(element: _Plan, compiler: Any, **more: Any) -> str:
    return "EXPLAIN (FORMAT JSON) " + compiler.process(element.query, **more)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page. `next`: cursor of the following one, None at the end; `exact`: whether `total` was counted or estimated."""

    items: list[dict[str, Any]]
    next: str | None
    total: int
    exact: bool


def require(actor: Actor, resource: Resource, action: str) -> None:
    """Raises Forbidden."""
    if not actor.may(resource, action):
        raise Forbidden(resource.right(action))


# -- lists ------------------------------------------------------------------------------------------------------------


async def find(session: AsyncSession, resource: Resource, actor: Actor, ask: Ask) -> Listed:
    """One page of the rows that fit. Raises Forbidden, InvalidValue."""
    require(actor, resource, "delete" if ask.removed else "read")
    conditions, order = _conditions(resource, actor, ask), order_of(resource, ask.sort, actor)
    if ask.q.strip() and not ask.sort:
        order = Order(resource.keys[0], resource.keys, down=False, ahead=_named(resource, actor, ask.q))
    rows = await _page(session, resource, conditions, order, ask)
    if not ask.cursor and len(rows) <= ask.limit:
        total, exact = len(rows), True
    elif not ask.counted:
        total, exact = 0, False
    else:
        everything = not ask.removed and len(conditions) == resource.removable
        total, exact = await _total(session, resource, conditions, everything=everything, searched=bool(ask.q.strip()))
    items = await shown(session, actor, resource, rows[: ask.limit], ask.on)
    more = len(rows) > ask.limit
    return Listed(items, cursor_of(order, rows[ask.limit - 1]) if more else None, total, exact)


async def values(session: AsyncSession, resource: Resource, actor: Actor, ask: Ask, column: str, most: int) -> list[Any]:
    """What stands in `column` of the rows that fit, up to one more than `most`; empty values are left out.
    Raises Forbidden, InvalidValue."""
    require(actor, resource, "read")
    wanted = resource.table.columns[column]
    query = select(wanted).where(*_conditions(resource, actor, ask), wanted.is_not(None)).order_by(*resource.keys).limit(most + 1)
    return list(await session.scalars(query))


def _conditions(resource: Resource, actor: Actor, ask: Ask) -> list[Any]:
    found = [filter_of(resource, actor, name, operator, written) for name, operator, written in ask.filters]
    if ask.q.strip():
        found.append(_words(resource, actor, ask.q))
    if resource.removable:
        removed = resource.table.columns["removed_at"]
        found.append(removed.is_not(None) if ask.removed else removed.is_(None))
    if ask.ids:
        found.append(_these(resource, ask.ids))
    limit = within(resource, actor, "read", *(["delete"] if ask.removed else []))
    return found if limit is None else [*found, limit]


def _words(resource: Resource, actor: Actor, words: str) -> Any:
    """What quick search means for this person: of what he sees masked only the whole word finds anything, as parts would tell it bit by bit."""
    hidden = _hidden(resource, actor)
    search, columns = resource.search, resource.table.columns
    test = condition(_without(resource, hidden), words, actor.plan, whole=_sees_numbers(resource, actor))
    covered = hidden.intersection((*search.names, *search.texts, *search.codes)) if search else frozenset[str]()
    return or_(test, *(columns[name] == words.strip() for name in sorted(covered))) if covered else test


def _named(resource: Resource, actor: Actor, words: str) -> Any | None:
    """Which rows are called just so; None for who sees names masked, whom nothing else is found by."""
    return called(_without(resource, _hidden(resource, actor)), words)


def _hidden(resource: Resource, actor: Actor) -> frozenset[str]:
    return frozenset(field.stored for field in resource.fields if actor.hidden(field))


@cache
def _without(resource: Resource, hidden: frozenset[str]) -> Resource:
    """The thing without the columns of its search that are masked or made of such."""
    search = resource.search
    if search is None or not hidden:
        return resource
    made = {column for column, (source, _) in resource.derive.items() if source in hidden}

    def seen(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one for one in names if one not in hidden | made)

    kept = replace(search, names=seen(search.names), texts=seen(search.texts), codes=seen(search.codes))
    return replace(resource, search=replace(kept, initials="" if search.initials in hidden | made else search.initials))


def _sees_numbers(resource: Resource, actor: Actor) -> bool:
    """The numbers that a quick search looks at are shown to this person as they are."""
    things = [(actor.registry.by_table[model.__tablename__], column) for model, _, column in (resource.search.numbers if resource.search else ())]
    return not any(actor.hidden(field) for thing, column in things for field in thing.fields if field.stored == column)


def _these(resource: Resource, ids: Sequence[Any]) -> Any:
    """Raises InvalidValue for what cannot be an id."""
    try:
        keys = [key_of(resource, str(one)) for one in ids]
    except NotFound as wrong:
        raise InvalidValue("ids", "are ids of entries with commas between them", "take them from the list") from wrong
    return among(resource.keys[0], [key[0] for key in keys]) if len(resource.keys) == 1 else or_(*(and_(*key_is(resource, key)) for key in keys))


async def _page(session: AsyncSession, resource: Resource, conditions: Sequence[Any], order: Order, ask: Ask) -> list[Values]:
    """Up to one row more than asked for, so that one sees whether there are more."""
    query = page_of(resource)
    if order.column.name not in query.selected_columns:
        query = query.add_columns(order.column)
    if order.ahead is not None:
        query = query.add_columns(order.ahead.is_(True).label(AHEAD))
    query, found = query.where(*conditions), []
    for stretch, clauses in stretches(order, ask.cursor):
        part = query.where(*stretch).order_by(*clauses).limit(ask.limit + 1 - len(found))
        found += (await session.execute(part)).mappings().all()
        if len(found) > ask.limit:
            break
    return found


async def _total(session: AsyncSession, resource: Resource, conditions: Sequence[Any], *, everything: bool, searched: bool) -> tuple[int, bool]:
    """Counted up to EXACT_TOTAL, beyond that what the server knows or expects. What surely is beyond is not counted: a search finds few, so it is."""
    if everything and (known := await _known(session, resource)) > 2 * EXACT_TOTAL:
        return known, False
    some = select(literal(1)).select_from(resource.table).where(*conditions)
    if not searched and (expected := await _expected(session, some)) > SURELY_BEYOND:
        return expected, False
    counted = await session.scalar(select(func.count()).select_from(some.limit(EXACT_TOTAL + 1).subquery())) or 0
    if counted <= EXACT_TOTAL:
        return counted, True
    return max(await _expected(session, some), EXACT_TOTAL), False


async def _known(session: AsyncSession, resource: Resource) -> int:
    """The rows the table had when it was last looked through."""
    query = text("SELECT reltuples::bigint FROM pg_class WHERE oid = CAST(:name AS regclass)").bindparams(name=resource.table.name)
    return int(await session.scalar(query) or 0)


async def _expected(session: AsyncSession, query: Select[Any]) -> int:
    """The planner's number of rows; no row is read."""
    plan = (await session.execute(_Plan(query))).scalar()
    read = json.loads(plan) if isinstance(plan, str) else plan
    return int(read[0]["Plan"]["Plan Rows"]) if read else 0


# -- one row ----------------------------------------------------------------------------------------------------------


async def row_of(session: AsyncSession, resource: Resource, actor: Actor, key: str, action: str = "read") -> Values:
    """The stored row within the person's reach, for reading and for `action`. Raises NotFound."""
    limit = within(resource, actor, "read", action)
    query = select(*resource.table.columns).where(*key_is(resource, key_of(resource, key)), *([] if limit is None else [limit]))
    row = (await session.execute(query)).mappings().first()
    if row is None:
        raise NotFound(resource.name)
    return row


async def detail(session: AsyncSession, resource: Resource, actor: Actor, key: str, *, related: bool = True) -> dict[str, Any]:
    """One row with its related lists and possible moves; audited when personal. Raises Forbidden, NotFound."""
    require(actor, resource, "read")
    row = await row_of(session, resource, actor, key)
    if resource.removable and row["removed_at"] is not None and not actor.may(resource, "delete"):
        raise NotFound(resource.name)
    made = (await shown(session, actor, resource, [row], "detail"))[0]
    if related:
        made["_related"] = {one.name: found for one in resource.related if (found := await _related(session, actor, row, one, resource)) is not None}
    made["_moves"] = [one.name for one in possible_moves(resource, actor, row)]
    await handed.seen(session, resource, row, str(made["id"]), actor.principal.id)
    if resource.personal:
        called = await audit_labels.of_row(session, resource, row)
        deed = audit.Deed(f"{resource.name}.view", resource.name, str(made["id"]), owner(resource, row), called=called)
        await audit.write(session, actor.at, actor.principal.id, deed)
    return made


def owner(resource: Resource, row: Values) -> dict[str, Any]:
    """Whose file the row belongs to, for the audit of that file."""
    return {"patient_id": row[resource.person]} if resource.person and row[resource.person] is not None else {}


async def _related(session: AsyncSession, actor: Actor, row: Values, one: Related, resource: Resource) -> dict[str, Any] | None:
    """None when the person may not read the other thing."""
    other = actor.registry.by_name[one.resource]
    if not actor.may(other, "read"):
        return None
    key = row[resource.keys[0].name]
    conditions = [other.table.columns[one.by] == key, *_conditions(other, actor, Ask())]
    order = order_of(other, "", actor) if not one.sort else _sorted_by(other, one.sort)
    query = page_of(other).where(*conditions).order_by(*order.clauses).limit(one.limit + 1)
    rows = (await session.execute(query)).mappings().all()
    total, exact = (len(rows), True) if len(rows) <= one.limit else await _total(session, other, conditions, everything=False, searched=True)
    return {"items": await shown(session, actor, other, rows[: one.limit], "list"), "total": total, "exact": exact}


def _sorted_by(resource: Resource, words: str) -> Order:
    return Order(resource.table.columns[words.lstrip("-")], resource.keys, words.startswith("-"))


async def reveal(session: AsyncSession, resource: Resource, actor: Actor, key: str, name: str) -> Any:
    """The plain value of one masked field, audited. Raises Forbidden, NotFound."""
    require(actor, resource, "read")
    require(actor, resource, "reveal")
    field = resource.by_name.get(name)
    if field is None or not field.mask or field.write_only:
        raise NotFound(f"masked field {name}")
    row = await row_of(session, resource, actor, key, "reveal")
    deed = audit.Deed(f"{resource.name}.reveal", resource.name, str(key_text(resource, row)), {**owner(resource, row), "field": name})
    deed = replace(deed, called=await audit_labels.of_row(session, resource, row))
    await audit.write(session, actor.at, actor.principal.id, deed)
    return as_json(row[field.stored])
