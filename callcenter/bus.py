"""Hands events to subscribers, strictly in order within a stream, streams side by side.

In: `publish(event)` from any coroutine of the loop, never blocks. Out: every subscriber is awaited with every event of the kinds it asked
for. A subscriber that raises is logged and counted; the others and later events are not affected. One worker task per live stream.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from prometheus_client import Counter

from callcenter import log
from callcenter.events import Event

Handler = Callable[[Event], Awaitable[None]]
Recorder = Callable[[Event], object]
Mask = Callable[[Event], Event | None]

_failures = Counter("callcenter_bus_handler_failures", "Subscribers that raised", ["handler"])
_log = log.get("bus")


class Bus:
    """Ordered per stream. `record_first` is called synchronously in `publish`, before any subscriber: it is the journal's append.

    `mask` sees every event before it: what it gives back is recorded and handed on in its place, None: nothing is.
    """

    def __init__(self, record_first: Recorder | None = None, mask: Mask | None = None) -> None:
        self._record_first, self._mask = record_first, mask
        self._handlers: list[tuple[str, Handler, frozenset[str] | None]] = []
        self._waiting: dict[str, deque[Event]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}

    def subscribe(self, name: str, handler: Handler, kinds: Iterable[type[Event]] | None = None) -> None:
        """Handlers run in the order they subscribed. `kinds` None means all."""
        self._handlers.append((name, handler, frozenset(kind.kind for kind in kinds) if kinds is not None else None))

    def publish(self, event: Event) -> None:
        """Record, then hand on."""
        masked = self._mask(event) if self._mask is not None else event
        if masked is not None:
            self._publish(masked)

    def _publish(self, event: Event) -> None:
        if self._record_first is not None:
            self._record_first(event)
        queue = self._waiting.get(event.stream)
        if queue is not None:
            queue.append(event)
            return
        self._waiting[event.stream] = deque((event,))
        self._workers[event.stream] = asyncio.create_task(self._drain(event.stream), name=f"bus:{event.stream}")

    async def _drain(self, stream: str) -> None:
        queue = self._waiting[stream]
        try:
            while queue:
                await self._deliver(queue.popleft())
        finally:
            del self._waiting[stream], self._workers[stream]

    async def _deliver(self, event: Event) -> None:
        for name, handler, kinds in self._handlers:
            if kinds is not None and event.kind not in kinds:
                continue
            try:
                await handler(event)
            except Exception:  # noqa: BLE001 - outermost frame of a subscriber
                _failures.labels(name).inc()
                _log.exception("handler failed", handler=name, event_kind=event.kind)

    async def settled(self, timeout_s: float = 5.0) -> None:
        """Returns when everything published so far is handled; raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while self._workers:
                await asyncio.wait(list(self._workers.values()))
