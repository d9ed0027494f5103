"""Callers who answer by voice: real Asterisk, real recogniser, the real engine; only the hospital's data are invented.

The caller speaks with the product's own voice. Trials: understood and confirmed by voice or key, misunderstood and corrected, keys at any time,
silence, hanging up, a recogniser that is killed, frozen, busy or away.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from callcenter import events as ev
from callcenter.box import g711, sipp
from callcenter.commands import Found
from callcenter.cti.agi_channel import AgiChannel
from callcenter.cti.agi_protocol import AgiRequest, AgiSocket
from callcenter.cti.agi_server import AgiServer
from callcenter.ivr import loader
from callcenter.ivr.shelf import FlowShelf
from callcenter.session import CallSession, Visit
from callcenter.speech.client import SpeechClient
from tests.support.bare_pbx import BarePbx, bare_pbx, hears
from tests.support.instances import free_offset, open_home
from tests.support.speech import SpeechProcess, speech_process
from tests.support.waiting import until
from tests.unit.ivr.fakes import World, known

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]
WORDS = Path(__file__).parent / "words"
SAID = {"心内科": "xinneike", "骨科": "guke", "呼吸内科": "huxineike", "对的": "duide", "不对": "budui", "今天天气怎么样": "tianqi"}
NAMES = ("心内科", "呼吸内科", "骨科", "眼科", "儿科", "皮肤科")
DEPARTMENTS = Found("found", {"items": [{"id": str(n), "name_zh": name, "name_en": f"Department {n}"} for n, name in enumerate(NAMES, 1)]})
FLOW = """
flow = "by_voice"
start = "departments"

[node.departments]
verb = "lookup"
data = "clinic_departments"
on = { found = "which", not_found = "bye", unavailable = "bye" }

[node.which]
verb = "listen"
list = "clinic_departments"
item = ["{name:name}"]
say = ["main_menu"]
store = "department"
wait_s = 2
tries = 2
on = { chosen = "chosen", no_input = "again", invalid = "again", failed = "gave_up", unavailable = "keys", "0" = "staff" }

[node.keys]
verb = "choose"
list = "clinic_departments"
item = ["{name:name}"]
more = ["main_menu"]
store = "department"
wait_s = 2
on = { chosen = "chosen", no_input = "again", invalid = "again", failed = "gave_up", "0" = "staff" }

[node.chosen]
verb = "hang_up"
say = ["goodbye"]

[node.gave_up]
verb = "hang_up"
say = ["goodbye"]

[node.staff]
verb = "hang_up"
say = ["goodbye"]

