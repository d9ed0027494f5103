"""Call records and spoken messages as people read them.

In: filters, cursors, ids, whose reach. Out: plain values in the shapes of docs/api.md. Must not decide what of a number is seen.
Invariant: every list has the newest first, its total counts what its filter words mean, and its cursor is opaque.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, cast, func, or_, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import store_ask
from crm.engine.registry import registry
from crm.engine.search import condition
from crm.errors import InvalidValue, NotFound
from crm.models import CallEvent, CallRating, CallRecord, Patient, Recording, UserAccount, VoiceMessage
from crm.numbers import HOME, NumberPlan, normalise
from crm.patients.people import Page
from crm.principal import Principal


@dataclass(frozen=True, slots=True)
class Reach:
    """The calls of somebody who may not see all: those in which he talked and, of whoever sees a department, those that `limit` lets through."""

    agent_id: int
    limit: ColumnElement[bool] | None = None

    @property
    def condition(self) -> ColumnElement[bool]:
        own = CallRecord.agent_ids.contains([self.agent_id])
        return own if self.limit is None else or_(own, self.limit)


def reach_of(who: Principal) -> Reach | None:
    """None: every call."""
    scope = who.scope_of("call_record.read") if who.may("call_record.read") else "own"
    if scope == "hospital":
        return None
    limit = None if scope == "own" else store_ask.reach(registry().by_name["call_record"], registry(), who, "read")
    return Reach(who.id, limit)


@dataclass(frozen=True, slots=True)
class CallFilter:
    """What the list of calls is asked for; None and "" mean any. `only_agent`: calls within this reach, and no others.

    `flow`, `flow_version`, `node`, `exit`: all of one step of the way of a call that has ended; `left`: it was his last, and nobody talked with him.
    `whole_numbers`: who asks sees them; for anybody else part of a number finds nothing, as it would give away the rest.
    """

    since: datetime | None = None
    until: datetime | None = None
    queue: str = ""
    agent_id: int | None = None
    outcome: str = ""
    status: str = ""
    q: str = ""
    patient_id: int | None = None
    only_agent: Reach | None = None
    flow: str = ""
    flow_version: int | None = None
    node: str = ""
    exit: str = ""
    left: bool = False
    whole_numbers: bool = True


def _conditions(asked: CallFilter, plan: NumberPlan) -> list[ColumnElement[bool]]:
    tests: list[ColumnElement[bool]] = []
    if asked.since:
        tests.append(CallRecord.started_at >= asked.since)
    if asked.until:
        tests.append(CallRecord.started_at < asked.until)
    for column, value in ((CallRecord.queue, asked.queue), (CallRecord.outcome, asked.outcome), (CallRecord.status, asked.status)):
        if value:
            tests.append(column == value)
    if asked.agent_id is not None:
        tests.append(CallRecord.agent_ids.contains([asked.agent_id]))
    if asked.only_agent is not None:
        tests.append(asked.only_agent.condition)
    if asked.patient_id is not None:
        tests.append(CallRecord.patient_id == asked.patient_id)
    if asked.q.strip():
        tests.append(_words(asked.q, plan, asked.whole_numbers))
    return [*tests, *_way(asked)]


def _way(asked: CallFilter) -> list[ColumnElement[bool]]:
    named = {"flow": asked.flow, "version": asked.flow_version, "node": asked.node, "exit": asked.exit}
    step = {key: value for key, value in named.items() if value}
    if not step:
        return []
    tests = [CallRecord.status == "ended", cast(CallRecord.ivr_path, JSONB).contains([step])]
    if asked.left:
        tests += [cast(CallRecord.ivr_path, JSONB)[-1].op("@>")(cast(step, JSONB)), CallRecord.agent_ids == []]
    return tests


def _words(q: str, plan: NumberPlan, whole: bool) -> ColumnElement[bool]:
    people = select(Patient.id).where(condition(registry().by_name["patient"], q, plan, whole=whole))
    tests: list[ColumnElement[bool]] = [CallRecord.linkedid == q.strip(), CallRecord.patient_id.in_(people)]
    digits = "".join(one for one in q if one.isdigit())
    if len(digits) >= 3:
        tests.append(CallRecord.number == normalise(q, plan))
    if len(digits) >= 3 and whole:
        tests += [CallRecord.number.like(f"+{plan.country_calling_code}{digits}%"), CallRecord.number.like(f"{digits}%")]
    return or_(*tests)


# -- cursors ----------------------------------------------------------------------------------------------------------


def _cursor(at: datetime, key: object) -> str:
    return base64.urlsafe_b64encode(f"{at.astimezone(UTC).isoformat()}|{key}".encode()).decode()


def _place(cursor: str) -> tuple[datetime, str]:
    try:
        at, key = base64.urlsafe_b64decode(cursor.encode()).decode().split("|", 1)
        return datetime.fromisoformat(at), key
    except (ValueError, binascii.Error, UnicodeError) as wrong:
        raise InvalidValue("cursor", "is what an earlier list gave as `next`", "begin without a cursor") from wrong


# -- calls ------------------------------------------------------------------------------------------------------------


def _columns() -> Any:
    return (
        select(CallRecord, Patient.name, UserAccount.name, Recording)
        .outerjoin(Patient, Patient.id == CallRecord.patient_id)
        .outerjoin(UserAccount, UserAccount.id == CallRecord.agent_id)
        .outerjoin(Recording, Recording.linkedid == CallRecord.linkedid)
    )


async def find(session: AsyncSession, asked: CallFilter, *, cursor: str = "", limit: int = 50, plan: NumberPlan = HOME) -> Page:
    """Calls that fit, the newest first. Raises InvalidValue for a damaged cursor."""
    tests = _conditions(asked, plan)
    total = await session.scalar(select(func.count()).select_from(CallRecord).where(*tests)) or 0
    query = _columns().where(*tests).order_by(CallRecord.started_at.desc(), CallRecord.id.desc()).limit(limit + 1)
    if cursor:
        at, key = _place(cursor)
        if not key.isdigit():
            raise InvalidValue("cursor", "is what an earlier list gave as `next`", "begin without a cursor")
        query = query.where(tuple_(CallRecord.started_at, CallRecord.id) < (at, int(key)))
    rows = (await session.execute(query)).all()
    last = rows[limit - 1][0] if len(rows) > limit else None
    return Page([_as_json(*row) for row in rows[:limit]], _cursor(last.started_at, last.id) if last else None, total)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _as_json(call: CallRecord, patient: str | None, agent: str | None, recording: Recording | None) -> dict[str, Any]:
    there = recording is not None and bool(recording.file) and recording.purged_at is None
    problem = "" if recording is None else recording.problem or ("purged" if recording.purged_at else "")
    return {
        "id": call.id, "linkedid": call.linkedid, "direction": call.direction, "caller_number": call.number or call.caller_number,
        "dialled_number": call.dialled_number, "patient": {"id": call.patient_id, "name": patient} if patient is not None else None,
        "started_at": _iso(call.started_at), "answered_at": _iso(call.answered_at), "ended_at": _iso(call.ended_at), "queue": call.queue or None,
        "agent": {"id": call.agent_id, "name": agent or ""} if call.agent_id is not None else None, "outcome": call.outcome, "status": call.status,
        "wait_s": call.wait_s, "talk_s": call.talk_s, "ivr_path": call.ivr_path, "disposition": call.disposition or None, "anonymous": call.anonymous,
        "recording": {"available": there, "duration_s": recording.duration_s if recording else None, "problem": problem or None},
    }  # fmt: skip


async def one(session: AsyncSession, call_id: int, only: Reach | None = None) -> dict[str, Any]:
    """One call with its legs. Raises NotFound, also for a call of another agent."""
    call, patient, agent, recording = await _row(session, call_id, only)
    rating = await session.scalar(select(CallRating.score).where(CallRating.linkedid == call.linkedid))
    legs = [leg | {"agent": {"id": leg["agent_id"], "name": name}} for leg, name in await _named(session, call.legs)]
    return _as_json(call, patient, agent, recording) | {
        "legs": legs, "transfers": call.transfers, "hold_s": call.hold_s, "language": call.language, "recovered": call.recovered,
        "note": call.note or None, "fallback": call.fallback or None, "lost": call.lost, "hangup_cause": call.hangup_cause, "node": call.node,
        "queue_result": call.queue_result or None, "message_ids": call.message_ids, "candidate_ids": call.candidate_ids,
        "rating": rating,
    }  # fmt: skip


async def _row(session: AsyncSession, call_id: int, only: Reach | None) -> tuple[CallRecord, str | None, str | None, Recording | None]:
    query = _columns().where(CallRecord.id == call_id, *_conditions(CallFilter(only_agent=only), HOME))
    row: Any = (await session.execute(query)).first()
    if row is None:
        raise NotFound("call record")
    return row[0], row[1], row[2], row[3]


async def _named(session: AsyncSession, legs: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    ids = {leg["agent_id"] for leg in legs}
    names = dict((await session.execute(select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(ids)))).all()) if ids else {}
    return [(leg, names.get(leg["agent_id"], "")) for leg in legs]


async def timeline(session: AsyncSession, call_id: int, only: Reach | None = None) -> list[dict[str, Any]]:
    """The call's events as recorded. Raises NotFound."""
    call, *_ = await _row(session, call_id, only)
    query = select(CallEvent).where(CallEvent.linkedid == call.linkedid).order_by(CallEvent.n, CallEvent.node)
    rows = await session.scalars(query)
    return [{"seq": row.n, "at": _iso(row.at), "kind": row.kind, "data": row.data, "pii": row.pii or {}} for row in rows]


