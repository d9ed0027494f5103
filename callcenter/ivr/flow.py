"""What a flow is: nodes of a few verbs, wired by exits, and the flows of one release as a book. Pure.

In: built by `ivr.source`. Out: read by the engine. Holds no behaviour beyond finding flows and nodes. Invariant: the flows of one book were
checked together, so a call that stays in its book never meets a flow it was not published with.
Verbs and their keys: docs/flows.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from callcenter.errors import CallCenterError
from callcenter.ivr import doing, talking
from callcenter.ivr.doing import (
    ActNode,
    BookNode,
    BranchNode,
    CallbackNode,
    CallNode,
    DeedNode,
    GotoNode,
    HoursNode,
    IdentifyNode,
    LookupNode,
    QueueNode,
    ReturnNode,
    SetNode,
    SmsNode,
    TransferNode,
)
from callcenter.ivr.node import AGAIN, BACK, DIGITS, Node, Phrase, Value, Word
from callcenter.ivr.talking import (
    ChooseNode,
    GatherNode,
    HangUpNode,
    LanguageNode,
    ListenNode,
    MenuNode,
    RecordNode,
    SayNode,
    TellNode,
)

__all__ = [
    "AGAIN", "BACK", "DIGITS", "VERBS", "ActNode", "BookNode", "BranchNode", "CallNode", "CallbackNode", "ChooseNode", "DeedNode", "Flow", "FlowBook",
    "GatherNode", "GotoNode", "HangUpNode", "HoursNode", "IdentifyNode", "LanguageNode", "ListenNode", "LookupNode", "MenuNode", "Node", "Phrase",
    "QueueNode", "RecordNode", "ReturnNode", "SayNode", "SetNode", "SmsNode", "TellNode", "TransferNode", "UnknownFlow", "Value", "Word",
]  # fmt: skip


class UnknownFlow(CallCenterError):
    """A number or a checkpoint names a flow that is not loaded."""


VERBS: Mapping[str, type[Node]] = {
    kind.verb: kind
    for module in (talking, doing)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Node) and kind.verb
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
    """The flows of one release by name."""

    flows: Mapping[str, Flow]
    release: int = 0

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
