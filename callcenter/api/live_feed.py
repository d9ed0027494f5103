"""Carries what happens to the live topics.

In: call events, agents that moved, people that became known, parts that changed. Out: touches of the hub. Must not hold state.
Invariant: an agent's own call reaches his pages within the event's own step; figures follow within `live_hub.COALESCE_S`.
Order of subscribers: docs/architecture.md.
"""

from __future__ import annotations

from callcenter.api.live_hub import LiveHub
from callcenter.bus import Bus
from callcenter.cti.agents import Agents
from callcenter.cti.screen_pop import ScreenPop
from callcenter.events import CallEvent, Event


class LiveFeed:
    """Connects the hub to everything it shows. `connect` is to be called after all other subscribers of the bus."""

    def __init__(self, hub: LiveHub, agents: Agents) -> None:
        self._hub, self._agents = hub, agents

    def connect(self, bus: Bus, screen_pop: ScreenPop) -> None:
        self._agents.watch(self._hub.touch_agent)
        screen_pop.watch(self.touch_call)
        bus.subscribe("live_feed", self.on_event)

    async def on_event(self, event: Event) -> None:
        if isinstance(event, CallEvent):
            self.touch_call(event.linkedid)
        self._hub.touch_all()

    def touch_call(self, linkedid: str) -> None:
        """Everybody whose desk shows this call."""
        for agent in list(self._agents.board.all().values()):
            if agent.linkedid == linkedid:
                self._hub.touch_agent(agent.id)
