"""A flow as it is written -> a flow as it is walked, with everything that is wrong with its form. Pure.

In: a source (the TOML structure as JSON values), of whatever a stranger may have sent. Out: `Read`: the nodes that are sound, where the broken
ones lead, and all faults. Must not look at other flows or at what exists: `ivr.checks` does. Invariant: nothing is repaired or guessed, and no
source of any shape or size raises.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any

from callcenter.ivr.faults import Fault, fault
from callcenter.ivr.flow import AGAIN, VERBS, Flow, Node, Phrase
from callcenter.ivr.phrases import parse_word

HEAD = frozenset({"flow", "title", "start", "version", "queue_return", "node"})
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
NODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
MOST_NODES = 2000
MOST_ENTRIES = 60
MOST_FAULTS = 500
LONGEST_TEXT = 500
LONGEST_TITLE = 80
NAMED = frozenset({"store", "list", "flow", "exit"})
"""Keys whose value is a name, not a text."""


@dataclass(frozen=True, slots=True)
class Read:
    """`broken`: nodes that could not be read, and where their exits lead all the same."""

    flow: Flow
    broken: Mapping[str, frozenset[str]]
    faults: tuple[Fault, ...]


def read(source: Any, name: str, version: int | None = None) -> Read:
    """The flow `name` out of `source`. `version`: given from outside, else the source's own or 1."""
    reader = _Reader(name)
    flow, broken = reader.flow(source, version)
    return Read(flow, broken, tuple(reader.faults))


