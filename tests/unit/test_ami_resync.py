"""After a lost link: ghosts are closed, running calls adopted, changed ones mended; asking again says nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter import events as ev
from callcenter.call import Call, apply, fold
from callcenter.cti.ami_events import AmiTranslator
from callcenter.cti.ami_resync import resync
from tests.fakes.clock import VirtualClock

pytestmark = pytest.mark.unit


class Box:
    """What an Asterisk would answer, in memory. `meanwhile` runs between its two lists."""

    def __init__(self, channels: list[dict[str, str]], waiting: list[dict[str, str]], meanwhile: Callable[[], None] = lambda: None) -> None:
        self.channels, self.waiting, self.meanwhile = channels, waiting, meanwhile

    async def collect(self, action: str, end_event: str, **headers: object) -> list[Any]:
        if action == "CoreShowChannels":
            return [{"Event": "CoreShowChannel", **row} for row in self.channels]
        self.meanwhile()
        return [{"Event": "QueueParams", "Queue": "service_desk"}, *({"Event": "QueueEntry", **row} for row in self.waiting)]


def patient(call: str, bridge: str = "") -> dict[str, str]:
    about = {"Uniqueid": call, "Linkedid": call, "Channel": f"PJSIP/trunk-{abs(hash(call)):08x}"[:22], "ChannelState": "6", "BridgeId": bridge}
    return about | {"Exten": "s", "Context": "session", "Duration": "00:01:05", "CallerIDNum": "13900000001"}


def leg(call: str, agent: int, bridge: str = "") -> dict[str, str]:
    about = {"Uniqueid": f"{call}.{agent}", "Linkedid": call, "Channel": f"PJSIP/agent-{agent}-0000000a", "BridgeId": bridge}
    return about | {"ChannelState": "6" if bridge else "5", "Duration": "00:00:07", "Exten": "", "Context": "agents"}


def entry(call: str, queue: str = "service_desk") -> dict[str, str]:
    return {"Uniqueid": call, "Queue": queue, "Position": "1", "Wait": "12"}


class Ours:
    """Our side: a translator and the calls folded from what was told."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.told: list[ev.CallEvent] = []
        self.translator = AmiTranslator("node1", self.clock, self._take, lambda _: None)
        self.calls: dict[str, Call] = {}

    def _take(self, event: ev.Event) -> None:
        assert isinstance(event, ev.CallEvent)
        self.told.append(event)
        self.calls[event.linkedid] = apply(self.calls.get(event.linkedid) or Call(event.linkedid), event)

    async def ask(self, box: Box) -> list[str]:
        live = {key: call for key, call in self.calls.items() if call.ended_at is None}
        found = await resync(box, self.translator, live, self.clock, lambda _: True)
        for event in found:
            self._take(event)
        return [event.kind for event in found]


def arrived(ours: Ours, call: str) -> None:
    ours.translator.handle({"Event": "Newchannel", **patient(call), "Context": "from-trunk"})


async def test_a_ghost_is_closed_as_lost_with_its_agent_and_its_wait() -> None:
    ours = Ours()
    arrived(ours, "a")
    ours.translator.handle({"Event": "QueueCallerJoin", "Uniqueid": "a", "Queue": "q", "Position": "1"})
    ours.translator.handle({"Event": "AgentCalled", "Uniqueid": "a", "DestUniqueid": "a.7", "DestChannel": "PJSIP/agent-7-0000000a"})
    assert await ours.ask(Box([], [])) == ["agent_ring_ended", "queue_left", "call_ended"]
    assert ours.calls["a"].lost
    assert await ours.ask(Box([], [])) == []


async def test_a_running_call_is_adopted_with_its_times() -> None:
    ours = Ours()
    box = Box([patient("a", "b1"), leg("a", 7, "b1"), leg("a", 8)], [])
    arrival = ["call_arrived", "recording_started", "call_answered"]
    assert await ours.ask(box) == [*arrival, "agent_ringing", "agent_connected", "agent_ringing"]
    call = ours.calls["a"]
    assert call.started_at == ours.clock.now() - timedelta(seconds=65)
    assert call.agent_id == 7
    assert call.recording_file == "raw/a"
    assert await ours.ask(box) == []


