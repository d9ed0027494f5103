"""Callers who answer by voice: real Asterisk, real recogniser, the real engine; only the hospital's data are invented.

The caller speaks with the product's own voice. Trials: understood and confirmed by voice or key, misunderstood and corrected, keys at any time,
silence, hanging up, a recogniser that is killed, frozen, too slow, with no ear left, or away; a voice that speaks names, and one that is dead.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from callcenter import events as ev
from callcenter.box import g711, sipp
from callcenter.commands import Found, SayName
from callcenter.cti.agi_channel import AgiChannel
from callcenter.cti.agi_protocol import AgiRequest, AgiSocket
from callcenter.cti.agi_server import AgiServer
from callcenter.ivr import loader, prompts
from callcenter.ivr.shelf import FlowShelf
from callcenter.session import CallSession, Visit
from callcenter.speech.client import SpeechClient
from callcenter.speech.names import NameCache
from tests.support.bare_pbx import PROMPTS, BarePbx, bare_pbx, hears
from tests.support.instances import PROJECT, free_offset, open_home
from tests.support.speech import SpeechProcess, speech_process
from tests.support.waiting import until
from tests.unit.ivr.fakes import World, known

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]
WORDS = Path(__file__).parent / "words"
VOSK_MODEL = os.environ.get("CALLCENTER_TEST_VOSK_MODEL", "")
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


SaysFiles = Callable[[Sequence[Any], str], Awaitable[tuple[str, ...]]]


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


def spoken_by(pbx: BarePbx, client: SpeechClient) -> SaysFiles:
    """The product's own voice with names rendered when they are needed; prompts are the tones of the bare Asterisk."""
    texts = prompts.parse(PROJECT / "sounds" / "prompts.toml")
    names = NameCache(pbx.settings, client, lambda _text, _language: False, lambda: False)
    voice = prompts.Voice(prompts.Prompts(texts, {language: frozenset(texts) for language in ("zh", "en")}), names)

    async def say(spoken: Sequence[Any], language: str) -> tuple[str, ...]:
        return tuple(file if file in PROMPTS or "/" in file else "menu" for file in await voice.files(spoken, language))

    return say


@asynccontextmanager
async def serving(pbx: BarePbx, world: World, listen: SpeechClient, voice: SaysFiles = tones) -> AsyncIterator[AgiServer]:
    async def visit(request: AgiRequest, socket: AgiSocket) -> None:
        session, attempt, result, _ = (*request.arguments, "", "", "", "")[:4]
        made = Visit(session or request.uniqueid, int(attempt or 1), result, "by_voice", "+8613900000001", "95120", request.uniqueid)
        await CallSession(made, AgiChannel(request, socket, pbx.settings, voice, listen.listen), world.tools).run()

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
    """From here on the shared recogniser is dead: each test starts its own."""
    async with calling(line, tmp_path) as group:
        line.speech.signal(signal.SIGKILL)
        await line.speech.gone()
        await until(lambda: "keys" in line.nodes(), 15, "keys are asked for")
        await heard(group, "menu", 1.0)
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


@asynccontextmanager
async def another_recogniser(line: Line, tmp_path: Path, words: str) -> AsyncIterator[SpeechProcess]:
    """In the place of the shared one, with settings of its own."""
    (tmp_path / "its.toml").write_text(f"[speech]\n{words}\n")
    if line.speech.process.returncode is None:
        line.speech.signal(signal.SIGKILL)
        await line.speech.gone()
    async with speech_process(line.pbx.settings, line.pbx.secrets, {"CALLCENTER_CONFIG": str(tmp_path / "its.toml")}) as speech:
        yield speech


async def test_a_recogniser_that_is_too_slow_leaves_the_keys(line: Line, tmp_path: Path) -> None:
    """What he says is not understood in time: he is asked for keys, and nothing was chosen for him."""
    async with another_recogniser(line, tmp_path, "recognise_s = 0.02"), calling(line, tmp_path) as group:
        say(group, line.words["心内科"])
        await until(lambda: "keys" in line.nodes(), 15, "keys are asked for")
        await heard(group, "menu")
        assert department(line) == ""
        group.press(group.callers[0], "3")
        await over(group)
    assert line.nodes() == ["departments", "which", "keys", "chosen"] and department(line) == "骨科"


