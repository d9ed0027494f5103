"""A second pair of eyes on Asterisk: an AMI client that shares no code with the product (pyst2).

In: an instance's settings and secrets. Out: every event in order, and answers of actions. Runs in threads of pyst2; reading is safe from anywhere.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from asterisk.manager import Manager, ManagerException

from callcenter.settings import Secrets, Settings
from tests.support.waiting import until

Headers = dict[str, str]


class Witness:
    """Sees what Asterisk tells; `events` only grows."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings, self._secrets = settings, secrets
        self.events: list[Headers] = []
        self._manager = Manager()

    def open(self) -> None:
        self._manager.connect("127.0.0.1", self._settings.port("ami"))
        self._manager.login("callcenter", self._secrets.ami)
        self._manager.register_event("*", self._seen)

    def close(self) -> None:
        with suppress(ManagerException, ValueError, OSError):  # Asterisk may drop the link before it answers the farewell
            self._manager.close()
        self._manager._running.clear()
        self._manager.close = lambda: None  # else pyst2's destructor says farewell once more, with a warning that nothing filters any longer

    def _seen(self, event: Any, _manager: Manager) -> None:
        self.events.append({**event.headers, "Event": event.name})

    def mark(self) -> int:
        """A place in the stream to count from."""
        return len(self.events)

    def since(self, mark: int, name: str = "", **headers: str) -> list[Headers]:
        """Events after `mark` with this name and these headers."""
        return [
            one for one in self.events[mark:] if (not name or one["Event"] == name) and all(one.get(key) == value for key, value in headers.items())
        ]

    async def first(self, mark: int, name: str, timeout_s: float = 5.0, **headers: str) -> Headers:
        """The first such event after `mark`, waited for."""
        return (await until(lambda: self.since(mark, name, **headers), timeout_s, f"{name} {headers}"))[0]

    def counts(self, mark: int, kept: Callable[[Headers], bool] = lambda _: True) -> Counter[str]:
        return Counter(one["Event"] for one in self.events[mark:] if kept(one))

    async def send(self, action: str, **headers: str) -> Headers:
        """One action's answer."""
        answer = await asyncio.to_thread(self._manager.send_action, {"Action": action, **headers})
        return dict(answer.headers)

    async def listed(self, action: str, item: str, end: str) -> list[Headers]:
        """The items of a list action."""
        mark = self.mark()
        await self.send(action)
        await until(lambda: self.since(mark, end), 5, end)
        return self.since(mark, item)

    async def channels(self) -> list[str]:
        """Names of all live channels."""
        return [one["Channel"] for one in await self.listed("CoreShowChannels", "CoreShowChannel", "CoreShowChannelsComplete")]

    async def waiting(self) -> int:
        """How many callers wait in queues. (`QueueStatus` says "status will follow", which pyst2 takes for another action's answer.)"""
        rows = await self.listed("QueueSummary", "QueueSummary", "QueueSummaryComplete")
        return sum(int(row["Callers"]) for row in rows)
