"""Takes up durable jobs and hands each to its handler.

In: the database's address, handlers by job name. Out: `handler(linkedid)` awaited once a job; one that raises is logged and its job is kept as
failed for a person. Must not know what a job does. Invariant: nobody has a job but whoever holds its taker's lock, which the server lets go with his
connection; then the jobs he had are ended here and taken up again, so every handler must be safe to run once more. PgQueuer: pgqueuer.readthedocs.io.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
from pgqueuer import AsyncpgDriver, Job, Queries, QueueManager

from crm.by_token import acting, of_plain
from crm.database import async_url, connect_arguments

Handler = Callable[[str], Awaitable[object]]
RETRY_S = 1.0
CONNECT_S = 5.0
LOOK_EACH = timedelta(seconds=2)
# Of a worker that stands still with its connection open; the supervisor ends it long before.
TAKEN_FOR_DEAD = timedelta(seconds=300)
AT_ONCE = 2
_ALIVE = "SELECT pg_advisory_lock(hashtextextended('job runner ' || $1::text, 0))"
# The jobs of takers whose lock is free are as old as no living taker's are, so the next who asks takes them.
_LEFT_BEHIND = """
WITH left_behind AS MATERIALIZED (
    SELECT id, queue_manager_id FROM pgqueuer
    WHERE status = 'picked' AND queue_manager_id <> $1::uuid AND heartbeat > now() - $2::interval FOR UPDATE SKIP LOCKED)
UPDATE pgqueuer SET heartbeat = now() - 2 * $2::interval FROM left_behind
WHERE pgqueuer.id = left_behind.id AND pg_try_advisory_xact_lock(hashtextextended('job runner ' || left_behind.queue_manager_id::text, 0))
"""
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
        driver = AsyncpgDriver(connection)
        manager, at_work = QueueManager(Queries(driver)), set[asyncio.Task[object]]()

        def lost(_: object) -> None:
            manager.shutdown.set()
            for one in at_work:
                one.cancel()

        connection.add_termination_listener(lost)
        for name, handler in self._handlers.items():
            manager.entrypoint(name, concurrency_limit=AT_ONCE, on_failure="hold")(_entry(handler, at_work))
        looking = asyncio.create_task(_look(driver, manager.queue_manager_id), name="jobs:left-behind")
        try:
            await driver.execute(_ALIVE, str(manager.queue_manager_id))
            await manager.run(dequeue_timeout=LOOK_EACH, heartbeat_timeout=TAKEN_FOR_DEAD)
        finally:
            manager.shutdown.set()
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            connection.terminate()


async def _look(driver: AsyncpgDriver, me: uuid.UUID) -> None:
    """Until cancelled: jobs of workers that died are given to whoever asks next."""
    while True:
        try:
            await driver.execute(_LEFT_BEHIND, me, TAKEN_FOR_DEAD)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as away:
            _log.warning("jobs of others were not looked at: %s", type(away).__name__)
        await asyncio.sleep(LOOK_EACH.total_seconds())


def _entry(handler: Handler, at_work: set[asyncio.Task[object]]) -> Callable[[Job], Awaitable[None]]:
    async def entry(job: Job) -> None:
        wanted = json.loads(job.payload or b"{}")
        with acting(of_plain(wanted.get("token"))):
            task = asyncio.ensure_future(handler(wanted["linkedid"]))
        at_work.add(task)
        try:
            await task
        finally:
            at_work.discard(task)

    return entry
