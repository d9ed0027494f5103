"""What every node of a flow has, and the phrases it speaks. Pure.

In: nothing. Out: `Node`, `Word`, `Value`, and `between` for a number with its bounds. A node's exits are closed: `required()` must be wired, keys
and `optional` may be, nothing else. Must not know a verb: those stand in `talking`, `asking` and `doing`.
Verbs and their keys: docs/flows.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

AGAIN = "again"
BACK = "back"
DIGITS = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Word:
    """A prompt id. `language`: zh | en | other | empty (the caller's)."""

    prompt: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the item or the memory, spoken as `form`; `count`: the length of a remembered list instead."""

    name: str
    form: str
    unit: str = ""
    count: bool = False


Phrase = tuple[Word | Value, ...]


def between(default: Any, least: float, most: float) -> Any:
    """A number of a node with its bounds."""
    return field(default=default, metadata={"least": least, "most": most})


def one_of(default: str, *choices: str) -> Any:
    """A text of a node that is one of few."""
    return field(default=default, metadata={"choices": choices})


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One place of a flow. `on` maps exits to nodes of the same flow, or to `again`."""

    id: str
    on: Mapping[str, str] = field(default_factory=dict)
    verb: ClassVar[str] = ""
    exits: ClassVar[frozenset[str]] = frozenset()
    optional: ClassVar[frozenset[str]] = frozenset()
    own_keys: ClassVar[frozenset[str]] = frozenset()  # keys that the verb itself uses
    reads_keys: ClassVar[bool] = False  # other keys may be wired as exits
    is_place: ClassVar[bool] = False  # `*` may come back here
    silent: ClassVar[bool] = False  # the caller may hear nothing here
    waits: ClassVar[bool] = False  # for the caller, for an agent, or for ever

    def required(self) -> frozenset[str]:
        """Exits that must be wired."""
        return self.exits

    def problem(self) -> tuple[str, str, str]:
        """A rule the node breaks by itself: key, Chinese, English; or three empty texts."""
        return FINE


FINE = ("", "", "")
EMPTY_SAY = ("say", "这个节点什么也没说", "say is empty")
