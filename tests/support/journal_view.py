"""What a running instance has written down so far, read from outside as it grows.

In: the folder of its journal. Out: the facts of one call, in order. Reads each line once, so a crowd of callers can be asked for often.
Must not touch the files. Invariant: a fact that was seen stays known, also after its segment was removed. Format: docs/architecture.md, "Journal".
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from callcenter.journal_files import decode, segments


class JournalView:
    """Grows with the journal at each look."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}
        self._facts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._arrived: dict[str, str] = {}

    def of(self, linkedid: str, kind: str = "") -> list[dict[str, Any]]:
        """Every fact of this call, or those of one kind."""
        self._read_on()
        return [one for one in self._facts.get(linkedid, ()) if not kind or one["kind"] == kind]

    def linkedid_of(self, number: str) -> str:
        """The latest call from this number; empty when there was none."""
        self._read_on()
        return self._arrived.get(number, "")

    def _read_on(self) -> None:
        for _, path in segments(self._folder):
            self._read_segment(path)

    def _read_segment(self, path: Path) -> None:
        place = self._read.get(path, 0)
        try:
            if path.stat().st_size == place:
                return
            with path.open("rb") as file:
                file.seek(place)
                lines = file.read()
        except FileNotFoundError:  # copied and removed between two looks
            return
        whole = lines[: lines.rfind(b"\n") + 1]
        self._read[path] = place + len(whole)
        for line in whole.splitlines(keepends=True):
            record = decode(line)
            if record is not None and record.get("linkedid"):
                self._facts[record["linkedid"]].append(record)
                if record["kind"] == "call_arrived":
                    self._arrived[record.get("pii", {}).get("caller_number", "")] = record["linkedid"]
