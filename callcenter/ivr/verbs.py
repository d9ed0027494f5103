"""What each verb does when a caller reaches it. Pure.

In: a node, the caller's step. Out: commands, or a `Leave` for nodes that are passed in silence; where what is heard leads, `ivr.replies` says.
Knows no wiring beyond the node's own exits: `ivr.engine` follows them. Invariant: the last command is the one whose answer leads on.
Verbs, exits and keys: docs/flows.md, docs/ivr.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from callcenter import commands as do
from callcenter.ivr import phrases
from callcenter.ivr.doing import OTHERWISE
from callcenter.ivr.flow import (
    BranchNode,
    ChooseNode,
    DeedNode,
    GatherNode,
    HangUpNode,
    HoursNode,
    LanguageNode,
    ListenNode,
    LookupNode,
    MenuNode,
    Node,
    Phrase,
    QueueNode,
    RecordNode,
    SayNode,
    SetNode,
    TellNode,
    TransferNode,
    Word,
)
from callcenter.ivr.step import INTRODUCED, Step

HEARD_NOTHING = "heard_nothing"
NOT_VALID = "not_valid"
NOT_UNDERSTOOD = "not_understood"
YOU_SAID = "you_said"
RIGHT_OR_WRONG = "right_or_wrong"
YOUR_CHOICE = "your_choice"
OR_SAY_NAME = "or_say_name"
VOICE_PROMPTS = (NOT_UNDERSTOOD, YOU_SAID, RIGHT_OR_WRONG, YOUR_CHOICE, OR_SAY_NAME)
PRESS = "press_"
RIGHT_KEY, WRONG_KEY = "1", "2"
YES_NO = (
    do.Answer(
        RIGHT_KEY,
        (
            "对", "是的", "好", "可以", "对的", "是", "没错", "好的", "行", "没问题", "没有问题", "正确", "确认",
            "yes", "okay", "right", "sure", "yeah", "yep", "ok", "correct", "of course", "no problem",
        ),
    ),
    do.Answer(
        WRONG_KEY,
        (
            "不对", "不是", "不用", "不要", "错了", "错", "不行", "不可以", "不好", "不正确", "不用了", "不要了",
            "no", "no thanks", "wrong", "not right", "nope", "no thank you", "not correct", "incorrect",
        ),
    ),
)  # fmt: skip
PAGE = 8
REMEMBERED_LANGUAGE = "_language"
CALLER = "_caller"
IDENTIFIED = "_identified"


class Why(Enum):
    """Why a node is played."""

    ENTERED = "entered"
    REPEAT = "repeat"
    NO_INPUT = "no_input"
    INVALID = "invalid"
    UNCLEAR = "unclear"
    CONFIRM = "confirm"
    CORRECTED = "corrected"
    TURNED = "turned"
    RESTORED = "restored"


SORRY: Mapping[Why, tuple[do.Spoken, ...]] = {
    Why.NO_INPUT: (do.Prompt(HEARD_NOTHING),),
    Why.INVALID: (do.Prompt(NOT_VALID),),
    Why.UNCLEAR: (do.Prompt(NOT_UNDERSTOOD),),
}


@dataclass(frozen=True, slots=True)
class Leave:
    """Go on at `exit`."""

    exit: str
    digits: str = ""
    language: str = ""
    remember: Mapping[str, Any] = field(default_factory=dict)
    forget: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """Play the node again. None: index, or the answer that waits to be confirmed, is as it was."""

    why: Why
    digits: str = ""
    index: int | None = None
    pending: str | None = None
    remember: Mapping[str, Any] = field(default_factory=dict)


Reply = Leave | Stay


def passed(node: Node, step: Step) -> Leave | None:  # noqa: PLR0911 - one line a verb
    """How a node is left without the caller hearing anything; None when there is something to do."""
    match node:
        case LanguageNode(ask="switch"):
            return Leave("chosen", language="en" if step.language == "zh" else "zh")
        case LanguageNode(ask="unless_remembered") if step.memory.get(REMEMBERED_LANGUAGE) in ("zh", "en"):
            return Leave("chosen", language=step.memory[REMEMBERED_LANGUAGE])
        case BranchNode() if node.value != "$caller" or CALLER in step.memory:
            return Leave(case_of(node, asked_value(node, step)))
        case SetNode():
            return Leave("done", remember={name: phrases.meant(text, step.memory) for name, text in node.values.items()})
        case ChooseNode() if not phrases.items(step, node.list):
            return Leave("failed")
        case TellNode() if not phrases.items(step, node.list):
            return Leave("finished")
        case ListenNode() if not phrases.items(step, node.list):
            return Leave("unavailable")
    return None


def asked_value(node: BranchNode, step: Step) -> str:
    """What a branch looks at, as text; empty when it is not there."""
    match node.value:
        case "$language":
            return step.language
        case "$caller":
            return str(step.memory.get(CALLER, ""))
        case "$identified":
            return "yes" if step.memory.get(IDENTIFIED) is True else "no"
    return phrases.as_text(phrases.remembered(node.value, step.memory))


def case_of(node: BranchNode, value: str) -> str:
    """The exit for `value`."""
    return next((name for name, text in node.cases.items() if text == value), OTHERWISE)


def commands(node: Node, step: Step, why: Why) -> tuple[do.Command, ...]:  # noqa: PLR0911, PLR0912 - one line a verb
    """What to do at `node`; the last command is the one whose answer leads on."""
    match node:
        case HoursNode():
            return (do.CheckHours(node.calendar),)
        case BranchNode():
            return (do.WhoCalls(),)
        case SayNode():
            return (do.Say(phrases.spoken(node.say, step)),)
        case LookupNode():
            return (*_said(node.say, step), do.Lookup(node.data, phrases.filled(node.arguments, step.memory)))
        case DeedNode():
            return (*_said(getattr(node, "say", ()), step), do.Act(node.action, phrases.filled(node.given(), step.memory)))
        case RecordNode():
            return (*_said(node.say, step), do.RecordMessage(node.purpose, node.max_s, node.silence_s))
        case QueueNode():
            return (*_said(node.say, step), do.JoinQueue(node.queue, node.priority))
        case TransferNode():
            return (*_said(node.say, step), do.Dial(node.to))
        case HangUpNode():
            return (*_said(node.say, step), do.Hangup())
        case GatherNode() if not step.pending:
            return (do.Gather(_asked(node, step, why), node.max_digits, node.wait_s, node.between_s),)
        case GatherNode():
            return (do.Gather(_asked(node, step, why), 1, node.wait_s),)
        case MenuNode() | ChooseNode() | ListenNode():
            needs = isinstance(node, ListenNode) and not step.pending
            return (do.Gather(_asked(node, step, why), 1, node.wait_s, answers=_answers(node, step), needs_voice=needs),)
        case LanguageNode() | TellNode():
            return (do.Gather(_asked(node, step, why), 1, node.wait_s),)
    raise TypeError(f"verb {node.verb} has nothing to do")


def _said(phrase: Phrase, step: Step) -> tuple[do.Command, ...]:
    return (do.Say(phrases.spoken(phrase, step)),) if phrase else ()


# -- what is asked --------------------------------------------------------------------------------------------------------------


def _asked(node: Node, step: Step, why: Why) -> tuple[do.Spoken, ...]:
    sorry = SORRY.get(why, ())
    if step.pending:
        return (*sorry, *_read_back(node, step))
    match node:
        case ChooseNode():
            return (*sorry, *_choices(node, step, why))
        case TellNode():
            return (*sorry, *_told(node, step, why))
        case MenuNode() | GatherNode():
            retried = node.retry if (sorry or why is Why.CORRECTED) and node.retry else node.say
            return (*sorry, *_introduction(node, step, why), *phrases.spoken(retried, step))
        case LanguageNode() | ListenNode():
            return (*sorry, *phrases.spoken(node.say, step))
    raise TypeError(f"verb {node.verb} asks nothing")


def _introduction(node: MenuNode | GatherNode, step: Step, why: Why) -> tuple[do.Spoken, ...]:
    if why is not Why.ENTERED:
        return ()
    before = step.memory.get(INTRODUCED, ())
    return phrases.spoken(tuple(word for word in node.intro if not (isinstance(word, Word) and word.prompt in before)), step)


def introduces(node: Node) -> tuple[str, ...]:
    """The prompts that no introduction says again after this node."""
    phrase = node.intro if isinstance(node, MenuNode | GatherNode) else node.say if isinstance(node, SayNode) else ()
    return tuple(word.prompt for word in phrase if isinstance(word, Word))


def page_of(node: ChooseNode, step: Step) -> tuple[Mapping[str, Any], ...]:
    """The choices on the caller's page, keys 1 up."""
    every = phrases.items(step, node.list)
    if len(every) <= PAGE + 1:
        return every
    first = page_number(step, len(every)) * PAGE
    return every[first : first + PAGE]


