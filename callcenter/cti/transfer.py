"""Blind transfer of the patient to a queue or to another agent.

In: an agent's order. Out: the patient's channel in context `transfer`, `CallTransferred` on the bus; TransferRefused with the reason otherwise.
Must not touch the agent's own leg: Asterisk hangs it up when the patient leaves. Invariant: the patient is sent on once, and never to
an agent who is not free; when the other agent does not answer, the dialplan brings the patient back to his queue. docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from callcenter import events as ev
from callcenter.call import Call
from callcenter.cti.agents import Agents
from callcenter.cti.calls import LiveCalls
from callcenter.cti.queue_members import Ami
from callcenter.errors import AsteriskUnavailable, CallCenterError, CommandRefused
from callcenter.ports import Clock, Directory


class TransferRefused(CallCenterError):
    """The transfer was not begun; the conversation goes on. `reason`: not_yours | unknown_target | not_free | no_asterisk."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """Agent `agent_id` sends the patient of `linkedid` on. `kind`: queue | agent."""

    agent_id: int
    linkedid: str
    kind: str
    target: str


class Transfers:
    """Carries out transfer orders, one at a time per call."""

    def __init__(self, calls: LiveCalls, agents: Agents, directory: Directory, ami: Ami, publish: Callable[[ev.Event], None], clock: Clock) -> None:
        self._calls, self._agents, self._directory = calls, agents, directory
        self._ami, self._publish, self._clock = ami, publish, clock
        self._under_way: dict[str, int] = {}

    def transferring_agent(self, linkedid: str) -> int | None:
        """Who is sending this call on right now."""
        return self._under_way.get(linkedid)

    async def transfer(self, order: TransferOrder) -> None:
        """Returns when the patient is on the way. Raises TransferRefused."""
        call = self._own_call(order)
        self._take_target(order)
        self._under_way[order.linkedid] = order.agent_id
        try:
            await self._send_on(call, order)
        except (AsteriskUnavailable, CommandRefused) as wrong:
            if order.kind == "agent":
                self._agents.unreserve(int(order.target), order.linkedid)
            raise TransferRefused("no_asterisk") from wrong
        finally:
            del self._under_way[order.linkedid]

    def _own_call(self, order: TransferOrder) -> Call:
        call = self._calls.live.get(order.linkedid)
        leg = call.talking_leg if call else None
        if call is None or leg is None or leg.agent_id != order.agent_id or order.linkedid in self._under_way:
            raise TransferRefused("not_yours")
        return call

    def _take_target(self, order: TransferOrder) -> None:
        if order.kind == "queue":
            if order.target not in self._directory.queues():
                raise TransferRefused("unknown_target")
            return
        if not order.target.isdecimal() or int(order.target) not in self._directory.agents():
            raise TransferRefused("unknown_target")
        if int(order.target) == order.agent_id or not self._agents.reserve(int(order.target), order.linkedid):
            raise TransferRefused("not_free")

    async def _send_on(self, call: Call, order: TransferOrder) -> None:
        """By the agent's leg: after a Redirect of the patient app_queue would count this agent as in the call until the patient hangs up."""
        leg = call.talking_leg
        if leg is None:
            raise TransferRefused("not_yours")
        await self._ami.send("Setvar", Channel=call.channel, Variable="CC_TARGET", Value=order.target)
        if order.kind == "queue":
            wait_s = self._directory.queues()[order.target].max_wait_s
            await self._ami.send("Setvar", Channel=call.channel, Variable="CC_QUEUE_TIMEOUT", Value=str(wait_s))
        await self._ami.send("BlindTransfer", Channel=leg.channel, Context="transfer", Exten=order.kind)
        self._publish(
            ev.CallTransferred(at=self._clock.now(), linkedid=order.linkedid, agent_id=order.agent_id, target_kind=order.kind, target=order.target)
        )
