"""The speech process: listens for Asterisk, speaks for the controller and the pages. May die at any moment without harm.

In: AEAP websockets from Asterisk, `POST speak`, `POST listen`, `GET ready` from this instance's own processes, all on loopback and with the pass in
the path. Out: words, A-law sound, what is ready. Must not touch the database or the home. Invariant: every answer is bounded in time: what cannot
be recognised within the limit is `busy`, what cannot be rendered now is 503; the loop never waits for a model.
"""

from __future__ import annotations

import asyncio
import hmac
import itertools
import os
import secrets as randomness
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from callcenter import log
from callcenter.commands import Answer
from callcenter.errors import ConfigError
from callcenter.settings import Secrets, Settings
from callcenter.speech import build, match, shape
from callcenter.speech.aeap import MAX_MESSAGE, Listening
from callcenter.speech.catalogue import Line
from callcenter.speech.door import HOST, door_pass
from callcenter.speech.endpoint import Endpointer
from callcenter.speech.lines import line_of
from callcenter.speech.recognizer import Hypotheses, RecognitionFailed, Recognizer
from callcenter.speech.tts import Synthesiser

WAITING_TEXTS = 64
TICKETS = 2_000
_log = log.get("speech")


class Renders(Protocol):
    """Text to sound; blocks, in one thread only."""

    def load(self) -> None:
        """Get ready. Raises ConfigError naming what is missing."""
        ...

    def render(self, line: Line) -> bytes:
        """A-law. Raises ConfigError for what cannot be spoken."""
        ...


class KokoroVoice:
    """The voice of the shipped prompts."""

    def __init__(self, threads: int) -> None:
        self._synthesiser = Synthesiser(threads)

    def load(self) -> None:
        self.render(line_of("好", "zh"))

    def render(self, line: Line) -> bytes:
        return shape.for_telephone(self._synthesiser.speak(*build.delivery(line)), *build.pads(line))


class ListenRequest(BaseModel):
    """What a caller may answer: pairs of a value and the words for it."""

    model_config = ConfigDict(extra="forbid")
    language: str = Field(pattern="^(zh|en)$")
    answers: list[tuple[str, list[str]]] = Field(max_length=500)


class SpeakRequest(BaseModel):
    """`urgent`: a caller waits for it."""

    model_config = ConfigDict(extra="forbid")
    text: str
    language: str
    kind: str = "name"
    say: str = ""
    urgent: bool = False


@dataclass(slots=True)
class State:
    """What works: `ready`, `loading`, or what is missing in words."""

    listening: str = "loading"
    speaking: str = "loading"


@dataclass(order=True, slots=True)
class _Wish:
    """A text that waits for the voice; a lower rank is spoken first."""

    rank: tuple[int, int]
    line: Line = field(compare=False)
    done: asyncio.Future[bytes] = field(compare=False)


