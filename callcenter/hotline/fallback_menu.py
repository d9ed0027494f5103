"""What callers may hear while no controller is there: the live flows, reduced to what Asterisk can play by itself, in a file.

In: the newest release, the voice that turns prompts into sound files. Out: `<fallback folder>/.menu.json`, whole and on disk, anew at each start
and each publication. Must not offer what needs a controller: lookups, deeds, conduct reports. Invariant: a key in the file leads to speech, a
message or an agent, whatever the flow. Reader: callcenter/box/fallback_agi.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from callcenter import log
from callcenter.commands import Prompt, Spoken
from callcenter.errors import CallCenterError
from callcenter.hotline.anonymous import PURPOSE as CONDUCT
from callcenter.ivr.flow import (
    CallNode,
    FlowBook,
    GotoNode,
    HoursNode,
    LanguageNode,
    MenuNode,
    Node,
    Phrase,
    QueueNode,
    RecordNode,
    ReturnNode,
    SayNode,
    Word,
)
from callcenter.ivr.shelf import FlowShelf
from callcenter.ivr.step import Spot

FILE = ".menu.json"
LANGUAGES = ("zh", "en")
DEEPEST = 4
MOST_SILENT = 20
LOOK_EVERY_S = 5.0
_log = log.get("fallback_menu")
_DIGITS = dict(zip("零一二三四五六七八九", "0123456789", strict=True))
_NAMED = re.compile("按([零一二三四五六七八九]|星号|井号)")
Files = Callable[[Sequence[Spoken], str], Awaitable[tuple[str, ...]]]
Text = Callable[[str, str], str]
Branch = dict[str, Any]
_TOP: Branch = {"kind": "top"}


@dataclass(frozen=True, slots=True)
class Standing:
    """A node, and the calls that led into its flow."""

    spot: Spot
    stack: tuple[Spot, ...] = ()

    def at(self, node: str) -> Standing:
        return Standing((self.spot[0], node), self.stack)


# -- the plan (pure) -------------------------------------------------------------------------------------------------------


def plan_of(book: FlowBook, flow: str) -> Branch | None:
    """The flow as a tree of menus, messages and queues; None when nothing of it works without a controller."""
    found = _branch(book, Standing((flow, book.flow(flow).start)), ())
    return found if found is not None and found["kind"] == "menu" else None


def _branch(book: FlowBook, standing: Standing, path: tuple[Spot, ...]) -> Branch | None:
    """What stands there. `path`: the menus on the way, so that a way back to the first of them is seen."""
    said: list[Word] = []
    for _ in range(MOST_SILENT):
        node = book.node(*standing.spot)
        if standing.spot in path:
            return _TOP
        if isinstance(node, SayNode):
            said += _words(node.say)
        following = _following(book, standing, node)
        if following is None:
            return _spoken(book, standing, node, said, path)
        standing = following
    return None


def _following(book: FlowBook, standing: Standing, node: Node) -> Standing | None:  # noqa: PLR0911 - one line a verb
    """Where a node leads that asks nothing of the caller; None: it does."""
    match node:
        case LanguageNode():
            return standing.at(node.on["chosen"])
        case HoursNode():
            return standing.at(node.on["open"])
        case SayNode():
            return standing.at(node.on["done"])
        case GotoNode():
            return standing.at(node.to)
        case CallNode():
            return Standing((node.flow, book.flow(node.flow).start), (*standing.stack, standing.spot))
        case ReturnNode() if standing.stack:
            flow, caller = standing.stack[-1]
            return Standing((flow, book.node(flow, caller).on[node.exit]), standing.stack[:-1])
    return None


def _spoken(book: FlowBook, standing: Standing, node: Node, said: list[Word], path: tuple[Spot, ...]) -> Branch | None:
    match node:
        case MenuNode() if len(path) < DEEPEST and (words := [*said, *_words(node.intro), *_words(node.say)]):
            every = {key: _branch(book, standing.at(target), (*path, standing.spot)) for key, target in node.on.items() if key.isdigit()}
            keys = {key: one for key, one in every.items() if one is not None}
            if path and len(keys) * 2 < len(every):
                return None  # a menu that mostly says no is none
            return {"kind": "menu", "say": words, "keys": keys, "wait_s": node.wait_s}
        case RecordNode() if node.purpose != CONDUCT:
            return {"kind": "message", "say": [*said, *_words(node.say)]}
        case QueueNode():
            return {"kind": "queue", "say": said}
    return None


def _words(phrase: Phrase) -> list[Word]:
    """What can be said without knowing anything."""
    return [word for word in phrase if isinstance(word, Word)]


def announced(words: Sequence[Word], keys: Mapping[str, Branch], text: Text) -> list[Word]:
    """Without the prompts that name only keys which lead nowhere now. A prompt says its keys in its Chinese text. One that names both kinds stays,
    as a key that is not told is a worse loss than one that answers "not at the moment"."""
    there = {*keys, "*", "#"}
    return [word for word in words if not (named := named_keys(text(word.prompt, "zh"))) or named & there]


def named_keys(text: str) -> set[str]:
    """The keys that a Chinese text tells people to press."""
    return {_DIGITS.get(one, "*" if one == "星号" else "#") for one in _NAMED.findall(text)}


# -- the file --------------------------------------------------------------------------------------------------------------


async def with_files(branch: Branch, files: Files, text: Text) -> Branch:
    """The tree with sound files in the place of words, in each language."""
    words = announced(branch["say"], branch["keys"], text) if branch["kind"] == "menu" else branch.get("say", [])
    told = {language: await files([Prompt(one.prompt, _heard_in(one, language)) for one in words], language) for language in LANGUAGES}
    keys = {key: await with_files(one, files, text) for key, one in branch.get("keys", {}).items()}
    return {**branch, "say": told} | ({"keys": keys} if keys else {})


def _heard_in(word: Word, language: str) -> str:
    return ("en" if language == "zh" else "zh") if word.language == "other" else word.language


async def write(folder: Path, book: FlowBook, flows: Sequence[str], files: Files, text: Text) -> None:
    """The file for these flows. Raises OSError, and then the one before stays."""
    plans = {flow: plan for flow in dict.fromkeys(flows) if flow in book.flows and (plan := plan_of(book, flow)) is not None}
    whole = {"release": book.release, "flows": {flow: await with_files(plan, files, text) for flow, plan in plans.items()}}
    fresh = folder / f"{FILE}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(whole, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / FILE)


class Source(Protocol):
    """The voice of the hotline; its `overlay` is replaced whole when a prompt changes."""

    overlay: Any

    async def files(self, spoken: Sequence[Spoken], language: str) -> tuple[str, ...]: ...
    def text(self, prompt: str, language: str) -> str: ...


class FallbackMenu:
    """Keeps the file as the live release and the prompts are."""

    def __init__(self, folder: Path, shelf: FlowShelf, voice: Source, flows: Sequence[str]) -> None:
        self._folder, self._shelf, self._voice, self._flows = folder, shelf, voice, flows
        self._changed = asyncio.Event()

    def published(self) -> None:
        """A new release is live."""
        self._changed.set()

    async def run(self) -> None:
        """Write at the start and after each change, until cancelled."""
        written: tuple[int, int] | None = None
        while True:
            self._changed.clear()
            wanted = (self._shelf.newest.release, id(self._voice.overlay))
            if wanted != written and await self._write():
                written = wanted
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._changed.wait()

    async def _write(self) -> bool:
        book = self._shelf.newest
        try:
            await write(self._folder, book, self._flows, self._voice.files, self._voice.text)
        except (OSError, KeyError, CallCenterError) as wrong:
            _log.error("the menu for a start without the controller was not written", release=book.release, error=type(wrong).__name__)
            return False
        _log.info("the menu for a start without the controller is up to date", release=book.release)
        return True
