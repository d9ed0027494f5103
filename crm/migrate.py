"""Brings a database to the tables of `crm.models` and gives a new one its first rows.

In: a database address, also of a new, empty database. Out: the tables, the job tables, roles and the rows nothing works without.
Must not be called twice at once for one database by accident: an advisory lock makes the second wait. Invariant: done again, it changes nothing.
Migration files: crm/migrations/versions.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from crm import jobs, reference
from crm.access import grants
from crm.database import apart, async_url

_LOCK = 815_120_95


def upgrade(url: str) -> None:
    """Migrate to the newest version and fill in what a new database needs."""
    apart(_upgrade(url))


async def _upgrade(url: str) -> None:
    engine = create_async_engine(async_url(url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            await connection.run_sync(_alembic)
            await jobs.install(connection)
            async with AsyncSession(connection, expire_on_commit=False) as session:
                await reference.ensure(session)
                await grants.ensure(session)
                await session.flush()
    finally:
        await engine.dispose()


def config(connection: Connection) -> Config:
    """alembic's configuration for this open connection; no alembic.ini."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.attributes["connection"] = connection
    return made


def _alembic(connection: Connection) -> None:
    command.upgrade(config(connection), "head")
