"""Calls that Asterisk saw and nobody recorded: read from its own CDR file, with their real times.

In: `asterisk/log/cdr-custom/hotline.csv` from the place reached last time. Out: CallArrived, CallAnswered and CallEnded to publish.
Must not tell a call twice: what `is_recorded` knows is passed over, and the place is kept only when everything before it is published. A place that
the disk refuses to keep costs the next process some reading.
Columns: uniqueid, linkedid, src, dst, start, answer, end, duration, billsec, disposition; times are UTC epoch (asterisk-conf/cdr_custom.conf.j2).
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from callcenter import events as ev
from callcenter import log
from callcenter.cti.ami_words import agent_of
from callcenter.settings import Settings

READ_BYTES = 4 * 1024 * 1024
_COLUMNS = 10
_log = log.get("cdr")


@dataclass(frozen=True, slots=True)
class Place:
    """How far the file was read; another file under the same name is read from its begin."""

    inode: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class CdrCall:
    """One call of the file. `answered_at` None: nobody picked up."""

    linkedid: str
    caller_number: str
    dialled_number: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime


class CdrCatchup:
    """Reads on from the remembered place."""

    def __init__(self, settings: Settings) -> None:
        self._file = settings.asterisk_folder / "log" / "cdr-custom" / "hotline.csv"
        self._place_file = settings.run_folder / "cdr.place"
        self._place = self._remembered()

    async def run(self, is_recorded: Callable[[str], Awaitable[bool]], publish: Callable[[ev.Event], object]) -> int:
        """Publish what nobody recorded; how many calls. Raises what `is_recorded` raises, and then starts at the same place again."""
        found = 0
        while True:
            calls, reached = read_calls(self._file, self._place)
            for call in calls:
                if not await is_recorded(call.linkedid):
                    found += 1
                    for event in events_of(call):
                        publish(event)
            if reached == self._place:
                break
            self._place = reached
            self._remember(reached)
        if found:
            _log.warning("calls that only Asterisk saw were recorded", calls=found)
        return found

    def _remembered(self) -> Place:
        try:
            kept = json.loads(self._place_file.read_text())
            return Place(max(0, int(kept["inode"])), max(0, int(kept["offset"])))
        except (OSError, ValueError, KeyError, TypeError):
            return Place()

    def _remember(self, place: Place) -> None:
        fresh = self._place_file.with_suffix(".new")
        try:
            self._place_file.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps({"inode": place.inode, "offset": place.offset}))
            fresh.replace(self._place_file)
        except OSError as refused:
            _log.warning("how far the calls of Asterisk were read is not kept", error=refused.strerror)


def read_calls(path: Path, place: Place) -> tuple[list[CdrCall], Place]:
    """Whole lines behind `place`, as calls in the order of their begin, and the place behind them."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            start = place.offset if place.inode == status.st_ino and place.offset <= status.st_size else 0
            file.seek(start)
            data = file.read(READ_BYTES)
    except FileNotFoundError:
        return [], place
    whole = data[: data.rfind(b"\n") + 1]
    rows = csv.reader(whole.decode("utf-8", "replace").splitlines())
    return _calls(list(rows)), Place(status.st_ino, start + len(whole))


def events_of(call: CdrCall) -> list[ev.CallEvent]:
    """The least that can be said of it."""
    found: list[ev.CallEvent] = [
        ev.CallArrived(
            at=call.started_at,
            linkedid=call.linkedid,
            uniqueid=call.linkedid,
            channel="",
            caller_number=call.caller_number,
            dialled_number=call.dialled_number,
            adopted=True,
        )
    ]
    if call.answered_at is not None:
        found.append(ev.CallAnswered(at=call.answered_at, linkedid=call.linkedid))
    return [*found, ev.CallEnded(at=call.ended_at, linkedid=call.linkedid, cause=0, cause_text="seen in Asterisk's CDR")]


def _calls(rows: list[list[str]]) -> list[CdrCall]:
    """A call has a row for each party that was rung; the patient's own rows carry its id twice."""
    found: dict[str, CdrCall] = {}
    for row in rows:
        call = _call(row)
        if call is None:
            continue
        known = found.get(call.linkedid)
        found[call.linkedid] = _joined(known, call) if known else call
    return sorted(found.values(), key=lambda call: call.started_at)


def _call(row: list[str]) -> CdrCall | None:
    if len(row) != _COLUMNS or row[0] != row[1] or not row[0] or agent_of(row[2]) is not None:
        return None
    started, answered, ended = (_time(text) for text in row[4:7])
    if started is None:
        return None
    return CdrCall(row[1], row[2], row[3] if row[3].lstrip("+").isdigit() else "", started, answered, ended or started)


def _joined(one: CdrCall, other: CdrCall) -> CdrCall:
    answers = [call.answered_at for call in (one, other) if call.answered_at is not None]
    return CdrCall(
        one.linkedid,
        one.caller_number or other.caller_number,
        one.dialled_number or other.dialled_number,
        min(one.started_at, other.started_at),
        min(answers, default=None),
        max(one.ended_at, other.ended_at),
    )


def _time(text: str) -> datetime | None:
    try:
        moment = float(text)
    except ValueError:
        return None
    return datetime.fromtimestamp(moment, UTC) if moment > 0 else None
