"""The migrations make exactly the tables of the models, and can be run again."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from crm.database import Database, Session
from crm.errors import StatementRefused
from crm.migrate import upgrade
from crm.models import Base

pytestmark = pytest.mark.component


def _differences(connection: Connection) -> list[object]:
    def ours(_thing: object, name: str | None, kind: str, *_: object) -> bool:
        return not (kind == "table" and (name or "").startswith(("pgqueuer", "alembic")))

    options = {"compare_type": True, "compare_server_default": True, "include_object": ours}
    return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)


async def test_models_and_migrated_tables_agree(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_second_upgrade_changes_nothing_and_keeps_what_an_administrator_changed(database: Database, database_url: str) -> None:
    async def rename(session: Session) -> None:
        await session.execute(text("UPDATE queue SET title_en = 'Front desk'"))
        await session.execute(text("DELETE FROM pause_reason WHERE code = 'meal'"))

    await database.run(rename)
    upgrade(database_url)

    async def read(session: Session) -> tuple[str | None, int | None]:
        return await session.scalar(text("SELECT title_en FROM queue")), await session.scalar(text("SELECT count(*) FROM pause_reason"))

    assert await database.run(read) == ("Front desk", 4)


async def test_database_refuses_what_no_form_may_let_through(database: Database) -> None:
    refused = (
        "INSERT INTO patient (name) VALUES ('  ')",
        "INSERT INTO patient (name, gender) VALUES ('x', 'other')",
        "INSERT INTO queue (name, title_zh, title_en) VALUES ('Bad Name', 'x', 'x')",
        "INSERT INTO user_account (username, name, password_hash) VALUES ('a;b', 'x', 'x')",
        "INSERT INTO calendar_hours VALUES ('hotline', 1, '12:00', '08:00')",
        "INSERT INTO calendar_day (calendar, day, kind) VALUES ('hotline', '2026-01-01', 'workday')",
    )
    for statement in refused:
        with pytest.raises(StatementRefused, match="CheckViolation"):
            await database.run(lambda session, statement=statement: session.execute(text(statement)))
