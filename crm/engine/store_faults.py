"""What PostgreSQL refuses, as an error that names the field.

In: an IntegrityError or DataError of SQLAlchemy. Out: Taken, InUse, InvalidValues. Must not show statements or values.
Invariant: an outage stays what it is. Error codes: PostgreSQL manual, appendix A.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError

from crm.database import is_outage
from crm.engine.resource import Resource
from crm.errors import InUse, InvalidValue, InvalidValues, Taken


@asynccontextmanager
async def translated(resource: Resource) -> AsyncIterator[None]:
    """Raises Taken, InUse or InvalidValues instead of the server's error."""
    try:
        yield
    except DBAPIError as wrong:
        if is_outage(wrong):
            raise
        raise _fault(resource, wrong) from wrong


def _fault(resource: Resource, wrong: DBAPIError) -> Exception:
    cause: Any = getattr(wrong.orig, "__cause__", None)
    state, constraint = getattr(cause, "sqlstate", "") or "", getattr(cause, "constraint_name", "") or ""
    table, column = getattr(cause, "table_name", "") or "", getattr(cause, "column_name", "") or ""
    field = _field(resource, constraint, column)
    match state:
        case "23505" | "23P01":
            return Taken(field)
        case "23503" if table != resource.table.name:
            return InUse(table)
        case "23503":
            return InvalidValues([InvalidValue(field, "refers to something that is not there", "choose one that exists")])
        case "23502":
            return InvalidValues([InvalidValue(field, "is needed", "fill it in")])
        case "23514":
            return InvalidValues([InvalidValue(field, "breaks a rule of this thing", "correct this value")])
    return InvalidValues([InvalidValue(field, "cannot be stored", "correct this value")])


def _field(resource: Resource, constraint: str, column: str) -> str:
    """The field a constraint or column is about; the constraint's own name when it is about none."""
    by_column = {one.stored: one.name for one in resource.fields if one.through is None}
    if column:
        return by_column.get(column, column)
    for one in (*resource.table.constraints, *resource.table.indexes):
        columns = [by_column[each.name] for each in getattr(one, "columns", ()) if each.name in by_column]
        if str(one.name) == constraint and columns:
            return next((name for name in columns if name not in (resource.person, resource.scope.through)), columns[0])
    name = constraint.removeprefix("ck_").removeprefix("uq_").removeprefix("ex_").removeprefix(f"{resource.table.name}_")
    return by_column.get(name, name)
