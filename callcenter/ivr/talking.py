"""The verbs that speak and listen to keys. Pure.

In: fields as `ivr.source` reads them. Out: nodes with their exits. Must not decide where a key leads: `ivr.replies` does.
Invariant: a node that asks always has something to say. Verbs and their keys: docs/flows.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from callcenter.ivr.node import BACK, DIGITS, EMPTY_SAY, FINE, Node, Phrase, between, one_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageNode(Node):
    """1 Chinese, 2 English. `ask`: unless_remembered | always | switch (silently to the other one)."""

    say: Phrase = ()
    ask: str = one_of("unless_remembered", "unless_remembered", "always", "switch")
    wait_s: float = between(5.0, 1, 30)
    tries: int = between(2, 1, 5)
    verb: ClassVar[str] = "language"
    own_keys: ClassVar[frozenset[str]] = frozenset("12")
    silent: ClassVar[bool] = True

    def required(self) -> frozenset[str]:
        return frozenset({"chosen"} if self.ask == "switch" else {"chosen", "no_input", "invalid", "failed"})

    def problem(self) -> tuple[str, str, str]:
        if self.say or self.ask == "switch":
            return FINE
        return "say", "没有提示语，来电者听不到问题", "say is empty, so the caller would not hear the question"


@dataclass(frozen=True, slots=True, kw_only=True)
class SayNode(Node):
    """Speaks and goes on."""

    say: Phrase = ()
    verb: ClassVar[str] = "say"
    exits: ClassVar[frozenset[str]] = frozenset({"done"})

    def problem(self) -> tuple[str, str, str]:
        return FINE if self.say else EMPTY_SAY


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuNode(Node):
    """One key leads on, or a word of `voice` that is confirmed. `intro` is spoken once a call, `retry` (or `say`) after silence or a wrong key."""

    say: Phrase = ()
    intro: Phrase = ()
    retry: Phrase = ()
    wait_s: float = between(6.0, 1, 30)
    tries: int = between(3, 1, 5)
    voice: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    verb: ClassVar[str] = "menu"
    exits: ClassVar[frozenset[str]] = frozenset({"no_input", "invalid", "failed"})
    optional: ClassVar[frozenset[str]] = frozenset({BACK})
    reads_keys: ClassVar[bool] = True
    is_place: ClassVar[bool] = True
    waits: ClassVar[bool] = True

    def problem(self) -> tuple[str, str, str]:
        if not self.say:
            return EMPTY_SAY
        if not DIGITS & set(self.on):
            return "on", "菜单至少要有一个按键", "a menu needs at least one key"
        stray = sorted(set(self.voice) - (DIGITS & set(self.on)))
        if stray:
            return "voice", f"语音词对应的按键 {stray[0]} 没有连接", f"voice names the key {stray[0]}, which is not wired"
        return FINE


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseNode(Node):
    """Numbered choices of a remembered list, 8 a page with 9 for more; the chosen item is remembered under `store`. `voice`: by name, too."""

    list: str
    item: Phrase = ()
    intro: Phrase = ()
    more: Phrase = ()
    say: Phrase = ()
    store: str
    wait_s: float = between(6.0, 1, 30)
    tries: int = between(3, 1, 5)
    voice: bool = False
    verb: ClassVar[str] = "choose"
    exits: ClassVar[frozenset[str]] = frozenset({"chosen", "no_input", "invalid", "failed"})
    optional: ClassVar[frozenset[str]] = frozenset({BACK})
    own_keys: ClassVar[frozenset[str]] = frozenset("123456789")
    reads_keys: ClassVar[bool] = True
    is_place: ClassVar[bool] = True
    waits: ClassVar[bool] = True

    def problem(self) -> tuple[str, str, str]:
        if self.item and self.more:
            return FINE
        return ("item" if not self.item else "more"), "选项和“更多”都要有提示语", "item and more must say something"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellNode(Node):
    """A remembered list, one result at a time: 1 next, 2 the one before, silence goes on."""

    list: str
    item: Phrase = ()
    intro: Phrase = ()
    say: Phrase = ()
    wait_s: float = between(4.0, 1, 30)
    tries: int = between(3, 1, 5)
    verb: ClassVar[str] = "tell"
    exits: ClassVar[frozenset[str]] = frozenset({"finished", "invalid", "failed"})
    optional: ClassVar[frozenset[str]] = frozenset({BACK})
    own_keys: ClassVar[frozenset[str]] = frozenset("12")
    reads_keys: ClassVar[bool] = True
    is_place: ClassVar[bool] = True
    waits: ClassVar[bool] = True

    def problem(self) -> tuple[str, str, str]:
        return FINE if self.item else ("item", "每条结果要有播报内容", "item is empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherNode(Node):
    """Several digits, remembered under `store`. `confirm`: read back; 1 keeps them, 2 asks again."""

    say: Phrase = ()
    intro: Phrase = ()
    retry: Phrase = ()
    confirm: Phrase = ()
    store: str
    min_digits: int = between(1, 1, 30)
    max_digits: int = between(1, 1, 30)
    wait_s: float = between(6.0, 1, 30)
    between_s: float = between(3.0, 1, 10)
    tries: int = between(3, 1, 5)
    verb: ClassVar[str] = "gather"
    exits: ClassVar[frozenset[str]] = frozenset({"entered", "no_input", "invalid", "failed"})
    optional: ClassVar[frozenset[str]] = frozenset({BACK})
    is_place: ClassVar[bool] = True
    waits: ClassVar[bool] = True

    def problem(self) -> tuple[str, str, str]:
        if self.min_digits > self.max_digits:
            return "min_digits", "最少位数大于最多位数", "min_digits is above max_digits"
        return FINE if self.say else EMPTY_SAY


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenNode(Node):
    """A spoken answer out of a remembered list, always confirmed; the item is remembered under `store`. Without a recogniser: `unavailable`."""

    list: str
    item: Phrase = ()
    say: Phrase = ()
    store: str
    wait_s: float = between(6.0, 1, 30)
    tries: int = between(3, 1, 5)
    verb: ClassVar[str] = "listen"
    exits: ClassVar[frozenset[str]] = frozenset({"chosen", "no_input", "invalid", "failed", "unavailable"})
    optional: ClassVar[frozenset[str]] = frozenset({BACK})
    reads_keys: ClassVar[bool] = True
    is_place: ClassVar[bool] = True
    waits: ClassVar[bool] = True

    def problem(self) -> tuple[str, str, str]:
        if not self.say:
            return EMPTY_SAY
        return FINE if self.item else ("item", "复述内容为空", "item is empty, so the answer could not be read back")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNode(Node):
    """The caller leaves a spoken message."""

    purpose: str
    say: Phrase = ()
    max_s: int = between(120, 5, 600)
    silence_s: int = between(5, 2, 30)
    verb: ClassVar[str] = "record"
    exits: ClassVar[frozenset[str]] = frozenset({"recorded", "too_short"})
    waits: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUpNode(Node):
    """The end of the visit."""

    say: Phrase = ()
    verb: ClassVar[str] = "hang_up"
    waits: ClassVar[bool] = True
