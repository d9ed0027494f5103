"""Compares Asterisk's channels and queues with the calls we believe to run, and tells what happened while nobody listened.

In: an AMI link that is up, our running calls. Out: events that close what is gone, adopt what is there and mend what changed, in order.
Must not close a call that arrived, or adopt one that ended, while Asterisk was being asked.
Invariant: when its events are applied to the calls, asking again gives none. List actions: CoreShowChannels, QueueStatus.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from callcenter import events as ev
from callcenter.call import Call
from callcenter.cti.ami_events import AmiTranslator, Leg, Patient, patient_of
from callcenter.cti.ami_parser import AmiMessage
from callcenter.cti.ami_words import agent_of, number, number_of, seconds
from callcenter.ports import Clock

_PATIENT_CHANNEL = re.compile(r"PJSIP/(?:trunk|visitor-\d+)-[0-9a-f]+")
UNKNOWN_CAUSE = 0
ROUNDS = 3


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
    """Events to publish; the translator knows them already. Raises AsteriskUnavailable.

    A call to which something happened while Asterisk was asked is told by its own events; it is asked about again.
    """
    found: list[ev.CallEvent] = []
    for _ in range(ROUNDS):
        for key, call in live.items():
            if key not in translator.patients and not translator.has_ended(key) and call.ended_at is None:
                translator.know(patient_of(call))
        before = {key: patient.state for key, patient in translator.patients.items()}
        seen = await look(link, clock)
        known = dict(translator.patients)
        quiet = {key for key, one in known.items() if before.get(key) == one.state}
        channels = {key: one for key, one in seen.channels.items() if not translator.has_ended(key)}
        for event in compare(Seen(seen.at, channels, seen.waiting), known, quiet, is_recorded):
            translator.learn(event)
            found.append(event)
        if len(quiet) == len(known):
            break
    return found


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


def compare(
    seen: Seen, known: Mapping[str, Patient], quiet: Container[str] | None = None, is_recorded: Callable[[str], bool] = lambda _: False
) -> list[ev.CallEvent]:
    """What happened, as far as the difference tells. `quiet`: the known calls it may judge, None for all."""
    found: list[ev.CallEvent] = []
    for patient in known.values():
        if patient.linkedid not in seen.channels and (quiet is None or patient.linkedid in quiet):
            found += _vanished(patient, seen.at)
    for channel in seen.patients():
        patient = known.get(channel.uniqueid)
        if patient is None:
            found += _adopted(channel, is_recorded)
        elif quiet is not None and patient.linkedid not in quiet:
            continue
        found += _mended(channel, patient or Patient(channel.uniqueid), seen)
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


def _vanished(patient: Patient, at: datetime) -> list[ev.CallEvent]:
    """The patient's channel is gone, with everything that hung on it."""
    found: list[ev.CallEvent] = [_leg_gone(leg, at, "caller_left") for leg in patient.legs.values()]
    if patient.joined_at is not None:
        found.append(_left(patient, at, "abandoned"))
    return [*found, ev.CallEnded(at=at, linkedid=patient.linkedid, cause=UNKNOWN_CAUSE, cause_text="lost", lost=True)]


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


def _mended(channel: ChannelSeen, patient: Patient, seen: Seen) -> list[ev.CallEvent]:
    """A call that runs: its answer, its wait and its agents' legs as they are now."""
    found: list[ev.CallEvent] = []
    if channel.up and not patient.answered:
        found.append(ev.CallAnswered(at=channel.since, linkedid=patient.linkedid))
    found += [_leg_gone(leg, seen.at, "no_answer") for leg in patient.legs.values() if leg.uniqueid not in seen.channels]
    legs = list(seen.legs_of(patient.linkedid))
    talking = {one.uniqueid for _, one in legs if one.up and one.bridge and one.bridge == channel.bridge}
    wait = seen.waiting.get(patient.linkedid)
    if patient.joined_at is not None and (wait is None or wait.queue != patient.queue):
        found.append(_left(patient, seen.at, "answered" if talking else "redirected"))
    if wait is not None and wait.queue != patient.queue:
        found.append(ev.QueueJoined(at=wait.since, linkedid=patient.linkedid, queue=wait.queue, position=wait.position))
    queue = wait.queue if wait else patient.queue
    for agent_id, one in legs:
        found += _leg_found(patient, queue, agent_id, one, talks=one.uniqueid in talking, at=seen.at)
    return found


def _leg_found(patient: Patient, queue: str, agent_id: int, one: ChannelSeen, *, talks: bool, at: datetime) -> list[ev.CallEvent]:
    known = patient.legs.get(one.uniqueid)
    if known is not None and (known.connected or not talks):
        return []
    leg: dict[str, Any] = {"linkedid": patient.linkedid, "agent_id": agent_id, "leg": one.uniqueid, "channel": one.channel, "queue": queue}
    found: list[ev.CallEvent] = [] if known is not None else [ev.AgentRinging(at=one.since, **leg)]
    return [*found, ev.AgentConnected(at=at, **leg)] if talks else found


def _leg_gone(leg: Leg, at: datetime, outcome: str) -> ev.CallEvent:
    about: dict[str, Any] = {"at": at, "linkedid": leg.linkedid, "agent_id": leg.agent_id, "leg": leg.uniqueid}
    if leg.connected:
        return ev.AgentDisconnected(**about, cause=UNKNOWN_CAUSE)
    return ev.AgentRingEnded(**about, outcome=outcome, ring_s=seconds(leg.ringing_at, at))


def _left(patient: Patient, at: datetime, result: str) -> ev.CallEvent:
    return ev.QueueLeft(at=at, linkedid=patient.linkedid, queue=patient.queue, result=result, wait_s=seconds(patient.joined_at, at))
