"""A patient's timeline: whole, in order, page by page the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text

from crm.database import Database, Session
from crm.engine.registry import registry
from crm.errors import InvalidValue
from crm.models import CallbackRequest, CallRecord, Fee, Medication, TextMessage, VoiceMessage
from crm.patients.timeline import KINDS, timeline

pytestmark = pytest.mark.component
AT = datetime(2026, 10, 1, 8, tzinfo=UTC)


async def paged(database: Database, patient: int, limit: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await database.run(lambda session, cursor=cursor: timeline(session, patient, KINDS, cursor or "", limit))
        found += [(one["kind"], one["id"]) for one in page.items]
        cursor = page.next
    return found


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(patient=st.integers(1, 250), limit=st.integers(1, 9))
async def test_pages_neither_repeat_nor_lose_an_entry(demo: Database, patient: int, limit: int) -> None:
    whole = await demo.run(lambda session: timeline(session, patient, KINDS, "", 200))
    assert whole.next is None
    assert await paged(demo, patient, limit) == [(one["kind"], one["id"]) for one in whole.items]
    assert sum(whole.counts.values()) == len(whole.items)
    assert [one["at"] for one in whole.items] == sorted((one["at"] for one in whole.items), reverse=True)


async def test_entries_at_the_same_moment_are_all_there(demo: Database) -> None:
    async def work(session: Session) -> int:
        patient = await session.scalar(text("INSERT INTO patient (name) VALUES ('同时') RETURNING id"))
        for n in range(7):
            values = {"p": patient, "n": f"诊断{n}"}
            await session.execute(text("INSERT INTO diagnosis (patient_id, name, found_at) VALUES (:p, :n, '2026-10-01T08:00Z')"), values)
            order = "INSERT INTO medical_order (patient_id, kind, content, ordered_at) VALUES (:p, 'treatment', :n, '2026-10-01T08:00Z')"
            await session.execute(text(order), values)
        return int(patient or 0)

    patient = await demo.run(work)
    entries = await paged(demo, patient, 3)
    assert len(entries) == len(set(entries)) == 14


async def test_messages_and_callbacks_stand_in_the_stream_and_what_waits_is_seen_first(demo: Database) -> None:
    async def work(session: Session) -> tuple[int, int]:
        patient = await session.scalar(text("INSERT INTO patient (name) VALUES ('留言者') RETURNING id"))
        call = {"linkedid": "t-1.1", "node": "t", "direction": "in", "status": "ended", "started_at": AT, "patient_id": patient, "language": "zh"}
        call |= dict.fromkeys(("queue", "queue_result", "disposition", "note", "recording_file", "fallback"), "")
        call |= dict.fromkeys(("wait_s", "talk_s", "hold_s", "transfers", "recovered", "hangup_cause"), 0) | {"lost": False}
        call |= {name: [] for name in ("candidate_ids", "agent_ids", "ivr_path", "legs", "message_ids")}
        call_id = await session.scalar(insert(CallRecord).values(call).returning(CallRecord.id))
        spoken = {"id": "t-1.1-1", "linkedid": "t-1.1", "purpose": "callback", "file": "x", "duration_s": 3, "source": "ivr", "left_at": AT}
        await session.execute(insert(VoiceMessage).values(spoken))
        common = {"number": "+8613900000001", "patient_id": patient, "created_at": AT}
        await session.execute(insert(TextMessage).values(common | {"body": "内容", "state": "failed", "reason": "网关拒绝"}))
        queue = await session.scalar(text("SELECT name FROM queue LIMIT 1"))
        await session.execute(insert(CallbackRequest).values(common | {"queue": queue, "due_at": AT, "wish": "问检查结果"}))
        return int(patient or 0), int(call_id or 0)

    patient, call_id = await demo.run(work)
    page = await demo.run(lambda session: timeline(session, patient))
    told = {one["kind"]: (one["title"], one["text"], one["state"], one["level"]) for one in page.items}
    assert told["voice_message"] == ("callback", "", "open", "warn")
    assert told["text_message"] == ("", "网关拒绝", "failed", "warn")
    assert told["callback_request"] == ("问检查结果", "", "open", "warn")
    assert {one["id"] for one in page.items if one["kind"] in ("voice_message", "call_record")} == {call_id}


async def test_values_of_one_panel_are_one_entry_that_names_what_is_out_of_range(demo: Database) -> None:
    async def work(session: Session) -> int:
        patient = await session.scalar(text("INSERT INTO patient (name) VALUES ('化验') RETURNING id"))
        for item, value, flag in (("白细胞", "12.3", "high"), ("血红蛋白", "130", ""), ("血小板", "90", "low")):
            values = {"p": patient, "i": item, "v": value, "f": flag}
            columns = "patient_id, panel, item, value, flag, measured_at"
            row = f"INSERT INTO laboratory_result ({columns}) VALUES (:p, '血常规', :i, :v, :f, '2026-10-01T08:00Z')"
            await session.execute(text(row), values)
        return int(patient or 0)

    patient = await demo.run(work)
    (entry,) = (await demo.run(lambda session: timeline(session, patient))).items
    assert (entry["title"], entry["state"], entry["level"]) == ("血常规", "3", "warn")
    assert "白细胞 12.3" in entry["text"] and "血小板 90" in entry["text"] and "血红蛋白" not in entry["text"]


async def test_days_are_those_of_the_hospital(demo: Database) -> None:
    """Charged at half past eleven at night and at half past seven in the morning, the same day in UTC; a drug from a day on, from its midnight on."""

    async def work(session: Session) -> int:
        patient = await session.scalar(text("INSERT INTO patient (name) VALUES ('夜间') RETURNING id"))
        night, morning = datetime(2026, 10, 1, 15, 30, tzinfo=UTC), datetime(2026, 10, 1, 23, 30, tzinfo=UTC)
        charges = ((night, Decimal(10)), (morning, Decimal(20)))
        session.add_all(Fee(patient_id=patient, kind="other", item="挂号费", amount=amount, charged_at=at) for at, amount in charges)
        session.add(Medication(patient_id=patient, drug="阿司匹林", begins_on=date(2026, 10, 1)))
        return int(patient or 0)

    patient = await demo.run(work)
    page = await demo.run(lambda session: timeline(session, patient, zone=ZoneInfo("Asia/Shanghai")))
    assert [(one["kind"], one["title"], one["at"]) for one in page.items] == [
        ("fee", "20.00", "2026-10-01T23:30:00+00:00"), ("fee", "10.00", "2026-10-01T15:30:00+00:00"),
        ("medication", "阿司匹林", "2026-09-30T16:00:00+00:00"),
    ]  # fmt: skip


async def test_only_the_kinds_asked_for_and_nothing_for_none(demo: Database) -> None:
    some = await demo.run(lambda session: timeline(session, 1, ["visit", "fee"]))
    assert {one["kind"] for one in some.items} == {"visit", "fee"}
    assert (await demo.run(lambda session: timeline(session, 1, []))).items == []


@pytest.mark.parametrize("cursor", ["x", "2026-10-01~visit~1", "2026-10-01T00:00:00+00:00~nothing~1", "2026-10-01T00:00:00+00:00~visit~0", "~~"])
async def test_broken_cursor_is_refused(demo: Database, cursor: str) -> None:
    with pytest.raises(InvalidValue, match="cursor"):
        await demo.run(lambda session: timeline(session, 1, KINDS, cursor))


async def test_unknown_kind_is_refused_and_known_ones_have_a_right(demo: Database) -> None:
    with pytest.raises(InvalidValue, match="kinds"):
        await demo.run(lambda session: timeline(session, 1, ["visit", "gossip"]))
    assert set(KINDS) - {"voice_message"} <= set(registry().by_name)
