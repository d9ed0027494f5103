"""Each verb by its table of cases: tests/unit/ivr/verbs/<verb>.toml, a caller's state and what is heard -> where he is and what he is asked.

A case: `node` (keys of the node; exits that are not wired lead to an end named after them), `memory`, `language`, `tries`, `index`, `pending`,
`hear` (without: the caller enters), `others` (more flows), and what is expected: `exit`, `at`, `asks`, `words`, `answers`, `memory_after`...
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from callcenter import commands as do
from callcenter.ivr import engine, loader
from callcenter.ivr.actions import ACTIONS
from callcenter.ivr.flow import VERBS, FlowBook
from callcenter.ivr.step import Left, Step
from tests.unit.ivr.fakes import known, spoken_ids

pytestmark = pytest.mark.unit
FOLDER = Path(__file__).parent / "verbs"
AFTER = frozenset({"memory_after", "tries_after", "index_after", "pending_after", "language_after"})
EXPECTED = AFTER | {"exit", "at", "asks", "words", "answers", "gives"}


def cases() -> list[Any]:
    return [
        pytest.param(file.stem, case, id=f"{file.stem}: {case['title']}")
        for file in sorted(FOLDER.glob("*.toml"))
        for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]
    ]


def test_every_verb_has_its_cases() -> None:
    assert {file.stem for file in FOLDER.glob("*.toml")} == set(VERBS)


def test_every_case_expects_something() -> None:
    for one in cases():
        assert EXPECTED & one.values[1].keys(), one.id


@pytest.mark.parametrize(("verb", "case"), cases())
def test_verb(verb: str, case: dict[str, Any]) -> None:
    book = book_of(verb, case)
    step = after(book, case)
    told = {
        "exit": next((move.exit for move in step.moves if isinstance(move, Left) and move.node == "here"), ""),
        "at": step.node,
        "asks": type(step.commands[-1]).__name__,
        "words": [word for command in step.commands for word in spoken_ids(command)],
        "answers": [one.value for one in getattr(step.commands[-1], "answers", ())],
        "memory_after": {name: step.memory.get(name) for name in case.get("memory_after", {})},
        "tries_after": step.tries,
        "index_after": step.index,
        "pending_after": step.pending,
        "language_after": step.language,
        "gives": {name: getattr(step.commands[-1], name) for name in case.get("gives", {})},
    }
    assert {name: told[name] for name in EXPECTED & case.keys()} == {name: case[name] for name in EXPECTED & case.keys()}
    again = engine.restore(book, step.as_json())
    assert again is not None and again.as_json() == step.as_json()


def book_of(verb: str, case: dict[str, Any]) -> FlowBook:
    node = {"verb": verb, **case.get("node", {})}
    exits = {*_exits(verb, node, case), *node.get("on", {})} - set(case.get("unwired", ()))
    wired = {name: node.get("on", {}).get(name, f"end_{_word(name)}") for name in exits}
    ends = {target: {"verb": "hang_up", "say": ["goodbye"]} for target in {*wired.values()} - {"again", "here"}}
    nodes = {"before": {"verb": "say", "say": ["one_moment"], "on": {"done": "here"}}, "here": node | ({"on": wired} if wired else {}), **ends}
    nodes |= case.get("more", {})
    sources = {"tiny": {"flow": "tiny", "start": "before", "node": nodes}, **case.get("others", {})}
    checked = loader.check_sources(sources, known(), release=3)
    assert [one.rule.en for one in checked.faults] == []
    return checked.book


def _word(exit: str) -> str:
    return f"key_{exit}" if exit.isdigit() else exit


def _exits(verb: str, node: dict[str, Any], case: dict[str, Any]) -> set[str]:
    if "exits" in case:
        return set(case["exits"])
    if verb == "branch":
        return {*node["cases"], "otherwise"}
    action = {"book": f"book_{node.get('do')}", "act": node.get("do", "")}.get(verb, verb)
    if action in ACTIONS:
        return set(ACTIONS[action].exits)
    if verb == "language":
        return {"chosen"} if node.get("ask") == "switch" else {"chosen", "no_input", "invalid", "failed"}
    return set(VERBS[verb].exits)


def after(book: FlowBook, case: dict[str, Any]) -> Step:
    entering = "hear" not in case
    stack = ((case["called_by"], "calls"),) if "called_by" in case else ()
    given = {name: case[name] for name in ("language", "memory", "tries", "index", "pending") if name in case}
    step = Step("tiny", 1, "before" if entering else "here", stack, release=3, entry=5, **given)
    return engine.advance(book, step, do.Done() if entering else heard(case["hear"]))


def heard(given: dict[str, Any]) -> do.Heard:
    match given:
        case {"keys": digits}:
            return do.Keys(digits)
        case {"said": text, **more}:
            return do.Said(text, more.get("value", ""), 90)
        case {"found": exit, **more}:
            return do.Found(exit, more.get("values", {}))
        case {"queue": result}:
            return do.QueueResult(result)
        case {"recorded": seconds}:
            return do.Recorded("m1" if seconds else "", "f", seconds)
    return do.Done()
