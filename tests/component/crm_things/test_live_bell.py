"""A bell rings in the page without being asked: for what is assigned, for a reminder in its minute, for an announcement; for nobody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from callcenter.api.live_bell import TOPIC, BellTurns
from callcenter.api.live_hub import LiveHub
from crm.database import Database
from crm.models import Announcement, Reminder, ToDo, UserAccount
from crm.things import bell
from tests.support.waiting import until

pytestmark = pytest.mark.component


class Clock:
    """The time of day."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


class Page:
    """A page with a live connection that reads everything."""

    session, rights = "s", frozenset[str]()

    def __init__(self, agent_id: int) -> None:
        self.agent_id, self.turn = agent_id, 0

    def offer(self, text: str) -> bool:
        self.turn = json.loads(text)["data"]["turn"]
        return True

    def cut(self) -> None:
        raise AssertionError("read everything")


async def person(database: Database, username: str) -> int:
    found = await database.run(lambda session: session.scalar(select(UserAccount.id).where(UserAccount.username == username)))
    assert found is not None
    return found


@pytest.fixture
async def pages(demo: Database) -> AsyncIterator[tuple[Page, Page]]:
    """Of agent01 and agent02, once the notices are listened to."""
    hub = LiveHub(lambda _agent: {}, dict, ping_s=60)
    turns = BellTurns(demo, hub, Clock())
    mine, other = Page(await person(demo, "agent01")), Page(await person(demo, "agent02"))
    tasks = [asyncio.create_task(one, name="test:live") for one in (turns.run(), hub.run())]
    for page in (mine, other):
        hub.join(page)
        hub.subscribe(page, TOPIC)
    await until(lambda: mine.turn > 0 and other.turn > 0, timeout_s=20)
    yield mine, other
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_task_rings_for_whom_it_is_assigned_to_and_for_whom_it_leaves(demo: Database, pages: tuple[Page, Page]) -> None:
    mine, other = pages
    before = mine.turn, other.turn
    task = ToDo(title="回电核实住院押金", assigned_to=mine.agent_id)

    async def add(session: object) -> None:
        session.add(task)  # type: ignore[attr-defined]

    await demo.run(add)
    await until(lambda: mine.turn == before[0] + 1, timeout_s=10)
    assert other.turn == before[1]
    await demo.run(lambda session: session.execute(update(ToDo).where(ToDo.title == task.title).values(assigned_to=other.agent_id)))
    await until(lambda: (mine.turn, other.turn) == (before[0] + 2, before[1] + 1), timeout_s=10)


async def test_reminder_rings_when_its_time_has_come(demo: Database, pages: tuple[Page, Page]) -> None:
    mine, other = pages
    await demo.run(lambda session: session.execute(delete(Reminder)))
    at = datetime.now(UTC) + timedelta(seconds=1.5)

    async def add(session: object) -> None:
        session.add(Reminder(user_id=mine.agent_id, title="科室例会", remind_at=at))  # type: ignore[attr-defined]

    before = mine.turn
    await demo.run(add)
    await until(lambda: mine.turn > before and datetime.now(UTC) < at, timeout_s=1.4)
    told, others = mine.turn, other.turn
    await until(lambda: mine.turn == told + 1, timeout_s=10)
    assert datetime.now(UTC) >= at and other.turn == others


async def test_announcement_rings_for_everybody(demo: Database, pages: tuple[Page, Page]) -> None:
    before = [page.turn for page in pages]
    await demo.run(lambda session: session.execute(update(Announcement).where(Announcement.state == "published").values(level="urgent")))
    await until(lambda: all(page.turn > turn for page, turn in zip(pages, before, strict=True)), timeout_s=10)


async def test_next_moment_is_the_earliest_with_all_whose_it_is(demo: Database) -> None:
    now = datetime(2040, 1, 1, tzinfo=UTC)
    first, second = await person(demo, "agent01"), await person(demo, "agent02")
    at = now + timedelta(hours=1)

    async def add(session: object) -> None:
        session.add_all([Reminder(user_id=first, title="甲", remind_at=at), ToDo(title="乙", assigned_to=second, due_at=at),  # type: ignore[attr-defined]
                         ToDo(title="丙", assigned_to=second, due_at=at + timedelta(hours=1))])  # fmt: skip

    assert await demo.run(lambda session: bell.coming(session, now)) is None
    await demo.run(add)
    assert await demo.run(lambda session: bell.coming(session, now)) == bell.Coming(at, frozenset({first, second}))
    assert (await demo.run(lambda session: bell.coming(session, at))) == bell.Coming(at + timedelta(hours=1), frozenset({second}))
