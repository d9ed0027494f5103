"""Queues as administered, carried over to Asterisk.

In: the directory's queues. Out: their configuration file through `render`, AMI `QueueReload`. Must not know how the file looks.
Invariant: the file always holds all queues, so Asterisk restarting by itself finds them. Members are no business of this module.
AMI: "QueueReload" of app_queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from callcenter import log
from callcenter.cti.queue_members import Ami
from callcenter.errors import AsteriskUnavailable, CommandRefused
from callcenter.ports import Directory, QueueSettings

_log = log.get("queues")


class Queues:
    """Keeps Asterisk's queues equal to the table."""

    def __init__(self, directory: Directory, ami: Ami, render: Callable[[Iterable[QueueSettings]], None]) -> None:
        self._directory, self._ami, self._render = directory, ami, render
        self._rendered: tuple[QueueSettings, ...] | None = None

    async def apply(self) -> bool:
        """Render and reload when something differs from what was rendered last. False: the disk or Asterisk refused, the old queues stay."""
        wanted = tuple(self._directory.queues().values())
        if wanted == self._rendered:
            return True
        try:
            await asyncio.to_thread(self._render, wanted)
            await self._ami.send("QueueReload", Members="no", Rules="no", Parameters="yes")
        except (AsteriskUnavailable, CommandRefused, OSError) as wrong:
            _log.warning("queues not reloaded", reason=type(wrong).__name__)
            return False
        self._rendered = wanted
        return True
