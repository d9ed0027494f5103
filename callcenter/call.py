"""One call as the fold of its events. Pure.

`fold(events)` and `apply(call, event)` give a `Call`; live state, the stored call record and the board all come from here, so they
cannot disagree. Status moves stand in `MOVES`; an event that the table does not know leaves the status as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from callcenter import events as ev


class CallStatus(StrEnum):
    """Where a call is."""

    ARRIVED = "arrived"
    IN_FLOW = "in_flow"
    WAITING = "waiting"
    TALKING = "talking"
    ENDED = "ended"


class Outcome(StrEnum):
    """How a call ended, seen by a manager."""

    ANSWERED = "answered"  # an agent talked with the caller
    ABANDONED = "abandoned"  # hung up while waiting in a queue
    SELF_SERVED = "self_served"  # left from the menu, or was served there to the end
    MESSAGE_LEFT = "message_left"
    CLOSED = "closed"  # heard that the hotline is closed, left no message
    FALLBACK = "fallback"  # served only by the local script
    LOST = "lost"  # Asterisk or its machine died under the call


MOVES: dict[tuple[CallStatus, str], CallStatus] = {
    (CallStatus.ARRIVED, "node_entered"): CallStatus.IN_FLOW,
    (CallStatus.ARRIVED, "queue_joined"): CallStatus.WAITING,
    (CallStatus.IN_FLOW, "queue_joined"): CallStatus.WAITING,
    (CallStatus.WAITING, "agent_connected"): CallStatus.TALKING,
    (CallStatus.WAITING, "node_entered"): CallStatus.IN_FLOW,
    (CallStatus.WAITING, "queue_left"): CallStatus.IN_FLOW,
    (CallStatus.IN_FLOW, "agent_connected"): CallStatus.TALKING,
    (CallStatus.TALKING, "agent_disconnected"): CallStatus.IN_FLOW,
    (CallStatus.TALKING, "queue_joined"): CallStatus.WAITING,
    (CallStatus.TALKING, "node_entered"): CallStatus.IN_FLOW,
    **{(status, "call_ended"): CallStatus.ENDED for status in CallStatus if status is not CallStatus.ENDED},
}


@dataclass(frozen=True, slots=True)
class IvrStep:
    """One node the caller passed, and the exit he left by (empty while there)."""

    flow: str
    version: int
    node: str
    at: datetime
    exit: str = ""


@dataclass(frozen=True, slots=True)
class AgentLeg:
    """One agent's part in the call. `connected_at` None: it only rang."""

    agent_id: int
    leg: str
    channel: str
    queue: str
    ringing_at: datetime
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """Everything known of one call so far."""

    linkedid: str
    channel: str = ""
    direction: str = "inbound"
    caller_number: str = ""
    dialled_number: str = ""
    status: CallStatus = CallStatus.ARRIVED
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    language: str = "zh"
    candidate_ids: tuple[int, ...] = ()
    patient_id: int | None = None
    ivr_path: tuple[IvrStep, ...] = ()
    queue: str = ""
    queue_joined_at: datetime | None = None
    queue_result: str = ""
    wait_s: float = 0.0
    talk_s: float = 0.0
    hold_s: float = 0.0
    held_at: datetime | None = None
    legs: tuple[AgentLeg, ...] = ()
    disposition: str = ""
    note: str = ""
    recording_file: str = ""
    message_ids: tuple[str, ...] = ()
    fallback: str = ""
    recovered: int = 0
    hangup_cause: int = 0
    lost: bool = False
    transfers: int = field(default=0)
    anonymous: bool = False

    @property
    def talking_leg(self) -> AgentLeg | None:
        """The agent's leg that hears the patient, if any."""
        return next((leg for leg in reversed(self.legs) if leg.connected_at and not leg.ended_at), None)

    @property
    def agent_id(self) -> int | None:
        """The agent who talked last, or None."""
        talked = [leg for leg in self.legs if leg.connected_at]
        return talked[-1].agent_id if talked else None

    @property
    def outcome(self) -> Outcome | None:  # noqa: PLR0911 - one flat order of precedence
        """None while the call lives."""
        if self.status is not CallStatus.ENDED:
            return None
        if any(leg.connected_at for leg in self.legs):
            return Outcome.ANSWERED
        if self.message_ids:
            return Outcome.MESSAGE_LEFT
        if self.lost:
            return Outcome.LOST
        if self.queue and self.queue_result in ("", "abandoned"):
            return Outcome.ABANDONED
        if self.fallback and not self.ivr_path:
            return Outcome.FALLBACK
        if any(step.exit in ("closed", "emergency") for step in self.ivr_path):
            return Outcome.CLOSED
        return Outcome.SELF_SERVED


def _seconds(start: datetime | None, end: datetime) -> float:
    """0 also when the machine's clock was set back in between."""
    return round(max(0.0, (end - start).total_seconds()), 3) if start else 0.0


def _with_leg(call: Call, leg_id: str, **changes: object) -> tuple[AgentLeg, ...]:
    return tuple(replace(leg, **changes) if leg.leg == leg_id else leg for leg in call.legs)  # type: ignore[arg-type]


def _end_hold(call: Call, at: datetime) -> Call:
    if call.held_at is None:
        return call
    return replace(call, hold_s=call.hold_s + _seconds(call.held_at, at), held_at=None)


