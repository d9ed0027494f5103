"""The dialplan with a scripted controller: what a caller lives through when the controller answers, is cut off, stays away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio

from callcenter.box import g711, sipp
from tests.support.bare_pbx import AgiCall, BarePbx, bare_pbx, hears, scripted_controller
from tests.support.endpoints import push_phone
from tests.support.instances import free_offset, open_home
from tests.support.phone import Phone
from tests.support.waiting import until

pytestmark = [pytest.mark.telephony, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_pbx() -> AsyncIterator[BarePbx]:
    with free_offset() as offset, open_home("bare") as home:
        async with bare_pbx(home, offset) as running:
            yield running


@pytest_asyncio.fixture(loop_scope="module")
async def pbx(shared_pbx: BarePbx) -> AsyncIterator[BarePbx]:
    """The shared Asterisk; afterwards no channel, no waiting caller and no member may be left."""
    yield shared_pbx
    await until(lambda: _is_empty(shared_pbx), 10, "channels and queue entries gone after the test")


async def _is_empty(pbx: BarePbx) -> bool:
    return not await pbx.witness.channels() and not await pbx.witness.waiting()


def one_caller(pbx: BarePbx, folder: Path, **options: object) -> sipp.Group:
    return sipp.Group(pbx.settings, ["13900000001"], folder, **options)  # type: ignore[arg-type]


async def heard(group: sipp.Group, prompt: str, language: str = "zh", timeout_s: float = 10.0) -> None:
    """Returns when the caller has heard `prompt`."""
    await until(lambda: hears(group.callers[0].sound.heard(4.0), prompt, language), timeout_s, f"{prompt} {language}", every_s=0.1)


async def over(group: sipp.Group, timeout_s: float = 10.0) -> None:
    def look() -> bool:
        group.refresh()
        return group.callers[0].over

    await until(look, timeout_s, "the call is over")


async def hang_up_politely(call: AgiCall) -> None:
    await call.verb("STREAM FILE menu 1")
    await call.set(CC_DONE="hangup")


async def test_announcement_in_both_languages_then_the_controller_with_its_arguments(pbx: BarePbx, tmp_path: Path) -> None:
    async with scripted_controller(pbx.settings, hang_up_politely) as seen, one_caller(pbx, tmp_path) as group:
        await over(group)
        sound = group.callers[0].sound.heard()
    assert hears(sound, "recording_notice", "zh") and hears(sound, "recording_notice", "en") and hears(sound, "menu", "zh")
    assert group.callers[0].hung_up_by == "hotline"
    session, attempt, result, flow = seen[0]
    assert (attempt, result, flow) == ("1", "", "main_menu") and session.startswith("node1-")
    raw = pbx.settings.recordings_folder / "raw"
    sizes = {path.name: path.stat().st_size for path in raw.glob(f"{session}-*.wav")}
    assert set(sizes) == {f"{session}-rx.wav", f"{session}-tx.wav"} and len(set(sizes.values())) == 1


@pytest.mark.parametrize(("keys_by", "codec"), [("rfc4733", "alaw"), ("rfc4733", "ulaw"), ("info", "alaw"), ("inband", "alaw"), ("inband", "ulaw")])
async def test_a_key_arrives_however_it_is_sent(pbx: BarePbx, tmp_path: Path, keys_by: str, codec: str) -> None:
    digits: list[str] = []

    async def ask(call: AgiCall) -> None:
        digits.append(await call.verb("STREAM FILE menu 0123456789*#"))
        if "result=0" in digits[-1]:
            digits.append(await call.verb("WAIT FOR DIGIT 4000"))
        await call.set(CC_DONE="hangup")

    async with scripted_controller(pbx.settings, ask), one_caller(pbx, tmp_path, keys_by=keys_by, codec=codec) as group:
        await heard(group, "menu")
        group.press(group.callers[0], "7")
        await over(group)
    assert f"result={ord('7')}" in digits[-1]


async def test_controller_cut_off_is_entered_again_with_the_same_session(pbx: BarePbx, tmp_path: Path) -> None:
    async def cut_once(call: AgiCall) -> None:
        if call.arguments[1] == "1":
            await call.verb("STREAM FILE menu 1")
            call.cut()
        else:
            await hang_up_politely(call)

    async with scripted_controller(pbx.settings, cut_once) as seen, one_caller(pbx, tmp_path) as group:
        await over(group)
    assert [one[1] for one in seen] == ["1", "2"] and seen[0][0] == seen[1][0]
    assert group.callers[0].sound.largest_gap_s < 1.0


async def test_controller_that_comes_back_within_seconds_keeps_the_caller(pbx: BarePbx, tmp_path: Path) -> None:
    cut = asyncio.Event()

    async def cut_at_once(call: AgiCall) -> None:
        await call.verb("STREAM FILE menu 1")
        call.cut()
        cut.set()

    async with one_caller(pbx, tmp_path) as group:
        async with scripted_controller(pbx.settings, cut_at_once):
            await asyncio.wait_for(cut.wait(), 10)
        await heard(group, "one_moment")
        async with scripted_controller(pbx.settings, hang_up_politely) as seen:
            await over(group)
        assert seen and seen[0][1] == "2"
        assert not hears(group.callers[0].sound.heard(), "fallback_sorry")


async def test_controller_that_dies_each_time_ends_in_the_fallback(pbx: BarePbx, tmp_path: Path) -> None:
    async def cut(call: AgiCall) -> None:
        call.cut()

    async with scripted_controller(pbx.settings, cut) as seen, one_caller(pbx, tmp_path) as group:
        await heard(group, "fallback_sorry", timeout_s=15)
    assert [one[1] for one in seen] == ["1", "2", "3"]


async def test_cuts_with_long_service_between_them_are_not_in_a_row(pbx: BarePbx, tmp_path: Path) -> None:
    """A caller may listen for so long that several controllers are replaced under him."""
    connections: list[str] = []

    async def cut_after_a_while(call: AgiCall) -> None:
        connections.append(call.arguments[1])
        if len(connections) == 5:
            await hang_up_politely(call)
            return
        await call.verb("WAIT FOR DIGIT 2100")
        call.cut()

    await pbx.witness.send("Setvar", Variable="SERVED_LONG_S", Value="1")
    try:
        async with scripted_controller(pbx.settings, cut_after_a_while), one_caller(pbx, tmp_path) as group:
            await over(group, 30)
    finally:
        await pbx.witness.send("Setvar", Variable="SERVED_LONG_S", Value="10")
    assert connections == ["1", "2", "2", "2", "2"]
    assert not hears(group.callers[0].sound.heard(), "fallback_sorry")


async def test_no_controller_speaks_the_fallback_within_a_second_and_keeps_a_message(pbx: BarePbx, tmp_path: Path) -> None:
    mark = pbx.witness.mark()
    async with one_caller(pbx, tmp_path) as group:
        await heard(group, "recording_notice", "en")
        await heard(group, "fallback_sorry", timeout_s=1.0 + 0.6)
        caller = group.callers[0]
        group.press(caller, "1")
        await heard(group, "message_prompt", "en")
        caller.sound.say(g711.tone((440,), 3.0))
        await until(lambda: caller.sound.said_everything, 6)
        group.press(caller, "#")
        await heard(group, "fallback_thanks")
        await over(group)
    await pbx.witness.first(mark, "UserEvent", UserEvent="ServedByFallback")
    told = pbx.witness.since(mark, "UserEvent", UserEvent="ServedByFallback")
    uniqueid = told[0]["Uniqueid"]
    facts = json.loads((pbx.settings.fallback_folder / f"{uniqueid}.json").read_text())
    assert [one["Choice"] for one in told] == ["message"] and facts["choice"] == "message"
    assert facts["caller_number"] == "13900000001" and facts["dialled_number"] == "95120"
    assert (pbx.settings.fallback_folder / facts["wav"]).stat().st_size > 1.5 * g711.RATE * 2


async def test_caller_who_hangs_up_in_the_fallback_message_has_left_it(pbx: BarePbx, tmp_path: Path) -> None:
    mark = pbx.witness.mark()
    async with one_caller(pbx, tmp_path) as group:
        await heard(group, "fallback_sorry")
        caller = group.callers[0]
        group.press(caller, "1")
        await heard(group, "message_prompt", "en")
        caller.sound.say(g711.tone((440,), 3.0))
        await until(lambda: caller.sound.said_everything, 6)
        group.hang_up(caller)
        await over(group)
    uniqueid = (await pbx.witness.first(mark, "Hangup"))["Uniqueid"]
    told = pbx.settings.fallback_folder / f"{uniqueid}.json"
    await until(told.exists, 5, "the fallback script wrote its facts")
    assert json.loads(told.read_text())["choice"] == "message"


async def test_without_agents_the_queue_is_left_at_once_and_a_message_is_offered(pbx: BarePbx, tmp_path: Path) -> None:
    async with one_caller(pbx, tmp_path) as group:
        await heard(group, "fallback_menu", "en")
        await heard(group, "message_prompt", timeout_s=12)


def queue_then(results: list[str]) -> object:
    """A controller that sends the caller to the queue, and writes down how that ended."""

    async def handle(call: AgiCall) -> None:
        if call.arguments[2]:
            results.append(call.arguments[2])
            await call.set(CC_DONE="hangup")
        else:
            await call.set(CC_QUEUE="service_desk", CC_QUEUE_TIMEOUT="3", CC_LANGUAGE="zh", CC_DONE="queue")

    return handle


@pytest_asyncio.fixture(loop_scope="module")
async def agent(pbx: BarePbx) -> AsyncIterator[Phone]:
    """Agent 7 with a phone, free, a member of the queue."""
    phone = await Phone(tone_hz=1000).open()
    await push_phone(pbx.settings, pbx.secrets, 7, phone.contact)
    interface = {"Queue": "service_desk", "Interface": "PJSIP/agent-7"}
    await pbx.witness.send("Setvar", Variable="DEVICE_STATE(Custom:agent-7)", Value="NOT_INUSE")
    await pbx.witness.send("QueueAdd", StateInterface="Custom:agent-7", **interface)
    yield phone
    await pbx.witness.send("QueueRemove", **interface)
    phone.close()


async def test_queue_answered_and_the_call_comes_back(pbx: BarePbx, agent: Phone, tmp_path: Path) -> None:
    results: list[str] = []
    mark = pbx.witness.mark()
    async with scripted_controller(pbx.settings, queue_then(results)), one_caller(pbx, tmp_path) as group:  # type: ignore[arg-type]
        await until(lambda: agent.talking, 10, "agent talks")
        await until(lambda: g711.level_at(group.callers[0].sound.heard(0.5), 1000) > 0.1, 3, "caller hears the agent")
        agent.hang_up(agent.talking[0])
        await over(group)
    assert results == ["answered"]
    ended = pbx.witness.since(mark, "UserEvent", UserEvent="QueueEnded")
    assert [(one["Queue"], one["Result"]) for one in ended] == [("service_desk", "answered")]


async def test_agent_whose_line_dies_gets_his_patient_back(pbx: BarePbx, agent: Phone, tmp_path: Path) -> None:
    """As the controller brings him back: the patient's channel stays up, and what follows is the end of the second talk."""
    results: list[str] = []
    mark = pbx.witness.mark()
    await pbx.witness.send("Setvar", Variable="REJOIN_S", Value="20")
    async with scripted_controller(pbx.settings, queue_then(results)), one_caller(pbx, tmp_path) as group:  # type: ignore[arg-type]
        await until(lambda: agent.talking, 10, "agent talks")
        agent.vanish(agent.talking[0])
        held = await pbx.witness.first(mark, "UserEvent", 12, UserEvent="PatientHeld")
        agent.calls[0].state = "over"
        peer = {"Channel": "PJSIP/agent-7", "ChannelId": "ours-1", "Context": "lost", "Exten": "rejoin", "Priority": "1", "Async": "true"}
        variables = f"CC_PEER={held['Channel']},CC_TALK={held['Talk']}"
        await pbx.witness.send("Originate", Variable=variables, **peer)
        await until(lambda: agent.talking, 10, "agent talks again")
        await until(lambda: g711.level_at(group.callers[0].sound.heard(0.5), 1000) > 0.1, 3, "caller hears the agent again")
        assert results == []
        agent.hang_up(agent.talking[0])
        await over(group)
    assert results == ["answered"]
    rejoined = pbx.witness.since(mark, "UserEvent", UserEvent="Rejoined")
    assert [one["Leg"] for one in rejoined] == ["ours-1"]


