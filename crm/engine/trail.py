"""The audit trail as people read it: who saw and changed one thing, or everything.

In: filters, who asks. Out: entries with before and after, masked as everywhere. Must not write. Invariant: what somebody sees masked on the page
he sees masked here, and of what he may not read that something was done and no more; entries about a patient's own things stand in his file's trail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.audit_labels import masks_of
from crm.engine.masks import masked
from crm.engine.resource import Resource
from crm.engine.store_rows import Actor
from crm.errors import Forbidden
from crm.models import AuditEntry, UserAccount

READ = "audit.read"
COUNTED = 10_000
# What the engine notes about a change itself; the rest of an entry's data is told as it is.
_NOTED = frozenset({"before", "after", "fields", "version", "reason", "patient_id", "label", "label_masked", "token"})


@dataclass(frozen=True, slots=True)
class TrailAsk:
    """None and "" mean any; `action`: `patient.change`, or `change` of whatever thing; `cursor`: entries before this one;
    `token_id`: what a program did with this token."""

    user_id: int | None = None
    kind: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    cursor: int | None = None
    limit: int = 50
    token_id: int | None = None


async def of_row(session: AsyncSession, resource: Resource, actor: Actor, key: str, ask: TrailAsk) -> dict[str, Any]:
    """Entries about one row, and for a patient about everything of his. Raises Forbidden."""
    mine = (AuditEntry.object_kind == resource.name) & (AuditEntry.object_id == key)
    if resource.person and resource.person == resource.keys[0].name:
        mine = or_(mine, AuditEntry.data.has_key("patient_id") & (AuditEntry.data["patient_id"].astext == key))
    return await _listed(session, actor, [mine], ask)


async def of_all(session: AsyncSession, actor: Actor, ask: TrailAsk) -> dict[str, Any]:
    """The whole trail. Raises Forbidden."""
    return await _listed(session, actor, _reach(actor), ask)


def _reach(actor: Actor) -> list[ColumnElement[bool]]:
    """Deeds of everybody, of the people of one's departments, or one's own."""
    who = actor.principal
    scope = who.scope_of(READ)
    if scope == "hospital":
        return []
    own = AuditEntry.user_id == who.id
    if scope == "own" or not who.department_ids:
        return [own]
    colleagues = select(UserAccount.id).where(UserAccount.department_ids.overlap(list(who.department_ids)))
    return [or_(own, AuditEntry.user_id.in_(colleagues))]


def _conditions(ask: TrailAsk) -> list[ColumnElement[bool]]:
    tests: list[ColumnElement[bool]] = []
    if ask.user_id is not None:
        tests.append(AuditEntry.user_id == ask.user_id)
    if ask.token_id is not None:
        tests.append(AuditEntry.data.has_key("token") & (AuditEntry.data[("token", "id")].astext == str(ask.token_id)))
    if ask.kind:
        tests.append(AuditEntry.object_kind == ask.kind)
    if ask.action:
        whole = AuditEntry.action == ask.action
        tests.append(whole if "." in ask.action else or_(whole, AuditEntry.action.endswith(f".{ask.action}", autoescape=True)))
    if ask.since is not None:
        tests.append(AuditEntry.at >= ask.since)
    if ask.until is not None:
        tests.append(AuditEntry.at < ask.until)
    return tests


async def _listed(session: AsyncSession, actor: Actor, given: Sequence[ColumnElement[bool]], ask: TrailAsk) -> dict[str, Any]:
    if not actor.principal.may(READ):
        raise Forbidden(READ)
    tests = [*given, *_conditions(ask)]
    counted = select(literal(1)).select_from(AuditEntry).where(*tests).limit(COUNTED + 1).subquery()
    total = await session.scalar(select(func.count()).select_from(counted)) or 0
    query = select(AuditEntry, UserAccount.name).outerjoin(UserAccount, UserAccount.id == AuditEntry.user_id).where(*tests)
    if ask.cursor is not None:
        query = query.where(AuditEntry.id < ask.cursor)
    rows = (await session.execute(query.order_by(AuditEntry.id.desc()).limit(ask.limit + 1))).all()
    items = [_entry(actor, entry, name) for entry, name in rows[: ask.limit]]
    more = len(rows) > ask.limit
    return {"items": items, "next": str(items[-1]["id"]) if more else None, "total": min(total, COUNTED), "exact": total <= COUNTED}


def _entry(actor: Actor, entry: AuditEntry, user: str | None) -> dict[str, Any]:
    resource = actor.registry.by_name.get(entry.object_kind)
    known = _readable(actor, entry.object_kind)
    values = {} if not known else entry.pii if entry.pii is not None and ("before" in entry.pii or "after" in entry.pii) else entry.data
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "user": {"id": entry.user_id, "name": user or ""} if entry.user_id is not None else None,
        "token": entry.data.get("token"),
        "action": entry.action,
        "object": {"kind": entry.object_kind, "id": entry.object_id, "label": _label(actor, resource, entry) if known else None},
        "fields": list(entry.data.get("fields", ())) if known else [],
        "before": _side(actor, resource, values.get("before")),
        "after": _side(actor, resource, values.get("after")),
        "reason": entry.data.get("reason", "") if known else "",
        "version": entry.data.get("version"),
        "details": {name: value for name, value in entry.data.items() if known and name not in _NOTED},
    }


def _readable(actor: Actor, kind: str) -> bool:
    """This person may read things of this kind, or the kind has no right of its own."""
    wanted = {f"{kind}.read", f"{kind}.read_own"} & actor.registry.rights.keys()
    return not wanted or not wanted.isdisjoint(actor.principal.rights)


def _label(actor: Actor, resource: Resource | None, entry: AuditEntry) -> str | None:
    """What the thing was called then, masked; None when nobody wrote it down or it was erased."""
    kept = entry.data if "label" in entry.data else entry.pii or {}
    whole = resource is None or all(actor.principal.may(f"see.{mask}") for mask in masks_of(resource))
    return kept.get("label") if whole else kept.get("label_masked", kept.get("label"))


def _side(actor: Actor, resource: Resource | None, values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """By field name, masked; what is made of other fields, as initials are of a name, is not told again."""
    if values is None:
        return None
    fields = {one.stored: one for one in resource.fields} if resource else {}
    hidden = {name for name, one in fields.items() if actor.hidden(one)}
    made = resource.derive if resource else {}
    found: dict[str, Any] = {}
    for column, value in values.items():
        field = fields.get(column)
        if field is not None:
            found[field.name] = masked(field.mask, value) if column in hidden else value
        elif not hidden and column not in made:  # a column that no page shows may tell of one that is masked
            found[column] = value
    return found
