"""Compares Asterisk's channels and queues with the calls we believe to run, and tells what happened while nobody listened.

In: an AMI link that is up, our running calls. Out: events that close what is gone, adopt what is there and mend what changed, in order.
Must not close a call that arrived, or adopt one that ended, while Asterisk was being asked.
Invariant: when its events are applied to the calls, asking again gives none. List actions: CoreShowChannels, QueueStatus.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from callcenter import events as ev
from callcenter.call import AgentLeg, Call
from callcenter.cti.ami_events import AmiTranslator, agent_of, number, number_of, seconds
from callcenter.cti.ami_parser import AmiMessage
from callcenter.ports import Clock

_PATIENT_CHANNEL = re.compile(r"PJSIP/(?:trunk|visitor-\d+)-[0-9a-f]+")
_RUNNING_CAUSE = 0


class Lists(Protocol):
    """What resync needs of AmiLink."""

    async def collect(self, action: str, end_event: str, **headers: object) -> list[AmiMessage]: ...


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """One row of CoreShowChannels."""

    uniqueid: str
    linkedid: str
    channel: str
    up: bool
    bridge: str
    caller_number: str
    exten: str
    since: datetime


@dataclass(frozen=True, slots=True)
class WaitSeen:
    """One caller in a queue."""

    queue: str
    position: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """Asterisk as it was when it was asked."""

    at: datetime
    channels: Mapping[str, ChannelSeen] = field(default_factory=dict)
    waiting: Mapping[str, WaitSeen] = field(default_factory=dict)

    def patients(self) -> Iterable[ChannelSeen]:
        """Channels of patients, the oldest first."""
        return (one for one in sorted(self.channels.values(), key=lambda one: one.since) if _PATIENT_CHANNEL.fullmatch(one.channel))

    def legs_of(self, linkedid: str) -> Iterable[tuple[int, ChannelSeen]]:
        """Agents' channels in this call."""
        for one in self.channels.values():
            agent_id = agent_of(one.channel)
            if one.linkedid == linkedid and one.uniqueid != linkedid and agent_id is not None:
                yield agent_id, one


async def resync(
    link: Lists, translator: AmiTranslator, live: Mapping[str, Call], clock: Clock, is_recorded: Callable[[str], bool] = lambda _: False
) -> list[ev.CallEvent]:
    """Events to publish, before `translator.restore` is given the calls they lead to. Raises AsteriskUnavailable."""
    before = set(live)
    seen = await look(link, clock)
    seen = Seen(seen.at, {key: one for key, one in seen.channels.items() if not translator.has_ended(key)}, seen.waiting)
    return compare(seen, {key: call for key, call in live.items() if key in before or key in seen.channels}, is_recorded)


async def look(link: Lists, clock: Clock) -> Seen:
    """Ask Asterisk."""
    channels = await link.collect("CoreShowChannels", "CoreShowChannelsComplete")
    entries = await link.collect("QueueStatus", "QueueStatusComplete")
    now = clock.now()
    rows = [_channel(row, now) for row in channels if row.get("Event") == "CoreShowChannel"]
    waits = {
        row.get("Uniqueid", ""): WaitSeen(row.get("Queue", ""), number(row.get("Position")), now - timedelta(seconds=number(row.get("Wait"))))
        for row in entries
        if row.get("Event") == "QueueEntry"
    }
    return Seen(now, {row.uniqueid: row for row in rows}, waits)


def compare(seen: Seen, live: Mapping[str, Call], is_recorded: Callable[[str], bool] = lambda _: False) -> list[ev.CallEvent]:
    """What happened, as far as the difference tells."""
    found: list[ev.CallEvent] = []
    for call in live.values():
        if call.linkedid not in seen.channels:
            found += _vanished(call, seen.at)
    for patient in seen.patients():
        call = live.get(patient.uniqueid)
        if call is None:
            found += _adopted(patient, is_recorded)
        found += _mended(patient, call or Call(patient.uniqueid), seen)
    return found


def _channel(row: AmiMessage, now: datetime) -> ChannelSeen:
    hours, minutes, secs = (number(part) for part in (row.get("Duration", "") or "0:0:0").split(":"))
    return ChannelSeen(
        uniqueid=row.get("Uniqueid", ""),
        linkedid=row.get("Linkedid", ""),
        channel=row.get("Channel", ""),
        up=row.get("ChannelState") == "6",
        bridge=row.get("BridgeId", ""),
        caller_number=number_of(row.get("CallerIDNum", "")),
        exten=row.get("Exten", ""),
        since=now - timedelta(hours=hours, minutes=minutes, seconds=secs),
    )