async def test_a_waiting_call_is_adopted_into_its_queue() -> None:
    ours = Ours()
    await ours.ask(Box([patient("a")], [entry("a")]))
    assert (ours.calls["a"].queue, ours.calls["a"].queue_joined_at) == ("service_desk", ours.clock.now() - timedelta(seconds=12))


async def test_what_changed_while_the_link_was_down_is_mended() -> None:
    ours = Ours()
    await ours.ask(Box([patient("a")], [entry("a")]))
    assert await ours.ask(Box([patient("a", "b1"), leg("a", 7, "b1")], [])) == ["queue_left", "agent_ringing", "agent_connected"]
    assert ours.calls["a"].queue_result == "answered"
    assert await ours.ask(Box([patient("a")], [])) == ["agent_disconnected"]
    assert await ours.ask(Box([patient("a")], [entry("a", "outpatient")])) == ["queue_joined"]
    assert await ours.ask(Box([patient("a")], [])) == ["queue_left"]
    assert ours.calls["a"].queue_result == "redirected"


async def test_what_happens_while_asterisk_is_asked_is_told_once() -> None:
    ours = Ours()
    arrived(ours, "ends")

    def meanwhile() -> None:
        if "comes" not in ours.calls:
            arrived(ours, "comes")
            ours.translator.handle({"Event": "Hangup", "Uniqueid": "ends", "Cause": "16"})
            ours.translator.handle({"Event": "Hangup", "Uniqueid": "unseen", "Cause": "16"})
            box.channels.append(patient("comes"))

    box = Box([patient("ends"), patient("unseen")], [], meanwhile)
    await ours.ask(box)
    kinds = [(event.linkedid, event.kind) for event in ours.told]
    assert kinds.count(("ends", "call_ended")) == 1
    assert kinds.count(("comes", "call_arrived")) == 1
    assert ("comes", "call_ended") not in kinds
    assert "unseen" not in ours.calls


async def test_calls_from_the_journal_are_known_without_an_event() -> None:
    ours, before = Ours(), Ours()
    await before.ask(Box([patient("a"), patient("gone")], [entry("a")]))
    ours.calls = {key: fold(event for event in before.told if event.linkedid == key) for key in before.calls}
    assert await ours.ask(Box([patient("a")], [entry("a")])) == ["call_ended"]
    ours.translator.handle({"Event": "UserEvent", "UserEvent": "QueueEnded", "Uniqueid": "a", "Queue": "service_desk", "Result": "timeout"})
    assert ours.told[-1].kind == "queue_left"


names = st.sampled_from(["a", "b", "c"])
worlds = st.dictionaries(names, st.tuples(st.sampled_from(["", "service_desk", "outpatient"]), st.sets(st.integers(1, 3)), st.booleans()))


def box_of(world: dict[str, tuple[str, set[int], bool]]) -> Box:
    channels, waiting = [], []
    for call, (queue, agents, talks) in world.items():
        bridge = f"bridge-{call}" if talks and agents else ""
        channels.append(patient(call, bridge))
        channels += [leg(call, agent, bridge if agent == min(agents) else "") for agent in agents]
        if queue and not bridge:
            waiting.append(entry(call, queue))
    return Box(channels, waiting)


@given(st.lists(worlds, min_size=1, max_size=4))
async def test_whatever_changed_asking_twice_says_nothing_new(history: list[dict[str, tuple[str, set[int], bool]]]) -> None:
    ours = Ours()
    for world in history:
        ended = sum(call.ended_at is not None for call in ours.calls.values())  # a uniqueid is never given twice
        alive = {key[0]: key for key, call in ours.calls.items() if call.ended_at is None}
        box = box_of({alive.get(call, f"{call}{ended}"): state for call, state in world.items()})
        await ours.ask(box)
        assert await ours.ask(box) == []
        running = {row["Uniqueid"] for row in box.channels if row["Uniqueid"] == row["Linkedid"]}
        assert {key for key, call in ours.calls.items() if call.ended_at is None} == running
        talking = {row["Linkedid"] for row in box.channels if row["Uniqueid"] != row["Linkedid"] and row["BridgeId"]}
        assert talking <= {key for key, call in ours.calls.items() if call.talking_leg} <= running
