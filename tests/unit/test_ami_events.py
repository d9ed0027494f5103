"""AMI messages to events: a table of what Asterisk says and what it means, and calls nobody saw begin."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter import events as ev
from callcenter.call import CallStatus, Outcome, fold
from callcenter.cti import ami_events
from callcenter.cti.ami_events import AgentReachable, AmiTranslator, Notice, TransferEnded
from callcenter.cti.ami_words import agent_named, number
from tests.fakes.clock import VirtualClock

pytestmark = pytest.mark.unit
CALL, LEG = "node1-100.0", "node1-100.1"
PATIENT = {"Uniqueid": CALL, "Linkedid": CALL, "Channel": "PJSIP/trunk-00000001"}
AGENT = {"Uniqueid": LEG, "Linkedid": CALL, "Channel": "PJSIP/agent-7-00000002"}
DEST = {"DestUniqueid": LEG, "DestChannel": "PJSIP/agent-7-00000002", "DestLinkedid": CALL}


class Told:
    """A translator and everything it told."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.events: list[ev.Event] = []
        self.notices: list[Notice] = []
        self.translator = AmiTranslator("node1", self.clock, self.events.append, self.notices.append)

    def hears(self, event: str, headers: dict[str, Any] | None = None, after_s: float = 0.0, **more: str) -> None:
        self.clock.advance(after_s)
        self.translator.handle({"Event": event, **(headers or {}), **more})

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def arrives(self) -> None:
        self.hears("Newchannel", PATIENT, Context="from-trunk", Exten="95120", CallerIDNum="13900000001", ChannelState="4")
        self.hears("Newstate", PATIENT, ChannelState="6")
        self.hears("MixMonitorStart", PATIENT)

    def waits(self) -> None:
        self.hears("QueueCallerJoin", PATIENT, Queue="service_desk", Position="1")

    def rings(self) -> None:
        self.hears("Newchannel", AGENT, 3.0, Context="agents", Exten="s")
        self.hears("AgentCalled", PATIENT | DEST, Queue="service_desk")
        self.hears("DialBegin", PATIENT | DEST, Context="wait-in-queue")

    def connects(self) -> None:
        self.hears("DialEnd", PATIENT | DEST, 2.0, DialStatus="ANSWER")
        self.hears("QueueCallerLeave", PATIENT, Queue="service_desk")
        self.hears("AgentConnect", PATIENT | DEST, Queue="service_desk", RingTime="2", HoldTime="5")


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_call_that_an_agent_answers(told: Told) -> None:
    told.arrives()
    told.waits()
    told.rings()
    told.connects()
    told.hears("Hold", AGENT, 10.0)
    told.hears("Unhold", AGENT, 5.0)
    told.hears("AgentComplete", PATIENT | DEST, 15.0)
    told.hears("Hangup", AGENT, Cause="16")
    told.hears("UserEvent", {**PATIENT, "Uniqueid": [CALL, CALL]}, UserEvent="QueueEnded", Queue="service_desk", Result="answered")
    told.hears("Hangup", PATIENT, **{"Cause": "16", "Cause-txt": "Normal Clearing"})
    assert told.kinds == [
        *("call_arrived", "call_answered", "recording_started", "queue_joined", "agent_ringing", "queue_left", "agent_connected"),
        *("call_held", "call_resumed", "agent_disconnected", "call_ended"),
    ]
    call = fold(event for event in told.events if isinstance(event, ev.CallEvent))
    assert (call.caller_number, call.dialled_number, call.recording_file) == ("13900000001", "95120", f"raw/{CALL}")
    assert (call.wait_s, call.talk_s, call.hold_s, call.queue_result) == (5.0, 30.0, 5.0, "answered")
    assert (call.outcome, call.agent_id) == (Outcome.ANSWERED, 7)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("NOANSWER", "no_answer"), ("BUSY", "refused"), ("CANCEL", "caller_left"), ("CHANUNAVAIL", "unreachable"), ("CONGESTION", "unreachable")],
)
def test_an_offer_that_comes_to_nothing(told: Told, status: str, outcome: str) -> None:
    told.arrives()
    told.waits()
    told.rings()
    told.hears("DialEnd", PATIENT | DEST, 4.0, DialStatus=status)
    told.hears("AgentRingNoAnswer", PATIENT | DEST)
    told.hears("Hangup", AGENT, Cause="16")
    assert told.events[-1] == ev.AgentRingEnded(at=told.clock.now(), linkedid=CALL, agent_id=7, leg=LEG, outcome=outcome, ring_s=4.0)
    assert told.kinds.count("agent_ring_ended") == 1


