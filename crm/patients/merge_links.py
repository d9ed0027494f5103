"""Carries what points to one row over to another, and back.

In: a table, the old and the new row, a `Record`. Out: every row that pointed to the old one points to the new one; the record says what was done.
Must not know what points to what: it is read from the tables' own description. Invariant: nothing is lost: a row that would stand twice is kept in
the record, fills what its twin lacks, and what pointed to it points to its twin. What excludes each other is refused in words, with a way out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, Index, Table, UniqueConstraint, and_, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import Column

from crm.engine.store_rows import as_json
from crm.errors import MergeRefused
from crm.models import Base
from crm.models.links import pointing

# Of these one row a person may be the main one: the row that is carried over is so no longer.
DEMOTED: Mapping[str, str] = {"patient_address": "main"}
# Two of these that differ are never taken for one: an answer once given, a card once handed out.
EXACT = frozenset({"consent", "member"})
_COUNTED = frozenset({"version", "changed_at", "created_at", "created_by"})
_EMPTY = (None, "", [])
Row = Sequence[Any]


@dataclass(slots=True)
class Record:
    """What was done, in order; undone backwards."""

    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """By table; what only follows from the rows that were carried is not counted."""
        found: dict[str, int] = {}
        for step in self.steps:
            if "changed" not in step:
                found[step["table"]] = found.get(step["table"], 0) + len(step.get("rows", (1,)))
        return found


@dataclass(frozen=True, slots=True)
class _Move:
    """One column of one table whose rows go from `old` to `new`."""

    table: Table
    column: Column[Any]
    old: Any
    new: Any


def reach(table: Table) -> list[tuple[Table, Column[Any]]]:
    """Every column that names a row of `table`."""
    return [(Base.metadata.tables[name], Base.metadata.tables[name].columns[column]) for name, column in pointing(table)]


async def carry(session: AsyncSession, record: Record, table: Table, old: Any, new: Any) -> None:
    """Whatever points to row `old` of `table` points to `new`. Raises MergeRefused."""
    for other, column in reach(table):
        move, keys = _Move(other, column, old, new), _keys(other)
        rows = (await session.execute(select(*keys).where(column == old).order_by(*keys))).all()
        if rows and not await _move_all(session, record, move, rows):
            for row in rows:
                await _move_one(session, record, move, row)


def _keys(table: Table) -> list[Column[Any]]:
    return list(table.primary_key.columns)


def _is(table: Table, row: Row) -> Any:
    return and_(*(column == value for column, value in zip(_keys(table), row, strict=True)))


def _step(move: _Move, rows: Sequence[Row]) -> dict[str, Any]:
    """Keys as they are after the move."""
    keys = [[as_json(move.new if key is move.column else value) for key, value in zip(_keys(move.table), row, strict=True)] for row in rows]
    return {"table": move.table.name, "column": move.column.name, "old": move.old, "new": move.new, "rows": keys}


async def _move_all(session: AsyncSession, record: Record, move: _Move, rows: Sequence[Row]) -> bool:
    """False when a rule of the table stops one of them."""
    try:
        async with session.begin_nested():
            await session.execute(update(move.table).where(move.column == move.old).values({move.column.name: move.new}))
    except IntegrityError:
        return False
    except DBAPIError as refused:
        raise _kept(move.table) from refused
    record.steps.append(_step(move, rows))
    return True


async def _move_one(session: AsyncSession, record: Record, move: _Move, row: Row) -> None:
    try:
        async with session.begin_nested():
            await session.execute(update(move.table).where(_is(move.table, row), move.column == move.old).values({move.column.name: move.new}))
    except IntegrityError as refused:
        if await _demoted(session, record, move.table, row):
            await _move_one(session, record, move, row)
        else:
            await _fold(session, record, move, row, refused)
    else:
        record.steps.append(_step(move, [row]))


async def _demoted(session: AsyncSession, record: Record, table: Table, row: Row) -> bool:
    """The row was its owner's main one, and is so no longer."""
    flag = DEMOTED.get(table.name, "")
    if not flag:
        return False
    done = await session.execute(update(table).where(_is(table, row), table.c[flag]).values({flag: False}).returning(*_keys(table)))
    if done.first() is None:
        return False
    record.steps.append({"table": table.name, "changed": as_json(list(row)), "before": {flag: True}, "after": {flag: False}})
    return True


# -- what would stand twice -----------------------------------------------------------------------------------------------


