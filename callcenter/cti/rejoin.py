"""Brings a patient whose agent's line broke back to the same agent.

In: phones that go and come back, patients whom the dialplan holds (`PatientHeld`), call events. Out: AMI actions that hold the
patient at once when an agent's page is gone and no sound comes from it any more, and that ring the agent for him when his page is back.
Must not touch a conversation that lives: a page's websocket may break for seconds while the sound goes on. Invariant: one attempt at a time for a
patient, and none once he is in the queue again or has hung up, which `tell` knows before the bus has told it to everybody.
Dialplan: contexts `lost` and `agent-leg` in asterisk-conf; why BlindTransfer: cti/transfer.py.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from callcenter import events as ev
from callcenter import log
from callcenter.bus import Bus
from callcenter.call import Call
from callcenter.cti.agents import Agents
from callcenter.cti.calls import LiveCalls
from callcenter.cti.queue_members import Ami, interface
from callcenter.errors import AsteriskUnavailable, CommandRefused
from callcenter.ports import Clock
from callcenter.settings import Desk

_log = log.get("rejoin")


@dataclass(slots=True)
class Held:
    """A patient who hears music. `talk` is the number of the conversation that is to come; `leg` the agent's channel while he is being rung."""

    linkedid: str
    agent_id: int
    talk: str
    leg: str = ""


class Rejoin:
    """All patients who wait for the agent they talked to."""

    def __init__(self, calls: LiveCalls, agents: Agents, ami: Ami, tell: Callable[[ev.CallEvent], bool], clock: Clock, desk: Desk) -> None:
        self._calls, self._agents, self._ami, self._tell, self._clock, self._desk = calls, agents, ami, tell, clock, desk
        self._held: dict[str, Held] = {}
        self._serial = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    def subscribe(self, bus: Bus) -> None:
        """To be called after LiveCalls."""
        bus.subscribe("rejoin", self.on_event, (ev.AgentConnected, ev.QueueJoined, ev.CallEnded, ev.AgentRingEnded, ev.AgentDisconnected))

    # -- facts -----------------------------------------------------------------------------------------------------------

    def phone_gone(self, agent_id: int) -> None:
        """His contact was removed: the page is gone, or only its websocket."""
        call = self._talking(agent_id)
        if call is not None:
            self._start(f"hold:{call}", self._hold_if_silent(agent_id, call))

    def phone_back(self, agent_id: int, *, another: bool = False) -> None:
        """His page has registered again. `another`: a phone that may know nothing of his talk, though the one that did was never missed."""
        call = self._talking(agent_id) if another else None
        if call is not None:
            self._start(f"hold:{call}", self._hold_if_silent(agent_id, call, another=True))
        for held in list(self._held.values()):
            if held.agent_id == agent_id:
                self._ring(held)

    def patient_held(self, linkedid: str, talk: str) -> None:
        """The dialplan plays music to him. His agent's phone may be there already: the sound alone was lost."""
        call = self._calls.live.get(linkedid)
        agent_id = call.agent_id if call is not None else None
        if agent_id is None:
            return
        held = self._held[linkedid] = Held(linkedid, agent_id, talk)
        self._ring_if_there(held)

    async def on_event(self, event: ev.Event) -> None:
        """Nobody is rung for a patient who talks or is gone; an offer that came to nothing may be made again."""
        held = self._held.get(event.linkedid) if isinstance(event, ev.CallEvent) else None
        match event:
            case ev.AgentConnected() | ev.QueueJoined() | ev.CallEnded():
                self._held.pop(event.linkedid, None)
            case ev.AgentRingEnded() if held is not None and held.leg == event.leg:
                held.leg = ""
            case ev.AgentDisconnected() if held is not None:
                self._ring_if_there(held)

    async def stop(self) -> None:
        """End what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- holding ---------------------------------------------------------------------------------------------------------

    def _talking(self, agent_id: int) -> str | None:
        for call in self._calls.live.values():
            leg = call.talking_leg
            if leg is not None and leg.agent_id == agent_id:
                return call.linkedid
        return None

    async def _hold_if_silent(self, agent_id: int, linkedid: str, *, another: bool = False) -> None:
        call = self._calls.live.get(linkedid)
        leg = call.talking_leg if call is not None else None
        if leg is None or leg.agent_id != agent_id or not await self._is_silent(leg.channel):
            return
        if self._agents.get(agent_id).registered and not another:
            return
        _log.info("page of an agent is gone in a conversation, patient is held", agent=agent_id, linkedid=linkedid)
        await self._ami.send("BlindTransfer", Channel=leg.channel, Context="lost", Exten="hold")

    async def _is_silent(self, channel: str) -> bool:
        """Whether no sound comes from the agent for a moment."""
        before = await self._received(channel)
        await asyncio.sleep(self._desk.silent_line_s)
        return before == await self._received(channel)

    async def _received(self, channel: str) -> str:
        return (await self._ami.send("Getvar", Channel=channel, Variable="CHANNEL(rtcp,rxcount)")).get("Value", "")

    # -- ringing ---------------------------------------------------------------------------------------------------------

    def _ring_if_there(self, held: Held) -> None:
        if self._agents.get(held.agent_id).registered:
            self._ring(held)

    def _ring(self, held: Held) -> None:
        """Not before the talk that broke is known to be over: Asterisk may tell of the patient's music first, and an end that is told after the new
        ring would end that."""
        if not held.leg and self._talking(held.agent_id) != held.linkedid:
            held.leg = f"{held.linkedid}-rejoin-{next(self._serial)}"
            self._start(f"ring:{held.linkedid}", self._originate(held, held.leg))

    async def _originate(self, held: Held, leg: str) -> None:
        call = self._calls.live.get(held.linkedid)
        if call is None:
            return
        who = {"linkedid": held.linkedid, "agent_id": held.agent_id, "leg": leg}
        if not self._tell(ev.AgentRinging(at=self._clock.now(), channel="", queue=call.queue, **who)):
            return
        try:
            await self._ami.send("Originate", **self._order(held, leg, call))
            await asyncio.sleep(self._desk.rejoin_ring_s + 1.0)
        except (AsteriskUnavailable, CommandRefused) as wrong:
            _log.warning("agent cannot be rung again", agent=held.agent_id, reason=type(wrong).__name__)
        if held.leg == leg and self._held.get(held.linkedid) is held:
            self._tell(ev.AgentRingEnded(at=self._clock.now(), outcome="unreachable", **who))

    def _order(self, held: Held, leg: str, call: Call) -> dict[str, object]:
        """What to ask Asterisk for. A call that could not even be placed is told by nobody, hence the look after the time to ring."""
        return {
            "Channel": interface(held.agent_id),
            "ChannelId": leg,
            "Context": "lost",
            "Exten": "rejoin",
            "Priority": "1",
            "Async": "true",
            "Timeout": str(int(self._desk.rejoin_ring_s * 1000)),
            "CallerID": f"<{call.caller_number}>",
            "Variable": [f"CC_PEER={call.channel}", f"CC_TALK={held.talk}"],
        }

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._contained(work), name=f"rejoin:{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _contained(self, work: Coroutine[Any, Any, None]) -> None:
        """What cannot be done leaves the patient to the dialplan, which puts him at the top of his queue."""
        try:
            await work
        except (AsteriskUnavailable, CommandRefused) as wrong:
            _log.warning("agent not brought back", reason=type(wrong).__name__)
        except Exception:  # noqa: BLE001 - the task's outermost frame
            _log.exception("agent not brought back")
