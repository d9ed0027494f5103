"""What people administer and running processes keep in memory: queues, agents, hours, dispositions, pause reasons.

In: a session. Out: `Administered`, one consistent frozen snapshot. Must not be changed in place. Invariant: `state_at` is pure, so it answers
while the database is away. The channel CHANGED is notified by triggers on every table that is read here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import Base, Calendar, CalendarDay, CalendarHours, Disposition, PauseReason, Queue, QueueMember, Role, UserAccount, UserRole

CHANGED = "crm_changed"


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """One calendar. `special`: day -> weekday whose hours hold, or None for closed."""

    weekly: Mapping[int, tuple[tuple[time, time], ...]] = field(default_factory=dict)
    special: Mapping[date, int | None] = field(default_factory=dict)
    emergency: bool = False
    night: bool = False

    @property
    def mode(self) -> str:
        """normal | night | emergency: what somebody switched."""
        return "emergency" if self.emergency else "night" if self.night else "normal"

    def state_at(self, local: datetime) -> str:
        """open | closed | emergency at this local moment."""
        if self.mode != "normal":
            return "emergency" if self.emergency else "closed"
        weekday = self.special.get(local.date(), local.isoweekday())
        periods = self.weekly.get(weekday, ()) if weekday else ()
        clock = local.time()
        return "open" if any(opens <= clock and (clock < closes or closes == time(0)) for opens, closes in periods) else "closed"


@dataclass(frozen=True, slots=True)
class Agent:
    """A user who may take calls; `queues`: name -> penalty."""

    id: int
    username: str
    name: str
    queues: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Administered:
    """Everything of it, read in one transaction. Rows as plain values."""

    queues: tuple[Mapping[str, Any], ...] = ()
    agents: tuple[Agent, ...] = ()
    calendars: Mapping[str, OpeningHours] = field(default_factory=dict)
    dispositions: tuple[Mapping[str, Any], ...] = ()
    pause_reasons: tuple[Mapping[str, Any], ...] = ()


async def read(session: AsyncSession) -> Administered:
    """The snapshot."""
    return Administered(
        await _rows(session, Queue),
        await _agents(session),
        await _calendars(session),
        _tree(await _rows(session, Disposition)),
        tuple({key: row[key] for key in ("code", "title_zh", "title_en", "limit_min")} for row in await _rows(session, PauseReason)),
    )


async def _rows(session: AsyncSession, table: type[Base]) -> tuple[Mapping[str, Any], ...]:
    """Active rows in their order."""
    columns = table.__table__.c
    key = next(iter(table.__table__.primary_key))
    query = select(*[one for one in columns if one.name not in ("version", "changed_at")]).where(columns.active).order_by(columns.sort, key)
    return tuple(dict(row) for row in (await session.execute(query)).mappings())


async def _agents(session: AsyncSession) -> tuple[Agent, ...]:
    """Active users whose roles let them use the desk."""
    query = (
        select(UserAccount)
        .join(UserRole, UserRole.user_id == UserAccount.id)
        .join(Role, Role.code == UserRole.role)
        .where(UserAccount.active, Role.rights.contains(["desk.use"]))
        .order_by(UserAccount.id)
        .distinct()
    )
    members: dict[int, dict[str, int]] = defaultdict(dict)
    for row in await session.scalars(select(QueueMember)):
        members[row.user_id][row.queue] = row.penalty
    return tuple(Agent(user.id, user.username, user.name, dict(members[user.id])) for user in await session.scalars(query))


async def _calendars(session: AsyncSession) -> dict[str, OpeningHours]:
    weekly: dict[str, dict[int, list[tuple[time, time]]]] = defaultdict(lambda: defaultdict(list))
    for row in await session.scalars(select(CalendarHours).order_by(CalendarHours.opens_at)):
        weekly[row.calendar][row.weekday].append((row.opens_at, row.closes_at))
    special: dict[str, dict[date, int | None]] = defaultdict(dict)
    for day in await session.scalars(select(CalendarDay)):
        special[day.calendar][day.day] = day.like_weekday
    return {
        row.name: OpeningHours({day: tuple(periods) for day, periods in weekly[row.name].items()}, special[row.name], row.emergency, row.night)
        for row in await session.scalars(select(Calendar))
    }


def _tree(rows: tuple[Mapping[str, Any], ...]) -> tuple[Mapping[str, Any], ...]:
    """Dispositions as nested values; a child of an inactive parent is left out."""
    shown = ("code", "title_zh", "title_en")
    children: dict[str | None, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        children[row["parent"]].append(row)

    def branch(row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {key: row[key] for key in shown} | {"children": [branch(child) for child in children[row["code"]]]}

    return tuple(branch(row) for row in children[None])