def _end_leg(call: Call, leg_id: str, at: datetime, outcome: str) -> Call:
    leg = next((one for one in call.legs if one.leg == leg_id and not one.ended_at), None)
    if leg is None:
        return call
    talked = _seconds(leg.connected_at, at) if leg.connected_at else 0.0
    return replace(_end_hold(call, at), legs=_with_leg(call, leg_id, ended_at=at, outcome=outcome), talk_s=round(call.talk_s + talked, 3))


def apply(call: Call, event: ev.CallEvent) -> Call:
    """`call` after `event`. Never raises for events in an odd order: a live system sees them."""
    call = _changed(call, event)
    return replace(call, status=MOVES.get((call.status, event.kind), call.status))


def _changed(call: Call, event: ev.CallEvent) -> Call:  # noqa: PLR0911, PLR0912 - one flat table of facts
    """What the caller did; the rest of the facts are about queues and agents."""
    match event:
        case ev.CallArrived():
            return replace(
                call,
                channel=event.channel,
                direction=event.direction,
                caller_number=event.caller_number,
                dialled_number=event.dialled_number,
                started_at=call.started_at or event.at,
            )
        case ev.CallAnswered():
            return replace(call, answered_at=call.answered_at or event.at)
        case ev.CallerMatched():
            return replace(call, candidate_ids=event.patient_ids)
        case ev.PatientChosen():
            return replace(call, patient_id=event.patient_id)
        case ev.LanguageChosen():
            return replace(call, language=event.language)
        case ev.NodeEntered():
            return replace(call, ivr_path=(*call.ivr_path, IvrStep(event.flow, event.version, event.node, event.at)))
        case ev.InputHeard():
            return replace(call, ivr_path=_left(call.ivr_path, event))
        case ev.SessionRecovered():
            return replace(call, recovered=call.recovered + 1)
        case ev.ServedByFallback():
            return replace(call, fallback=event.choice)
        case ev.CallMadeAnonymous():
            return _anonymous(call)
        case ev.MessageRecorded():
            return call if event.message_id in call.message_ids else replace(call, message_ids=(*call.message_ids, event.message_id))
        case ev.RecordingStarted():
            return replace(call, recording_file=call.recording_file or event.file)
        case ev.CallEnded():
            return _ended(call, event)
    return _served(call, event)


def _served(call: Call, event: ev.CallEvent) -> Call:  # noqa: PLR0911 - one flat table of facts
    """What queues and agents did."""
    match event:
        case ev.QueueJoined():
            return replace(call, queue=event.queue, queue_joined_at=event.at, queue_result="")
        case ev.QueueLeft():
            waited = call.wait_s + (event.wait_s or _seconds(call.queue_joined_at, event.at))
            return replace(call, queue_result=event.result, wait_s=round(waited, 3), queue_joined_at=None)
        case ev.AgentRinging():
            leg = AgentLeg(event.agent_id, event.leg, event.channel, event.queue, event.at)
            return replace(call, legs=(*(one for one in call.legs if one.leg != event.leg), leg))
        case ev.AgentRingEnded():
            return _end_leg(call, event.leg, event.at, event.outcome)
        case ev.AgentConnected():
            known = next((one for one in call.legs if one.leg == event.leg), None)
            rang_at = known.ringing_at if known else event.at
            leg = AgentLeg(event.agent_id, event.leg, event.channel, event.queue, rang_at, connected_at=event.at)
            return replace(call, legs=(*(one for one in call.legs if one.leg != event.leg), leg))
        case ev.CallHeld():
            return replace(call, held_at=call.held_at or event.at)
        case ev.CallResumed():
            return _end_hold(call, event.at)
        case ev.CallTransferred():
            return replace(_end_hold(call, event.at), transfers=call.transfers + 1)
        case ev.AgentDisconnected():
            return _end_leg(call, event.leg, event.at, "talked")
        case ev.DispositionRecorded():
            return replace(call, disposition=event.code, note=event.note)
    return call


def _left(path: tuple[IvrStep, ...], event: ev.InputHeard) -> tuple[IvrStep, ...]:
    """Where he is now, or the node that called the flow he comes back from."""
    for place in reversed(range(len(path))):
        step = path[place]
        if (step.flow, step.node) == (event.flow, event.node) and (place == len(path) - 1 or not step.exit):
            return (*path[:place], replace(step, exit=event.exit), *path[place + 1 :])
    return path


def _anonymous(call: Call) -> Call:
    """Without what could tell who called; the way through the menu stays."""
    blank = {"caller_number": "", "candidate_ids": (), "patient_id": None, "note": "", "recording_file": "", "message_ids": ()}
    return replace(call, anonymous=True, **blank)  # type: ignore[arg-type]


def _ended(call: Call, event: ev.CallEnded) -> Call:
    if call.ended_at:
        return call
    for leg in call.legs:
        if not leg.ended_at:
            call = _end_leg(call, leg.leg, event.at, "talked" if leg.connected_at else "caller_left")
    if call.queue_joined_at:
        call = replace(call, wait_s=round(call.wait_s + _seconds(call.queue_joined_at, event.at), 3), queue_joined_at=None, queue_result="abandoned")
    ended_at = max(event.at, call.started_at or event.at)
    return replace(_end_hold(call, event.at), ended_at=ended_at, hangup_cause=event.cause, lost=event.lost)


def fold(events: Iterable[ev.CallEvent]) -> Call:
    """The call these events tell, in their order. Raises ValueError when there are none."""
    call: Call | None = None
    for event in events:
        call = apply(call or Call(event.linkedid), event)
    if call is None:
        raise ValueError("a call needs at least one event")
    return call
