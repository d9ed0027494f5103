"""Writes of every declared thing: add, change, remove, restore, move, bulk.

In: a session inside a transaction, a resource, who asks, values. Out: the row as that person sees it. Must not commit.
Invariant: a row is changed only from the version its editor saw, only to values that fit, only within the editor's reach before and after;
the audit entry with before and after stands in the same transaction. Values of personal things stand in its erasable part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit, audit_labels, handed
from crm.engine.deeds import deed_of
from crm.engine.resource import Move, Resource, Values, Written
from crm.engine.store_ask import within
from crm.engine.store_checks import check_refs, hashed, not_masked, same, still_within
from crm.engine.store_faults import translated
from crm.engine.store_rows import Actor, key_is, key_of, key_text, shown
from crm.engine.store_values import checked, refused
from crm.errors import Conflict, Forbidden, InvalidValue, InvalidValues, NotFound, Stale, WrongState
from crm.models import AuditEntry, UserAccount

MOST_AT_ONCE = 500


def _require(actor: Actor, resource: Resource, action: str) -> None:
    if not actor.may(resource, action):
        raise Forbidden(resource.right(action))


# -- add and change ---------------------------------------------------------------------------------------------------


async def add(session: AsyncSession, resource: Resource, actor: Actor, values: Values, *, action: str = "add") -> dict[str, Any]:
    """The new row. Raises Forbidden, InvalidValues, Taken."""
    _require(actor, resource, "add")
    not_masked(resource, actor, values)
    given = await hashed(resource, checked(resource, values, adding=True, plan=actor.plan))
    nested = {name: values[name] for name in list(given) if resource.by_name[name].into and given.pop(name) not in (None, "")}
    plain, linked = _split(resource, given)
    await check_refs(session, resource, actor, given, {})
    stored = _derived(resource, plain) | _as_given(resource, values, plain)
    if resource.owner and actor.scope_of(resource, "add") == "own":
        stored[resource.owner] = stored.get(resource.owner) or actor.principal.id
    if "created_by" in resource.table.columns:
        stored.setdefault("created_by", actor.principal.id)
    async with translated(resource):
        row = (await session.execute(insert(resource.table).values(stored).returning(*resource.table.columns))).mappings().one()
        sets = await _link(session, resource, row, linked)
    await still_within(session, resource, actor, row, "add")
    await _done(session, resource, actor, action, None, row, {"linked": sets} if sets else {})
    await _add_nested(session, resource, actor, row, nested)
    return await _seen(session, resource, actor, await _after_hooks(session, resource, row))


async def _add_nested(session: AsyncSession, resource: Resource, actor: Actor, row: Values, nested: Values) -> None:
    """The first row of a related list, from the fields of the form that go there; nothing when its first field is empty."""
    for related in resource.related:
        fields = [one for one in resource.fields if one.into and one.into[0] == related.name]
        values = {one.into[1]: nested[one.name] for one in fields if one.into and one.name in nested}
        if not fields or not fields[0].into or fields[0].into[1] not in values:
            continue
        try:
            await add(session, actor.registry.by_name[related.resource], actor, {related.by: row[resource.keys[0].name], **values})
        except InvalidValues as wrong:
            names = {one.into[1]: one.name for one in fields if one.into}
            raise InvalidValues([InvalidValue(names.get(one.field, one.field), one.rule, one.mend) for one in wrong.faults]) from wrong


async def change(session: AsyncSession, resource: Resource, actor: Actor, key: str, version: int, values: Values) -> dict[str, Any]:
    """The changed row. Raises Forbidden, NotFound, Stale, InvalidValues, Taken."""
    _require(actor, resource, "change")
    return await _changed(session, resource, actor, key, version, values, action="change")


async def _changed(
    session: AsyncSession, resource: Resource, actor: Actor, key: str, version: int, values: Values, *, action: str, via: Move | None = None
) -> dict[str, Any]:
    not_masked(resource, actor, values)
    ready = await hashed(resource, values)
    row = await locked(session, resource, actor, key, version, action)
    _check_state(resource, actor, row, via, await _seen(session, resource, actor, row) if via else {})
    allowed = frozenset((*via.asks, *via.needs)) if via else None
    given = checked(resource, ready, adding=False, allowed=allowed, whole=_by_field(resource, row), plan=actor.plan)
    if via:
        _check_needs(resource, via, given)
    await check_refs(session, resource, actor, given, _by_field(resource, row))
    plain, linked = _split(resource, given)
    stored = _derived(resource, plain, row) | _as_given(resource, values, plain, row)
    if via:
        stored |= await _moved(session, resource, actor, via, row, given)
    new = await _write(session, resource, row, stored, linked)
    if new is not None:
        await still_within(session, resource, actor, new[0], "read")
        await _done(session, resource, actor, action, row, new[0], {"linked": new[1]} if new[1] else {}, via)
        row = await _after_hooks(session, resource, new[0], via)
    return await _seen(session, resource, actor, row)


async def _after_hooks(session: AsyncSession, resource: Resource, row: Values, via: Move | None = None) -> Values:
    """The row as it is once its hooks have done their work."""
    if resource.after is None and (via is None or via.effect is None):
        return row
    return (await session.execute(select(*resource.table.columns).where(*same(resource, row)))).mappings().one()


async def _write(
    session: AsyncSession, resource: Resource, row: Values, stored: Values, linked: Mapping[str, Sequence[Any]]
) -> tuple[Values, dict[str, Any]] | None:
    """The new row and what became of its many-to-manys; None when nothing differs."""
    differing = {name: value for name, value in stored.items() if row[name] != value}
    async with translated(resource):
        sets = await _link(session, resource, row, linked)
        if not differing and not sets:
            return None
        counted = {"version": row["version"] + 1, "changed_at": func.now()} if resource.versioned else {}
        query = update(resource.table).where(*same(resource, row)).values(differing | counted).returning(*resource.table.columns)
        return (await session.execute(query)).mappings().one(), sets


async def locked(session: AsyncSession, resource: Resource, actor: Actor, key: str, version: int | None, action: str) -> Values:
    """The row, locked until the transaction ends: nobody changes what he may not see. Raises NotFound, Stale."""
    limit = within(resource, actor, "read", action)
    query = select(*resource.table.columns).where(*key_is(resource, key_of(resource, key)), *([] if limit is None else [limit])).with_for_update()
    row = (await session.execute(query)).mappings().first()
    if row is None or (resource.removable and row["removed_at"] is not None and action != "restore"):
        raise NotFound(resource.name)
    if resource.versioned and row["version"] != version:
        raise await _stale(session, resource, actor, row, version or 0)
    return row


async def _stale(session: AsyncSession, resource: Resource, actor: Actor, row: Values, version: int) -> Stale:
    """What is there now, and what others changed since `version`, as the audit trail tells."""
    query = (
        select(AuditEntry.data, AuditEntry.at, UserAccount.id, UserAccount.name)
        .outerjoin(UserAccount, UserAccount.id == AuditEntry.user_id)
        .where(AuditEntry.object_kind == resource.name, AuditEntry.object_id == str(key_text(resource, row)), AuditEntry.data.has_key("version"))
        .order_by(AuditEntry.id.desc())
        .limit(100)
    )
    entries = [one for one in (await session.execute(query)).all() if int(one.data["version"]) > version]
    names = [name for one in entries for name in one.data.get("fields", ())]
    last = entries[0] if entries else None
    by = {"id": last.id, "name": last.name} if last and last.id is not None else None
    return Stale(await _seen(session, resource, actor, row), sorted(set(names)), by, last.at if last else None)


async def _seen(session: AsyncSession, resource: Resource, actor: Actor, row: Values) -> dict[str, Any]:
    made = (await shown(session, actor, resource, [row], "detail"))[0]
    return made | {"_moves": [one.name for one in possible_moves(resource, actor, row)]}


# -- values by column ------------------------------------------------------------------------------------------------


def _by_field(resource: Resource, row: Values) -> dict[str, Any]:
    return {one.name: row[one.stored] for one in resource.fields if one.stored in row}


def _split(resource: Resource, given: Values) -> tuple[dict[str, Any], dict[str, Sequence[Any]]]:
    """Values by column, and many-to-manys by field."""
    linked = {name: value for name, value in given.items() if resource.by_name[name].through is not None}
    return {resource.by_name[name].stored: value for name, value in given.items() if name not in linked}, linked


def _derived(resource: Resource, stored: dict[str, Any], row: Values | None = None) -> dict[str, Any]:
    made = {column: compute(stored[source]) for column, (source, compute) in resource.derive.items() if stored.get(source) is not None}
    return stored | {name: value for name, value in made.items() if row is None or row[name] != value}


def _as_given(resource: Resource, written: Values, stored: Values, row: Values | None = None) -> dict[str, Any]:
    """How new values were written before they were brought into form, where a column keeps it."""
    found: dict[str, Any] = {}
    for field in resource.fields:
        if field.as_given and field.stored in stored and (row is None or row[field.stored] != stored[field.stored]):
            length = getattr(resource.table.columns[field.as_given].type, "length", None)
            found[field.as_given] = str(written.get(field.name) or "").strip()[:length]
    return found


# -- many-to-many -----------------------------------------------------------------------------------------------------


async def _link(session: AsyncSession, resource: Resource, row: Values, linked: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Make the sets what they should be; field -> {before, after} of those that changed."""
    found: dict[str, Any] = {}
    for name, wanted in linked.items():
        through = resource.by_name[name].through
        assert through is not None
        table, key = through.model.__table__, row[resource.keys[0].name]
        here, there = table.columns[through.here], table.columns[through.there]
        had = set((await session.scalars(select(there).where(here == key))).all())
        if had == set(wanted):
            continue
        if had - set(wanted):
            await session.execute(delete(table).where(here == key, there.in_(had - set(wanted))))  # type: ignore[arg-type]
        if new := [one for one in wanted if one not in had]:
            await session.execute(insert(table), [{through.here: key, through.there: one} for one in new])  # type: ignore[arg-type]
        found[name] = {"before": sorted(had), "after": sorted(wanted)}
    return found