def test_a_leg_that_dies_while_it_rings_ends_the_offer(told: Told) -> None:
    told.arrives()
    told.waits()
    told.rings()
    told.hears("Hangup", AGENT, Cause="17")
    ended = told.events[-1]
    assert isinstance(ended, ev.AgentRingEnded)
    assert ended.outcome == "refused"


def test_who_hangs_up_in_the_queue_has_abandoned_it_once(told: Told) -> None:
    told.arrives()
    told.waits()
    told.hears("QueueCallerAbandon", PATIENT, 8.0)
    told.hears("QueueCallerLeave", PATIENT)
    assert told.kinds[-1] == "queue_joined"
    told.hears("Hangup", PATIENT, Cause="16")
    assert told.kinds[-2:] == ["queue_left", "call_ended"]
    left = told.events[-2]
    assert isinstance(left, ev.QueueLeft)
    assert (left.result, left.wait_s) == ("abandoned", 8.0)


@pytest.mark.parametrize("result", ["timeout", "full", "no_agent", "failed"])
def test_a_wait_that_ends_otherwise_says_how(told: Told, result: str) -> None:
    told.arrives()
    told.waits()
    told.hears("QueueCallerAbandon", PATIENT, 9.0)  # app_queue says this of a time-out too
    told.hears("QueueCallerLeave", PATIENT)
    told.hears("UserEvent", PATIENT, UserEvent="QueueEnded", Queue="service_desk", Result=result)
    left = told.events[-1]
    assert isinstance(left, ev.QueueLeft)
    assert (left.queue, left.result, left.wait_s) == ("service_desk", result, 9.0)


def test_a_transfer_rings_and_connects_without_a_queue(told: Told) -> None:
    told.arrives()
    told.hears("DialBegin", PATIENT | DEST, Context="transfer")
    told.hears("DialEnd", PATIENT | DEST, 1.5, DialStatus="ANSWER")
    told.hears("UserEvent", PATIENT, UserEvent="TransferEnded", Result="answered")
    assert told.kinds[-2:] == ["agent_ringing", "agent_connected"]
    assert told.notices == [TransferEnded(CALL, "answered")]


def test_the_local_script_is_recorded(told: Told) -> None:
    told.arrives()
    told.hears("UserEvent", PATIENT, UserEvent="ServedByFallback", Choice="message")
    assert told.events[-1] == ev.ServedByFallback(at=told.clock.now(), linkedid=CALL, choice="message")


def test_nothing_is_told_of_calls_it_never_saw(told: Told) -> None:
    told.waits()
    told.rings()
    told.connects()
    told.hears("Hold", AGENT)
    told.hears("Hangup", AGENT, Cause="16")
    told.hears("Hangup", PATIENT, Cause="16")
    told.hears("UserEvent", PATIENT, UserEvent="ServedByFallback")
    assert told.events == []


def test_channels_that_are_no_patients_are_passed_over(told: Told) -> None:
    told.hears("Newchannel", AGENT | {"Linkedid": LEG}, Context="agents")
    told.hears("Newchannel", {"Uniqueid": "x", "Linkedid": "x", "Channel": "PJSIP/agent-9-00000009"}, Context="hotline")
    told.hears("Newchannel", {"Uniqueid": "y", "Linkedid": "x", "Channel": "PJSIP/trunk-00000009"}, Context="from-trunk")
    assert told.events == []


def test_an_agent_is_told_when_his_leg_is_made_and_not_again_when_it_rings(told: Told) -> None:
    told.arrives()
    told.waits()
    told.hears("Newchannel", AGENT, Context="agents", Exten="s")
    rung = [event for event in told.events if isinstance(event, ev.AgentRinging)]
    assert [(one.linkedid, one.agent_id, one.leg, one.queue) for one in rung] == [(CALL, 7, LEG, "service_desk")]
    told.hears("AgentCalled", PATIENT | DEST, Queue="service_desk")
    told.hears("DialBegin", PATIENT | DEST)
    assert told.kinds.count("agent_ringing") == 1


def test_an_agents_leg_made_for_a_caller_who_waits_in_no_queue_is_no_offer(told: Told) -> None:
    """A consultation, or somebody who listens in."""
    told.arrives()
    told.hears("Newchannel", AGENT, Context="agents", Exten="s")
    assert "agent_ringing" not in told.kinds


