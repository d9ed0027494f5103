"""What points to a row of a table: the links that a merge carries over and an undo must not break.

In: a table. Out: (table, column) of every link to it. Must not read the database. Invariant: a link that a new model brings is found by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Table

from crm.models.base import Base

HISTORY = frozenset({"import_change", "import_noted", "import_problem", "import_run", "patient_merge", "audit_entry"})
"""Tables that tell what was: they keep the number a row had."""


def pointing(table: Table) -> Iterator[tuple[str, str]]:
    """(table, column) of everything that points to a row of `table`: foreign keys, and columns of that name in tables filled from events."""
    for other in Base.metadata.sorted_tables:
        if other.name in HISTORY:
            continue
        for column in other.columns:
            keyed = any(key.column.table is table for key in column.foreign_keys)
            if keyed or (column.name == f"{table.name}_id" and not column.foreign_keys and other is not table):
                yield other.name, column.name
