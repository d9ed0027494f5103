"""What each verb does when a caller reaches it, and where what is heard leads. Pure.

In: a node, the caller's step, later one `Heard`. Out: commands, or a `Leave` for nodes that are passed in silence; then `Leave` or `Stay`.
Knows no wiring beyond the node's own exits: `ivr.engine` follows them.
Verbs, exits and keys: docs/flows.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from callcenter import commands as do
from callcenter.ivr import phrases
from callcenter.ivr.flow import (
    AGAIN,
    BACK,
    ChooseNode,
    GatherNode,
    HangUpNode,
    HoursNode,
    LanguageNode,
    LookupNode,
    MenuNode,
    Node,
    Phrase,
    QueueNode,
    RecordNode,
    SayNode,
    TellNode,
    Word,
)
from callcenter.ivr.step import Step

HEARD_NOTHING = "heard_nothing"
NOT_VALID = "not_valid"
PRESS = "press_"
LANGUAGE_KEYS: Mapping[str, str] = {"1": "zh", "2": "en"}
PAGE = 8
MORE_KEY = "9"
INTRODUCED = "_introduced"
REMEMBERED_LANGUAGE = "_language"


class Why(Enum):
    """Why a node is played."""

    ENTERED = "entered"
    REPEAT = "repeat"
    NO_INPUT = "no_input"
    INVALID = "invalid"
    TURNED = "turned"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Leave:
    """Go on at `exit`."""

    exit: str
    digits: str = ""
    language: str = ""
    remember: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stay:
    """Play the node again."""

    why: Why
    digits: str = ""
    index: int | None = None


Reply = Leave | Stay


# -- reaching a node ------------------------------------------------------------------------------------------------------


def passed(node: Node, step: Step) -> Leave | None:
    """How a node is left without the caller hearing anything; None when there is something to do."""
    match node:
        case LanguageNode(ask="switch"):
            return Leave("chosen", language="en" if step.language == "zh" else "zh")
        case LanguageNode(ask="unless_remembered") if step.memory.get(REMEMBERED_LANGUAGE) in ("zh", "en"):
            return Leave("chosen", language=step.memory[REMEMBERED_LANGUAGE])
        case ChooseNode() if not phrases.items(step, node.list):
            return Leave("failed")
        case TellNode() if not phrases.items(step, node.list):
            return Leave("finished")
    return None


def commands(node: Node, step: Step, why: Why) -> tuple[do.Command, ...]:  # noqa: PLR0911 - one line a verb
    """What to do at `node`; the last command is the one whose answer leads on."""
    match node:
        case HoursNode():
            return (do.CheckHours(node.calendar),)
        case SayNode():
            return (do.Say(phrases.spoken(node.say, step)),)
        case LookupNode():
            return (*_said(node.say, step), do.Lookup(node.data, phrases.filled(node.arguments, step.memory)))
        case RecordNode():
            return (*_said(node.say, step), do.RecordMessage(node.purpose, node.max_s, node.silence_s))
        case QueueNode():
            return (*_said(node.say, step), do.JoinQueue(node.queue, node.priority))
        case HangUpNode():
            return (*_said(node.say, step), do.Hangup())
        case GatherNode():
            return (do.Gather(_asked(node, step, why), node.max_digits, node.wait_s, node.between_s),)
        case LanguageNode() | MenuNode() | ChooseNode() | TellNode():
            return (do.Gather(_asked(node, step, why), 1, node.wait_s),)
    raise TypeError(f"verb {node.verb} has nothing to do")


def _said(phrase: Phrase, step: Step) -> tuple[do.Command, ...]:
    return (do.Say(phrases.spoken(phrase, step)),) if phrase else ()


def _asked(node: Node, step: Step, why: Why) -> tuple[do.Spoken, ...]:
    sorry = {Why.NO_INPUT: (do.Prompt(HEARD_NOTHING),), Why.INVALID: (do.Prompt(NOT_VALID),)}.get(why, ())
    match node:
        case ChooseNode():
            return (*sorry, *_choices(node, step, why))
        case TellNode():
            return (*sorry, *_told(node, step, why))
        case MenuNode() | GatherNode():
            retried = node.retry if sorry and node.retry else node.say
            return (*sorry, *_introduction(node, step, why), *phrases.spoken(retried, step))
        case LanguageNode():
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
    first = _page_number(step, len(every)) * PAGE
    return every[first : first + PAGE]


def _page_number(step: Step, length: int) -> int:
    return step.index % -(-length // PAGE)


def _choices(node: ChooseNode, step: Step, why: Why) -> tuple[do.Spoken, ...]:
    offered: list[do.Spoken] = list(phrases.spoken(node.intro, step)) if why is Why.ENTERED else []
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
    keys = () if why is Why.TURNED else phrases.spoken(node.say, step)
    return (*before, *phrases.spoken(node.item, step, item), *keys)


# -- hearing at a node ----------------------------------------------------------------------------------------------------


def reply(node: Node, step: Step, heard: do.Heard) -> Reply:  # noqa: PLR0911 - one line a kind of answer
    """Where `heard` leads. An answer that does not fit the node (another driver's fault) plays it again."""
    match node, heard:
        case SayNode(), do.Done():
            return Leave("done")
        case HoursNode(), do.Found():
            return Leave(heard.exit if heard.exit in node.exits else "open")
        case LookupNode(), do.Found():
            return _looked_up(node, heard)
        case RecordNode(), do.Recorded():
            return Leave("recorded" if heard.message_id and heard.duration_s > 0 else "too_short")
        case QueueNode(), do.QueueResult():
            return Leave(_queue_exit(node, heard.result))
        case GatherNode(), do.Keys():
            return _gathered(node, step, heard.digits)
        case (LanguageNode() | MenuNode() | ChooseNode() | TellNode()), do.Keys():
            return _key(node, step, heard.digits)
    return Stay(Why.REPEAT)


def _looked_up(node: LookupNode, found: do.Found) -> Leave:
    if found.exit not in node.exits:
        return Leave("unavailable")
    return Leave(found.exit, remember={node.store or node.data: dict(found.values)} if found.exit == "found" else {})


def _queue_exit(node: QueueNode, result: str) -> str:
    if result == "transfer_failed":
        return "agent_lost"
    return result if result in node.exits else "failed"


def _gathered(node: GatherNode, step: Step, digits: str) -> Reply:
    if node.max_digits == 1 or digits in ("", "*"):
        common = _common(node, step, digits)
        if common is not None:
            return common
    if len(digits) < node.min_digits or not digits.isdigit():
        return _tried(node, step, Why.INVALID, digits)
    return Leave("entered", digits, remember={node.store: digits})


def _key(node: Node, step: Step, key: str) -> Reply:
    common = _common(node, step, key)
    if common is not None:
        return common
    if key in node.own_keys and (own := _own_key(node, step, key)) is not None:
        return own
    if node.reads_keys and key in node.on:
        return Leave(key, key)
    return _tried(node, step, Why.INVALID, key)


def _common(node: Node, step: Step, key: str) -> Reply | None:
    """Silence, `#` and `*` mean the same at every place that reads a key."""
    if key == "":
        return _next_result(node, step, key) if isinstance(node, TellNode) else _tried(node, step, Why.NO_INPUT)
    if key == "#":
        return Stay(Why.REPEAT, key)
    if key == "*":
        return Leave(BACK, key)
    return None


def _own_key(node: Node, step: Step, key: str) -> Reply | None:
    match node:
        case LanguageNode():
            return Leave("chosen", key, language=LANGUAGE_KEYS[key])
        case ChooseNode():
            return _chosen(node, step, key)
        case TellNode() if key == "1":
            return _next_result(node, step, key)
        case TellNode():
            return Stay(Why.TURNED, key, max(step.index - 1, 0))
    return None


def _chosen(node: ChooseNode, step: Step, key: str) -> Reply | None:
    page = page_of(node, step)
    count = len(phrases.items(step, node.list))
    if key == MORE_KEY and len(page) < count:
        return Stay(Why.TURNED, key, _page_number(step, count) + 1)
    if int(key) <= len(page):
        return Leave("chosen", key, remember={node.store: dict(page[int(key) - 1])})
    return None


def _next_result(node: TellNode, step: Step, key: str) -> Reply:
    if step.index + 1 < len(phrases.items(step, node.list)):
        return Stay(Why.TURNED, key, step.index + 1)
    return Leave("finished", key)


def _tried(node: Node, step: Step, why: Why, digits: str = "") -> Reply:
    """Silence or a wrong key: once more while tries are left."""
    if node.on.get(why.value) != AGAIN:
        return Leave(why.value, digits)
    return Stay(why, digits) if step.tries + 1 < getattr(node, "tries", 1) else Leave("failed", digits)