def test_an_agent_who_was_brought_back_talks_when_the_dialplan_says_so(told: Told) -> None:
    """His new leg was told of by whoever rang it; Asterisk gives it the patient's linkedid only in the bridge."""
    told.arrives()
    told.translator.learn(ev.AgentRinging(at=told.clock.now(), linkedid=CALL, agent_id=7, leg="ours-1", channel="", queue="service_desk"))
    told.hears("UserEvent", {"Uniqueid": "ours-1", "Linkedid": "ours-1"}, UserEvent="Rejoined", Leg="ours-1", LegChannel="PJSIP/agent-7-00000009")
    connected = [event for event in told.events if isinstance(event, ev.AgentConnected)]
    assert [(one.linkedid, one.agent_id, one.channel) for one in connected] == [(CALL, 7, "PJSIP/agent-7-00000009")]
    told.hears("Hangup", {"Uniqueid": "ours-1"}, Cause="16")
    assert told.kinds[-1] == "agent_disconnected"


def test_an_agent_who_answers_for_a_patient_who_hung_up_meanwhile_talks_to_nobody(told: Told) -> None:
    told.arrives()
    ringing = ev.AgentRinging(at=told.clock.now(), linkedid=CALL, agent_id=7, leg="ours-1", channel="", queue="service_desk")
    assert told.translator.found_out(ringing) and told.events[-1] == ringing
    told.hears("Hangup", PATIENT, Cause="16")
    told.hears("UserEvent", {"Uniqueid": "ours-1", "Linkedid": "ours-1"}, UserEvent="Rejoined", Leg="ours-1", LegChannel="PJSIP/agent-7-00000009")
    assert told.kinds[-1] == "call_ended"
    before = list(told.events)
    assert not told.translator.found_out(ringing) and told.events == before


def test_every_handled_message_survives_missing_headers(told: Told) -> None:
    for event in ami_events.WANTED:
        told.hears(event)
        told.arrives()
        told.hears(event, PATIENT)
        told.hears(event, AGENT | DEST)
    assert told.events


def test_notices(told: Told) -> None:
    told.hears("FullyBooted")
    told.hears("ContactStatus", AOR="agent-7", ContactStatus="Removed")
    told.hears("ContactStatus", AOR="agent-7", ContactStatus="NonQualified")
    told.hears("ContactStatus", AOR="visitor-1", ContactStatus="Removed")
    assert told.notices == [AgentReachable(7, False, "Removed"), AgentReachable(7, True, "NonQualified")]


@pytest.mark.parametrize("value", ["²", "9" * 5000, "-1", "1e3", "", None])
def test_what_is_no_number_is_0(value: str | None) -> None:
    assert number(value) == 0


@pytest.mark.parametrize("interface", ["PJSIP/agent-x", "PJSIP/agent-²", "PJSIP/agent-" + "9" * 5000, "PJSIP/agent-7-0000", "Local/agent-7", ""])
def test_nobody_is_called_so(interface: str) -> None:
    assert agent_named(interface) is None
    assert agent_named("PJSIP/agent-7") == 7


def test_a_page_loaded_anew_is_reachable_although_its_old_contact_is_removed_after_it_registered(told: Told) -> None:
    """The order as Asterisk 22 tells it for `remove_existing`."""
    told.hears("ContactStatus", AOR="agent-7", URI="sip:x@192.0.2.1:1;transport=ws", ContactStatus="NonQualified")
    told.hears("ContactStatus", AOR="agent-7", URI="sip:x@192.0.2.1:2;transport=ws", ContactStatus="NonQualified")
    told.hears("ContactStatus", AOR="agent-7", URI="sip:x@192.0.2.1:1;transport=ws", ContactStatus="Removed")
    assert [(one.reachable, one.another) for one in told.notices if isinstance(one, AgentReachable)] == [(True, False), (True, True)]
    told.hears("ContactStatus", AOR="agent-7", URI="sip:x@192.0.2.1:2;transport=ws", ContactStatus="Removed")
    assert [one.reachable for one in told.notices if isinstance(one, AgentReachable)] == [True, True, False]


def test_after_a_new_link_a_removed_contact_is_believed(told: Told) -> None:
    told.hears("ContactStatus", AOR="agent-7", URI="sip:x@192.0.2.1:1", ContactStatus="NonQualified")
    told.hears("FullyBooted")
    told.hears("ContactStatus", AOR="agent-7", URI="sip:x@192.0.2.1:2", ContactStatus="Removed")
    assert told.notices[-1] == AgentReachable(7, False, "Removed")


def test_a_restored_call_goes_on_where_it_was(told: Told) -> None:
    told.arrives()
    told.waits()
    told.rings()
    call = fold(event for event in told.events if isinstance(event, ev.CallEvent))
    after = Told()
    after.translator.restore([call])
    after.connects()
    after.hears("Hangup", AGENT, Cause="44")
    assert after.kinds == ["queue_left", "agent_connected", "agent_disconnected"]
    assert call.status is CallStatus.WAITING
