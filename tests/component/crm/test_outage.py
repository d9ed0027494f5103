"""The database away in every way: said so in time, cached answers go on, everything comes back by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from callcenter.crm_gateway import CrmGateway
from callcenter.errors import StoreUnavailable
from callcenter.settings import Settings, Timeouts
from crm.database import Database
from tests.component.crm.calls import NODE, abandoned_call, numbered
from tests.component.crm.gate import Gate, gate_before
from tests.fakes.clock import VirtualClock
from tests.support.waiting import until

pytestmark = pytest.mark.component
LIMIT_S = 0.5
AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
NUMBER = "+8613900000001"


@pytest.fixture
async def gate(demo_url: str) -> AsyncIterator[Gate]:
    async with gate_before(demo_url) as opened:
        yield opened


@pytest.fixture
async def gateway(gate: Gate, tmp_path: Path) -> AsyncIterator[CrmGateway]:
    settings = Settings(home=tmp_path, timeouts=Timeouts(store_s=LIMIT_S))
    database = Database(gate.url, timeout_s=LIMIT_S)
    yield CrmGateway(database, settings, VirtualClock(AT))
    await gate.open()
    await database.close()


def questions(gateway: CrmGateway) -> list[Callable[[], Awaitable[Any]]]:
    return [
        lambda: gateway.callers.people_at(NUMBER),
        lambda: gateway.callers.language_of(NUMBER),
        lambda: gateway.callers.remember_language(NUMBER, "en"),
        lambda: gateway.facts.copied_up_to(NODE),
        lambda: gateway.facts.events_of("x"),
        lambda: gateway.recordings.pending(),
        lambda: gateway.recordings.wanted("x"),
        lambda: gateway.directory.refresh(),
    ]


async def refusal_of_each(gateway: CrmGateway) -> float:
    """The longest wait for StoreUnavailable."""
    longest = 0.0
    for ask in questions(gateway):
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await ask()
        longest = max(longest, time.monotonic() - began)
    return longest


async def test_hanging_database_is_said_to_be_away_in_time(gateway: CrmGateway, gate: Gate) -> None:
    assert len(await gateway.callers.people_at(NUMBER)) == 1
    gate.hang()
    assert await refusal_of_each(gateway) < LIMIT_S + 0.3


async def test_database_that_cuts_and_refuses_is_said_to_be_away_in_time(gateway: CrmGateway, gate: Gate) -> None:
    assert len(await gateway.callers.people_at(NUMBER)) == 1
    await gate.close()
    assert await refusal_of_each(gateway) < LIMIT_S + 0.3


async def test_many_questions_to_a_hanging_database_all_end_in_time(gateway: CrmGateway, gate: Gate) -> None:
    gate.hang()
    began = time.monotonic()
    answers = await asyncio.gather(*(gateway.callers.people_at(NUMBER) for _ in range(60)), return_exceptions=True)
    assert all(isinstance(one, StoreUnavailable) for one in answers)
    assert time.monotonic() - began < LIMIT_S + 0.5


@pytest.mark.parametrize("fault", ["hang", "cut"])
async def test_answers_come_again_when_it_is_back(gateway: CrmGateway, gate: Gate, fault: str) -> None:
    await gateway.callers.people_at(NUMBER)
    if fault == "hang":
        gate.hang()
    else:
        await gate.close()
    await refusal_of_each(gateway)
    await gate.open()

    async def answers() -> bool:
        try:
            return len(await gateway.callers.people_at(NUMBER)) == 1
        except StoreUnavailable:
            return False

    await until(answers, 10, "people are found again")


async def test_cached_answers_go_on(gateway: CrmGateway, gate: Gate) -> None:
    await gateway.directory.refresh()
    departments = await gateway.lookups.ask("clinic_departments", {}, AT)
    await gate.close()
    assert (await gateway.lookups.ask("clinic_departments", {}, AT)) == departments
    assert (await gateway.lookups.ask("clinic_hours", {"department": "1"}, AT)).exit == "unavailable"
    assert gateway.hours.state_at("hotline", AT) == "open"
    assert set(gateway.directory.queues()) == {"service_desk", "outpatient", "follow_up"}


async def test_process_that_starts_without_the_database_knows_the_last_directory(gateway: CrmGateway, gate: Gate, tmp_path: Path) -> None:
    await gateway.directory.refresh()
    await gate.close()
    successor = CrmGateway(Database(gate.url, timeout_s=LIMIT_S), Settings(home=tmp_path), VirtualClock(AT))
    assert successor.directory.queues() == gateway.directory.queues()
    assert successor.directory.agents() == gateway.directory.agents()
    assert successor.directory.dispositions() == gateway.directory.dispositions()
    assert successor.hours.state_at("clinic", AT) == gateway.hours.state_at("clinic", AT) == "open"
    assert (tmp_path / "run" / "directory.json").stat().st_mode & 0o777 == 0o600


async def test_damaged_snapshot_is_not_used(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "directory.json").write_text('{"queues": 7')
    gateway = CrmGateway(Database(gate.url, timeout_s=LIMIT_S), Settings(home=tmp_path), VirtualClock(AT))
    assert gateway.directory.queues() == {}


async def test_change_by_somebody_else_is_seen_and_again_after_a_cut(gateway: CrmGateway, gate: Gate, demo: Database) -> None:
    following = asyncio.create_task(gateway.run(), name="test:directory")
    changes: list[int] = []
    gateway.directory.watch(lambda: changes.append(1))

    async def rename(title: str) -> None:
        await demo.run(lambda session: session.execute(text("UPDATE queue SET title_en = :title WHERE name = 'outpatient'"), {"title": title}))
        await until(lambda: gateway.directory.queues().get("outpatient") and gateway.directory.queues()["outpatient"].title_en == title, 10, title)

    try:
        await rename("First")
        await gate.close()
        await gate.open()
        await rename("Second")
        assert changes
    finally:
        following.cancel()
        await asyncio.wait({following})


async def test_emergency_closure_is_in_force_at_once(gateway: CrmGateway, demo: Database) -> None:
    following = asyncio.create_task(gateway.run(), name="test:directory")
    try:
        for emergency, state in (("true", "emergency"), ("false", "open")):
            statement = f"UPDATE calendar SET emergency = {emergency} WHERE name = 'hotline'"
            await demo.run(lambda session, statement=statement: session.execute(text(statement)))
            await until(lambda state=state: gateway.hours.state_at("hotline", AT) == state, 5, state)
    finally:
        following.cancel()
        await asyncio.wait({following})


async def test_copy_to_a_database_that_dies_in_the_middle_is_repeated_without_doubles(gateway: CrmGateway, gate: Gate, demo: Database) -> None:
    records = numbered([event for n in range(30) for event in abandoned_call(f"node1-9{n}.1", AT)])
    attempts = 0

    async def copied() -> bool:
        nonlocal attempts
        attempts += 1
        copying = asyncio.create_task(gateway.facts.copy(NODE, records), name="test:copy")
        await asyncio.wait({copying}, timeout=0.01 * attempts)
        if attempts < 6:
            await gate.close()
            await gate.open()
        await asyncio.wait({copying})
        return copying.exception() is None

    await until(copied, 30, "copied")
    counted = await demo.run(lambda session: session.scalar(text("SELECT count(*) FROM call_event WHERE linkedid LIKE 'node1-9%'")))
    assert counted == len(records)
    assert attempts > 1
