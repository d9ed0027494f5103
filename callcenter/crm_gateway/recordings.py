"""The table of recordings for whoever makes, checks and purges the files: the port RecordingStore.

In: facts of finished files. Out: which calls wait for theirs, which are known. Must not touch a file.
Invariant: a purge is noted together with its audit entry, once. Words: callcenter/recording/ports.py.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from callcenter.crm_gateway.store import Store
from callcenter.ports import Clock
from callcenter.recording.ports import RecordingFacts, RecordingKnown, RecordingWanted
from crm.database import Session
from crm.engine import audit
from crm.telephony import facts as stored


class CrmRecordings:
    """Implements recording.ports.RecordingStore."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def wanted(self, linkedid: str) -> RecordingWanted | None:
        row = await self._store.ask(lambda session: stored.recording_wanted(session, linkedid))
        return RecordingWanted(**row) if row else None

    async def pending(self, limit: int = 500) -> tuple[RecordingWanted, ...]:
        rows = await self._store.ask(lambda session: stored.recordings_pending(session, limit))
        return tuple(RecordingWanted(**row) for row in rows)

    async def save(self, facts: RecordingFacts) -> None:
        values = asdict(facts) | {"peaks": dict(facts.peaks) or None}
        await self._store.ask(lambda session: stored.save_recording(session, values, self._clock.now()))

    async def known(self, before: datetime | None = None, after_linkedid: str = "", limit: int = 1000) -> tuple[RecordingKnown, ...]:
        rows = await self._store.ask(lambda session: stored.recordings_known(session, before, after_linkedid, limit))
        return tuple(RecordingKnown(**row) for row in rows)

    async def mark_purged(self, linkedid: str, at: datetime, reason: str) -> None:
        async def work(session: Session) -> None:
            if await stored.purge_recording(session, linkedid, at, reason):
                await audit.write(session, at, None, audit.Deed("recording.purge", "recording", linkedid, {"reason": reason}))

        await self._store.ask(work)
