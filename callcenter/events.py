"""What happened: frozen facts in past tense. Pure.

In: constructed by the AMI and AGI edges, the session, the agent desk. Out: journal, live state, screen-pop, board, database.
A call's events share `linkedid` (Asterisk's id of the patient's channel); a field marked `pii` is stored in a column of its own that
can be erased, and never logged. `as_record` and `from_record` are exact inverses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar, TypeVar


def pii(default: Any = "") -> Any:
    """A field that may identify a person."""
    return field(default=default, metadata={"pii": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Anything that happened, at a moment in UTC."""

    kind: ClassVar[str] = ""
    at: datetime

    @property
    def stream(self) -> str:
        """Events of one stream are handled strictly in order."""
        return ""


E = TypeVar("E", bound=Event)
KINDS: dict[str, type[Event]] = {}


def _known(cls: type[E]) -> type[E]:
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_")
    cls.kind = words
    KINDS[words] = cls
    return cls


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent(Event):
    """Something that happened to one call."""

    linkedid: str

    @property
    def stream(self) -> str:
        return self.linkedid


# -- arrival and the visit to the IVR ---------------------------------------------------------------------------------


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class CallArrived(CallEvent):
    """A patient's channel came into being. `adopted`: found already running after a restart of ours."""

    uniqueid: str
    channel: str
    direction: str = "inbound"
    caller_number: str = pii()
    dialled_number: str = ""
    adopted: bool = False


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(CallEvent):
    """Our side picked up: the patient hears us from here."""


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class CallerMatched(CallEvent):
    """The number belongs to these people (0, 1 or several ids)."""

    patient_ids: tuple[int, ...]


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class PatientChosen(CallEvent):
    """One person was settled on. `how`: number | agent | digits | new_file."""

    patient_id: int
    how: str
    agent_id: int | None = None


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChosen(CallEvent):
    """From here prompts are spoken in `language` (zh | en)."""

    language: str


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class NodeEntered(CallEvent):
    """The caller reached a node of a flow."""

    flow: str
    version: int
    node: str


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class InputHeard(CallEvent):
    """The caller left a node by `exit`; the keys themselves are personal."""

    flow: str
    node: str
    exit: str
    digits: str = pii()


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecovered(CallEvent):
    """A new controller took the caller over where the last one left him."""

    attempt: int
    node: str


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class ServedByFallback(CallEvent):
    """The controller was away; the local script served the caller. `choice`: queue | message | none."""

    choice: str


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class CallMadeAnonymous(CallEvent):
    """From here nothing of this call may tell who called: number, people, keys pressed and sound so far are erased everywhere."""


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecorded(CallEvent):
    """The caller left a spoken message. `file` is relative to the recordings folder."""

    message_id: str
    purpose: str
    file: str
    duration_s: float
    source: str = "ivr"


# -- queue and agents -------------------------------------------------------------------------------------------------


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class QueueJoined(CallEvent):
    """The caller waits in `queue`."""

    queue: str
    position: int
    priority: int = 0


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLeft(CallEvent):
    """The caller no longer waits. `result`: answered | timeout | full | no_agent | abandoned | agent_lost | redirected."""

    queue: str
    result: str
    wait_s: float


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRinging(CallEvent):
    """The queue (or a transfer) offered the call to an agent; `leg` is the uniqueid of the agent's channel."""

    agent_id: int
    leg: str
    channel: str
    queue: str = ""


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRingEnded(CallEvent):
    """The offer ended without a conversation. `outcome`: no_answer | refused | caller_left | unreachable."""

    agent_id: int
    leg: str
    outcome: str
    ring_s: float = 0.0


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConnected(CallEvent):
    """Patient and agent hear each other."""

    agent_id: int
    leg: str
    channel: str
    queue: str = ""
    ring_s: float = 0.0
    wait_s: float = 0.0


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld(CallEvent):
    """The patient hears music."""

    agent_id: int


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class CallResumed(CallEvent):
    """The patient is back from hold."""

    agent_id: int


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class CallTransferred(CallEvent):
    """An agent sent the patient on. `target_kind`: queue | agent."""

    agent_id: int
    target_kind: str
    target: str


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDisconnected(CallEvent):
    """The agent's leg is gone (Hangup of it, never AgentComplete). `cause` is the Q.850 hangup cause; 44 = its media died."""

    agent_id: int
    leg: str
    cause: int


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionRecorded(CallEvent):
    """The agent closed his work on the call."""

    agent_id: int
    code: str
    note: str = pii()
    next_contact_on: str = ""


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeRead(CallEvent):
    """The agent opened an entry of the knowledge base for the call. `entry`: article or answer; `text`: an answer's words (it has no versions)."""

    agent_id: int
    entry: str
    entry_id: int
    version: int
    title: str
    text: str = ""


# -- recording and the end --------------------------------------------------------------------------------------------


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted(CallEvent):
    """Both directions of the patient's channel are being written; `file` is relative to the recordings folder, without suffix."""

    file: str


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CallEvent):
    """The patient's channel is gone. `lost`: Asterisk died under it, or it vanished while we were away."""

    cause: int
    cause_text: str = ""
    lost: bool = False


# -- agents, apart from a call ----------------------------------------------------------------------------------------


@_known
@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStateChanged(Event):
    """An agent moved between available, ringing, talking, wrap_up, paused, offline. `until`: when wrap-up ends by itself."""

    agent_id: int
    state: str
    previous: str
    reason: str = ""
    linkedid: str = ""
    until: datetime | None = None
    by: str = "agent"

    @property
    def stream(self) -> str:
        return f"agent:{self.agent_id}"


# -- storage form -----------------------------------------------------------------------------------------------------


def as_record(event: Event) -> dict[str, Any]:
    """`{"kind", "at", "linkedid"?, "data", "pii"?}` with JSON values only."""
    data: dict[str, Any] = {}
    personal: dict[str, Any] = {}
    record: dict[str, Any] = {"kind": event.kind, "at": event.at.isoformat()}
    for one in fields(event):
        value = getattr(event, one.name)
        if one.name == "at":
            continue
        if one.name == "linkedid" and isinstance(event, CallEvent):
            record["linkedid"] = value
            continue
        if isinstance(value, datetime):
            value = value.isoformat()
        elif isinstance(value, tuple):
            value = list(value)
        (personal if one.metadata.get("pii") else data)[one.name] = value
    record["data"] = data
    if personal:
        record["pii"] = personal
    return record


def from_record(record: Mapping[str, Any]) -> Event:
    """The event that `as_record` wrote. Erased personal values come back as their defaults. Raises KeyError for an unknown kind."""
    cls = KINDS[record["kind"]]
    values = dict(record["data"]) | dict(record.get("pii") or {})
    for one in fields(cls):
        if one.name in values and isinstance(values[one.name], list):
            values[one.name] = tuple(values[one.name])
        if one.name == "until" and isinstance(until := values.get("until"), str):
            values["until"] = datetime.fromisoformat(until)
    if "linkedid" in record:
        values["linkedid"] = record["linkedid"]
    return cls(at=datetime.fromisoformat(record["at"]), **values)
