"""Walks a caller through flows: state and what was heard -> new state and what to do. Pure.

In: the published flows, the caller's `Step`, one `Heard`. Out: the next `Step`, whose commands a driver performs. `restore` continues from a
checkpoint at the same node. No I/O, no clock, no `await`. Every step ends in a command that the caller hears or that asks the outside.
Wiring rules are checked by `ivr.loader` before a flow is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from callcenter.commands import Command, Heard, SetLanguage
from callcenter.errors import FlowLoop
from callcenter.ivr import step as steps
from callcenter.ivr import verbs
from callcenter.ivr.flow import AGAIN, BACK, CallNode, FlowBook, GotoNode, Node, QueueNode, ReturnNode
from callcenter.ivr.step import Entered, Left, Move, Place, Spot, Step
from callcenter.ivr.verbs import Leave, Stay, Why

MAX_SILENT_MOVES = 50
MAX_TRAIL = 20
MAX_CALLS = 8


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
    spots = [step.spot, *step.stack, *(spot for place in step.trail for spot in (place.spot, *place.stack))]
    if any(flow not in book.flows or node not in book.flows[flow].nodes for flow, node in spots):
        return None
    node = book.node(*step.spot)
    if verbs.passed(node, step) is not None or isinstance(node, GotoNode | CallNode | ReturnNode):
        return _arrive(book, step, step.node)
    return replace(step, commands=(SetLanguage(step.language), *verbs.commands(node, step, Why.RESTORED)))


def waits_in_queue(book: FlowBook, step: Step) -> bool:
    """Whether the caller's place is a queue, so that a queue's result belongs to it."""
    return isinstance(book.node(*step.spot), QueueNode)


def advance(book: FlowBook, step: Step, heard: Heard) -> Step:
    """Where `heard` leads from `step`, and what to do there. Raises FlowLoop after MAX_SILENT_MOVES silent moves."""
    node = book.node(*step.spot)
    answer = verbs.reply(node, step, heard)
    if isinstance(answer, Stay):
        return _stay(node, step, answer)
    if answer.exit == BACK and BACK not in node.on:
        return _back(book, step, node)
    return _leave(book, replace(step, moves=(), commands=()), node, answer)


# -- staying and going back -----------------------------------------------------------------------------------------------


def _stay(node: Node, step: Step, answer: Stay) -> Step:
    tries = step.tries + 1 if answer.why in (Why.NO_INPUT, Why.INVALID) else step.tries
    if answer.why is Why.TURNED:
        tries = 0
    index = step.index if answer.index is None else answer.index
    stayed = replace(step, tries=tries, index=index, moves=(Left(step.flow, step.node, _word(answer), answer.digits),))
    return replace(stayed, commands=verbs.commands(node, stayed, answer.why))


def _word(answer: Stay) -> str:
    return AGAIN if answer.why in (Why.REPEAT, Why.TURNED) else answer.why.value


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
    step = replace(_after(step, answer), moves=(*step.moves, Left(step.flow, step.node, answer.exit, answer.digits)))
    return _arrive(book, step, node.on[answer.exit])


def _after(step: Step, answer: Leave) -> Step:
    step = step.remembering(**answer.remember) if answer.remember else step
    if not answer.language:
        return step
    spoken: tuple[Command, ...] = (*(one for one in step.commands if not isinstance(one, SetLanguage)), SetLanguage(answer.language))
    return replace(step.remembering(**{verbs.REMEMBERED_LANGUAGE: answer.language}), language=answer.language, commands=spoken)


def _arrive(book: FlowBook, step: Step, target: str) -> Step:
    """Follow silent nodes from `target` on until there is something to do."""
    for _ in range(MAX_SILENT_MOVES):
        step = _entered(book, step, target)
        node = book.node(*step.spot)
        leave = verbs.passed(node, step)
        if leave is not None:
            step = replace(_after(step, leave), moves=(*step.moves, Left(step.flow, step.node, leave.exit)))
            target = node.on[leave.exit]
        elif isinstance(node, GotoNode | CallNode | ReturnNode):
            step, target = _controlled(book, step, node)
        else:
            return _play(node, step)
    raise FlowLoop(f"flow {step.flow} moved {MAX_SILENT_MOVES} times without reaching the caller, at {step.node}")


def _entered(book: FlowBook, step: Step, target: str) -> Step:
    flow = book.flow(step.flow)
    node = book.node(step.flow, target)
    step = replace(step, node=target, version=flow.version, tries=0, index=0)
    if isinstance(node, GotoNode | CallNode | ReturnNode):
        return step
    moves: tuple[Move, ...] = (*step.moves, Entered(step.flow, flow.version, target))
    return replace(step, moves=moves, trail=_trail(step, node))


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
            return replace(step, flow=flow, stack=step.stack[:-1]), book.node(flow, caller).on[node.exit]
    raise FlowLoop(f"flow {step.flow} returns at {node.id}, but nothing called it")


def _play(node: Node, step: Step) -> Step:
    played = replace(step, commands=(*step.commands, *verbs.commands(node, step, Why.ENTERED)))
    before = step.memory.get(verbs.INTRODUCED, ())
    new = [prompt for prompt in verbs.introduces(node) if prompt not in before]
    return played.remembering(**{verbs.INTRODUCED: [*before, *new]}) if new else played


def _fresh(book: FlowBook, flow: str, language: str | None) -> Step:
    entered = book.flow(flow)
    memory = {verbs.REMEMBERED_LANGUAGE: language} if language in ("zh", "en") else {}
    commands: tuple[Command, ...] = (SetLanguage(language),) if language in ("zh", "en") else ()
    return Step(entered.name, entered.version, entered.start, language=language or "zh", memory=memory, commands=commands)


