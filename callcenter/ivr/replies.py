"""Where what is heard at a node leads. Pure.

In: a node, the caller's step, one `Heard`. Out: `Leave` by one of the node's exits, or `Stay`. Knows no wiring beyond the node's own exits.
Invariant: an answer that does not fit the node plays it again, whatever it is; what was said by voice leads nowhere before it is confirmed.
Keys: docs/flows.md.
"""

from __future__ import annotations

from typing import Any

from callcenter import commands as do
from callcenter.ivr import actions, phrases
from callcenter.ivr.flow import (
    AGAIN,
    BACK,
    BranchNode,
    ChooseNode,
    DeedNode,
    GatherNode,
    HoursNode,
    IdentifyNode,
    LanguageNode,
    ListenNode,
    LookupNode,
    MenuNode,
    Node,
    QueueNode,
    RecordNode,
    SayNode,
    TellNode,
    TransferNode,
)
from callcenter.ivr.step import Step
from callcenter.ivr.verbs import (
    CALLER,
    IDENTIFIED,
    RIGHT_KEY,
    WRONG_KEY,
    Leave,
    Reply,
    Stay,
    Why,
    case_of,
    item_at,
    page_number,
    page_of,
)

LANGUAGE_KEYS = {"1": "zh", "2": "en"}
MORE_KEY = "9"
EXIT_OF = {Why.NO_INPUT: "no_input", Why.INVALID: "invalid", Why.UNCLEAR: "invalid", Why.CORRECTED: "invalid"}
Asking = LanguageNode | MenuNode | ChooseNode | TellNode | GatherNode | ListenNode


def reply(node: Node, step: Step, heard: do.Heard) -> Reply:  # noqa: PLR0911 - one line a kind of answer
    """Where `heard` leads. An answer that does not fit the node (another driver's fault) plays it again."""
    match node, heard:
        case SayNode(), do.Done():
            return Leave("done")
        case HoursNode(), do.Found():
            return Leave(heard.exit if heard.exit in node.exits else "open")
        case BranchNode(), do.Found():
            return Leave(case_of(node, heard.exit), remember={CALLER: heard.exit})
        case LookupNode(), do.Found():
            return _looked_up(node, heard)
        case DeedNode(), do.Found():
            return _done(node, heard)
        case RecordNode(), do.Recorded():
            return Leave("recorded" if heard.message_id and heard.duration_s > 0 else "too_short")
        case (QueueNode() | TransferNode()), do.QueueResult():
            return Leave(_connected(node, heard.result))
        case ListenNode(), do.Found():
            return Leave("unavailable")
        case (MenuNode() | ChooseNode() | ListenNode()), do.Said():
            return _said(node, step, heard)
        case GatherNode(), do.Keys() if not step.pending:
            return _gathered(node, step, heard.digits)
        case (LanguageNode() | MenuNode() | ChooseNode() | TellNode() | GatherNode() | ListenNode()), do.Keys():
            return _confirmed(node, step, heard.digits) if step.pending else _key(node, step, heard.digits)
    return Stay(Why.REPEAT)


# -- from outside -----------------------------------------------------------------------------------------------------------------


def _looked_up(node: LookupNode, found: do.Found) -> Leave:
    if found.exit not in node.exits:
        return Leave("unavailable")
    return Leave(found.exit, remember={node.store or node.data: dict(found.values)} if found.exit == "found" else {})


def _done(node: DeedNode, found: do.Found) -> Leave:
    if found.exit not in node.on:
        return Leave(actions.UNAVAILABLE)
    remember: dict[str, Any] = {node.kept_as: dict(found.values)} if node.kept_as and found.values else {}
    if isinstance(node, IdentifyNode) and found.exit == "identified":
        remember[IDENTIFIED] = True
    return Leave(found.exit, remember=remember, forget=actions.forgets(node.action, found))


def _connected(node: QueueNode | TransferNode, result: str) -> str:
    if result == "transfer_failed" and isinstance(node, QueueNode):
        return "agent_lost"
    return result if result in node.exits else "failed"


