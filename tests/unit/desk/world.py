"""A desk without a telephone: directory, Asterisk and time that do what a test says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from callcenter import events as ev
from callcenter.bus import Bus
from callcenter.cti.agents import Agents
from callcenter.cti.calls import LiveCalls
from callcenter.errors import AsteriskUnavailable, CommandRefused
from callcenter.ports import AgentProfile, PersonCard, QueueSettings
from callcenter.settings import Desk
from tests.fakes.clock import VirtualClock

NOON = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)
CALL, OTHER_CALL = "node1-1700000000.1", "node1-1700000000.9"


class MemoryDirectory:
    """Two queues, three agents."""

    def __init__(self) -> None:
        self.all_queues = {
            "service_desk": QueueSettings("service_desk", "综合服务台", "Service desk", wrap_up_s=30),
            "outpatient": QueueSettings("outpatient", "门诊咨询", "Outpatients", wrap_up_s=0),
        }
        self.all_agents = {
            1: AgentProfile(1, "agent01", "张护士", {"service_desk": 0, "outpatient": 1}),
            2: AgentProfile(2, "agent02", "李护士", {"service_desk": 0}),
            3: AgentProfile(3, "agent03", "王护士", {"outpatient": 0}),
        }

    def queues(self) -> Mapping[str, QueueSettings]:
        return self.all_queues

    def agents(self) -> Mapping[int, AgentProfile]:
        return self.all_agents

    async def refresh(self) -> None:
        """Nothing to read."""


class MemoryAsterisk:
    """Keeps what app_queue would keep. `away` refuses everything; `answers` are for list actions."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.members: dict[tuple[str, str], str] = {}
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.away = False
        self.refuse: set[str] = set()
        self.phones: dict[str, str] = {}

    async def send(self, action: str, **headers: Any) -> Mapping[str, str]:
        self._present(action)
        self.sent.append((action, headers))
        match action:
            case "Setvar" if "Channel" not in headers:
                self.states[headers["Variable"].removeprefix("DEVICE_STATE(").removesuffix(")")] = headers["Value"]
            case "QueueAdd":
                key = headers["Queue"], headers["Interface"]
                if key in self.members:
                    raise CommandRefused(action, "Unable to add interface: Already there")
                self.members[key] = headers["Penalty"]
            case "QueueRemove":
                if self.members.pop((headers["Queue"], headers["Interface"]), None) is None:
                    raise CommandRefused(action, "Unable to remove interface: Not there")
            case "QueuePenalty":
                self.members[headers["Queue"], headers["Interface"]] = headers["Penalty"]
        return {"Response": "Success"}

    async def collect(self, action: str, end_event: str, **_headers: Any) -> list[Mapping[str, str]]:
        self._present(action)
        if action == "QueueStatus":
            return [
                {"Event": "QueueMember", "Queue": queue, "Location": member, "Penalty": penalty} for (queue, member), penalty in self.members.items()
            ]
        return [{"Event": "DeviceStateChange", "Device": name, "State": state} for name, state in self.phones.items()]

    def queues_of(self, agent_id: int) -> set[str]:
        return {queue for queue, member in self.members if member == f"PJSIP/agent-{agent_id}"}

    def _present(self, action: str) -> None:
        if self.away:
            raise AsteriskUnavailable("switched off by the test")
        if action in self.refuse:
            raise CommandRefused(action, "the test says no")


class MemoryCallers:
    """Who is at a number; `asked` counts. `gate`, when set, is awaited before answering."""

    def __init__(self, people: Mapping[str, tuple[PersonCard, ...]] | None = None) -> None:
        self.people, self.asked, self.gate = dict(people or {}), [], None

    async def people_at(self, number: str) -> tuple[PersonCard, ...]:
        self.asked.append(number)
        if self.gate is not None:
            await self.gate.wait()
        return self.people.get(number, ())

    async def language_of(self, number: str) -> str | None:
        return None

    async def remember_language(self, number: str, language: str) -> None:
        """Not kept."""


class World:
    """Bus, calls and agents as the composition root builds them."""

    def __init__(self, desk: Desk | None = None) -> None:
        self.clock, self.directory, self.asterisk = VirtualClock(NOON), MemoryDirectory(), MemoryAsterisk()
        self.published: list[ev.Event] = []
        self.bus = Bus(self.published.append)
        self.calls = LiveCalls()
        self.agents = Agents(self.directory, self.asterisk, self.bus.publish, self.clock, desk or Desk())
        self.calls.subscribe(self.bus)
        self.agents.subscribe(self.bus)

    async def happen(self, *events: ev.Event) -> None:
        for event in events:
            self.bus.publish(event)
        await self.bus.settled()

    async def told(self) -> None:
        """Let Asterisk know everything."""
        await self.agents.members.catch_up()

    def moves(self, agent_id: int) -> list[str]:
        return [one.state for one in self.published if isinstance(one, ev.AgentStateChanged) and one.agent_id == agent_id]

    # -- facts ---------------------------------------------------------------------------------------------------------

    def arrived(self, linkedid: str = CALL, number: str = "+8613900000001") -> ev.Event:
        return ev.CallArrived(at=self.clock.now(), linkedid=linkedid, uniqueid=linkedid, channel=f"PJSIP/trunk-{linkedid[-1]}", caller_number=number)

    def joined(self, linkedid: str = CALL, queue: str = "service_desk") -> ev.Event:
        return ev.QueueJoined(at=self.clock.now(), linkedid=linkedid, queue=queue, position=1)

    def ringing(self, agent_id: int = 1, linkedid: str = CALL, queue: str = "service_desk") -> ev.Event:
        leg, channel = f"leg-{agent_id}-{linkedid}", f"PJSIP/agent-{agent_id}-00000001"
        return ev.AgentRinging(at=self.clock.now(), linkedid=linkedid, agent_id=agent_id, leg=leg, channel=channel, queue=queue)

    def ring_ended(self, agent_id: int = 1, linkedid: str = CALL, outcome: str = "no_answer") -> ev.Event:
        return ev.AgentRingEnded(at=self.clock.now(), linkedid=linkedid, agent_id=agent_id, leg=f"leg-{agent_id}-{linkedid}", outcome=outcome)

    def connected(self, agent_id: int = 1, linkedid: str = CALL, queue: str = "service_desk") -> ev.Event:
        leg, channel = f"leg-{agent_id}-{linkedid}", f"PJSIP/agent-{agent_id}-00000001"
        return ev.AgentConnected(at=self.clock.now(), linkedid=linkedid, agent_id=agent_id, leg=leg, channel=channel, queue=queue)

    def left_queue(self, linkedid: str = CALL, queue: str = "service_desk", result: str = "answered", wait_s: float = 4.0) -> ev.Event:
        return ev.QueueLeft(at=self.clock.now(), linkedid=linkedid, queue=queue, result=result, wait_s=wait_s)

    def disconnected(self, agent_id: int = 1, linkedid: str = CALL) -> ev.Event:
        return ev.AgentDisconnected(at=self.clock.now(), linkedid=linkedid, agent_id=agent_id, leg=f"leg-{agent_id}-{linkedid}", cause=16)

    def ended(self, linkedid: str = CALL) -> ev.Event:
        return ev.CallEnded(at=self.clock.now(), linkedid=linkedid, cause=16)
