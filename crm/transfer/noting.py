"""Notes in the audit trail what an import did with each row it wrote: whose file was made or changed, by whom, with which values before and after.

In: changes of settled batches. Out: entries of the audit trail, in the order of the file, while the next batches are written. Must not touch what
the import wrote. Invariant: each change is noted once, however often the work was killed: an entry and how far the trail came are committed together;
no import is done or taken back before the trail has followed it; values of personal things stand in the erasable part.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit
from crm.engine.registry import registry
from crm.engine.resource import Resource
from crm.models import ImportChange, ImportNoted, ImportRun
from crm.transfer import runs
from crm.transfer.place import Place

PORTION = 500


class Follower:
    """Notes the batches of one import behind its writer."""

    def __init__(self, place: Place, import_id: int) -> None:
        self._place, self._import = place, import_id
        self._task: asyncio.Task[None] | None = None

    async def batch_settled(self) -> None:
        """Go on, unless that is under way. Raises what kept it from noting a batch before."""
        if self._task is None or self._task.done():
            await self._ended()
            self._task = asyncio.create_task(follow(self._place, self._import), name="transfer:note")

    async def catch_up(self) -> None:
        """Until all is noted."""
        await self._ended()
        await follow(self._place, self._import)

    def leave(self) -> None:
        """What is under way is not gone on with."""
        if self._task is not None:
            self._task.cancel()

    async def _ended(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            await task


async def follow(place: Place, import_id: int) -> None:
    """Note every change that is not noted yet. Others may do so at the same time."""
    while await place.database.run(lambda session: _portion(session, place, import_id), timeout_s=place.limits.chunk_s):
        pass


async def left_behind(session: AsyncSession) -> list[int]:
    """Imports whose changes are not all noted: one whose work was given up, or is under way."""
    noted = select(ImportNoted.row).where(ImportNoted.import_id == ImportRun.id).scalar_subquery()
    more = exists().where(ImportChange.import_id == ImportRun.id, (ImportChange.row > noted) | noted.is_(None))
    return list(await session.scalars(select(ImportRun.id).where(more)))


async def _portion(session: AsyncSession, place: Place, import_id: int) -> bool:
    """Whether there was one."""
    run = await runs.find(session, import_id)
    await session.execute(insert(ImportNoted).values(import_id=import_id).on_conflict_do_nothing())
    noted = (await session.scalars(select(ImportNoted.row).where(ImportNoted.import_id == import_id).with_for_update())).one()
    ahead = select(ImportChange).where(ImportChange.import_id == import_id, ImportChange.row > noted).order_by(ImportChange.row).limit(PORTION)
    changes = (await session.execute(ahead.with_only_columns(*ImportChange.__table__.columns))).all()
    if not changes:
        return False
    thing = registry().by_name[run.resource]
    await audit.write_many(session, place.now(), run.created_by, (_deed(thing, one) for one in changes))
    await session.execute(update(ImportNoted).where(ImportNoted.import_id == import_id).values(row=changes[-1].row))
    return True


def _deed(thing: Resource, change: Any) -> audit.Deed:
    old, new = change.before or {}, change.after or {}
    names = [name for name, value in old.items() if new.get(name) != value]
    data: dict[str, Any] = {"version": change.version, "fields": names, "import_id": change.import_id, "row": change.row}
    if thing.person == thing.keys[0].name:
        data["patient_id"] = change.object_id
    values = {"before": {name: old[name] for name in names}, "after": {name: new.get(name) for name in names}} if names else None
    action = f"{thing.name}.import_{'add' if change.action == 'added' else 'merge'}"
    if values is not None and not thing.personal:
        data, values = data | values, None
    return audit.Deed(action, thing.name, str(change.object_id), data, values)
