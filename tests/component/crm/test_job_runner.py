"""A job is done by one worker at a time; what a dead one had is taken up at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text

from crm import by_token, job_runner, jobs
from crm.database import Database, Session
from crm.job_runner import JobRunner
from tests.support.waiting import until

pytestmark = pytest.mark.component
SOON_S = 15.0


@dataclass
class Worker:
    """Takes the job `count` and works on it until it is let go."""

    name: str
    begun: list[str]
    at_work: list[str]
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    tokens: list[object] = field(default_factory=list)

    async def count(self, key: str) -> None:
        self.begun.append(f"{self.name} {key}")
        self.at_work.append(self.name)
        assert len(self.at_work) == 1, f"{self.at_work} at once"
        self.tokens.append(by_token.at_hand())
        try:
            await self.let_go.wait()
        finally:
            self.at_work.remove(self.name)


@asynccontextmanager
async def at_work(url: str, worker: Worker) -> AsyncIterator[None]:
    runner = JobRunner(url)
    runner.on("count", worker.count)
    task = asyncio.create_task(runner.run(), name=f"test:{worker.name}")
    try:
        yield
    finally:
        worker.let_go.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def own_url(template: str, make_database: Callable[[str], str]) -> str:
    return make_database(template)


@pytest.fixture
async def database(own_url: str) -> AsyncIterator[Database]:
    found = Database(own_url)
    yield found
    await found.close()


async def ask_for_a_job(database: Database) -> None:
    await database.run(lambda session: jobs.enqueue(session, "count", {"1": {"linkedid": "1"}}))


async def cut_the_worker(database: Database) -> None:
    """Its connection ends as that of a process that was killed does."""

    async def work(session: Session) -> None:
        query = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
        assert (await session.execute(text(query))).scalar() == 1

    await database.run(work)


async def test_the_job_of_a_dead_worker_is_taken_at_once_and_by_one(database: Database) -> None:
    begun: list[str] = []
    busy: list[str] = []
    first, second = Worker("first", begun, busy), Worker("second", begun, busy)
    async with at_work(database.url, first):
        await ask_for_a_job(database)
        await until(lambda: begun == ["first 1"], timeout_s=SOON_S)
        await cut_the_worker(database)
        async with at_work(database.url, second):
            await until(lambda: len(begun) == 2 and bool(busy), timeout_s=SOON_S)
    assert len(begun) == 2


async def test_a_living_worker_keeps_its_job_however_long_it_takes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_runner, "LOOK_EACH", job_runner.LOOK_EACH / 40)
    begun: list[str] = []
    busy: list[str] = []
    first, second = Worker("first", begun, busy), Worker("second", begun, busy)
    looked = 0
    real = job_runner.AsyncpgDriver.execute

    async def execute(driver: job_runner.AsyncpgDriver, query: str, *values: object) -> str:
        nonlocal looked
        looked += query == job_runner._LEFT_BEHIND
        return await real(driver, query, *values)

    monkeypatch.setattr(job_runner.AsyncpgDriver, "execute", execute)
    async with at_work(database.url, first):
        await ask_for_a_job(database)
        await until(lambda: bool(busy), timeout_s=SOON_S)
        before = looked
        async with at_work(database.url, second):
            await until(lambda: looked > before + 40, timeout_s=SOON_S)
            first.let_go.set()
            await until(lambda: not busy, timeout_s=SOON_S)
    assert begun == ["first 1"]


async def test_a_job_is_done_with_the_token_it_was_asked_for_with(database: Database) -> None:
    worker = Worker("first", [], [])
    worker.let_go.set()
    async with at_work(database.url, worker):
        with by_token.acting(by_token.Token(7, "病区看板")):
            await ask_for_a_job(database)
        await until(lambda: bool(worker.tokens), timeout_s=SOON_S)
    assert worker.tokens == [{"id": 7, "title": "病区看板"}]
