"""A patient whose agent's line broke: held when nothing is heard any more, and given back when the agent's page returns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from callcenter import events as ev
from callcenter.cti.rejoin import Rejoin
from callcenter.errors import AsteriskUnavailable
from callcenter.settings import Desk
from tests.support.waiting import until
from tests.unit.desk.world import CALL, World

pytestmark = pytest.mark.unit


class Line:
    """AMI as it answers about one agent's leg. `sounding`: packets go on coming."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.sounding, self.away = False, False
        self._packets = 0

    async def send(self, action: str, **headers: Any) -> dict[str, str]:
        if self.away:
            raise AsteriskUnavailable("switched off by the test")
        self.sent.append((action, headers))
        self._packets += self.sounding
        return {"Response": "Success", "Value": str(self._packets)}

    async def collect(self, action: str, end_event: str, **headers: Any) -> list[dict[str, str]]:
        return []

    def asked(self, action: str) -> list[dict[str, Any]]:
        return [headers for name, headers in self.sent if name == action]


class Talk(World):
    """Agent 1 talks to a patient."""

    def __init__(self, rejoin_ring_s: float = 60.0) -> None:
        super().__init__()
        self.line, self.hung_up = Line(), False
        self.rejoin = Rejoin(
            self.calls, self.agents, self.line, self.tell, self.clock, Desk(silent_line_s=0.01, rejoin_ring_s=rejoin_ring_s)
        )
        self.rejoin.subscribe(self.bus)

    def tell(self, event: ev.CallEvent) -> bool:
        """As the translator does. `hung_up`: Asterisk has said that the patient is gone; the bus may still be on its way."""
        if not self.hung_up:
            self.bus.publish(event)
        return not self.hung_up

    async def begin(self) -> None:
        self.agents.request(1, "available")
        self.agents.phone_registered(1, True)
        await self.happen(self.arrived(), self.joined(), self.ringing(), self.left_queue(), self.connected())

    async def page_dies(self) -> None:
        self.agents.phone_registered(1, False)
        self.rejoin.phone_gone(1)
        await self.settles()

    async def page_returns(self) -> None:
        self.agents.phone_registered(1, True)
        self.rejoin.phone_back(1)
        await self.settles()

    async def settles(self) -> None:
        await until(lambda: not [task for task in self.rejoin._tasks if not task.get_name().startswith("rejoin:ring:")])
        await asyncio.sleep(0)
        await self.bus.settled()

    def rung(self) -> list[str]:
        return [str(order["ChannelId"]) for order in self.line.asked("Originate")]


@pytest.fixture
async def talk() -> AsyncIterator[Talk]:
    world = Talk()
    await world.begin()
    yield world
    await world.rejoin.stop()


async def test_a_page_that_dies_with_its_sound_leaves_the_patient_in_music_at_once(talk: Talk) -> None:
    await talk.page_dies()
    assert talk.line.asked("BlindTransfer") == [{"Channel": "PJSIP/agent-1-00000001", "Context": "lost", "Exten": "hold"}]


async def test_a_page_whose_websocket_breaks_while_the_sound_goes_on_changes_nothing(talk: Talk) -> None:
    talk.line.sounding = True
    await talk.page_dies()
    assert talk.line.asked("BlindTransfer") == []


@pytest.mark.parametrize("sounding", [False, True])
async def test_a_page_that_takes_the_place_of_a_dead_one_at_once_does_not_leave_the_patient_in_silence(talk: Talk, sounding: bool) -> None:
    """It registers before anybody missed the other: a reload, or a second tab. A page whose websocket alone was renewed talks on."""
    talk.line.sounding = sounding
    talk.agents.phone_registered(1, True)
    talk.rejoin.phone_back(1, another=True)
    await talk.settles()
    assert len(talk.line.asked("BlindTransfer")) == (0 if sounding else 1)
    talk.rejoin.phone_back(1)
    await talk.settles()
    assert len(talk.line.asked("BlindTransfer")) == (0 if sounding else 1)


