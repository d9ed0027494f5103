"""Stores what the journals recorded: events once, call records as their folds, messages, agents' states.

In: rows in the form of the journal, folded call rows. Out: which calls they touch, stored events in order. Must not fold: the one fold of the
project is the engine's. Invariant: everything here runs in the transaction that moves the node's mark, so a batch is stored whole or not at all.
Storage form of an event: docs/architecture.md, "Journal".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import AgentStateLog, CallEvent, CallRecord, JournalMark, Recording, VoiceMessage

Record = Mapping[str, Any]
RECORDING_JOB = "finish_recording"


async def mark_of(session: AsyncSession, node: str) -> int:
    """The highest journal number of `node` that is stored; 0 for none."""
    return await session.scalar(select(JournalMark.n).where(JournalMark.node == node)) or 0


async def take_mark(session: AsyncSession, node: str) -> int:
    """The same, and nobody else may move it before this transaction ends."""
    await session.execute(insert(JournalMark).values(node=node, n=0).on_conflict_do_nothing())
    return await session.scalar(select(JournalMark.n).where(JournalMark.node == node).with_for_update()) or 0


async def move_mark(session: AsyncSession, node: str, n: int) -> None:
    await session.execute(update(JournalMark).where(JournalMark.node == node).values(n=n))


async def add_events(session: AsyncSession, node: str, records: Sequence[Record]) -> None:
    """Rows that are there already stay as they are."""
    rows = [
        {
            "node": node, "n": one["number"], "linkedid": one.get("linkedid"), "at": datetime.fromisoformat(one["at"]), "kind": one["kind"],
            "data": one["data"], "pii": one.get("pii"),
        }
        for one in records
    ]  # fmt: skip
    if rows:
        await session.execute(insert(CallEvent).on_conflict_do_nothing(), rows)


async def events_of(session: AsyncSession, linkedids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Stored events in the journal's form and order, with `node` and `number`."""
    query = select(CallEvent).where(CallEvent.linkedid.in_(linkedids)).order_by(CallEvent.linkedid, CallEvent.n, CallEvent.node)
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in await session.scalars(query):
        one = {"node": row.node, "number": row.n, "kind": row.kind, "at": row.at.isoformat(), "linkedid": row.linkedid, "data": row.data}
        found[row.linkedid or ""].append(one | ({"pii": row.pii} if row.pii else {}))
    return found


async def save_calls(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Insert or replace these folds; the calls among them that have ended with this."""
    linkedids = [row["linkedid"] for row in rows]
    query = select(CallRecord.linkedid, CallRecord.id, CallRecord.status).where(CallRecord.linkedid.in_(linkedids))
    known = {linkedid: (key, status) for linkedid, key, status in await session.execute(query)}
    fresh = [row for row in rows if row["linkedid"] not in known]
    if fresh:
        made = insert(CallRecord)
        changed_meanwhile = {name: made.excluded[name] for name in fresh[0] if name != "linkedid"}
        await session.execute(made.on_conflict_do_update(index_elements=[CallRecord.linkedid], set_=changed_meanwhile), fresh)
    if changed := [row | {"id": known[row["linkedid"]][0]} for row in rows if row["linkedid"] in known]:
        await session.execute(update(CallRecord), changed)
    ended_before = {linkedid for linkedid, (_, status) in known.items() if status == "ended"}
    return {row["linkedid"] for row in rows if row["status"] == "ended"} - ended_before


async def save_messages(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Spoken messages; one that is there stays, with what people wrote to it."""
    if rows:
        await session.execute(insert(VoiceMessage).on_conflict_do_nothing(index_elements=[VoiceMessage.id]), list(rows))


async def save_agent_states(session: AsyncSession, node: str, rows: Sequence[Record]) -> None:
    """`rows` in the journal's form."""
    shown = ("agent_id", "state", "previous", "reason", "linkedid", "by")
    values = [
        {"node": node, "n": one["number"], "at": datetime.fromisoformat(one["at"])} | {key: one["data"][key] for key in shown} for one in rows
    ]
    if values:
        await session.execute(insert(AgentStateLog).on_conflict_do_nothing(), values)


async def calls_since(session: AsyncSession, since: datetime) -> list[dict[str, Any]]:
    """Rows of call_record, the oldest first."""
    query = select(CallRecord.__table__).where(CallRecord.started_at >= since).order_by(CallRecord.started_at, CallRecord.id)
    return [dict(row) for row in (await session.execute(query)).mappings()]


# -- recordings -------------------------------------------------------------------------------------------------------


def _wanted() -> Any:
    missing = select(Recording.linkedid).where(Recording.linkedid == CallRecord.linkedid).exists()
    columns = select(CallRecord.linkedid, CallRecord.recording_file, CallRecord.answered_at, CallRecord.started_at, CallRecord.ended_at)
    return columns.where(CallRecord.status == "ended", CallRecord.ended_at.is_not(None), ~missing)


def _as_wanted(row: Any) -> dict[str, Any]:
    expected = (row.ended_at - (row.answered_at or row.started_at)).total_seconds()
    return {"linkedid": row.linkedid, "raw_file": row.recording_file, "expected_s": max(expected, 0.0), "ended_at": row.ended_at}


async def recording_wanted(session: AsyncSession, linkedid: str) -> dict[str, Any] | None:
    """The closed call whose recording is not stored yet; None otherwise."""
    row = (await session.execute(_wanted().where(CallRecord.linkedid == linkedid))).first()
    return _as_wanted(row) if row else None


async def recordings_pending(session: AsyncSession, limit: int) -> list[dict[str, Any]]:
    """Closed, answered calls without a stored recording, the oldest first."""
    query = _wanted().where(CallRecord.answered_at.is_not(None)).order_by(CallRecord.ended_at).limit(limit)
    return [_as_wanted(row) for row in await session.execute(query)]


async def save_recording(session: AsyncSession, facts: dict[str, Any], at: datetime) -> None:
    """Insert or replace; a purged row stays purged, and the moment of the first saving stays."""
    made = insert(Recording).values(**facts, created_at=at)
    changed = {name: made.excluded[name] for name in facts if name != "linkedid"}
    await session.execute(made.on_conflict_do_update(index_elements=[Recording.linkedid], set_=changed, where=Recording.purged_at.is_(None)))


async def recordings_known(session: AsyncSession, before: datetime | None, after: str, limit: int) -> list[dict[str, Any]]:
    """Rows that are not purged, by linkedid."""
    query = select(Recording.linkedid, Recording.file, Recording.sha256, Recording.created_at, Recording.problem)
    query = query.where(Recording.purged_at.is_(None), Recording.linkedid > after).order_by(Recording.linkedid).limit(limit)
    if before is not None:
        query = query.where(Recording.created_at < before)
    return [dict(row) for row in (await session.execute(query)).mappings()]


async def purge_recording(session: AsyncSession, linkedid: str, at: datetime, reason: str) -> bool:
    """Note that the file is gone for good; False when that was noted before."""
    query = update(Recording).where(Recording.linkedid == linkedid, Recording.purged_at.is_(None))
    gone = query.values(purged_at=at, purge_reason=reason, peaks=None).returning(Recording.linkedid)
    return await session.scalar(gone) is not None
