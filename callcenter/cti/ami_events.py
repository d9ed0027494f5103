"""Turns AMI messages into call events and notices.

In: messages in arrival order (`handle`). Out: frozen events from callcenter.events to `publish`, what concerns no call to `notice`.
With ami_resync the only module that knows AMI header names; how their values are read: ami_words. A message it does not understand is passed over.
Invariant: events are published only for channels of patients that it saw arrive or that were restored from what we knew.
Header meanings: docs.asterisk.org, "AMI Events"; which event proves what: docs/architecture.md.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from callcenter import events as ev
from callcenter.call import Call
from callcenter.cti.ami_parser import AmiMessage
from callcenter.cti.ami_words import agent_of, first, number, number_of, seconds
from callcenter.ports import Clock

PATIENT_CONTEXTS = frozenset({"hotline", "from-trunk", "visitors"})
WANTED = frozenset(
    {
        *("Newchannel", "Newstate", "Hangup", "QueueCallerJoin", "AgentCalled", "AgentConnect", "DialBegin", "DialEnd"),
        *("Hold", "Unhold", "MixMonitorStart", "UserEvent", "ContactStatus", "FullyBooted"),
    }
)
RING_OUTCOMES = {
    "BUSY": "refused",
    "CANCEL": "caller_left",
    "ABORT": "caller_left",
    "CHANUNAVAIL": "unreachable",
    "CONGESTION": "unreachable",
}
_REFUSED_CAUSES = frozenset({17, 21})
_ENDED_REMEMBERED = 2_000
_AGENT_AOR = re.compile(r"agent-([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class AgentReachable:
    """An agent's softphone registered, or is gone. It may be gone for seconds only, while the call lives on. `another`: not the one known before."""

    agent_id: int
    reachable: bool
    status: str
    another: bool = False


@dataclass(frozen=True, slots=True)
class TransferEnded:
    """A patient who was sent on arrived (`answered`) or did not (`transfer_failed`)."""

    linkedid: str
    result: str


@dataclass(frozen=True, slots=True)
class PatientHeld:
    """The dialplan plays music to a patient whose agent's line broke. `talk`: the number of his next conversation."""

    linkedid: str
    talk: str


Notice = AgentReachable | PatientHeld | TransferEnded


@dataclass(slots=True)
class Leg:
    """An agent's channel in a patient's call."""

    agent_id: int
    uniqueid: str
    channel: str
    linkedid: str
    queue: str = ""
    ringing_at: datetime | None = None
    connected: bool = False


@dataclass(slots=True)
class Patient:
    """A patient's channel. `queue` and `joined_at` stand while the wait has not been told to have ended."""

    linkedid: str
    answered: bool = False
    queue: str = ""
    joined_at: datetime | None = None
    legs: dict[str, Leg] = field(default_factory=dict)

    @property
    def state(self) -> tuple[object, ...]:
        """Changes whenever something happens to the call."""
        return self.answered, self.queue, self.joined_at, frozenset((leg.uniqueid, leg.connected) for leg in self.legs.values())


