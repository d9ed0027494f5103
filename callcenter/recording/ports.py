"""What recordings need from the store, as Protocols. Pure.

In: facts of finished files. Out: which closed calls still wait for their file, which files are known, which are old.
`crm_gateway` implements `RecordingStore` over the table `recording` (one row a call, key `linkedid`). Files are named relative to the
recordings folder. Invariant: a row says either where the audio is, or in words why there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class RecordingWanted:
    """A closed call whose recording is not finished. `raw_file` is `RecordingStarted.file` (`raw/<uniqueid>`), empty when none began."""

    linkedid: str
    raw_file: str
    expected_s: float
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """One finished recording. `file` is empty when there is no audio; then `problem` says why. `problem` is empty when all is well."""

    linkedid: str
    file: str
    duration_s: float
    bytes: int
    sha256: str
    problem: str = ""
    peaks: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "call"


@dataclass(frozen=True, slots=True)
class RecordingKnown:
    """One stored row that is not purged."""

    linkedid: str
    file: str
    sha256: str
    created_at: datetime
    problem: str = ""


class RecordingStore(Protocol):
    """The table `recording`. Every method raises StoreUnavailable when the database is away."""

    async def wanted(self, linkedid: str) -> RecordingWanted | None:
        """The closed call `linkedid`, when its recording is not finished yet; None when it is, or when the call is unknown or still up.

        `expected_s`: seconds from `answered_at` (else `started_at`) to `ended_at`.
        """
        ...

    async def pending(self, limit: int = 500) -> tuple[RecordingWanted, ...]:
        """Closed, answered calls without a row in `recording`, the oldest first."""
        ...

    async def save(self, facts: RecordingFacts) -> None:
        """Insert or replace the row of `facts.linkedid`. A second time with the same facts changes nothing. A purged row stays purged."""
        ...

    async def known(self, before: datetime | None = None, after_linkedid: str = "", limit: int = 1000) -> tuple[RecordingKnown, ...]:
        """Rows that are not purged and were created before `before` (None: all), by linkedid, those after `after_linkedid`."""
        ...

    async def mark_purged(self, linkedid: str, at: datetime, reason: str) -> None:
        """Set `purged_at`, keep length and sha256 as the proof, and write one audit entry, in one transaction. Done twice: one entry."""
        ...
