"""Whole calls as the journal records them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from callcenter import events as ev
from callcenter.events import Event, as_record

NODE = "node1"


def numbered(events: Iterable[Event], first: int = 1) -> list[dict[str, Any]]:
    """Journal records from number `first`."""
    return [as_record(event) | {"number": n} for n, event in enumerate(events, first)]


def answered_call(
    linkedid: str, at: datetime, *, agent: int = 1, caller: str = "013900000001", patient: int | None = None, queue: str = "service_desk"
) -> list[Event]:
    """In the menu for 10 s, in the queue for 5 s, 60 s with an agent, 20 s of it on hold, closed with a disposition."""

    def after(seconds: float) -> datetime:
        return at + timedelta(seconds=seconds)

    told: list[Event] = [
        ev.CallArrived(at=at, linkedid=linkedid, uniqueid=linkedid, channel="PJSIP/trunk-1", caller_number=caller, dialled_number="95120"),
        ev.CallAnswered(at=after(0.1), linkedid=linkedid),
        ev.RecordingStarted(at=after(0.2), linkedid=linkedid, file=f"raw/{linkedid}"),
        ev.LanguageChosen(at=after(2), linkedid=linkedid, language="zh"),
        ev.NodeEntered(at=after(3), linkedid=linkedid, flow="main_menu", version=1, node="choices"),
        ev.InputHeard(at=after(9), linkedid=linkedid, flow="main_menu", node="choices", exit="0", digits="0"),
        ev.QueueJoined(at=after(10), linkedid=linkedid, queue=queue, position=1),
        ev.AgentRinging(at=after(12), linkedid=linkedid, agent_id=agent, leg=f"{linkedid}-a", channel=f"PJSIP/agent-{agent}-1", queue=queue),
        ev.AgentConnected(
            at=after(15), linkedid=linkedid, agent_id=agent, leg=f"{linkedid}-a", channel=f"PJSIP/agent-{agent}-1", queue=queue, ring_s=3, wait_s=5
        ),
        ev.QueueLeft(at=after(15), linkedid=linkedid, queue=queue, result="answered", wait_s=5.0),
        ev.CallHeld(at=after(20), linkedid=linkedid, agent_id=agent),
        ev.CallResumed(at=after(40), linkedid=linkedid, agent_id=agent),
        ev.AgentDisconnected(at=after(75), linkedid=linkedid, agent_id=agent, leg=f"{linkedid}-a", cause=16),
        ev.CallEnded(at=after(76), linkedid=linkedid, cause=16),
        ev.DispositionRecorded(at=after(90), linkedid=linkedid, agent_id=agent, code="enquiry_hours", note="问门诊时间"),
    ]
    if patient is not None:
        told.insert(1, ev.PatientChosen(at=after(0.05), linkedid=linkedid, patient_id=patient, how="number"))
    return told


def message_call(linkedid: str, at: datetime, caller: str = "+8613900000002") -> list[Event]:
    """Leaves a message and hangs up."""
    return [
        ev.CallArrived(at=at, linkedid=linkedid, uniqueid=linkedid, channel="PJSIP/trunk-2", caller_number=caller, dialled_number="95120"),
        ev.CallAnswered(at=at, linkedid=linkedid),
        ev.NodeEntered(at=at + timedelta(seconds=1), linkedid=linkedid, flow="main_menu", version=1, node="leave_message"),
        ev.MessageRecorded(
            at=at + timedelta(seconds=20), linkedid=linkedid, message_id=f"m-{linkedid}", purpose="complaint",
            file=f"messages/{linkedid}.wav", duration_s=12.5,
        ),
        ev.CallEnded(at=at + timedelta(seconds=22), linkedid=linkedid, cause=16),
    ]


def abandoned_call(linkedid: str, at: datetime, queue: str = "service_desk") -> list[Event]:
    """Waits 30 s and hangs up."""
    return [
        ev.CallArrived(at=at, linkedid=linkedid, uniqueid=linkedid, channel="PJSIP/trunk-3", caller_number="anonymous", dialled_number="95120"),
        ev.CallAnswered(at=at, linkedid=linkedid),
        ev.QueueJoined(at=at + timedelta(seconds=5), linkedid=linkedid, queue=queue, position=1),
        ev.CallEnded(at=at + timedelta(seconds=35), linkedid=linkedid, cause=16),
    ]
