"""Conduct reports: who called is forgotten, what was said waits sealed for its officers, a code leads the reporter to their answer.

In: linkedids to forget; digests of references and codes; officers' keys. Out: rows and plain values. Must not open a seal, know a code or keep a
number. Invariant: `forget_callers` run twice leaves the same; a report is stored once for each `ref`; a wrong code costs the same as a right one.
Rights and limits: docs/security.md, "Conduct reports".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine import audit
from crm.errors import InvalidValue, NotFound, WrongState
from crm.models import Base, CallerLanguage, CallEvent, CallRecord, ConductGuess, ConductKey, ConductReport, IvrAct, UserAccount, VoiceMessage

READ, CHANGE = "conduct_report.read", "conduct_report.change"
PURPOSE = "conduct_report"
STATES = ("received", "inquiry", "closed")
MOVES: Mapping[str, frozenset[str]] = {
    "received": frozenset({"received", "inquiry", "closed"}),
    "inquiry": frozenset({"inquiry", "closed"}),
    "closed": frozenset({"closed", "inquiry"}),
}
GUESSES_AN_HOUR = 60
ANSWER_MAX, NOTE_MAX = 500, 5000
_TOLD_WHO = ("caller_matched", "patient_chosen", "recording_started")
# Tables whose rows of the call go; in every other table with a linkedid the row stays and no longer says in which call it came to be.
REMOVED_WITH_CALL = frozenset({"identity_attempt", "call_person"})
FACTS_OF_CALL = frozenset({"call_event", "call_record", "recording", "voice_message", "agent_state_log", "call_rating"})


# -- the call ----------------------------------------------------------------------------------------------------------


async def forget_callers(session: AsyncSession, linkedids: Collection[str]) -> None:
    """Erase what stored events tell of who called, the messages he left before, and the language kept for his number in this call."""
    record = select(CallRecord.number).where(CallRecord.linkedid.in_(linkedids), CallRecord.number != "")
    begun = select(func.min(CallRecord.started_at)).where(CallRecord.linkedid.in_(linkedids)).scalar_subquery()
    await session.execute(delete(CallerLanguage).where(CallerLanguage.number.in_(record), CallerLanguage.chosen_at >= begun))
    of_call = CallEvent.linkedid.in_(linkedids)
    earlier_words = (CallEvent.kind == "message_recorded") & (CallEvent.data["purpose"].astext != PURPOSE)
    await session.execute(delete(CallEvent).where(of_call, CallEvent.kind.in_(_TOLD_WHO) | earlier_words))
    await session.execute(update(CallEvent).where(of_call, CallEvent.pii.is_not(None)).values(pii=None))
    await session.execute(delete(VoiceMessage).where(VoiceMessage.linkedid.in_(linkedids), VoiceMessage.purpose != PURPOSE))
    await _unlink(session, linkedids)
    for linkedid in linkedids:
        await session.execute(delete(IvrAct).where(IvrAct.key.startswith(f"{linkedid}-", autoescape=True)))


async def _unlink(session: AsyncSession, linkedids: Collection[str]) -> None:
    for table in Base.metadata.sorted_tables:
        column = table.columns.get("linkedid")
        if column is None or table.name in FACTS_OF_CALL:
            continue
        of_call = column.in_(linkedids)
        unlinked = update(table).where(of_call).values(linkedid=None if column.nullable else "")
        await session.execute(delete(table).where(of_call) if table.name in REMOVED_WITH_CALL else unlinked)


async def forget_language(session: AsyncSession, number: str, since: datetime) -> None:
    """The language that was chosen from `number` in a call that began at `since`."""
    await session.execute(delete(CallerLanguage).where(CallerLanguage.number == number, CallerLanguage.chosen_at >= since))


# -- reports -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewReport:
    """One sealed report. `ref` names it for whoever comes back with the same message; nothing leads from it to the call."""

    ref: bytes
    code_hash: bytes
    file: str
    duration_s: float
    language: str
    received_at: datetime


async def code_taken(session: AsyncSession, code_hash: bytes, ref: bytes) -> bool:
    """Whether another report has this code."""
    return bool(await session.scalar(select(ConductReport.id).where(ConductReport.code_hash == code_hash, ConductReport.ref != ref)))


async def add(session: AsyncSession, report: NewReport) -> None:
    """Store it; one that is there stays as it is."""
    values = {name: getattr(report, name) for name in NewReport.__slots__}
    await session.execute(insert(ConductReport).values(values).on_conflict_do_nothing(index_elements=[ConductReport.ref]))


async def ordinary(session: AsyncSession, message_ids: Collection[str]) -> frozenset[str]:
    """Those of these messages that are no reports."""
    return frozenset(await session.scalars(select(VoiceMessage.id).where(VoiceMessage.id.in_(message_ids))))


async def ask(session: AsyncSession, code_hash: bytes, now: datetime) -> dict[str, str] | None:
    """What the reporter may hear: `{"state", "answer"}`; None: no report has this code, which is counted."""
    found = await session.scalar(select(ConductReport).where(ConductReport.code_hash == code_hash))
    if found is None:
        session.add(ConductGuess(at=now))
        return None
    found.asked_at = now
    return {"state": found.state, "answer": found.answer}


async def is_locked(session: AsyncSession, now: datetime) -> bool:
    """Whether too many wrong codes were tried within the hour, by whomever."""
    await session.execute(delete(ConductGuess).where(ConductGuess.at < now - timedelta(hours=2)))
    query = select(func.count()).select_from(ConductGuess).where(ConductGuess.at > now - timedelta(hours=1))
    return (await session.scalar(query) or 0) >= GUESSES_AN_HOUR


# -- officers' keys ----------------------------------------------------------------------------------------------------


async def public_keys(session: AsyncSession) -> dict[str, bytes]:
    """The keys that new reports are sealed for, by id, of officers who are still active."""
    query = select(ConductKey.id, ConductKey.public).join(UserAccount, UserAccount.id == ConductKey.user_id)
    rows = await session.execute(query.where(ConductKey.retired_at.is_(None), UserAccount.active))
    return {str(key): public for key, public in rows}


async def keys_of(session: AsyncSession, user_id: int) -> list[ConductKey]:
    """An officer's keys, the newest first."""
    return list(await session.scalars(select(ConductKey).where(ConductKey.user_id == user_id).order_by(ConductKey.id.desc())))


