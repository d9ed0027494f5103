"""The agents' driver: what the bus and Asterisk get to see."""

from __future__ import annotations

import pytest

from callcenter import events as ev
from callcenter.errors import CommandRefused
from callcenter.settings import Desk
from tests.unit.desk.world import CALL, OTHER_CALL, World

pytestmark = pytest.mark.unit


async def available(*agent_ids: int, desk: Desk | None = None) -> World:
    world = World(desk)
    for agent_id in agent_ids or (1,):
        world.agents.request(agent_id, "available")
    await world.told()
    return world


async def test_signing_in_joins_the_queues_and_signing_out_leaves_them():
    world = await available(1)
    assert world.asterisk.queues_of(1) == {"service_desk", "outpatient"}
    assert world.asterisk.members["outpatient", "PJSIP/agent-1"] == "1"
    assert world.asterisk.states["Custom:agent-1"] == "NOT_INUSE"
    world.agents.sign_out(1)
    await world.told()
    assert world.asterisk.queues_of(1) == set()
    assert world.asterisk.states["Custom:agent-1"] == "UNAVAILABLE"


async def test_device_state_is_busy_from_the_ring_to_the_end_of_wrap_up():
    world = await available(1)
    seen = []
    for fact in (world.arrived(), world.joined(), world.ringing(), world.connected(), world.disconnected()):
        await world.happen(fact)
        await world.told()
        seen.append(world.asterisk.states["Custom:agent-1"])
    assert seen == ["NOT_INUSE", "NOT_INUSE", "INUSE", "INUSE", "INUSE"]
    world.clock.advance(30)
    await world.agents.expire()
    await world.told()
    assert world.asterisk.states["Custom:agent-1"] == "NOT_INUSE"
    assert world.moves(1) == ["available", "ringing", "talking", "wrap_up", "available"]


async def test_every_state_event_names_the_call_and_when_wrap_up_ends():
    world = await available(1)
    await world.happen(world.arrived(), world.ringing(), world.connected(), world.disconnected())
    last = [one for one in world.published if isinstance(one, ev.AgentStateChanged)][-1]
    assert (last.state, last.linkedid, last.previous) == ("wrap_up", CALL, "talking")
    assert last.until is not None and (last.until - last.at).total_seconds() == 30


async def test_an_agent_who_does_not_answer_is_not_rung_again_unless_the_hospital_wants_it():
    world = await available(1)
    await world.happen(world.arrived(), world.ringing(), world.ring_ended())
    assert world.agents.get(1).reason == "no_answer"
    other = await available(1, desk=Desk(ring_no_answer="available"))
    await other.happen(other.arrived(), other.ringing(), other.ring_ended())
    assert other.agents.get(1).state == "available"


async def test_what_could_not_be_told_is_told_after_the_link_is_back():
    world = await available(1)
    world.asterisk.away = True
    world.agents.request(1, "paused", "meal")
    await world.told()
    assert world.asterisk.states["Custom:agent-1"] == "NOT_INUSE"
    world.asterisk.away = False
    await world.agents.asterisk_up({})
    await world.told()
    assert world.asterisk.states["Custom:agent-1"] == "UNAVAILABLE"


async def test_a_list_of_members_that_asterisk_refuses_is_asked_for_again():
    world = await available()
    world.asterisk.refuse, world.asterisk.members = {"QueueStatus"}, {}
    world.agents.members.resync([1])
    await world.told()
    assert world.asterisk.members == {}
    world.asterisk.refuse = set()
    world.agents.request(1, "paused", "meal")
    await world.told()
    assert world.asterisk.queues_of(1)


async def test_after_a_restart_of_asterisk_members_and_states_are_set_again():
    world = await available(1, 2)
    world.asterisk.members.clear()
    world.asterisk.states.clear()
    world.asterisk.phones = {"PJSIP/agent-1": "NOT_INUSE"}
    await world.agents.asterisk_up({})
    await world.told()
    assert world.asterisk.queues_of(1) == {"service_desk", "outpatient"}
    assert world.asterisk.states == {
        "Custom:agent-1": "NOT_INUSE",
        "Custom:agent-2": "UNAVAILABLE",
        "Custom:agent-3": "UNAVAILABLE",
    }


async def test_an_agent_without_a_phone_is_never_free_and_goes_on_a_break():
    world = World()
    await world.agents.asterisk_up({})
    world.agents.request(1, "available")
    await world.told()
    assert world.asterisk.states["Custom:agent-1"] == "UNAVAILABLE"
    world.agents.phone_registered(1, True)
    await world.told()
    assert world.asterisk.states["Custom:agent-1"] == "NOT_INUSE"
    world.agents.request(2, "available")
    world.clock.advance(10)
    await world.agents.expire()
    assert (world.agents.get(1).state, world.agents.get(2).reason) == ("available", "connection_lost")


async def test_a_phone_that_registers_while_asterisk_is_asked_stays_registered():
    world = World()
    world.agents.request(1, "available")
    ask = world.asterisk.collect

    async def slowly(action: str, end_event: str, **headers: object):
        found = await ask(action, end_event, **headers)
        if action == "DeviceStateList":
            world.agents.phone_registered(1, True)
        return found

    world.asterisk.collect = slowly
    await world.agents.asterisk_up({})
    assert world.agents.get(1).registered is True


