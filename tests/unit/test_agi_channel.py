"""Commands become verbs: exactly these lines go to Asterisk, and nothing that could be more than a value (trial ST2)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from callcenter.commands import Done, Gather, Heard, Keys, Prompt, Recorded, RecordMessage, Say, SetLanguage
from callcenter.cti.agi_channel import AgiChannel, chunks, file_id, quoted, variable_name
from callcenter.cti.agi_protocol import AgiReply, AgiRequest, parse_reply
from callcenter.errors import CallerHungUp, CommandRefused, UnsafeArgument
from callcenter.settings import Settings

pytestmark = pytest.mark.unit


class Script:
    """An AgiSocket that answers from a list and keeps what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.verbs = list(answers), []

    async def command(self, verb: str, timeout_s: float) -> AgiReply:
        self.verbs.append(verb)
        answer = self.answers.pop(0) if self.answers else "200 result=0"
        if answer == "HANGUP":
            raise CallerHungUp("scripted")
        reply = parse_reply(answer)
        assert reply is not None
        return reply


async def as_they_stand(spoken: Sequence[Any], language: str) -> tuple[str, ...]:
    """A voice whose files are called as the prompts are."""
    return tuple(one.id for one in spoken)


def channel(script: Script, home: Path = Path("/x"), **more: Any) -> AgiChannel:
    request = AgiRequest("call", (), {"agi_language": "zh", "agi_uniqueid": "node1-1.1"})
    return AgiChannel(request, script, Settings(home=home), as_they_stand, **more)  # type: ignore[arg-type]


AB = (Prompt("a"), Prompt("names/b"))
MENU = 'GOSUB cc-menu s 1 "a&names/b,1,6,3,"'


async def test_a_list_is_one_verb() -> None:
    script = Script("200 result=0 Gosub complete")
    assert await channel(script).perform(Say(AB)) == Done()
    assert script.verbs == ['GOSUB cc-say s 1 "a&names/b"']


async def test_nothing_to_say_is_no_verb() -> None:
    script = Script()
    assert await channel(script).perform(Say(())) == Done()
    assert script.verbs == []


@pytest.mark.parametrize(
    ("answer", "digits", "heard"),
    [
        ("OK:5", 1, Keys("5")),
        ("OK:", 1, Keys("#")),
        ("OK:", 4, Keys("")),
        ("OK:1234", 4, Keys("1234")),
        ("TIMEOUT:12", 4, Keys("12", timed_out=True)),
        ("TIMEOUT:", 1, Keys("", timed_out=True)),
    ],
)
async def test_a_menu_is_two_verbs(answer: str, digits: int, heard: Heard) -> None:
    script = Script("200 result=0 Gosub complete", f"200 result=1 ({answer})")
    assert await channel(script).perform(Gather(AB, digits)) == heard
    assert script.verbs == [MENU.replace(",1,6", f",{digits},6"), "GET VARIABLE GOSUB_RETVAL"]


@pytest.mark.parametrize(
    "answers",
    [
        ("200 result=0 Gosub complete", "200 result=1 (HANGUP:)"),
        ("200 result=0 Gosub complete (abnormal exit)", "HANGUP"),
        ("200 result=0 Gosub complete (abnormal exit)", "200 result=0"),
        ("200 result=-1", "HANGUP"),
        ("HANGUP",),
    ],
)
async def test_a_hang_up_is_one_however_it_shows(answers: tuple[str, ...]) -> None:
    with pytest.raises(CallerHungUp):
        await channel(Script(*answers)).perform(Gather(AB))


async def test_a_refusal_while_the_caller_is_there_is_no_hang_up() -> None:
    with pytest.raises(CommandRefused):
        await channel(Script("200 result=-1", "200 result=6")).perform(Say(AB))
    with pytest.raises(CommandRefused):
        await channel(Script("510 Invalid or unknown command", "200 result=6")).perform(Say(AB))


async def test_verb_by_verb_hears_the_same() -> None:
    script = Script("200 result=0 endpos=800", f"200 result={ord('1')} endpos=9", f"200 result={ord('2')}")
    assert await channel(script, one_verb_menus=False).perform(Gather(AB, 2, 6, 3)) == Keys("12")
    assert script.verbs == ['STREAM FILE a "0123456789*#"', 'STREAM FILE names/b "0123456789*#"', "WAIT FOR DIGIT 3000"]
    script = Script("200 result=0", "200 result=0", f"200 result={ord('7')}", f"200 result={ord('#')}")
    assert await channel(script, one_verb_menus=False).perform(Gather(AB, 4)) == Keys("7")
    script = Script("200 result=0", "200 result=0", "200 result=0")
    assert await channel(script, one_verb_menus=False).perform(Gather(AB, 1)) == Keys("", timed_out=True)


async def test_a_list_too_long_for_one_verb_keeps_its_order_and_its_barge_in() -> None:
    spoken = tuple(Prompt(f"names/doctor-number-{number:04}") for number in range(200))
    script = Script("200 result=0 Gosub complete", "200 result=1 (TIMEOUT:)", "200 result=0 Gosub complete", "200 result=1 (OK:3)")
    assert await channel(script).perform(Gather(spoken)) == Keys("3")
    asked = [verb.split('"')[1] for verb in script.verbs if verb.startswith("GOSUB")]
    assert [one.split(",", 2)[2] for one in asked] == ["0.1,3,", "0.1,3,"]
    assert all(len(verb) < 2000 for verb in script.verbs)
    assert "&".join(one.split(",")[0] for one in asked).startswith("&".join(one.id for one in spoken[:120]))


