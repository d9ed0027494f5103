"""Rules that a flow must keep together with the other flows and with what exists. Pure.

In: the book, one flow, what is known. Out: nothing, or a `Refusal` that names node, key, rule and mend. First things first: names, then wiring,
then reach, then silence.
The rules in words: docs/flows.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from typing import Protocol

from callcenter.ivr import verbs
from callcenter.ivr.flow import (
    AGAIN,
    DIGITS,
    CallNode,
    ChooseNode,
    Flow,
    FlowBook,
    GotoNode,
    HoursNode,
    LookupNode,
    Node,
    QueueNode,
    ReturnNode,
    TellNode,
    Word,
)

_FIXED_PROMPTS = (verbs.HEARD_NOTHING, verbs.NOT_VALID, *(f"{verbs.PRESS}{key}" for key in range(1, 10)))


class Refusal(Exception):
    """A rule that a flow breaks; the loader adds file and line."""

    def __init__(self, node: str, key: str, rule: str, mend: str) -> None:
        super().__init__(rule)
        self.node, self.key, self.rule, self.mend = node, key, rule, mend


class Known(Protocol):
    """What a flow may name."""

    @property
    def prompts(self) -> Collection[str]: ...
    @property
    def lookups(self) -> Mapping[str, Collection[str]]: ...
    @property
    def calendars(self) -> Collection[str]: ...
    @property
    def queues(self) -> Collection[str] | None: ...


def check(book: FlowBook, flow: Flow, known: Known) -> None:
    """Every rule in turn. Raises Refusal."""
    _check_heads(flow, known)
    for node in flow.nodes.values():
        _check_names(book, node, known)
        _check_exits(book, flow, node)
    _check_reached(flow)
    _check_silence(flow)
    _check_calls(book, flow)


def _check_heads(flow: Flow, known: Known) -> None:
    for key, target in (("start", flow.start), ("queue_return", flow.queue_return)):
        if target not in flow.nodes and (target or key == "start"):
            raise Refusal("", key, f"{key} names {target!r}, which is no node of this flow", f"use one of {', '.join(flow.nodes)}")
    if flow.queue_return and not isinstance(flow.nodes[flow.queue_return], QueueNode):
        raise Refusal("", "queue_return", f"{flow.queue_return} is not a queue", "name a node of verb queue")
    for prompt in _FIXED_PROMPTS:
        if prompt not in known.prompts:
            raise Refusal("", "flow", f"every menu needs the prompt {prompt}", "add it to sounds/prompts.toml")
    if AGAIN in flow.nodes:
        raise Refusal(AGAIN, "verb", f"{AGAIN} is a reserved word", "give the node another name")


def _check_names(book: FlowBook, node: Node, known: Known) -> None:
    for key, word in _words(node):
        if word.prompt not in known.prompts:
            raise Refusal(node.id, key, f"prompt {word.prompt} is unknown, or lacks a language", "add it with zh and en to sounds/prompts.toml")
    match node:
        case QueueNode() if known.queues is not None:
            _check_queue(node, known.queues)
        case HoursNode() if node.calendar not in known.calendars:
            raise Refusal(node.id, "calendar", f"calendar {node.calendar} does not exist", f"use one of {', '.join(sorted(known.calendars))}")
        case LookupNode():
            _check_lookup(node, known)
        case CallNode() if node.flow not in book.flows:
            raise Refusal(node.id, "flow", f"flow {node.flow} does not exist", f"use one of {', '.join(sorted(book.flows))}")


def check_queues(flow: Flow, queues: Collection[str]) -> None:
    """Every queue that `flow` names exists. Raises Refusal."""
    for node in flow.nodes.values():
        if isinstance(node, QueueNode):
            _check_queue(node, queues)


def _check_queue(node: QueueNode, queues: Collection[str]) -> None:
    if node.queue not in queues:
        raise Refusal(node.id, "queue", f"queue {node.queue} does not exist", f"use one of {', '.join(sorted(queues))}")


def _check_lookup(node: LookupNode, known: Known) -> None:
    if node.data not in known.lookups:
        raise Refusal(node.id, "data", f"lookup {node.data} does not exist", f"use one of {', '.join(sorted(known.lookups))}")
    needed, given = set(known.lookups[node.data]), set(node.arguments)
    if needed != given:
        rule = f"lookup {node.data} takes {sorted(needed) or 'no arguments'}, not {sorted(given)}"
        raise Refusal(node.id, "arguments", rule, "correct the arguments")


def _words(node: Node) -> Iterator[tuple[str, Word]]:
    for one in fields(node):
        value = getattr(node, one.name)
        if str(one.type) == "Phrase":
            yield from ((one.name, word) for word in value if isinstance(word, Word))


def _check_exits(book: FlowBook, flow: Flow, node: Node) -> None:
    required, allowed = _exits(book, node)
    for name in sorted(required - set(node.on)):
        raise Refusal(node.id, "on", f"exit {name} is not wired", f'add {name} = "<node>" to on')
    for name, target in node.on.items():
        if name not in allowed:
            raise Refusal(node.id, "on", f"{node.verb} has no exit {name}", f"its exits are {', '.join(sorted(allowed)) or 'none'}")
        if target == AGAIN and name not in ("no_input", "invalid"):
            raise Refusal(node.id, "on", f"{name} cannot lead to {AGAIN}", "name a node")
        if target != AGAIN and target not in flow.nodes:
            raise Refusal(node.id, "on", f"{name} leads to {target}, which is no node of this flow", f"use one of {', '.join(flow.nodes)}")
    if isinstance(node, GotoNode) and node.to not in flow.nodes:
        raise Refusal(node.id, "to", f"{node.to} is no node of this flow", f"use one of {', '.join(flow.nodes)}")


def _exits(book: FlowBook, node: Node) -> tuple[set[str], set[str]]:
    """What must be wired, and what may be."""
    required = set(_returns(book, node.flow)) if isinstance(node, CallNode) else set(node.required())
    keys = DIGITS - node.own_keys if node.reads_keys else set()
    return required, required | node.optional | keys


def _returns(book: FlowBook, flow: str) -> set[str]:
    return {node.exit for node in book.flow(flow).nodes.values() if isinstance(node, ReturnNode)}


def _targets(node: Node) -> set[str]:
    onward = {node.to} if isinstance(node, GotoNode) else set()
    return onward | {target for target in node.on.values() if target != AGAIN}


def _check_reached(flow: Flow) -> None:
    reached: set[str] = set()
    waiting = [flow.start, *([flow.queue_return] if flow.queue_return else [])]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(_targets(flow.nodes[name]))
    for name in flow.nodes:
        if name not in reached:
            raise Refusal(name, "verb", "no exit leads to this node", "wire an exit to it, or remove it")


def _check_silence(flow: Flow) -> None:
    """No circle of moves in which the caller hears nothing."""
    settled: set[str] = set()
    for name in flow.nodes:
        _follow_silence(flow, name, (), settled)


def _follow_silence(flow: Flow, name: str, before: tuple[str, ...], settled: set[str]) -> None:
    if name in before:
        circle = " -> ".join((*before[before.index(name) :], name))
        raise Refusal(name, "on", f"the caller would hear nothing in the circle {circle}", "let one of these nodes say something")
    if name in settled:
        return
    for target in sorted(_silent_targets(flow.nodes[name])):
        _follow_silence(flow, target, (*before, name), settled)
    settled.add(name)


def _silent_targets(node: Node) -> set[str]:
    """Where a caller can get to without having heard anything here; an empty list is passed in silence."""
    match node:
        case LookupNode() if node.say:
            return set()
        case QueueNode() if not node.say:
            return {node.on[name] for name in ("full", "no_agent", "failed")}
        case ChooseNode():
            return {node.on["failed"]}
        case TellNode():
            return {node.on["finished"]}
    return _targets(node) if node.silent else set()


def _check_calls(book: FlowBook, flow: Flow) -> None:
    for node in flow.nodes.values():
        if isinstance(node, CallNode) and flow.name in _called(book, node.flow):
            raise Refusal(node.id, "flow", f"flow {flow.name} would call itself through {node.flow}", "use exits instead of a call back")


def _called(book: FlowBook, name: str) -> set[str]:
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in reached or one not in book.flows:
            continue
        reached.add(one)
        waiting.extend(node.flow for node in book.flow(one).nodes.values() if isinstance(node, CallNode))
    return reached
