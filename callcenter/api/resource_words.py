"""What the description says of fields, filters and operations of a declared thing, for who knows only that. Pure.

In: declarations. Out: one line of text each, Chinese title first. Must not say what the shape says already.
Invariant: every word comes from the declaration, so it is that of the screens.
"""

from __future__ import annotations

from crm.engine.registry import Registry
from crm.engine.resource import Field, Move, Resource

LIST = "Filters are `field=value` and `field__operator=value`; above ten thousand rows `total` is an estimate and `exact` false."
ADD = "Answers the new row as it is stored."
DETAIL = "With its related lists and the moves that can be made; for a personal thing the look is audited."
CHANGE = "Send the version that was read and only the fields that change; a stale version is 409 of type `stale`."
BULK = "Either `changes` or `move` with `values`, of at most 500 rows, all or none; problems name `items.<id>.<field>`."
DELETE = "What is removable is hidden and can be brought back; what others refer to is 409 of type `in_use`."
RESTORE = "Of a row that was removed."
REVEAL = "That somebody looked is audited."
FILL = "Everybody whom the list of `source` finds is entered once; who may not be taken, such as who wants no contact, is counted as barred."
TRAIL = "The newest first, masked as everywhere."
_OPERATORS = {
    "eq": "is", "ne": "is not", "in": "is one of these, with commas between", "prefix": "begins with", "contains": "contains",
    "empty": "is empty (true) or not (false)", "gt": "after, more than", "ge": "from", "lt": "before, less than", "le": "up to", "has": "holds",
    "any": "holds one of these, with commas between",
}  # fmt: skip
STANDARD = {
    "sort": "Order; `-` before a field turns it round. Empty: as the list usually is.",
    "limit": "Rows of a page.",
    "cursor": "`next` of the page before, asked for in the same order with the same filters.",
    "ids": "Only these, with commas between.",
    "removed": "The removed rows instead; needs the right to delete.",
}
ANSWERED = {
    "_label": "What people call this row.",
    "_refs": "By field: what people call the row it refers to.",
    "_masked": "Fields whose values are shown masked.",
    "_removed": "The row is hidden and can be brought back.",
    "_related": "By name: the newest rows of other things that belong to this one, in their own list's shape; only when one row is read.",
    "_moves": "Moves this token or person can make with the row now.",
    "version": "Sent back with a change, so that nobody overwrites what he did not see.",
}


def of_field(field: Field, resource: Resource, registry: Registry) -> str:
    """Its titles, what its values mean, and what it refers to."""
    said = [_both(field.title)]
    if field.hint:
        said.append(_both(field.hint))
    if field.choices:
        said.append(", ".join(f"{value!r}: {zh} / {en}" for value, zh, en in field.choices))
    if field.dictionary:
        said.append(f"entry of the list of words `{field.dictionary}` (/api/dictionary-entries?dictionary={field.dictionary})")
    other = registry.referred(resource, field) if field.kind in ("ref", "refs") or field.resource else None
    if other is not None and other.served:
        said.append(f"key of /api/{other.path}")
    if field.mask:
        said.append(f"masked without the right see.{field.mask}")
    return ". ".join(said) + "."


def of_row(resource: Resource, registry: Registry) -> dict[str, str]:
    """Of every value of a row."""
    return ANSWERED | {one.name: f"{_both(one.title)}." for one in resource.extras} | of_fields(resource, registry)


def of_fields(resource: Resource, registry: Registry) -> dict[str, str]:
    return {"version": ANSWERED["version"]} | {one.name: of_field(one, resource, registry) for one in resource.fields}


def of_filter(field: Field, operator: str) -> str:
    return f"{_both(field.title)}: {_OPERATORS[operator]}."


def of_search(resource: Resource) -> str:
    if resource.search is None:
        return "This thing has no quick search."
    return f"Quick search: {_both(resource.search.hint)}." if resource.search.hint else "Quick search."


def of_move(move: Move) -> str:
    return f"From {' or '.join(f'`{one}`' for one in move.from_states)} to `{move.to}`; in another state the answer is 409 of type `state`."


def _both(words: tuple[str, str]) -> str:
    return " / ".join(dict.fromkeys(words))
