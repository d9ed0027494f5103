"""The work process takes imports up by itself."""

from __future__ import annotations

import asyncio

import pytest

from crm.job_runner import JobRunner
from crm.transfer import work
from tests.component.transfer.conftest import Clerk, table
from tests.support.waiting import until

pytestmark = pytest.mark.component


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
