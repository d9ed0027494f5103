"""What the work process does for recordings: finish those of closed calls, sweep up what was missed, purge what is old.

In: jobs `finish_recording` {linkedid}, queued in the transaction that closes a call; the clock for the sweep. Out: stored facts.
Must not fail a job for a bad recording: that is a fact to store. It fails for a full disk or an absent database, and is done again.
Invariant: facts are stored before raw files are removed, so no kill at any point loses a recording.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from callcenter import log
from callcenter.errors import CallCenterError, UnsafeArgument
from callcenter.ports import Clock
from callcenter.recording import controller, retention
from callcenter.recording.ports import RecordingFacts, RecordingStore, RecordingWanted
from callcenter.settings import Settings

JOB = "finish_recording"
SWEEP_EVERY_S = 3600.0
_log = log.get("recording")
JobHandler = Callable[[str], Awaitable[None]]


class Jobs(Protocol):
    """Durable jobs, each handed out until its handler returns."""

    def on(self, job: str, handler: JobHandler) -> None:
        """`handler` gets the job's `linkedid`; if it raises, the job is tried again later."""
        ...


async def finish_one(linkedid: str, store: RecordingStore, settings: Settings, clock: Clock) -> bool:
    """Do the job for one call. False: there was nothing to do. Raises StoreUnavailable, RecordingFailed: try again later."""
    wanted = await store.wanted(linkedid)
    if wanted is None:
        return False
    await _finish(wanted, store, settings, clock)
    return True


async def _finish(wanted: RecordingWanted, store: RecordingStore, settings: Settings, clock: Clock) -> None:
    try:
        facts = await controller.finish(wanted, settings, clock.now())
    except UnsafeArgument as refused:
        await store.save(RecordingFacts(wanted.linkedid, "", 0.0, 0, "", f"There is no audio: {refused}."))
        return
    await store.save(facts)
    await asyncio.to_thread(controller.discard_raw, wanted, settings)
    _log.info("recording finished", linkedid=facts.linkedid, duration_s=facts.duration_s, bytes=facts.bytes, problem=facts.problem)


async def sweep(store: RecordingStore, settings: Settings, clock: Clock) -> int:
    """Finish every closed call that has no recording row. One that fails does not stop the others. Returns how many were finished."""
    count = 0
    for wanted in await store.pending():
        try:
            await _finish(wanted, store, settings, clock)
            count += 1
        except (CallCenterError, OSError) as failed:
            _log.warning("recording left for later", linkedid=wanted.linkedid, reason=type(failed).__name__)
    return count


async def discard_finished(store: RecordingStore, settings: Settings) -> int:
    """Remove raw files whose call was finished by a run that was killed before its last step. Returns how many calls had some."""
    count = 0
    for linkedid in await asyncio.to_thread(controller.raw_of_kept, settings.recordings_folder):
        if await store.wanted(linkedid) is None:
            await asyncio.to_thread(controller.discard_raw_of, linkedid, settings)
            count += 1
    return count


async def run(jobs: Jobs, store: RecordingStore, settings: Settings, clock: Clock) -> None:
    """The task of the work process: take jobs, sweep at the start and each hour, purge each hour. Runs until cancelled."""

    async def handle(linkedid: str) -> None:
        await finish_one(linkedid, store, settings, clock)

    jobs.on(JOB, handle)
    while True:
        await _housekeeping(store, settings, clock)
        await asyncio.sleep(SWEEP_EVERY_S)


async def _housekeeping(store: RecordingStore, settings: Settings, clock: Clock) -> None:
    try:
        await sweep(store, settings, clock)
        await discard_finished(store, settings)
        await retention.purge(store, settings, clock.now())
    except (CallCenterError, OSError) as failed:
        _log.warning("housekeeping of recordings put off", reason=type(failed).__name__)