async def add_key(session: AsyncSession, user_id: int, parts: Mapping[str, bytes], at: datetime) -> int:
    """A new key; the officer's earlier ones are for earlier reports only. Its id."""
    await session.execute(update(ConductKey).where(ConductKey.user_id == user_id, ConductKey.retired_at.is_(None)).values(retired_at=at))
    key = ConductKey(user_id=user_id, created_at=at, **parts)
    session.add(key)
    await session.flush()
    await audit.write(session, at, user_id, audit.Deed("conduct_key.add", "conduct_key", str(key.id)))
    return key.id


async def officers(session: AsyncSession) -> list[dict[str, Any]]:
    """Who can open reports that come in now."""
    query = select(UserAccount.name, ConductKey.created_at).join(ConductKey, ConductKey.user_id == UserAccount.id)
    rows = await session.execute(query.where(ConductKey.retired_at.is_(None), UserAccount.active).order_by(UserAccount.name))
    return [{"name": name, "since": made.isoformat()} for name, made in rows]


# -- the officer's desk ------------------------------------------------------------------------------------------------


async def counts(session: AsyncSession) -> dict[str, int]:
    """How many reports are in each state; all that others may know."""
    rows = dict((await session.execute(select(ConductReport.state, func.count()).group_by(ConductReport.state))).all())
    return {state: rows.get(state, 0) for state in STATES}


async def listed(session: AsyncSession, state: str, before: int | None, limit: int) -> dict[str, Any]:
    """Reports, the newest first, in the shape of docs/api.md."""
    tests = [ConductReport.state == state] if state else []
    total = await session.scalar(select(func.count()).select_from(ConductReport).where(*tests)) or 0
    if before is not None:
        tests.append(ConductReport.id < before)
    rows = list(await session.scalars(select(ConductReport).where(*tests).order_by(ConductReport.id.desc()).limit(limit + 1)))
    return {"items": [as_json(one) for one in rows[:limit]], "next": str(rows[limit - 1].id) if len(rows) > limit else None, "total": total}


def as_json(report: ConductReport) -> dict[str, Any]:
    """One report as its officer sees it."""
    moments = {name: getattr(report, name) for name in ("received_at", "asked_at", "opened_at", "changed_at")}
    shown = {name: getattr(report, name) for name in ("id", "state", "duration_s", "language", "answer", "note", "version")}
    return shown | {name: at.isoformat() if at else None for name, at in moments.items()}


async def one(session: AsyncSession, report_id: int) -> ConductReport:
    """Raises NotFound."""
    found = await session.get(ConductReport, report_id)
    if found is None:
        raise NotFound("conduct report")
    return found


async def opened(session: AsyncSession, report_id: int, user_id: int, at: datetime) -> ConductReport:
    """The report, once it is written down that this officer wants to hear it. Raises NotFound."""
    report = await one(session, report_id)
    report.opened_at = report.opened_at or at
    await audit.write(session, at, user_id, audit.Deed("conduct_report.open", "conduct_report", str(report_id)))
    return report


@dataclass(frozen=True, slots=True)
class Handling:
    """What an officer writes; `version` is the one he read."""

    version: int
    state: str
    answer: str
    note: str


async def handle(session: AsyncSession, report_id: int, user_id: int, told: Handling, at: datetime) -> dict[str, Any]:
    """Change state, answer and note. Raises NotFound, WrongState, InvalidValue. The trail says that, never what."""
    report = await session.get(ConductReport, report_id, with_for_update=True)
    if report is None:
        raise NotFound("conduct report")
    if report.version != told.version:
        raise InvalidValue("version", "somebody else changed the report meanwhile", "open it anew")
    if told.state not in MOVES[report.state]:
        raise WrongState(as_json(report), told.state)
    changed = [name for name in ("state", "answer", "note") if getattr(report, name) != getattr(told, name)]
    before = report.state
    report.state, report.answer, report.note = told.state, told.answer, told.note
    report.version, report.changed_at = report.version + 1, at
    deed = audit.Deed("conduct_report.change", "conduct_report", str(report_id), {"fields": changed, "from": before, "to": told.state})
    await audit.write(session, at, user_id, deed)
    return as_json(report)
