"""The end of a recording: files older than the hospital keeps them are removed, and a proof stays.

In: the store's rows older than `recording.keep_days`. Out: no file, a row with `purged_at`, length and sha256, one audit entry.
Invariant: the file goes first, the row is marked after; killed in between, the next run marks it. Nothing young is touched, whatever
the clock says: rows are chosen by the store with a bound that is computed once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from callcenter import log
from callcenter.errors import UnsafeArgument
from callcenter.recording import files
from callcenter.recording.ports import RecordingKnown, RecordingStore
from callcenter.settings import Settings

_log = log.get("retention")


async def purge(store: RecordingStore, settings: Settings, now: datetime) -> int:
    """Purge all that is due. Returns how many. Raises StoreUnavailable; what is done stays done."""
    due = now - timedelta(days=settings.recording.keep_days)
    count, last = 0, ""
    while page := await store.known(before=due, after_linkedid=last):
        for one in page:
            count += await _purge_one(one, store, settings, now)
        last = page[-1].linkedid
    if count:
        _log.info("recordings purged", count=count, keep_days=settings.recording.keep_days)
    return count


async def _purge_one(one: RecordingKnown, store: RecordingStore, settings: Settings, now: datetime) -> int:
    if one.file:
        try:
            files.remove(files.inside(settings.recordings_folder, one.file))
        except UnsafeArgument:
            _log.error("a stored name leaves the recordings folder", linkedid=one.linkedid)
            return 0
    await store.mark_purged(one.linkedid, now, f"older than {settings.recording.keep_days} days")
    return 1