async def test_the_caller_for_whom_no_ear_is_left_is_asked_for_keys_at_once(line: Line, tmp_path: Path) -> None:
    numbers = ["13900000001", "13900000002"]
    for number in numbers:
        (tmp_path / number).mkdir()
    async with another_recogniser(line, tmp_path, "listeners = 1"), sipp.Group(line.pbx.settings, numbers[:1], tmp_path / numbers[0]) as first:
        await until(lambda: "which" in line.nodes(), 15, "the first is asked for a department")
        await heard(first, "menu")
        async with sipp.Group(line.pbx.settings, numbers[1:], tmp_path / numbers[1]) as second:
            await until(lambda: "keys" in line.nodes(), 15, "the second is asked for keys")
            say(first, line.words["心内科"])
            await heard(first, "one_moment")
            second.press(second.callers[0], "2")
            await over(second)
        first.press(first.callers[0], "1")
        await over(first)
    assert line.nodes().count("which") == 2 and line.nodes().count("keys") == 1 and line.nodes().count("chosen") == 2


@pytest.mark.skipif(not VOSK_MODEL, reason="CALLCENTER_TEST_VOSK_MODEL names no model folder")
async def test_the_second_recogniser_hears_a_caller_who_is_asked_again_in_a_language_it_does_not_know(line: Line, tmp_path: Path) -> None:
    """The way is whole: sound to words to the flow. The only small model there is knows neither Chinese nor English, so nothing fits."""
    own = f'recogniser = "vosk"\nvosk_model_zh = "{VOSK_MODEL}"\nrecognise_s = 15'
    async with another_recogniser(line, tmp_path, own), calling(line, tmp_path) as group:
        say(group, line.words["呼吸内科"])
        await until(lambda: len([one for one in line.world.journal.history if one]) >= 3, 30, "he is asked again")
        group.press(group.callers[0], "0")
        await over(group)
    assert line.nodes() == ["departments", "which", "staff"] and department(line) == ""


async def test_a_name_is_spoken_when_the_voice_is_there_and_left_out_when_it_is_dead(line: Line, tmp_path: Path) -> None:
    """The first caller may have to do without; then it is kept. A dead voice costs no caller more than a moment."""
    async with another_recogniser(line, tmp_path, "") as speech:
        voice = spoken_by(line.pbx, line.listen)
        await until(lambda: _speaks(speech), 60, "the voice is loaded", every_s=0.3)
        for name in NAMES[:2]:
            await until(lambda name=name: _files_of(voice, name), 30, f"{name} is rendered", every_s=0.3)
        speech.signal(signal.SIGKILL)
        await speech.gone()
    line.world.told.events.clear()
    await line.server.stop(0.0)
    async with serving(line.pbx, line.world, line.listen, voice), sipp.Group(line.pbx.settings, ["13900000001"], tmp_path) as group:
        await until(lambda: "keys" in line.nodes(), 15, "keys are asked for")
        asked_at = group.callers[0].sound.heard_s
        await until(lambda: speech_like(group.callers[0].sound.heard()), 10, "the name that was kept is heard", every_s=0.1)
        await heard(group, "menu")
        assert group.callers[0].sound.heard_s - asked_at < 6
        group.press(group.callers[0], "4")
        await over(group)
    assert department(line) == "眼科", "also a name that nobody can speak can be chosen"
    files = await voice([SayName(NAMES[0]), SayName(NAMES[5])], "zh")
    assert len(files) == 1 and files[0].startswith("own/zh/tts/")


async def _speaks(speech: SpeechProcess) -> bool:
    return await speech.client.state() == "ok"


async def _files_of(voice: SaysFiles, name: str) -> tuple[str, ...]:
    return await voice([SayName(name)], "zh")


def speech_like(samples: np.ndarray) -> bool:
    """Loud, and none of the tones: a quarter of a second that holds a human's many frequencies."""
    window = g711.RATE // 4
    parts = (samples[start : start + window] for start in range(0, len(samples) - window, window // 2))
    every = [frequency + shift for frequency in PROMPTS.values() for shift in (0, 25)]
    return any(np.abs(part).mean() > 500 and all(g711.level_at(part, one) < 0.05 for one in every) for part in parts)
