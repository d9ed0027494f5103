"""What every agent is doing, as a state machine over facts. Pure.

In: facts of calls (ringing, connected, gone), wishes of agents, the time. Out: `changed(old, new, by)` for every difference, in order.
Must not wait, send or read a clock: times are given. Invariant: an agent belongs to at most one call; who is ringing, talking or in
wrap-up is never shown to a queue as free. Moves stand in `MOVES`. Why the state is ours: docs/decisions.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.events import AgentStateChanged


class AgentState(StrEnum):
    """What an agent is doing."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"


OFFLINE, AVAILABLE, RINGING, TALKING, WRAP_UP, PAUSED = AgentState
ON_A_CALL = frozenset({RINGING, TALKING})
BUSY = ON_A_CALL | {WRAP_UP}
BACK_WITHIN = timedelta(minutes=2)

MOVES: dict[AgentState, frozenset[AgentState]] = {
    OFFLINE: frozenset({AVAILABLE, PAUSED, RINGING, TALKING}),
    AVAILABLE: frozenset({RINGING, TALKING, PAUSED, OFFLINE}),
    RINGING: frozenset({TALKING, WRAP_UP, AVAILABLE, PAUSED, OFFLINE}),
    TALKING: frozenset({WRAP_UP, AVAILABLE, PAUSED, OFFLINE}),
    WRAP_UP: frozenset({AVAILABLE, PAUSED, OFFLINE, RINGING, TALKING}),
    PAUSED: frozenset({AVAILABLE, PAUSED, OFFLINE, RINGING, TALKING}),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """Where an agent wants to be: available, paused with a reason, or offline."""

    state: AgentState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent. `until`: when wrap-up, or an offer nobody confirmed, ends by itself. `registered` None: not known whether a phone is there.
    `again`: he is rung for the patient he has talked to, so his wrap-up of that talk is still to come."""

    id: int
    since: datetime
    state: AgentState = OFFLINE
    reason: str = ""
    linkedid: str = ""
    leg: str = ""
    queue: str = ""
    until: datetime | None = None
    after_call: Wish | None = None
    closed_early: bool = False
    again: bool = False
    registered: bool | None = None
    phone_lost_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """How long things last, and what happens to an agent who did not answer."""

    wrap_up_s: Callable[[str], float] = lambda _queue: 60.0
    pause_after_no_answer: bool = True
    phone_grace_s: float = 10.0


def device_state(agent: Agent) -> str:
    """What the queues are told: only an available agent with a phone is free."""
    if agent.state in BUSY:
        return "INUSE"
    return "NOT_INUSE" if agent.state is AVAILABLE and agent.registered is not False else "UNAVAILABLE"


class AgentBoard:
    """All agents. Methods return whether the fact or wish fitted the agent's state."""

    def __init__(self, rules: Rules, changed: Callable[[Agent, Agent, str], None], start: datetime) -> None:
        self._rules, self._changed, self._start = rules, changed, start
        self._agents: dict[int, Agent] = {}
        self._without_news: bool | None = None

    # -- reading -------------------------------------------------------------------------------------------------------

    def get(self, agent_id: int) -> Agent:
        """The agent; one never heard of is offline."""
        known = self._agents.get(agent_id)
        lost_at = self._start if self._without_news is False else None
        return known or Agent(agent_id, self._start, registered=self._without_news, phone_lost_at=lost_at)

    def all(self) -> Mapping[int, Agent]:
        return self._agents

    def on_call(self, linkedid: str) -> list[Agent]:
        """Everybody who rings or talks in this call."""
        return [one for one in self._agents.values() if one.linkedid == linkedid and one.state in ON_A_CALL]

    def next_deadline(self) -> datetime | None:
        """When `expire` has something to do."""
        return min((due for one in self._agents.values() if (due := self._due(one))), default=None)

    def misses_a_phone(self, now: datetime) -> bool:
        """Whether `expire` would take somebody out because his phone is not there."""
        return any(one.state is AVAILABLE and (due := self._due(one)) is not None and due <= now for one in self._agents.values())

    # -- wishes --------------------------------------------------------------------------------------------------------

    def request(self, agent_id: int, wish: Wish, at: datetime, by: str = "agent") -> bool:
        """True: done. False: kept until the call and its wrap-up are over."""
        agent = self.get(agent_id)
        if agent.state in BUSY:
            self._put(agent, replace(agent, after_call=wish), by)
            return False
        self._go(agent, wish, at, by)
        return True

    def sign_out(self, agent_id: int, at: datetime, by: str = "agent") -> None:
        """Offline now, or as soon as the other side of a running call is gone; no wrap-up then."""
        agent = self.get(agent_id)
        if agent.state in ON_A_CALL:
            self._put(agent, replace(agent, after_call=Wish(OFFLINE), closed_early=True), by)
        else:
            self._go(agent, Wish(OFFLINE), at, by)

    def sign_in_lost(self, agent_id: int, at: datetime, by: str = "agent") -> None:
        """It was taken away: offline now, or when his call and its wrap-up are over. Who signs in again meanwhile finds what he wrote."""
        agent = self.get(agent_id)
        if agent.state in BUSY:
            self._put(agent, replace(agent, after_call=Wish(OFFLINE)), by)
        else:
            self._go(agent, Wish(OFFLINE), at, by)

    def closed(self, agent_id: int, linkedid: str, at: datetime) -> bool:
        """The agent recorded his disposition of the call: wrap-up ends, or will not begin."""
        agent = self.get(agent_id)
        if agent.linkedid != linkedid or agent.state not in (TALKING, WRAP_UP):
            return False
        if agent.state is TALKING:
            self._put(agent, replace(agent, closed_early=True), "agent")
        else:
            self._release(agent, at, "agent")
        return True

    def reserve(self, agent_id: int, linkedid: str, at: datetime, until: datetime) -> bool:
        """Take a free agent for a call that is being sent to him, so that no queue offers him another."""
        agent = self.get(agent_id)
        if device_state(agent) != "NOT_INUSE":
            return False
        self._move(agent, RINGING, at, "transfer", linkedid=linkedid, until=until)
        return True

    # -- facts ---------------------------------------------------------------------------------------------------------

    def ringing(self, agent_id: int, linkedid: str, leg: str, at: datetime, queue: str = "") -> bool:
        """False: he is on another call; the offer is not his."""
        agent = self.get(agent_id)
        if agent.state in ON_A_CALL:
            if not _same(agent, linkedid, leg):
                return False
            self._put(agent, replace(agent, leg=leg, queue=queue or agent.queue, until=None), "queue")
            return True
        again = agent.state is WRAP_UP and agent.linkedid == linkedid
        self._move(agent, RINGING, at, "queue", linkedid=linkedid, leg=leg, queue=queue, after_call=_back_to(agent), again=again)
        return True

    def ring_ended(self, agent_id: int, linkedid: str, leg: str, outcome: str, at: datetime) -> bool:
        """The offer is over without a conversation."""
        agent = self.get(agent_id)
        if agent.state is not RINGING or not _same(agent, linkedid, leg):
            return False
        missed = self._rules.pause_after_no_answer and outcome != "caller_left"
        self._release(agent, at, "queue", Wish(PAUSED, "no_answer") if missed else Wish(AVAILABLE))
        return True

    def connected(self, agent_id: int, linkedid: str, leg: str, at: datetime, queue: str = "") -> bool:
        """Patient and agent hear each other. False: he talks in another call."""
        agent = self.get(agent_id)
        if agent.state is TALKING or (agent.state is RINGING and agent.linkedid != linkedid):
            return agent.linkedid == linkedid
        wish = agent.after_call if agent.state is RINGING else _back_to(agent)
        self._move(
            agent, TALKING, at, "queue", linkedid=linkedid, leg=leg, queue=queue or agent.queue, after_call=wish, closed_early=agent.closed_early
        )
        return True

    def disconnected(self, agent_id: int, linkedid: str, leg: str, at: datetime) -> bool:
        """His leg is gone."""
        agent = self.get(agent_id)
        if agent.state not in ON_A_CALL or not _same(agent, linkedid, leg):
            return False
        self._leave_call(agent, at)
        return True

    def call_ended(self, linkedid: str, at: datetime) -> None:
        """The patient is gone; everybody on this call is free of it."""
        for agent in self.on_call(linkedid):
            self._leave_call(agent, at)

    def phone(self, agent_id: int, registered: bool | None, at: datetime) -> None:
        """His phone registered, or went away; None: not known. A break that only the lost phone made ends with its return, unless it lasted long."""
        agent = self.get(agent_id)
        lost_at = (agent.phone_lost_at or at) if registered is False else None
        self._put(agent, replace(agent, registered=registered, phone_lost_at=lost_at), "phone")
        agent = self.get(agent_id)
        if registered and (agent.state, agent.reason) == (PAUSED, "connection_lost") and at - agent.since <= BACK_WITHIN:
            self._go(agent, Wish(AVAILABLE), at, "phone")

    def phones(self, registered: Collection[int] | None, at: datetime, but: Collection[int] = ()) -> None:
        """Every agent's phone at once, except those of `but`; None: nobody can say."""
        self._without_news = None if registered is None else False
        for agent_id in {*self._agents, *(registered or ())} - set(but):
            self.phone(agent_id, agent_id in registered if registered is not None else None, at)

    def expire(self, now: datetime) -> None:
        """End what has lasted long enough: wrap-up, unconfirmed offers, availability without a phone."""
        for agent in list(self._agents.values()):
            due = self._due(agent)
            if due is None or due > now:
                continue
            if agent.state is AVAILABLE:
                self._go(agent, Wish(PAUSED, "connection_lost"), now, "phone")
            else:
                self._release(agent, now, "time")

    def clock_set(self, step: timedelta) -> None:
        """Times are given by another clock from here on: everything began, and ends, `step` later on it."""
        for agent in list(self._agents.values()):
            until, lost_at = agent.until and agent.until + step, agent.phone_lost_at and agent.phone_lost_at + step
            self._put(agent, replace(agent, since=agent.since + step, until=until, phone_lost_at=lost_at), "clock")

    def restore(self, records: Iterable[AgentStateChanged]) -> None:
        """Begin with what the journal says, without telling anybody."""
        for one in records:
            state = AgentState(one.state)
            self._agents[one.agent_id] = Agent(one.agent_id, one.at, state, one.reason, one.linkedid, until=one.until)

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _due(self, agent: Agent) -> datetime | None:
        if agent.state is AVAILABLE and agent.phone_lost_at:
            return max(agent.phone_lost_at, agent.since) + timedelta(seconds=self._rules.phone_grace_s)
        return agent.until

    def _leave_call(self, agent: Agent, at: datetime) -> None:
        wrap_up_s = self._rules.wrap_up_s(agent.queue)
        if (agent.state is RINGING and not agent.again) or agent.closed_early or wrap_up_s <= 0:
            self._release(agent, at, "queue")
            return
        until = at + timedelta(seconds=wrap_up_s)
        self._move(agent, WRAP_UP, at, "queue", linkedid=agent.linkedid, queue=agent.queue, until=until, after_call=agent.after_call)

    def _release(self, agent: Agent, at: datetime, by: str, otherwise: Wish = Wish(AVAILABLE)) -> None:
        self._go(agent, agent.after_call or otherwise, at, by)

    def _go(self, agent: Agent, wish: Wish, at: datetime, by: str) -> None:
        if (agent.state, agent.reason) != (wish.state, wish.reason):
            self._move(agent, wish.state, at, by, reason=wish.reason)

    def _move(self, agent: Agent, state: AgentState, at: datetime, by: str, **details: object) -> None:
        if state not in MOVES[agent.state]:
            raise ValueError(f"agent {agent.id}: no move from {agent.state} to {state}")
        lost_at = agent.phone_lost_at
        fresh = Agent(agent.id, at, state, registered=agent.registered, phone_lost_at=lost_at)
        self._put(agent, replace(fresh, **details), by)  # type: ignore[arg-type]

    def _put(self, old: Agent, new: Agent, by: str) -> None:
        self._agents[new.id] = new
        if new != old:
            self._changed(old, new, by)


def _same(agent: Agent, linkedid: str, leg: str) -> bool:
    return agent.linkedid == linkedid and (not agent.leg or not leg or agent.leg == leg)


def _back_to(agent: Agent) -> Wish | None:
    """An offer that crossed with a pause or a sign-out must not make the agent available afterwards."""
    if agent.state in (PAUSED, OFFLINE):
        return Wish(agent.state, agent.reason)
    return agent.after_call