def page_number(step: Step, length: int) -> int:
    """Of the caller, counted from 0."""
    return step.index % -(-length // PAGE)


def _choices(node: ChooseNode, step: Step, why: Why) -> tuple[do.Spoken, ...]:
    offered: list[do.Spoken] = list(phrases.spoken(node.intro, step)) if why is Why.ENTERED else []
    if offered and node.voice:
        offered.append(do.Prompt(OR_SAY_NAME, if_listening=True))
    page = page_of(node, step)
    for key, item in enumerate(page, 1):
        offered += [*phrases.spoken(node.item, step, item), do.Prompt(f"{PRESS}{key}")]
    if len(page) < len(phrases.items(step, node.list)):
        offered += phrases.spoken(node.more, step)
    return (*offered, *phrases.spoken(node.say, step))


def _told(node: TellNode, step: Step, why: Why) -> tuple[do.Spoken, ...]:
    results = phrases.items(step, node.list)
    item = results[min(step.index, len(results) - 1)]
    before = phrases.spoken(node.intro, step) if why is Why.ENTERED else ()
    keys = () if why is Why.TURNED or len(results) == 1 else phrases.spoken(node.say, step)
    return (*before, *phrases.spoken(node.item, step, item), *keys)


# -- what may be said, and is read back ---------------------------------------------------------------------------------------------


def _answers(node: MenuNode | ChooseNode | ListenNode, step: Step) -> tuple[do.Answer, ...]:
    if step.pending:
        return YES_NO
    if isinstance(node, MenuNode):
        return tuple(do.Answer(key, words) for key, words in node.voice.items())
    if isinstance(node, ChooseNode) and not node.voice:
        return ()
    every = enumerate(phrases.items(step, node.list))
    return tuple(do.Answer(str(place), words) for place, item in every if (words := phrases.names_of(item)))


def item_at(node: ChooseNode | ListenNode, step: Step, place: str) -> Mapping[str, Any] | None:
    """The item that the answer `place` stands for."""
    every = phrases.items(step, node.list)
    return every[int(place)] if place.isascii() and place.isdigit() and int(place) < len(every) else None


def _read_back(node: Node, step: Step) -> tuple[do.Spoken, ...]:
    match node:
        case GatherNode():
            return phrases.spoken(node.confirm, step)
        case MenuNode():
            words = node.voice.get(step.pending, ())
            said: tuple[do.Spoken, ...] = (do.SayName(phrases.in_language(words, step.language), YOUR_CHOICE),)
        case ChooseNode() | ListenNode():
            said = phrases.spoken(node.item, step, item_at(node, step, step.pending))
        case _:
            said = ()
    return (do.Prompt(YOU_SAID), *said, do.Prompt(RIGHT_OR_WRONG))
