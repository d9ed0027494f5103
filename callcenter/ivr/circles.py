"""Ways on which a caller would hear nothing, or would hear for ever. Pure.

In: the book and one flow. Out: faults. Must not recurse: a flow may be a chain of 2,000 nodes. Invariant: in a flow without a fault every way of
at most `engine.MAX_SILENT_MOVES` moves meets a node that speaks or asks, and every circle holds a node that waits.
The rules in words: docs/flows.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from callcenter.ivr.faults import Fault, fault
from callcenter.ivr.flow import (
    AGAIN,
    CallNode,
    ChooseNode,
    DeedNode,
    Flow,
    FlowBook,
    GotoNode,
    LanguageNode,
    ListenNode,
    LookupNode,
    Node,
    QueueNode,
    ReturnNode,
    TellNode,
    TransferNode,
)

MOST_SILENT = 50
MOST_CALLS = 8
Onward = Callable[[Node], Collection[str]]


def targets(node: Node) -> set[str]:
    """The nodes that follow."""
    onward = {node.to} if isinstance(node, GotoNode) else set()
    return onward | {target for target in node.on.values() if target != AGAIN}


def faults_of(book: FlowBook, flow: Flow) -> list[Fault]:
    """Silence, endless talk, and calls that come back."""
    found = _of_calls(book, flow)
    if found:
        return found
    silence, talk = Ways(book, _in_silence), Ways(book, _without_waiting)
    if circle := _circle(flow, silence.onward):
        return [fault("silent_circle", circle[-1], "on", flow.name, circle=" -> ".join(circle))]
    if circle := _circle(flow, talk.onward):
        return [fault("endless_talk", circle[-1], "on", flow.name, circle=" -> ".join(circle))]
    return _long_silence(flow, silence)


# -- where a caller gets to -----------------------------------------------------------------------------------------------------


def _in_silence(node: Node) -> Collection[str]:
    """Without having heard anything here; an empty list is passed in silence."""
    match node:
        case LanguageNode():
            return _wired(node, "chosen") if node.ask != "always" else ()
        case QueueNode() if not node.say:
            return _wired(node, "full", "no_agent", "failed")
        case TransferNode() if not node.say:
            return _wired(node, "busy", "failed")
        case LookupNode() | DeedNode() if getattr(node, "say", ()):
            return ()
    return targets(node) if node.silent else _empty_list(node)


def _without_waiting(node: Node) -> Collection[str]:
    if isinstance(node, LanguageNode):
        return _wired(node, "chosen") if node.ask != "always" else ()
    return _empty_list(node) if node.waits else targets(node)


def _empty_list(node: Node) -> Collection[str]:
    match node:
        case ChooseNode():
            return _wired(node, "failed")
        case TellNode():
            return _wired(node, "finished")
        case ListenNode():
            return _wired(node, "unavailable")
    return ()


def _wired(node: Node, *exits: str) -> Collection[str]:
    return {node.on[one] for one in exits if node.on.get(one, AGAIN) != AGAIN}


class Ways:
    """Onward from a node in one manner. A call is passed by the exits that the called flow can reach in that manner."""

    def __init__(self, book: FlowBook, manner: Onward) -> None:
        self.book, self._manner = book, manner
        self._exits: dict[str, frozenset[str]] = {}
        self._lengths: dict[str, int] = {}

    def onward(self, node: Node) -> Collection[str]:
        return _wired(node, *self.exits_of(node.flow)) if isinstance(node, CallNode) else self._manner(node)

    def exits_of(self, name: str) -> frozenset[str]:
        """The exits of a called flow that are reached so. Flows do not call themselves: that was checked before."""
        if name not in self._exits:
            self._exits[name] = frozenset()
            self._exits[name] = self._reached_exits(self.book.flows[name]) if name in self.book.flows else frozenset()
        return self._exits[name]

    def _reached_exits(self, flow: Flow) -> frozenset[str]:
        reached: set[str] = set()
        waiting = [flow.start]
        while waiting:
            one = waiting.pop()
            if one not in reached and one in flow.nodes:
                reached.add(one)
                waiting.extend(self.onward(flow.nodes[one]))
        return frozenset(node.exit for name in reached if isinstance(node := flow.nodes[name], ReturnNode))

    def length(self, name: str) -> int:
        """The longest way through a called flow; 0 when it goes in a circle, which is a fault of that flow."""
        if name not in self._lengths:
            self._lengths[name] = 0
            called = self.book.flows.get(name)
            if called is not None and not _circle(called, self.onward):
                self._lengths[name] = max(_lengths(called, self).values(), default=0)
        return self._lengths[name]


# -- circles ----------------------------------------------------------------------------------------------------------------------


def _circle(flow: Flow, onward: Onward) -> tuple[str, ...]:
    """The first circle, its first node again at its end; empty when there is none."""
    settled: set[str] = set()
    for name in flow.nodes:
        if name not in settled and (circle := _circle_from(flow.nodes, name, onward, settled)):
            return circle
    return ()


def _circle_from(nodes: Mapping[str, Node], first: str, onward: Onward, settled: set[str]) -> tuple[str, ...]:
    way: dict[str, Iterator[str]] = {first: _next(nodes, first, onward)}
    while way:
        here = next(reversed(way))
        follows = next(way[here], None)
        if follows is None:
            settled.add(here)
            del way[here]
        elif follows in way:
            names = list(way)
            return (*names[names.index(follows) :], follows)
        elif follows not in settled:
            way[follows] = _next(nodes, follows, onward)
    return ()


def _next(nodes: Mapping[str, Node], name: str, onward: Onward) -> Iterator[str]:
    return iter(sorted(one for one in onward(nodes[name]) if one in nodes))


# -- calls ------------------------------------------------------------------------------------------------------------------------


def _of_calls(book: FlowBook, flow: Flow) -> list[Fault]:
    found: list[Fault] = []
    for node in flow.nodes.values():
        if isinstance(node, CallNode) and flow.name in _called(book, node.flow):
            found.append(fault("calls_itself", node.id, "flow", flow.name, through=node.flow, itself=flow.name))
    if not found and _depth_of_calls(book, flow.name, {}, ()) > MOST_CALLS:
        found.append(fault("deep_calls", "", "flow", flow.name, most=MOST_CALLS))
    return found


def _called(book: FlowBook, name: str) -> set[str]:
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one not in reached and one in book.flows:
            reached.add(one)
            waiting.extend(_calls(book.flow(one)))
    return reached


def _calls(flow: Flow) -> set[str]:
    return {node.flow for node in flow.nodes.values() if isinstance(node, CallNode)}


def _depth_of_calls(book: FlowBook, name: str, known: dict[str, int], before: tuple[str, ...]) -> int:
    """How deep flows call each other from `name` on; recursion ends at MOST_CALLS + 1."""
    if name in known:
        return known[name]
    if name in before or name not in book.flows or len(before) > MOST_CALLS:
        return 0
    known[name] = max((1 + _depth_of_calls(book, one, known, (*before, name)) for one in _calls(book.flow(name))), default=0)
    return known[name]


# -- length of silence --------------------------------------------------------------------------------------------------------------


def _long_silence(flow: Flow, silence: Ways) -> list[Fault]:
    """A call counts with the longest silence of the called flow."""
    lengths = _lengths(flow, silence)
    over = [name for name, length in lengths.items() if length > MOST_SILENT]
    return [fault("long_silence", over[0], "on", flow.name, count=lengths[over[0]], most=MOST_SILENT)] if over else []


def _lengths(flow: Flow, ways: Ways) -> dict[str, int]:
    """The longest way from each node. There is no circle."""
    lengths: dict[str, int] = {}
    for first in flow.nodes:
        waiting = [first]
        while waiting:
            node = flow.nodes[waiting[-1]]
            follows = [one for one in ways.onward(node) if one in flow.nodes]
            open_ones = [one for one in follows if one not in lengths]
            if node.id not in lengths and open_ones:
                waiting.extend(open_ones)
                continue
            waiting.pop()
            own = 1 + (ways.length(node.flow) if isinstance(node, CallNode) else 0)
            lengths.setdefault(node.id, own + max((lengths[one] for one in follows), default=0))
    return lengths
