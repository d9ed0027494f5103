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
LANGUAGES = ("zh", "en")
MANY = 1_000_000_000
INTRODUCED = "_introduced"
"""The prompts that no introduction says again."""


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
    """A caller's state in a flow, what to do there, and how he came there from the step before.

    `release`: the flows he came in with. `entry` counts the nodes he reached. `pending`: the answer he is asked to confirm.
    """

    flow: str
    version: int
    node: str
    stack: tuple[Spot, ...] = ()
    trail: tuple[Place, ...] = ()
    tries: int = 0
    index: int = 0
    language: str = "zh"
    memory: Mapping[str, Any] = field(default_factory=dict)
    release: int = 0
    entry: int = 0
    pending: str = ""
    commands: tuple[Command, ...] = ()
    moves: tuple[Move, ...] = ()

    @property
    def spot(self) -> Spot:
        return self.flow, self.node

    @property
    def ended(self) -> bool:
        """Nothing is heard after this step."""
        return bool(self.commands) and isinstance(self.commands[-1], Hangup)

    def remembering(self, values: Mapping[str, Any]) -> Step:
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
            "release": self.release,
            "entry": self.entry,
            "pending": self.pending,
        }


def from_json(saved: Mapping[str, Any]) -> Step:
    """The state that `as_json` wrote, without commands. Raises KeyError, TypeError, ValueError or AttributeError when it is damaged."""
    step = Step(
        flow=_text(saved["flow"]),
        version=_count(saved["version"]),
        node=_text(saved["node"]),
        stack=_spots(saved["stack"]),
        trail=tuple(Place(_spot(place["spot"]), _spots(place["stack"])) for place in saved["trail"]),
        tries=_count(saved["tries"]),
        index=_count(saved["index"]),
        language=_text(saved["language"]),
        memory=dict(saved["memory"].items()),
        release=_count(saved.get("release", 0)),
        entry=_count(saved.get("entry", 0)),
        pending=_text(saved.get("pending", "")),
    )
    if step.language not in LANGUAGES or not _introduced(step.memory.get(INTRODUCED, [])):
        raise ValueError("no state of a caller")
    return step


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MANY:
        raise ValueError("must be a count")
    return value


def _introduced(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _spot(pair: Any) -> Spot:
    flow, node = pair
    return _text(flow), _text(node)


def _spots(pairs: Any) -> tuple[Spot, ...]:
    return tuple(_spot(pair) for pair in pairs)
