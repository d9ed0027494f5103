"""A visit as its outside sees it: verbs on the channel, events told, checkpoints kept; and what is left of it when the process dies."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from callcenter import events as ev
from callcenter.commands import Command, Found, Gather, Heard, Keys, Recorded, Say, SetLanguage
from callcenter.errors import AsteriskUnavailable, CommandRefused
from callcenter.hotline.left_messages import LeftMessages
from callcenter.ivr.flow import FlowBook
from callcenter.ivr.loader import check_sources
from callcenter.ivr.shelf import FlowShelf
from callcenter.ports import PersonCard
from callcenter.session import CallSession, Visit
from callcenter.settings import Timeouts
from tests.unit.ivr.fakes import GONE, KILLED, MESSAGE, NO_MESSAGE, ScriptedChannel, World, known, spoken_ids

pytestmark = pytest.mark.unit
TO_QUEUE = {"CC_QUEUE": "service_desk", "CC_QUEUE_TIMEOUT": "240", "CC_PRIORITY": "0", "CC_POSITION": "", "CC_LANGUAGE": "zh"}


def nodes(world: World) -> list[str]:
    return [event.node for event in world.told.events if isinstance(event, ev.NodeEntered)]


async def test_a_caller_who_wants_an_agent_is_handed_to_the_queue() -> None:
    world = World()
    channel = await world.visit("1", "0")
    assert channel.handed_over == [("queue", TO_QUEUE)]
    assert nodes(world) == ["language", "hours", "choices", "desk_hours", "desk"]
    assert spoken_ids(channel.performed[-1]) == ["connecting"]
    assert world.checkpoint() is not None


async def test_the_visit_goes_on_with_the_result_of_the_queue() -> None:
    world = World()
    await world.visit("2", "0")
    channel = await world.visit("", result="answered")
    assert [spoken_ids(one) for one in channel.performed] == [["rate_ask"], ["goodbye"]]
    assert channel.handed_over == [("hangup", {})]
    assert world.checkpoint() is None
    assert not [one for one in world.told.events if isinstance(one, ev.SessionRecovered)]


async def test_a_lost_agent_puts_the_caller_first() -> None:
    world = World()
    await world.visit("1", "0")
    channel = await world.visit(result="agent_lost")
    assert channel.handed_over == [("queue", TO_QUEUE | {"CC_PRIORITY": "10", "CC_POSITION": "1"})]


async def test_digits_are_personal_and_exits_are_not() -> None:
    world = World()
    await world.visit("1", "1", "3")
    heard = [ev.as_record(one) for one in world.told.events if isinstance(one, ev.InputHeard)]
    path = [("language", "chosen"), ("hours", "open"), ("choices", "1"), ("topics", "3")]
    assert [(one["data"]["node"], one["data"]["exit"]) for one in heard] == path
    assert [one["pii"]["digits"] for one in heard] == ["1", "", "1", "3"]


# -- who calls -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ids", "chosen"), [((), []), ((7,), [7]), ((7, 8), [])])
async def test_the_caller_is_matched_by_number(ids: tuple[int, ...], chosen: list[int]) -> None:
    world = World()
    world.people.people = tuple(PersonCard(one, "someone") for one in ids)
    await world.visit("1")
    assert [one.patient_ids for one in world.told.events if isinstance(one, ev.CallerMatched)] == [ids]
    assert [(one.patient_id, one.how) for one in world.told.events if isinstance(one, ev.PatientChosen)] == [(one, "number") for one in chosen]


@pytest.mark.parametrize("trouble", ["away", "hangs"])
async def test_a_store_that_does_not_answer_delays_nobody(trouble: str) -> None:
    world = World()
    setattr(world.people, trouble, True)
    async with asyncio.timeout(1):
        channel = await world.visit("2", "0")
    assert channel.handed_over[0][0] == "queue"
    assert "caller_matched" not in world.told.kinds()


async def test_a_hidden_number_is_nobody() -> None:
    world = World()
    world.people.away = True
    await world.visit("1", number="")
    assert [one.patient_ids for one in world.told.events if isinstance(one, ev.CallerMatched)] == [()]
    assert world.people.kept == []


async def test_the_person_an_agent_chose_is_not_overruled_after_the_queue() -> None:
    world = World()
    world.people.away = True
    await world.visit("1", "0")
    world.people.away, world.people.people = False, (PersonCard(7, "someone"),)
    await world.visit("2", result="timeout")
    assert "patient_chosen" not in world.told.kinds()


async def test_a_chosen_language_is_told_and_remembered_once() -> None:
    world = World()
    await world.visit("2", "1", "*")
    assert [one.language for one in world.told.events if isinstance(one, ev.LanguageChosen)] == ["en"]
    assert world.people.kept == ["en"]


async def test_a_remembered_language_is_spoken_and_not_stored_again() -> None:
    world = World()
    world.people.language = "en"
    channel = await world.visit("0")
    assert channel.performed[0] == SetLanguage("en")
    assert world.people.kept == []
    assert channel.handed_over[0][1]["CC_LANGUAGE"] == "en"
    assert [one.language for one in world.told.events if isinstance(one, ev.LanguageChosen)] == ["en"]


# -- messages and lookups --------------------------------------------------------------------------------------------------------


async def test_a_message_is_told_with_its_purpose() -> None:
    world = World()
    await world.visit("1", "7", MESSAGE)
    told = [one for one in world.told.events if isinstance(one, ev.MessageRecorded)]
    assert [(one.message_id, one.purpose, one.file, one.duration_s) for one in told] == [("m1", "complaint", "messages/m1.wav", 7.5)]


async def test_a_caller_who_hangs_up_while_recording_has_left_the_message() -> None:
    world = World()
    await world.visit("1", "7", Recorded("m2", "messages/m2.wav", 3.0), GONE)
    assert "message_recorded" in world.told.kinds()
    assert world.checkpoint() is None


async def test_no_message_is_no_event() -> None:
    world = World()
    await world.visit("1", "7", NO_MESSAGE)
    assert "message_recorded" not in world.told.kinds()


@pytest.mark.parametrize(
    "wrong", [Found("found"), Found("found", {"items": []}), Found("found", {"items": [{"id": 3}]}), Found("perhaps"), Found("unavailable")]
)
async def test_a_wrong_answer_of_a_lookup_is_an_unavailable_one(wrong: Found) -> None:
    world = World()
    world.answers.answers["clinic_departments"] = wrong
    channel = await world.visit("1", "2")
    assert [spoken_ids(one)[0] for one in channel.performed if isinstance(one, Say | Gather)][-2:] == ["lookup_sorry", "main_menu"]


async def test_a_lookup_that_hangs_is_an_unavailable_one() -> None:
    world = World()

    async def never(*_: Any) -> Found:
        await asyncio.Event().wait()
        raise AssertionError

    world.answers.ask = never  # type: ignore[method-assign]
    channel = await world.visit("1", "2")
    assert ["lookup_sorry"] in [spoken_ids(one) for one in channel.performed]


async def test_a_caller_for_whom_a_lookup_takes_long_is_asked_to_wait_and_no_other() -> None:
    world, answered = World(), asyncio.Event()
    world.tools = replace(world.tools, timeouts=Timeouts(silence_s=0.01, store_s=60.0))
    at_once = world.answers.ask

    async def slow(*asked: Any) -> Found:
        await answered.wait()
        return await at_once(*asked)

    world.answers.ask = slow  # type: ignore[method-assign]

    class Listening(ScriptedChannel):
        async def perform(self, command: Command) -> Heard:
            if isinstance(command, Say) and spoken_ids(command) == ["one_moment"]:
                answered.set()
            return await super().perform(command)

    channel = Listening("1", "2")
    await CallSession(Visit("node1-1.1", 1, "", "main_menu", "", "95120", "node1-1.1"), channel, world.tools).run()
    spoken = [spoken_ids(one)[0] for one in channel.performed if isinstance(one, Say | Gather)]
    assert spoken.count("one_moment") == 1 and spoken[-1] == "expert_intro"
    assert "one_moment" not in [spoken_ids(one)[0] for one in (await World().visit("1", "2")).performed if isinstance(one, Say | Gather)]


# -- hang-up, faults, death --------------------------------------------------------------------------------------------------------


async def test_hang_up_is_an_outcome() -> None:
    world = World()
    channel = await world.visit("1", "1", GONE)
    assert channel.handed_over == []
    assert world.checkpoint() is None


@pytest.mark.parametrize("fault", [CommandRefused("cc-menu", "ERROR"), AsteriskUnavailable("no answer")])
async def test_a_fault_of_the_channel_sends_the_caller_to_the_queue(fault: Exception) -> None:
    world = World()
    channel = await world.visit("1", fault)
    assert channel.handed_over == [("queue", TO_QUEUE)]
    assert world.checkpoint() is None


async def test_an_unknown_flow_sends_the_caller_to_the_queue_and_then_to_an_end() -> None:
    world = World(flows=FlowShelf(FlowBook({})))
    assert (await world.visit()).handed_over == [("queue", TO_QUEUE)]
    assert (await world.visit(result="timeout")).handed_over == [("hangup", {})]


@pytest.mark.parametrize(
    "script",
    [
        ["2", "1", "3", "#", "", "*", "*", "2", "9", "2", "1", "2", "*", "*", "0"],
        ["1", "7", NO_MESSAGE, "1", MESSAGE, "1", "", "5", "0"],
        ["1", "", "", ""],
    ],
)
async def test_killed_at_any_step_the_caller_is_back_at_the_same_node(script: list[Any]) -> None:
    whole = World()
    expected = (await whole.visit(*script)).handed_over
    for cut in range(len(script) + 1):
        world = World()
        if cut == len(script):
            await world.visit(*script)
            continue
        with pytest.raises(asyncio.CancelledError):
            await world.visit(*script[:cut], KILLED)
        before = world.checkpoint()
        assert before is not None
        channel = await world.visit(*script[cut:], attempt=2)
        recovered = [one for one in world.told.events if isinstance(one, ev.SessionRecovered)]
        assert [(one.attempt, one.node) for one in recovered] == [(2, before["node"])]
        assert channel.handed_over == expected
        assert nodes(world) == nodes(whole)


async def test_killed_after_the_result_of_a_queue_was_taken_the_result_is_not_taken_again() -> None:
    world = World()
    await world.visit("1", "0")
    with pytest.raises(asyncio.CancelledError):
        await world.visit(KILLED, result="timeout")
    channel = await world.visit("2", result="timeout", attempt=2)
    assert spoken_ids(channel.performed[1]) == ["queue_offer"]
    assert [one.node for one in world.told.events if isinstance(one, ev.SessionRecovered)] == ["offer"]


async def test_killed_before_the_queue_took_over_the_caller_joins_it_again() -> None:
    world = World()

    class DiesAtTheMark(ScriptedChannel):
        async def hand_over(self, done: str, variables: Any) -> None:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        visit = Visit("node1-1.1", 1, "", "main_menu", "+8613900000001", "95120", "node1-1.1")
        await CallSession(visit, DiesAtTheMark("1", "0"), world.tools).run()
    channel = await world.visit(attempt=2)
    assert channel.handed_over == [("queue", TO_QUEUE)]
    assert spoken_ids(channel.performed[-1]) == ["connecting"]


async def test_a_caller_whom_the_fallback_queued_is_thanked_after_the_agent() -> None:
    world = World()
    channel = await world.visit("", result="answered")
    assert spoken_ids(channel.performed[-1]) == ["goodbye"]
    assert channel.handed_over == [("hangup", {})]


async def test_nothing_is_left_running() -> None:
    world = World()
    before = asyncio.all_tasks()
    await world.visit("2", "1", GONE)
    assert asyncio.all_tasks() == before


async def test_a_key_pressed_while_no_controller_listened_counts_and_is_not_asked_for_again() -> None:
    world = World()
    with pytest.raises(asyncio.CancelledError):
        await world.visit("1", KILLED)
    mark = str(world.checkpoint_state()["serial"])
    channel = await world.visit(attempt=2, left={mark: Keys("0")})
    assert channel.handed_over == [("queue", TO_QUEUE)]
    assert [one.node for one in world.told.events if isinstance(one, ev.SessionRecovered)] == ["choices"]
    assert not any(isinstance(one, Gather) for one in channel.performed)


async def test_an_answer_to_an_earlier_step_is_not_taken_for_this_one() -> None:
    world = World()
    with pytest.raises(asyncio.CancelledError):
        await world.visit("1", KILLED)
    earlier = str(world.checkpoint_state()["serial"] - 1)
    channel = await world.visit("0", attempt=2, left={earlier: Keys("1")})
    assert channel.handed_over == [("queue", TO_QUEUE)]
    assert any(isinstance(one, Gather) for one in channel.performed)


async def test_a_message_spoken_while_no_controller_listened_is_kept() -> None:
    world = World()
    with pytest.raises(asyncio.CancelledError):
        await world.visit("1", "7", KILLED)
    mark = str(world.checkpoint_state()["serial"])
    await world.visit(attempt=2, left={mark: Recorded("node1-1.1-4", "messages/node1-1.1-4.wav", 7.5)})
    told = [one for one in world.told.events if isinstance(one, ev.MessageRecorded)]
    assert [(one.message_id, one.duration_s, one.purpose) for one in told] == [("node1-1.1-4", 7.5, "complaint")]


@pytest.mark.parametrize(("script", "message_id"), [(("1", "7", KILLED), "node1-1.1-"), (("1", KILLED), "")])
async def test_a_message_is_kept_when_its_speaker_hung_up_while_no_controller_lived(script: tuple[Any, ...], message_id: str) -> None:
    world, told = World(), []
    with pytest.raises(asyncio.CancelledError):
        await world.visit(*script)
    left = LeftMessages(world.tools.flows, lambda session, mark: Recorded(f"{session}-{mark}", "messages/x.wav", 4.0), told.append, world.tools.clock)
    left.at_start({"node1-1.1": world.checkpoint_state()})
    gone = ev.CallEnded(at=world.tools.clock.now(), linkedid="node1-1.1", cause=16)
    await left.call_ended(gone)
    await left.call_ended(gone)
    assert [one.message_id[: len("node1-1.1-")] for one in told] == ([message_id] if message_id else [])


async def test_a_message_of_a_caller_who_came_back_is_told_by_his_session() -> None:
    world, told = World(), []
    with pytest.raises(asyncio.CancelledError):
        await world.visit("1", "7", KILLED)
    left = LeftMessages(world.tools.flows, lambda session, mark: Recorded(f"{session}-{mark}", "messages/x.wav", 4.0), told.append, world.tools.clock)
    left.at_start({"node1-1.1": world.checkpoint_state()})
    left.came_back("node1-1.1")
    await left.call_ended(ev.CallEnded(at=world.tools.clock.now(), linkedid="node1-1.1", cause=16))
    assert told == []


# -- actions, extensions, who calls, releases --------------------------------------------------------------------------------


def own_flow(**nodes: dict[str, Any]) -> FlowShelf:
    """A shelf with one main menu; nodes that lead nowhere end the call."""
    ends = {"bye": {"verb": "hang_up", "say": ["goodbye"]}, "sorry": {"verb": "hang_up", "say": ["not_valid"]}}
    source = {"flow": "main_menu", "start": next(iter(nodes)), "node": {**nodes, **ends}}
    checked = check_sources({"main_menu": source}, known(), release=7)
    assert checked.faults == ()
    return FlowShelf(checked.book)


ASKED_BACK = {"verb": "callback", "queue": "service_desk", "on": {"requested": "bye", "already": "sorry", "unavailable": "sorry"}}
RING = {"verb": "transfer", "to": "reception", "on": {"answered": "bye", "busy": "sorry", "no_answer": "sorry", "failed": "sorry"}}


async def test_an_action_is_ordered_under_the_key_of_its_entry() -> None:
    world = World(flows=own_flow(back=ASKED_BACK))
    channel = await world.visit()
    assert world.deeds.done == [("node1-1.1-1", "callback", {"queue": "service_desk"})]
    assert spoken_ids(channel.performed[-1]) == ["goodbye"]


async def test_a_successor_orders_an_action_under_the_same_key() -> None:
    world = World(flows=own_flow(ask={"verb": "say", "say": ["one_moment"], "on": {"done": "back"}}, back=ASKED_BACK))
    world.deeds.dies = True
    with pytest.raises(asyncio.CancelledError):
        await world.visit()
    world.deeds.dies = False
    await world.visit(attempt=2)
    assert [key for key, _, _ in world.deeds.done] == ["node1-1.1-2", "node1-1.1-2"]


@pytest.mark.parametrize("wrong", [Found("odd"), Found("unavailable"), None])
async def test_an_action_that_hangs_or_answers_wrongly_is_unavailable(wrong: Found | None) -> None:
    world = World(flows=own_flow(back=ASKED_BACK))
    world.deeds.hangs = wrong is None
    world.deeds.answers["callback"] = wrong or Found("unavailable")
    channel = await world.visit()
    assert spoken_ids(channel.performed[-1]) == ["not_valid"]


async def test_an_extension_is_rung_by_its_name_and_its_result_goes_on() -> None:
    world = World(flows=own_flow(ring=RING))
    channel = await world.visit()
    assert channel.handed_over == [("dial", {"CC_EXTENSION": "reception", "CC_LANGUAGE": "zh"})]
    channel = await world.visit(result="busy")
    assert spoken_ids(channel.performed[-1]) == ["not_valid"] and channel.handed_over == [("hangup", {})]


@pytest.mark.parametrize(("people", "said"), [(0, "not_valid"), (1, "goodbye"), (2, "one_moment")])
async def test_a_flow_may_ask_who_calls(people: int, said: str) -> None:
    branch = {"verb": "branch", "value": "$caller", "cases": {"one": "known", "many": "several"}}
    world = World(flows=own_flow(
        who=branch | {"on": {"one": "bye", "many": "talk", "otherwise": "sorry"}}, talk={"verb": "hang_up", "say": ["one_moment"]}
    ))  # fmt: skip
    world.people.people = tuple(PersonCard(number, "x") for number in range(people))
    channel = await world.visit()
    assert spoken_ids(channel.performed[-1]) == [said]


async def test_who_calls_is_nobody_while_the_store_is_away() -> None:
    branch = {"verb": "branch", "value": "$caller", "cases": {"one": "known"}, "on": {"one": "bye", "otherwise": "sorry"}}
    world = World(flows=own_flow(who=branch))
    world.people.hangs = True
    channel = await world.visit()
    assert spoken_ids(channel.performed[-1]) == ["not_valid"]


async def test_a_call_goes_on_in_the_release_it_came_in_with() -> None:
    menu = {"verb": "menu", "say": ["main_menu"], "on": {"1": "bye", "no_input": "again", "invalid": "again", "failed": "bye", "2": "sorry"}}
    shelf = own_flow(choices=menu)
    world = World(flows=shelf)
    with pytest.raises(asyncio.CancelledError):
        await world.visit(KILLED)
    assert world.checkpoint_state()["step"]["release"] == 7
    changed = check_sources({"main_menu": {"flow": "main_menu", "start": "bye", "node": {"bye": {"verb": "hang_up"}}}}, known(), release=8)
    shelf.put(changed.book, in_use={7})
    channel = await world.visit("2", attempt=2)
    assert spoken_ids(channel.performed[-1]) == ["not_valid"]
    assert (await world.visit()).performed == []
