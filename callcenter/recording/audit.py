"""Compares the rows of recordings with the files on disk, in both directions.

In: the store and the recordings folder. Out: a Report that names each difference; nothing is changed here.
Must not be trusted for a call that ended within the last minutes: its recording is still being finished (`grace_s`).
Invariant: every kept file and every closed, answered call is looked at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from callcenter.recording import files
from callcenter.recording.ports import RecordingKnown, RecordingStore
from callcenter.settings import Settings

GRACE_S = 600.0


@dataclass(frozen=True, slots=True)
class Report:
    """Linkedids and relative file names; all empty when rows and files agree."""

    calls_without_row: tuple[str, ...] = ()
    calls_without_audio: tuple[str, ...] = ()
    rows_without_file: tuple[str, ...] = ()
    rows_with_other_bytes: tuple[str, ...] = ()
    files_without_row: tuple[str, ...] = ()
    raw_left_over: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not any((self.calls_without_row, self.rows_without_file, self.rows_with_other_bytes, self.files_without_row, self.raw_left_over))


async def audit(store: RecordingStore, settings: Settings, now: datetime, *, hashes: bool = False) -> Report:
    """Look at everything. `hashes`: also read every file and compare its sha256. Raises StoreUnavailable."""
    late = tuple(one.linkedid for one in await store.pending(limit=10_000) if (now - one.ended_at).total_seconds() > GRACE_S)
    rows = await _all_known(store)
    return await asyncio.to_thread(_compare, rows, late, settings.recordings_folder, now, hashes)


async def _all_known(store: RecordingStore) -> list[RecordingKnown]:
    rows: list[RecordingKnown] = []
    while page := await store.known(after_linkedid=rows[-1].linkedid if rows else ""):
        rows += page
    return rows


def _compare(rows: list[RecordingKnown], late: tuple[str, ...], folder: Path, now: datetime, hashes: bool) -> Report:
    by_file = {row.file: row for row in rows if row.file}
    there = set(kept_files(folder))
    both = sorted(by_file.keys() & there)
    changed = [by_file[name].linkedid for name in both if hashes and files.sha256_of(folder / name) != by_file[name].sha256]
    return Report(
        calls_without_row=late,
        calls_without_audio=tuple(row.linkedid for row in rows if not row.file),
        rows_without_file=tuple(sorted(row.linkedid for name, row in by_file.items() if name not in there)),
        rows_with_other_bytes=tuple(changed),
        files_without_row=tuple(sorted(name for name in there - by_file.keys() if _is_old(folder / name, now))),
        raw_left_over=tuple(sorted(f"raw/{path.name}" for path in (folder / "raw").glob("*.wav") if _is_old(path, now) and _has_row(path, rows))),
    )


def kept_files(folder: Path) -> Iterator[str]:
    """Relative names of finished recordings."""
    for path in (*folder.glob("[0-9]*/[0-9]*/[0-9]*/*"), *folder.glob("undated/*")):
        if path.is_file() and path.suffix in (".ogg", ".wav"):
            yield path.relative_to(folder).as_posix()


def _is_old(path: Path, now: datetime) -> bool:
    return now.timestamp() - path.stat().st_mtime > GRACE_S


def _has_row(raw: Path, rows: list[RecordingKnown]) -> bool:
    return any(row.linkedid == raw.stem.rsplit("-", 1)[0] for row in rows)
