"""Durable jobs in the same database: made in the transaction of what they follow from.

In: a session inside a transaction. Out: a row in PgQueuer's table that `work` takes up. Must not run a job. Invariant: the job exists exactly
when the transaction was committed; a key that already waits is not queued twice; a job knows the token it was asked for with. PgQueuer owns its
tables: pgqueuer.readthedocs.io.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import asyncpg
from pgqueuer import AsyncpgDriver, Queries
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from crm import by_token


async def install(connection: AsyncConnection) -> None:
    """Make PgQueuer's tables, or bring them to this version."""
    queries = await _queries(connection)
    if await queries.schema_is_installed():
        await queries.upgrade()
    else:
        await queries.install(create_schema=False)


async def enqueue(session: AsyncSession, job: str, payloads: Mapping[str, Mapping[str, str]]) -> None:
    """Queue `job` once for each key of `payloads`."""
    if not payloads:
        return
    queries = await _queries(await session.connection())
    token = by_token.at_hand()
    bodies: list[bytes | None] = [json.dumps(payload if token is None else {**payload, "token": token}).encode() for payload in payloads.values()]
    keys: list[str | None] = [f"{job}:{key}" for key in payloads]
    await queries.enqueue([job] * len(bodies), bodies, [0] * len(bodies), dedupe_key=keys, on_conflict="skip")


async def _queries(connection: AsyncConnection) -> Queries:
    raw = (await connection.get_raw_connection()).driver_connection
    if not isinstance(raw, asyncpg.Connection):
        raise TypeError("jobs need an asyncpg connection")
    return Queries(AsyncpgDriver(raw))
