"""How people want to see their lists: filters, columns, order, kept per user and shared on wish.

In: a user's views. Out: plain values. Must not check the filters' meaning: the list itself does. Invariant: one standard view a user and thing;
only its owner changes a view.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.registry import registry
from crm.engine.resource import Field, Resource
from crm.engine.store_faults import translated
from crm.errors import InvalidValue, NotFound
from crm.models import SavedView

Values = Mapping[str, Any]
# Names the field of a refused view; views are no declared thing.
VIEW_FAULTS = Resource(SavedView, ("视图", "View"), (Field("title", ("名称", "Title")),), label="title", actions="read")


def _shown(row: SavedView, user_id: int) -> dict[str, Any]:
    return {
        "id": row.id, "resource": row.resource, "title": row.title, "query": row.query, "columns": row.columns, "sort": row.sort,
        "shared": row.shared, "mine": row.user_id == user_id, "standard": row.standard and row.user_id == user_id,
    }  # fmt: skip


async def views(session: AsyncSession, user_id: int, resource: str) -> list[dict[str, Any]]:
    """Own and shared views of one thing, own ones first."""
    query = select(SavedView).where(SavedView.resource == resource, or_(SavedView.user_id == user_id, SavedView.shared))
    rows = await session.scalars(query.order_by(SavedView.user_id != user_id, SavedView.title))
    return [_shown(row, user_id) for row in rows]


async def save(session: AsyncSession, user_id: int, resource: Resource, values: Values) -> dict[str, Any]:
    """A new view. Raises Taken for a title he has already."""
    if values.get("standard"):
        await _no_standard(session, user_id, resource.name)
    async with translated(VIEW_FAULTS):
        row = await session.scalar(insert(SavedView).values(user_id=user_id, resource=resource.name, **values).returning(SavedView))
    assert row is not None
    return _shown(row, user_id)


async def change(session: AsyncSession, user_id: int, view_id: int, values: Values) -> dict[str, Any]:
    """His changed view. Raises NotFound, InvalidValue, Taken."""
    row = await session.scalar(select(SavedView).where(SavedView.id == view_id, SavedView.user_id == user_id).with_for_update())
    if row is None:
        raise NotFound("view")
    _check_columns(row.resource, values.get("columns") or ())
    if values.get("standard") and not row.standard:
        await _no_standard(session, user_id, row.resource)
    async with translated(VIEW_FAULTS):
        for name, value in values.items():
            setattr(row, name, value)
        await session.flush()
    return _shown(row, user_id)


def _check_columns(name: str, columns: Sequence[str]) -> None:
    thing = registry().by_name.get(name)
    known = {*thing.by_name, *(extra.name for extra in thing.extras)} if thing else set()
    if unknown := [one for one in columns if one not in known]:
        raise InvalidValue("columns", f"{unknown[0][:60]} is no field", "leave it out")


async def _no_standard(session: AsyncSession, user_id: int, resource: str) -> None:
    mine = update(SavedView).where(SavedView.user_id == user_id, SavedView.resource == resource, SavedView.standard)
    await session.execute(mine.values(standard=False))


async def remove(session: AsyncSession, user_id: int, view_id: int) -> None:
    """Raises NotFound."""
    query = delete(SavedView).where(SavedView.id == view_id, SavedView.user_id == user_id).returning(SavedView.id)
    if await session.scalar(query) is None:
        raise NotFound("view")

