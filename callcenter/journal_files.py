"""The journal on disk: the form of a line, the segments of a folder, reading on from a place.

In: records (JSON objects with `kind`), a folder. Out: checksummed lines, records with their `number`. Knows nothing of who writes when.
Invariant: `decode` gives exactly what `encode` took, or None. Format: docs/architecture.md, "Journal".
"""

from __future__ import annotations

import fcntl
import os
import re
import time
import zlib
from collections.abc import Iterator, Mapping
from json import JSONDecodeError, dumps, loads
from pathlib import Path
from typing import Any, BinaryIO

from callcenter import log
from callcenter.errors import ConfigError

BATCH = 500
_LINE = re.compile(rb'\{"n":(\d+),"crc":"([0-9a-f]{8})",')
_LOCK_WAIT_S = 3.0
_log = log.get("journal")

Record = dict[str, Any]


def encode(number: int, record: Mapping[str, Any]) -> bytes:
    """One line. The checksum covers the number and everything behind the checksum."""
    rest = dumps(record, ensure_ascii=False, separators=(",", ":")).encode()[1:]
    return b'{"n":%d,"crc":"%08x",%b\n' % (number, zlib.crc32(rest, number), rest)


def decode(line: bytes) -> Record | None:
    """What `encode` wrote, with `number`; None for a torn or damaged line."""
    head = _LINE.match(line)
    if head is None or not line.endswith(b"\n"):
        return None
    number, rest = int(head[1]), line[head.end() : -1]
    if zlib.crc32(rest, number) != int(head[2], 16):
        return None
    try:
        return {"number": number, **loads(b"{" + rest)}
    except JSONDecodeError:
        return None


def segment_name(first: int) -> str:
    return f"{first:015d}.jsonl"


def segments(folder: Path) -> list[tuple[int, Path]]:
    return sorted((int(path.stem), path) for path in folder.glob("*.jsonl") if path.stem.isdigit())


def read_segment(path: Path) -> Iterator[Record]:
    """Whole records of one segment; a damaged line in its middle is named and passed over."""
    with path.open("rb") as file:
        for place, line in enumerate(file, 1):
            record = decode(line)
            if record is not None:
                yield record
            elif line.endswith(b"\n"):
                _log.error("journal line is damaged", file=path.name, line=place)


def cut_torn_end(handle: int) -> int:
    """Remove a last line that a kill left unfinished. The size that remains."""
    size = os.fstat(handle).st_size
    window = 65536
    while size:
        start = max(0, size - window)
        end = os.pread(handle, size - start, start).rfind(b"\n")
        if end >= 0 or start == 0:
            kept = start + end + 1
            os.ftruncate(handle, kept)
            return kept
        window *= 4
    return 0


def sync_folder(folder: Path) -> None:
    """The names of new files are on disk when this returns."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def segments_from(folder: Path, start: int) -> list[Path]:
    """The segment that holds number `start`, and the later ones."""
    found = segments(folder)
    earlier = [first for first, _ in found if first <= start]
    return [path for first, path in found if first >= (earlier[-1] if earlier else 0)]


def locked(path: Path) -> BinaryIO:
    """The folder's lock; a killed owner's lock is free at once. Raises ConfigError when a living process has it."""
    file = path.open("wb")
    deadline = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if time.monotonic() > deadline:
                file.close()
                raise ConfigError(str(path), "another process writes this journal", "stop the other `serve` of this CALLCENTER_HOME") from None
            time.sleep(0.01)


class Reader:
    """Reads on from where it stopped, from disk, so that being far behind costs no memory."""

    def __init__(self, folder: Path, start: int) -> None:
        self._folder = folder
        self._next = start
        self._file: BinaryIO | None = None
        self._path = Path()

    def batch(self, up_to: int, limit: int = BATCH) -> list[Record]:
        """At most `limit` records from the place reached to number `up_to`."""
        found: list[Record] = []
        while len(found) < limit and self._next <= up_to:
            record = self._read_one()
            if record is None:
                break
            if record["number"] >= self._next:
                self._next = record["number"] + 1
                found.append(record)
        return found

    def close(self) -> None:
        """Let the open segment go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read_one(self) -> Record | None:
        """The next whole record, or None when there is none yet."""
        if self._file is None and not self._open(segments_from(self._folder, self._next)):
            return None
        while True:
            record = self._next_in_segment()
            if record is not None:
                return record
            newer = [path for _, path in segments(self._folder) if path > self._path]
            record = self._next_in_segment()  # the writer may have closed the segment since the first look
            if record is not None or not self._open(newer):
                return record

    def _next_in_segment(self) -> Record | None:
        assert self._file is not None
        while True:
            line = self._file.readline()
            if not line.endswith(b"\n"):
                self._file.seek(-len(line), os.SEEK_CUR)
                return None
            record = decode(line)
            if record is not None:
                return record

    def _open(self, paths: list[Path]) -> bool:
        if not paths:
            return False
        self.close()
        self._path, self._file = paths[0], paths[0].open("rb")
        return True