async def test_what_was_answered_while_nobody_listened_is_found(tmp_path: Path) -> None:
    made = channel(Script("200 result=1 (12:OK:5)"), tmp_path)
    assert await made.left_behind("12", Gather(AB)) == Keys("5")
    assert await channel(Script("200 result=1 (11:OK:5)")).left_behind("12", Gather(AB)) is None
    assert await channel(Script("200 result=0")).left_behind("12", Gather(AB)) is None
    assert await made.left_behind("3", RecordMessage("complaint")) is None
    (tmp_path / "recordings/messages").mkdir(parents=True)
    _write(tmp_path / "recordings/messages/node1-1.1-3.wav", 30.0)
    assert await made.left_behind("3", RecordMessage("complaint")) is None
    _write(tmp_path / "recordings/messages/node1-1.1-3.wav", 3.0, b"\x00\x20")
    heard = await made.left_behind("3", RecordMessage("complaint"))
    assert isinstance(heard, Recorded)
    assert (heard.message_id, heard.duration_s) == ("node1-1.1-3", 3.0)


async def test_language_is_set_and_remembered() -> None:
    script = Script("200 result=1")
    made = channel(script)
    assert made.language == "zh"
    await made.perform(SetLanguage("en"))
    assert made.language == "en"
    assert script.verbs == ['SET VARIABLE CHANNEL(language) "en"']
    with pytest.raises(UnsafeArgument):
        await made.perform(SetLanguage("en/../x"))


async def test_the_done_mark_is_the_last_verb() -> None:
    script = Script()
    await channel(script).hand_over("queue", {"CC_QUEUE": "service_desk", "CC_PRIORITY": "5"})
    assert script.verbs == [f'SET VARIABLE {pair}' for pair in ('CC_QUEUE "service_desk"', 'CC_PRIORITY "5"', 'CC_DONE "queue"')]
    with pytest.raises(UnsafeArgument):
        await channel(script).hand_over("from-trunk", {})


def _write(path: Path, seconds: float, sample: bytes = b"\0\0") -> None:
    path.write_bytes(b"\0" * 44 + sample * int(seconds * 8000))


class Recording(Script):
    """Writes a file of so many seconds where RECORD FILE says."""

    def __init__(self, seconds: float, *answers: str) -> None:
        super().__init__(*answers)
        self.seconds = seconds

    async def command(self, verb: str, timeout_s: float) -> AgiReply:
        if verb.startswith("RECORD FILE"):
            _write(Path(verb.split('"')[1] + ".wav"), self.seconds)
        return await super().command(verb, timeout_s)


@pytest.mark.parametrize(
    ("seconds", "answer", "kept_s"),
    [
        (12.0, f"200 result={ord('#')} (dtmf) endpos=96000", 12.0),
        (12.0, "200 result=0 (timeout) endpos=96000", 12.0),
        (12.0, "HANGUP", 12.0),
        (5.2, "200 result=0 (timeout) endpos=41600", 0.0),
        (0.4, f"200 result={ord('#')} (dtmf) endpos=3200", 0.0),
        (20.0, "200 result=0 (timeout) endpos=160000", 20.0),
    ],
)
async def test_a_message_is_kept_when_something_was_said(tmp_path: Path, seconds: float, answer: str, kept_s: float) -> None:
    script = Recording(seconds, answer)
    heard = await channel(script, tmp_path).perform(RecordMessage("complaint", 20, 5))
    assert isinstance(heard, Recorded)
    assert heard.duration_s == kept_s
    kept = [f"messages/{path.name}" for path in (tmp_path / "recordings/messages").iterdir()]
    assert kept == ([heard.file] if kept_s else [])


async def test_who_hangs_up_without_a_word_left_no_message(tmp_path: Path) -> None:
    with pytest.raises(CallerHungUp):
        await channel(Recording(0.2, "HANGUP"), tmp_path).perform(RecordMessage("complaint"))
    assert list((tmp_path / "recordings/messages").iterdir()) == []


ATTACKS = ['a"b', "a\nHANGUP", "a\r", "a\0", "${SHELL(touch /tmp/canary)}", "$[1+1]", "a\\", "\u2028", "a\x1b"]


@pytest.mark.parametrize("value", ATTACKS)
async def test_attacks_are_refused_before_a_verb_is_sent(value: str) -> None:
    script = Script()
    for asked in (
        channel(script).hand_over("queue", {"CC_QUEUE": value}),
        channel(script).hand_over("queue", {value: "x"}),
        channel(script).perform(Say((Prompt(value),))),
        channel(script).perform(Gather((Prompt(value),))),
    ):
        with pytest.raises(UnsafeArgument):
            await asked
    assert script.verbs == []


@pytest.mark.parametrize("value", ["../../etc/passwd", "/etc/passwd", "a&b", "a,b", "a|b", "a b", "", "http://x", "a" * 200])
def test_what_is_no_sound_file(value: str) -> None:
    with pytest.raises(UnsafeArgument):
        file_id(value)


@example_settings(max_examples=1000)
@given(st.text(st.characters() | st.sampled_from('\r\n\0"\\${}[](),&#|'), max_size=30))
def test_whatever_passes_is_one_argument_of_one_line(text: str) -> None:
    for check in (quoted, file_id, variable_name, lambda value: chunks([value])[0]):
        try:
            passed = check(text)
        except UnsafeArgument:
            continue
        assert len(passed.splitlines()) == 1
        assert not {"${", "$["} & {passed[place : place + 2] for place in range(len(passed))}
        assert passed.strip('"') == text.strip('"')
        assert passed.count('"') in (0, 2)
