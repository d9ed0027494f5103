"""What a supervisor sees: queues, agents, calls, and the figures of today.

In: call events (after LiveCalls), agents' states, the stored calls of today. Out: `board()`, `waiting()`, `agent_figures()` as plain JSON.
Must not read a store or a clock by itself. Invariant: a figure is the sum over `share(call)` of every call that began today, so that it equals the
same question asked of the stored call records. Shape: docs/api.md, "board".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from callcenter import events as ev
from callcenter.bus import Bus
from callcenter.call import Call, CallStatus, Outcome
from callcenter.cti.agent_board import AVAILABLE, OFFLINE, PAUSED, TALKING, WRAP_UP, Agent
from callcenter.cti.agents import Agents
from callcenter.cti.calls import LiveCalls
from callcenter.ports import AgentProfile, Clock, Directory

QUEUE_FIGURES = ("offered", "answered", "abandoned", "answered_in_level")
TODAY_FIGURES = ("calls", "answered", "abandoned", "self_served", "messages")
AGENT_FIGURES = ("answered", "talk_s", "missed")
Key = tuple[str, str, str]


def share(call: Call, service_level_s: Mapping[str, int]) -> Counter[Key]:
    """What one call adds to today's figures: (today | queue | agent, whose, figure) -> amount."""
    answered = any(leg.connected_at for leg in call.legs)
    abandoned = call.outcome is Outcome.ABANDONED
    found: Counter[Key] = Counter({("today", "", "calls"): 1})
    found["today", "", "answered"] += answered
    found["today", "", "abandoned"] += abandoned
    found["today", "", "self_served"] += call.outcome is Outcome.SELF_SERVED
    found["today", "", "messages"] += len(call.message_ids)
    if call.queue:
        found["queue", call.queue, "offered"] += 1
        found["queue", call.queue, "answered"] += answered
        found["queue", call.queue, "abandoned"] += abandoned
        found["queue", call.queue, "answered_in_level"] += answered and call.wait_s <= service_level_s.get(call.queue, 20)
    for leg in call.legs:
        talked = (leg.ended_at - leg.connected_at).total_seconds() if leg.connected_at and leg.ended_at else 0
        found["agent", str(leg.agent_id), "answered"] += leg.connected_at is not None
        found["agent", str(leg.agent_id), "talk_s"] += talked  # type: ignore[assignment] - a Counter adds fractions too
        found["agent", str(leg.agent_id), "missed"] += leg.outcome in ("no_answer", "refused", "unreachable")
    return +found


@dataclass
class DayFigures:
    """Sums over the calls of one local day; a call may be put again when more is known of it."""

    day: date
    totals: Counter[Key] = field(default_factory=Counter)
    shares: dict[str, Counter[Key]] = field(default_factory=dict)

    def put(self, linkedid: str, fresh: Counter[Key]) -> None:
        self.totals.subtract(self.shares.get(linkedid, Counter()))
        self.totals.update(fresh)
        self.shares[linkedid] = fresh

    def of(self, kind: str, whose: str, names: Iterable[str]) -> dict[str, int]:
        return {name: round(self.totals[kind, whose, name]) for name in names}