class AmiTranslator:
    """What Asterisk says -> what happened. One a link; survives reconnects through `restore`."""

    def __init__(self, node: str, clock: Clock, publish: Callable[[ev.Event], object], notice: Callable[[Notice], object]) -> None:
        self.node = node
        self._clock, self._publish, self._notice = clock, publish, notice
        self._patients: dict[str, Patient] = {}
        self._legs: dict[str, Leg] = {}
        self._contacts: dict[int, str] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._handlers: dict[str, Callable[[AmiMessage], None]] = {
            "Newchannel": self._new_channel,
            "Newstate": self._new_state,
            "Hangup": self._hangup,
            "QueueCallerJoin": self._queue_joined,
            "AgentCalled": self._agent_called,
            "AgentConnect": self._agent_connected,
            "DialBegin": self._dial_begun,
            "DialEnd": self._dial_ended,
            "Hold": self._held,
            "Unhold": self._resumed,
            "MixMonitorStart": self._recording_started,
            "UserEvent": self._user_event,
            "ContactStatus": self._contact_status,
            "FullyBooted": self._link_is_new,
        }

    def handle(self, message: AmiMessage) -> None:
        """Take one message."""
        handler = self._handlers.get(message.get("Event", ""))
        if handler is not None:
            handler(message)

    @property
    def patients(self) -> Mapping[str, Patient]:
        """What is believed to run, by linkedid."""
        return MappingProxyType(self._patients)

    def restore(self, calls: Iterable[Call]) -> None:
        """Forget everything and know exactly these running calls. For the start, before the link is up."""
        self._patients = {call.linkedid: patient_of(call) for call in calls}
        self._legs = {leg.uniqueid: leg for patient in self._patients.values() for leg in patient.legs.values()}

    def know(self, patient: Patient) -> None:
        """One running call that was found elsewhere."""
        self._patients[patient.linkedid] = patient
        self._legs.update(patient.legs)

    def learn(self, event: ev.CallEvent) -> None:
        """Know what somebody else found out and publishes."""
        if isinstance(event, ev.CallArrived):
            self._patients.setdefault(event.linkedid, Patient(event.linkedid))
        patient = self._patients.get(event.linkedid)
        if patient is None:
            return
        match event:
            case ev.CallAnswered():
                patient.answered = True
            case ev.QueueJoined():
                patient.queue, patient.joined_at = event.queue, event.at
            case ev.QueueLeft():
                patient.queue, patient.joined_at = "", None
            case ev.AgentRinging() | ev.AgentConnected():
                known = patient.legs.get(event.leg) or Leg(event.agent_id, event.leg, event.channel, event.linkedid, event.queue, event.at)
                known.connected = known.connected or isinstance(event, ev.AgentConnected)
                self._legs[event.leg] = patient.legs[event.leg] = known
            case ev.AgentRingEnded() | ev.AgentDisconnected():
                self._legs.pop(event.leg, None)
                patient.legs.pop(event.leg, None)
            case ev.CallEnded():
                for leg in self._patients.pop(event.linkedid).legs:
                    self._legs.pop(leg, None)

    def found_out(self, event: ev.CallEvent) -> bool:
        """Learn and publish what we did ourselves in a call. False: its patient has hung up; the bus may not have told that to everybody yet, and
        whatever came after it would begin again what that ends."""
        if event.linkedid not in self._patients:
            return False
        self.learn(event)
        self._publish(event)
        return True

    def has_ended(self, uniqueid: str) -> bool:
        """Whether this channel's Hangup was seen lately."""
        return uniqueid in self._ended

    # -- the patient's channel -----------------------------------------------------------------------------------------

    def _new_channel(self, message: AmiMessage) -> None:
        uniqueid, linkedid = message.get("Uniqueid", ""), message.get("Linkedid", "")
        agent_id = agent_of(message.get("Channel", ""))
        if agent_id is not None:
            self._leg_made(agent_id, message)
            return
        if uniqueid != linkedid or message.get("Context") not in PATIENT_CONTEXTS or uniqueid in self._patients:
            return
        self._patients[uniqueid] = Patient(uniqueid)
        self._publish(
            ev.CallArrived(
                at=self._clock.now(),
                linkedid=linkedid,
                uniqueid=uniqueid,
                channel=message.get("Channel", ""),
                caller_number=number_of(message.get("CallerIDNum", "")),
                dialled_number=message.get("Exten", ""),
            )
        )

    def _new_state(self, message: AmiMessage) -> None:
        patient = self._patients.get(message.get("Uniqueid", ""))
        if patient is not None and not patient.answered and message.get("ChannelState") == "6":
            patient.answered = True
            self._publish(ev.CallAnswered(at=self._clock.now(), linkedid=patient.linkedid))

    def _recording_started(self, message: AmiMessage) -> None:
        patient = self._patients.get(message.get("Uniqueid", ""))
        if patient is not None:
            self._publish(ev.RecordingStarted(at=self._clock.now(), linkedid=patient.linkedid, file=f"raw/{patient.linkedid}"))

    def _hangup(self, message: AmiMessage) -> None:
        uniqueid, cause = message.get("Uniqueid", ""), number(message.get("Cause"))
        self._ended[uniqueid] = None
        if len(self._ended) > _ENDED_REMEMBERED:
            self._ended.popitem(last=False)
        leg = self._legs.get(uniqueid)
        if leg is not None:
            self._leg_gone(leg, cause)
        patient = self._patients.get(uniqueid)
        if patient is not None:
            self._end_wait(patient, "abandoned")
            del self._patients[uniqueid]
            self._publish(ev.CallEnded(at=self._clock.now(), linkedid=uniqueid, cause=cause, cause_text=message.get("Cause-txt", "")))

    # -- waiting -------------------------------------------------------------------------------------------------------

    def _queue_joined(self, message: AmiMessage) -> None:
        patient = self._patients.get(message.get("Uniqueid", ""))
        if patient is None:
            return
        self._end_wait(patient, "redirected")
        patient.queue, patient.joined_at = message.get("Queue", ""), self._clock.now()
        self._publish(ev.QueueJoined(at=patient.joined_at, linkedid=patient.linkedid, queue=patient.queue, position=number(message.get("Position"))))

    def _end_wait(self, patient: Patient, result: str) -> None:
        if patient.joined_at is None:
            return
        now = self._clock.now()
        waited = seconds(patient.joined_at, now)
        queue, patient.queue, patient.joined_at = patient.queue, "", None
        self._publish(ev.QueueLeft(at=now, linkedid=patient.linkedid, queue=queue, result=result, wait_s=waited))

    # -- agents' legs --------------------------------------------------------------------------------------------------

    def _leg_made(self, agent_id: int, message: AmiMessage) -> None:
        """A queue is about to ring an agent for a caller who waits in it. The dialplan holds the ring back for a moment, until his desk shows it."""
        patient, uniqueid = self._patients.get(message.get("Linkedid", "")), message.get("Uniqueid", "")
        if patient is not None and patient.joined_at is not None:
            self._rings(patient, agent_id, uniqueid, message.get("Channel", ""), patient.queue)

    def _agent_called(self, message: AmiMessage) -> None:
        self._ring(message, message.get("Queue", ""))

    def _dial_begun(self, message: AmiMessage) -> None:
        """A transfer rings an agent; a queue's own dialling is told by AgentCalled."""
        patient = self._patients.get(message.get("Uniqueid", ""))
        if patient is not None and patient.joined_at is None:
            self._ring(message, "")

    def _ring(self, message: AmiMessage, queue: str) -> None:
        patient = self._patients.get(message.get("Uniqueid", ""))
        agent_id = agent_of(message.get("DestChannel", ""))
        if patient is not None and agent_id is not None:
            self._rings(patient, agent_id, message.get("DestUniqueid", ""), message.get("DestChannel", ""), queue)

    def _rings(self, patient: Patient, agent_id: int, uniqueid: str, channel: str, queue: str) -> None:
        if uniqueid in self._legs or uniqueid in self._ended:
            return
        leg = Leg(agent_id, uniqueid, channel, patient.linkedid, queue, self._clock.now())
        self._legs[uniqueid] = patient.legs[uniqueid] = leg
        self._publish(
            ev.AgentRinging(at=self._clock.now(), linkedid=patient.linkedid, agent_id=agent_id, leg=uniqueid, channel=leg.channel, queue=queue)
        )

    def _agent_connected(self, message: AmiMessage) -> None:
        self._ring(message, message.get("Queue", ""))
        leg = self._legs.get(message.get("DestUniqueid", ""))
        if leg is not None:
            self._connect(leg)

    def _dial_ended(self, message: AmiMessage) -> None:
        leg = self._legs.get(message.get("DestUniqueid", ""))
        if leg is None or leg.connected:
            return
        status = message.get("DialStatus", "")
        if status != "ANSWER":
            self._end_ring(leg, RING_OUTCOMES.get(status, "no_answer"))
        elif not leg.queue:
            self._connect(leg)

    def _connect(self, leg: Leg) -> None:
        if leg.connected:
            return
        leg.connected = True
        now, patient = self._clock.now(), self._patients.get(leg.linkedid)
        waited = seconds(patient.joined_at, now) if patient else 0.0
        if patient is not None:
            self._end_wait(patient, "answered")
        self._publish(
            ev.AgentConnected(
                at=now,
                linkedid=leg.linkedid,
                agent_id=leg.agent_id,
                leg=leg.uniqueid,
                channel=leg.channel,
                queue=leg.queue,
                ring_s=seconds(leg.ringing_at, now),
                wait_s=waited,
            )
        )

    def _end_ring(self, leg: Leg, outcome: str) -> None:
        self._forget(leg)
        now = self._clock.now()
        self._publish(
            ev.AgentRingEnded(
                at=now, linkedid=leg.linkedid, agent_id=leg.agent_id, leg=leg.uniqueid, outcome=outcome, ring_s=seconds(leg.ringing_at, now)
            )
        )

    def _leg_gone(self, leg: Leg, cause: int) -> None:
        if not leg.connected:
            self._end_ring(leg, "refused" if cause in _REFUSED_CAUSES else "no_answer")
            return
        self._forget(leg)
        self._publish(ev.AgentDisconnected(at=self._clock.now(), linkedid=leg.linkedid, agent_id=leg.agent_id, leg=leg.uniqueid, cause=cause))

    def _forget(self, leg: Leg) -> None:
        self._legs.pop(leg.uniqueid, None)
        patient = self._patients.get(leg.linkedid)
        if patient is not None:
            patient.legs.pop(leg.uniqueid, None)

    def _held(self, message: AmiMessage) -> None:
        leg = self._legs.get(message.get("Uniqueid", ""))
        if leg is not None and leg.connected:
            self._publish(ev.CallHeld(at=self._clock.now(), linkedid=leg.linkedid, agent_id=leg.agent_id))

    def _resumed(self, message: AmiMessage) -> None:
        leg = self._legs.get(message.get("Uniqueid", ""))
        if leg is not None and leg.connected:
            self._publish(ev.CallResumed(at=self._clock.now(), linkedid=leg.linkedid, agent_id=leg.agent_id))

    # -- what our dialplan says, and what concerns no call --------------------------------------------------------------

    def _user_event(self, message: AmiMessage) -> None:
        if message.get("UserEvent") == "Rejoined":
            self._rejoined(message)
            return
        patient = self._patients.get(first(message.get("Uniqueid", "")))
        if patient is None:
            return
        match message.get("UserEvent"):
            case "ServedByFallback":
                choice = message.get("Choice", "") or "none"
                self._publish(ev.ServedByFallback(at=self._clock.now(), linkedid=patient.linkedid, choice=choice))
            case "QueueEnded":
                self._end_wait(patient, message.get("Result", "") or "failed")
            case "TransferEnded":
                self._notice(TransferEnded(patient.linkedid, message.get("Result", "")))
            case "PatientHeld":
                self._notice(PatientHeld(patient.linkedid, message.get("Talk", "")))

    def _rejoined(self, message: AmiMessage) -> None:
        """The agent whose line broke has answered again; his new leg was told of when it was rung. The patient may have hung up meanwhile."""
        leg = self._legs.get(message.get("Leg", ""))
        if leg is not None and leg.linkedid in self._patients:
            leg.channel = message.get("LegChannel", "")
            self._connect(leg)

    def _contact_status(self, message: AmiMessage) -> None:
        """A page that is loaded anew registers before Asterisk removes the contact of the old one: that removal means nothing."""
        agent = _AGENT_AOR.fullmatch(message.get("AOR", ""))
        if agent is None:
            return
        agent_id, status, uri = int(agent[1]), message.get("ContactStatus", ""), message.get("URI", "")
        reachable, before = status not in ("Removed", "Unreachable"), self._contacts.get(agent_id, uri)
        if reachable:
            self._contacts[agent_id] = uri
        if reachable or before == uri:
            self._notice(AgentReachable(agent_id, reachable, status, before != uri))

    def _link_is_new(self, _message: AmiMessage) -> None:
        """What the phones did before is not known."""
        self._contacts.clear()


def patient_of(call: Call) -> Patient:
    """A running call as the translator knows it."""
    waiting = call.queue_joined_at is not None
    patient = Patient(call.linkedid, call.answered_at is not None, call.queue if waiting else "", call.queue_joined_at)
    for one in call.legs:
        if one.ended_at is None:
            connected = one.connected_at is not None
            patient.legs[one.leg] = Leg(one.agent_id, one.leg, one.channel, call.linkedid, one.queue, one.ringing_at, connected)
    return patient
