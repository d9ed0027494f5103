"""Who is told that something is his to look after now, and that he has seen it.

In: a row that was written and who wrote it; a row that was opened and who opened it. Out: rows of handed_over. Must not decide who may see the row.
Invariant: nobody is told of what he took himself, nor of what has been given on since; what is opened by its owner is seen. The bell:
crm/things/bell.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.resource import Resource, Values, Written
from crm.models import HandedOver

CHANGED = "bell_changed"  # told with the id of whose bell it is


async def tell(session: AsyncSession, written: Written, called: str) -> None:
    """After a write: the row has another owner than before, who did not make himself that."""
    resource, now = written.resource, _owner(written.resource, written.after)
    if not resource.owner or (written.after is not None and now == _owner(resource, written.before)):
        return
    mark = (HandedOver.kind == resource.name, HandedOver.object_id == str(written.id))
    if now is None or now == written.by:
        await session.execute(delete(HandedOver).where(*mark))
        return
    values = {"user_id": now, "title": called[:200], "by": written.by, "at": written.at, "seen_at": None}
    row = insert(HandedOver).values(kind=resource.name, object_id=str(written.id), **values)
    await session.execute(row.on_conflict_do_update(index_elements=["kind", "object_id"], set_=values))
    await session.execute(select(func.pg_notify(CHANGED, str(now))))


def _owner(resource: Resource, row: Values | None) -> int | None:
    return row[resource.owner] if resource.owner and row is not None else None


async def seen(session: AsyncSession, resource: Resource, row: Mapping[str, Any], key: str, who: int) -> None:
    """He opened it."""
    if _owner(resource, row) != who:
        return
    mark = (HandedOver.kind == resource.name, HandedOver.object_id == key, HandedOver.user_id == who, HandedOver.seen_at.is_(None))
    await session.execute(update(HandedOver).where(*mark).values(seen_at=func.now()))
