"""Brings a process to what is true: what the one before it knew, what the store has, what Asterisk does.

In: the parts of a controller, the moments when a process begins, the store answers, Asterisk's link is there. Out: calls, agents, queues and figures
that agree with them. Must not be waited for by a caller. Invariant: calls are agreed on before agents, agents before new work.
What is asked of whom: docs/architecture.md, "Truth".
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from callcenter import events as ev
from callcenter import log
from callcenter.call import fold
from callcenter.cti import ami_resync
from callcenter.errors import StoreUnavailable
from callcenter.ivr.checks import queue_faults
from callcenter.ivr.loader import check_entry
from crm.telephony.calls import start_of_day

if TYPE_CHECKING:
    from callcenter.app.controller import Controller

_log = log.get("app")
_AGAIN_S = 1.0


class Recovery:
    """One a controller. `missed_calls`, `directory_moved`: something is to be taken in."""

    def __init__(self, parts: Controller) -> None:
        self._parts = parts
        self.missed_calls, self.directory_moved = asyncio.Event(), asyncio.Event()

    # -- memory of the process before ------------------------------------------------------------------------------------

    def remember(self) -> None:
        """Calls and agents as the journal on this machine has them; needs no database."""
        parts = self._parts
        parts.anonymous.at_start()
        by_call: dict[str, list[ev.CallEvent]] = {}
        for event in parts.journal.live_events():
            by_call.setdefault(event.linkedid, []).append(event)
        running = [fold(events) for events in by_call.values()]
        parts.calls.at_start(running)
        parts.translator.restore(running)
        parts.supervision.at_start(running)
        parts.agents.at_start(parts.journal.last_agent_states())
        parts.left_messages.at_start(parts.journal.sessions())

    async def remember_the_day(self) -> None:
        """Today's figures from the store, as soon as it answers; what happened since then is not counted twice."""
        parts = self._parts
        since = start_of_day(parts.settings.hospital.zone, parts.clock.now())
        while True:
            try:
                stored = await parts.gateway.facts.calls_since(since)
                break
            except StoreUnavailable:
                await asyncio.sleep(_AGAIN_S)
        parts.supervision.at_start(parts.calls.get(call.linkedid) or call for call in stored)
        parts.hub.touch_all()

    async def first_directory(self) -> None:
        """Queues, agents, hours and flows, and that every number leads to a flow. Raises ConfigError."""
        parts = self._parts
        try:
            await parts.gateway.directory.refresh()
            await parts.releases.refresh()
        except StoreUnavailable:
            _log.warning("store is away at the start; queues, agents, hours and flows follow when it is back")
            return
        except ValueError as refused:
            _log.error("flows could not be read, the shipped ones are served", reason=str(refused))
        for did in parts.settings.did:
            check_entry(parts.flows.newest, did.flow)
        for flow in parts.flows.newest.flows.values():
            for one in queue_faults(flow, parts.gateway.directory.queues()):
                _log.error("a flow names a queue that does not exist", flow=one.flow, node=one.node, rule=one.rule.en)

    # -- Asterisk is there again ------------------------------------------------------------------------------------------

    async def asterisk_up(self) -> None:
        """The link is there: agree with Asterisk about calls, then about agents, then take in what happened without us."""
        parts = self._parts
        for event in await ami_resync.resync(parts.ami, parts.translator, parts.calls.live, parts.clock, self._has_raw_recording):
            parts.bus.publish(event)
        try:
            await parts.bus.settled()
        except TimeoutError:
            _log.warning("events are still being handled, agents and queues are told all the same")
        await parts.queues.apply()
        await parts.softphones.asterisk_up(frozenset(parts.agents.signed_in()))
        await parts.agents.asterisk_up(parts.calls.live)
        parts.hub.touch_all()
        self.missed_calls.set()

    async def take_in_missed_calls(self) -> None:
        """Calls that came and went while nobody listened, and what the fallback took down; after each time Asterisk came up."""
        parts = self._parts
        while True:
            await self.missed_calls.wait()
            self.missed_calls.clear()
            try:
                await parts.cdr.run(self._is_recorded, parts.bus.publish)
                await parts.bus.settled()
                await parts.fallback.take_in()
            except (StoreUnavailable, TimeoutError, OSError):
                await asyncio.sleep(_AGAIN_S)
                self.missed_calls.set()

    async def _is_recorded(self, linkedid: str) -> bool:
        """Whether the journal or the store has this call."""
        if self._parts.calls.get(linkedid) is not None or self._parts.journal.knows(linkedid):
            return True
        return bool(await self._parts.gateway.facts.events_of(linkedid))

    def _has_raw_recording(self, linkedid: str) -> bool:
        return (self._parts.settings.recordings_folder / "raw" / f"{linkedid}-rx.wav").exists()

    async def follow_queues(self) -> None:
        """Queues as administered reach Asterisk, also when it was away at the moment of the change."""
        while True:
            await self.directory_moved.wait()
            self.directory_moved.clear()
            if self._parts.ami.up:
                await self._parts.queues.apply()
