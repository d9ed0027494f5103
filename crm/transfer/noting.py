"""Notes in the audit trail what an import did with each row it wrote: whose file was made or changed, by whom, with which values before and after.

In: the rows of `import_change` of one batch, in its transaction. Out: entries of the audit trail. Must not commit.
Invariant: a file that an import touched says so in its own trail; values of personal things stand in the erasable part.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit
from crm.engine.registry import registry
from crm.engine.resource import Resource
from crm.models import ImportRun

PIECE = 2_500
_CHANGES = """
SELECT c.row, c.object_id, c.action, c.version, c.before, CASE WHEN c.before IS NOT NULL THEN to_jsonb(t) END AS after
FROM import_change c JOIN {table} t ON t.id = c.object_id WHERE c.import_id = :run AND c.row BETWEEN :first AND :last ORDER BY c.row
"""


async def note(session: AsyncSession, run: ImportRun, first: int, last: int, at: datetime) -> None:
    """The rows `first` to `last` of the file."""
    thing = registry().by_name[run.resource]
    query = text(_CHANGES.format(table=thing.table.name))
    for start in range(first, last + 1, PIECE):
        piece = {"run": run.id, "first": start, "last": min(start + PIECE - 1, last)}
        rows = (await session.execute(query, piece)).mappings().all()
        await audit.write_many(session, at, run.created_by, (_deed(thing, run.id, dict(row)) for row in rows))


def _deed(thing: Resource, run: int, row: Mapping[str, Any]) -> audit.Deed:
    old, new = row["before"] or {}, row["after"] or {}
    names = [name for name, value in old.items() if new.get(name) != value]
    data: dict[str, Any] = {"version": row["version"], "fields": names, "import_id": run, "row": row["row"]}
    if thing.person == thing.keys[0].name:
        data["patient_id"] = row["object_id"]
    values = {"before": {name: old[name] for name in names}, "after": {name: new.get(name) for name in names}} if names else None
    action = f"{thing.name}.import_{'add' if row['action'] == 'added' else 'merge'}"
    if values is not None and not thing.personal:
        data, values = data | values, None
    return audit.Deed(action, thing.name, str(row["object_id"]), data, values)
