"""Makes a running call anonymous, and keeps it so: number, people, keys and sound so far leave Asterisk, disk, memory and what is told of the call.

In: the wish, by linkedid; every event, before it is recorded. Out: `CallMadeAnonymous`; events without what could tell who called. The database
follows that event (crm.telephony.conduct.forget_callers). Must not say that it is done before Asterisk has forgotten the number and closed the
recording. Invariant: once `CallMadeAnonymous` is in the journal, no kill at any point brings anything back: `at_start` does the rest again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from callcenter import events as ev
from callcenter import log
from callcenter.cti.calls import LiveCalls
from callcenter.cti.queue_members import Ami
from callcenter.errors import AsteriskUnavailable, CallCenterError, CommandRefused
from callcenter.journal import FileJournal
from callcenter.ports import Clock
from callcenter.recording.sealed import shred
from callcenter.settings import Settings

PURPOSE = "conduct_report"
CDR_LOOKS = 6
CDR_LOOK_S = 0.5
_SILENT = (ev.CallerMatched, ev.PatientChosen, ev.RecordingStarted)
# What the channel knows of the caller, and what it writes of the call at its end.
_BLANK = ("CALLERID(all)", "CALLERID(ani-all)", "CC_DIGITS")
_log = log.get("anonymous")


class AnonymousCalls:
    """The calls of this node that nobody may be asked about."""

    def __init__(self, settings: Settings, journal: FileJournal, calls: LiveCalls, ami: Ami, clock: Clock) -> None:
        self._settings, self._journal, self._calls, self._ami, self._clock = settings, journal, calls, ami, clock
        self._known: set[str] = set()
        self._watchers: list[Callable[[str], None]] = []
        self._ended: asyncio.Queue[str] = asyncio.Queue()

    def watch(self, callback: Callable[[str], None]) -> None:
        """`callback(linkedid)` at the moment when a call becomes anonymous."""
        self._watchers.append(callback)

    def knows(self, linkedid: str) -> bool:
        return linkedid in self._known

    @property
    def linkedids(self) -> frozenset[str]:
        return frozenset(self._known)

    def purposes(self, linkedids: Collection[str]) -> dict[str, str]:
        """Message -> what for, of the messages of these calls that the journal still knows."""
        told = (one for one in self._journal.records(1) if one["kind"] == ev.MessageRecorded.kind and one.get("linkedid") in linkedids)
        return {one["data"]["message_id"]: one["data"]["purpose"] for one in told}

    # -- what is told ----------------------------------------------------------------------------------------------------

    def masked(self, event: ev.Event) -> ev.Event | None:
        """The event as it may be recorded; None: it may not."""
        if not isinstance(event, ev.CallEvent) or event.linkedid not in self._known:
            return event
        if isinstance(event, _SILENT):
            return None
        blank: dict[str, Any] = {one.name: one.default for one in fields(event) if one.metadata.get("pii")}
        return replace(event, **blank) if blank else event

    # -- making a call anonymous -------------------------------------------------------------------------------------------

    async def make(self, linkedid: str, publish: Callable[[ev.Event], None]) -> bool:
        """False: Asterisk did not answer, so the number may still be there; what is ours is gone all the same."""
        if linkedid not in self._known:
            self._known.add(linkedid)
            publish(ev.CallMadeAnonymous(at=self._clock.now(), linkedid=linkedid))
        for watcher in self._watchers:
            watcher(linkedid)
        self._erase_ours(linkedid)
        try:
            await self._erase_in_asterisk(linkedid)
        except CallCenterError as wrong:
            _log.error("Asterisk did not forget a caller", linkedid=linkedid, error=type(wrong).__name__)
            return False
        self._shred_sound(linkedid)
        return True

    async def _erase_in_asterisk(self, linkedid: str) -> None:
        call = self._calls.live.get(linkedid)
        if call is None or not call.channel:
            raise AsteriskUnavailable("the channel is not known")
        for variable in _BLANK:
            await self._ami.send("Setvar", Channel=call.channel, Variable=variable, Value="")
        await self._ami.send("Setvar", Channel=call.channel, Variable="CDR_PROP(disable)", Value="1")
        try:
            await self._ami.send("StopMixMonitor", Channel=call.channel)
        except CommandRefused:
            _log.info("no recording to stop", linkedid=linkedid)

    def _erase_ours(self, linkedid: str) -> None:
        self._journal.erase_caller(linkedid)
        self._shred_sound(linkedid)
        for path in self._messages(linkedid):
            shred(path)

    def _messages(self, linkedid: str) -> list[Path]:
        return list((self._settings.recordings_folder / "messages").glob(f"{linkedid}-*.wav"))

    def _shred_sound(self, linkedid: str) -> None:
        """The two directions of the call's recording."""
        for side in ("rx", "tx"):
            shred(self._settings.recordings_folder / "raw" / f"{linkedid}-{side}.wav")

    # -- keeping it so -----------------------------------------------------------------------------------------------------

    def at_start(self) -> None:
        """Everything again for what the process before knew, before anything is copied or told. Later messages stay: they may be reports."""
        for linkedid, since in self._journal.anonymous().items():
            self._known.add(linkedid)
            self._journal.erase_caller(linkedid)
            self._shred_sound(linkedid)
            for path in self._messages(linkedid):
                if path.stat().st_mtime < datetime.fromisoformat(since).timestamp():
                    shred(path)
            blank_cdr(self._cdr_file, linkedid)

    async def call_ended(self, event: ev.Event) -> None:
        """Subscriber to CallEnded."""
        if isinstance(event, ev.CallEnded) and event.linkedid in self._known:
            self._ended.put_nowait(event.linkedid)

    async def run(self) -> None:
        """Look after what ended until cancelled: Asterisk may still have written it down, when it died before it was told not to."""
        while True:
            linkedid = await self._ended.get()
            try:
                await self._look_after(linkedid)
            except OSError as wrong:
                _log.error("traces of a caller may be left until the next start", linkedid=linkedid, error=wrong.strerror)

    async def _look_after(self, linkedid: str) -> None:
        self._shred_sound(linkedid)
        for _ in range(CDR_LOOKS):
            if await asyncio.to_thread(blank_cdr, self._cdr_file, linkedid):
                break
            await asyncio.sleep(CDR_LOOK_S)

    @property
    def _cdr_file(self) -> Path:
        return self._settings.asterisk_folder / "log" / "cdr-custom" / "hotline.csv"


def blank_cdr(path: Path, linkedid: str) -> int:
    """Overwrite the call's lines in Asterisk's own list with spaces, in place: it goes on to write behind them. How many there were."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return 0
    found, at, word = 0, 0, f'"{linkedid}"'.encode()
    with path.open("r+b", buffering=0) as file:
        while (hit := data.find(word, at)) >= 0:
            start, end = data.rfind(b"\n", 0, hit) + 1, data.find(b"\n", hit)
            at = end if end >= 0 else len(data)
            file.seek(start)
            file.write(b" " * (at - start))
            found += 1
    return found
