"""Puts a batch beside the real tables and finds out which rows are known already, all in sets.

In: a session inside a transaction, a `Batch`. Out: temporary table `staged` (one row a file row: values, `object_id`, `rule`, `matches`, `action`)
and one table for each child. Must not write a real table. Invariant: `matches` counts the different rows that fit, so that nothing is guessed.
COPY: asyncpg manual, copy_records_to_table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import Column

from crm.database import copy_rows
from crm.models import Base
from crm.transfer.targets import Child, Rule, Target

_DIALECT = postgresql.dialect()


def quoted(name: str) -> str:
    return _DIALECT.identifier_preparer.quote_identifier(name)


def sql_type(column: Column[Any]) -> str:
    return column.type.compile(_DIALECT)


def child_table(child: Child) -> str:
    return f"staged_{child.table}"


def default_of(column: Column[Any]) -> str:
    """What an empty cell becomes, as SQL."""
    given = column.server_default
    if given is None:
        return "NULL"
    words = getattr(given, "arg", "")
    return "'" + words.replace("'", "''") + "'" if isinstance(words, str) else str(words)


async def analyse(session: AsyncSession, table: str, where: str = "") -> None:
    """Have the server look through `table`, or a copy of it. Named columns leave out the expressions of indexes, which cost ten times as much."""
    names = ", ".join(quoted(one.name) for one in Base.metadata.tables[table].columns)
    await session.execute(text(f"ANALYZE {where or table} ({names})"))


@dataclass(frozen=True, slots=True)
class Repeat:
    """A row that fits by `rule` whom row `of` of the same file made or fitted."""

    row: int
    of: int
    rule: str


class Staging:
    """The temporary tables of one transaction."""

    def __init__(self, session: AsyncSession, target: Target, columns: Sequence[str], children: Sequence[Child]) -> None:
        self.session, self.target, self.columns, self.children = session, target, tuple(columns), tuple(children)
        self._blank = False

    async def run(self, statement: str, **values: Any) -> Any:
        return await self.session.execute(text(statement), values)

    async def create(self) -> None:
        """Both drop at the end of the transaction."""
        own = ", ".join(f"{quoted(name)} {sql_type(self.target.column(name))}" for name in self.columns)
        work = "object_id int, rule text, matches int NOT NULL DEFAULT 0, action text, before jsonb, children jsonb, version int"
        await self.run(f"CREATE TEMP TABLE staged (row_no int PRIMARY KEY, {own}, {work}) ON COMMIT DROP")
        for child in self.children:
            columns = Base.metadata.tables[child.table].columns
            shape = ", ".join(f"{quoted(name)} {sql_type(columns[name])}" for name in child.columns)
            await self.run(f"CREATE TEMP TABLE {child_table(child)} (row_no int, {shape}) ON COMMIT DROP")
        self._blank = True

    async def fill(self, rows: Sequence[tuple[Any, ...]], children: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
        self._blank = False
        await copy_rows(self.session, "staged", ("row_no", *self.columns), rows)
        for child in self.children:
            records = children.get(child.table)
            if records:
                await copy_rows(self.session, child_table(child), ("row_no", *child.columns), records)

    def real(self, table: str) -> str:
        """Where the hospital's rows of this table stand."""
        return table

    def next_id(self) -> str:
        """SQL: the id of a new row. The subquery is asked once, the name of the sequence is not looked up for each row."""
        return f"nextval((SELECT pg_get_serial_sequence('{self.target.table.name}', 'id')::regclass))"

    async def recall(self) -> None:
        """Have at hand whom the staged rows may meet: everybody is."""

    async def fits_left(self, _rules: Sequence[Rule]) -> dict[str, int]:
        """What only a rehearsal tells, as `repeats` and `settled`."""
        return {}

    async def repeats(self) -> Sequence[Repeat]:
        return ()

    async def settled(self) -> None:
        return None

    async def analyse(self) -> None:
        await self.run(", ".join(["ANALYZE staged", *[child_table(child) for child in self.children]]))

    async def analyse_met(self, written: int) -> None:
        """Tables that have become larger than the planner saw them: it takes them for empty and would read an index from end to end for each row."""
        for name in (self.target.table.name, *[child.table for child in self.children]):
            seen = await self.run("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)", name=self.real(name))
            if seen.scalar_one() < written:
                await analyse(self.session, name, self.real(name))

    async def empty(self) -> None:
        """They are as soon as they are made."""
        if not self._blank:
            await self.run(", ".join(["TRUNCATE staged", *[child_table(child) for child in self.children]]))

    # -- who is known ---------------------------------------------------------------------------------------------------

    def usable(self, rules: Iterable[Rule]) -> list[Rule]:
        """Rules whose values the file brings."""
        held = {child.table for child in self.children}
        return [one for one in rules if (one.child in held if one.child else all(name in self.columns for name in one.items))]

    async def match(self, rule: Rule, known: int) -> int:
        """Mark rows that fit by this rule and by none before it; how many. A unique value that belongs to somebody else makes a row doubtful that
        fits by a rule before it; `known`: how many there are."""
        found = self._fits(rule, "s.rule IS NULL")
        fits = await self.run(
            f"UPDATE staged s SET object_id = f.id, matches = f.n, rule = :rule FROM ({found}) f WHERE f.row_no = s.row_no", rule=rule.name
        )
        if rule.unique and known:
            others = self._fits(rule, "s.rule <> :rule")
            doubt = f"UPDATE staged s SET matches = 2 FROM ({others}) f WHERE f.row_no = s.row_no AND f.id <> s.object_id"
            await self.run(doubt, rule=rule.name)
        return int(fits.rowcount)

    async def count_fits(self, rule: Rule, only: str) -> int:
        """How many rows fit by a rule whose duplicates are made anew. `only`: a condition on whom, as SQL over t."""
        result = await self.run(f"SELECT count(*) FROM ({self._fits(rule, f's.rule IS NULL AND {only}')}) f")
        return int(result.scalar_one())

    def _child(self, rule: Rule) -> Child:
        return next(one for one in self.children if one.table == rule.child)

    def _fits(self, rule: Rule, only: str) -> str:
        """row_no, the least id that fits, and how many. `only`: a condition on rows s and on whom they fit, t."""
        table = self.real(self.target.table.name)
        if rule.child:
            child = self._child(rule)
            same = " AND ".join(f"c.{quoted(name)} = k.{quoted(name)}" for name in child.same) + child.only("c") + rule.told("k")
            there = self.real(child.table)
            joins = f"JOIN {child_table(child)} k ON k.row_no = s.row_no JOIN {there} c ON {same} JOIN {table} t ON t.id = c.{child.by}"
        else:
            joins = f"JOIN {table} t ON " + " AND ".join(f"t.{quoted(name)} = s.{quoted(name)}" for name in rule.items)
        wheres = [only, *([] if rule.unique else self._contradictions())]
        if "removed_at" in self.target.table.columns and not rule.unique:
            wheres.append("t.removed_at IS NULL")
        return f"SELECT s.row_no, min(t.id) AS id, count(DISTINCT t.id) AS n FROM staged s {joins} WHERE {' AND '.join(wheres)} GROUP BY s.row_no"

    def _contradictions(self) -> list[str]:
        """Two people may share name, date of birth and telephone, but not when both have identity or record numbers and these differ."""
        names = [name for rule in self.target.rules if rule.unique and not rule.child for name in rule.items if name in self.columns]
        own = [f"(t.{quoted(name)} = s.{quoted(name)} OR t.{quoted(name)} IS NULL OR s.{quoted(name)} IS NULL)" for name in names]
        return own + [f"NOT {self.differs(child)}" for child in self.children if child.single]

    def differs(self, child: Child, found: str = "t.id") -> str:
        """SQL: the row that was found has one of these, and another than the file says."""
        other = " OR ".join(f"h.{quoted(name)} <> k.{quoted(name)}" for name in child.same)
        return (
            f"EXISTS (SELECT FROM {self.real(child.table)} h JOIN {child_table(child)} k ON k.row_no = s.row_no "
            f"WHERE h.{child.by} = {found} AND ({other}){child.only('h')})"
        )

    async def repeated(self, rules: Iterable[Rule]) -> list[int]:
        """Rows that say by a rule, or by whom they fit, the same as an earlier row of this batch."""
        parts = ["SELECT row_no, row_number() OVER (PARTITION BY object_id ORDER BY row_no) AS n FROM staged WHERE object_id IS NOT NULL"]
        for rule in rules:
            source = f"staged_{rule.child}" if rule.child else "staged"
            keys = self._child(rule).same if rule.child else rule.items
            there = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in keys) + rule.told("r")
            same = ", ".join(map(quoted, keys))
            parts.append(f"SELECT row_no, row_number() OVER (PARTITION BY {same} ORDER BY row_no) AS n FROM {source} r WHERE {there}")
        result = await self.run(f"SELECT DISTINCT row_no FROM ({' UNION ALL '.join(parts)}) x WHERE n > 1")
        return list(result.scalars())

    async def leave_out(self, rows: Sequence[int]) -> None:
        if rows:
            await self.run("DELETE FROM staged WHERE row_no = ANY(:rows)", rows=list(rows))
            for child in self.children:
                await self.run(f"DELETE FROM {child_table(child)} WHERE row_no = ANY(:rows)", rows=list(rows))
