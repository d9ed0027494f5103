"""The verbs that ask the outside, order something, connect, or only lead on. Pure.

In: fields as `ivr.source` reads them. Out: nodes with their exits; the exits of an action stand in `ivr.actions`. Must not know who answers.
Invariant: what is handed on is named (`queue`, `data`, `action`, `to`), so that a flow reaches nothing that is not declared.
Verbs and their keys: docs/flows.md, docs/ivr.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from callcenter.ivr.node import FINE, Node, Phrase, between, one_of

OTHERWISE = "otherwise"
OF_THE_CALL: Mapping[str, tuple[str, ...]] = {
    "$language": ("zh", "en"),
    "$caller": ("known", "several", "unknown"),
    "$identified": ("yes", "no"),
}
"""What a branch may ask of the call itself, and the answers."""


# -- leading on ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursNode(Node):
    """Branches on the opening hours."""

    calendar: str = "hotline"
    verb: ClassVar[str] = "hours"
    exits: ClassVar[frozenset[str]] = frozenset({"open", "closed", "emergency"})
    silent: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchNode(Node):
    """Branches on a remembered value or on the call itself. `cases`: exit -> the value it stands for."""

    value: str
    cases: Mapping[str, str] = field(default_factory=dict)
    verb: ClassVar[str] = "branch"
    silent: ClassVar[bool] = True

    def required(self) -> frozenset[str]:
        return frozenset({*self.cases, OTHERWISE})

    def problem(self) -> tuple[str, str, str]:
        if not self.cases:
            return "cases", "至少要有一个分支", "cases is empty"
        if OTHERWISE in self.cases:
            return "cases", f"{OTHERWISE} 是保留名", f"{OTHERWISE} is reserved for every other value"
        return self._of_the_call()

    def _of_the_call(self) -> tuple[str, str, str]:
        known = OF_THE_CALL.get(self.value)
        if self.value.startswith("$") and known is None:
            words = ", ".join(OF_THE_CALL)
            return "value", f"{self.value} 不存在，可用 {words}", f"{self.value} does not exist; use one of {words}"
        wrong = sorted(set(self.cases.values()) - set(known)) if known else []
        if wrong and known:
            return "cases", f"{self.value} 没有 {wrong[0]}，可用 {', '.join(known)}", f"{self.value} is never {wrong[0]}, but {', '.join(known)}"
        return FINE


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNode(Node):
    """Remembers texts, or copies of what is remembered."""

    values: Mapping[str, str] = field(default_factory=dict)
    verb: ClassVar[str] = "set"
    exits: ClassVar[frozenset[str]] = frozenset({"done"})
    silent: ClassVar[bool] = True

    def problem(self) -> tuple[str, str, str]:
        return FINE if self.values else ("values", "没有要记住的内容", "values is empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNode(Node):
    """Goes through another flow and on at the exit it returns with."""

    flow: str
    verb: ClassVar[str] = "call"
    silent: ClassVar[bool] = True

    def required(self) -> frozenset[str]:
        return frozenset(self.on)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnNode(Node):
    """Ends a called flow."""

    exit: str
    verb: ClassVar[str] = "return"
    silent: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GotoNode(Node):
    """Goes on at another node."""

    to: str
    verb: ClassVar[str] = "goto"
    silent: ClassVar[bool] = True


# -- asking and ordering --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupNode(Node):
    """Asks a named lookup and remembers its values under `store`."""

    data: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    store: str = ""
    say: Phrase = ()
    verb: ClassVar[str] = "lookup"
    exits: ClassVar[frozenset[str]] = frozenset({"found", "not_found", "unavailable"})
    silent: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeedNode(Node):
    """Orders an action once; its exits are those of the action. What it answers is remembered under `store`."""

    silent: ClassVar[bool] = True

    @property
    def action(self) -> str:
        """Its name in `ivr.actions`."""
        return self.verb

    def given(self) -> Mapping[str, str]:
        """Its arguments, not yet filled."""
        return {}

    @property
    def kept_as(self) -> str:
        """The name under which the answer is remembered, or empty."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyNode(DeedNode):
    """Who the caller is: a card number, or the number he calls from, with a birth date."""

    card: str = ""
    birth_date: str
    store: str = "person"
    say: Phrase = ()
    verb: ClassVar[str] = "identify"

    def given(self) -> Mapping[str, str]:
        return {"card": self.card, "birth_date": self.birth_date} if self.card else {"birth_date": self.birth_date}

    @property
    def kept_as(self) -> str:
        return self.store


@dataclass(frozen=True, slots=True, kw_only=True)
class ActNode(DeedNode):
    """Any other action by its name."""

    do: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    store: str = ""
    say: Phrase = ()
    verb: ClassVar[str] = "act"

    @property
    def action(self) -> str:
        return self.do

    def given(self) -> Mapping[str, str]:
        return self.arguments

    @property
    def kept_as(self) -> str:
        return self.store


@dataclass(frozen=True, slots=True, kw_only=True)
class BookNode(ActNode):
    """Appointments: the action `book_<do>`."""

    do: str = one_of("hold", "hold", "confirm", "release", "move", "cancel")
    verb: ClassVar[str] = "book"

    @property
    def action(self) -> str:
        return f"book_{self.do}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsNode(DeedNode):
    """A text message to the number the caller calls from."""

    template: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    say: Phrase = ()
    verb: ClassVar[str] = "sms"

    def given(self) -> Mapping[str, str]:
        return {**self.arguments, "template": self.template}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackNode(DeedNode):
    """Somebody of the queue calls back."""

    queue: str
    say: Phrase = ()
    verb: ClassVar[str] = "callback"

    def given(self) -> Mapping[str, str]:
        return {"queue": self.queue}


# -- connecting -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNode(Node):
    """The caller waits for an agent; the flow goes on with the queue's result."""

    queue: str
    priority: int = between(0, 0, 20)
    say: Phrase = ()
    verb: ClassVar[str] = "queue"
    exits: ClassVar[frozenset[str]] = frozenset({"answered", "timeout", "full", "no_agent", "agent_lost", "failed"})
    waits: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferNode(Node):
    """Rings an extension of the hospital; the flow goes on when the talk is over, or when nobody answered."""

    to: str
    say: Phrase = ()
    verb: ClassVar[str] = "transfer"
    exits: ClassVar[frozenset[str]] = frozenset({"answered", "busy", "no_answer", "failed"})
    waits: ClassVar[bool] = True