async def test_the_page_comes_back_and_the_agent_is_rung_for_his_patient(talk: Talk) -> None:
    await talk.page_dies()
    await talk.happen(talk.disconnected())
    talk.rejoin.patient_held(CALL, "2")
    assert talk.rung() == [] and talk.agents.get(1).state == "wrap_up"
    await talk.page_returns()
    order = talk.line.asked("Originate")[0]
    assert (order["Channel"], order["Context"], order["Exten"]) == ("PJSIP/agent-1", "lost", "rejoin")
    assert order["Variable"] == [f"CC_PEER=PJSIP/trunk-{CALL[-1]}", "CC_TALK=2"]
    assert (talk.agents.get(1).state, talk.agents.get(1).linkedid, talk.agents.get(1).leg) == ("ringing", CALL, order["ChannelId"])


async def test_an_agent_whose_sound_alone_was_lost_is_rung_at_once(talk: Talk) -> None:
    await talk.happen(talk.disconnected())
    talk.rejoin.patient_held(CALL, "2")
    await talk.settles()
    assert len(talk.rung()) == 1


@pytest.mark.parametrize("registers", ["before", "meanwhile"])
async def test_he_is_not_rung_before_his_broken_talk_has_ended(talk: Talk, registers: str) -> None:
    """A second page that was there already: Asterisk tells that the patient is held before it tells that the old leg is gone."""
    if registers == "meanwhile":
        talk.agents.phone_registered(1, False)
    talk.rejoin.patient_held(CALL, "2")
    if registers == "meanwhile":
        await talk.page_returns()
    await talk.settles()
    assert talk.rung() == []
    await talk.happen(talk.disconnected())
    await talk.settles()
    (leg,) = talk.rung()
    assert (talk.agents.get(1).state, talk.agents.get(1).leg) == ("ringing", leg)


async def test_he_is_rung_once_at_a_time_and_again_when_that_came_to_nothing(talk: Talk) -> None:
    await talk.happen(talk.disconnected())
    talk.rejoin.patient_held(CALL, "2")
    await talk.page_returns()
    (leg,) = talk.rung()
    await talk.happen(ev.AgentRingEnded(at=talk.clock.now(), linkedid=CALL, agent_id=1, leg=leg, outcome="no_answer"))
    await talk.page_returns()
    assert len(talk.rung()) == 2 and len(set(talk.rung())) == 2


@pytest.mark.parametrize("what", ["joined", "ended", "connected"])
async def test_nobody_is_rung_for_a_patient_who_is_no_longer_held(talk: Talk, what: str) -> None:
    await talk.page_dies()
    await talk.happen(talk.disconnected())
    talk.rejoin.patient_held(CALL, "2")
    await talk.happen(getattr(talk, what)())
    await talk.page_returns()
    assert talk.rung() == []


async def test_nobody_is_rung_for_a_patient_who_hung_up_just_now(talk: Talk) -> None:
    """His page returns while the end of the call is still on its way to everybody."""
    await talk.page_dies()
    await talk.happen(talk.disconnected())
    talk.rejoin.patient_held(CALL, "2")
    talk.hung_up = True
    await talk.page_returns()
    await talk.happen(talk.ended())
    assert talk.rung() == [] and talk.agents.get(1).state == "wrap_up"


async def test_a_patient_who_hangs_up_while_the_agent_is_rung_again_leaves_him_his_wrap_up(talk: Talk) -> None:
    await talk.page_dies()
    await talk.happen(talk.disconnected())
    talk.rejoin.patient_held(CALL, "2")
    await talk.page_returns()
    assert talk.agents.get(1).state == "ringing"
    await talk.happen(talk.ended())
    agent = talk.agents.get(1)
    assert (agent.state, agent.linkedid) == ("wrap_up", CALL)
    assert talk.agents.closed(1, CALL) and talk.agents.get(1).state == "available"


async def test_a_call_that_could_not_be_placed_frees_the_agent() -> None:
    talk = Talk(rejoin_ring_s=0.01)
    await talk.begin()
    await talk.happen(talk.disconnected())
    talk.line.away = True
    talk.rejoin.patient_held(CALL, "2")
    await until(lambda: not talk.rejoin._tasks)
    await talk.bus.settled()
    assert [event.outcome for event in talk.published if isinstance(event, ev.AgentRingEnded)] == ["unreachable"]
    assert talk.agents.get(1).state == "paused"
