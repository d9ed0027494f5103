"""Takes up durable jobs and hands each to its handler.

In: the database's address, handlers by job name. Out: `handler(payload)` awaited once a job; one that raises is logged and its job is kept as
failed for a person. Must not know what a job does. Invariant: a job that was taken by a process that died is taken again, so every handler must be
safe to run twice; a lost connection is made anew until the task is cancelled. PgQueuer: pgqueuer.readthedocs.io.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import asyncpg
from pgqueuer import AsyncpgDriver, Job, QueueManager, Queries

from crm.database import async_url, connect_arguments

Handler = Callable[[Mapping[str, Any]], Awaitable[object]]
RETRY_S = 1.0
TAKEN_FOR_DEAD = timedelta(seconds=60)
AT_ONCE = 2
_log = logging.getLogger("crm.job_runner")


async def run(url: str, handlers: Mapping[str, Handler]) -> None:
    """Until cancelled."""
    while True:
        try:
            await _one_connection(url, handlers)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as away:
            _log.warning("no database for jobs: %s", type(away).__name__)
        await asyncio.sleep(RETRY_S)


async def _one_connection(url: str, handlers: Mapping[str, Handler]) -> None:
    """Take jobs until the connection is lost."""
    connection = await asyncpg.connect(**connect_arguments(async_url(url)), timeout=5)
    manager = QueueManager(Queries(AsyncpgDriver(connection)))
    connection.add_termination_listener(lambda _: manager.shutdown.set())
    for name, handler in handlers.items():
        manager.entrypoint(name, concurrency_limit=AT_ONCE, on_failure="hold")(partial(_handle, handler))
    try:
        await manager.run(dequeue_timeout=timedelta(seconds=10), heartbeat_timeout=TAKEN_FOR_DEAD)
    finally:
        manager.shutdown.set()
        connection.terminate()


async def _handle(handler: Handler, job: Job) -> None:
    await handler(json.loads(job.payload or b"{}"))
