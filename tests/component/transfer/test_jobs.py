"""The work process takes imports up by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import text

from crm.database import Session
from crm.job_runner import JobRunner
from crm.transfer import export, importing, work
from crm.transfer.place import Place
from tests.component.transfer.conftest import Clerk, table
from tests.support.waiting import until

pytestmark = pytest.mark.component


@asynccontextmanager
async def kept_busy(place: Place) -> AsyncIterator[None]:
    """Nobody gets at the table of patients."""
    held, free = asyncio.Event(), asyncio.Event()

    async def hold(session: Session) -> None:
        await session.execute(text("LOCK TABLE patient IN ACCESS EXCLUSIVE MODE"))
        held.set()
        await free.wait()

    holder = asyncio.create_task(place.database.run(hold, timeout_s=60.0), name="test:hold")
    await held.wait()
    yield
    free.set()
    await holder


def hasty(place: Place) -> Place:
    """Waits 0.3 s for the database."""
    return replace(place, limits=replace(place.limits, chunk_s=0.3))


async def test_an_import_whose_database_does_not_answer_goes_on_by_itself(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "AGAIN_S", (0.0,) * 200)
    run = await clerk.brought(table([("张伟", "", "", "", "M1", "", "")]))
    await clerk.step(run["id"], "check")
    assert (await clerk.send("POST", f"/api/imports/{run['id']}/run")).status == 200
    tries = 0

    async def handle(place: Place, key: int) -> None:
        nonlocal tries
        tries += 1
        await importing.handle(place, key)

    async with kept_busy(clerk.place):
        job = asyncio.create_task(work.patiently(hasty(clerk.place), run["id"], handle, importing.give_up), name="test:job")
        await until(lambda: tries == 3, timeout_s=20.0)
    await job
    assert (await clerk.get(f"/api/imports/{run['id']}"))["state"] == "done"
    assert await clerk.rows("SELECT mrn FROM patient") == [{"mrn": "M1"}]


async def test_a_job_that_the_database_never_answers_says_so_and_can_be_started_again(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "AGAIN_S", (0.0, 0.0))
    run = await clerk.brought(table([("张伟", "", "", "", "M1", "", "")]))
    await clerk.step(run["id"], "check")
    asked = await clerk.send("POST", "/api/exports", {"resource": "patient"})
    export_id = (await asked.json())["id"]
    assert (await clerk.send("POST", f"/api/imports/{run['id']}/run")).status == 200
    async with kept_busy(clerk.place):
        await work.patiently(hasty(clerk.place), run["id"], importing.handle, importing.give_up)
        await work.patiently(hasty(clerk.place), export_id, export.handle, export.give_up)
    stopped = await clerk.get(f"/api/imports/{run['id']}")
    assert (stopped["state"], stopped["rows_done"]) == ("stopped", 0) and "start it again" in stopped["fault"]["mend"]
    assert (await clerk.get(f"/api/exports/{export_id}"))["state"] == "failed"
    assert (await clerk.step(run["id"], "run"))["counts"]["added"] == 1


async def test_a_stopped_import_that_cannot_be_undone_can_still_be_gone_on_with(clerk: Clerk) -> None:
    place = importing.with_chunks(clerk.place, 1)
    run = await clerk.brought(table([(f"患者{n}", "", "", "", f"M{n}", "", "") for n in range(40)]))
    await clerk.step(run["id"], "check")
    assert (await clerk.send("POST", f"/api/imports/{run['id']}/run")).status == 200
    job = asyncio.create_task(importing.handle(place, run["id"]), name="test:import")

    async def begun() -> bool:
        return (await clerk.get(f"/api/imports/{run['id']}"))["rows_done"] > 0

    await until(begun, timeout_s=20.0, every_s=0.0)
    stopped = await clerk.send("POST", f"/api/imports/{run['id']}/stop")
    await job
    assert stopped.status == 200, await stopped.text()
    await clerk.rows("UPDATE patient SET notes = 'seen', version = version + 1 RETURNING id")
    undone = await clerk.step(run["id"], "undo")
    assert undone["conflicts"] and undone["state"] == "stopped"
    assert (await clerk.step(run["id"], "run"))["state"] == "done"
    assert len(await clerk.rows("SELECT id FROM patient")) == 40


async def test_a_wish_is_done_by_the_runner_of_jobs(clerk: Clerk, own_url: str) -> None:
    run = await clerk.brought(table([("张伟", "", "", "", "M1", "", "")]))
    jobs = JobRunner(own_url)
    work.register(jobs, clerk.place)
    runner = asyncio.create_task(jobs.run(), name="test:jobs")
    try:
        for step, state in (("check", "checked"), ("run", "done"), ("undo", "undone")):
            assert (await clerk.send("POST", f"/api/imports/{run['id']}/{step}")).status == 200

            async def there(state: str = state) -> bool:
                return (await clerk.get(f"/api/imports/{run['id']}"))["state"] == state

            await until(there, timeout_s=30.0)
    finally:
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)
    assert await clerk.rows("SELECT 1 FROM patient") == []
