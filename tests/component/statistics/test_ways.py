"""The ways of callers: counted once, the same when made anew, and each number opens to its calls."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from callcenter import events as ev
from callcenter.crm_gateway import CrmFacts, Store
from callcenter.settings import Hospital, Timeouts
from crm.database import Database, Session
from crm.telephony import calls, flow_statistics
from crm.telephony.flow_statistics import WaysAsked, count_ended, counts_of
from tests.component.crm.calls import NODE, numbered

pytestmark = pytest.mark.component
ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
FLOW = "main_menu"
NEXT = {
    "choices": {"1": "guide", "0": "desk", "failed": "desk"},
    "guide": {"done": "choices", "0": "desk"},
    "desk": {"answered": "bye", "timeout": "choices"},
}


def way(linkedid: str, at: datetime, chance: random.Random) -> list[ev.Event]:
    """Somebody wanders through a small flow, stays, goes on, talks with an agent, hangs up anywhere."""
    told: list[ev.Event] = [ev.CallArrived(at=at, linkedid=linkedid, uniqueid=linkedid, channel="PJSIP/trunk-1", caller_number="13900000001")]
    version, node = chance.choice((1, 2)), "choices"
    for _ in range(chance.randrange(6)):
        common = {"linkedid": linkedid, "flow": FLOW, "node": node}
        told.append(ev.NodeEntered(at=at, version=version, **common))
        for _ in range(chance.randrange(3)):
            at += timedelta(seconds=chance.uniform(0.5, 20))
            told.append(ev.InputHeard(at=at, exit=chance.choice(("again", "no_input", "invalid")), **common))
        at += timedelta(seconds=chance.uniform(0.5, 20))
        if node == "bye" or chance.random() < 0.2:
            break
        if node == "desk" and chance.random() < 0.5:
            told.append(ev.AgentConnected(at=at, linkedid=linkedid, agent_id=7, leg=f"{linkedid}-a", channel="PJSIP/agent-7-1"))
            at += timedelta(seconds=60)
        exit_, node = chance.choice(list(NEXT[node].items()))
        told.append(ev.InputHeard(at=at, exit=exit_, **common))
    return [*told, ev.CallEnded(at=at, linkedid=linkedid, cause=16)]


def many(count: int, seed: int = 5) -> list[list[ev.Event]]:
    chance = random.Random(seed)
    return [way(f"{NODE}-{1_700_000_000 + n}.{n}", AT + timedelta(minutes=7 * n), chance) for n in range(count)]


@pytest.fixture
async def facts(database: Database) -> CrmFacts:
    tables = "call_event, call_record, journal_mark, voice_message, agent_state_log, recording, pgqueuer, flow_count"
    await database.run(lambda session: session.execute(text(f"TRUNCATE {tables}")))
    return CrmFacts(Store(database, Timeouts(store_s=10.0)), Hospital())


async def counted(database: Database) -> list[tuple[object, ...]]:
    async def work(session: Session) -> list[tuple[object, ...]]:
        rows = await session.execute(text("SELECT flow, day, version, node, what, n FROM flow_count WHERE n <> 0 ORDER BY 1, 2, 3, 4, 5"))
        return [tuple(row) for row in rows]

    return await database.run(work)


async def count_all(database: Database, limit: int = 500) -> None:
    while await database.run(lambda session: count_ended(session, ZONE, limit)):
        continue


async def test_counts_made_bit_by_bit_equal_counts_made_anew(database: Database, facts: CrmFacts) -> None:
    chance, number = random.Random(9), 1
    for told in many(120):
        records = numbered(told, number)
        number += len(records)
        await facts.copy(NODE, records)
        if chance.random() < 0.3:
            await database.run(lambda session: count_ended(session, ZONE, chance.randint(1, 20)))
    await count_all(database)
    before = await counted(database)
    assert before
    await count_all(database)
    assert await counted(database) == before, "counted twice"
    await database.run(flow_statistics.rebuild)
    assert await counted(database) == []
    await count_all(database, limit=17)
    assert await counted(database) == before


async def test_an_outcome_that_is_learned_late_moves_the_share_of_the_served(database: Database, facts: CrmFacts) -> None:
    linkedid = f"{NODE}-1700000000.1"
    told = [
        ev.CallArrived(at=AT, linkedid=linkedid, uniqueid=linkedid, channel="PJSIP/trunk-1", caller_number="13900000001"),
        ev.NodeEntered(at=AT, linkedid=linkedid, flow=FLOW, version=1, node="choices"),
        ev.CallEnded(at=AT + timedelta(seconds=9), linkedid=linkedid, cause=16),
    ]
    await facts.copy(NODE, numbered(told))
    await count_all(database)
    assert (await ways(database))["self_served"] == 1
    late = ev.MessageRecorded(at=AT, linkedid=linkedid, message_id="m", purpose="complaint", file="messages/m.wav", duration_s=3.0)
    await facts.copy(NODE, numbered([late], 4))
    await count_all(database)
    found = await ways(database)
    assert (found["calls"], found["self_served"]) == (1, 0)
    incremental = await counted(database)
    await database.run(flow_statistics.rebuild)
    await count_all(database)
    assert await counted(database) == incremental


async def ways(database: Database, **asked: object) -> dict[str, object]:
    return await database.run(lambda session: flow_statistics.read(session, WaysAsked(FLOW, **asked)))  # type: ignore[arg-type]


async def test_a_node_that_calls_another_flow_has_its_callers_and_its_exit(database: Database, facts: CrmFacts) -> None:
    """Also when a node of the called flow has the same name."""
    linkedid = f"{NODE}-1700000000.7"
    common = {"at": AT, "linkedid": linkedid}
    told = [
        ev.CallArrived(**common, uniqueid=linkedid, channel="PJSIP/trunk-1", caller_number="13900000001"),
        ev.NodeEntered(**common, flow=FLOW, version=1, node="guide"),
        ev.NodeEntered(**common, flow="hospital_guide", version=1, node="guide"),
        ev.InputHeard(**common, flow="hospital_guide", node="guide", exit="0"),
        ev.InputHeard(**common, flow=FLOW, node="guide", exit="agent"),
        ev.NodeEntered(**common, flow=FLOW, version=1, node="desk"),
        ev.CallEnded(at=AT + timedelta(seconds=9), linkedid=linkedid, cause=16),
    ]
    await facts.copy(NODE, numbered(told))
    await count_all(database)
    found = (await ways(database))["nodes"]["guide"]  # type: ignore[index]
    assert (found["callers"], found["exits"]) == (1, {"agent": 1})
    inner = await database.run(lambda session: flow_statistics.read(session, WaysAsked("hospital_guide")))
    assert inner["nodes"]["guide"]["exits"] == {"0": 1}
    for flow, exit_ in ((FLOW, "agent"), ("hospital_guide", "0")):
        asked = calls.CallFilter(flow=flow, node="guide", exit=exit_)
        assert (await database.run(lambda session, asked=asked: calls.find(session, asked, limit=1))).total == 1


async def test_each_number_opens_to_its_calls(database: Database, facts: CrmFacts) -> None:
    number = 1
    for told in many(150, seed=11):
        records = numbered(told, number)
        number += len(records)
        await facts.copy(NODE, records)
    await count_all(database)
    found = await ways(database)

    async def total(**asked: object) -> int:
        page = await database.run(lambda session: calls.find(session, calls.CallFilter(flow=FLOW, **asked), limit=1))  # type: ignore[arg-type]
        return page.total

    assert found["calls"] == await total() > 100
    assert found["self_served"] == await total(outcome="self_served")
    nodes = found["nodes"]
    assert isinstance(nodes, dict) and set(nodes) == {"choices", "guide", "desk", "bye"}
    for node, counts in nodes.items():
        assert counts["callers"] == await total(node=node), node
        assert counts["left"] == await total(node=node, left=True), node
        for exit_, callers in counts["exits"].items():
            assert callers == await total(node=node, exit=exit_), (node, exit_)
    assert sum(one["calls"] for one in found["days"]) == found["calls"]  # type: ignore[attr-defined]
    for version in (1, 2):
        assert (await ways(database, version=version))["calls"] == await total(flow_version=version)
    only = await ways(database, since=date(2026, 11, 16), until=date(2026, 11, 16))
    midnight = datetime(2026, 11, 15, 16, 0, tzinfo=UTC)
    assert only["calls"] == await total(since=midnight, until=midnight + timedelta(days=1))


def test_times_repeats_and_places_of_leaving() -> None:
    def at(seconds: float) -> datetime:
        return AT + timedelta(seconds=seconds)

    here = {"flow": FLOW, "version": 3, "node": "choices"}
    events = [
        ("node_entered", at(0), here),
        ("input_heard", at(6), here | {"exit": "no_input"}),
        ("input_heard", at(9), here | {"exit": "again"}),
        ("input_heard", at(10), here | {"exit": "1"}),
        ("node_entered", at(10), here | {"node": "guide"}),
        ("call_ended", at(40), {}),
    ]
    counts = counts_of(events, talked=False, outcome="self_served")  # type: ignore[arg-type]
    node = flow_statistics._node  # the shape a reader gets
    choices = node(Counter({what: n for (_, _, name, what), n in counts.items() if name == "choices"}))
    assert (choices["entries"], choices["no_input"], choices["repeats"], choices["left"], choices["exits"]) == (1, 1, 1, 0, {"1": 1})
    assert choices["median_s"] == pytest.approx(10, rel=0.06)
    guide = {what for (_, _, name, what) in counts if name == "guide"}
    assert "left" in guide and not any(what.startswith("exit:") for what in guide)


async def test_a_hundred_thousand_calls_are_read_in_an_instant(database: Database, facts: CrmFacts) -> None:
    """30 days of some 60 nodes, as 100,000 calls leave them."""
    rows = (
        "INSERT INTO flow_count (flow, day, version, node, what, n) "
        "SELECT 'main_menu', DATE '2026-10-18' + d, 1 + d / 15, 'node' || node, what, 1 + (d * 7 + node) % 60 FROM generate_series(0, 29) d, "
        "generate_series(1, 60) node, unnest(ARRAY['callers','entries','repeats','no_input','invalid','left','exit:1','exit:2','exit:3','exit:0'] "
        "|| ARRAY(SELECT 's:' || s FROM generate_series(10, 60) s)) what"
    )
    await database.run(lambda session: session.execute(text(rows)))
    await database.run(lambda session: session.execute(text("ANALYZE flow_count")))
    took = []
    for _ in range(5):
        began = time.monotonic()
        found = await ways(database)
        took.append(time.monotonic() - began)
    assert len(found["nodes"]) == 60  # type: ignore[arg-type]
    print(f"flow statistics of 30 days, {60 * 61 * 30} counts: best {min(took) * 1000:.0f} ms, worst {max(took) * 1000:.0f} ms")
    assert min(took) < 1.0