async def test_agent_whose_line_dies_is_told_apart_from_one_who_hangs_up(pbx: BarePbx, agent: Phone, tmp_path: Path) -> None:
    results: list[str] = []
    await pbx.witness.send("Setvar", Variable="REJOIN_S", Value="1")
    async with scripted_controller(pbx.settings, queue_then(results)), one_caller(pbx, tmp_path) as group:  # type: ignore[arg-type]
        await until(lambda: agent.talking, 10, "agent talks")
        agent.vanish(agent.talking[0])
        await heard(group, "one_moment")
        await over(group, 15)
    assert results == ["agent_lost"]


async def test_queue_times_out_when_nobody_answers(pbx: BarePbx, agent: Phone, tmp_path: Path) -> None:
    results: list[str] = []
    agent.answer_after_s = None
    async with scripted_controller(pbx.settings, queue_then(results)), one_caller(pbx, tmp_path) as group:  # type: ignore[arg-type]
        await over(group, 15)
    assert results == ["timeout"] and agent.calls


async def test_unknown_queue_is_a_failure_and_not_the_end_of_the_call(pbx: BarePbx, tmp_path: Path) -> None:
    results: list[str] = []

    async def handle(call: AgiCall) -> None:
        results.append(call.arguments[2])
        await call.set(CC_QUEUE="no_such_queue", CC_DONE="hangup" if call.arguments[2] else "queue")

    async with scripted_controller(pbx.settings, handle), one_caller(pbx, tmp_path) as group:
        await over(group)
    assert results == ["", "failed"]