async def _fold(session: AsyncSession, record: Record, move: _Move, row: Row, refused: IntegrityError) -> None:
    """The row stands there already: what points to it points to its twin, and it is kept in the record. Raises MergeRefused."""
    columns = _same_by(move, refused)
    stored = dict((await session.execute(select(move.table).where(_is(move.table, row)))).mappings().one())
    same = [move.table.c[name] == (move.new if name == move.column.name else stored[name]) for name in columns]
    found = (await session.execute(select(move.table).where(*same))).mappings().first() if columns else None
    twin = None if found is None else dict(found)
    if twin is None or len(_keys(move.table)) != 1 or (move.table.name in EXACT and _lost(move, stored, twin)):
        raise _excluded(move.table) from refused
    key = _keys(move.table)[0]
    await carry(session, record, move.table, row[0], twin[key.name])
    whole = await session.scalar(select(func.to_jsonb(text(f'"{move.table.name}".*'))).select_from(move.table).where(_is(move.table, row)))
    try:
        async with session.begin_nested():
            await session.execute(delete(move.table).where(_is(move.table, row)))
    except DBAPIError as kept:
        raise _kept(move.table) from kept
    record.steps.append({"table": move.table.name, "deleted": whole})
    await _fill(session, record, move, stored, twin)


def _said(move: _Move, stored: Mapping[str, Any]) -> dict[str, Any]:
    """What the row says of its own."""
    own = {one.name for one in _keys(move.table)} | {move.column.name} | _COUNTED
    return {name: value for name, value in stored.items() if name not in own and value not in _EMPTY}


def _lost(move: _Move, stored: Mapping[str, Any], twin: Mapping[str, Any]) -> bool:
    return any(twin[name] not in (*_EMPTY, value) for name, value in _said(move, stored).items())


async def _fill(session: AsyncSession, record: Record, move: _Move, stored: Mapping[str, Any], twin: Mapping[str, Any]) -> None:
    """What the twin leaves empty is taken from the row that went."""
    more = {name: value for name, value in _said(move, stored).items() if twin[name] in _EMPTY}
    if more:
        key = _keys(move.table)[0]
        await session.execute(update(move.table).where(key == twin[key.name]).values(more))
        before = {name: as_json(twin[name]) for name in more}
        record.steps.append({"table": move.table.name, "changed": [twin[key.name]], "before": before, "after": as_json(more)})


def _same_by(move: _Move, refused: IntegrityError) -> tuple[str, ...]:
    """The columns by which two rows say the same; none when the rule that refused is about something else: two seats at one time, two beds,
    two open registries."""
    name = getattr(getattr(refused.orig, "__cause__", None), "constraint_name", "") or ""
    for one in (*move.table.constraints, *move.table.indexes):
        if str(one.name) != name or not isinstance(one, (UniqueConstraint, Index)):
            continue
        columns = tuple(column.name for column in one.columns)
        where = one.dialect_options["postgresql"].get("where") if isinstance(one, Index) else None
        state = where is not None and "IS NOT NULL" not in str(where)
        lent = move.column.nullable and columns == (move.column.name,)
        return () if state or lent else columns
    return ()


def _excluded(table: Table) -> MergeRefused:
    return MergeRefused(table.name, "both files have an entry, and only one may stand", "close, cancel or move one of them, then merge again")


def _kept(table: Table) -> MergeRefused:
    return MergeRefused(table.name, "its entries stay with the file they were written for", "settle them first: end one of the two, then merge again")


# -- back -----------------------------------------------------------------------------------------------------------------


async def take_back(session: AsyncSession, step: Mapping[str, Any]) -> None:
    """Raises MergeRefused when somebody did since what stands against it."""
    table = Base.metadata.tables[step["table"]]
    try:
        async with session.begin_nested():
            await _back(session, table, step)
    except DBAPIError as refused:
        rule, mend = "was changed since the files were merged, so they cannot be taken apart", "take that change back first"
        raise MergeRefused(table.name, rule, mend) from refused


async def _back(session: AsyncSession, table: Table, step: Mapping[str, Any]) -> None:
    if "added" in step:
        await session.execute(delete(table).where(table.c.id == step["added"]))
    elif "deleted" in step:
        again = text(f'INSERT INTO "{table.name}" SELECT (jsonb_populate_record(NULL::"{table.name}", :row)).*')
        await session.execute(again.bindparams(bindparam("row", step["deleted"], type_=JSONB())))
    elif "changed" in step:
        for name, before in step["before"].items():
            still = table.c[name] == typed(table.c[name], step["after"][name])
            await session.execute(update(table).where(_is_text(table, step["changed"]), still).values({name: typed(table.c[name], before)}))
    else:
        column = table.c[step["column"]]
        for row in step["rows"]:
            await session.execute(update(table).where(_is_text(table, row), column == step["new"]).values({column.name: step["old"]}))


def _is_text(table: Table, row: Row) -> Any:
    """Keys as they were written to JSON."""
    return and_(*(column == typed(column, value) for column, value in zip(_keys(table), row, strict=True)))


def typed(column: Column[Any], value: Any) -> Any:
    """JSON -> what the column holds."""
    dated = not isinstance(column.type, (ARRAY, JSONB)) and hasattr(column.type.python_type, "fromisoformat")
    return column.type.python_type.fromisoformat(value) if value is not None and dated else value
