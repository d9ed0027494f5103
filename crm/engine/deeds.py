"""What is written down of one row that was added, changed or taken away: which columns, and their values before and after.

In: a resource, stored rows. Out: `audit.Deed`. Pure. Must not keep a secret. Invariant: values of personal things stand in the part of an entry
that can be erased, and whose file it was stands in the part that stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from crm.engine import audit
from crm.engine.resource import Resource, Values
from crm.engine.store_rows import as_json, key_text

_NOTHING: Mapping[str, Any] = {}


def deed_of(resource: Resource, action: str, before: Values | None, after: Values | None, more: Values = _NOTHING) -> audit.Deed:
    """`before` and `after`: whole rows by column. `more`: words beside them; `linked`: what became of many-to-manys."""
    row = after or before or {}
    names = [one for one in _audited(resource) if before is None or after is None or before[one] != after[one]]
    values = {side: {name: as_json(one[name]) for name in names} for side, one in (("before", before), ("after", after)) if one is not None}
    known = {"version": row.get("version"), "fields": names} | {key: value for key, value in more.items() if key != "linked"}
    for name, sides in more.get("linked", {}).items():
        known["fields"] = [*known["fields"], name]
        for side in values:
            values[side][name] = sides[side]
    if resource.person and row[resource.person] is not None:
        known["patient_id"] = row[resource.person]
    object_id = str(key_text(resource, row))
    if resource.personal:
        return audit.Deed(f"{resource.name}.{action}", resource.name, object_id, known, values)
    return audit.Deed(f"{resource.name}.{action}", resource.name, object_id, known | values)


def _audited(resource: Resource) -> Iterable[str]:
    """Columns whose values are kept: all but secrets and what the engine counts."""
    secret = {one.stored for one in resource.fields if one.write_only}
    return [one.name for one in resource.table.columns if one.name not in secret | {"version", "changed_at", "created_at"}]
