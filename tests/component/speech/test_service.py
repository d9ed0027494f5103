"""The speech process's doors: Asterisk's protocol on a real websocket, HTTP on real TCP; its models are stood in for by ones that can be held up."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest

from callcenter.commands import Answer
from callcenter.errors import ConfigError
from callcenter.settings import Network, Secrets, Settings, Speech, load_secrets
from callcenter.speech.aeap import plain
from callcenter.speech.catalogue import Line
from callcenter.speech.client import CannotSpeak, SpeechClient, SpeechUnavailable
from callcenter.speech.door import aeap_url
from callcenter.speech.recognizer import Hypotheses, RecognitionFailed
from callcenter.speech.service import SpeechService
from callcenter.speech.shape import to_alaw
from tests.support.waiting import until

pytestmark = pytest.mark.component
ANSWERS = (Answer("a", ("心内科",)), Answer("b", ("骨科",)))
VOICE = to_alaw((0.1 * np.sin(np.arange(8000) * 0.4)).astype(np.float32))


class Model:
    """Hears and says what it is told to; `held` keeps its workers busy."""

    def __init__(self) -> None:
        self.free: tuple[str, ...] = ("新内课",)
        self.held = threading.Event()
        self.held.set()
        self.fails = self.missing = False
        self.hints: list[Sequence[str]] = []

    def load(self) -> None:
        if self.missing:
            raise ConfigError("package", "is not installed here", "run `tools/bootstrap.sh speech`")

    def hear(self, alaw: bytes, language: str, hints: Sequence[str]) -> Hypotheses:
        self.hints.append(hints)
        self.held.wait(10)
        if self.fails:
            raise RecognitionFailed("by the test")
        return Hypotheses(self.free)

    def render(self, line: Line) -> bytes:
        if "?" in line.spoken:
            raise ConfigError("text", "holds nothing that can be spoken", "write words")
        return VOICE


class Running:
    def __init__(self, settings: Settings, secrets: Secrets, model: Model, client: SpeechClient) -> None:
        self.settings, self.secrets, self.model, self.client = settings, secrets, model, client

    @asynccontextmanager
    async def call(self, ticket: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Asterisk's side of one caller, set up."""
        async with aiohttp.ClientSession() as session, session.ws_connect(aeap_url(self.settings, self.secrets)) as line:
            setup = {"request": "setup", "version": "0.1.0", "id": "1", "codecs": [{"name": "alaw"}]}
            assert (await ask(line, setup))["codecs"] == [{"name": "alaw"}]
            assert await ask(line, {"request": "set", "id": "2", "params": {"ticket": ticket}}) == {"response": "set", "id": "2"}
            yield line


async def ask(line: aiohttp.ClientWebSocketResponse, message: dict[str, Any]) -> Any:
    await line.send_str(json.dumps(message))
    return json.loads((await line.receive(5)).data)


async def result(line: aiohttp.ClientWebSocketResponse) -> tuple[str, str]:
    """(grammar, text) of the next result."""
    (one,) = json.loads((await line.receive(10)).data)["params"]["results"]
    assert one["best"] == 0
    return one["grammar"], one["text"]


async def speak(line: aiohttp.ClientWebSocketResponse) -> None:
    for sound in (b"\xd5" * 4000, VOICE, b"\xd5" * 8000):
        await line.send_bytes(sound)