# -- moves ------------------------------------------------------------------------------------------------------------


def possible_moves(resource: Resource, actor: Actor, row: Values) -> list[Move]:
    """What this person may do with the row in its state."""
    if not resource.state or (resource.removable and row["removed_at"] is not None):
        return []
    state = row[resource.by_name[resource.state].stored]
    return [one for one in resource.moves if state in one.from_states and actor.may(resource, one.name)]


def _check_state(resource: Resource, _actor: Actor, row: Values, via: Move | None, seen: Values) -> None:
    if via is not None and row[resource.by_name[resource.state].stored] not in via.from_states:
        raise WrongState(seen, via.name)


def _check_needs(resource: Resource, via: Move, given: Values) -> None:
    lacking = [refused(resource.by_name[name], "is needed for this step", "fill it in") for name in via.needs if given.get(name) in (None, "", [])]
    if lacking:
        raise InvalidValues(lacking)


async def _moved(session: AsyncSession, resource: Resource, actor: Actor, via: Move, row: Values, given: Values) -> dict[str, Any]:
    found = await via.before(session, actor, row, given) if via.before is not None else {}
    words = {"now": actor.at, "today": actor.today, "me": actor.principal.id}
    sets = {name: words.get(value, value) if isinstance(value, str) else value for name, value in via.sets.items()}
    return {resource.by_name[resource.state].stored: via.to, **sets, **found}


