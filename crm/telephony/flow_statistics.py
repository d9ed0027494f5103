"""The ways callers took through flows, counted: folded from stored events once a call, read in an instant.

In: ended calls with their events. Out: rows of flow_count, and `read`, the shape of docs/ivr.md. Must not know how a flow is drawn. Invariant: counts
made bit by bit equal counts made anew; `callers`, `exits` and `left` of a node equal the number of calls that the list of calls finds for it.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.database import Database
from crm.errors import DatabaseUnavailable, StatementRefused
from crm.models import CallEvent, CallRecord, FlowCount

EVERY_S = 3.0
AT_ONCE = 500
SELF_SERVED = "self_served"
STAYED = {"again": "repeats", "no_input": "no_input", "invalid": "invalid"}
KINDS = ("node_entered", "input_heard", "agent_connected", "call_ended")
STEPS_PER_E = 20  # durations are kept in steps of 5 %
_log = logging.getLogger("crm.telephony.flow_statistics")

Key = tuple[str, int, str, str]
"""Flow, version, node, what."""


# -- one call ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Way:
    """One call's way, as far as it was read. `here`: the node he is at, since when, and what he answered last."""

    counts: Counter[Key] = field(default_factory=Counter)
    callers: set[tuple[str, int, str]] = field(default_factory=set)
    exits: set[Key] = field(default_factory=set)
    here: tuple[str, int, str] | None = None
    since: datetime | None = None
    answer: str = ""

    def entered(self, at: datetime, data: Mapping[str, Any]) -> None:
        self.left_alone(at)
        self._answered()
        self.here, self.since, self.answer = (data["flow"], data["version"], data["node"]), at, ""
        self.callers.add(self.here)
        self.counts[*self.here, "entries"] += 1

    def heard(self, data: Mapping[str, Any]) -> None:
        if self.here is None or (self.here[0], self.here[2]) != (data["flow"], data["node"]):
            self._came_back(data)
            return
        self.answer = data["exit"]
        if what := STAYED.get(data["exit"]):
            self.counts[*self.here, what] += 1

    def _came_back(self, data: Mapping[str, Any]) -> None:
        """A flow that was called has ended: the node that called it is left."""
        callers = [place for place in self.callers if (place[0], place[2]) == (data["flow"], data["node"])]
        self.exits.update((*place, f"exit:{data['exit']}") for place in callers)

    def left_alone(self, at: datetime) -> None:
        """The caller's time with this node is over: he went on, hung up, or somebody talks with him."""
        if self.here is not None and self.since is not None:
            self.counts[*self.here, f"s:{_step_of((at - self.since).total_seconds())}"] += 1
            self.since = None

    def _answered(self) -> None:
        """What he answered here last."""
        if self.here is not None and self.answer:
            self.exits.add((*self.here, f"exit:{self.answer}"))

    def whole(self, talked: bool) -> Counter[Key]:
        """Everything of the call but its outcome."""
        self._answered()
        for place in self.callers:
            self.counts[*place, "callers"] += 1
        for taken in self.exits:
            self.counts[taken] += 1
        if self.here is not None and not talked:
            self.counts[*self.here, "left"] += 1
        return self.counts


def counts_of(events: Iterable[tuple[str, datetime, Mapping[str, Any]]], *, talked: bool, outcome: str | None) -> Counter[Key]:
    """What one call adds: (kind, at, data) of its events in order. `talked`: an agent talked in it."""
    way = _Way()
    for kind, at, data in events:
        match kind:
            case "node_entered":
                way.entered(at, data)
            case "input_heard":
                way.heard(data)
            case "agent_connected" | "call_ended":
                way.left_alone(at)
    whole = way.whole(talked)
    for flow, version in {(flow, version) for flow, version, _ in way.callers}:
        whole[flow, version, "", "calls"] += 1
        whole[flow, version, "", SELF_SERVED] += outcome == SELF_SERVED
    return +whole


def _step_of(seconds: float) -> int:
    return round(STEPS_PER_E * math.log1p(max(seconds, 0.0)))


def _seconds_of(step: int) -> float:
    return round(math.expm1(step / STEPS_PER_E), 1)


# -- counting ----------------------------------------------------------------------------------------------------------


async def count_ended(session: AsyncSession, zone: tzinfo, limit: int = AT_ONCE) -> int:
    """Count calls that ended, or whose outcome changed since; how many. Others that count at the same time take others."""
    tests = (CallRecord.status == "ended", CallRecord.counted_as.is_distinct_from(CallRecord.outcome))
    calls = list(await session.scalars(select(CallRecord).where(*tests).order_by(CallRecord.id).limit(limit).with_for_update(skip_locked=True)))
    events = await _events_of(session, [one.linkedid for one in calls])
    found: Counter[tuple[date, Key]] = Counter()
    for call in calls:
        day = call.started_at.astimezone(zone).date()
        fresh = counts_of(events[call.linkedid], talked=bool(call.agent_ids), outcome=call.outcome)
        if call.counted_as is not None:
            fresh.subtract(counts_of(events[call.linkedid], talked=bool(call.agent_ids), outcome=call.counted_as))
        found.update({(day, key): n for key, n in fresh.items()})
    await _add(session, found)
    keys = [one.id for one in calls]
    await session.execute(update(CallRecord).where(CallRecord.id.in_(keys)).values(counted_as=CallRecord.outcome))
    return len(calls)


