"""Stores in memory with the promises of callcenter.ports, and a switch that takes them away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from callcenter.errors import StoreUnavailable
from callcenter.events import CallEvent, from_record


class MemoryEventStore:
    """An EventStore and CallHistory. `away` makes every call raise StoreUnavailable; `refuses` holds numbers it cannot take."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], Mapping[str, Any]] = {}
        self.marks: dict[str, int] = {}
        self.away = False
        self.refuses: set[int] = set()
        self.batches: list[int] = []

    async def copied_up_to(self, node: str) -> int:
        self._present()
        return self.marks.get(node, 0)

    async def copy(self, node: str, records: Sequence[Mapping[str, Any]]) -> None:
        self._present()
        if any(record["number"] in self.refuses for record in records):
            raise ValueError("cannot take this record")
        mark = self.marks.get(node, 0)
        self.batches.append(len(records))
        for record in records:
            if record["number"] > mark:
                self.rows[node, record["number"]] = record
        self.marks[node] = max(mark, records[-1]["number"])

    async def events_of(self, linkedid: str) -> tuple[CallEvent, ...]:
        self._present()
        found = (from_record(row) for _, row in sorted(self.rows.items(), key=lambda one: one[0]) if row.get("linkedid") == linkedid)
        return tuple(event for event in found if isinstance(event, CallEvent))

    def _present(self) -> None:
        if self.away:
            raise StoreUnavailable("switched off by the test")