async def move(session: AsyncSession, resource: Resource, actor: Actor, key: str, version: int, name: str, values: Values) -> dict[str, Any]:
    """The row in its new state. Raises Forbidden, NotFound, Stale, WrongState, InvalidValues."""
    via = resource.move(name)
    if via is None:
        raise NotFound(f"step {name}")
    _require(actor, resource, name)
    return await _changed(session, resource, actor, key, version, values, action=name, via=via)


# -- remove and restore -----------------------------------------------------------------------------------------------


async def remove(session: AsyncSession, resource: Resource, actor: Actor, key: str, version: int, reason: str) -> None:
    """Hide or delete the row. Raises Forbidden, NotFound, Stale, InvalidValues, InUse."""
    _require(actor, resource, "delete")
    if resource.delete_needs_reason and not reason.strip():
        raise InvalidValues([refused("reason", "is needed", "say why the entry is removed")])
    row = await locked(session, resource, actor, key, version, "delete")
    async with translated(resource):
        if resource.removable:
            hidden = {"removed_at": actor.at, "removed_reason": reason.strip()[:500], **_next_version(resource, row)}
            await session.execute(update(resource.table).where(*same(resource, row)).values(hidden))
        else:
            await session.execute(delete(resource.table).where(*same(resource, row)))
    await _done(session, resource, actor, "delete", row, None, {"reason": reason.strip()[:500]})


