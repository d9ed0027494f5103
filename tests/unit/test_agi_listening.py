"""A menu that also listens: which verbs it is, and that without a recogniser it is exactly the plain menu."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from callcenter.commands import Answer, Found, Gather, Heard, Keys, Prompt, Said
from callcenter.cti.agi_channel import AgiChannel
from callcenter.cti.agi_protocol import AgiRequest
from callcenter.errors import CallerHungUp, UnsafeArgument
from callcenter.settings import Settings
from tests.unit.test_agi_channel import Script, as_they_stand

pytestmark = pytest.mark.unit
ANSWERS = (Answer("1", ("心内科",)),)
ASKED = Gather((Prompt("a"), Prompt("b")), 1, 6, 3, ANSWERS)
LISTEN = 'GOSUB cc-listen s 1 "a&b,1,6,3,7,abc123,13.7"'
MENU = 'GOSUB cc-menu s 1 "a&b,1,6,3,7"'
RETURNED = "GET VARIABLE GOSUB_RETVAL"


def channel(script: Script, ticket: str = "abc123") -> AgiChannel:
    async def listen(answers: Sequence[Answer], language: str) -> str:
        assert (answers, language) == (ANSWERS, "zh")
        return ticket

    request = AgiRequest("call", (), {"agi_language": "zh", "agi_uniqueid": "node1-1.1"})
    made = AgiChannel(request, script, Settings(home=Path("/x")), as_they_stand, listen)  # type: ignore[arg-type]
    made.mark("7")
    return made


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        ("said:新内课", Said("新内课")),
        ("said:", Said("")),
        ("said:a:b", Said("a:b")),
        ("dtmf:5", Keys("5")),
        ("dtmf:#", Keys("#")),
        ("silent:", Keys("", timed_out=True)),
    ],
)
async def test_words_keys_and_silence(answer: str, heard: Heard) -> None:
    script = Script("200 result=0 Gosub complete", f"200 result=1 ({answer})")
    assert await channel(script).perform(ASKED) == heard
    assert script.verbs == [LISTEN, RETURNED]


@pytest.mark.parametrize("answer", ["deaf:", "busy:", "", ":"])
async def test_a_recogniser_that_fails_leads_to_the_plain_menu(answer: str) -> None:
    script = Script("200 result=0 Gosub complete", f"200 result=1 ({answer})", "200 result=0 Gosub complete", "200 result=1 (OK:5)")
    assert await channel(script).perform(ASKED) == Keys("5")
    assert script.verbs == [LISTEN, RETURNED, MENU, RETURNED]


async def test_without_a_ticket_it_is_the_plain_menu() -> None:
    script = Script("200 result=0 Gosub complete", "200 result=1 (OK:5)")
    assert await channel(script, "").perform(ASKED) == Keys("5")
    assert script.verbs == [MENU, RETURNED]


async def test_he_is_invited_to_speak_only_where_somebody_listens() -> None:
    inviting = Gather((Prompt("a"), Prompt("say_it", if_listening=True), Prompt("b")), 1, 6, 3, ANSWERS)
    script = Script("200 result=0 Gosub complete", "200 result=1 (deaf:)", "200 result=0 Gosub complete", "200 result=1 (OK:5)")
    assert await channel(script).perform(inviting) == Keys("5")
    assert script.verbs == [LISTEN.replace("a&b", "a&say_it&b"), RETURNED, MENU, RETURNED]
    script = Script("200 result=0 Gosub complete", "200 result=1 (OK:5)")
    assert await channel(script, "").perform(inviting) == Keys("5")
    assert script.verbs == [MENU, RETURNED]


async def test_what_needs_a_voice_is_unavailable_without_one_and_silent_about_it() -> None:
    needs = Gather(ASKED.spoken, 1, 6, 3, ANSWERS, needs_voice=True)
    script = Script()
    assert await channel(script, "").perform(needs) == Found("unavailable")
    assert script.verbs == []
    script = Script("200 result=0 Gosub complete", "200 result=1 (deaf:)")
    assert await channel(script).perform(needs) == Found("unavailable")


async def test_a_hang_up_while_listening_is_one() -> None:
    with pytest.raises(CallerHungUp):
        await channel(Script("200 result=0 Gosub complete (abnormal exit)", "HANGUP")).perform(ASKED)


@pytest.mark.parametrize("ticket", ["a b", '"', "${X}", "x" * 40])
async def test_a_ticket_that_is_none_never_reaches_the_dialplan(ticket: str) -> None:
    script: Any = Script()
    with pytest.raises(UnsafeArgument):
        await channel(script, ticket).perform(ASKED)
    assert script.verbs == []


async def test_words_that_were_said_to_a_dead_controller_are_found() -> None:
    made = channel(Script("200 result=1 (12:said:心内科)"))
    assert await made.left_behind("12", ASKED) == Said("心内科")
    assert await channel(Script("200 result=1 (12:deaf:)")).left_behind("12", ASKED) is None
    assert await channel(Script("200 result=1 (11:said:心内科)")).left_behind("12", ASKED) is None
