"""Takes up durable jobs and hands each to its handler.

In: the database's address, handlers by job name. Out: `handler(linkedid)` awaited once a job; one that raises is logged and its job is kept as
failed for a person. Must not know what a job does. Invariant: a job that was taken by a process that died is taken again, so every handler must be
safe to run twice; a lost connection is made anew until the task is cancelled. PgQueuer: pgqueuer.readthedocs.io.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
from pgqueuer import AsyncpgDriver, Job, Queries, QueueManager

from crm.database import async_url, connect_arguments

Handler = Callable[[str], Awaitable[object]]
RETRY_S = 1.0
CONNECT_S = 5.0
TAKEN_FOR_DEAD = timedelta(seconds=60)
AT_ONCE = 2
_log = logging.getLogger("crm.job_runner")


class JobRunner:
    """The work process's hands. `on` before `run`."""

    def __init__(self, url: str) -> None:
        self._url = async_url(url)
        self._handlers: dict[str, Handler] = {}

    def on(self, job: str, handler: Handler) -> None:
        """`handler(linkedid)` for each `job`; one that raises is kept as failed."""
        self._handlers[job] = handler

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._one_connection()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as away:
                _log.warning("no database for jobs: %s", type(away).__name__)
            await asyncio.sleep(RETRY_S)

    async def _one_connection(self) -> None:
        """Take jobs until the connection is lost."""
        async with asyncio.timeout(CONNECT_S):
            connection = await asyncpg.connect(**connect_arguments(self._url))
        manager = QueueManager(Queries(AsyncpgDriver(connection)))
        connection.add_termination_listener(lambda _: manager.shutdown.set())
        for name, handler in self._handlers.items():
            manager.entrypoint(name, concurrency_limit=AT_ONCE, on_failure="hold")(_entry(handler))
        try:
            await manager.run(dequeue_timeout=timedelta(seconds=10), heartbeat_timeout=TAKEN_FOR_DEAD)
        finally:
            manager.shutdown.set()
            connection.terminate()


def _entry(handler: Handler) -> Callable[[Job], Awaitable[None]]:
    async def entry(job: Job) -> None:
        await handler(json.loads(job.payload or b"{}")["linkedid"])

    return entry
