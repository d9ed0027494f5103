"""Queues, agents, opening hours, dispositions and pause reasons in memory: the ports Directory and Hours.

In: snapshots of crm.telephony.administered, read at start and whenever the database says that something changed. Out: the same answers while the
database is away. Must not be asked for people. Invariant: readers see one whole snapshot, never half of two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from callcenter import log
from callcenter.crm_gateway import notices, snapshot_file
from callcenter.crm_gateway.store import Store
from callcenter.ports import AgentProfile, QueueSettings
from crm.telephony import administered

_log = log.get("directory")
_QUEUE_FIELDS = tuple(one.name for one in fields(QueueSettings))


class CrmDirectory:
    """Implements ports.Directory and ports.Hours. What the file `kept` holds until the first `refresh`; empty without one."""

    def __init__(self, store: Store, zone: ZoneInfo, kept: Path | None = None) -> None:
        self._store, self._zone, self._kept = store, zone, kept
        self._now = administered.Administered()
        self._queues: dict[str, QueueSettings] = {}
        self._agents: dict[int, AgentProfile] = {}
        self._watchers: list[Callable[[], None]] = []
        if kept is not None and (known := snapshot_file.read(kept)):
            self._take(known)

    # -- reading ------------------------------------------------------------------------------------------------------

    def queues(self) -> Mapping[str, QueueSettings]:
        return self._queues

    def agents(self) -> Mapping[int, AgentProfile]:
        return self._agents

    def calendars(self) -> frozenset[str]:
        """Names that a flow may use."""
        return frozenset(self._now.calendars)

    def modes(self) -> Mapping[str, str]:
        """Calendar -> normal | night | emergency, as somebody switched it."""
        return {name: hours.mode for name, hours in self._now.calendars.items()}

    def state_at(self, calendar: str, now: datetime) -> str:
        hours = self._now.calendars.get(calendar)
        return hours.state_at(now.astimezone(self._zone)) if hours else "closed"

    def dispositions(self) -> Sequence[Mapping[str, Any]]:
        """The tree, as docs/api.md shows it."""
        return self._now.dispositions

    def pause_reasons(self) -> Sequence[Mapping[str, Any]]:
        return self._now.pause_reasons

    # -- keeping up ---------------------------------------------------------------------------------------------------

    def watch(self, callback: Callable[[], None]) -> None:
        """`callback()` after each change of the snapshot, synchronously."""
        self._watchers.append(callback)

    async def refresh(self) -> None:
        read = await self._store.ask(administered.read)
        if read == self._now:
            return
        self._take(read)
        if self._kept is not None:
            await asyncio.to_thread(snapshot_file.write, self._kept, read)
        for callback in self._watchers:
            callback()

    def _take(self, read: administered.Administered) -> None:
        self._now = read
        self._queues = {row["name"]: QueueSettings(**{name: row[name] for name in _QUEUE_FIELDS}) for row in read.queues}
        self._agents = {one.id: AgentProfile(one.id, one.username, one.name, one.queues) for one in read.agents}

    async def run(self) -> None:
        """Follow the database's notices until cancelled; whatever was missed is read after each reconnect."""
        await notices.follow(self._store.database, administered.CHANGED, self.refresh)
