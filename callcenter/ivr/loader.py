"""Reads flows from TOML files, or from sources of a store, and refuses what could leave a caller in silence.

In: a folder of `*.toml`, or sources by name, and what is `Known` (prompts, queues, lookups, actions...). Out: a `FlowBook`, or a ConfigError with
file, line, rule and mend; for sources a book and all faults. Nothing is repaired or guessed; a flow that loads has every exit wired.
The rules in words: docs/flows.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callcenter.errors import ConfigError
from callcenter.ivr import checks, source
from callcenter.ivr.actions import ACTIONS, Action
from callcenter.ivr.faults import Fault, Refusal, fault
from callcenter.ivr.flow import FlowBook, ReturnNode
from callcenter.ivr.lookups import LOOKUPS

SHIPPED = Path(__file__).parent / "flows"


@dataclass(frozen=True, slots=True)
class Known:
    """What a flow may name. None: not checked (the store could not be asked)."""

    prompts: Collection[str]
    lookups: Mapping[str, Collection[str]] = field(default_factory=lambda: {name: shape.arguments for name, shape in LOOKUPS.items()})
    calendars: Collection[str] = frozenset({"hotline"})
    queues: Collection[str] | None = None
    actions: Mapping[str, Action] = field(default_factory=lambda: ACTIONS)
    extensions: Collection[str] = frozenset()
    templates: Collection[str] | None = None


# -- files --------------------------------------------------------------------------------------------------------------------


def load_folder(folder: Path, known: Known) -> FlowBook:
    """Every flow of `folder`. Raises ConfigError."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.toml"))}
    if not texts:
        raise ConfigError(str(folder), "holds no flow", "put at least one flow file there")
    return load_texts({str(path): text for path, text in texts.items()}, known)


def load_texts(texts: Mapping[str, str], known: Known) -> FlowBook:
    """Flows by file name. Raises ConfigError."""
    reads: dict[str, source.Read] = {}
    files: dict[str, str] = {}
    for where, text in texts.items():
        one = _located(where, text, lambda where=where, text=text: parse_flow(text, Path(where).stem))
        name = one.flow.name
        if name in reads:
            raise ConfigError(where, f"flow {name} is defined twice", "give each flow a name and a file of its own")
        reads[name], files[name] = one, where
    book = FlowBook({name: one.flow for name, one in reads.items()})
    for name, where in files.items():
        _located(where, texts[where], lambda name=name: _refuse(checks.faults_of(book, reads[name], known)))
    return book


def parse_flow(text: str, name: str) -> source.Read:
    """One flow from its TOML. Raises Refusal at the first fault of its form."""
    one = source.read(parse_toml(text), name)
    _refuse(one.faults)
    return one


def parse_toml(text: str) -> dict[str, Any]:
    """The source in a TOML text. Raises Refusal."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as wrong:
        raise Refusal(fault("not_toml", why=wrong)) from wrong


def title_of(table: Mapping[str, Any]) -> tuple[str, str] | None:
    """Chinese and English title of a source, when it has them."""
    title = table.get("title")
    return (str(title["zh"]), str(title["en"])) if isinstance(title, dict) and {"zh", "en"} <= title.keys() else None


def _refuse(faults: tuple[Fault, ...]) -> None:
    if faults:
        raise Refusal(faults[0])


def check_entry(book: FlowBook, name: str) -> None:
    """A number may lead to flow `name`. Raises ConfigError."""
    if name not in book.flows:
        raise ConfigError("setting did", f"flow {name} does not exist", f"use one of {', '.join(sorted(book.flows))}")
    if any(isinstance(node, ReturnNode) for node in book.flow(name).nodes.values()):
        raise ConfigError("setting did", f"flow {name} is made to be called by another flow", "name a flow without `return`")


# -- sources --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checked:
    """Flows that were read together, and everything that is wrong with them."""

    book: FlowBook
    faults: tuple[Fault, ...]


def check_sources(sources: Mapping[str, Any], known: Known, versions: Mapping[str, int] | None = None, release: int = 0) -> Checked:
    """Sources by flow name, checked together. The book holds what could be read of them; walk it only when there is no fault."""
    versions = versions or {}
    reads = {name: source.read(table, name, versions.get(name)) for name, table in sources.items()}
    book = FlowBook({name: one.flow for name, one in reads.items()}, release)
    return Checked(book, tuple(one for read in reads.values() for one in checks.faults_of(book, read, known)))


# -- where in the file -----------------------------------------------------------------------------------------------------------


def _located(where: str, text: str, work: Any) -> Any:
    try:
        return work()
    except Refusal as refused:
        one = refused.fault
        line = line_of(text, one.node, one.key)
        subject = f"node {one.node}: {one.rule.en}" if one.node else one.rule.en
        raise ConfigError(f"{where}:{line}" if line else where, subject, one.mend.en) from refused


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