[node.bye]
verb = "hang_up"
say = ["goodbye"]
"""


@dataclass
class Line:
    """A hotline with one flow, and what its callers can say."""

    pbx: BarePbx
    speech: SpeechProcess
    world: World
    words: dict[str, np.ndarray]
    server: AgiServer
    listen: SpeechClient

    def nodes(self) -> list[str]:
        return [event.node for event in self.world.told.events if isinstance(event, ev.NodeEntered)]

    def exits(self) -> list[str]:
        return [event.exit for event in self.world.told.events if isinstance(event, ev.InputHeard)]


async def tones(spoken: Sequence[Any], language: str) -> tuple[str, ...]:
    """A voice of one tone a step: `menu` for a question, `one_moment` for what is read back."""
    ids = [getattr(one, "id", "") for one in spoken]
    return ("goodbye",) if "goodbye" in ids else ("one_moment",) if "you_said" in ids else ("menu",)


def world_of(folder: Path) -> World:
    world = World()
    world.answers.answers["clinic_departments"] = DEPARTMENTS
    (folder / "by_voice.toml").write_text(FLOW, encoding="utf-8")
    everything = known()
    book = loader.load_folder(folder, everything)
    world.tools = replace(world.tools, flows=FlowShelf(book))
    return world


@asynccontextmanager
async def serving(pbx: BarePbx, world: World, listen: SpeechClient) -> AsyncIterator[AgiServer]:
    async def visit(request: AgiRequest, socket: AgiSocket) -> None:
        session, attempt, result, _ = (*request.arguments, "", "", "", "")[:4]
        made = Visit(session or request.uniqueid, int(attempt or 1), result, "by_voice", "+8613900000001", "95120", request.uniqueid)
        await CallSession(made, AgiChannel(request, socket, pbx.settings, tones, listen.listen), world.tools).run()

    server = AgiServer(pbx.settings, visit)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(0.2)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[tuple[BarePbx, SpeechProcess, dict[str, np.ndarray]]]:
    with free_offset() as offset, open_home("speech") as home:
        async with bare_pbx(home, offset) as pbx, speech_process(pbx.settings, pbx.secrets) as speech:
            yield pbx, speech, {text: g711.decode((WORDS / f"{file}.alaw").read_bytes(), "alaw") for text, file in SAID.items()}


@pytest_asyncio.fixture(loop_scope="module")
async def line(shared: tuple[BarePbx, SpeechProcess, dict[str, np.ndarray]], tmp_path: Path) -> AsyncIterator[Line]:
    """Afterwards no channel is left."""
    pbx, speech, words = shared
    world = world_of(tmp_path)
    client = SpeechClient(pbx.settings, pbx.secrets)
    async with serving(pbx, world, client) as server:
        yield Line(pbx, speech, world, words, server, client)
        await until(lambda: _quiet(pbx), 10, "no channel is left", every_s=0.1)
    await client.close()


async def _quiet(pbx: BarePbx) -> bool:
    return not await pbx.witness.channels()


@asynccontextmanager
async def calling(line: Line, tmp_path: Path) -> AsyncIterator[sipp.Group]:
    """A caller who has been asked for a department."""
    async with sipp.Group(line.pbx.settings, ["13900000001"], tmp_path) as group:
        await until(lambda: "which" in line.nodes(), 15, "asked for a department")
        await heard(group, "menu")
        yield group


async def heard(group: sipp.Group, prompt: str, last_s: float = 1.5, timeout_s: float = 10.0) -> None:
    await until(lambda: hears(group.callers[0].sound.heard(last_s), prompt), timeout_s, f"{prompt} is heard", every_s=0.05)


async def over(group: sipp.Group, timeout_s: float = 15.0) -> None:
    def look() -> bool:
        group.refresh()
        return group.callers[0].over

    await until(look, timeout_s, "the call is over")


def say(group: sipp.Group, sound: np.ndarray) -> None:
    group.callers[0].sound.say(sound)


def department(line: Line) -> str:
    """What the flow remembers when the caller has chosen."""
    written = [one for one in line.world.journal.history if one and '"department"' in one]
    return next((name for name in NAMES if written and name in written[-1].encode().decode("unicode_escape").split('"department"')[1]), "")


async def test_a_department_by_voice_confirmed_by_voice(line: Line, tmp_path: Path) -> None:
    async with calling(line, tmp_path) as group:
        say(group, line.words["心内科"])
        await heard(group, "one_moment")
        say(group, line.words["对的"])
        await over(group)
    assert line.nodes() == ["departments", "which", "chosen"]
    assert department(line) == "心内科"


async def test_a_department_by_voice_over_the_prompt_confirmed_by_key(line: Line, tmp_path: Path) -> None:
    """He does not wait for the end of the question, which is cut off."""
    async with sipp.Group(line.pbx.settings, ["13900000001"], tmp_path) as group:
        await until(lambda: "which" in line.nodes(), 15, "asked for a department")
        say(group, line.words["骨科"])
        await heard(group, "one_moment")
        group.press(group.callers[0], "1")
        await over(group)
    assert line.nodes() == ["departments", "which", "chosen"]
    assert department(line) == "骨科"


async def test_what_was_misunderstood_is_corrected(line: Line, tmp_path: Path) -> None:
    async with calling(line, tmp_path) as group:
        say(group, line.words["骨科"])
        await heard(group, "one_moment")
        say(group, line.words["不对"])
        await until(lambda: not hears(group.callers[0].sound.heard(1.0), "one_moment"), 10, "what was read back is over")
        await heard(group, "menu", 1.0)
        say(group, line.words["呼吸内科"])
        await heard(group, "one_moment", 1.0)
        group.press(group.callers[0], "1")
        await over(group)
    assert department(line) == "呼吸内科"


async def test_keys_are_always_live(line: Line, tmp_path: Path) -> None:
    async with calling(line, tmp_path) as group:
        group.press(group.callers[0], "0")
        await over(group)
    assert line.nodes() == ["departments", "which", "staff"]


async def test_silence_is_asked_again_and_then_given_up(line: Line, tmp_path: Path) -> None:
    async with calling(line, tmp_path) as group:
        await over(group, 20)
    assert line.nodes()[-1] == "gave_up"
    assert "said" not in line.speech.log.read_text()


async def test_other_words_are_not_taken_for_a_department(line: Line, tmp_path: Path) -> None:
    async with calling(line, tmp_path) as group:
        say(group, line.words["今天天气怎么样"])
        await until(lambda: len([one for one in line.world.journal.history if one]) >= 3, 15, "answered")
        group.press(group.callers[0], "0")
        await over(group)
    assert line.nodes()[-1] == "staff" and department(line) == ""


async def test_hanging_up_while_being_listened_to_is_a_hang_up(line: Line, tmp_path: Path) -> None:
    async with calling(line, tmp_path) as group:
        say(group, line.words["心内科"])
        await asyncio.sleep(0.3)  # in the middle of the word
        group.hang_up(group.callers[0])
        await over(group)
        await until(lambda: line.server.sessions == 0, 5, "the session has ended")
    assert line.world.journal.history[-1] is None


async def test_an_answer_given_while_the_controller_was_dead_is_found_by_its_successor(line: Line, tmp_path: Path) -> None:
    async with calling(line, tmp_path) as group:
        await line.server.stop(0.0)
        say(group, line.words["心内科"])
        async with serving(line.pbx, line.world, line.listen):
            await heard(group, "one_moment")
            group.press(group.callers[0], "1")
            await over(group)
    assert department(line) == "心内科"


async def test_a_frozen_recogniser_costs_one_menu_a_moment_and_the_next_nothing(line: Line, tmp_path: Path) -> None:
    line.speech.signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert await line.listen.listen((), "zh") == ""
        assert time.monotonic() - began < 0.5
        began = time.monotonic()
        assert await line.listen.listen((), "zh") == ""
        assert time.monotonic() - began < 0.02
        async with sipp.Group(line.pbx.settings, ["13900000001"], tmp_path) as group:
            await until(lambda: "keys" in line.nodes(), 15, "keys are asked for")
            await heard(group, "menu")
            group.press(group.callers[0], "1")
            await over(group)
    finally:
        line.speech.signal(signal.SIGCONT)
    assert department(line) == "心内科"


async def test_a_recogniser_killed_in_the_call_leaves_the_keys(line: Line, tmp_path: Path) -> None:
    """The last one: the process is not started again."""
    async with calling(line, tmp_path) as group:
        line.speech.signal(signal.SIGKILL)
        await line.speech.gone()
        group.press(group.callers[0], "0")
        await over(group)
    assert line.nodes() == ["departments", "which", "keys", "staff"]
    line.world.told.events.clear()
    async with sipp.Group(line.pbx.settings, ["13900000001"], tmp_path / "second") as group:
        await until(lambda: "keys" in line.nodes(), 15, "keys are asked for at once")
        await heard(group, "menu")
        group.press(group.callers[0], "2")
        await over(group)
    assert department(line) == "呼吸内科"