async def _events_of(session: AsyncSession, linkedids: Sequence[str]) -> dict[str, list[tuple[str, datetime, Mapping[str, Any]]]]:
    query = select(CallEvent.linkedid, CallEvent.kind, CallEvent.at, CallEvent.data)
    query = query.where(CallEvent.linkedid.in_(linkedids), CallEvent.kind.in_(KINDS)).order_by(CallEvent.linkedid, CallEvent.n, CallEvent.node)
    found: dict[str, list[tuple[str, datetime, Mapping[str, Any]]]] = defaultdict(list)
    for linkedid, kind, at, data in await session.execute(query):
        found[linkedid or ""].append((kind, at, data))
    return found


async def _add(session: AsyncSession, found: Counter[tuple[date, Key]]) -> None:
    """In one order, so that two who count never wait for each other in a circle."""
    rows = [
        {"flow": flow, "day": day, "version": version, "node": node, "what": what, "n": n}
        for (day, (flow, version, node, what)), n in sorted(found.items())
        if n
    ]
    made = insert(FlowCount)
    more = made.on_conflict_do_update(constraint="pk_flow_count", set_={"n": FlowCount.n + made.excluded.n})
    if rows:
        await session.execute(more, rows)


async def rebuild(session: AsyncSession) -> None:
    """Forget all counts; `count_ended` makes them anew from the stored events."""
    await session.execute(delete(FlowCount))
    await session.execute(update(CallRecord).where(CallRecord.counted_as.is_not(None)).values(counted_as=None))


async def keep(database: Database, zone: tzinfo, every_s: float = EVERY_S) -> None:
    """Count what ends until cancelled."""
    while True:
        try:
            while await database.run(lambda session: count_ended(session, zone), timeout_s=30.0) == AT_ONCE:
                continue
        except (DatabaseUnavailable, StatementRefused) as wrong:
            _log.warning("the ways of callers could not be counted: %s", wrong)
        await asyncio.sleep(every_s)


# -- reading -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaysAsked:
    """None: any. Days are local days, both included."""

    flow: str
    version: int | None = None
    since: date | None = None
    until: date | None = None


async def read(session: AsyncSession, asked: WaysAsked) -> dict[str, Any]:
    """The shape of docs/ivr.md, `GET /api/flow-statistics`."""
    query = select(FlowCount.node, FlowCount.what, func.sum(FlowCount.n)).where(*_tests(asked)).group_by(FlowCount.node, FlowCount.what)
    by_node: dict[str, Counter[str]] = defaultdict(Counter)
    for node, what, n in await session.execute(query):
        by_node[node][what] = n
    whole = by_node.pop("", Counter())
    return {
        "calls": whole["calls"],
        SELF_SERVED: whole[SELF_SERVED],
        "nodes": {node: _node(counts) for node, counts in sorted(by_node.items())},
        "versions": await _versions(session, asked.flow),
        "days": await _days(session, asked),
    }


def _tests(asked: WaysAsked) -> list[ColumnElement[bool]]:
    tests = [FlowCount.flow == asked.flow, FlowCount.n != 0]
    for test, value in ((FlowCount.version.__eq__, asked.version), (FlowCount.day.__ge__, asked.since), (FlowCount.day.__le__, asked.until)):
        if value is not None:
            tests.append(test(value))
    return tests


def _node(counts: Counter[str]) -> dict[str, Any]:
    durations = {int(what[2:]): n for what, n in counts.items() if what.startswith("s:")}
    exits = {what[5:]: n for what, n in counts.items() if what.startswith("exit:")}
    names = ("callers", "entries", "repeats", "no_input", "invalid", "left")
    return {name: counts[name] for name in names} | {"median_s": median_of(durations), "exits": dict(sorted(exits.items()))}


def median_of(durations: Mapping[int, int]) -> float | None:
    """The middle one of durations that were kept in steps; None without any."""
    total, reached = sum(durations.values()), 0
    for step, n in sorted(durations.items()):
        reached += n
        if reached * 2 >= total:
            return _seconds_of(step)
    return None


async def _versions(session: AsyncSession, flow: str) -> list[int]:
    query = select(FlowCount.version).where(FlowCount.flow == flow, FlowCount.node == "").distinct()
    return sorted(await session.scalars(query), reverse=True)


async def _days(session: AsyncSession, asked: WaysAsked) -> list[dict[str, Any]]:
    query = select(FlowCount.day, FlowCount.what, func.sum(FlowCount.n)).where(*_tests(asked), FlowCount.node == "")
    by_day: dict[date, Counter[str]] = defaultdict(Counter)
    for day, what, n in await session.execute(query.group_by(FlowCount.day, FlowCount.what)):
        by_day[day][what] = n
    return [{"day": day.isoformat(), "calls": counts["calls"], SELF_SERVED: counts[SELF_SERVED]} for day, counts in sorted(by_day.items())]
