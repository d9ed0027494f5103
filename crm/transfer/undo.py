"""Takes an import back: removes what it added, restores what it changed; all of it or nothing.

In: an import that wrote rows. Out: the rows as they were, or the list of what somebody did since with the rows it touched. Must not lose an edit.
Invariant: a row is restored only when its version is the one the import left, and removed only when nothing else points to it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit
from crm.models import ImportRun
from crm.models.links import pointing
from crm.transfer import runs
from crm.transfer.place import Place
from crm.transfer.staging import quoted
from crm.transfer.targets import Target, target_of

SHOWN = 50

# For each touched row: was it made by this import, the version it was left with, and what it was before.
_TOUCHED = """
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT object_id, bool_or(action = 'added') AS added, max(version) AS version,
    (array_agg(before ORDER BY row) FILTER (WHERE before IS NOT NULL))[1] AS before
FROM import_change WHERE import_id = :run GROUP BY object_id
"""

# Nobody edits them, or writes what points to them, between the look for conflicts and the removal.
_LOCKED = "SELECT count(*) FROM (SELECT FROM {table} t JOIN touched o ON t.id = o.object_id ORDER BY t.id FOR UPDATE OF t) locked"


def state_before(run: ImportRun) -> str:
    """What an import is again when it could not be undone: one that was stopped can still be gone on with."""
    return "done" if run.rows_done >= run.rows_total else "stopped"


async def take_back(place: Place, run: ImportRun) -> None:
    """The job."""
    target = target_of(run.resource)

    async def work(session: AsyncSession) -> None:
        ended = await runs.find(session, run.id, lock=True)
        if ended.state != "undoing":
            return
        await session.execute(text(_TOUCHED), {"run": run.id})
        await session.execute(text("CREATE UNIQUE INDEX ON touched (object_id)"))
        await session.execute(text("ANALYZE touched"))
        await session.execute(text(_LOCKED.format(table=target.table.name)))
        found = await conflicts(session, target, run.id)
        ended.conflicts, ended.state, ended.finished_at = found, state_before(ended) if found else "undone", place.now()
        if not found:
            ended.undone_at = place.now()
            await _restore(session, target, run.id)
        deed = audit.Deed(
            "import.undo_refused" if found else "import.undone", run.resource, f"import:{run.id}", {"counts": ended.counts, "conflicts": len(found)}
        )
        await audit.write(session, place.now(), run.created_by, deed)
        await session.flush()
        await runs.tell(session, run.id)

    await place.database.run(work, timeout_s=place.limits.chunk_s * (2 + run.rows_done // place.limits.chunk_rows))


# -- what would be lost -----------------------------------------------------------------------------------------------------


async def conflicts(session: AsyncSession, target: Target, run: int) -> list[dict[str, Any]]:
    """At most SHOWN things somebody did since; each with id, label and what."""
    label = quoted("name" if "name" in target.table.columns else target.own[0].name)
    found: list[dict[str, Any]] = []
    statements = [(_edited(target, label), "edited"), *((_linked(target, label, *one), one[0]) for one in pointing(target.table))]
    statements += [(_edited_child(target, label, child.table, child.by), child.table) for child in target.children]
    for statement, kind in statements:
        if len(found) >= SHOWN:
            break
        for row_id, shown in await session.execute(text(statement + f" LIMIT {SHOWN - len(found)}"), {"run": run} if ":run" in statement else {}):
            found.append({"id": row_id, "label": shown, "what": kind})
    return found


def _edited(target: Target, label: str) -> str:
    return f"SELECT t.id, t.{label}::text FROM touched o JOIN {target.table.name} t ON t.id = o.object_id WHERE t.version <> o.version ORDER BY t.id"


def _linked(target: Target, label: str, table: str, column: str) -> str:
    """Rows elsewhere that point to one we would remove; those made in the same moment by the import are its own."""
    own = ""
    if any(child.table == table for child in target.children):
        ids = _made(table)
        own = f" AND x.created_at <> t.created_at AND x.id NOT IN ({ids})"
    return (
        f"SELECT DISTINCT t.id, t.{label}::text FROM touched o JOIN {target.table.name} t ON t.id = o.object_id "
        f"JOIN {table} x ON x.{quoted(column)} = t.id WHERE o.added{own}"
    )


def _made(table: str) -> str:
    """SQL: ids of rows that merging added to a child table."""
    return f"SELECT jsonb_array_elements_text(c.children -> '{table}')::int FROM import_change c WHERE c.import_id = :run AND c.children ? '{table}'"


def _edited_child(target: Target, label: str, table: str, by: str) -> str:
    """A telephone number that the import added, also to a file that was there, and somebody corrected since."""
    return (
        f"SELECT DISTINCT t.id, t.{label}::text FROM touched o JOIN {target.table.name} t ON t.id = o.object_id JOIN {table} x ON x.{by} = t.id "
        f"WHERE (o.added OR x.id IN ({_made(table)})) AND x.version > 1"
    )


# -- as it was ----------------------------------------------------------------------------------------------------------------


async def _restore(session: AsyncSession, target: Target, run: int) -> None:
    table = target.table.name
    for child in target.children:
        ids = _made(child.table)
        await session.execute(text(f"DELETE FROM {child.table} WHERE id IN ({ids})"), {"run": run})
    names = [column.name for column in target.table.columns if column.name not in ("id", "version", "changed_at", "created_at", "created_by")]
    sets = ", ".join(f"{quoted(name)} = CASE WHEN o.before ? '{name}' THEN r.{quoted(name)} ELSE t.{quoted(name)} END" for name in names)
    await session.execute(
        text(
            f"UPDATE {table} t SET {sets}, version = t.version + 1, changed_at = now() FROM touched o, "
            f"jsonb_populate_record(NULL::{table}, o.before) r "
            "WHERE t.id = o.object_id AND NOT o.added AND o.before IS NOT NULL"
        )
    )
    await session.execute(text(f"DELETE FROM {table} t USING touched o WHERE t.id = o.object_id AND o.added"))