# -- by voice ----------------------------------------------------------------------------------------------------------------------


def _said(node: MenuNode | ChooseNode | ListenNode, step: Step, said: do.Said) -> Reply:
    if step.pending:
        known = said.value in (RIGHT_KEY, WRONG_KEY)
        return _confirmed(node, step, said.value) if known else _tried(node, step, Why.UNCLEAR, said.text)
    if not said.text and not said.value:
        return _tried(node, step, Why.NO_INPUT)
    fits = said.value in node.voice if isinstance(node, MenuNode) else item_at(node, step, said.value) is not None
    return Stay(Why.CONFIRM, said.text, pending=said.value) if fits else _tried(node, step, Why.UNCLEAR, said.text)


def _confirmed(node: Asking, step: Step, key: str) -> Reply:
    """The answer to what was read back: 1 keeps it, 2 asks again."""
    if (common := _common(node, step, key)) is not None:
        return common
    if key == RIGHT_KEY:
        return _kept(node, step)
    return _tried(node, step, Why.CORRECTED if key == WRONG_KEY else Why.INVALID, key)


def _kept(node: Asking, step: Step) -> Reply:
    match node:
        case GatherNode():
            return Leave("entered", step.pending)
        case MenuNode() if step.pending in node.on:
            return Leave(step.pending, step.pending)
        case ChooseNode() | ListenNode() if (item := item_at(node, step, step.pending)) is not None:
            return Leave("chosen", remember={node.store: dict(item)})
    return Stay(Why.REPEAT, pending="")


# -- by keys -----------------------------------------------------------------------------------------------------------------------


def _gathered(node: GatherNode, step: Step, digits: str) -> Reply:
    if node.max_digits == 1 or digits in ("", "*"):
        common = _common(node, step, digits)
        if common is not None:
            return common
    if len(digits) < node.min_digits or not digits.isdigit():
        return _tried(node, step, Why.INVALID, digits)
    if node.confirm:
        return Stay(Why.CONFIRM, digits, pending=digits, remember={node.store: digits})
    return Leave("entered", digits, remember={node.store: digits})


def _key(node: Asking, step: Step, key: str) -> Reply:
    common = _common(node, step, key)
    if common is not None:
        return common
    if key in node.own_keys and (own := _own_key(node, step, key)) is not None:
        return own
    if node.reads_keys and key in node.on:
        return Leave(key, key)
    return _tried(node, step, Why.INVALID, key)


def _common(node: Asking, step: Step, key: str) -> Reply | None:
    """Silence, `#` and `*` mean the same at every place that reads a key."""
    if key == "":
        return _next_result(node, step, key) if isinstance(node, TellNode) else _tried(node, step, Why.NO_INPUT)
    if key == "#":
        return Stay(Why.REPEAT, key)
    if key == "*":
        return Leave(BACK, key)
    return None


def _own_key(node: Asking, step: Step, key: str) -> Reply | None:
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
        return Stay(Why.TURNED, key, page_number(step, count) + 1)
    if int(key) <= len(page):
        return Leave("chosen", key, remember={node.store: dict(page[int(key) - 1])})
    return None


def _next_result(node: TellNode, step: Step, key: str) -> Reply:
    if step.index + 1 < len(phrases.items(step, node.list)):
        return Stay(Why.TURNED, key, step.index + 1)
    return Leave("finished", key)


def _tried(node: Asking, step: Step, why: Why, digits: str = "") -> Reply:
    """Silence, a wrong key, a wrong word: once more while tries are left; a correction is asked again whatever the exits say."""
    if why is not Why.CORRECTED and node.on.get(EXIT_OF[why]) != AGAIN:
        return Leave(EXIT_OF[why], digits)
    again = Stay(why, digits, pending="" if why is Why.CORRECTED else None)
    return again if step.tries + 1 < getattr(node, "tries", 1) else Leave("failed", digits)
