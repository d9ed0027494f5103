"""Tells Asterisk's queues who takes calls and who is free.

In: `touch(agent_id)` whenever an agent's state or queues may have changed. Out: AMI `Setvar DEVICE_STATE(...)`, `QueueAdd`, `QueueRemove` and
`QueuePenalty`.
Must not decide anything: what is wanted is asked anew at each attempt, so the last word always wins. Invariant: after `run` has caught up,
Asterisk holds exactly what is wanted; while the link is down the wants wait, `resync` compares everything. AMI: "Queue" actions of app_queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from callcenter import log
from callcenter.cti.ami_words import agent_named, number
from callcenter.errors import AsteriskUnavailable, CommandRefused

_log = log.get("queue_members")


class Ami(Protocol):
    """The part of the AMI link that is used here."""

    async def send(self, action: str, **headers: Any) -> Mapping[str, str]:
        """Raises CommandRefused, AsteriskUnavailable."""
        ...

    async def collect(self, action: str, end_event: str, **headers: Any) -> list[Mapping[str, str]]:
        """The events of a list action. Raises like `send`."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """How one agent stands to the queues. `queues`: name -> penalty, empty when he is in none."""

    device_state: str
    queues: Mapping[str, int] = field(default_factory=dict)
    name: str = ""


def interface(agent_id: int) -> str:
    """The agent's phone, as queues and dialplan call it."""
    return f"PJSIP/agent-{agent_id}"


class QueueMembers:
    """Keeps Asterisk's members and device states equal to what is wanted."""

    def __init__(self, ami: Ami, wanted: Callable[[int], Wanted]) -> None:
        self._ami, self._wanted = ami, wanted
        self._told: dict[int, str] = {}
        self._members: dict[int, dict[str, int]] = {}
        self._dirty: set[int] = set()
        self._wake = asyncio.Event()
        self._resync_for: set[int] | None = None

    def touch(self, agent_id: int) -> None:
        """Look at this agent again, soon."""
        self._dirty.add(agent_id)
        self._wake.set()

    def resync(self, agent_ids: Iterable[int]) -> None:
        """The link is new: ask who is a member of what, tell every device state again."""
        self._resync_for = set(agent_ids)
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.catch_up()

    async def catch_up(self) -> None:
        """Tell everything that waits; what cannot be told waits for the next change or resync."""
        try:
            if self._resync_for is not None:
                await self._read_members(self._resync_for)
            while self._dirty:
                await asyncio.gather(*(self._tell(one) for one in self._take()))
        except (AsteriskUnavailable, CommandRefused) as wrong:
            _log.info("queues not told", waiting=len(self._dirty), reason=type(wrong).__name__)

    def _take(self) -> list[int]:
        taken = sorted(self._dirty)
        self._dirty.clear()
        return taken

    async def _read_members(self, agent_ids: set[int]) -> None:
        rows = await self._ami.collect("QueueStatus", "QueueStatusComplete")
        self._members = {}
        for row in rows:
            agent_id = agent_named(row.get("Location", "")) if row.get("Event") == "QueueMember" else None
            if agent_id is not None:
                self._members.setdefault(agent_id, {})[row.get("Queue", "")] = number(row.get("Penalty"))
        self._told = {}
        self._resync_for = None
        self._dirty |= agent_ids | set(self._members)

    async def _tell(self, agent_id: int) -> None:
        try:
            await self._tell_state(agent_id)
            await self._tell_queues(agent_id)
        except CommandRefused as refused:
            _log.warning("queues refused a member", agent=agent_id, action=refused.action, reason=refused.reason)
        except AsteriskUnavailable:
            self._told.pop(agent_id, None)
            self._dirty.add(agent_id)
            raise

    async def _tell_state(self, agent_id: int) -> None:
        state = self._wanted(agent_id).device_state
        if self._told.get(agent_id) != state:
            await self._ami.send("Setvar", Variable=f"DEVICE_STATE(Custom:agent-{agent_id})", Value=state)
            self._told[agent_id] = state

    async def _tell_queues(self, agent_id: int) -> None:
        wanted = self._wanted(agent_id)
        there = self._members.setdefault(agent_id, {})
        for queue in sorted(there.keys() - wanted.queues.keys()):
            await self._tolerant("QueueRemove", Queue=queue, Interface=interface(agent_id))
            there.pop(queue, None)
        for queue, penalty in wanted.queues.items():
            if queue not in there:
                state = f"Custom:agent-{agent_id}"
                await self._tolerant(
                    "QueueAdd", Queue=queue, Interface=interface(agent_id), StateInterface=state, Penalty=str(penalty), MemberName=wanted.name
                )
            elif there[queue] != penalty:
                await self._tolerant("QueuePenalty", Queue=queue, Interface=interface(agent_id), Penalty=str(penalty))
            there[queue] = penalty

    async def _tolerant(self, action: str, **headers: str) -> None:
        """Asterisk refuses to add whom it has and to remove whom it has not: both are what was wanted."""
        try:
            await self._ami.send(action, **headers)
        except CommandRefused as refused:
            if not any(word in refused.reason for word in ("Already there", "Not there", "not there")):
                raise