async def recording_of(session: AsyncSession, call_id: int, only: Reach | None = None) -> tuple[str, Recording]:
    """The call's linkedid and its kept recording. Raises NotFound when there is none to hear."""
    call, _, _, recording = await _row(session, call_id, only)
    if recording is None or not recording.file or recording.purged_at is not None:
        raise NotFound("recording")
    return call.linkedid, recording


# -- messages ---------------------------------------------------------------------------------------------------------


def _messages_of(who: Principal) -> list[ColumnElement[bool]]:
    """Those he may hear: of patients within his reach, and of callers whom nobody knows."""
    limit = store_ask.reach(registry().by_name["patient"], registry(), who, "read")
    if limit is None:
        return []
    beyond = select(CallRecord.id).join(Patient, Patient.id == CallRecord.patient_id)
    return [~beyond.where(CallRecord.linkedid == VoiceMessage.linkedid, limit.is_not(true())).exists()]


async def find_messages(session: AsyncSession, who: Principal, state: str = "", *, cursor: str = "", limit: int = 50) -> Page:
    """Spoken messages within his reach, the newest first. `state`: open | handled | "" for all."""
    tests = _messages_of(who)
    if state:
        tests.append(VoiceMessage.handled_at.is_(None) if state == "open" else VoiceMessage.handled_at.is_not(None))
    total = await session.scalar(select(func.count()).select_from(VoiceMessage).where(*tests)) or 0
    query = _messages().where(*tests).order_by(VoiceMessage.left_at.desc(), VoiceMessage.id.desc()).limit(limit + 1)
    if cursor:
        query = query.where(tuple_(VoiceMessage.left_at, VoiceMessage.id) < _place(cursor))
    rows = (await session.execute(query)).all()
    last = rows[limit - 1][0] if len(rows) > limit else None
    return Page([_message_json(*row) for row in rows[:limit]], _cursor(last.left_at, last.id) if last else None, total)


