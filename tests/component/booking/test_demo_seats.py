"""The invented hospital's appointments, brought in at once, are what booking them one by one would have made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from crm.booking import By, Wish, book_slot, find_slots
from crm.booking.numbers import could_be_number
from crm.database import Database, Session
from crm.demo.booking import BOOKED
from crm.demo.hours import ZONE
from crm.engine import audit

pytestmark = pytest.mark.component

# Differ by their nature, or tell how often the row was written on its way.
OWN = {"id", "number", "patient_id", "session_id", "slot_id", "seat_id", "starts_at", "ends_at", "price_fen", "contact_number", "note", "source",
       "version", "changed_at", "created_at", "booked_at"}  # fmt: skip


async def _rows(database: Database, statement: str) -> list[dict[str, Any]]:
    async def work(session: Session) -> list[dict[str, Any]]:
        return [dict(row) for row in (await session.execute(text(statement))).mappings()]

    return await database.run(work)


async def test_they_keep_the_rules_of_booking(demo: Database) -> None:
    found = await _rows(
        demo,
        "SELECT a.*, s.sources, l.starts_at AS slot_starts, c.price_fen AS price, c.state AS clinic, "
        "(SELECT c.number FROM contact_phone c WHERE c.patient_id = a.patient_id ORDER BY rating DESC, relation <> '本人', id LIMIT 1) AS best "
        "FROM appointment a JOIN clinic_seat s ON s.id = a.seat_id JOIN clinic_slot l ON l.id = a.slot_id "
        "JOIN clinic_session c ON c.id = a.session_id",
    )
    assert len(found) > BOOKED * 0.9
    for one in found:
        assert one["source"] in one["sources"] and one["starts_at"] == one["slot_starts"] and one["price_fen"] == one["price"], one
        assert could_be_number(one["number"]) and one["contact_number"] == (one["best"] or ""), one
        assert (one["state"], one["clinic"]) in (("booked", "open"), ("stopped", "stopped")), one


async def test_each_is_in_the_audit_trail_like_one_that_an_agent_books(demo: Database) -> None:
    async def book(session: Session) -> int:
        by = By("agent", datetime.now(UTC), ZONE)
        patient = await session.scalar(text("SELECT id FROM patient WHERE id NOT IN (SELECT patient_id FROM appointment) ORDER BY id LIMIT 1"))
        slot = (await find_slots(session, by, Wish(), limit=1))[0]
        return (await book_slot(session, by, slot.slot_id, int(patient or 0))).id

    by_hand = await demo.run(book)
    rows = {one["id"]: one for one in await _rows(demo, "SELECT * FROM appointment WHERE state = 'booked'")}
    deeds = await _rows(demo, "SELECT object_id, user_id, data FROM audit_entry WHERE action = 'appointment.book'")
    told = {int(one["object_id"]): one for one in deeds}
    assert rows.keys() <= told.keys()
    for number, row in rows.items():
        assert {name: row[name] for name in row.keys() - OWN} == {name: rows[by_hand][name] for name in row.keys() - OWN}
        data = told[number]["data"]
        assert data.keys() == told[by_hand]["data"].keys() and told[number]["user_id"] is None
        assert (data["number"], data["patient_id"], data["source"]) == (row["number"], row["patient_id"], row["source"])
    assert await demo.run(audit.verify) is None