async def test_unknown_done_mark_goes_to_the_fallback(pbx: BarePbx, tmp_path: Path) -> None:
    async def handle(call: AgiCall) -> None:
        await call.set(CC_DONE="no_such_place")

    async with scripted_controller(pbx.settings, handle), one_caller(pbx, tmp_path) as group:
        await heard(group, "fallback_sorry")


async def send_on(pbx: BarePbx, mark: int, agent_id: int) -> None:
    """The agent who talks gives his patient away, as the product does it."""
    connected = await pbx.witness.first(mark, "AgentConnect")
    await pbx.witness.send("Setvar", Channel=connected["Channel"], Variable="CC_TARGET", Value=str(agent_id))
    await pbx.witness.send("BlindTransfer", Channel=connected["DestChannel"], Context="transfer", Exten="agent")


@pytest.mark.parametrize("missed_by", ["refusal", "silence"])
@pytest.mark.parametrize(("end", "result"), [("hangs up", "answered"), ("vanishes", "agent_lost")])
async def test_transfer_that_nobody_takes_comes_back_and_the_end_of_that_talk_is_told_rightly(
    pbx: BarePbx, agent: Phone, tmp_path: Path, missed_by: str, end: str, result: str
) -> None:
    other = await (Phone(refuse_with=486) if missed_by == "refusal" else Phone(answer_after_s=None)).open()
    await push_phone(pbx.settings, pbx.secrets, 8, other.contact)
    await pbx.witness.send("Setvar", Variable="TRANSFER_RING_S", Value="2")
    mark, results = pbx.witness.mark(), []
    try:
        async with scripted_controller(pbx.settings, queue_then(results)), one_caller(pbx, tmp_path) as group:  # type: ignore[arg-type]
            await until(lambda: agent.talking, 10, "agent talks")
            await send_on(pbx, mark, 8)
            await until(lambda: other.calls, 5, "the other agent rings")
            await until(lambda: len(agent.calls) == 2 and agent.calls[1].state == "talking", 15, "back at the first agent")
            if end == "vanishes":
                agent.vanish(agent.calls[1])
            else:
                agent.hang_up(agent.calls[1])
            await over(group, 15)
    finally:
        other.close()
    ended = pbx.witness.since(mark, "UserEvent", UserEvent="TransferEnded")
    assert [one["Result"] for one in ended] == ["transfer_failed"] and results == [result]


