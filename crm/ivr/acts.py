"""Does an action of a call once, whatever happens to who asked for it.

In: the action's key, the deed. Out: the deed's answer, or the answer it gave the first time. Must not answer before the deed is stored: both
are one transaction. Invariant: of two who ask with the same key at the same time one does it, and both get its answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import By
from crm.models import IvrAct


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the call, the number it came from in E.164 ("" when hidden), its language, the moment and the hospital's zone."""

    linkedid: str
    number: str
    language: str
    now: datetime
    zone: tzinfo

    @property
    def by(self) -> By:
        """The same for booking."""
        return By("phone", self.now, self.zone, linkedid=self.linkedid)


@dataclass(frozen=True, slots=True)
class Answer:
    """How an action ended, and what the flow may remember of it. JSON values only."""

    exit: str
    values: Mapping[str, Any] = field(default_factory=dict)


Deed = Callable[[], Awaitable[Answer]]


async def once(session: AsyncSession, key: str, name: str, now: datetime, deed: Deed) -> Answer:
    """Do `deed` under `key`, or give its first answer."""
    claimed = insert(IvrAct).values(key=key, name=name, answer={}, at=now).on_conflict_do_nothing().returning(IvrAct.key)
    if await session.scalar(claimed) is None:
        return await _first_answer(session, key)
    answer = await deed()
    kept = {"exit": answer.exit, "values": dict(answer.values)}
    await session.execute(update(IvrAct).where(IvrAct.key == key).values(answer=kept))
    return answer


async def _first_answer(session: AsyncSession, key: str) -> Answer:
    kept = await session.scalar(select(IvrAct.answer).where(IvrAct.key == key))
    return Answer(kept["exit"], kept["values"]) if kept else Answer("unavailable")