def _messages() -> Any:
    return (
        select(VoiceMessage, CallRecord.id, CallRecord.number, CallRecord.patient_id, Patient.name, UserAccount.name)
        .outerjoin(CallRecord, CallRecord.linkedid == VoiceMessage.linkedid)
        .outerjoin(Patient, Patient.id == CallRecord.patient_id)
        .outerjoin(UserAccount, UserAccount.id == VoiceMessage.handled_by)
    )


def _message_json(
    message: VoiceMessage, call_id: int | None, number: str | None, patient_id: int | None, patient: str | None, handler: str | None
) -> dict[str, Any]:
    return {
        "id": message.id, "purpose": message.purpose, "caller_number": number or "", "left_at": _iso(message.left_at),
        "patient": {"id": patient_id, "name": patient} if patient is not None else None, "duration_s": message.duration_s, "source": message.source,
        "handled_at": _iso(message.handled_at), "handled_by": {"id": message.handled_by, "name": handler or ""} if message.handled_by else None,
        "note": message.note or None, "call_record_id": call_id,
    }  # fmt: skip


async def message_number(session: AsyncSession, who: Principal, message_id: str) -> str:
    """Who left the message; empty when he withheld it. Raises NotFound for one beyond his reach, too."""
    query = select(CallRecord.number).select_from(VoiceMessage).outerjoin(CallRecord, CallRecord.linkedid == VoiceMessage.linkedid)
    found = (await session.execute(query.where(VoiceMessage.id == message_id, *_messages_of(who)))).first()
    if found is None:
        raise NotFound("message")
    return found[0] or ""


async def message_file(session: AsyncSession, who: Principal, message_id: str) -> str:
    """Where the message's audio is, relative to the recordings folder. Raises NotFound for one beyond his reach, too."""
    file = await session.scalar(select(VoiceMessage.file).where(VoiceMessage.id == message_id, *_messages_of(who)))
    if not file:
        raise NotFound("message")
    return file


async def handle_message(session: AsyncSession, message_id: str, who: Principal, note: str, at: datetime) -> dict[str, Any]:
    """Note who dealt with it and how; a second time the note is replaced, the first handler stays. Raises NotFound for one beyond his reach, too."""
    change = update(VoiceMessage).where(VoiceMessage.id == message_id, *_messages_of(who))
    first = {"handled_at": func.coalesce(VoiceMessage.handled_at, at), "handled_by": func.coalesce(VoiceMessage.handled_by, who.id)}
    await session.execute(change.values(note=note, **first).execution_options(synchronize_session=False))
    row = (await session.execute(_messages().where(VoiceMessage.id == message_id, *_messages_of(who)))).first()
    if row is None:
        raise NotFound("message")
    return _message_json(*row)


# -- days -------------------------------------------------------------------------------------------------------------


def start_of_day(zone: ZoneInfo, now: datetime) -> datetime:
    """Local midnight before `now`, in UTC."""
    return datetime.combine(now.astimezone(zone).date(), time(0), zone).astimezone(UTC)