@pytest.mark.parametrize(
    ("ends", "told"), [(("vanishes", "hangs up"), ["agent_lost", "answered"]), (("hangs up", "vanishes"), ["answered", "agent_lost"])]
)
async def test_the_end_of_each_talk_is_told_of_itself_and_not_of_the_one_before(
    pbx: BarePbx, agent: Phone, tmp_path: Path, ends: tuple[str, str], told: list[str]
) -> None:
    results: list[str] = []

    async def queue_twice(call: AgiCall) -> None:
        results.extend(call.arguments[2:3] if call.arguments[2] else [])
        await call.set(CC_QUEUE="service_desk", CC_QUEUE_TIMEOUT="20", CC_LANGUAGE="zh", CC_DONE="hangup" if len(results) == 2 else "queue")

    async with scripted_controller(pbx.settings, queue_twice), one_caller(pbx, tmp_path) as group:
        for number, end in enumerate(ends):
            await until(lambda number=number: len(agent.calls) > number and agent.calls[number].state == "talking", 20, "agent talks")
            await until(lambda: g711.level_at(group.callers[0].sound.heard(0.5), 1000) > 0.1, 5, "caller hears the agent")
            (agent.vanish if end == "vanishes" else agent.hang_up)(agent.calls[number])
        await over(group, 20)
    assert results == told


