"""Reads flows from TOML and refuses what could leave a caller in silence.

In: a folder of `*.toml`, and what is `Known` (prompts, queues, lookups, calendars). Out: a `FlowBook`, or a ConfigError with file, line, rule
and mend. Nothing is repaired or guessed; a flow that loads has every exit wired and every node reachable.
The rules in words: docs/flows.md.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any

from callcenter.errors import ConfigError
from callcenter.ivr import checks
from callcenter.ivr.checks import Refusal
from callcenter.ivr.flow import VERBS, Flow, FlowBook, Node, Phrase, ReturnNode
from callcenter.ivr.phrases import parse_word

SHIPPED = Path(__file__).parent / "flows"
_HEAD = frozenset({"flow", "start", "version", "queue_return", "node"})


@dataclass(frozen=True, slots=True)
class Known:
    """What a flow may name. None: not checked (the store could not be asked)."""

    prompts: Collection[str]
    lookups: Mapping[str, Collection[str]]
    calendars: Collection[str] = frozenset({"hotline"})
    queues: Collection[str] | None = None


def load_folder(folder: Path, known: Known) -> FlowBook:
    """Every flow of `folder`. Raises ConfigError."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.toml"))}
    if not texts:
        raise ConfigError(str(folder), "holds no flow", "put at least one flow file there")
    return load_texts({str(path): text for path, text in texts.items()}, known)


def load_texts(texts: Mapping[str, str], known: Known) -> FlowBook:
    """Flows by file name. Raises ConfigError."""
    flows: dict[str, Flow] = {}
    sources: dict[str, str] = {}
    for where, text in texts.items():
        flow = _located(where, text, lambda where=where, text=text: parse_flow(text, Path(where).stem))
        if flow.name in flows:
            raise ConfigError(where, f"flow {flow.name} is defined twice", "give each flow a name and a file of its own")
        flows[flow.name], sources[flow.name] = flow, where
    book = FlowBook(flows)
    for name, where in sources.items():
        _located(where, texts[where], lambda name=name: checks.check(book, book.flow(name), known))
    return book


def check_entry(book: FlowBook, name: str) -> None:
    """A number may lead to flow `name`. Raises ConfigError."""
    if name not in book.flows:
        raise ConfigError("setting did", f"flow {name} does not exist", f"use one of {', '.join(sorted(book.flows))}")
    if any(isinstance(node, ReturnNode) for node in book.flow(name).nodes.values()):
        raise ConfigError("setting did", f"flow {name} is made to be called by another flow", "name a flow without `return`")


def check_queues(folder: Path, book: FlowBook, queues: Collection[str]) -> None:
    """Every queue that a flow names exists; for a start at which the store answers only later. Raises ConfigError."""
    for flow in book.flows.values():
        path = folder / f"{flow.name}.toml"
        _located(str(path), path.read_text(encoding="utf-8"), lambda flow=flow: checks.check_queues(flow, queues))


def parse_flow(text: str, name: str) -> Flow:
    """One flow from its TOML. Raises Refusal."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise Refusal("", "", f"is not TOML: {wrong}", "correct the line that is named") from wrong
    _only_known("", table, _HEAD)
    if table.get("flow") != name:
        raise Refusal("", "flow", f"flow must be the file's name, {name}", f'write flow = "{name}"')
    nodes = _table("", "node", table.get("node"))
    version, start, back = table.get("version", 1), table.get("start"), table.get("queue_return", "")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Refusal("", "version", "version must be a whole number from 1", "write version = 1")
    if not isinstance(start, str) or not isinstance(back, str):
        raise Refusal("", "start", "start and queue_return must name nodes", 'write start = "<a node of this flow>"')
    return Flow(name, version, start, {key: _node(key, _table(key, "verb", value)) for key, value in nodes.items()}, back)


def _node(name: str, table: Mapping[str, Any]) -> Node:
    verb = table.get("verb")
    kind = VERBS.get(verb) if isinstance(verb, str) else None
    if kind is None:
        raise Refusal(name, "verb", f"verb {verb!r} is not known", f"use one of {', '.join(sorted(VERBS))}")
    declared = {one.name: one for one in fields(kind) if one.name != "id"}
    _only_known(name, table, {"verb", *declared})
    values = {key: _value(name, declared[key], value) for key, value in table.items() if key != "verb"}
    missing = [one.name for one in declared.values() if one.default is MISSING and one.default_factory is MISSING and one.name not in values]
    if missing:
        raise Refusal(name, "verb", f"{kind.verb} needs {missing[0]}", f"add {missing[0]} = ...")
    node = kind(id=name, **values)
    if node.problem()[2]:
        raise Refusal(name, "verb", node.problem()[2], "correct the node")
    return node


def _value(node: str, declared: Field[Any], value: Any) -> Any:
    key, kind = declared.name, str(declared.type)
    match kind:
        case "Phrase":
            return _phrase(node, key, value)
        case "int" | "float":
            return _number(node, declared, value)
        case "Mapping[str, str]":
            return _strings(node, key, value)
    if not isinstance(value, str) or not value:
        raise Refusal(node, key, f"{key} must be a text", f'write {key} = "..."')
    return value


def _phrase(node: str, key: str, value: Any) -> Phrase:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise Refusal(node, key, f"{key} must be a list of prompt ids", f'write {key} = ["<id of sounds/prompts.toml>"]')
    try:
        return tuple(parse_word(one) for one in value)
    except ValueError as wrong:
        raise Refusal(node, key, str(wrong), "correct this word") from wrong


def _number(node: str, declared: Field[Any], value: Any) -> float:
    least, most = declared.metadata["least"], declared.metadata["most"]
    whole = declared.type == "int"
    fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool) and least <= value <= most
    if not fits:
        sort = "whole number" if whole else "number"
        raise Refusal(node, declared.name, f"{declared.name} must be a {sort} from {least} to {most}", "correct the number")
    return value if whole else float(value)


def _strings(node: str, key: str, value: Any) -> Mapping[str, str]:
    table = _table(node, key, value)
    wrong = [name for name, one in table.items() if not isinstance(one, str) or not one]
    if wrong:
        raise Refusal(node, key, f"{key}.{wrong[0]} must be a text", "correct the value")
    return dict(table)


def _table(node: str, key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Refusal(node, key, f"{key} must be a table", "write it as in docs/flows.md")
    return value


def _only_known(node: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
    for key in table:
        if key not in (words := sorted(known)):
            near = difflib.get_close_matches(key, words, 1)
            raise Refusal(node, key, f"key {key} is not known here", f"did you mean {near[0]}?" if near else f"use {', '.join(words)}")


# -- where in the file -----------------------------------------------------------------------------------------------------


def _located(where: str, text: str, work: Any) -> Any:
    try:
        return work()
    except Refusal as refused:
        line = line_of(text, refused.node, refused.key)
        subject = f"node {refused.node}: {refused.rule}" if refused.node else refused.rule
        raise ConfigError(f"{where}:{line}" if line else where, subject, refused.mend) from refused


def line_of(text: str, node: str, key: str) -> int:
    """The line of `key` in `[node.<node>]`, or of the node, or of a key at the top; 0 when it is not found."""
    inside, found = not node, 0
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if bare.startswith("["):
            inside = bool(node) and bare.split("#")[0].strip() in (f"[node.{node}]", f'[node."{node}"]')
            found = number if inside else found
        elif inside and key and bare.split("=")[0].strip().strip('"') == key:
            return number
    return found
