"""Who is calling, ready before the agent's phone rings.

In: call events; the directory of callers, asked when the call arrives and again when it joins a queue. Out: `view(agent)`, the call as the agent
sees it, and `watch` callbacks when people become known late. Must not wait when an agent is rung: whatever is known then is shown, the rest follows.
Invariant: people are kept per linkedid and never outlive the last calls kept. Shape: docs/api.md, "CallView".
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from callcenter import events as ev
from callcenter import log
from callcenter.bus import Bus
from callcenter.call import AgentLeg, Call
from callcenter.cti.agent_board import RINGING, TALKING, WRAP_UP, Agent
from callcenter.cti.calls import LiveCalls
from callcenter.errors import StoreUnavailable
from callcenter.ports import CallerDirectory, Directory, PersonCard

KEPT = 1000
WORKERS = 4
_log = log.get("screen_pop")


@dataclass(frozen=True, slots=True)
class PopNames:
    """Where the view gets words from: agents' names, and who is transferring a call at this moment."""

    agent: Callable[[int], str]
    transferring_agent: Callable[[str], int | None] = lambda _linkedid: None


class ScreenPop:
    """The people behind each call, and the call as its agent sees it."""

    def __init__(self, callers: CallerDirectory, directory: Directory, calls: LiveCalls, names: PopNames, lookup_s: float) -> None:
        self._callers, self._directory, self._calls, self._names, self._lookup_s = callers, directory, calls, names, lookup_s
        self._people: OrderedDict[str, tuple[PersonCard, ...]] = OrderedDict()
        self._wanted: asyncio.Queue[str] = asyncio.Queue()
        self._asked: set[str] = set()
        self._watchers: list[Callable[[str], None]] = []

    # -- wiring ------------------------------------------------------------------------------------------------------------

    def subscribe(self, bus: Bus) -> None:
        """To be called after LiveCalls and Agents."""
        bus.subscribe("screen_pop", self.on_event, (ev.CallArrived, ev.QueueJoined, ev.AgentRinging, ev.AgentConnected))

    def watch(self, callback: Callable[[str], None]) -> None:
        """`callback(linkedid)` when its people became known."""
        self._watchers.append(callback)

    async def run(self) -> None:
        """Look people up until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(WORKERS):
                group.create_task(self._work(), name=f"screen-pop:lookup-{number}")

    async def on_event(self, event: ev.Event) -> None:
        if isinstance(event, ev.CallEvent):
            self.prefetch(event.linkedid)

    def prefetch(self, linkedid: str) -> None:
        """Ask who it is unless that is known or being asked."""
        if linkedid not in self._people and linkedid not in self._asked:
            self._asked.add(linkedid)
            self._wanted.put_nowait(linkedid)

    # -- reading -----------------------------------------------------------------------------------------------------------

    def people(self, linkedid: str) -> tuple[PersonCard, ...]:
        return self._people.get(linkedid, ())

    def forget(self, linkedid: str) -> None:
        """Nobody is behind this call any more."""
        self._people[linkedid] = ()

    def put_person(self, linkedid: str, card: PersonCard) -> None:
        """An agent chose or made this person: the card stands with the call from now on."""
        others = tuple(one for one in self.people(linkedid) if one.id != card.id)
        self._keep(linkedid, (card, *others))

    def view(self, agent: Agent) -> dict[str, Any] | None:
        """The agent's call, None when he has none. Plain JSON values. People not known yet are asked for, also after a restart of ours."""
        if not agent.linkedid:
            return None
        self.prefetch(agent.linkedid)
        call = self._calls.get(agent.linkedid) or Call(agent.linkedid)
        leg = _leg_of(call, agent)
        queue = (leg.queue if leg else "") or agent.queue or call.queue
        known = self._directory.queues().get(queue)
        return {
            "linkedid": call.linkedid,
            "phase": _phase(call, agent),
            "caller_number": call.caller_number,
            "queue": queue,
            "queue_title_zh": known.title_zh if known else "",
            "queue_title_en": known.title_en if known else "",
            "waited_s": _waited_s(call, leg),
            "ringing_at": _iso(leg.ringing_at if leg else agent.since),
            "connected_at": _iso(leg.connected_at if leg else None),
            "ivr_path": [
                {"flow": step.flow, "version": step.version, "node": step.node, "at": _iso(step.at), "exit": step.exit} for step in call.ivr_path
            ],
            "language": call.language,
            "people": [card_as_json(card) for card in self.people(call.linkedid)],
            "patient_id": call.patient_id,
            "transferred_from": self._transferred_from(call, agent.id),
        }

    # -- inner -------------------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            linkedid = await self._wanted.get()
            try:
                await self._look_up(linkedid)
            finally:
                self._asked.discard(linkedid)

    async def _look_up(self, linkedid: str) -> None:
        call = self._calls.get(linkedid)
        if call is None or not call.caller_number:
            return
        try:
            async with asyncio.timeout(self._lookup_s):
                found = await self._callers.people_at(call.caller_number)
        except (StoreUnavailable, TimeoutError):
            _log.warning("caller not looked up", linkedid=linkedid)
            return
        self._keep(linkedid, found)

    def _keep(self, linkedid: str, people: tuple[PersonCard, ...]) -> None:
        self._people[linkedid] = people
        self._people.move_to_end(linkedid)
        while len(self._people) > KEPT:
            self._people.popitem(last=False)
        for watcher in self._watchers:
            watcher(linkedid)

    def _transferred_from(self, call: Call, agent_id: int) -> str | None:
        sender = self._names.transferring_agent(call.linkedid)
        if sender is None and call.transfers:
            sender = next((leg.agent_id for leg in reversed(call.legs) if leg.connected_at and leg.agent_id != agent_id), None)
        return self._names.agent(sender) if sender is not None and sender != agent_id else None


def card_as_json(card: PersonCard) -> dict[str, Any]:
    """A person card with JSON values only."""
    return {one.name: _plain(getattr(card, one.name)) for one in fields(card)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if hasattr(value, "items"):
        return {key: _plain(one) for key, one in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else value


def _phase(call: Call, agent: Agent) -> str:
    if agent.state is RINGING:
        return "ringing"
    if agent.state is TALKING:
        return "held" if call.held_at else "talking"
    return "wrap_up" if agent.state is WRAP_UP else agent.state.value


def _leg_of(call: Call, agent: Agent) -> AgentLeg | None:
    own = [leg for leg in call.legs if leg.agent_id == agent.id]
    return next((leg for leg in own if leg.leg == agent.leg), own[-1] if own else None)


def _waited_s(call: Call, leg: AgentLeg | None) -> float:
    """Time in queues until this agent's phone rang."""
    if call.queue_joined_at and leg:
        return round(call.wait_s + max((leg.ringing_at - call.queue_joined_at).total_seconds(), 0.0), 1)
    return round(call.wait_s, 1)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