@pytest.mark.parametrize("dialled", ["500&PJSIP", "00861234567", "agent-7", "s", "95121", "95120;phone-context=x", "95120,1"])
async def test_only_the_numbers_of_the_hospital_can_be_dialled(pbx: BarePbx, tmp_path: Path, dialled: str) -> None:
    mark = pbx.witness.mark()
    async with one_caller(pbx, tmp_path, dialled=dialled.replace(";", "%3B")) as group:
        await over(group)
        assert group.callers[0].refused in (404, 484)
    assert not pbx.witness.since(mark, "DialBegin")


@pytest.mark.parametrize("number", ["$(id)", "${SHELL(touch canary)}", "1390`touch canary`", "a&b", "1)}${EXTEN", '1","x"', "1\r\nX: y"])
async def test_caller_number_with_syntax_in_it_counts_as_withheld(pbx: BarePbx, tmp_path: Path, number: str) -> None:
    numbers: list[str] = []

    async def look(call: AgiCall) -> None:
        numbers.append(call.variables["agi_callerid"])
        await call.set(CC_DONE="hangup")

    async with scripted_controller(pbx.settings, look), sipp.Group(pbx.settings, [quote(number)], tmp_path) as group:
        await over(group)
    assert numbers == ["unknown"]
    assert not list(Path.cwd().glob("canary*")) and not list(pbx.settings.home.rglob("canary*"))
