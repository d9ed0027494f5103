"""Notices of the database: after a link that died without a word, and while reading fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from callcenter.crm_gateway import notices
from callcenter.errors import StoreUnavailable
from crm import database as database_module
from crm import notices as crm_notices
from crm.database import Database
from crm.errors import DatabaseUnavailable
from tests.component.crm.gate import Gate, gate_before
from tests.support.waiting import until

pytestmark = pytest.mark.component
LIMIT_S, PAYLOAD = 0.5, "full"


@pytest.fixture
async def gate(database_url: str) -> AsyncIterator[Gate]:
    async with gate_before(database_url) as opened:
        yield opened


async def notify(database: Database) -> None:
    await database.run(lambda session: session.execute(text(f"NOTIFY moon, '{PAYLOAD}'")))


async def test_a_link_that_died_without_a_word_is_found_out(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "PROBE_S", 0.2)
    heard: list[str] = []
    listening = Database(gate.url, timeout_s=LIMIT_S)
    task = asyncio.create_task(listening.listen("moon", heard.append), name="test:listen")
    await until(lambda: heard == [""], 10, "the connect counts as a notice")
    gate.hang()
    with pytest.raises(DatabaseUnavailable):
        async with asyncio.timeout(10):
            await task
    await listening.close()


async def test_notices_are_heard_again_after_the_database_was_away(gate: Gate, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crm_notices, "RETRY_S", 0.05)
    heard: list[str] = []
    listening = Database(gate.url, timeout_s=LIMIT_S)
    task = asyncio.create_task(crm_notices.hear(listening, "moon", heard.append), name="test:hear")
    await until(lambda: len(heard) == 1, 10, "the connect counts as a notice")
    await gate.close()
    await notify(database)
    await gate.open()
    await until(lambda: len(heard) == 2, 10, "what was missed counts once it listens again")
    await notify(database)
    await until(lambda: len(heard) == 3, 10, "notices are heard again")
    assert heard[:2] == ["", ""] and heard[2] == PAYLOAD
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await listening.close()


async def test_what_could_not_be_read_is_read_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "RETRY_S", 0.02)
    asked = 0

    async def refresh() -> None:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise StoreUnavailable("the test says so")

    task = asyncio.create_task(notices.follow(database, "moon", refresh), name="test:follow")
    await until(lambda: asked == 3, 10, "it is asked until it succeeds")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
