"""The fsynced local record that every fact is written to first.

In: events and session checkpoints from any coroutine. Out: numbered JSON lines in `journal/<node>/<first number>.jsonl`.
Must not wait for the disk in `append`: one os.write, the fsync follows in a thread. One process of a node writes (a lock sees to it).
Invariant: a number, once given, is never given again. A full disk loses nothing while the process lives: lines wait in memory, `healthy` is
False. Copier to the database: callcenter/journal_copier.py. Format: docs/architecture.md, "Journal".
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from callcenter import journal_erase, log
from callcenter.events import AgentStateChanged, CallEvent, Event, as_record, from_record
from callcenter.journal_files import (
    Record,
    cut_torn_end,
    decode,
    encode,
    locked,
    read_segment,
    segment_name,
    segments,
    segments_from,
    sync_folder,
)

SEGMENT_BYTES = 16 * 1024 * 1024
ARRIVALS_REMEMBERED = 100_000
CHECKPOINT = "checkpoint"
_log = log.get("journal")


@dataclass(slots=True)
class _Live:
    """What may still be asked for: sessions and calls that have not ended, by their first number, and agents who are not offline."""

    checkpoints: dict[str, tuple[int, Record]] = field(default_factory=dict)
    agents: dict[int, tuple[int, Mapping[str, Any]]] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    arrived: dict[str, None] = field(default_factory=dict)
    anonymous: dict[str, str] = field(default_factory=dict)

    def note(self, number: int, record: Mapping[str, Any]) -> None:
        kind, linkedid = record["kind"], record.get("linkedid", "")
        if kind == CHECKPOINT:
            self._note_checkpoint(number, record)
        elif kind == "agent_state_changed":
            self._note_agent(number, record)
        elif kind == "call_arrived":
            self.calls.setdefault(linkedid, number)
            self.arrived[linkedid] = None
            if len(self.arrived) > ARRIVALS_REMEMBERED:
                del self.arrived[next(iter(self.arrived))]
        elif kind == "call_made_anonymous":
            self.anonymous.setdefault(linkedid, record["at"])
        elif kind == "call_ended":
            self.calls.pop(linkedid, None)
            self.checkpoints.pop(linkedid, None)

    def _note_checkpoint(self, number: int, record: Mapping[str, Any]) -> None:
        if record["state"] is None:
            self.checkpoints.pop(record["session"], None)
        else:
            self.checkpoints[record["session"]] = (number, record["state"])

    def _note_agent(self, number: int, record: Mapping[str, Any]) -> None:
        agent_id = record["data"]["agent_id"]
        if record["data"]["state"] == "offline":
            self.agents.pop(agent_id, None)
        else:
            self.agents[agent_id] = (number, record)

    def erase(self, linkedid: str) -> None:
        """What the session of this call remembered."""
        if (known := self.checkpoints.get(linkedid)) and (state := journal_erase.forgetful(known[1])):
            self.checkpoints[linkedid] = (known[0], state)

    @property
    def oldest(self) -> int | None:
        numbers = [number for number, _ in (*self.checkpoints.values(), *self.agents.values())]
        return min((*numbers, *self.calls.values()), default=None)


class FileJournal:
    """Append-only, in segments. `append_*` return when the kernel has the line; `synced` when the disk has it."""

    def __init__(self, folder: Path, node: str, sync_s: float = 0.05) -> None:
        self.node = node
        self.folder = folder / node
        self.folder.mkdir(parents=True, exist_ok=True)
        self._sync_s = sync_s
        self._lock_file = locked(self.folder / "lock")
        self._live = _Live()
        self._backlog: deque[bytes] = deque()
        self._waiters: list[tuple[int, asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._guard = threading.Lock()
        self._retired: list[int] = []
        self.erasures = 0
        self._new_segment = False
        self._refused = False
        self._wake, self._closing = threading.Event(), False
        self._last = self._written = self._load()
        self._synced = self._last
        self._syncer = threading.Thread(target=self._sync_loop, name="journal-sync", daemon=True)
        self._syncer.start()

    # -- the port ----------------------------------------------------------------------------------------------------

    def append_event(self, event: Event) -> int:
        """Written when this returns; its number."""
        return self._append(as_record(event))

    def append_checkpoint(self, session: str, state: Mapping[str, Any] | None) -> int:
        """The latest state of `session`; None ends it."""
        return self._append({"kind": CHECKPOINT, "session": session, "state": state})

    def checkpoint(self, session: str) -> Mapping[str, Any] | None:
        """What the last controller knew of `session`. The end of a call ends its session."""
        found = self._live.checkpoints.get(session)
        return found[1] if found else None

    def sessions(self) -> dict[str, Mapping[str, Any]]:
        """The checkpoints of all sessions that have not ended."""
        return {session: state for session, (_, state) in self._live.checkpoints.items()}

    async def synced(self, number: int) -> None:
        """Returns when record `number` is on disk."""
        with self._guard:
            if number <= self._synced:
                return
            loop = asyncio.get_running_loop()
            future: asyncio.Future[None] = loop.create_future()
            self._waiters.append((number, loop, future))
        await future

    # -- for the owner -----------------------------------------------------------------------------------------------

    @property
    def last_number(self) -> int:
        """The highest number given so far."""
        return self._last

    @property
    def synced_number(self) -> int:
        """The highest number that is on disk."""
        return self._synced

    @property
    def healthy(self) -> bool:
        """False while the disk refuses lines, which then wait in memory."""
        return not self._backlog

    def live_events(self) -> list[CallEvent]:
        """The events of every call that has not ended, in order."""
        found = (record for record in self.records(1) if record.get("linkedid") in self._live.calls)
        return [event for event in map(from_record, found) if isinstance(event, CallEvent)]

    def last_agent_states(self) -> list[AgentStateChanged]:
        """The last move of every agent who is not offline."""
        found = [from_record(record) for _, record in self._live.agents.values()]
        return [event for event in found if isinstance(event, AgentStateChanged)]

    def knows(self, linkedid: str) -> bool:
        """Whether this call's arrival was written here, as far as the retained segments go."""
        return linkedid in self._live.arrived

    def records(self, start: int) -> Iterator[Record]:
        """Every whole line on disk from number `start`."""
        for path in segments_from(self.folder, start):
            with path.open("rb") as file:
                for line in file:
                    record = decode(line)
                    if record is not None and record["number"] >= start:
                        yield record

    def continue_above(self, number: int) -> None:
        """The store holds numbers up to `number` that this folder never gave (it was replaced): write what is here again, above them."""
        known = [{key: value for key, value in record.items() if key != "number"} for record in self.records(1)]
        _log.warning("journal folder is younger than the store, numbers are moved", store=number, here=self._last)
        self._last = max(self._last, number)
        self._rotate()
        for record in known:
            self._append(record)

    def remove_copied(self, mark: int) -> None:
        """Delete segments whose every record is copied and that no live call or session needs."""
        oldest = self._live.oldest
        keep_from = mark + 1 if oldest is None else min(mark + 1, oldest)
        firsts = segments(self.folder)
        for (_, path), (next_first, _) in pairwise(firsts):
            if next_first <= keep_from:
                path.unlink()

    def anonymous(self) -> Mapping[str, str]:
        """Calls that were made anonymous and when, as far as the retained segments go."""
        return self._live.anonymous

    def erase_caller(self, linkedid: str) -> None:
        """Blank what could tell who called, in memory and on disk. Blocks while the retained segments are searched."""
        with self._guard:
            self._backlog = deque(journal_erase.erased_line(line, linkedid) for line in self._backlog)
            journal_erase.erase(self.folder, linkedid)
            self.erasures += 1
        self._live.erase(linkedid)

    def close(self) -> None:
        """Sync and let the lock go."""
        self._closing = True
        self._wake.set()
        self._syncer.join()
        os.close(self._handle)
        self._lock_file.close()

    # -- start -------------------------------------------------------------------------------------------------------

    def _load(self) -> int:
        """Read the retained segments, cut a torn end off, open the last one. The highest number."""
        last = 0
        for first, path in segments(self.folder):
            last = max(last, first - 1)
            for record in read_segment(path):
                last = record["number"]
                self._live.note(last, record)
        path = next((path for _, path in reversed(segments(self.folder))), self.folder / segment_name(last + 1))
        self._open(path)
        return last

    def _open(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = cut_torn_end(self._handle)
        self._new_segment = True

    # -- writing -----------------------------------------------------------------------------------------------------

    def _append(self, record: Mapping[str, Any]) -> int:
        line = encode(self._last + 1, record)
        with self._guard:
            self._last += 1
            number = self._last
            self._backlog.append(line)
            self._drain()
        self._live.note(number, record)
        self._wake.set()
        return number

    def _drain(self) -> None:
        """Write what waits, in order. Stops, and leaves no half line, when the disk refuses."""
        while self._backlog:
            if self._size >= SEGMENT_BYTES:
                self._rotate()
            line = self._backlog[0]
            if not self._write(line):
                return
            self._backlog.popleft()
            self._size += len(line)
            self._written = self._last - len(self._backlog)

    def _write(self, line: bytes) -> bool:
        try:
            written = os.write(self._handle, line)
        except OSError as refused:
            self._is_refused("a line", refused)
            return False
        if written == len(line):
            return True
        os.ftruncate(self._handle, self._size)
        self._is_refused("a whole line")
        return False

    def _is_refused(self, what: str, refused: OSError | None = None) -> None:
        """Told once until all is on disk: it is tried again many times a second, and the log may lie on the same disk."""
        if not self._refused:
            self._refused = True
            _log.error("disk refuses the journal", what=what, error=refused.strerror if refused else "")

    def _rotate(self) -> None:
        """Begin a new segment; the old one is synced and closed by the syncing thread."""
        old = self._handle
        try:
            self._open(self.folder / segment_name(self._last - len(self._backlog) + 1))
        except OSError as refused:
            self._is_refused("a new segment", refused)
            return
        self._retired.append(old)

    # -- syncing, in its own thread ------------------------------------------------------------------------------------

    def _sync_loop(self) -> None:
        while not self._closing:
            self._wake.wait()
            self._wake.clear()
            self._sync()
            if not self.healthy:
                self._wake.set()
            if not self._closing:
                time.sleep(self._sync_s)
        self._sync()

    def _sync(self) -> None:
        with self._guard:
            self._drain()
            reached, current = self._written, self._handle
            retired, self._retired = self._retired, []
            new_segment, self._new_segment = self._new_segment, False
        try:
            for handle in (*retired, current):
                os.fsync(handle)
            if new_segment:
                sync_folder(self.folder)
        except OSError as refused:
            self._is_refused("to sync", refused)
            with self._guard:
                self._retired, self._new_segment = [*retired, *self._retired], self._new_segment or new_segment
            self._wake.set()
            return
        for handle in retired:
            os.close(handle)
        if self._refused and self.healthy:
            self._refused = False
            _log.warning("disk takes the journal again")
        self._announce(reached)

    def _announce(self, reached: int) -> None:
        with self._guard:
            self._synced = reached
            ready = [one for one in self._waiters if one[0] <= reached]
            self._waiters = [one for one in self._waiters if one[0] > reached]
        for _, loop, future in ready:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, future)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
