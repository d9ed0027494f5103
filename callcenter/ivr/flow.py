"""What a flow is: nodes of a few verbs, wired by exits. Pure.

In: built by `ivr.loader` from TOML. Out: read by `ivr.engine` and `ivr.verbs`. Holds no behaviour beyond naming exits; `Node.problem` is the
rule that types cannot say. A node's exits are closed: `required()` must be wired, keys and `optional` may be, nothing else.
Verbs and their keys: docs/flows.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from callcenter.errors import CallCenterError

AGAIN = "again"
BACK = "back"
DIGITS = frozenset("0123456789")


class UnknownFlow(CallCenterError):
    """A number or a checkpoint names a flow that is not loaded."""


@dataclass(frozen=True, slots=True)
class Word:
    """A prompt id. `language`: zh | en | other | empty (the caller's)."""

    prompt: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the item or the memory, spoken as `form`; `count`: the length of a remembered list instead."""

    name: str
    form: str
    unit: str = ""
    count: bool = False


Phrase = tuple[Word | Value, ...]


def _between(default: Any, least: float, most: float) -> Any:
    return field(default=default, metadata={"least": least, "most": most})


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One place of a flow. `on` maps exits to nodes of the same flow, or to `again`."""

    id: str
    on: Mapping[str, str] = field(default_factory=dict)
    verb: ClassVar[str] = ""
    exits: ClassVar[frozenset[str]] = frozenset()
    optional: ClassVar[frozenset[str]] = frozenset()
    own_keys: ClassVar[frozenset[str]] = frozenset()  # keys that the verb itself uses
    reads_keys: ClassVar[bool] = False  # other keys may be wired as exits
    is_place: ClassVar[bool] = False  # `*` may come back here
    silent: ClassVar[bool] = False  # the caller may hear nothing here

    def required(self) -> frozenset[str]:
        """Exits that must be wired."""
        return self.exits

    def problem(self) -> str:
        """A rule the node breaks by itself, or empty."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageNode(Node):
    """1 Chinese, 2 English. `ask`: unless_remembered | always | switch (silently to the other one)."""

    say: Phrase = ()
    ask: str = "unless_remembered"
    wait_s: float = _between(5.0, 1, 30)
    tries: int = _between(2, 1, 5)
    verb: ClassVar[str] = "language"
    own_keys: ClassVar[frozenset[str]] = frozenset("12")
    silent: ClassVar[bool] = True

    def required(self) -> frozenset[str]:
        return frozenset({"chosen"} if self.ask == "switch" else {"chosen", "no_input", "invalid", "failed"})

    def problem(self) -> str:
        if self.ask not in ("unless_remembered", "always", "switch"):
            return "ask must be unless_remembered, always or switch"
        return "" if self.say or self.ask == "switch" else "say is empty, so the caller would not hear the question"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursNode(Node):
    """Branches on the opening hours."""

    calendar: str = "hotline"
    verb: ClassVar[str] = "hours"
    exits: ClassVar[frozenset[str]] = frozenset({"open", "closed", "emergency"})
    silent: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SayNode(Node):
    """Speaks and goes on."""

    say: Phrase = ()
    verb: ClassVar[str] = "say"
    exits: ClassVar[frozenset[str]] = frozenset({"done"})

    def problem(self) -> str:
        return "" if self.say else "say is empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuNode(Node):
    """One key leads on. `intro` is spoken once a call, `retry` (or `say`) after silence or a wrong key."""

    say: Phrase = ()
    intro: Phrase = ()
    retry: Phrase = ()
    wait_s: float = _between(6.0, 1, 30)
    tries: int = _between(3, 1, 5)
    verb: ClassVar[str] = "menu"
    exits: ClassVar[frozenset[str]] = frozenset({"no_input", "invalid", "failed"})
    optional: ClassVar[frozenset[str]] = frozenset({BACK})
    reads_keys: ClassVar[bool] = True
    is_place: ClassVar[bool] = True

    def problem(self) -> str:
        if not self.say:
            return "say is empty"
        return "" if DIGITS & set(self.on) else "a menu needs at least one key"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupNode(Node):
    """Asks a named lookup and remembers its values under `store`."""

    data: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    store: str = ""
    say: Phrase = ()
    verb: ClassVar[str] = "lookup"
    exits: ClassVar[frozenset[str]] = frozenset({"found", "not_found", "unavailable"})
    silent: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseNode(Node):
    """Numbered choices of a remembered list, 8 a page with 9 for more; the chosen item is remembered under `store`."""

    list: str
    item: Phrase = ()
    intro: Phrase = ()
    more: Phrase = ()
    say: Phrase = ()
    store: str
    wait_s: float = _between(6.0, 1, 30)
    tries: int = _between(3, 1, 5)
    verb: ClassVar[str] = "choose"
    exits: ClassVar[frozenset[str]] = frozenset({"chosen", "no_input", "invalid", "failed"})
    optional: ClassVar[frozenset[str]] = frozenset({BACK})
    own_keys: ClassVar[frozenset[str]] = frozenset("123456789")
    reads_keys: ClassVar[bool] = True
    is_place: ClassVar[bool] = True

    def problem(self) -> str:
        return "" if self.item and self.more else "item and more must say something"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellNode(Node):
    """A remembered list, one result at a time: 1 next, 2 the one before, silence goes on."""

    list: str
    item: Phrase = ()
    intro: Phrase = ()
    say: Phrase = ()
    wait_s: float = _between(4.0, 1, 30)
    tries: int = _between(3, 1, 5)
    verb: ClassVar[str] = "tell"
    exits: ClassVar[frozenset[str]] = frozenset({"finished", "invalid", "failed"})
    optional: ClassVar[frozenset[str]] = frozenset({BACK})
    own_keys: ClassVar[frozenset[str]] = frozenset("12")
    reads_keys: ClassVar[bool] = True
    is_place: ClassVar[bool] = True

    def problem(self) -> str:
        return "" if self.item else "item is empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherNode(Node):
    """Several digits, remembered under `store`."""

    say: Phrase = ()
    intro: Phrase = ()
    retry: Phrase = ()
    store: str
    min_digits: int = _between(1, 1, 30)
    max_digits: int = _between(1, 1, 30)
    wait_s: float = _between(6.0, 1, 30)
    between_s: float = _between(3.0, 1, 10)
    tries: int = _between(3, 1, 5)
    verb: ClassVar[str] = "gather"
    exits: ClassVar[frozenset[str]] = frozenset({"entered", "no_input", "invalid", "failed"})
    optional: ClassVar[frozenset[str]] = frozenset({BACK})
    is_place: ClassVar[bool] = True

    def problem(self) -> str:
        if self.min_digits > self.max_digits:
            return "min_digits is above max_digits"
        return "" if self.say else "say is empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNode(Node):
    """The caller leaves a spoken message."""

    purpose: str
    say: Phrase = ()
    max_s: int = _between(120, 5, 600)
    silence_s: int = _between(5, 2, 30)
    verb: ClassVar[str] = "record"
    exits: ClassVar[frozenset[str]] = frozenset({"recorded", "too_short"})


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNode(Node):
    """The caller waits for an agent; the flow goes on with the queue's result."""

    queue: str
    priority: int = _between(0, 0, 20)
    say: Phrase = ()
    verb: ClassVar[str] = "queue"
    exits: ClassVar[frozenset[str]] = frozenset({"answered", "timeout", "full", "no_agent", "agent_lost", "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNode(Node):
    """Goes through another flow and on at the exit it returns with."""

    flow: str
    verb: ClassVar[str] = "call"
    silent: ClassVar[bool] = True

    def required(self) -> frozenset[str]:
        return frozenset(self.on)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnNode(Node):
    """Ends a called flow."""

    exit: str
    verb: ClassVar[str] = "return"
    silent: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GotoNode(Node):
    """Goes on at another node."""

    to: str
    verb: ClassVar[str] = "goto"
    silent: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUpNode(Node):
    """The end of the visit."""

    say: Phrase = ()
    verb: ClassVar[str] = "hang_up"


VERBS: Mapping[str, type[Node]] = {
    kind.verb: kind
    for kind in (
        LanguageNode,
        HoursNode,
        SayNode,
        MenuNode,
        LookupNode,
        ChooseNode,
        TellNode,
        GatherNode,
        RecordNode,
        QueueNode,
        CallNode,
        ReturnNode,
        GotoNode,
        HangUpNode,
    )
}


@dataclass(frozen=True, slots=True)
class Flow:
    """One published version of a flow. `queue_return`: the queue node whose exits serve a caller whom we never saw before the queue."""

    name: str
    version: int
    start: str
    nodes: Mapping[str, Node]
    queue_return: str = ""


@dataclass(frozen=True, slots=True)
class FlowBook:
    """The published flows by name."""

    flows: Mapping[str, Flow]

    def flow(self, name: str) -> Flow:
        """Raises UnknownFlow."""
        try:
            return self.flows[name]
        except KeyError as missing:
            raise UnknownFlow(f"no flow named {name}") from missing

    def node(self, flow: str, node: str) -> Node:
        """Raises UnknownFlow."""
        try:
            return self.flow(flow).nodes[node]
        except KeyError as missing:
            raise UnknownFlow(f"flow {flow} has no node {node}") from missing
