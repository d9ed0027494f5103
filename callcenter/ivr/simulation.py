"""A caller who is not there: the same engine, asked by a designer instead of a telephone.

In: a book, a situation, a state that came back from a stranger, what was "heard". Out: the steps up to the next thing somebody must answer: what was
said, where it led, what is asked. Must not do what an action would do, nor read data: what stands between (hours, who calls, lookups) is asked of
`Outside`, which answers None when the tester must. Invariant: ends after MOST_COMMANDS commands, whatever the flow.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from callcenter import commands as do
from callcenter.errors import FlowLoop
from callcenter.ivr import engine
from callcenter.ivr.flow import FlowBook
from callcenter.ivr.step import Left, Spot, Step

MOST_COMMANDS = 200
Outside = Callable[[do.Command, Step], Awaitable[do.Heard | None]]


@dataclass(frozen=True, slots=True)
class Played:
    """What was said in one go, in a language."""

    spoken: tuple[do.Spoken, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Walked:
    """From one answer to the next question. `asked` is None at the end."""

    step: Step
    moves: tuple[Left, ...]
    plays: tuple[Played, ...]
    asked: do.Command | None
    found: tuple[tuple[str, do.Found], ...]

    @property
    def place(self) -> Spot:
        return self.step.spot


async def enter(book: FlowBook, flow: str, language: str | None, outside: Outside) -> Walked:
    """A new caller. Raises UnknownFlow, FlowLoop, KeyError for a flow with faults."""
    return await _on(book, engine.begin(book, flow, language), outside)


async def go_on(book: FlowBook, saved: Mapping[str, Any], heard: do.Heard, outside: Outside) -> Walked | None:
    """From a state with what was heard; None when no caller can be in that state. Raises as `enter`."""
    step = engine.restore(book, saved)
    if step is None or step.ended:
        return None
    return await _on(book, engine.advance(book, step, heard), outside)


async def asked_at(book: FlowBook, saved: Mapping[str, Any]) -> do.Command | None:
    """What a caller in that state is asked; None when nobody can be in it, or it is the end."""
    step = engine.restore(book, saved)
    return None if step is None or step.ended or not step.commands else step.commands[-1]


async def _on(book: FlowBook, step: Step, outside: Outside) -> Walked:
    moves: list[Left] = []
    plays: list[Played] = []
    found: list[tuple[str, do.Found]] = []
    for _ in range(MOST_COMMANDS):
        moves += [move for move in step.moves if isinstance(move, Left)]
        plays += _plays(step)
        last = step.commands[-1]
        if step.ended:
            return Walked(_still(step), tuple(moves), tuple(plays), None, tuple(found))
        heard = do.Done() if isinstance(last, do.Say) else await outside(last, step)
        if heard is None:
            return Walked(_still(step), tuple(moves), tuple(plays), last, tuple(found))
        if isinstance(last, do.Lookup) and isinstance(heard, do.Found):
            found.append((last.name, heard))
        step = engine.advance(book, step, heard)
    raise FlowLoop(f"flow {step.flow} goes on and on without asking anybody, at {step.node}")


def _still(step: Step) -> Step:
    return replace(step, moves=())


def _plays(step: Step) -> list[Played]:
    """A change of language counts from its place on."""
    found: list[Played] = []
    language = step.language
    for command in step.commands:
        if isinstance(command, do.SetLanguage):
            language = command.language
        elif isinstance(command, do.Say | do.Gather) and command.spoken:
            found.append(Played(command.spoken, language))
    return found
