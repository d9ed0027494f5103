"""Walks a caller through flows: state and what was heard -> new state and what to do. Pure.

In: the published flows, the caller's `Step`, one `Heard`. Out: the next `Step`, whose commands a driver performs. `restore` continues from a
checkpoint at the same node. No I/O, no clock, no `await`. Every step ends in a command that the caller hears or that asks the outside.
Wiring rules are checked by `ivr.loader` before a flow is published.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from callcenter.commands import Command, Heard, SetLanguage
from callcenter.errors import FlowLoop
from callcenter.ivr import replies, verbs
from callcenter.ivr import step as steps
from callcenter.ivr.flow import AGAIN, BACK, CallNode, FlowBook, GotoNode, HoursNode, Node, ReturnNode
from callcenter.ivr.step import INTRODUCED, Entered, Left, Place, Spot, Step
from callcenter.ivr.verbs import Leave, Stay, Why

MAX_SILENT_MOVES = 50
MAX_TRAIL = 20
MAX_CALLS = 8
SWITCHED = "switched"
KEPT = (verbs.REMEMBERED_LANGUAGE, INTRODUCED)
CONTROL = (GotoNode, CallNode, ReturnNode)
COUNTED = frozenset({Why.NO_INPUT, Why.INVALID, Why.UNCLEAR, Why.CORRECTED})
_WORDS = {Why.UNCLEAR: "invalid"}


def begin(book: FlowBook, flow: str, language: str | None = None) -> Step:
    """The first step of a new caller. `language`: remembered from an earlier call. Raises UnknownFlow."""
    return _arrive(book, _fresh(book, flow, language), book.flow(flow).start)


def returned_from_queue(book: FlowBook, flow: str, language: str | None, heard: Heard) -> Step:
    """The first step of a caller whom the local fallback sent to the queue before we ever saw him. Raises UnknownFlow."""
    entered = book.flow(flow)
    step = _fresh(book, flow, language)
    if not entered.queue_return:
        return _arrive(book, step, entered.start)
    return advance(book, replace(step, node=entered.queue_return), heard)


def restore(book: FlowBook, saved: Mapping[str, Any]) -> Step | None:
    """The step of a checkpoint, to be played again; None when its place is in no loaded flow or the checkpoint is damaged."""
    try:
        step = steps.from_json(saved)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if not all(_led_here(book, place.spot, place.stack) for place in (Place(step.spot, step.stack), *step.trail)):
        return None
    node = book.node(*step.spot)
    if verbs.passed(node, step) is not None or isinstance(node, CONTROL):
        return _arrive(book, replace(step, entry=max(step.entry - 1, 0)), step.node)
    return replace(step, commands=(SetLanguage(step.language), *verbs.commands(node, step, Why.RESTORED)))


def _led_here(book: FlowBook, spot: Spot, stack: tuple[Spot, ...]) -> bool:
    """Whether a caller can be at `spot` by the calls of `stack`."""
    flows = (*(flow for flow, _ in stack), spot[0])
    if len(stack) > MAX_CALLS or any(flow not in book.flows or node not in book.flows[flow].nodes for flow, node in (*stack, spot)):
        return False
    calls = (book.node(*one) for one in stack)
    return all(isinstance(call, CallNode) and call.flow == flow for call, flow in zip(calls, flows[1:], strict=True))


def to_hours(book: FlowBook, step: Step, calendars: Collection[str]) -> Step | None:
    """Where the caller is asked anew whether one of `calendars` is open: the first such place of the flow he came in with; None without one."""
    flow = step.stack[0][0] if step.stack else step.flow
    nodes = book.flow(flow).nodes.values()
    hours = next((node.id for node in nodes if isinstance(node, HoursNode) and node.calendar in calendars), None)
    if hours is None:
        return None
    moves = (Left(step.flow, step.node, SWITCHED),)
    return _arrive(book, replace(step, flow=flow, stack=(), trail=(), moves=moves, commands=()), hours)


def advance(book: FlowBook, step: Step, heard: Heard) -> Step:
    """Where `heard` leads from `step`, and what to do there. Raises FlowLoop after MAX_SILENT_MOVES silent moves."""
    node = book.node(*step.spot)
    answer = replies.reply(node, step, heard)
    if isinstance(answer, Stay):
        return _stay(node, step, answer)
    if answer.exit == BACK and BACK not in node.on:
        return _back(book, step, node)
    return _leave(book, step, node, answer)


# -- staying and going back -----------------------------------------------------------------------------------------------


def _stay(node: Node, step: Step, answer: Stay) -> Step:
    tries = 0 if answer.why is Why.TURNED else step.tries + (answer.why in COUNTED)
    index = step.index if answer.index is None else answer.index
    pending = step.pending if answer.pending is None else answer.pending
    memory = {**step.memory, **answer.remember} if answer.remember else step.memory
    moves = (Left(step.flow, step.node, _word(answer), answer.digits),)
    stayed = replace(step, tries=tries, index=index, pending=pending, memory=memory, moves=moves)
    return replace(stayed, commands=verbs.commands(node, stayed, answer.why))


def _word(answer: Stay) -> str:
    return AGAIN if answer.why in (Why.REPEAT, Why.TURNED) else _WORDS.get(answer.why, answer.why.value)


def _back(book: FlowBook, step: Step, node: Node) -> Step:
    trail = step.trail
    if trail and trail[-1].spot == step.spot:
        trail = trail[:-1]
    if not trail:
        return _stay(node, step, Stay(Why.REPEAT, "*"))
    place = trail[-1]
    moves = (Left(step.flow, step.node, BACK, "*"),)
    return _arrive(book, replace(step, flow=place.spot[0], stack=place.stack, trail=trail, moves=moves, commands=()), place.spot[1])


# -- moving on ------------------------------------------------------------------------------------------------------------


def _leave(book: FlowBook, step: Step, node: Node, answer: Leave) -> Step:
    left = Left(step.flow, step.node, answer.exit, answer.digits)
    return _arrive(book, _after(replace(step, moves=(left,), commands=()), answer), node.on[answer.exit])


def _after(step: Step, answer: Leave) -> Step:
    if answer.forget:
        step = replace(step, memory={name: step.memory[name] for name in KEPT if name in step.memory}, trail=())
    step = step.remembering(answer.remember) if answer.remember else step
    if not answer.language:
        return step
    spoken: tuple[Command, ...] = (*(one for one in step.commands if not isinstance(one, SetLanguage)), SetLanguage(answer.language))
    return replace(step.remembering({verbs.REMEMBERED_LANGUAGE: answer.language}), language=answer.language, commands=spoken)


def _arrive(book: FlowBook, step: Step, target: str) -> Step:
    """Follow silent nodes from `target` on until there is something to do."""
    for _ in range(MAX_SILENT_MOVES):
        step = _entered(book, step, target)
        node = book.node(*step.spot)
        leave = verbs.passed(node, step)
        if leave is not None:
            step = replace(_after(step, leave), moves=(*step.moves, Left(step.flow, step.node, leave.exit)))
            target = node.on[leave.exit]
        elif isinstance(node, CONTROL):
            step, target = _controlled(book, step, node)
        else:
            return _play(node, step)
    raise FlowLoop(f"flow {step.flow} moved {MAX_SILENT_MOVES} times without reaching the caller, at {step.node}")


def _entered(book: FlowBook, step: Step, target: str) -> Step:
    flow = book.flow(step.flow)
    node = book.node(step.flow, target)
    moves, trail = step.moves, step.trail
    if not isinstance(node, GotoNode | ReturnNode):
        moves, trail = (*moves, Entered(step.flow, flow.version, target)), _trail(step, node)
    return replace(
        step, node=target, version=flow.version, tries=0, index=0, pending="", entry=step.entry + 1, moves=moves, trail=trail
    )  # fmt: skip


def _trail(step: Step, node: Node) -> tuple[Place, ...]:
    if not node.is_place:
        return step.trail
    here: Spot = (step.flow, node.id)
    known = [place.spot for place in step.trail]
    kept = step.trail[: known.index(here)] if here in known else step.trail
    return (*kept, Place(here, step.stack))[-MAX_TRAIL:]


def _controlled(book: FlowBook, step: Step, node: Node) -> tuple[Step, str]:
    match node:
        case GotoNode():
            return step, node.to
        case CallNode():
            if len(step.stack) >= MAX_CALLS:
                raise FlowLoop(f"flow {step.flow} calls flows {MAX_CALLS} deep at {node.id}")
            return replace(step, flow=node.flow, stack=(*step.stack, step.spot)), book.flow(node.flow).start
        case ReturnNode() if step.stack:
            flow, caller = step.stack[-1]
            moves = (*step.moves, Left(flow, caller, node.exit))
            return replace(step, flow=flow, stack=step.stack[:-1], moves=moves), book.node(flow, caller).on[node.exit]
    raise FlowLoop(f"flow {step.flow} returns at {node.id}, but nothing called it")


def _play(node: Node, step: Step) -> Step:
    commands = (*step.commands, *verbs.commands(node, step, Why.ENTERED))
    before = step.memory.get(INTRODUCED, ())
    new = [prompt for prompt in verbs.introduces(node) if prompt not in before]
    memory = {**step.memory, INTRODUCED: [*before, *new]} if new else step.memory
    return replace(step, commands=commands, memory=memory)


def _fresh(book: FlowBook, flow: str, language: str | None) -> Step:
    entered = book.flow(flow)
    memory = {verbs.REMEMBERED_LANGUAGE: language} if language in ("zh", "en") else {}
    commands: tuple[Command, ...] = (SetLanguage(language),) if language in ("zh", "en") else ()
    chosen = language if language in ("zh", "en") else "zh"
    return Step(entered.name, entered.version, entered.start, language=chosen, memory=memory, release=book.release, commands=commands)


