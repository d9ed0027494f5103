"""Copies journals into the database and reads calls back: the ports EventStore and CallHistory.

In: batches of journal records. Out: stored events, folded call records, messages, agents' states, a job for each call that ended; one
transaction a batch. Must not change an event. Invariant: a call record is callcenter.call.fold of the stored events, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from callcenter import log
from callcenter.call import AgentLeg, Call, CallStatus, IvrStep, fold
from callcenter.crm_gateway.store import Store
from callcenter.events import KINDS, CallEvent, CallMadeAnonymous, from_record
from callcenter.settings import Hospital
from crm import jobs
from crm.database import Session
from crm.numbers import NumberPlan, normalise
from crm.telephony import conduct, facts

_log = log.get("facts")
COPY_S = 20.0
# The controller's loop also serves callers: no step between two awaits may hold it for long.
EVENTS_AT_ONCE = 100
CALLS_AT_ONCE = 10
Record = Mapping[str, Any]


def readable(records: Sequence[Record]) -> tuple[CallEvent, ...]:
    """The call events among `records`; a kind this version does not know is left out."""
    found = [from_record(one) for one in records if one["kind"] in KINDS]
    return tuple(one for one in found if isinstance(one, CallEvent))


def _json(value: Any, names: Sequence[str]) -> dict[str, Any]:
    shown = {name: getattr(value, name) for name in names}
    return {name: one.isoformat() if hasattr(one, "isoformat") else one for name, one in shown.items()}


_STEP = ("flow", "version", "node", "at", "exit")
_LEG = ("agent_id", "leg", "queue", "ringing_at", "connected_at", "ended_at", "outcome")
_SAME = (
    "direction", "caller_number", "dialled_number", "answered_at", "ended_at", "language", "patient_id", "queue", "queue_result", "agent_id",
    "wait_s", "talk_s", "hold_s", "transfers", "disposition", "note", "recording_file", "fallback", "recovered", "hangup_cause", "lost", "anonymous",
)  # fmt: skip


def row_of(call: Call, records: Sequence[Record], plan: NumberPlan) -> dict[str, Any]:
    """The columns of call_record for this fold of `records`."""
    outcome = call.outcome
    return {name: getattr(call, name) for name in _SAME} | {
        "linkedid": call.linkedid,
        "node": records[0]["node"],
        "number": normalise(call.caller_number, plan)[:80],
        "status": call.status.value,
        "outcome": outcome.value if outcome else None,
        "started_at": call.started_at or readable(records)[0].at,
        "candidate_ids": list(call.candidate_ids),
        "agent_ids": sorted({leg.agent_id for leg in call.legs if leg.connected_at}),
        "ivr_path": [_json(step, _STEP) for step in call.ivr_path],
        "legs": [_json(leg, _LEG) for leg in call.legs],
        "message_ids": list(call.message_ids),
    }


def call_of(row: Mapping[str, Any]) -> Call:
    """The fold that `row_of` wrote, without the names of channels."""
    shown = {name: row[name] for name in _SAME if name != "agent_id"}
    steps = tuple(IvrStep(**(step | {"at": datetime.fromisoformat(step["at"])})) for step in row["ivr_path"])
    return Call(
        linkedid=row["linkedid"], status=CallStatus(row["status"]), started_at=row["started_at"], candidate_ids=tuple(row["candidate_ids"]),
        ivr_path=steps, legs=tuple(_leg(leg) for leg in row["legs"]), message_ids=tuple(row["message_ids"]), **shown,
    )  # fmt: skip


def _leg(values: Mapping[str, Any]) -> AgentLeg:
    names = ("ringing_at", "connected_at", "ended_at")
    moments: dict[str, Any] = {name: datetime.fromisoformat(values[name]) if values[name] else None for name in names}
    return AgentLeg(channel="", **(dict(values) | moments))


class CrmFacts:
    """Implements ports.EventStore and ports.CallHistory."""

    def __init__(self, store: Store, hospital: Hospital) -> None:
        self._store = store
        self._plan = NumberPlan(hospital.country_calling_code, hospital.area_code)

    async def copied_up_to(self, node: str) -> int:
        return await self._store.ask(lambda session: facts.mark_of(session, node))

    async def copy(self, node: str, records: Sequence[Record]) -> None:
        await self._store.ask(lambda session: self._copy(session, node, records), timeout_s=max(COPY_S, self._store.timeout_s))

    async def _copy(self, session: Session, node: str, records: Sequence[Record]) -> None:
        mark = await facts.take_mark(session, node)
        new = [one for one in records if one["number"] > mark]
        if not new:
            return
        for start in range(0, len(new), EVENTS_AT_ONCE):
            await facts.add_events(session, node, new[start : start + EVENTS_AT_ONCE])
        await facts.save_agent_states(session, node, [one for one in new if one["kind"] == "agent_state_changed"])
        await facts.save_messages(session, [_message(one) for one in new if _is_message(one)])
        if anonymous := {one["linkedid"] for one in new if one["kind"] == CallMadeAnonymous.kind}:
            await conduct.forget_callers(session, anonymous)
        touched, ended = sorted({one["linkedid"] for one in new if one.get("linkedid")}), set[str]()
        for start in range(0, len(touched), CALLS_AT_ONCE):
            ended |= await self._fold(session, touched[start : start + CALLS_AT_ONCE])
        await jobs.enqueue(session, facts.RECORDING_JOB, {linkedid: {"linkedid": linkedid} for linkedid in sorted(ended)})
        await facts.move_mark(session, node, max(one["number"] for one in new))

    async def _fold(self, session: Session, linkedids: Sequence[str]) -> set[str]:
        """Fold these calls anew; those that have ended with it."""
        stored = await facts.events_of(session, linkedids)
        rows = [row_of(fold(events), records, self._plan) for records in stored.values() if (events := readable(records))]
        return await facts.save_calls(session, rows)

    async def calls_since(self, since: datetime) -> tuple[Call, ...]:
        """Stored calls that came at or after `since`, the oldest first. Raises StoreUnavailable."""
        rows = await self._store.ask(lambda session: facts.calls_since(session, since), timeout_s=max(COPY_S, self._store.timeout_s))
        return tuple(call_of(row) for row in rows)

    async def events_of(self, linkedid: str) -> tuple[CallEvent, ...]:
        stored = await self._store.ask(lambda session: facts.events_of(session, [linkedid]))
        return readable(stored.get(linkedid, ()))


def _is_message(record: Record) -> bool:
    """A conduct report is spoken too, and is nobody's business here."""
    return record["kind"] == "message_recorded" and record["data"]["purpose"] != conduct.PURPOSE


def _message(record: Record) -> dict[str, Any]:
    data = record["data"]
    return {
        "id": data["message_id"], "linkedid": record["linkedid"], "purpose": data["purpose"], "file": data["file"],
        "duration_s": data["duration_s"], "source": data.get("source", "ivr"), "left_at": datetime.fromisoformat(record["at"]),
    }  # fmt: skip
