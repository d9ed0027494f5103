"""A RecordingStore in memory that remembers what was asked of it."""

from __future__ import annotations

from datetime import datetime

from callcenter.errors import StoreUnavailable
from callcenter.recording.ports import RecordingFacts, RecordingKnown, RecordingWanted


class MemoryStore:
    """`away`: the database does not answer."""

    def __init__(self, now: datetime) -> None:
        self.now, self.away = now, False
        self.calls: dict[str, RecordingWanted] = {}
        self.rows: dict[str, RecordingFacts] = {}
        self.created: dict[str, datetime] = {}
        self.purged: dict[str, tuple[datetime, str]] = {}
        self.saves = 0

    def _answer(self) -> None:
        if self.away:
            raise StoreUnavailable

    async def wanted(self, linkedid: str) -> RecordingWanted | None:
        self._answer()
        return None if linkedid in self.rows else self.calls.get(linkedid)

    async def pending(self, limit: int = 500) -> tuple[RecordingWanted, ...]:
        self._answer()
        return tuple(sorted((call for key, call in self.calls.items() if key not in self.rows), key=lambda call: call.ended_at))[:limit]

    async def save(self, facts: RecordingFacts) -> None:
        self._answer()
        self.saves += 1
        self.rows[facts.linkedid] = facts
        self.created.setdefault(facts.linkedid, self.now)

    async def known(self, before: datetime | None = None, after_linkedid: str = "", limit: int = 2) -> tuple[RecordingKnown, ...]:
        self._answer()
        keys = sorted(key for key in self.rows if key > after_linkedid and key not in self.purged and (before is None or self.created[key] < before))
        return tuple(
            RecordingKnown(key, self.rows[key].file, self.rows[key].sha256, self.created[key], self.rows[key].problem) for key in keys[:limit]
        )

    async def mark_purged(self, linkedid: str, at: datetime, reason: str) -> None:
        self._answer()
        self.purged.setdefault(linkedid, (at, reason))
