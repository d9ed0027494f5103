"""How far imports and exports are, pushed to the pages that wait for them.

In: notices of the database, each naming one import or export. Out: the live topic `transfer`: `{"imports": {id: {...}}, "exports": {id: {...}}}`.
Must not show an import to whoever may not import that thing, nor an export to anybody but who asked for it. Invariant: what a page that
missed everything gets is the state of now; only the newest KEPT are remembered. Notices: crm/notices.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web

from callcenter import log
from callcenter.api.live_hub import Client, LiveHub
from crm import notices
from crm.database import Database
from crm.errors import DatabaseUnavailable, StatementRefused
from crm.transfer import runs
from crm.transfer.place import CHANGED

TOPIC = "transfer"
KEPT = 200
RETRY_S = 1.0
_log = log.get("live")


class TransferProgress:
    """Imports and exports that moved since this process began, and those that were moving then."""

    def __init__(self, database: Database, hub: LiveHub) -> None:
        self._database, self._hub = database, hub
        self._lines: dict[str, runs.Progress] = {}
        self._moved: set[str] = set()
        self._woken = asyncio.Event()
        hub.add_topic(TOPIC, self.read)

    def read(self, client: Client) -> dict[str, Any]:
        """What this page may see."""
        shown: dict[str, Any] = {"imports": {}, "exports": {}}
        for one in self._lines.values():
            if f"{one.resource}.import" in client.rights if one.kind == "import" else one.by == client.agent_id:
                shown[f"{one.kind}s"][str(one.id)] = {"state": one.state, "rows_done": one.rows_done, "rows_total": one.rows_total}
        return shown

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(notices.hear(self._database, CHANGED, self._heard), name="transfer:listen")
            group.create_task(self._follow(), name="transfer:follow")

    def _heard(self, what: str) -> None:
        """`what` is empty after each reconnect: something may have been missed."""
        self._moved |= {what, *(() if what else self._lines)}
        self._woken.set()

    async def _follow(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            moved, self._moved = self._moved, set()
            try:
                found = await self._database.run(lambda session, moved=moved: runs.progress(session, moved))
            except (DatabaseUnavailable, StatementRefused) as away:
                _log.warning("progress of imports could not be read", reason=type(away).__name__)
                self._moved |= moved
                await asyncio.sleep(RETRY_S)
                self._woken.set()
                continue
            self._keep(found)

    def _keep(self, found: dict[str, runs.Progress]) -> None:
        for key, line in found.items():
            self._lines.pop(key, None)
            self._lines[key] = line
        for key in [*self._lines][: max(len(self._lines) - KEPT, 0)]:
            del self._lines[key]
        self._hub.touch_all()


def upkeep(database: Database, hub: LiveHub) -> Callable[[web.Application], AsyncIterator[None]]:
    """Follow while the application runs."""

    async def follow(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(TransferProgress(database, hub).run(), name="api:transfer-progress")
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    return follow
