"""Users, passwords, and an audit trail that shows every tampering."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from crm.access import accounts
from crm.access.at_machine import add_user, list_users, set_password
from crm.database import Database, Session
from crm.engine import anchors, audit
from crm.engine.audit import Deed
from crm.errors import Conflict, DatabaseUnavailable, InvalidValue, NotFound
from crm.models import AuditEntry, AuditHead

pytestmark = pytest.mark.component
AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
ENTRIES = 12
COPIED = "at, user_id, action, object_kind, object_id, data, pii, pii_salt, pii_digest, previous"
SWAPPED = "at = other.at, user_id = other.user_id, object_id = other.object_id, data = other.data, pii = other.pii, pii_salt = other.pii_salt"


def test_user_made_from_the_command_line_is_listed_and_has_his_password(database_url: str) -> None:
    made = add_user(database_url, "li.na", "李娜", ["agent", "supervisor"], "first-password")
    assert [(one.id, one.name, one.roles) for one in list_users(database_url)] == [(made, "李娜", ("agent", "supervisor"))]
    set_password(database_url, "li.na", "second-password")

    async def stored() -> str:
        database = Database(database_url, timeout_s=10)
        known = await database.run(lambda session: accounts.stored_password(session, "li.na"))
        await database.close()
        assert known is not None
        return known[1]

    kept = asyncio.run(stored())
    assert accounts.password_fits(kept, "second-password")
    assert not accounts.password_fits(kept, "first-password")
    assert not accounts.password_fits(None, "second-password")


def test_what_was_done_at_the_machine_stands_in_the_trail(database_url: str) -> None:
    user_id = add_user(database_url, "sun.li", "孙丽", ["agent"], "first-password")
    set_password(database_url, "sun.li", "second-password")

    async def noted() -> list[tuple[str, str, dict[str, object]]]:
        database = Database(database_url, timeout_s=10)
        query = text("SELECT action, object_id, data FROM audit_entry WHERE object_kind = 'user' ORDER BY id")
        rows = await database.run(lambda session: session.execute(query))
        assert await database.run(audit.verify) is None
        await database.close()
        return [(row[0], row[1], row[2]) for row in rows if row[1] == str(user_id)]

    added, changed = asyncio.run(noted())
    assert (added[0], added[2]["at_machine"], added[2]["roles"]) == ("user.add", True, ["agent"])
    assert changed[0] == "user.password" and "password" not in str(changed[2]).replace("user.password", "")


@pytest.mark.parametrize(
    ("username", "name", "roles", "password", "field"),
    [
        ("Li Na", "李娜", ["agent"], "long-enough-1", "username"),
        ("x", "李娜", ["agent"], "long-enough-1", "username"),
        ("wang", "  ", ["agent"], "long-enough-1", "name"),
        ("wang", "王", ["boss"], "long-enough-1", "roles"),
        ("wang", "王", [], "long-enough-1", "roles"),
        ("wang", "王", ["agent"], "short", "password"),
        ("wang", "王", ["agent"], "x" * 201, "password"),
    ],
)
def test_wrong_user_is_refused_by_field(database_url: str, username: str, name: str, roles: list[str], password: str, field: str) -> None:
    with pytest.raises(InvalidValue) as wrong:
        add_user(database_url, username, name, roles, password)
    assert wrong.value.field == field


def test_taken_name_unknown_user_and_absent_database(database_url: str) -> None:
    add_user(database_url, "zhao", "赵", ["agent"], "long-enough-1")
    with pytest.raises(Conflict):
        add_user(database_url, "zhao", "赵", ["agent"], "long-enough-1")
    with pytest.raises(NotFound):
        set_password(database_url, "nobody", "long-enough-1")
    with pytest.raises(DatabaseUnavailable):
        list_users("postgresql://x@/x?host=/nonexistent&port=5432")


# -- the audit trail --------------------------------------------------------------------------------------------------


@pytest.fixture
async def trail(database: Database) -> Database:
    async def work(session: Session) -> None:
        await session.execute(text("TRUNCATE audit_entry"))
        await session.execute(text("DELETE FROM audit_head"))
        await session.execute(text("INSERT INTO audit_head (one, entries, hash) VALUES (1, 0, '')"))
        for n in range(ENTRIES):
            pii = {"name": f"张伟{n}"} if n % 2 else None
            await audit.write(session, AT, n, Deed("patient.view", "patient", str(n), {"n": n, "words": "观看"}, pii))

    await database.run(work)
    return database


async def entry_ids(trail: Database) -> list[int]:
    return list(await trail.run(lambda session: session.scalars(text("SELECT id FROM audit_entry ORDER BY id"))))


async def test_untouched_trail_is_whole(trail: Database) -> None:
    assert await trail.run(audit.verify) is None


@pytest.mark.parametrize(
    ("tampering", "named"),
    [
        ("DELETE FROM audit_entry WHERE id = :id", "next"),
        ("UPDATE audit_entry SET action = 'patient.none' WHERE id = :id", "same"),
        ("UPDATE audit_entry SET user_id = 99 WHERE id = :id", "same"),
        ("""UPDATE audit_entry SET data = '{"n": 0}' WHERE id = :id""", "same"),
        ("UPDATE audit_entry SET at = at + interval '1 second' WHERE id = :id", "same"),
        ("""UPDATE audit_entry SET pii = '{"name": "李四"}' WHERE id = :id""", "same"),
        ("UPDATE audit_entry SET pii_salt = '\\x00' WHERE id = :id", "same"),
        ("UPDATE audit_entry SET pii_digest = '\\x00' WHERE id = :id", "same"),
        ("UPDATE audit_entry SET pii = NULL, pii_salt = NULL, pii_digest = '' WHERE id = :id", "same"),
        ("UPDATE audit_entry SET hash = '\\x00' WHERE id = :id", "same"),
        ("UPDATE audit_entry SET previous = '\\x00' WHERE id = :id", "same"),
        (f"WITH other AS (SELECT * FROM audit_entry WHERE id = :id + 2) UPDATE audit_entry e SET {SWAPPED} FROM other WHERE e.id = :id", "same"),
        (f"INSERT INTO audit_entry (id, hash, {COPIED}) SELECT 900000, '\\x01', {COPIED} FROM audit_entry WHERE id = :id", "added"),
        ("DELETE FROM audit_entry WHERE id > :id", "end"),
        ("DELETE FROM audit_entry", "nothing"),
        ("UPDATE audit_head SET entries = entries - 1", "last"),
        ("DELETE FROM audit_head", "last"),
        ("UPDATE audit_entry SET id = CASE id WHEN :id THEN 1000000 ELSE id END", "next"),
    ],
)
async def test_tampering_is_seen_and_its_place_named(trail: Database, tampering: str, named: str) -> None:
    ids = await entry_ids(trail)
    target = ids[5]
    await trail.run(lambda session: session.execute(text(tampering), {"id": target}))
    said = await trail.run(audit.verify) or ""
    places = {"same": f"entry {target}:", "next": f"entry {ids[6]}:", "end": "after entry 6:", "added": "entry 900000:"}
    places |= {"nothing": "after entry 0:", "last": f"after entry {ENTRIES}:"}
    assert said.startswith(places[named])


async def test_a_trail_that_was_made_anew_is_seen_by_what_was_noted_outside(trail: Database, tmp_path: Path) -> None:
    """Whoever owns the database can compute every hash again; the note on the machine he cannot write."""
    file = tmp_path / "audit-anchors"
    assert await anchors.note(trail, file, AT)
    assert not await anchors.note(trail, file, AT), "nothing has happened since"
    await trail.run(lambda session: audit.write(session, AT, 1, Deed("x")))
    assert await anchors.note(trail, file, AT)
    noted = {one.entries: one.hash for one in anchors.read(file)}
    assert sorted(noted) == [ENTRIES, ENTRIES + 1]
    assert await trail.run(lambda session: audit.verify(session, noted)) is None
    ids = await entry_ids(trail)

    async def anew(session: Session) -> None:
        rows = list(await session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
        rows[3].action, previous = "patient.none", b""
        for row in rows:
            row.previous, row.hash = previous, audit._chained(vars(row) | {"previous": previous}, audit._canonical(row.data))
            previous = row.hash
        await session.execute(update(AuditHead).values(hash=previous))

    await trail.run(anew)
    assert await trail.run(audit.verify) is None, "the chain alone cannot tell"
    said = await trail.run(lambda session: audit.verify(session, noted)) or ""
    assert said.startswith(f"entry {ids[ENTRIES - 1]}:") and "noted" in said


async def test_entries_cut_off_together_with_the_head_are_missed(trail: Database, tmp_path: Path) -> None:
    await anchors.note(trail, tmp_path / "a", AT)
    noted = {one.entries: one.hash for one in anchors.read(tmp_path / "a")}
    ids = await entry_ids(trail)
    await trail.run(lambda session: session.execute(text("DELETE FROM audit_entry WHERE id > :id"), {"id": ids[5]}))
    await trail.run(lambda s: s.execute(text("UPDATE audit_head SET entries = 6, hash = (SELECT hash FROM audit_entry ORDER BY id DESC LIMIT 1)")))
    assert await trail.run(audit.verify) is None
    assert (await trail.run(lambda session: audit.verify(session, noted)) or "").startswith("after entry 6:")


async def test_a_note_cut_off_by_a_power_failure_is_made_again(trail: Database, tmp_path: Path) -> None:
    file = tmp_path / "a"
    await anchors.note(trail, file, AT)
    whole = file.read_text()
    file.write_text(whole + "2026-11-22T00:00:00+00:00 99 ab")
    assert [one.entries for one in anchors.read(file)] == [ENTRIES]
    await trail.run(lambda session: audit.write(session, AT, 1, Deed("x")))
    assert await anchors.note(trail, file, AT) and [one.entries for one in anchors.read(file)] == [ENTRIES, ENTRIES + 1]
    file.write_text("rubbish\n")
    with pytest.raises(InvalidValue):
        anchors.read(file)


async def test_erased_personal_values_leave_the_chain_whole(trail: Database) -> None:
    ids = await entry_ids(trail)
    await trail.run(lambda session: audit.erase(session, ids))
    assert await trail.run(audit.verify) is None
    left = await trail.run(lambda session: session.scalar(text("SELECT count(*) FROM audit_entry WHERE pii IS NOT NULL OR pii_salt IS NOT NULL")))
    assert left == 0


async def test_many_writers_at_once_keep_one_chain(trail: Database) -> None:
    await asyncio.gather(*(trail.run(lambda s, n=n: audit.write(s, AT, n, Deed("x", data={"n": n}))) for n in range(20)))
    assert await trail.run(audit.verify) is None
    assert len(await entry_ids(trail)) == ENTRIES + 20
