"""Rules that a flow must keep together with the other flows and with what exists. Pure.

In: the book, one flow as it was read, what is known. Out: all faults, each with node, key, rule and mend. Must not stop at the first, nor take
long: every rule is linear in the size of the flow. Invariant: a flow without a fault never leaves a caller in silence or in an endless talk.
The rules in words: docs/flows.md. Circles and silence: `ivr.circles`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Protocol

from callcenter.ivr import circles, verbs
from callcenter.ivr.actions import Action
from callcenter.ivr.faults import Fault, fault
from callcenter.ivr.flow import (
    AGAIN,
    DIGITS,
    CallbackNode,
    CallNode,
    ChooseNode,
    DeedNode,
    Flow,
    FlowBook,
    GotoNode,
    HoursNode,
    ListenNode,
    LookupNode,
    MenuNode,
    Node,
    QueueNode,
    ReturnNode,
    SmsNode,
    TransferNode,
    Word,
)
from callcenter.ivr.source import Read

_FIXED_PROMPTS = (verbs.HEARD_NOTHING, verbs.NOT_VALID, *(f"{verbs.PRESS}{key}" for key in range(1, 10)))


class Known(Protocol):
    """What a flow may name. None: not checked (the store could not be asked)."""

    @property
    def prompts(self) -> Collection[str]: ...
    @property
    def lookups(self) -> Mapping[str, Collection[str]]: ...
    @property
    def actions(self) -> Mapping[str, Action]: ...
    @property
    def calendars(self) -> Collection[str]: ...
    @property
    def extensions(self) -> Collection[str]: ...
    @property
    def queues(self) -> Collection[str] | None: ...
    @property
    def templates(self) -> Collection[str] | None: ...


def faults_of(book: FlowBook, one: Read, known: Known) -> tuple[Fault, ...]:
    """Everything that is wrong with a flow: its form first, then names, wiring, reach, silence."""
    checker = _Checker(book, one, known, [*one.faults])
    checker.run()
    return tuple(checker.found)


def queue_faults(flow: Flow, queues: Collection[str]) -> tuple[Fault, ...]:
    """Every queue that `flow` names exists."""
    named = [node for node in flow.nodes.values() if isinstance(node, QueueNode | CallbackNode) and node.queue not in queues]
    return tuple(_unknown(flow.name, node.id, "queue", ("队列", "queue"), node.queue, queues) for node in named)


def _unknown(flow: str, node: str, key: str, what: tuple[str, str], name: str, known: Collection[str]) -> Fault:
    return fault("unknown_thing", node, key, flow, what_zh=what[0], what_en=what[1], name=name, known=sorted(known))


@dataclass
class _Checker:
    """One flow under examination."""

    book: FlowBook
    read: Read
    known: Known
    found: list[Fault] = field(default_factory=list)

    @property
    def flow(self) -> Flow:
        return self.read.flow

    def run(self) -> None:
        self._heads()
        for node in self.flow.nodes.values():
            self._names(node)
            self._wires(node)
        if self.flow.start in self._all():
            self._reach()
        self.found += circles.faults_of(self.book, self.flow)

    def _add(self, code: str, node: str = "", key: str = "", **values: object) -> None:
        self.found.append(fault(code, node, key, self.flow.name, **values))

    def _all(self) -> Collection[str]:
        """Names of all nodes, the broken ones too."""
        return self.flow.nodes.keys() | self.read.broken.keys()

    def _heads(self) -> None:
        flow, every = self.flow, self._all()
        for key, target in (("start", flow.start), ("queue_return", flow.queue_return)):
            if target not in every and (target or key == "start") and every:
                self._add("no_such_node", key=key, target=target, known=sorted(every))
        back = flow.nodes.get(flow.queue_return)
        if back is not None and not isinstance(back, QueueNode):
            self._add("not_a_queue", key="queue_return", target=flow.queue_return)
        for prompt in _FIXED_PROMPTS:
            if prompt not in self.known.prompts:
                self._add("prompt_needed", key="flow", prompt=prompt)

    # -- names ----------------------------------------------------------------------------------------------------------------

    def _names(self, node: Node) -> None:
        for key, word in _words(node):
            if word.prompt not in self.known.prompts:
                self._add("unknown_prompt", node.id, key, prompt=word.prompt)
        if isinstance(node, ListenNode) or (isinstance(node, MenuNode | ChooseNode) and node.voice):
            for prompt in verbs.VOICE_PROMPTS:
                if prompt not in self.known.prompts:
                    self._add("prompt_needed", node.id, "voice", prompt=prompt)
        for key, what, name, known in self._things(node):
            if known is not None and name not in known:
                self.found.append(_unknown(self.flow.name, node.id, key, what, name, known))
        self._arguments(node)

    def _things(self, node: Node) -> Iterator[tuple[str, tuple[str, str], str, Collection[str] | None]]:
        """Key, what it is called, the name, and what exists."""
        known = self.known
        if isinstance(node, QueueNode | CallbackNode):
            yield "queue", ("队列", "queue"), node.queue, known.queues
        if isinstance(node, DeedNode):
            yield "do", ("操作", "action"), node.action, known.actions
        match node:
            case HoursNode():
                yield "calendar", ("日历", "calendar"), node.calendar, known.calendars
            case LookupNode():
                yield "data", ("查询", "lookup"), node.data, known.lookups
            case TransferNode():
                yield "to", ("分机", "extension"), node.to, known.extensions
            case SmsNode():
                yield "template", ("短信模板", "text message"), node.template, known.templates
            case CallNode():
                yield "flow", ("流程", "flow"), node.flow, self.book.flows

    def _arguments(self, node: Node) -> None:
        if isinstance(node, LookupNode) and node.data in self.known.lookups:
            needed = set(self.known.lookups[node.data])
            self._compare(node, node.data, needed, needed, set(node.arguments))
        elif isinstance(node, DeedNode) and (action := self.known.actions.get(node.action)):
            given, needed = set(node.given()), set(action.arguments)
            self._compare(node, node.action, needed, given if action.open_arguments else needed | action.optional, given)

    def _compare(self, node: Node, name: str, needed: set[str], allowed: set[str], given: set[str]) -> None:
        if not needed <= given <= allowed | needed:
            self._add("arguments", node.id, "arguments", name=name, needed=sorted(needed) or "no arguments", given=sorted(given) or "none")

    # -- wires ----------------------------------------------------------------------------------------------------------------

    def _wires(self, node: Node) -> None:
        exits = exits_of(self.book, node, self.known.actions)
        if exits is not None:
            for name in sorted(exits[0] - set(node.on)):
                self._add("unwired", node.id, "on", exit=name)
        for name, target in node.on.items():
            self._wire(node, name, target, exits)
        if isinstance(node, GotoNode) and node.to not in self._all():
            self._add("no_such_node", node.id, "to", target=node.to, known=sorted(self._all()))

    def _wire(self, node: Node, name: str, target: str, exits: tuple[set[str], set[str]] | None) -> None:
        if exits is not None and name not in exits[1]:
            self._add("no_such_exit", node.id, "on", verb=node.verb, exit=name, known=sorted(exits[1]) or "none")
        elif target == AGAIN and name not in ("no_input", "invalid"):
            self._add("not_again", node.id, "on", exit=name)
        elif target != AGAIN and target not in self._all():
            self._add("exit_nowhere", node.id, "on", exit=name, target=target, known=sorted(self._all()))

    def _reach(self) -> None:
        reached: set[str] = set()
        waiting = [self.flow.start, self.flow.queue_return]
        while waiting:
            name = waiting.pop()
            if name in reached or name not in self._all():
                continue
            reached.add(name)
            waiting.extend(self.read.broken[name] if name in self.read.broken else circles.targets(self.flow.nodes[name]))
        for name in self._all():
            if name not in reached:
                self._add("unreachable", name, "verb")


def _words(node: Node) -> Iterator[tuple[str, Word]]:
    for one in fields(node):
        value = getattr(node, one.name)
        if str(one.type) == "Phrase":
            yield from ((one.name, word) for word in value if isinstance(word, Word))


def exits_of(book: FlowBook, node: Node, actions: Mapping[str, Action]) -> tuple[set[str], set[str]] | None:
    """What must be wired, and what may be; None when that depends on something that does not exist."""
    required = _required(book, node, actions)
    if required is None:
        return None
    keys = DIGITS - node.own_keys if node.reads_keys else set()
    return required, required | node.optional | keys


def _required(book: FlowBook, node: Node, actions: Mapping[str, Action]) -> set[str] | None:
    match node:
        case CallNode():
            return returns_of(book.flows[node.flow]) if node.flow in book.flows else None
        case DeedNode():
            return set(actions[node.action].exits) if node.action in actions else None
    return set(node.required())


def returns_of(flow: Flow) -> set[str]:
    """The exits with which a called flow returns."""
    return {node.exit for node in flow.nodes.values() if isinstance(node, ReturnNode)}


