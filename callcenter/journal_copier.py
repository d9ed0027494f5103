"""Brings the journal to the database: in order, exactly once, however long the database is away.

In: a FileJournal, an EventStore. Out: batches of events, segments that nobody needs any more removed. Must not copy what is not on disk yet, nor be
held up by one record that the store cannot take. Invariant: the store's own mark decides where to go on, so a kill at any point copies nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from callcenter import log
from callcenter.errors import CallCenterError, StoreUnavailable
from callcenter.journal import CHECKPOINT, FileJournal
from callcenter.journal_files import Reader, Record, encode
from callcenter.ports import EventStore

T = TypeVar("T")
_log = log.get("journal")


class Copier:
    """Copies the journal to the store, in order, exactly once; waits out a store that is away."""

    def __init__(self, journal: FileJournal, store: EventStore, *, store_timeout_s: float = 30.0, retry_s: float = 1.0) -> None:
        self._journal, self._store = journal, store
        self._store_timeout_s, self._retry_s = store_timeout_s, retry_s
        self._copied = self._erasures = 0
        self._refused = journal.folder / "refused.jsonl"

    @property
    def lag(self) -> int:
        """Records that are not in the store yet."""
        return max(0, self._journal.last_number - self._copied)

    async def run(self) -> None:
        """The task `journal:copier`; ends only when cancelled."""
        while True:
            try:
                await self._copy_on()
            except (StoreUnavailable, TimeoutError) as away:
                _log.warning("store is away, facts wait in the journal", lag=self.lag, error=str(away))
                await asyncio.sleep(self._retry_s)
            except Exception:  # noqa: BLE001 - the task's outermost frame
                _log.exception("copier failed, tries again", lag=self.lag)
                await asyncio.sleep(self._retry_s)

    async def _copy_on(self) -> None:
        mark = await self._bounded(self._store.copied_up_to(self._journal.node))
        if mark > self._journal.last_number:
            self._journal.continue_above(mark)
        self._copied = mark
        reader = Reader(self._journal.folder, mark + 1)
        try:
            while True:
                await self._journal.synced(self._copied + 1)
                await self._copy_batch(reader)
        finally:
            reader.close()

    async def _copy_batch(self, reader: Reader) -> None:
        reached = self._journal.synced_number
        if self._erasures != self._journal.erasures:  # what was read ahead may hold what is erased since
            self._erasures = self._journal.erasures
            reader.close()
        records = reader.batch(reached)
        events = [record for record in records if record["kind"] != CHECKPOINT]
        if events:
            await self._copy(events)
        self._copied = records[-1]["number"] if records else reached
        self._journal.remove_copied(self._copied)

    async def _copy(self, events: list[Record]) -> None:
        try:
            await self._bounded(self._store.copy(self._journal.node, events))
        except (KeyError, ValueError, TypeError, CallCenterError) as wrong:
            if isinstance(wrong, StoreUnavailable):
                raise
            await self._set_aside_or_split(events, wrong)

    async def _set_aside_or_split(self, events: list[Record], wrong: Exception) -> None:
        """One record the store cannot take must not hold up the rest: it is kept in a file of its own for a person to look at."""
        if len(events) > 1:
            for one in events:
                await self._copy([one])
            return
        _log.error("store refuses a record, it is set aside", number=events[0]["number"], event_kind=events[0]["kind"], error=type(wrong).__name__)
        with self._refused.open("ab") as file:
            file.write(encode(events[0]["number"], {key: value for key, value in events[0].items() if key != "number"}))

    async def _bounded(self, waiting: Coroutine[Any, Any, T]) -> T:
        async with asyncio.timeout(self._store_timeout_s):
            return await waiting
