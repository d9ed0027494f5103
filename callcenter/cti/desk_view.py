"""One agent's desk as data: state, call, wrap-up, figures, queues.

In: agents, screen-pop and supervision, read when asked. Out: the `agent` snapshot as plain JSON. Must not keep anything.
Invariant: built without waiting, from state that the bus has already moved. Shape: docs/api.md, "agent snapshot".
"""

from __future__ import annotations

from typing import Any

from callcenter.cti.agent_board import WRAP_UP, Agent
from callcenter.cti.agents import Agents
from callcenter.cti.screen_pop import ScreenPop
from callcenter.cti.supervision import Supervision


class DeskView:
    """Reads three places, writes none."""

    def __init__(self, agents: Agents, screen_pop: ScreenPop, supervision: Supervision) -> None:
        self._agents, self._screen_pop, self._supervision = agents, screen_pop, supervision

    def agent(self, agent_id: int) -> dict[str, Any]:
        """The snapshot of this agent's desk."""
        agent = self._agents.get(agent_id)
        view = self._screen_pop.view(agent)
        wrapping = agent.state is WRAP_UP
        return {
            "state": state_as_json(agent),
            "call": None if wrapping else view,
            "wrap_up": view if wrapping else None,
            "figures": self._supervision.agent_figures(agent_id),
            "queues": self._supervision.waiting(),
        }


def state_as_json(agent: Agent) -> dict[str, Any]:
    """An agent's state for his own page."""
    wish = agent.after_call
    return {
        "state": agent.state.value,
        "reason": agent.reason,
        "since": agent.since.isoformat(),
        "until": agent.until.isoformat() if agent.until and agent.state is WRAP_UP else None,
        "linkedid": agent.linkedid,
        "after_call": {"state": wish.state.value, "reason": wish.reason} if wish else None,
    }
