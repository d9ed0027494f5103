"""How far an import is reaches the pages that may know it, pushed, each batch; others hear nothing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from callcenter.api.live_hub import LiveHub
from callcenter.api.live_transfer import TOPIC, TransferProgress
from crm.transfer import export, importing
from tests.component.transfer.conftest import Clerk, table
from tests.support.waiting import until

pytestmark = pytest.mark.component


class Page:
    """A page with a live connection that reads everything."""

    session = "s"

    def __init__(self, agent_id: int, *rights: str) -> None:
        self.agent_id, self.rights = agent_id, frozenset(rights)
        self.shown: dict[str, Any] = {"imports": {}, "exports": {}}
        self.seen: list[Any] = []

    def offer(self, text: str) -> bool:
        data = json.loads(text)["data"]
        for kind, lines in data.items():
            for number, line in lines.items():
                self.shown[kind][number] = {**self.shown[kind].get(number, {}), **line}
                self.seen.append(dict(self.shown[kind][number]))
        return True

    def cut(self) -> None:
        raise AssertionError("read everything")


async def test_each_batch_is_pushed_to_who_may_import_and_an_export_to_who_asked(clerk: Clerk) -> None:
    hub = LiveHub(lambda _agent: {}, dict, ping_s=60)
    progress = TransferProgress(clerk.place.database, hub)
    mine, other = Page(1, "patient.import"), Page(2, "doctor.import")
    tasks = [asyncio.create_task(one, name="test:live") for one in (progress.run(), hub.run())]
    try:
        for page in (mine, other):
            hub.join(page)
            hub.subscribe(page, TOPIC)
        run = await clerk.brought(table([(f"患者{n}", "", "", "", f"M{n}", "", "") for n in range(25)]))
        await clerk.send("POST", f"/api/imports/{run['id']}/check")
        number = str(run["id"])
        await until(lambda: mine.shown["imports"].get(number, {}).get("state") == "checking", timeout_s=20)
        await importing.handle(importing.with_chunks(clerk.place, 10), run["id"])
        await until(lambda: mine.shown["imports"][number] == {"state": "checked", "rows_done": 25, "rows_total": 25}, timeout_s=20)
        asked = await (await clerk.send("POST", "/api/exports", {"resource": "patient"})).json()
        await export.handle(clerk.place, asked["id"])
        await until(lambda: mine.shown["exports"].get(str(asked["id"]), {}).get("state") == "done", timeout_s=20)
        assert other.seen == []
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_who_comes_late_hears_what_is_worked_on_and_what_ended_meanwhile(clerk: Clerk) -> None:
    run = await clerk.brought(table([("张伟", "", "", "", "M1", "", "")]))
    await clerk.step(run["id"], "check")
    hub = LiveHub(lambda _agent: {}, dict, ping_s=60)
    progress = TransferProgress(clerk.place.database, hub)
    page = Page(1, "patient.import")
    tasks = [asyncio.create_task(one, name="test:live") for one in (progress.run(), hub.run())]
    try:
        hub.subscribe(page, TOPIC)
        await until(lambda: page.shown["imports"].get(str(run["id"]), {}).get("state") == "checked", timeout_s=20)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_bar_moves_long_before_a_whole_batch_of_ten_thousand(clerk: Clerk) -> None:
    run = await clerk.brought(table([(f"患者{n}", "", "", "", f"P{n}", "", "") for n in range(1600)]))
    seen: list[int] = []
    hub = LiveHub(lambda _agent: {}, dict, ping_s=60)
    page = Page(1, "patient.import")
    tasks = [asyncio.create_task(one, name="test:live") for one in (TransferProgress(clerk.place.database, hub).run(), hub.run())]
    try:
        hub.join(page)
        hub.subscribe(page, TOPIC)
        await clerk.step(run["id"], "check")
        await until(lambda: page.shown["imports"].get(str(run["id"]), {}).get("state") == "checked", timeout_s=20)
        seen = sorted({one["rows_done"] for one in page.seen})
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert len(seen) > 2 and set(seen) <= {0, 500, 1000, 1500, 1600}