class SpeechService:
    """One process's models, and who may use them when."""

    def __init__(self, settings: Settings, secrets: Secrets, recognizer: Recognizer, voice: Renders) -> None:
        self._settings, self._pass = settings.speech, door_pass(secrets)
        self._port = settings.port("aeap")
        self._recognizer, self._voice = recognizer, voice
        self.state = State()
        self._ears = ThreadPoolExecutor(self._settings.recognitions, thread_name_prefix="ear")
        self._mouth = ThreadPoolExecutor(1, thread_name_prefix="mouth")
        self._recognising = self._listeners = 0
        self._tickets: OrderedDict[str, tuple[str, tuple[Answer, ...]]] = OrderedDict()
        self._wishes: asyncio.PriorityQueue[_Wish] = asyncio.PriorityQueue(WAITING_TEXTS)
        self._serial = itertools.count()

    # -- life --------------------------------------------------------------------------------------------------------------

    async def run(self, ready: asyncio.Event | None = None) -> None:
        """Until cancelled. Answers from the start; models are loaded beside."""
        runner = web.AppRunner(self.application(), access_log=None, handle_signals=False, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, HOST, self._port).start()
        if ready is not None:
            ready.set()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._load(), name="speech:load")
                group.create_task(self._speak_wishes(), name="speech:speak")
        finally:
            await runner.cleanup()
            self._ears.shutdown(wait=False, cancel_futures=True)
            self._mouth.shutdown(wait=False, cancel_futures=True)

    async def _load(self) -> None:
        self.state.listening = await self._loaded(self._ears, self._recognizer)
        self.state.speaking = await self._loaded(self._mouth, self._voice)

    async def _loaded(self, pool: ThreadPoolExecutor, model: Recognizer | Renders) -> str:
        began = time.monotonic()
        try:
            await asyncio.get_running_loop().run_in_executor(pool, model.load)
        except (ConfigError, RecognitionFailed, OSError) as wrong:
            _log.error("cannot be loaded", model=type(model).__name__, reason=str(wrong))
            return str(wrong)
        _log.info("loaded", model=type(model).__name__, took_s=round(time.monotonic() - began, 1))
        return "ready"

    def application(self) -> web.Application:
        app = web.Application(client_max_size=200_000)
        app.router.add_get("/{pass}/aeap", self._aeap)
        app.router.add_get("/{pass}/ready", self._ready)
        app.router.add_post("/{pass}/listen", self._listen)
        app.router.add_post("/{pass}/speak", self._speak)
        return app

    def _admit(self, request: web.Request) -> None:
        if not hmac.compare_digest(request.match_info["pass"].encode(), self._pass.encode()):
            raise web.HTTPNotFound

    # -- listening -----------------------------------------------------------------------------------------------------------

    async def _aeap(self, request: web.Request) -> web.WebSocketResponse:
        self._admit(request)
        socket = web.WebSocketResponse(protocols=("speech_to_text",), max_msg_size=MAX_MESSAGE, timeout=1.0)
        await socket.prepare(request)
        endpointer = Endpointer(self._settings.end_of_speech_s, self._settings.longest_answer_s)
        self._listeners += 1
        try:
            await Listening(socket, endpointer, self._understand).run()
        finally:
            self._listeners -= 1
        return socket

    async def _listen(self, request: web.Request) -> web.Response:
        """A ticket under which one answer is understood; 503 when nobody has time to listen."""
        self._admit(request)
        asked = await _body(request, ListenRequest)
        if self.state.listening != "ready":
            return web.json_response({"why": self.state.listening}, status=503)
        if self._recognising >= self._settings.recognitions or self._listeners >= self._settings.listeners:
            return web.json_response({"why": "busy"}, status=503)
        ticket = randomness.token_hex(8)
        self._tickets[ticket] = (asked.language, tuple(Answer(value, tuple(words)) for value, words in asked.answers))
        while len(self._tickets) > TICKETS:
            self._tickets.popitem(last=False)
        return web.json_response({"ticket": ticket})

    async def _understand(self, sound: bytes, ticket: str) -> str | None:
        """The words, None when they were not recognised in time."""
        language, answers = self._tickets.pop(ticket, ("zh", ()))
        began = time.monotonic()
        self._recognising += 1
        work = asyncio.get_running_loop().run_in_executor(self._ears, self._hear, sound, language, answers)
        work.add_done_callback(self._heard)
        try:
            async with asyncio.timeout(self._settings.recognise_s):
                text = await asyncio.shield(work)
        except (TimeoutError, RecognitionFailed) as wrong:
            _log.warning("not recognised", reason=type(wrong).__name__, took_s=round(time.monotonic() - began, 2))
            return None
        _log.info("recognised", took_s=round(time.monotonic() - began, 2), speech_s=len(sound) / shape.RATE_OUT, **{"pii.text": text})
        return text

    def _heard(self, work: asyncio.Future[str]) -> None:
        self._recognising -= 1
        if not work.cancelled():
            work.exception()

    def _hear(self, sound: bytes, language: str, answers: Sequence[Answer]) -> str:
        """In a worker thread."""
        found: Hypotheses = self._recognizer.hear(sound, language, match.hints(answers, language))
        return match.weighed(found.free, found.hinted, answers)

    # -- speaking ------------------------------------------------------------------------------------------------------------

    async def _speak(self, request: web.Request) -> web.Response:
        """A-law of a text; 422 for what cannot be spoken, 503 when the voice is not there or has too much to do."""
        self._admit(request)
        asked = await _body(request, SpeakRequest)
        if self.state.speaking != "ready":
            return web.json_response({"why": self.state.speaking}, status=503)
        try:
            line = line_of(asked.text, asked.language, asked.kind, asked.say)
            sound = await self._wished(line, urgent=asked.urgent)
        except ConfigError as wrong:
            return web.json_response({"why": f"{wrong.where} {wrong.rule}", "mend": wrong.mend}, status=422)
        except (asyncio.QueueFull, TimeoutError):
            return web.json_response({"why": "busy"}, status=503)
        return web.Response(body=sound, content_type="audio/basic")

    async def _wished(self, line: Line, *, urgent: bool) -> bytes:
        done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._wishes.put_nowait(_Wish((0 if urgent else 1, next(self._serial)), line, done))
        async with asyncio.timeout(self._settings.speak_s):
            return await done

    async def _speak_wishes(self) -> None:
        """One text at a time. A wish whose asker has gone is rendered all the same when it was urgent: its name is asked for again."""
        loop = asyncio.get_running_loop()
        while True:
            wish = await self._wishes.get()
            if wish.done.cancelled():
                continue
            try:
                sound = await loop.run_in_executor(self._mouth, self._voice.render, wish.line)
            except Exception as wrong:  # noqa: BLE001 - outermost frame of one wish: the text is the asker's
                _log.warning("not rendered", reason=type(wrong).__name__)
                _settle(wish.done, ConfigError("text", "cannot be spoken", "write it with other words"))
            else:
                if not wish.done.done():
                    wish.done.set_result(sound)

    async def _ready(self, request: web.Request) -> web.Response:
        self._admit(request)
        return web.json_response(
            {"listening": self.state.listening, "speaking": self.state.speaking, "recogniser": self._settings.recogniser, "pid": os.getpid()}
        )


def _settle(done: asyncio.Future[Any], wrong: Exception) -> None:
    if not done.done():
        done.set_exception(wrong)


async def _body(request: web.Request, model: type[Any]) -> Any:
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as wrong:
        raise web.HTTPUnprocessableEntity(text=str(wrong)) from wrong