@pytest.fixture
async def running(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[Running]:
    settings = Settings(home=tmp_path, network=Network(aeap_port=unused_tcp_port), speech=Speech(recognitions=1, recognise_s=0.5, listeners=2))
    secrets, model = load_secrets(tmp_path), Model()
    service, ready, client = SpeechService(settings, secrets, model, model), asyncio.Event(), SpeechClient(settings, secrets)
    task = asyncio.create_task(service.run(ready), name="test:speech")
    await ready.wait()
    yield Running(settings, secrets, model, client)
    model.held.set()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await client.close()


async def ticket_of(running: Running) -> str:
    """As soon as the model is loaded."""
    return await until(lambda: running.client.listen(ANSWERS, "zh"), 5, "a ticket")


async def says(client: SpeechClient, words: str) -> bool:
    return words in await client.state()


async def works(client: SpeechClient) -> bool:
    return await client.state() == "ok"


async def test_an_answer_is_began_and_then_said_with_the_answers_as_a_hint(running: Running) -> None:
    async with running.call(await ticket_of(running)) as line:
        await speak(line)
        assert await result(line) == ("began", "")
        assert await result(line) == ("said", "新内课")
    assert list(running.model.hints[-1]) == ["心内科", "骨科"]


@pytest.mark.parametrize("trouble", ["slow", "fails"])
async def test_what_is_not_recognised_in_time_is_busy(running: Running, trouble: str) -> None:
    ticket = await ticket_of(running)
    running.model.fails = trouble == "fails"
    if trouble == "slow":
        running.model.held.clear()
    began = time.monotonic()
    async with running.call(ticket) as line:
        await speak(line)
        assert [await result(line), await result(line)] == [("began", ""), ("busy", "")]
        if trouble == "slow":
            assert await running.client.listen(ANSWERS, "zh") == "", "while the only recogniser works nobody else is promised one"
    assert time.monotonic() - began < 5


async def test_a_telephone_that_stops_sending_is_heard_to_the_end(running: Running) -> None:
    async with running.call(await ticket_of(running)) as line:
        await line.send_bytes(b"\xd5" * 4000 + VOICE)
        assert [await result(line), await result(line)] == [("began", ""), ("said", "新内课")]


async def test_strangers_and_nonsense_get_nothing_and_break_nothing(running: Running) -> None:
    ticket = await ticket_of(running)
    url = aeap_url(running.settings, running.secrets)
    async with aiohttp.ClientSession() as session:
        stranger = url.replace("ws://", "http://").rsplit("/", 2)[0] + "/guess/ready"
        async with session.get(stranger) as answer:
            assert answer.status == 404
    async with running.call(ticket) as line:
        for nonsense in ("{", "[]", '"x"', "{}", '{"request": 7}', '{"request": "set", "params": []}', "\u0000"):
            await line.send_str(nonsense)
        assert (await ask(line, {"request": "dance", "id": "9"}))["error_msg"]
    async with running.call("no such ticket") as line:
        await speak(line)
        assert [await result(line), await result(line)] == [("began", ""), ("said", "新内课")]


async def test_only_as_many_are_listened_to_as_the_settings_say(running: Running) -> None:
    async with running.call(await ticket_of(running)), running.call(await ticket_of(running)):
        assert await running.client.listen(ANSWERS, "zh") == ""
    await ticket_of(running)


async def test_speaking_and_refusing_to_speak(running: Running) -> None:
    await ticket_of(running)
    await until(lambda: works(running.client), 5, "everything is loaded")
    assert await running.client.speak("心内科", "zh", "name") == VOICE
    with pytest.raises(CannotSpeak):
        await running.client.speak("?", "en", "prompt")
    with pytest.raises(CannotSpeak, match="1 to 1500"):
        await running.client.speak("", "zh", "prompt")


async def test_what_is_missing_is_told_with_the_mend(tmp_path: Path, unused_tcp_port: int) -> None:
    settings = Settings(home=tmp_path, network=Network(aeap_port=unused_tcp_port))
    secrets, model = load_secrets(tmp_path), Model()
    model.missing = True
    client = SpeechClient(settings, secrets)
    began = time.monotonic()
    assert await client.listen(ANSWERS, "zh") == "" and "mend" in await client.state()
    assert time.monotonic() - began < 2
    ready = asyncio.Event()
    task = asyncio.create_task(SpeechService(settings, secrets, model, model).run(ready), name="test:speech")
    await ready.wait()
    await until(lambda: says(client, "bootstrap.sh"), 5, "the mend is told")
    assert await client.listen(ANSWERS, "zh") == ""
    with pytest.raises(SpeechUnavailable, match="not installed"):
        await client.speak("心内科", "zh", "name")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await client.close()


async def test_a_port_that_takes_calls_and_says_nothing_costs_a_menu_a_moment_once(tmp_path: Path, unused_tcp_port: int) -> None:
    silent = socket.create_server(("127.0.0.1", unused_tcp_port))
    client = SpeechClient(Settings(home=tmp_path, network=Network(aeap_port=unused_tcp_port)), load_secrets(tmp_path))
    for longest_s in (0.5, 0.05, 0.05):
        began = time.monotonic()
        assert await client.listen(ANSWERS, "zh") == ""
        assert time.monotonic() - began < longest_s
    await client.close()
    silent.close()


def test_only_words_go_into_the_dialplan() -> None:
    assert plain("心内科。${SHELL(rm)}, \"x\" & 'y'\n1") == "心内科 SHELL rm x y 1"
    assert len(plain("字" * 500)) == 120
