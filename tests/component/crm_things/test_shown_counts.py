"""Figures beside rows: guests of an event, readers of an announcement, a doctor's score; and what must be seen of a patient first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from crm import booking
from crm.booking import By
from crm.database import Database
from crm.engine import store
from crm.engine.registry import registry
from crm.patients import people
from crm.things import bell
from tests.component.crm_things.conftest import ActAs

pytestmark = pytest.mark.component


async def add(database: Database, act_as: ActAs, thing: str, values: dict[str, Any]) -> dict[str, Any]:
    actor, resource = await act_as("admin"), registry().by_name[thing]
    return await database.run(lambda session: store.add(session, resource, actor, values))


async def seen(database: Database, act_as: ActAs, thing: str, row: dict[str, Any]) -> dict[str, Any]:
    actor, resource = await act_as("admin"), registry().by_name[thing]
    return await database.run(lambda session: store.detail(session, resource, actor, str(row["id"])))


async def move(database: Database, act_as: ActAs, thing: str, row: dict[str, Any], name: str, **values: Any) -> dict[str, Any]:
    actor, resource = await act_as("admin"), registry().by_name[thing]
    return await database.run(lambda session: store.move(session, resource, actor, str(row["id"]), row["version"], name, values))


async def test_event_counts_its_guests_with_those_they_bring(demo: Database, act_as: ActAs) -> None:
    when = {"starts_at": "2026-12-01T06:00:00Z", "ends_at": "2026-12-01T08:00:00Z"}
    event = await add(demo, act_as, "event", {"title": "茶话会", "kind": "club", **when})
    guests = [await add(demo, act_as, "event_invitation", {"event_id": event["id"], "patient_id": patient}) for patient in (11, 12, 13)]
    shown = await seen(demo, act_as, "event", event)
    assert [shown[name] for name in ("invited", "coming", "attended")] == [0, 0, 0]
    asked = await move(demo, act_as, "event_invitation", guests[0], "invite")
    coming = await move(demo, act_as, "event_invitation", asked, "accept", guests=2)
    await move(demo, act_as, "event_invitation", guests[1], "invite")
    shown = await seen(demo, act_as, "event", event)
    assert [shown[name] for name in ("invited", "coming", "attended")] == [2, 3, 0]
    await move(demo, act_as, "event_invitation", coming, "attend", guests=1)
    shown = await seen(demo, act_as, "event", event)
    assert [shown[name] for name in ("invited", "coming", "attended")] == [2, 2, 2]


async def test_doctor_is_shown_with_marks_clinics_and_leave(demo: Database, act_as: ActAs) -> None:
    await add(demo, act_as, "doctor_appraisal", {"doctor_id": 1, "period": "2020-Q1", "quality": 90, "service": 80, "workload": 70, "complaints": 1})
    shown = await seen(demo, act_as, "doctor", {"id": 1})
    assert {"profile", "rosters", "absences", "appraisals"} <= set(shown["_related"])
    assert shown["_related"]["profile"]["total"] == 1 and shown["_related"]["rosters"]["total"] > 0
    marks = {one["period"]: one["score"] for one in shown["_related"]["appraisals"]["items"]}
    assert marks["2020-Q1"] == 78


async def test_card_says_first_who_must_not_be_called_and_what_is_not_settled(demo: Database, act_as: ActAs) -> None:
    patient = (await add(demo, act_as, "patient", {"name": "白露", "gender": "female"}))["id"]
    for values in ({"begins_on": "2026-01-01"}, {"begins_on": "2020-01-01", "ends_on": "2020-02-01"}, {"begins_on": "2999-01-01"}):
        await add(demo, act_as, "do_not_contact", {"patient_id": patient, "channel": "phone", "reason": f"自{values['begins_on']}", **values})
    values = {"kind": "complaint", "subject": "等候太久", "patient_id": patient, "due_at": "2026-11-20T01:00:00Z"}
    complaint = await add(demo, act_as, "complaint", values)
    await add(demo, act_as, "complaint", {"kind": "praise", "subject": "感谢护士", "patient_id": patient})

    async def card() -> list[tuple[str, str]]:
        found = await demo.run(lambda session: people.open_items_of(session, [patient]))
        return [(one["kind"], one["title"]) for one in found[patient]]

    assert await card() == [("do_not_contact", "自2026-01-01"), ("complaint", "等候太久")]
    await move(demo, act_as, "complaint", complaint, "answer", result="已说明")
    assert await card() == [("do_not_contact", "自2026-01-01")]


async def test_card_and_bell_tell_of_a_seat_that_is_kept_and_of_a_stopped_clinic(demo: Database, act_as: ActAs) -> None:
    """And the card of who missed so often that he cannot book alone."""
    people_of = [(await add(demo, act_as, "patient", {"name": name}))["id"] for name in ("谷雨", "霜降", "小雪")]
    agent, by = await act_as("agent03"), By("agent", datetime.now(UTC), ZoneInfo("Asia/Shanghai"))
    waits, stopped, missed = people_of
    free = await demo.run(lambda session: booking.find_slots(session, by, booking.Wish(first=by.today + timedelta(days=3)), 2000))
    clinics = {one.session_id: one for one in free}
    first, second, *more = clinics.values()
    await demo.run(lambda session: booking.book_slot(session, by, first.slot_id, stopped))
    await demo.run(lambda session: booking.stop_clinic(session, by, booking.Stop(session_id=first.session_id, reason="停电")))
    offer = await demo.run(lambda session: booking.hold(session, By("agent", by.now, by.zone), second.slot_id, waits))
    wish = {"p": waits, "d": second.department_id, "day": second.day, "a": offer.id}
    rows = (
        "INSERT INTO waiting_entry (patient_id, department_id, first_day, last_day, source, state, appointment_id) "
        "VALUES (:p, :d, :day, :day, 'agent', 'offered', :a)",
        "INSERT INTO booking_notice (kind, appointment_id, patient_id) VALUES ('offered', :a, :p)",
    )
    for row in rows:
        names = {name: value for name, value in wish.items() if f":{name}" in row}
        await demo.run(lambda session, row=row, names=names: session.execute(text(row).bindparams(**names)))
    past = "UPDATE appointment SET state = 'no_show', starts_at = starts_at - interval '30 days', ends_at = ends_at - interval '30 days' "
    apart = {one.day: one for one in more}
    for one in list(apart.values())[:3]:
        await demo.run(lambda session, one=one: booking.book_slot(session, by, one.slot_id, missed))
    await demo.run(lambda session: session.execute(text(past + "WHERE patient_id = :id").bindparams(id=missed)))
    cards = await demo.run(lambda session: people.open_items_of(session, people_of))
    where = f"{second.department_zh} {second.doctor_zh}"
    assert [(one["kind"], one["title"], one["due_at"]) for one in cards[waits]] == [("seat_offered", where, offer.held_until.isoformat())]
    assert [one["kind"] for one in cards[stopped]] == ["clinic_stopped"]
    assert [(one["kind"], one["title"]) for one in cards[missed]] == [("no_show", "3")]
    rung = await demo.run(lambda session: bell.bell(session, agent.principal, by.now, by.today))
    told = {one["patient_id"]: (one["title"], one["level"]) for one in rung.items if one["kind"] == "booking_notice"}
    assert told[waits] == ("offered", "urgent") and rung.counts["booking_notice"] >= 2
    deaf = replace(agent.principal, rights=agent.principal.rights - {"booking_notice.tell"})
    assert "booking_notice" not in (await demo.run(lambda session: bell.bell(session, deaf, by.now, by.today))).counts


async def test_late_urgent_work_counts_as_late(demo: Database, act_as: ActAs) -> None:
    agent = await act_as("agent03")

    async def late() -> int:
        return (await demo.run(lambda session: bell.bell(session, agent.principal, agent.at, agent.today))).overdue

    before = await late()
    due = {"title": "紧急回电", "priority": "urgent", "due_at": "2026-11-15T01:00:00Z", "assigned_to": agent.principal.id}
    await add(demo, act_as, "to_do", due)
    assert await late() == before + 1
    await demo.run(lambda session: session.execute(text("DELETE FROM to_do WHERE title = '紧急回电'")))