class _Reader:
    """Reads one source and collects what is wrong with it."""

    def __init__(self, name: str) -> None:
        self.name, self.faults = name, list[Fault]()

    def _add(self, code: str, node: str = "", key: str = "", **values: Any) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault(code, node, key, self.name, **values))

    def flow(self, source: Any, version: int | None) -> tuple[Flow, Mapping[str, frozenset[str]]]:
        nothing = Flow(self.name, version or 1, "", {})
        if not isinstance(source, dict):
            self._add("not_table", what="flow")
            return nothing, {}
        self._only_known("", source, HEAD)
        if source.get("flow") != self.name or not NAME.fullmatch(self.name):
            self._add("flow_name", key="flow", name=self.name)
        start, back = source.get("start"), source.get("queue_return", "")
        if not isinstance(start, str) or not isinstance(back, str):
            self._add("head_text", key="start")
            start, back = "", ""
        self._title(source.get("title", {"zh": "-", "en": "-"}))
        written = source.get("version", 1)
        if not isinstance(written, int) or isinstance(written, bool) or not 1 <= written < 10**6:
            self._add("version", key="version")
            written = 1
        nodes, broken = self._nodes(source.get("node"))
        return Flow(self.name, version or written, start, nodes, back), broken

    def _title(self, title: Any) -> None:
        given = title if isinstance(title, dict) and title.keys() == {"zh", "en"} else {}
        if not given or not all(isinstance(one, str) and one.strip() and len(one) <= LONGEST_TITLE for one in given.values()):
            self._add("title", key="title", most=LONGEST_TITLE)

    def _nodes(self, tables: Any) -> tuple[dict[str, Node], dict[str, frozenset[str]]]:
        nodes: dict[str, Node] = {}
        broken: dict[str, frozenset[str]] = {}
        if not isinstance(tables, dict):
            self._add("not_table", key="node", what="node")
            return nodes, broken
        if not tables:
            self._add("no_nodes", key="node")
        if len(tables) > MOST_NODES:
            self._add("too_many_nodes", key="node", count=len(tables), most=MOST_NODES)
            return nodes, broken
        for key, table in tables.items():
            node = self._node(key, table)
            if node is None:
                broken[key] = _targets(table)
            else:
                nodes[key] = node
        return nodes, broken

    # -- one node -----------------------------------------------------------------------------------------------------------------

    def _node(self, name: str, table: Any) -> Node | None:
        known, full = len(self.faults), len(self.faults) >= MOST_FAULTS
        if not isinstance(name, str) or not NODE.fullmatch(name):
            self._add("bad_id", str(name)[:64], what="node", id=str(name)[:64], most=64)
        elif name == AGAIN:
            self._add("reserved", name, "verb", name=AGAIN)
        if not isinstance(table, dict):
            self._add("not_table", name, what=name)
            return None
        verb = table.get("verb")
        kind = VERBS.get(verb) if isinstance(verb, str) else None
        if kind is None:
            self._add("unknown_verb", name, "verb", verb=repr(verb), known=sorted(VERBS))
            return None
        node = self._of_kind(name, kind, table)
        return node if len(self.faults) == known and not full else None

    def _of_kind(self, name: str, kind: type[Node], table: Mapping[str, Any]) -> Node | None:
        declared = {one.name: one for one in fields(kind) if one.name != "id"}
        self._only_known(name, table, {"verb", *declared})
        values = {key: self._value(name, declared[key], value) for key, value in table.items() if key in declared}
        for one in declared.values():
            if one.default is MISSING and one.default_factory is MISSING and one.name not in values:
                self._add("missing", name, one.name, verb=kind.verb, what=one.name)
                return None
        if any(value is None for value in values.values()):
            return None
        node = kind(id=name, **values)
        key, zh, en = node.problem()
        if en:
            self._add("own_rule", name, key, zh=zh, en=en)
        return node

    def _value(self, node: str, declared: Field[Any], value: Any) -> Any:
        """None: it was refused."""
        key, kind = declared.name, str(declared.type)
        match kind:
            case "Phrase":
                return self._phrase(node, key, value)
            case "int" | "float":
                return self._number(node, declared, value)
            case "bool":
                return value if isinstance(value, bool) else self._refused("not_yes_no", node, key)
            case "Mapping[str, str]":
                return self._strings(node, key, value)
            case "Mapping[str, tuple[str, ...]]":
                return self._words(node, key, value)
        return self._text(node, declared, value)

    def _text(self, node: str, declared: Field[Any], value: Any) -> str | None:
        key, choices = declared.name, declared.metadata.get("choices")
        if not isinstance(value, str) or not value.strip():
            return self._refused("not_text", node, key)
        if len(value) > LONGEST_TEXT:
            return self._refused("too_long", node, key, what=key, most=LONGEST_TEXT)
        if choices and value not in choices:
            return self._refused("not_choice", node, key, known=choices)
        if key in NAMED and not NAME.fullmatch(value):
            return self._refused("not_name", node, key)
        return value

    def _phrase(self, node: str, key: str, value: Any) -> Phrase | None:
        if not isinstance(value, list) or not all(isinstance(one, str) and 0 < len(one) <= LONGEST_TEXT for one in value):
            return self._refused("not_phrase", node, key)
        if len(value) > MOST_ENTRIES:
            return self._refused("too_long", node, key, what=key, most=MOST_ENTRIES)
        try:
            return tuple(parse_word(one) for one in value)
        except ValueError as wrong:
            return self._refused("bad_word", node, key, why=wrong)

    def _number(self, node: str, declared: Field[Any], value: Any) -> float | None:
        least, most = declared.metadata["least"], declared.metadata["most"]
        whole = declared.type == "int"
        if not isinstance(value, int if whole else int | float) or isinstance(value, bool) or not least <= value <= most:
            sort = ("整数", "whole number") if whole else ("数字", "number")
            return self._refused("not_number", node, declared.name, least=least, most=most, sort_zh=sort[0], sort_en=sort[1])
        return value if whole else float(value)

    def _strings(self, node: str, key: str, value: Any) -> Mapping[str, str] | None:
        table = self._table(node, key, value)
        if table is None:
            return None
        for name, one in table.items():
            if not isinstance(one, str) or not one or len(one) > LONGEST_TEXT:
                return self._refused("not_text", node, key, what=f"{key}.{name}")
            if key != "on" and not NAME.fullmatch(name):
                return self._refused("not_name", node, key, what=f"{key}.{name}")
        return dict(table)

    def _words(self, node: str, key: str, value: Any) -> Mapping[str, tuple[str, ...]] | None:
        table = self._table(node, key, value)
        if table is None:
            return None
        for words in table.values():
            fits = isinstance(words, list) and 0 < len(words) <= MOST_ENTRIES
            if not fits or not all(isinstance(one, str) and one.strip() and len(one) <= LONGEST_TEXT for one in words):
                return self._refused("not_words", node, key)
        return {name: tuple(words) for name, words in table.items()}

    def _table(self, node: str, key: str, value: Any) -> Mapping[str, Any] | None:
        if not isinstance(value, dict):
            return self._refused("not_table", node, key, what=key)
        return self._refused("too_long", node, key, what=key, most=MOST_ENTRIES) if len(value) > MOST_ENTRIES else value

    def _refused(self, code: str, node: str, key: str, **values: Any) -> None:
        self._add(code, node, key, **values)

    def _only_known(self, node: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
        words = sorted(known)
        for key in [one for one in table if one not in words][:MOST_ENTRIES]:
            if isinstance(key, str):
                near = difflib.get_close_matches(key, words, 1) if len(key) < 100 else []
                mend = f"did you mean {near[0]}?" if near else f"use {', '.join(words)}"
                self._add("unknown_key", node, key[:64], what=key[:64], known=near or words, mend=mend)


def _targets(table: Any) -> frozenset[str]:
    """Where a node that cannot be read leads, as far as can be told."""
    if not isinstance(table, dict):
        return frozenset()
    wired = table.get("on")
    named = [*(wired.values() if isinstance(wired, dict) else ()), table.get("to")]
    return frozenset(one for one in named if isinstance(one, str) and one != AGAIN)
