"""Calls, screen-pop, desk and board as their readers see them."""

from __future__ import annotations

import asyncio
from zoneinfo import ZoneInfo

import pytest

from callcenter import events as ev
from callcenter.call import fold
from callcenter.cti.desk_view import DeskView
from callcenter.cti.screen_pop import PopNames, ScreenPop
from callcenter.cti.supervision import Supervision
from callcenter.ports import PersonCard
from tests.fakes.waiting import until
from tests.unit.desk.world import CALL, OTHER_CALL, MemoryCallers, World

pytestmark = pytest.mark.unit

ZHANG = PersonCard(7, "张伟", "male", 62)


class Desk(World):
    """A world with everything that reads it."""

    def __init__(self) -> None:
        super().__init__()
        self.callers = MemoryCallers({"+8613900000001": (ZHANG,)})
        names = PopNames(self.agents.name)
        self.pop = ScreenPop(self.callers, self.directory, self.calls, names, 1.0)
        self.supervision = Supervision(self.calls, self.agents, self.directory, ZoneInfo("Asia/Shanghai"), self.clock)
        self.view = DeskView(self.agents, self.pop, self.supervision)
        self.pop.subscribe(self.bus)
        self.supervision.subscribe(self.bus)

    async def looked_up(self) -> None:
        worker = asyncio.create_task(self.pop.run(), name="test:screen-pop")
        try:
            await until(lambda: not self.pop._asked)
        finally:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)


async def test_a_late_event_of_an_ended_call_opens_no_ghost():
    world = World()
    await world.happen(world.arrived(), world.ended(), world.disconnected())
    await world.happen(ev.NodeEntered(at=world.clock.now(), linkedid=OTHER_CALL, flow="f", version=1, node="n"))
    assert dict(world.calls.live) == {}
    assert world.calls.get(CALL) is not None and world.calls.get(OTHER_CALL) is None


async def test_the_person_is_known_before_the_ring_and_asked_for_once():
    desk = Desk()
    desk.agents.request(1, "available")
    await desk.happen(desk.arrived(), desk.joined())
    await desk.looked_up()
    await desk.happen(desk.ringing())
    view = desk.view.agent(1)
    assert view["state"]["state"] == "ringing"
    assert (view["call"]["phase"], view["call"]["people"][0]["name"], view["call"]["queue_title_zh"]) == ("ringing", "张伟", "综合服务台")
    assert desk.callers.asked == ["+8613900000001"]


async def test_a_slow_directory_does_not_hold_up_the_pop_and_fills_it_later():
    desk = Desk()
    desk.callers.gate = asyncio.Event()
    told: list[str] = []
    desk.pop.watch(told.append)
    desk.agents.request(1, "available")
    await desk.happen(desk.arrived(), desk.joined(), desk.ringing())
    assert desk.view.agent(1)["call"]["people"] == []
    desk.callers.gate.set()
    await desk.looked_up()
    assert told == [CALL]
    assert desk.view.agent(1)["call"]["people"][0]["id"] == 7


async def test_a_new_controller_asks_again_who_the_running_calls_are():
    desk = Desk()
    await desk.happen(desk.arrived(), desk.ringing(), desk.connected())
    fresh = Desk()
    fresh.calls.at_start(desk.calls.live.values())
    await fresh.agents.asterisk_up(fresh.calls.live)
    assert fresh.view.agent(1)["call"]["people"] == []
    await fresh.looked_up()
    assert fresh.view.agent(1)["call"]["people"][0]["name"] == "张伟"


async def test_the_call_moves_to_wrap_up_on_the_desk_and_takes_late_choices():
    desk = Desk()
    desk.agents.request(1, "available")
    await desk.happen(desk.arrived(), desk.joined(), desk.ringing(), desk.connected(), desk.left_queue(), desk.ended(), desk.disconnected())
    await desk.happen(ev.PatientChosen(at=desk.clock.now(), linkedid=CALL, patient_id=7, how="agent", agent_id=1))
    view = desk.view.agent(1)
    assert view["call"] is None
    assert (view["wrap_up"]["phase"], view["wrap_up"]["patient_id"], view["wrap_up"]["waited_s"]) == ("wrap_up", 7, 4.0)


async def test_hold_and_transfer_are_seen():
    desk = Desk()
    for agent_id in (1, 2):
        desk.agents.request(agent_id, "available")
    await desk.happen(desk.arrived(), desk.joined(), desk.ringing(), desk.connected())
    await desk.happen(ev.CallHeld(at=desk.clock.now(), linkedid=CALL, agent_id=1))
    assert desk.view.agent(1)["call"]["phase"] == "held"
    await desk.happen(ev.CallTransferred(at=desk.clock.now(), linkedid=CALL, agent_id=1, target_kind="agent", target="2"))
    await desk.happen(desk.disconnected(), desk.ringing(2, queue=""))
    assert desk.view.agent(2)["call"]["transferred_from"] == "张护士"
    assert desk.view.agent(1)["wrap_up"]["transferred_from"] is None


async def test_the_board_counts_waiting_and_today_like_the_fold_of_the_calls():
    desk = Desk()
    desk.agents.request(1, "available")
    await desk.happen(desk.arrived(), desk.joined(), desk.arrived(OTHER_CALL), desk.joined(OTHER_CALL))
    assert desk.supervision.board()["queues"]["service_desk"]["waiting"] == 2
    await desk.happen(desk.ringing(), desk.connected(), desk.left_queue(wait_s=5))
    desk.clock.advance(60)
    await desk.happen(desk.ended(OTHER_CALL), desk.disconnected(), desk.ended())
    board = desk.supervision.board()
    assert board["queues"]["service_desk"]["today"] == {"offered": 2, "answered": 1, "abandoned": 1, "answered_in_level": 1}
    assert board["today"] == {"calls": 2, "answered": 1, "abandoned": 1, "self_served": 0, "messages": 0, "in_ivr": 0}
    assert board["agents"]["1"]["today"] == {"answered": 1, "talk_s": 60}
    assert board["calls"] == {} and board["queues"]["service_desk"]["wrap_up"] == 1
    again = Desk()
    stored = [[one for one in desk.published if isinstance(one, ev.CallEvent) and one.linkedid == linkedid] for linkedid in (CALL, OTHER_CALL)]
    again.supervision.at_start(fold(one) for one in stored)
    again.supervision.at_start(fold(one) for one in stored)
    assert again.supervision.board()["today"] == board["today"]
    assert again.supervision.board()["queues"]["service_desk"]["today"] == board["queues"]["service_desk"]["today"]


async def test_an_answer_after_the_level_is_not_in_it():
    desk = Desk()
    await desk.happen(desk.arrived(), desk.joined(), desk.ringing(), desk.connected(), desk.left_queue(wait_s=21))
    assert desk.supervision.board()["queues"]["service_desk"]["today"]["answered_in_level"] == 0


async def test_figures_begin_anew_at_local_midnight():
    desk = Desk()
    await desk.happen(desk.arrived(), desk.ended())
    assert desk.supervision.board()["today"]["calls"] == 1
    desk.clock.advance(12 * 3600)
    assert desk.supervision.board()["today"]["calls"] == 0