class Supervision:
    """Live figures of one node."""

    def __init__(self, calls: LiveCalls, agents: Agents, directory: Directory, zone: ZoneInfo, clock: Clock) -> None:
        self._calls, self._agents, self._directory, self._zone, self._clock = calls, agents, directory, zone, clock
        self._figures = DayFigures(self._today())
        self._waiting: dict[str, dict[str, Any]] | None = None
        self.parts: Callable[[], Mapping[str, str]] = dict

    def subscribe(self, bus: Bus) -> None:
        """To be called after LiveCalls."""
        bus.subscribe("supervision", self.on_event)

    def at_start(self, calls: Iterable[Call]) -> None:
        """Calls of today from journal or store, in any order and as often as they are read: each counts once, as last told."""
        for call in calls:
            self._count(call)

    async def on_event(self, event: ev.Event) -> None:
        if isinstance(event, ev.CallEvent):
            self._waiting = None
            call = self._calls.get(event.linkedid)
            if call is not None:
                self._count(call)

    # -- reading -----------------------------------------------------------------------------------------------------------

    def board(self) -> dict[str, Any]:
        """The board's snapshot."""
        self._turn_the_day()
        live = self._calls.live
        today = self._figures.of("today", "", TODAY_FIGURES)
        in_ivr = sum(call.status in (CallStatus.ARRIVED, CallStatus.IN_FLOW) for call in live.values())
        return {
            "at": self._clock.now().isoformat(),
            "queues": self._queues(),
            "agents": {str(one.id): self._agent(one.id) for one in self._directory.agents().values() if self._shown(one)},
            "calls": {linkedid: _call(call) for linkedid, call in live.items()},
            "today": today | {"in_ivr": in_ivr},
            "parts": dict(self.parts()),
        }

    def waiting(self) -> dict[str, dict[str, Any]]:
        """Queue name -> titles, number of waiting callers, since when the longest waits. Not to be changed by the reader."""
        if self._waiting is None:
            self._waiting = self._count_waiting()
        return self._waiting

    def directory_changed(self) -> None:
        """Queues were administered anew."""
        self._waiting = None

    def _count_waiting(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {
            name: {"title_zh": one.title_zh, "title_en": one.title_en, "waiting": 0, "longest_since": None}
            for name, one in self._directory.queues().items()
        }
        for call in self._calls.live.values():
            row = found.get(call.queue)
            if row is None or call.status is not CallStatus.WAITING or call.queue_joined_at is None:
                continue
            since = call.queue_joined_at.isoformat()
            row["waiting"] += 1
            row["longest_since"] = min(since, row["longest_since"] or since)
        return found

    def available_in(self, queue: str) -> int:
        """How many members could be rung now."""
        return self._members_by_state(queue)[AVAILABLE]

    def agent_figures(self, agent_id: int) -> dict[str, int]:
        """The agent's own day."""
        self._turn_the_day()
        return self._figures.of("agent", str(agent_id), AGENT_FIGURES)

    # -- inner -------------------------------------------------------------------------------------------------------------

    def _queues(self) -> dict[str, Any]:
        waiting, rows = self.waiting(), {}
        for name, queue in self._directory.queues().items():
            states = self._members_by_state(name)
            rows[name] = waiting.get(name, {}) | {
                "today": self._figures.of("queue", name, QUEUE_FIGURES),
                "service_level_s": queue.service_level_s,
                "available": states[AVAILABLE],
                "talking": states[TALKING],
                "wrap_up": states[WRAP_UP],
                "paused": states[PAUSED],
            }
        return rows

    def _members_by_state(self, queue: str) -> Counter[str]:
        members = (one.id for one in self._directory.agents().values() if queue in one.queues)
        return Counter(self._agents.get(agent_id).state for agent_id in members)

    def _shown(self, one: AgentProfile) -> bool:
        """A supervisor may use the desk too; he is an agent on the board only while he does."""
        return bool(one.queues) or self._agents.get(one.id).state is not OFFLINE

    def _agent(self, agent_id: int) -> dict[str, Any]:
        agent: Agent = self._agents.get(agent_id)
        own = self._figures.of("agent", str(agent_id), ("answered", "talk_s"))
        return {
            "name": self._agents.name(agent_id),
            "state": agent.state.value,
            "reason": agent.reason,
            "since": agent.since.isoformat(),
            "linkedid": agent.linkedid,
            "queue": agent.queue,
            "today": own,
        }

    def _count(self, call: Call) -> None:
        self._turn_the_day()
        if call.started_at and call.started_at.astimezone(self._zone).date() == self._figures.day:
            levels = {name: queue.service_level_s for name, queue in self._directory.queues().items()}
            self._figures.put(call.linkedid, share(call, levels))

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()

    def _turn_the_day(self) -> None:
        if self._figures.day != self._today():
            self._figures = DayFigures(self._today())


def _call(call: Call) -> dict[str, Any]:
    leg = call.talking_leg
    return {
        "status": call.status.value,
        "queue": call.queue,
        "started_at": call.started_at.isoformat() if call.started_at else None,
        "agent_id": leg.agent_id if leg else None,
        "node": call.ivr_path[-1].node if call.ivr_path and call.status is CallStatus.IN_FLOW else "",
    }
