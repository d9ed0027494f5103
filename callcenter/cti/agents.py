"""The agents' states as the product lives them: the pure board, driven by the bus, the desk, the phones and the clock.

In: call events, wishes from the desk, phones that come and go. Out: `AgentStateChanged` on the bus, device states and queue members through
`QueueMembers`, `watch` callbacks for live screens. Must not wait inside an event handler: Asterisk is told by a task of its own.
Invariant: a queue sees an agent as free only while the board says available. Recipe: docs/decisions.md, "the agent's state is ours".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from callcenter import events as ev
from callcenter import log
from callcenter.bus import Bus
from callcenter.call import Call
from callcenter.cti.agent_board import OFFLINE, ON_A_CALL, Agent, AgentBoard, AgentState, Rules, Wish, device_state
from callcenter.cti.ami_words import agent_named
from callcenter.cti.queue_members import Ami, QueueMembers, Wanted
from callcenter.errors import AsteriskUnavailable, CommandRefused
from callcenter.ports import Clock, Directory
from callcenter.settings import Desk

LONGEST_SLEEP_S = 30.0
CLOCK_STEP_S = 2.0
_REGISTERED = {"NOT_INUSE", "INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"}
_log = log.get("agents")


class Agents:
    """Every agent of this node. One writer: the event loop."""

    def __init__(self, directory: Directory, ami: Ami, publish: Callable[[ev.Event], None], clock: Clock, desk: Desk) -> None:
        self._directory, self._ami, self._publish, self._clock, self._desk = directory, ami, publish, clock, desk
        rules = Rules(self._wrap_up_s, desk.ring_no_answer == "pause", desk.phone_grace_s)
        self.board = AgentBoard(rules, self._changed, clock.now())
        self.members = QueueMembers(ami, self._wanted)
        self._watchers: list[Callable[[int], None]] = []
        self._deadline_moved = asyncio.Event()
        self._phone_news: set[int] = set()
        self._looking = asyncio.Lock()
        self._wall_ahead_s = self._wall_ahead()

    # -- wiring ----------------------------------------------------------------------------------------------------------

    def subscribe(self, bus: Bus) -> None:
        """To be called after LiveCalls and before whoever shows agents."""
        bus.subscribe("agents", self.on_event, _FACTS)

    def watch(self, callback: Callable[[int], None]) -> None:
        """`callback(agent_id)` at every difference, synchronously."""
        self._watchers.append(callback)

    def at_start(self, last_states: Iterable[ev.AgentStateChanged]) -> None:
        """The last known state of each agent, from the journal."""
        self.board.restore(last_states)

    async def run(self) -> None:
        """Timers and the teller of Asterisk, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.members.run(), name="agents:queue-members")
            group.create_task(self._expire_forever(), name="agents:timers")

    # -- reading ---------------------------------------------------------------------------------------------------------

    def get(self, agent_id: int) -> Agent:
        return self.board.get(agent_id)

    def name(self, agent_id: int) -> str:
        """The agent's name as administered, else empty."""
        profile = self._directory.agents().get(agent_id)
        return profile.name if profile else ""

    def signed_in(self) -> list[int]:
        return [one.id for one in self.board.all().values() if one.state is not OFFLINE]

    # -- wishes of the desk ------------------------------------------------------------------------------------------------

    def request(self, agent_id: int, state: str, reason: str = "", by: str = "agent") -> bool:
        """True: done. False: kept for after the call."""
        return self.board.request(agent_id, Wish(AgentState(state), reason), self._now(), by)

    def sign_out(self, agent_id: int) -> None:
        """He signed out."""
        self.board.sign_out(agent_id, self._now())

    def sign_in_lost(self, agent_id: int) -> None:
        """His last login session was taken away, or ran out."""
        self.board.sign_in_lost(agent_id, self._now())

    def closed(self, agent_id: int, linkedid: str) -> bool:
        """The disposition of this call is recorded."""
        return self.board.closed(agent_id, linkedid, self._now())

    def reserve(self, agent_id: int, linkedid: str) -> bool:
        """Take a free agent for a call that is sent to him now."""
        now = self._now()
        return self.board.reserve(agent_id, linkedid, now, now + timedelta(seconds=self._desk.transfer_ring_s))

    def transfer_failed(self, linkedid: str) -> None:
        """The dialplan could not put this call through: whoever was reserved for it and did not ring is free again."""
        for agent in self.board.on_call(linkedid):
            if agent.until is not None:
                self.unreserve(agent.id, linkedid)

    def unreserve(self, agent_id: int, linkedid: str) -> None:
        """The call was not sent after all."""
        self.board.ring_ended(agent_id, linkedid, "", "caller_left", self._now())

    def directory_changed(self) -> None:
        """Queues or memberships were administered anew."""
        for agent_id in self._everybody():
            self.members.touch(agent_id)

    # -- facts -----------------------------------------------------------------------------------------------------------

    async def on_event(self, event: ev.Event) -> None:
        self._follow_clock()
        match event:
            case ev.AgentRinging():
                fits = self.board.ringing(event.agent_id, event.linkedid, event.leg, event.at, event.queue)
                self._noticed(fits, event.agent_id, event.kind)
            case ev.AgentRingEnded():
                self.board.ring_ended(event.agent_id, event.linkedid, event.leg, event.outcome, event.at)
            case ev.AgentConnected():
                fits = self.board.connected(event.agent_id, event.linkedid, event.leg, event.at, event.queue)
                self._noticed(fits, event.agent_id, event.kind)
            case ev.AgentDisconnected():
                self.board.disconnected(event.agent_id, event.linkedid, event.leg, event.at)
            case ev.CallEnded():
                self.board.call_ended(event.linkedid, event.at)

    def phone_registered(self, agent_id: int, registered: bool) -> None:
        """The agent's contact came or went."""
        self._phone_news.add(agent_id)
        self.board.phone(agent_id, registered, self._now())

    async def asterisk_up(self, calls: Mapping[str, Call]) -> None:
        """The link is (again) there and `calls` are reconciled: agree with them, then tell Asterisk everything."""
        self._agree_with(calls)
        await self._look_for_phones()
        self.members.resync(self._everybody())

    async def expire(self) -> None:
        """End what has lasted long enough. Asterisk is asked once more for a phone that is missed: its list may be older than a registration."""
        if self.board.misses_a_phone(self._now()):
            await self._look_for_phones()
        self.board.expire(self._now())

    def _agree_with(self, calls: Mapping[str, Call]) -> None:
        now = self._now()
        for agent in list(self.board.all().values()):
            if agent.state in ON_A_CALL and not _has_leg(calls.get(agent.linkedid), agent.id):
                self.board.disconnected(agent.id, agent.linkedid, "", now)
        for call in calls.values():
            leg = call.talking_leg
            if leg is not None:
                self.board.connected(leg.agent_id, call.linkedid, leg.leg, leg.connected_at or now, leg.queue)

    async def _look_for_phones(self) -> None:
        """What phones tell while Asterisk is asked is newer than its answer."""
        async with self._looking:
            self._phone_news.clear()
            registered = await self._phones()
            self.board.phones(registered, self._now(), but=self._phone_news)

    async def _phones(self) -> set[int] | None:
        """Agents with a registered phone; None when Asterisk does not say."""
        try:
            rows = await self._ami.collect("DeviceStateList", "DeviceStateListComplete")
        except (AsteriskUnavailable, CommandRefused):
            return None
        agents = (agent_named(row.get("Device", "")) for row in rows if row.get("State", "") in _REGISTERED)
        return {agent_id for agent_id in agents if agent_id is not None}

    # -- time --------------------------------------------------------------------------------------------------------------

    def _now(self) -> datetime:
        self._follow_clock()
        return self._clock.now()

    def _wall_ahead(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _follow_clock(self) -> None:
        """Somebody set the machine's clock: what lasts must not end at once, nor an hour late."""
        ahead_s = self._wall_ahead()
        step_s = ahead_s - self._wall_ahead_s
        if abs(step_s) < CLOCK_STEP_S:
            return
        self._wall_ahead_s = ahead_s
        _log.warning("the machine's clock was set", step_s=round(step_s, 1))
        self.board.clock_set(timedelta(seconds=step_s))

    async def _expire_forever(self) -> None:
        while True:
            self._deadline_moved.clear()
            due = self.board.next_deadline()
            wait_s = (due - self._now()).total_seconds() if due else LONGEST_SLEEP_S
            try:
                async with asyncio.timeout(min(max(wait_s, 0.0), LONGEST_SLEEP_S)):
                    await self._deadline_moved.wait()
            except TimeoutError:
                await self.expire()

    # -- inner -------------------------------------------------------------------------------------------------------------

    def _changed(self, old: Agent, new: Agent, by: str) -> None:
        """The page first: what moved the agent is written down already."""
        for watcher in self._watchers:
            watcher(new.id)
        if (old.state, old.reason, old.linkedid) != (new.state, new.reason, new.linkedid):
            _log.info("agent moved", agent=new.id, old=old.state.value, new=new.state.value, reason=new.reason, by=by, linkedid=new.linkedid)
            self._publish(
                ev.AgentStateChanged(
                    at=new.since,
                    agent_id=new.id,
                    state=new.state.value,
                    previous=old.state.value,
                    reason=new.reason,
                    linkedid=new.linkedid,
                    until=new.until,
                    by=by,
                )
            )
        self.members.touch(new.id)
        self._deadline_moved.set()

    def _noticed(self, fits: bool, agent_id: int, fact: str) -> None:
        if not fits:
            _log.warning("agent is on another call", agent=agent_id, fact=fact)
            self.members.touch(agent_id)

    def _wanted(self, agent_id: int) -> Wanted:
        agent, profile = self.board.get(agent_id), self._directory.agents().get(agent_id)
        if agent.state is OFFLINE or profile is None:
            return Wanted("UNAVAILABLE")
        known = self._directory.queues()
        queues = {name: penalty for name, penalty in profile.queues.items() if name in known}
        return Wanted(device_state(agent), queues, profile.username)

    def _wrap_up_s(self, queue: str) -> float:
        known = self._directory.queues()
        settings = known.get(queue) or next(iter(known.values()), None)
        return float(settings.wrap_up_s) if settings else 60.0

    def _everybody(self) -> set[int]:
        return set(self._directory.agents()) | set(self.board.all())


_FACTS = (ev.AgentRinging, ev.AgentRingEnded, ev.AgentConnected, ev.AgentDisconnected, ev.CallEnded)


def _has_leg(call: Call | None, agent_id: int) -> bool:
    return call is not None and any(leg.agent_id == agent_id and not leg.ended_at for leg in call.legs)
