"""Where a caller stands in a flow. Pure.

In: made by `ivr.engine`. Out: `as_json` is the checkpoint that a successor of a killed controller continues from, `from_json` reads it.
Commands and moves are not part of the checkpoint: they follow from the state. Memory holds JSON values only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from callcenter.commands import Command, Hangup

Spot = tuple[str, str]
"""Flow and node."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node where the caller chose something, with the calls that led there."""

    spot: Spot
    stack: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class Entered:
    """The caller reached a node."""

    flow: str
    version: int
    node: str


@dataclass(frozen=True, slots=True)
class Left:
    """The caller answered at a node, or passed it, by `exit`."""

    flow: str
    node: str
    exit: str
    digits: str = ""


Move = Entered | Left


@dataclass(frozen=True, slots=True)
class Step:
    """A caller's state in a flow, what to do there, and how he came there from the step before."""

    flow: str
    version: int
    node: str
    stack: tuple[Spot, ...] = ()
    trail: tuple[Place, ...] = ()
    tries: int = 0
    index: int = 0
    language: str = "zh"
    memory: Mapping[str, Any] = field(default_factory=dict)
    commands: tuple[Command, ...] = ()
    moves: tuple[Move, ...] = ()

    @property
    def spot(self) -> Spot:
        return self.flow, self.node

    @property
    def ended(self) -> bool:
        """Nothing is heard after this step."""
        return bool(self.commands) and isinstance(self.commands[-1], Hangup)

    def remembering(self, **values: Any) -> Step:
        """With more in memory."""
        return replace(self, memory={**self.memory, **values})

    def as_json(self) -> dict[str, Any]:
        """The checkpoint: plain JSON values."""
        return {
            "flow": self.flow,
            "version": self.version,
            "node": self.node,
            "stack": [list(spot) for spot in self.stack],
            "trail": [{"spot": list(place.spot), "stack": [list(spot) for spot in place.stack]} for place in self.trail],
            "tries": self.tries,
            "index": self.index,
            "language": self.language,
            "memory": dict(self.memory),
        }


def from_json(saved: Mapping[str, Any]) -> Step:
    """The state that `as_json` wrote, without commands. Raises KeyError, TypeError or ValueError when it is damaged."""
    return Step(
        flow=saved["flow"],
        version=int(saved["version"]),
        node=saved["node"],
        stack=_spots(saved["stack"]),
        trail=tuple(Place(_spot(place["spot"]), _spots(place["stack"])) for place in saved["trail"]),
        tries=int(saved["tries"]),
        index=int(saved["index"]),
        language=saved["language"],
        memory=dict(saved["memory"]),
    )


def _spot(pair: Any) -> Spot:
    flow, node = pair
    return str(flow), str(node)


def _spots(pairs: Any) -> tuple[Spot, ...]:
    return tuple(_spot(pair) for pair in pairs)
