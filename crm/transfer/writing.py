"""Writes a staged batch: new rows, merged rows, and what is needed to take both back.

In: a `Staging` whose rows are matched and have an action. Out: rows of the real tables and of `import_change`; counts. Must not commit.
Invariant: a merge fills what is empty and joins lists and notes; it replaces a value only when the file is preferred, and keeps what stood there.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ARRAY

from crm.transfer.staging import Staging, child_table, default_of, quoted
from crm.transfer.targets import Child


class Writer:
    """Writes for one import. `prefer`: whose value wins where both have one: stored or file."""

    def __init__(self, staging: Staging, import_id: int, by: int | None, prefer: str) -> None:
        self._staging, self._target, self._run = staging, staging.target, staging.run
        self._import, self._by, self._prefer = import_id, by, prefer
        self._table, self._name, self._changes = self._target.table, staging.real(self._target.table.name), staging.real("import_change")

    async def decide(self, actions: Mapping[str, str]) -> None:
        """Give each row its action: add, merge, skip, several, differs, removed; and the id of a new row to what is added."""
        removed = (
            f"(SELECT t.removed_at IS NOT NULL FROM {self._name} t WHERE t.id = s.object_id)" if "removed_at" in self._table.columns else "false"
        )
        known = "CASE " + " ".join(f"WHEN s.rule = '{name}' THEN '{action}'" for name, action in actions.items()) + " ELSE 'skip' END"
        differs = " OR ".join(self._staging.differs(child, "s.object_id") for child in self._staging.children if child.single) or "false"
        await self._run(
            f"UPDATE staged s SET object_id = COALESCE(s.object_id, {self._staging.next_id()}), "
            "action = CASE WHEN s.object_id IS NULL THEN 'add' WHEN s.matches > 1 THEN 'several' "
            f"WHEN {removed} THEN 'removed' WHEN {differs} THEN 'differs' ELSE {known} END"
        )

    async def add(self) -> int:
        """Insert the new ones with their children."""
        columns = self._table.columns
        names = [*self._staging.columns, *(["created_by"] if "created_by" in columns else [])]
        picked = [f"COALESCE(s.{quoted(name)}, {default_of(columns[name])})" for name in self._staging.columns]
        picked += [":by"] if "created_by" in columns else []
        result = await self._run(
            f"INSERT INTO {self._name} (id, {', '.join(map(quoted, names))}) SELECT s.object_id, {', '.join(picked)} FROM staged s "
            "WHERE s.action = 'add' ORDER BY s.row_no",
            **({"by": self._by} if "created_by" in columns else {}),
        )
        for child in self._staging.children:
            await self._run(self._child_insert(child) + " WHERE s.action = 'add'")
        await self._run(
            f"INSERT INTO {self._changes} (import_id, row, object_id, action, version) "
            "SELECT :run, row_no, object_id, 'added', 1 FROM staged WHERE action = 'add'",
            run=self._import,
        )
        return int(result.rowcount)

    def _child_insert(self, child: Child) -> str:
        constants = [f"'{value}'" for value in child.constants.values()]
        names = ", ".join(map(quoted, [child.by, *child.columns, *child.constants]))
        values = ", ".join(["s.object_id", *[f"c.{quoted(name)}" for name in child.columns], *constants])
        return f"INSERT INTO {self._staging.real(child.table)} ({names}) SELECT {values} FROM {child_table(child)} c JOIN staged s USING (row_no)"

    async def merge(self) -> int:
        """How many changed something; the others said nothing new."""
        # Else the planner takes the rows of one action for none, and compares each of them with each.
        await self._run("ANALYZE staged (action)")
        await self._merge_values()
        for child in self._staging.children:
            await self._merge_children(child)
        result = await self._run(
            f"INSERT INTO {self._changes} (import_id, row, object_id, action, before, after, children, version) "
            f"SELECT :run, s.row_no, s.object_id, 'merged', s.before, CASE WHEN s.before IS NOT NULL THEN {self._values()} END, "
            f"s.children, COALESCE(s.version, t.version) FROM staged s JOIN {self._name} t ON t.id = s.object_id "
            "WHERE s.action = 'merge' AND (s.before IS NOT NULL OR s.children IS NOT NULL)",
            run=self._import,
        )
        return int(result.rowcount)

    async def _merge_values(self) -> None:
        names = self._staging.columns
        fresh = {name: self._merged(name) for name in names}
        columns = ", ".join(f"{expression} AS {quoted('n_' + name)}" for name, expression in fresh.items())
        sets = ", ".join(f"{quoted(name)} = o.{quoted('n_' + name)}" for name in names)
        differs = " OR ".join(f"t.{quoted(name)} IS DISTINCT FROM o.{quoted('n_' + name)}" for name in names)
        await self._run(
            f"WITH o AS MATERIALIZED (SELECT t.id, s.row_no, {self._values()} AS before, {columns} FROM {self._name} t "
            "JOIN staged s ON s.object_id = t.id WHERE s.action = 'merge' ORDER BY t.id FOR UPDATE OF t), "
            f"c AS (UPDATE {self._name} t SET {sets}, version = t.version + 1, changed_at = now() FROM o WHERE o.id = t.id AND ({differs}) "
            "RETURNING o.row_no, o.before, t.version) UPDATE staged s SET before = c.before, version = c.version FROM c WHERE c.row_no = s.row_no"
        )

    def _values(self) -> str:
        """The columns that the file brings, as they stand now, as SQL over t (stored)."""
        pairs = (f"'{name}', t.{quoted(name)}" for name in self._staging.columns)
        return f"jsonb_build_object({', '.join(pairs)})"

    def _merged(self, name: str) -> str:
        """What the column holds after the merge, as SQL over t (stored) and s (file)."""
        column, stored, given = self._table.columns[name], f"t.{quoted(name)}", f"s.{quoted(name)}"
        item = self._target.by_name.get(name)
        if isinstance(column.type, ARRAY):
            return f"CASE WHEN {given} IS NULL THEN {stored} ELSE {stored} || ARRAY(SELECT x FROM unnest({given}) x WHERE x <> ALL({stored})) END"
        if item is not None and item.kind == "text":
            joined = f"CASE WHEN {stored} = '' THEN {given} ELSE {stored} || E'\\n' || {given} END"
            return f"CASE WHEN COALESCE({given}, '') = '' OR position({given} IN {stored}) > 0 THEN {stored} ELSE {joined} END"
        if item is None or self._prefer == "file":
            source = next((source for derived, (source, _) in self._target.derive.items() if derived == name), "")
            if source and self._prefer != "file":
                return stored
            return f"COALESCE(NULLIF({given}::text, '')::{column.type.compile()}, {stored})" if item is None else f"COALESCE({given}, {stored})"
        empty = f"{stored} IS NULL" + (f" OR {stored}::text = ''" if default_of(column) == "''" else "")
        return f"CASE WHEN {empty} THEN COALESCE({given}, {stored}) ELSE {stored} END"

    async def _merge_children(self, child: Child) -> None:
        """Add what is not there; remember which rows these are."""
        same = " AND ".join(f"h.{quoted(name)} = c.{quoted(name)}" for name in child.same) + child.only("h")
        there = f"SELECT FROM {self._staging.real(child.table)} h WHERE h.{child.by} = s.object_id AND {same}"
        insert = f"{self._child_insert(child)} WHERE s.action = 'merge' AND NOT EXISTS ({there})"
        await self._run(
            f"WITH a AS ({insert} RETURNING id, {child.by} AS owner), "
            f"g AS (SELECT owner, jsonb_build_object('{child.table}', jsonb_agg(id)) AS made FROM a GROUP BY owner) "
            "UPDATE staged s SET children = COALESCE(s.children, '{}') || g.made FROM g WHERE g.owner = s.object_id AND s.action = 'merge'",
        )