def _vanished(call: Call, at: datetime) -> list[ev.CallEvent]:
    """The patient's channel is gone, with everything that hung on it."""
    found: list[ev.CallEvent] = [_leg_gone(call, leg, at, "caller_left") for leg in call.legs if leg.ended_at is None]
    if call.queue_joined_at is not None:
        found.append(_left(call, at, "abandoned"))
    return [*found, ev.CallEnded(at=at, linkedid=call.linkedid, cause=_RUNNING_CAUSE, cause_text="lost", lost=True)]


def _adopted(patient: ChannelSeen, is_recorded: Callable[[str], bool]) -> list[ev.CallEvent]:
    dialled = patient.exten if patient.exten.lstrip("+").isdigit() else ""
    arrived = ev.CallArrived(
        at=patient.since,
        linkedid=patient.uniqueid,
        uniqueid=patient.uniqueid,
        channel=patient.channel,
        caller_number=patient.caller_number,
        dialled_number=dialled,
        adopted=True,
    )
    if not is_recorded(patient.uniqueid):
        return [arrived]
    return [arrived, ev.RecordingStarted(at=patient.since, linkedid=patient.uniqueid, file=f"raw/{patient.uniqueid}")]


def _mended(patient: ChannelSeen, call: Call, seen: Seen) -> list[ev.CallEvent]:
    """A call that runs: its answer, its wait and its agents' legs as they are now."""
    found: list[ev.CallEvent] = []
    if patient.up and call.answered_at is None:
        found.append(ev.CallAnswered(at=patient.since, linkedid=patient.uniqueid))
    found += [_leg_gone(call, leg, seen.at, "no_answer") for leg in call.legs if leg.ended_at is None and leg.leg not in seen.channels]
    legs = [(agent_id, one, _state_of(call, one)) for agent_id, one in seen.legs_of(patient.uniqueid)]
    talking = [one for _, one, _ in legs if one.up and one.bridge and one.bridge == patient.bridge]
    wait = seen.waiting.get(patient.uniqueid)
    if call.queue_joined_at is not None and (wait is None or wait.queue != call.queue):
        found.append(_left(call, seen.at, "answered" if talking else "redirected"))
    if wait is not None and (call.queue_joined_at is None or wait.queue != call.queue):
        found.append(ev.QueueJoined(at=wait.since, linkedid=patient.uniqueid, queue=wait.queue, position=wait.position))
    queue = wait.queue if wait else call.queue
    for agent_id, one, known in legs:
        found += _leg_found(patient.uniqueid, queue, agent_id, one, known, talks=one in talking, at=seen.at)
    return found


def _state_of(call: Call, channel: ChannelSeen) -> AgentLeg | None:
    return next((leg for leg in call.legs if leg.leg == channel.uniqueid and leg.ended_at is None), None)


def _leg_found(
    linkedid: str, queue: str, agent_id: int, one: ChannelSeen, known: AgentLeg | None, *, talks: bool, at: datetime
) -> list[ev.CallEvent]:
    found: list[ev.CallEvent] = []
    if known is None:
        found.append(ev.AgentRinging(at=one.since, linkedid=linkedid, agent_id=agent_id, leg=one.uniqueid, channel=one.channel, queue=queue))
    if talks and (known is None or known.connected_at is None):
        found.append(ev.AgentConnected(at=at, linkedid=linkedid, agent_id=agent_id, leg=one.uniqueid, channel=one.channel, queue=queue))
    return found


def _leg_gone(call: Call, leg: AgentLeg, at: datetime, outcome: str) -> ev.CallEvent:
    if leg.connected_at is not None:
        return ev.AgentDisconnected(at=at, linkedid=call.linkedid, agent_id=leg.agent_id, leg=leg.leg, cause=_RUNNING_CAUSE)
    return ev.AgentRingEnded(
        at=at, linkedid=call.linkedid, agent_id=leg.agent_id, leg=leg.leg, outcome=outcome, ring_s=seconds(leg.ringing_at, at)
    )


def _left(call: Call, at: datetime, result: str) -> ev.CallEvent:
    return ev.QueueLeft(at=at, linkedid=call.linkedid, queue=call.queue, result=result, wait_s=seconds(call.queue_joined_at, at))
