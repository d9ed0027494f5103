"""How large a file may be, in bytes, rows, columns, seconds.

In: numbers from the settings. Out: one frozen value. Invariant: whatever is not bounded here is bounded by PostgreSQL.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`unpacked_bytes`: what the parts of a workbook may unpack to; `memory_bytes`: what the reading process may take."""

    upload_bytes: int = 200_000_000
    unpacked_bytes: int = 1_500_000_000
    memory_bytes: int = 2_000_000_000
    rows: int = 1_000_000
    columns: int = 300
    sheets: int = 20
    read_s: float = 120.0
    chunk_s: float = 60.0
    chunk_rows: int = 5_000
    steps: int = 50
    fewest_rows: int = 500

    def batch_rows(self, rows: int) -> int:
        """How many of `rows` one batch holds: so few that its progress is seen in `steps`, unless a batch would be all overhead."""
        return min(self.chunk_rows, max(self.fewest_rows, -(-rows // self.steps)))