async def test_an_agent_is_not_taken_out_for_a_phone_that_the_first_list_did_not_have_yet():
    """Right after a start Asterisk's list may be older than the registration it has just taken."""
    world = World()
    world.agents.request(1, "available")
    await world.agents.asterisk_up({})
    await world.told()
    assert world.asterisk.states["Custom:agent-1"] == "UNAVAILABLE"
    world.asterisk.phones["PJSIP/agent-1"] = "NOT_INUSE"
    world.clock.advance(10)
    await world.agents.expire()
    await world.told()
    assert world.agents.get(1).state == "available"
    assert world.asterisk.states["Custom:agent-1"] == "NOT_INUSE"


async def test_members_nobody_wants_any_more_are_removed_at_the_resync():
    world = await available(1)
    world.asterisk.members["service_desk", "PJSIP/agent-3"] = "0"
    world.asterisk.members["service_desk", "PJSIP/agent-77"] = "0"
    await world.agents.asterisk_up({})
    await world.told()
    assert {member for _, member in world.asterisk.members} == {"PJSIP/agent-1"}


async def test_a_conversation_that_ended_while_we_were_away_leads_to_wrap_up():
    world = await available(1)
    await world.happen(world.arrived(), world.ringing(), world.connected())
    await world.agents.asterisk_up({})
    assert world.agents.get(1).state == "wrap_up"


async def test_a_new_controller_takes_over_a_running_conversation():
    old = await available(1)
    await old.happen(old.arrived(), old.ringing(), old.connected())
    states = [one for one in old.published if isinstance(one, ev.AgentStateChanged)][-1:]
    fresh = World()
    fresh.agents.at_start(states)
    fresh.calls.at_start(old.calls.live.values())
    await fresh.agents.asterisk_up(fresh.calls.live)
    assert fresh.agents.get(1).state == "talking"
    await fresh.happen(fresh.disconnected())
    assert fresh.agents.get(1).state == "wrap_up"


async def test_a_conversation_the_journal_did_not_know_is_adopted():
    world = World()
    await world.happen(world.arrived(), world.connected())
    world.agents.board.restore([])
    fresh = World()
    await fresh.agents.asterisk_up(world.calls.live)
    assert (fresh.agents.get(1).state, fresh.agents.get(1).linkedid) == ("talking", CALL)


async def test_a_refused_member_does_not_stop_the_others():
    world = World()
    world.asterisk.refuse.add("QueueAdd")
    world.agents.request(1, "available")
    await world.told()
    world.asterisk.refuse.clear()
    world.agents.request(2, "available")
    await world.told()
    assert world.asterisk.queues_of(2) == {"service_desk"}


async def test_a_second_offer_is_noticed_and_the_busy_state_told_again():
    world = await available(1)
    await world.happen(world.arrived(), world.arrived(OTHER_CALL), world.ringing(), world.connected(), world.ringing(linkedid=OTHER_CALL))
    await world.told()
    assert world.agents.get(1).linkedid == CALL
    assert world.asterisk.states["Custom:agent-1"] == "INUSE"


async def test_changed_penalties_and_queues_reach_asterisk():
    world = await available(1)
    profile = world.directory.all_agents[1]
    world.directory.all_agents[1] = type(profile)(1, profile.username, profile.name, {"outpatient": 5})
    world.agents.directory_changed()
    await world.told()
    assert world.asterisk.queues_of(1) == {"outpatient"}
    assert world.asterisk.members["outpatient", "PJSIP/agent-1"] == "5"


async def test_already_there_and_not_there_are_what_was_wanted():
    world = World()
    world.asterisk.members["service_desk", "PJSIP/agent-2"] = "0"
    world.agents.request(2, "available")
    await world.told()
    world.asterisk.members.clear()
    world.agents.sign_out(2)
    await world.told()
    with pytest.raises(CommandRefused):
        await world.asterisk.send("QueueRemove", Queue="service_desk", Interface="PJSIP/agent-2")


async def test_a_transfer_that_failed_frees_only_who_was_reserved_for_it():
    world = await available(1, 2)
    await world.happen(world.arrived(), world.ringing(), world.connected())
    assert world.agents.reserve(2, CALL)
    world.agents.transfer_failed(CALL)
    assert (world.agents.get(1).state, world.agents.get(2).state) == ("talking", "available")


@pytest.mark.parametrize("set_back_s", [3600.0, -3600.0])
async def test_wrap_up_lasts_as_long_as_it_should_when_the_clock_is_set(set_back_s: float):
    world = await available()
    await world.happen(world.arrived(), world.joined(), world.ringing(), world.connected(), world.disconnected())
    agent = world.agents.get(1)
    lasts_s = (agent.until - agent.since).total_seconds() if agent.until else 0.0
    world.clock.advance(10)
    world.clock.set_back(set_back_s)
    await world.agents.expire()
    assert world.agents.get(1).state == "wrap_up"
    assert (world.clock.now() - world.agents.get(1).since).total_seconds() == 10
    world.clock.advance(lasts_s - 11)
    await world.agents.expire()
    assert world.agents.get(1).state == "wrap_up"
    world.clock.advance(2)
    await world.agents.expire()
    assert world.agents.get(1).state == "available"


async def test_what_happens_right_after_the_clock_was_set_is_timed_by_it():
    world = await available()
    await world.happen(world.arrived(), world.joined(), world.ringing(), world.connected())
    world.clock.set_back(3600)
    await world.happen(world.disconnected())
    world.clock.advance(61)
    await world.agents.expire()
    assert world.agents.get(1).state == "available"
