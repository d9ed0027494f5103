"""The FastAGI listener against callers who hang up anywhere and strangers who send anything (trials FT12 and FT13)."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest

from callcenter.commands import Gather, Prompt, Say
from callcenter.cti.agi_channel import AgiChannel
from callcenter.cti.agi_protocol import AgiRequest, AgiSocket, parse_header, parse_reply
from callcenter.cti.agi_server import AgiHandler, AgiServer
from callcenter.errors import CallerHungUp, CommandTimedOut, UnsafeArgument
from callcenter.settings import Settings
from tests.fakes.agi_peer import HEADER, AgiPeer
from tests.fakes.waiting import until

pytestmark = pytest.mark.component
FULL = os.environ.get("CALLCENTER_FAULTS") == "full"
HANG_UPS = 10_000 if FULL else 500
STRANGERS = 1000 if FULL else 300


async def as_they_stand(spoken: Sequence[Any], language: str) -> tuple[str, ...]:
    """A voice whose files are called as the prompts are."""
    return tuple(one.id for one in spoken if isinstance(one, Prompt))


@asynccontextmanager
async def listening(settings: Settings, handler: AgiHandler) -> AsyncIterator[AgiServer]:
    server = AgiServer(settings, handler)
    await server.start()
    before = asyncio.all_tasks()
    try:
        yield server
    finally:
        await server.stop(0.5)
    assert server.sessions == 0
    assert not [task.get_name() for task in asyncio.all_tasks() - before if task.get_name().startswith("agi:")]


async def three_variables(request: AgiRequest, socket: AgiSocket) -> None:
    for name in ("A", "B", "C"):
        reply = await socket.command(f"GET VARIABLE {name}", 2.0)
        assert reply.data == name, "an answer reached another verb"


async def test_a_request_carries_what_asterisk_said(settings: Settings) -> None:
    seen: list[AgiRequest] = []

    async def handler(request: AgiRequest, socket: AgiSocket) -> None:
        seen.append(request)

    async with listening(settings, handler):
        peer = await AgiPeer.connect(settings.port("agi"))
        assert await peer.closed()
        await peer.close()
    (request,) = seen
    assert request.path == "call"
    assert request.arguments == ("node1-1.1", "1", "", "main_menu")
    assert (request.caller_number, request.dialled_number, request.language) == ("13900000001", "95120", "zh")


@pytest.mark.parametrize("size", [1, 7, 64])
async def test_a_header_may_come_in_any_pieces(settings: Settings, size: int) -> None:
    async with listening(settings, three_variables):
        peer = await AgiPeer.bare(settings.port("agi"))
        text = HEADER.format(uniqueid="node1-1.1").encode()
        for start in range(0, len(text), size):
            peer.send(text[start : start + size])
            await peer.writer.drain()
        assert await peer.verb() == "GET VARIABLE A"
        await peer.close()


async def test_trying_usage_and_refusals_are_told_apart(settings: Settings) -> None:
    replies = []

    async def handler(request: AgiRequest, socket: AgiSocket) -> None:
        for verb in ("ONE", "TWO", "THREE"):
            replies.append(await socket.command(verb, 2.0))

    async with listening(settings, handler):
        peer = await AgiPeer.connect(settings.port("agi"))
        answers = {
            "ONE": "100 result=0 Trying...\n200 result=1 (a (b) c)\n",
            "TWO": "520-Invalid command syntax.  Proper usage follows:\nUsage: 200 result=9\n520 End of proper usage.\n",
            "THREE": "510 Invalid or unknown command\n",
        }
        await peer.answer_all(answers.get)
    assert [(reply.code, reply.result, reply.data) for reply in replies] == [(200, "1", "a (b) c"), (520, "", ""), (510, "", "")]


async def test_a_dead_channel_is_a_hang_up_and_nothing_is_asked_after_it(settings: Settings) -> None:
    ends = []

    async def handler(request: AgiRequest, socket: AgiSocket) -> None:
        for _ in range(2):
            try:
                await socket.command("NOOP", 2.0)
            except CallerHungUp:
                ends.append("hung up")

    async with listening(settings, handler):
        peer = await AgiPeer.connect(settings.port("agi"))
        await peer.answer_all(lambda _: "511 Command Not Permitted on a dead channel or intercept routine\n")
    assert ends == ["hung up"] * 2
    assert peer.verbs == ["NOOP"]


async def test_a_verb_without_an_answer_ends_the_connection(settings: Settings) -> None:
    ends = []

    async def handler(request: AgiRequest, socket: AgiSocket) -> None:
        try:
            await socket.command("NOOP", 0.05)
        except CommandTimedOut as late:
            ends.append(str(late))
        with pytest.raises(CallerHungUp):
            await socket.command("NOOP", 0.05)

    async with listening(settings, handler):
        peer = await AgiPeer.connect(settings.port("agi"))
        assert await peer.closed()
        await peer.close()
    assert ends == ["no answer to NOOP"]


@pytest.mark.parametrize("verb", ["NOOP\nHANGUP", "NOOP\r", "NOOP\0", "NOOP \x85", "SET VARIABLE A " + "x" * 2000])
async def test_a_verb_that_is_more_than_one_line_is_refused(settings: Settings, verb: str) -> None:
    async def handler(request: AgiRequest, socket: AgiSocket) -> None:
        with pytest.raises(UnsafeArgument):
            await socket.command(verb, 1.0)
        await socket.command("LAST", 1.0)

    async with listening(settings, handler):
        peer = await AgiPeer.connect(settings.port("agi"))
        await peer.answer_all(lambda _: "200 result=0\n")
    assert peer.verbs == ["LAST"]


async def test_callers_who_hang_up_anywhere_never_shift_an_answer(settings: Settings) -> None:
    """FT13: HANGUP before, instead of, or after an answer, or a closed connection, at a random verb."""
    wrong: list[str] = []
    ended = 0

    async def handler(request: AgiRequest, socket: AgiSocket) -> None:
        nonlocal ended
        channel = AgiChannel(request, socket, settings, as_they_stand)
        try:
            for number in range(6):
                if await channel.get_variable(f"V{number}") != f"V{number}":
                    wrong.append(request.uniqueid)
                keys = await channel.perform(Gather((Prompt(f"p{number}"),), 2, 1.0, 1.0))
                if getattr(keys, "digits", None) != f"{number}{number}":
                    wrong.append(request.uniqueid)
                await channel.perform(Say((Prompt("bye"),)))
        except CallerHungUp:
            pass
        ended += 1

    async def caller(number: int, random: random.Random) -> None:
        peer = await AgiPeer.connect(settings.port("agi"), f"node1-{number}.0")
        leave_at, how, last = random.randrange(26), random.choice(("before", "instead", "after", "close", "abnormal")), ""

        def answer(verb: str) -> str | None:
            nonlocal last
            if verb.startswith("GOSUB cc-menu"):
                last = verb.split('"')[1].split(",")[0].strip("p")
                right = "100 result=0 Trying...\n200 result=0 Gosub complete\n"
            elif verb == "GET VARIABLE GOSUB_RETVAL":
                right = f"200 result=1 (OK:{last}{last})\n"
            elif verb.startswith("GET VARIABLE"):
                right = f"200 result=1 ({verb.split()[-1]})\n"
            else:
                right = "100 result=0 Trying...\n200 result=0 Gosub complete\n"
            if len(peer.verbs) <= leave_at:
                return right
            abnormal = "200 result=0 Gosub complete (abnormal exit)\nHANGUP\n"
            return {"before": "HANGUP\n" + right, "instead": "HANGUP\n", "after": right + "HANGUP\n", "close": None, "abnormal": abnormal}[how]

        await peer.answer_all(answer)

    seed = random.Random(20261116)
    async with listening(settings, handler):
        for start in range(0, HANG_UPS, 100):
            await asyncio.gather(*(caller(start + number, seed) for number in range(100)))
        await until(lambda: ended == HANG_UPS)
    assert wrong == []


GARBAGE = {
    "silence": b"",
    "half a header": b"agi_network: yes\nagi_chan",
    "no newline": b"a" * 3000,
    "binary": bytes(range(256)) * 20,
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "many lines": b"agi_x: y\n" * 4000,
    "no call": b"agi_network: yes\n\n",
    "arguments that are no numbers": "agi_channel: x\nagi_arg_²: y\nagi_arg_".encode() + b"9" * 2000 + b": y\n\n",
    "ten megabytes": b"agi_network: " + b"x" * 10_000_000,
}


@pytest.mark.parametrize("kind", GARBAGE)
async def test_garbage_is_closed_in_time_and_reaches_no_session(settings: Settings, kind: str) -> None:
    async def handler(request: AgiRequest, socket: AgiSocket) -> None:
        raise AssertionError("a session began")

    async with listening(settings, handler) as server:
        peer = await AgiPeer.bare(settings.port("agi"))
        peer.send(GARBAGE[kind])
        assert await peer.closed(3.0)
        await peer.close()
        await until(lambda: server.waiting_headers == 0)


async def test_numbers_in_other_scripts_are_none() -> None:
    """What Python takes for a digit need not be one for `int`, and a number may be too long for it."""
    wild = ["agi_arg_²: x".encode(), b"agi_arg_" + b"9" * 5000 + b": x"]
    request = parse_header([b"agi_uniqueid: 1.1", b"agi_channel: PJSIP/trunk-1", b"agi_arg_1: session", *wild])
    assert request is not None and request.arguments == ("session",)
    assert parse_reply("² result=1") is None and parse_reply("9" * 5000 + " result=0") is None


async def test_a_crowd_of_silent_strangers_keeps_no_caller_out(settings: Settings) -> None:
    """FT12: half-open connections by the hundred; calls among them are served, memory stays, all strangers are closed."""
    async with listening(settings, three_variables) as server:

        async def call() -> float:
            began = time.perf_counter()
            peer = await AgiPeer.connect(settings.port("agi"))
            await peer.answer_all(lambda verb: f"200 result=1 ({verb.split()[-1]})\n")
            assert peer.verbs == ["GET VARIABLE A", "GET VARIABLE B", "GET VARIABLE C"]
            return time.perf_counter() - began

        memory = psutil.Process().memory_info().rss
        strangers = [await AgiPeer.bare(settings.port("agi")) for _ in range(STRANGERS)]
        for gone in strangers[::3]:
            await gone.close()
        times = [await call() for _ in range(50)]
        assert server.waiting_headers <= 200
        assert sorted(times)[-1] < 0.25
        assert psutil.Process().memory_info().rss - memory < 64_000_000
        await until(lambda: server.waiting_headers == 0)
        assert all(await asyncio.gather(*(peer.closed() for peer in strangers)))
        for peer in strangers:
            await peer.close()


async def test_a_failing_session_costs_only_itself(settings: Settings) -> None:
    async def handler(request: AgiRequest, socket: AgiSocket) -> None:
        if request.uniqueid == "node1-bad.0":
            raise ValueError("broken")
        await three_variables(request, socket)

    async with listening(settings, handler):
        bad = await AgiPeer.connect(settings.port("agi"), "node1-bad.0")
        assert await bad.closed()
        good = await AgiPeer.connect(settings.port("agi"))
        await good.answer_all(lambda verb: f"200 result=1 ({verb.split()[-1]})\n")
        assert len(good.verbs) == 3
        await bad.close()
