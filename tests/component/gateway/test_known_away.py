"""Callers and a database that hangs: the first of them waits a moment, the others do not, and its first answer to anybody ends that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.crm_gateway import CrmGateway
from callcenter.errors import StoreUnavailable
from callcenter.settings import Settings, Timeouts
from crm.database import Database
from tests.component.crm.gate import Gate, gate_before
from tests.fakes.clock import VirtualClock
from tests.support.waiting import until

pytestmark = pytest.mark.component
TIMEOUTS = Timeouts(store_s=2.0, store_patience_s=0.2, store_retry_s=60.0)
AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
NUMBER = "+8613900000001"


@pytest.fixture
async def gate(demo_url: str) -> AsyncIterator[Gate]:
    async with gate_before(demo_url) as opened:
        yield opened


@pytest.fixture
async def gateway(gate: Gate, tmp_path: Path) -> AsyncIterator[CrmGateway]:
    database = Database(gate.url, timeout_s=TIMEOUTS.store_s)
    yield CrmGateway(database, Settings(home=tmp_path, timeouts=TIMEOUTS), VirtualClock(AT))
    await gate.open()
    await database.close()


async def is_refused(gateway: CrmGateway) -> float:
    """Seconds until this caller is told."""
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await gateway.callers.people_at(NUMBER)
    return time.monotonic() - began


async def test_callers_after_the_first_do_not_wait_for_a_database_that_hangs(gateway: CrmGateway, gate: Gate) -> None:
    await gateway.callers.people_at(NUMBER)
    gate.hang()
    first = asyncio.create_task(is_refused(gateway), name="first caller")
    await until(lambda: gateway.store.away, 5, "the first caller's wait shows that it is away")
    assert sum([await is_refused(gateway) for _ in range(20)]) < TIMEOUTS.store_s
    assert await first <= TIMEOUTS.store_s + 0.5


async def test_a_caller_whose_session_stops_waiting_has_shown_it_too(gateway: CrmGateway, gate: Gate) -> None:
    """The session gives up earlier than the store: its cancelled question counts."""
    await gateway.callers.people_at(NUMBER)
    gate.hang()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(TIMEOUTS.store_patience_s * 2):
            await gateway.callers.language_of(NUMBER)
    assert gateway.store.away


async def test_its_first_answer_to_anybody_ends_the_outage(gateway: CrmGateway, gate: Gate) -> None:
    await gateway.callers.people_at(NUMBER)
    gate.hang()
    await is_refused(gateway)
    await gate.open()
    assert gateway.store.away, "nobody has asked yet"

    async def answers() -> bool:
        try:
            return await gateway.facts.copied_up_to("node1") >= 0
        except StoreUnavailable:
            return False

    await until(answers, 15, "the copier is answered")
    assert len(await gateway.callers.people_at(NUMBER)) == 1


async def test_clinics_once_asked_for_are_told_without_a_long_silence(gateway: CrmGateway, gate: Gate) -> None:
    known = await gateway.lookups.ask("clinic_departments", {}, AT)
    gate.hang()
    began = time.monotonic()
    assert await gateway.lookups.ask("clinic_departments", {}, AT) == known
    assert time.monotonic() - began < TIMEOUTS.store_s
