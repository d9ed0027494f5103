"""Facts reach the database once, whole, and their folds agree with them."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from callcenter import events as ev
from callcenter.call import fold
from callcenter.crm_gateway import CrmFacts, Store
from callcenter.crm_gateway.facts import row_of
from callcenter.settings import Hospital, Timeouts
from crm.database import Database, Session
from crm.numbers import HOME
from crm.telephony import facts as stored_facts
from tests.component.crm.calls import NODE, abandoned_call, answered_call, message_call, numbered

pytestmark = pytest.mark.component
AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)


@pytest.fixture
async def facts(database: Database) -> CrmFacts:
    tables = "call_event, call_record, journal_mark, voice_message, agent_state_log, recording, pgqueuer"
    await database.run(lambda session: session.execute(text(f"TRUNCATE {tables}")))
    return CrmFacts(Store(database, Timeouts(store_s=10.0)), Hospital())


async def rows(database: Database, table: str) -> list[dict[str, Any]]:
    async def read(session: Session) -> list[dict[str, Any]]:
        return [dict(row) for row in (await session.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2"))).mappings()]

    return await database.run(read)


async def test_call_copied_in_pieces_is_one_record_with_the_fold_s_values(database: Database, facts: CrmFacts) -> None:
    records = numbered(answered_call("node1-1.1", AT, agent=7, patient=3))
    for start in range(0, len(records), 4):
        await facts.copy(NODE, records[start : start + 4])
    (row,) = await rows(database, "call_record")
    assert (row["outcome"], row["status"], row["wait_s"], row["talk_s"], row["hold_s"]) == ("answered", "ended", 5.0, 60.0, 20.0)
    assert (row["number"], row["agent_ids"], row["patient_id"]) == ("+8613900000001", [7], 3)
    assert (row["disposition"], row["note"]) == ("enquiry_hours", "问门诊时间")
    assert await facts.copied_up_to(NODE) == len(records)


async def test_copying_twice_changes_nothing(database: Database, facts: CrmFacts) -> None:
    records = numbered([*answered_call("node1-1.1", AT), *message_call("node1-2.1", AT), *abandoned_call("node1-3.1", AT)])
    await facts.copy(NODE, records)
    tables = ("call_event", "call_record", "voice_message", "pgqueuer", "journal_mark")
    before = [await rows(database, table) for table in tables]
    await facts.copy(NODE, records)
    await facts.copy(NODE, records[3:9])
    assert [await rows(database, table) for table in tables] == before
    assert [len(one) for one in before] == [len(records), 3, 1, 3, 1]


async def test_stored_record_equals_a_new_fold_of_stored_events(database: Database, facts: CrmFacts) -> None:
    chance = random.Random(4)
    shapes = (answered_call, message_call, abandoned_call)
    streams = [chance.choice(shapes)(f"node1-{n}.1", AT + timedelta(seconds=n)) for n in range(40)]
    told = [event for stream in streams for event in stream]
    told.sort(key=lambda event: event.at)
    records = numbered(told)
    while records:
        size = chance.randint(1, 25)
        await facts.copy(NODE, records[:size])
        records = records[size:]
    for row in await rows(database, "call_record"):
        again = await facts.events_of(row["linkedid"])
        linkedid = row["linkedid"]
        records_of = await database.run(lambda session, linkedid=linkedid: stored_facts.events_of(session, [linkedid]))
        fresh = row_of(fold(again), records_of[linkedid], HOME)
        assert fresh == {name: row[name] for name in fresh}


async def test_record_read_back_is_the_same_call(facts: CrmFacts) -> None:
    told = answered_call("node1-1.1", AT)
    await facts.copy(NODE, numbered(told))
    (call,) = await facts.calls_since(AT - timedelta(hours=1))
    known = fold([event for event in told if isinstance(event, ev.CallEvent)])
    for name in ("outcome", "talk_s", "wait_s", "queue", "ivr_path", "agent_id", "disposition"):
        assert getattr(call, name) == getattr(known, name), name
    assert [leg.connected_at for leg in call.legs] == [leg.connected_at for leg in known.legs]
    assert row_of(call, [{"node": NODE}], HOME)["legs"] == row_of(known, [{"node": NODE}], HOME)["legs"]


async def test_copy_cut_off_at_any_moment_is_stored_exactly_once(database: Database, facts: CrmFacts) -> None:
    """A copier that is killed starts again from the mark; nothing is lost or doubled, and each ended call has one job."""
    told = [event for n in range(60) for event in message_call(f"node1-{n}.1", AT + timedelta(seconds=n))]
    records = numbered(told)
    chance, cut = random.Random(7), 0
    deadline = asyncio.get_running_loop().time() + 60
    while (mark := await facts.copied_up_to(NODE)) < len(records) and asyncio.get_running_loop().time() < deadline:
        copying = asyncio.create_task(facts.copy(NODE, records[mark : mark + 50]), name="test:copy")
        await asyncio.wait({copying}, timeout=chance.uniform(0.0, 0.05 + 0.01 * cut))
        if not copying.done():
            copying.cancel()
            cut += 1
        await asyncio.wait({copying})
    assert cut > 0
    assert [row["n"] for row in await rows(database, "call_event")] == [one["number"] for one in records]
    assert len(await rows(database, "call_record")) == len(await rows(database, "voice_message")) == len(await rows(database, "pgqueuer")) == 60


async def test_two_copiers_at_once_store_each_record_once(database: Database, facts: CrmFacts) -> None:
    records = numbered(message_call("node1-1.1", AT))
    await asyncio.gather(*(facts.copy(NODE, records) for _ in range(5)))
    assert len(await rows(database, "call_event")) == len(records)
    assert len(await rows(database, "pgqueuer")) == 1


async def test_agents_states_are_kept(database: Database, facts: CrmFacts) -> None:
    def changed(n: int, agent: int, state: str) -> ev.AgentStateChanged:
        return ev.AgentStateChanged(at=AT + timedelta(seconds=n), agent_id=agent, state=state, previous="offline", until=AT + timedelta(minutes=9))

    await facts.copy(NODE, numbered([changed(1, 1, "available"), changed(2, 2, "available"), changed(3, 1, "wrap_up")]))
    kept = [(row["agent_id"], row["state"]) for row in await rows(database, "agent_state_log")]
    assert kept == [(1, "available"), (2, "available"), (1, "wrap_up")]


async def test_event_of_an_unknown_kind_is_kept_and_does_not_stop_the_fold(database: Database, facts: CrmFacts) -> None:
    records = numbered(abandoned_call("node1-1.1", AT))
    odd = {"number": len(records) + 1, "kind": "moon_landed", "at": AT.isoformat(), "linkedid": "node1-1.1", "data": {"where": "sea"}}
    await facts.copy(NODE, [*records, odd])
    assert [row["outcome"] for row in await rows(database, "call_record")] == ["abandoned"]
    assert len(await rows(database, "call_event")) == len(records) + 1


async def test_value_the_store_cannot_hold_is_a_value_error_and_nothing_of_the_batch_is_kept(database: Database, facts: CrmFacts) -> None:
    bad = ev.CallArrived(at=AT, linkedid="node1-1.1", uniqueid="x", channel="x", caller_number="a\x00b")
    with pytest.raises(ValueError, match="refuses"):
        await facts.copy(NODE, numbered([*abandoned_call("node1-2.1", AT), bad]))
    assert await rows(database, "call_event") == []
    assert await facts.copied_up_to(NODE) == 0


async def test_personal_values_stand_in_a_column_of_their_own(database: Database, facts: CrmFacts) -> None:
    await facts.copy(NODE, numbered(answered_call("node1-1.1", AT)))
    for row in await rows(database, "call_event"):
        assert "13900000001" not in str(row["data"])
        assert "问门诊时间" not in str(row["data"])
