"""The AMI link against a scripted Asterisk: refusals, time-outs, cuts in the middle, reconnects, injection."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from callcenter.cti.ami import AmiLink, checked
from callcenter.errors import AsteriskUnavailable, CommandRefused, CommandTimedOut, UnsafeArgument
from callcenter.settings import Network, Secrets, Settings, Timeouts
from tests.fakes.ami_peer import AmiPeer, accept
from tests.fakes.waiting import until

pytestmark = pytest.mark.component
SECRETS = Secrets(ami="right", ari="", database="", session_key="")


class Rig:
    """A link, its peer and what the link told."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        times = Timeouts(ami_action_s=0.3, ami_connect_s=0.5, ami_ping_s=0.2)
        self.settings = Settings(home=home, network=Network(ami_port=self.port), timeouts=times)
        self.peer = AmiPeer()
        self.events: list[Any] = []
        self.ups = self.downs = 0
        self.link = AmiLink(self.settings, SECRETS, self.on_event, self.on_up, self.on_down)

    def on_event(self, message: Any) -> None:
        self.events.append(message["Event"])
        if message["Event"] == "Break":
            raise ValueError("a handler's own fault")

    async def on_up(self) -> None:
        self.ups += 1

    def on_down(self) -> None:
        self.downs += 1


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path)
    await made.peer.start(made.port)
    await made.link.start()
    await until(lambda: made.ups == 1)
    yield made
    await made.link.stop()
    await made.peer.stop()
    assert not [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("ami:")]


async def test_an_action_is_answered_and_a_list_collected(rig: Rig) -> None:
    def answers(action: dict[str, str]) -> str | None:
        key = action["ActionID"]
        if action["Action"] != "QueueStatus":
            return accept(action)
        rows = "".join(f"Event: QueueEntry\r\nActionID: {key}\r\nPosition: {number}\r\n\r\n" for number in (1, 2))
        end = f"Event: QueueStatusComplete\r\nActionID: {key}\r\nListItems: 2\r\n\r\n"
        return f"Response: Success\r\nActionID: {key}\r\nEventList: start\r\n\r\nEvent: Hangup\r\n\r\n{rows}{end}"

    rig.peer.answers = answers
    assert (await rig.link.send("Setvar", Channel="c", Variable=["A=1", "B=2"]))["Message"] == "yes"
    assert rig.peer.raw.endswith(b"Channel: c\r\nVariable: A=1\r\nVariable: B=2\r\n\r\n")
    rows = await rig.link.collect("QueueStatus", "QueueStatusComplete")
    assert [row["Position"] for row in rows] == ["1", "2"]
    await until(lambda: "Hangup" in rig.events)
    assert "QueueEntry" not in rig.events


async def test_a_refusal_carries_action_and_reason(rig: Rig) -> None:
    rig.peer.answers = lambda action: f"Response: Error\r\nActionID: {action['ActionID']}\r\nMessage: No such channel\r\n\r\n"
    for asked in (rig.link.send("Hangup", Channel="x"), rig.link.collect("Status", "StatusComplete")):
        with pytest.raises(CommandRefused, match="No such channel"):
            await asked


async def test_silence_is_a_time_out_and_a_late_answer_is_dropped(rig: Rig) -> None:
    rig.peer.answers = lambda action: accept(action) if action["Action"] == "Ping" else None
    with pytest.raises(CommandTimedOut):
        await rig.link.send("Status")
    late = rig.peer.named("Status")[0]["ActionID"]
    rig.peer.say(f"Response: Success\r\nActionID: {late}\r\n\r\nEvent: Alive\r\n\r\n")
    await until(lambda: "Alive" in rig.events)


async def test_a_cut_link_fails_what_is_in_flight_never_resends_and_is_back_in_half_a_second(rig: Rig) -> None:
    rig.peer.answers = lambda action: accept(action) if action["Action"] in ("Login", "Ping") else None
    asked = asyncio.create_task(rig.link.send("Originate", Channel="PJSIP/trunk/1"), name="test:originate")
    await until(lambda: rig.peer.named("Originate"))
    began = time.perf_counter()
    rig.peer.cut()
    with pytest.raises(AsteriskUnavailable):
        await asked
    await until(lambda: rig.ups == 2)
    assert time.perf_counter() - began < 0.5
    assert rig.downs == 1
    assert rig.link.up
    assert len(rig.peer.named("Originate")) == 1


@pytest.mark.parametrize("torn", [b"Event: Hang", b"Event: Hangup\r\nCause: 1", b"\xe5\xbc", b"\r\n"])
async def test_a_cut_in_mid_message_leaves_nothing_behind(rig: Rig, torn: bytes) -> None:
    rig.peer.say(torn)
    rig.peer.cut()
    await until(lambda: rig.ups == 2)
    rig.peer.say("Event: After\r\n\r\n")
    await until(lambda: "After" in rig.events)
    assert "Hangup" not in rig.events


async def test_an_asterisk_that_is_away_is_refused_at_once_and_found_again(rig: Rig) -> None:
    await rig.peer.stop()
    await until(lambda: not rig.link.up)
    with pytest.raises(AsteriskUnavailable):
        await rig.link.send("Ping")
    await rig.peer.start(rig.port)
    await until(lambda: rig.link.up, 1.0)


async def test_a_silent_asterisk_is_noticed_by_its_ping(rig: Rig) -> None:
    rig.peer.answers = lambda action: accept(action) if action["Action"] == "Login" else None
    await until(lambda: rig.peer.logins >= 2, 3.0)
    assert rig.downs >= 1


async def test_events_keep_their_order_and_one_bad_handler_stops_none(rig: Rig) -> None:
    names = [f"N{number}" for number in range(2000)]
    names[700] = "Break"
    rig.peer.say("".join(f"Event: {name}\r\n\r\n" for name in names))
    await until(lambda: len(rig.events) > 2000)
    assert rig.events[1:] == names


async def test_a_refused_login_is_tried_again(tmp_path: Path) -> None:
    made = Rig(tmp_path)
    made.peer.answers = lambda action: f"Response: Error\r\nActionID: {action['ActionID']}\r\nMessage: Authentication failed\r\n\r\n"
    await made.peer.start(made.port)
    await made.link.start()
    await until(lambda: made.peer.logins >= 2)
    assert not made.link.up
    made.peer.answers = accept
    await until(lambda: made.link.up)
    await made.link.stop()
    await made.peer.stop()


@pytest.mark.parametrize("value", ["a\r\nAction: Command", "a\nb", "a\rb", "a\0b", "a\u2028b", "a\x85b"])
async def test_values_with_line_ends_are_refused_before_a_byte_is_sent(rig: Rig, value: str) -> None:
    before = rig.peer.raw
    for asked in (rig.link.send("Setvar", Value=value), rig.link.send(value), rig.link.send("Setvar", Variable=["A=1", value])):
        with pytest.raises(UnsafeArgument):
            await asked
    with pytest.raises(UnsafeArgument):
        await rig.link.send("Setvar", **{value: "x"})
    await rig.link.send("Last")
    assert b"Command" not in rig.peer.raw[len(before) :]


@example_settings(max_examples=500)
@given(st.text(st.characters() | st.sampled_from("\r\n\0:\u2028\x0b"), max_size=20))
def test_no_text_that_passes_makes_a_second_line(text: str) -> None:
    try:
        passed = checked("Value", text)
    except UnsafeArgument:
        return
    assert passed == text
    assert len(f"Value: {passed}".splitlines()) == 1
    assert "\0" not in passed