def _next_version(resource: Resource, row: Values) -> dict[str, Any]:
    return {"version": row["version"] + 1, "changed_at": func.now()} if resource.versioned else {}


async def restore(session: AsyncSession, resource: Resource, actor: Actor, key: str, version: int) -> dict[str, Any]:
    """The row is there again. Raises Forbidden, NotFound, Stale."""
    _require(actor, resource, "delete")
    row = await locked(session, resource, actor, key, version, "restore")
    if not resource.removable or row["removed_at"] is None:
        raise Conflict("the entry is not removed")
    back = {"removed_at": None, "removed_reason": "", **_next_version(resource, row)}
    query = update(resource.table).where(*same(resource, row)).values(back).returning(*resource.table.columns)
    new = (await session.execute(query)).mappings().one()
    await _done(session, resource, actor, "restore", row, new, {})
    return await _seen(session, resource, actor, new)


# -- many at once -----------------------------------------------------------------------------------------------------


async def bulk(
    session: AsyncSession, resource: Resource, actor: Actor, items: Sequence[tuple[str, int]], values: Values, step: str = ""
) -> list[dict[str, Any]]:
    """Change or move them all, or none: id and new version of each. Raises InvalidValues whose fields begin with `items.<id>`."""
    _require(actor, resource, "bulk")
    if not 0 < len(items) <= MOST_AT_ONCE:
        raise InvalidValues([refused("items", f"are 1 to {MOST_AT_ONCE}", "choose fewer")])
    faults: list[InvalidValue] = []
    done: list[dict[str, Any]] = []
    for key, version in sorted(items):
        try:
            if step:
                row = await move(session, resource, actor, key, version, step, values)
            else:
                row = await change(session, resource, actor, key, version, values)
            done.append({"id": row["id"], "version": row.get("version", 0)})
        except InvalidValues as wrong:
            faults += [InvalidValue(f"items.{key}.{one.field}", one.rule, one.mend) for one in wrong.faults]
        except (Stale, WrongState, NotFound, Conflict) as wrong:
            faults.append(InvalidValue(f"items.{key}", str(wrong) or "does not exist", "load the list again"))
    if faults:
        raise InvalidValues(faults)
    return done


# -- the audit trail --------------------------------------------------------------------------------------------------


async def _done(
    session: AsyncSession, resource: Resource, actor: Actor, action: str, before: Values | None, after: Values | None, more: Values,
    via: Move | None = None,
) -> None:  # fmt: skip
    """What follows from a write in the same transaction: hooks, then the entry in the audit trail."""
    row = after or before or {}
    who = actor.principal
    told = Written(resource, action, key_text(resource, row), before, after, who.id, actor.at, who.rights, who.scopes, who.department_ids)
    for hook in (resource.after, via.effect if via else None):
        if hook is not None:
            async with translated(resource):
                await hook(session, told)
    called = await audit_labels.of_row(session, resource, row)
    await handed.tell(session, told, called.label if called else resource.title[0])
    await audit.write(session, actor.at, actor.principal.id, replace(deed_of(resource, action, before, after, more), called=called))
