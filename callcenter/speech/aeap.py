"""One caller being listened to: Asterisk's external application protocol on one websocket.

In: JSON requests (`setup`, `set`, `get`) and A-law from Asterisk. Out: answers to every request, and results pushed with `set`: grammar `began`
when the caller starts to speak, then `said` with the words, or `busy` when they could not be recognised in time. Must not decide what was meant.
Invariant: whatever fails, Asterisk gets an answer in bounded time; after `began` exactly one other result follows.
Protocol: docs.asterisk.org, "Asterisk External Application Protocol (AEAP)", speech_to_text.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from callcenter import log
from callcenter.speech.endpoint import Began, Endpointer, Event, Utterance

TICK_S = 0.1
MAX_MESSAGE = 64_000
_CODEC = "alaw"
_PLAIN = re.compile(r"[^\w\u3400-\u9fff ]+")
Understand = Callable[[bytes, str], Awaitable[str | None]]
_log = log.get("aeap")


class Listening:
    """One websocket of Asterisk. `understand(sound, ticket)`: the words, or None when they cannot be had now."""

    def __init__(self, socket: web.WebSocketResponse, endpointer: Endpointer, understand: Understand) -> None:
        self._socket, self._endpointer, self._understand = socket, endpointer, understand
        self._ticket, self._last_sound = "", 0.0

    async def run(self) -> None:
        """Until Asterisk closes."""
        async with asyncio.TaskGroup() as group:
            quiet = group.create_task(self._watch_the_quiet(group), name="aeap:quiet")
            try:
                async for message in self._socket:
                    if message.type is WSMsgType.BINARY:
                        self._last_sound = time.monotonic()
                        self._take(self._endpointer.feed(message.data), group)
                    elif message.type is WSMsgType.TEXT:
                        await self._request(message.data)
            finally:
                quiet.cancel()

    async def _watch_the_quiet(self, group: asyncio.TaskGroup) -> None:
        """A telephone that sends nothing while nobody speaks is silent, not gone."""
        while True:
            await asyncio.sleep(TICK_S)
            missing_s = time.monotonic() - self._last_sound
            if self._endpointer.speaking and missing_s > TICK_S:
                self._last_sound = time.monotonic()
                self._take(self._endpointer.nothing(missing_s), group)

    def _take(self, events: list[Event], group: asyncio.TaskGroup) -> None:
        for event in events:
            match event:
                case Began():
                    group.create_task(self._push("began", ""), name="aeap:began")
                case Utterance(sound):
                    group.create_task(self._recognise(sound), name="aeap:recognise")

    async def _recognise(self, sound: bytes) -> None:
        words = await self._understand(sound, self._ticket)
        if words is None:
            await self._push("busy", "")
        else:
            await self._push("said", plain(words))

    # -- the protocol --------------------------------------------------------------------------------------------------

    async def _request(self, text: str) -> None:
        try:
            asked = json.loads(text)
        except ValueError:
            _log.warning("not a message of the protocol")
            return
        if not isinstance(asked, dict) or "request" not in asked:
            return
        params = asked.get("params")
        await self._send(self._answer(asked, params if isinstance(params, dict) else {}))

    def _answer(self, asked: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {"response": asked["request"], "id": asked.get("id", "")}
        match asked["request"]:
            case "setup":
                offered = {one.get("name") for one in asked.get("codecs", ()) if isinstance(one, dict)}
                return answer | ({"codecs": [{"name": _CODEC}]} if _CODEC in offered else {"error_msg": f"only {_CODEC} is understood"})
            case "set":
                self._ticket = str(params.get("ticket", self._ticket))
                return answer
            case "get":
                return answer | {"params": {"results": []}}
        return answer | {"error_msg": "unknown request"}

    async def _push(self, grammar: str, text: str) -> None:
        result = {"text": text, "score": 100, "grammar": grammar, "best": 0}
        await self._send({"request": "set", "id": uuid4().hex, "params": {"results": [result]}})

    async def _send(self, message: Mapping[str, Any]) -> None:
        with contextlib.suppress(ConnectionError):
            await self._socket.send_str(json.dumps(message, ensure_ascii=False))


def plain(text: str) -> str:
    """Letters, digits, characters and single blanks only: it goes through the dialplan."""
    return re.sub(r"\s+", " ", _PLAIN.sub(" ", text).replace("_", " ")).strip()[:120]
