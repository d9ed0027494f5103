"""A call is the fold of its events: status, times, legs and outcome for the stories a hotline sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter import events as ev
from callcenter.call import MOVES, Call, CallStatus, Outcome, apply, fold

pytestmark = pytest.mark.unit
START = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
ID = "node1-1.1"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def event(kind: str, seconds: float, **values: Any) -> ev.CallEvent:
    cls = ev.KINDS[kind]
    assert issubclass(cls, ev.CallEvent)
    return cls(at=at(seconds), linkedid=ID, **values)


def arrived() -> list[ev.CallEvent]:
    return [
        event("call_arrived", 0, uniqueid=ID, channel="PJSIP/trunk-1", caller_number="13900000001", dialled_number="95120"),
        event("call_answered", 0.2),
        event("node_entered", 5, flow="main_menu", version=1, node="choices"),
    ]


def queued(at_s: float = 10) -> list[ev.CallEvent]:
    return [event("input_heard", at_s - 1, flow="main_menu", node="choices", exit="0"), event("queue_joined", at_s, queue="service_desk", position=1)]


def connected(agent: int = 7, leg: str = "node1-1.2", at_s: float = 20) -> list[ev.CallEvent]:
    return [
        event("agent_ringing", at_s - 4, agent_id=agent, leg=leg, channel=f"PJSIP/agent-{agent}-1", queue="service_desk"),
        event("queue_left", at_s, queue="service_desk", result="answered", wait_s=10.0),
        event("agent_connected", at_s, agent_id=agent, leg=leg, channel=f"PJSIP/agent-{agent}-1", queue="service_desk", ring_s=4.0, wait_s=10.0),
    ]


def ended(at_s: float, **values: Any) -> ev.CallEvent:
    return event("call_ended", at_s, **({"cause": 16} | values))


def test_a_call_that_an_agent_answered() -> None:
    call = fold([*arrived(), *queued(), *connected(), event("agent_disconnected", 80, agent_id=7, leg="node1-1.2", cause=16), ended(85)])
    assert (call.status, call.outcome) == (CallStatus.ENDED, Outcome.ANSWERED)
    assert (call.wait_s, call.talk_s, call.agent_id, call.queue) == (10.0, 60.0, 7, "service_desk")
    assert (call.started_at, call.answered_at, call.ended_at) == (at(0), at(0.2), at(85))
    assert (call.caller_number, call.dialled_number) == ("13900000001", "95120")
    assert [(one.node, one.exit) for one in call.ivr_path] == [("choices", "0")]


@pytest.mark.parametrize(
    ("events", "status"),
    [
        (arrived()[:1], CallStatus.ARRIVED),
        (arrived(), CallStatus.IN_FLOW),
        ([*arrived(), *queued()], CallStatus.WAITING),
        ([*arrived(), *queued(), *connected()], CallStatus.TALKING),
        ([*arrived(), *queued(), *connected(), event("agent_disconnected", 80, agent_id=7, leg="node1-1.2", cause=16)], CallStatus.IN_FLOW),
        ([*arrived(), *queued(), event("queue_left", 40, queue="service_desk", result="timeout", wait_s=30.0)], CallStatus.IN_FLOW),
        ([*arrived(), ended(30)], CallStatus.ENDED),
    ],
)
def test_where_a_call_is(events: list[ev.CallEvent], status: CallStatus) -> None:
    assert fold(events).status is status


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([*arrived(), ended(30)], Outcome.SELF_SERVED),
        ([*arrived(), *queued(), ended(30)], Outcome.ABANDONED),
        ([*arrived(), *queued(), event("queue_left", 30, queue="service_desk", result="abandoned", wait_s=20.0), ended(30)], Outcome.ABANDONED),
        ([*arrived(), event("message_recorded", 20, message_id="m", purpose="complaint", file="f", duration_s=3.0), ended(30)], Outcome.MESSAGE_LEFT),
        ([*arrived()[:2], event("served_by_fallback", 5, choice="none"), ended(30)], Outcome.FALLBACK),
        ([*arrived(), ended(30, lost=True, cause=0)], Outcome.LOST),
    ],
)
def test_how_a_call_ended(events: list[ev.CallEvent], outcome: Outcome) -> None:
    assert fold(events).outcome is outcome


def test_a_caller_outside_hours_is_counted_as_closed() -> None:
    heard = event("input_heard", 6, flow="main_menu", node="choices", exit="closed")
    assert fold([*arrived(), heard, ended(30)]).outcome is Outcome.CLOSED


def test_an_open_call_has_no_outcome() -> None:
    assert fold([*arrived(), *queued(), *connected()]).outcome is None


def test_hanging_up_in_the_queue_counts_the_wait() -> None:
    call = fold([*arrived(), *queued(), ended(32.5)])
    assert (call.wait_s, call.queue_result) == (22.5, "abandoned")


def test_hold_and_transfer() -> None:
    story = [
        *arrived(),
        *queued(),
        *connected(),
        event("call_held", 30, agent_id=7),
        event("call_resumed", 42, agent_id=7),
        event("call_held", 50, agent_id=7),
        event("call_transferred", 55, agent_id=7, target_kind="agent", target="8"),
        event("agent_disconnected", 55, agent_id=7, leg="node1-1.2", cause=16),
        *connected(8, "node1-1.3", 70)[2:],
        ended(100),
    ]
    call = fold(story)
    assert (call.hold_s, call.transfers, call.agent_id) == (17.0, 1, 8)
    assert call.talk_s == 35.0 + 30.0
    assert [(leg.agent_id, leg.outcome) for leg in call.legs] == [(7, "talked"), (8, "talked")]


def test_an_agent_who_did_not_answer_leaves_a_leg_and_no_conversation() -> None:
    rang = event("agent_ringing", 12, agent_id=7, leg="node1-1.2", channel="PJSIP/agent-7-1", queue="service_desk")
    missed = event("agent_ring_ended", 32, agent_id=7, leg="node1-1.2", outcome="no_answer", ring_s=20.0)
    call = fold([*arrived(), *queued(), rang, missed])
    assert [(leg.outcome, leg.connected_at) for leg in call.legs] == [("no_answer", None)]
    assert (call.status, call.agent_id, call.talking_leg) == (CallStatus.WAITING, None, None)


def test_language_people_recording_and_disposition_are_kept() -> None:
    more = [
        event("caller_matched", 1, patient_ids=(3, 4)),
        event("patient_chosen", 25, patient_id=4, how="agent", agent_id=7),
        event("language_chosen", 4, language="en"),
        event("recording_started", 0, file="raw/x"),
        event("session_recovered", 6, attempt=2, node="choices"),
        event("disposition_recorded", 90, agent_id=7, code="guide", note="rang back"),
    ]
    call = fold([*arrived(), *more])
    assert (call.candidate_ids, call.patient_id, call.language, call.recording_file) == ((3, 4), 4, "en", "raw/x")
    assert (call.recovered, call.disposition, call.note) == (1, "guide", "rang back")


def test_a_message_told_twice_counts_once() -> None:
    message = event("message_recorded", 20, message_id="m", purpose="complaint", file="f", duration_s=3.0)
    assert fold([*arrived(), message, message]).message_ids == ("m",)


def test_a_call_needs_an_event() -> None:
    with pytest.raises(ValueError):
        fold([])


STORIES = [*arrived(), *queued(), *connected(), event("call_held", 30, agent_id=7), event("queue_left", 31, queue="q", result="timeout", wait_s=1.0)]
STORIES.append(event("agent_disconnected", 60, agent_id=7, leg="node1-1.2", cause=16))
STORIES.append(event("call_transferred", 61, agent_id=7, target_kind="queue", target="q"))


@settings(deadline=None)
@given(st.lists(st.sampled_from(STORIES), max_size=20))
def test_events_in_any_order_never_fail_and_an_ended_call_stays_ended(events: list[ev.CallEvent]) -> None:
    call = fold([*arrived()[:1], *events, ended(200)])
    assert call.status is CallStatus.ENDED
    assert call.outcome is not None
    assert call.talk_s >= 0 and call.wait_s >= 0 and call.hold_s >= 0
    assert all(leg.ended_at for leg in call.legs)
    late = apply(call, ended(300, cause=1))
    assert (late.ended_at, late.hangup_cause, late.status) == (call.ended_at, call.hangup_cause, CallStatus.ENDED)


@settings(deadline=None)
@given(st.lists(st.sampled_from(STORIES), max_size=12), st.integers(0, 12))
def test_a_fold_can_be_continued_anywhere(events: list[ev.CallEvent], cut: int) -> None:
    call = Call(ID)
    for one in events[:cut]:
        call = apply(call, one)
    for one in events[cut:]:
        call = apply(call, one)
    assert not events or call == fold(events)


def test_a_clock_that_is_set_back_in_mid_call_makes_no_negative_time() -> None:
    events = [*arrived(), *queued(), *connected(), event("call_held", 40, agent_id=7)]
    call = fold([*events, event("call_resumed", -3600, agent_id=7), ended(-3590)])
    assert (call.talk_s, call.hold_s, call.wait_s) == (0.0, 0.0, 10.0)
    assert call.started_at and call.ended_at and call.ended_at >= call.started_at


def test_moves_name_events_that_exist() -> None:
    assert {kind for _, kind in MOVES} <= set(ev.KINDS)
