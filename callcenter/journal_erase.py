"""Takes out of the journal on disk what could tell who called: the lines stay, with their numbers and lengths.

In: a journal's folder and the call's linkedid. Out: segments in which the call's personal values, the people found for it, its earlier sound and
what its session remembered are blank, on disk when this returns. Must not run beside a writer of the same bytes: the journal calls it.
Invariant: a line that is no line of this call is not touched; a touched line keeps its number and is whole for `journal_files.decode`.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from callcenter.journal_files import Record, decode, segments

ERASED_KINDS = frozenset({"caller_matched", "patient_chosen", "recording_started"})
KEPT_PURPOSE = "conduct_report"
KEPT_MEMORY = frozenset({"_language", "_introduced"})
_NOTHING: Record = {"kind": "checkpoint", "session": "", "state": None}


def erase(folder: Path, linkedid: str) -> int:
    """Blank the lines of this call; how many were changed."""
    paths = [path for _, path in segments(folder)] + [folder / "refused.jsonl"]
    return sum(_erase_in(path, linkedid) for path in paths if path.exists())


def _erase_in(path: Path, linkedid: str) -> int:
    changed = 0
    with path.open("r+b", buffering=0) as file:
        for place, line in list(_lines_with(path.read_bytes(), linkedid.encode())):
            fresh = erased_line(line, linkedid)
            if fresh != line:
                os.pwrite(file.fileno(), fresh, place)
                changed += 1
        if changed:
            os.fsync(file.fileno())
    return changed


def _lines_with(data: bytes, word: bytes) -> Iterator[tuple[int, bytes]]:
    """(place, whole line) of each line that holds `word`."""
    at = data.find(word)
    while at >= 0:
        start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at) + 1
        if not end:
            return
        yield start, data[start:end]
        at = data.find(word, end)


def erased_line(line: bytes, linkedid: str) -> bytes:
    """The line without what could tell who called, as long as before; the same line when it is none of this call's."""
    record = decode(line)
    blank = erased(record, linkedid) if record is not None else None
    if record is None or blank is None or blank == record:
        return line
    values = {key: value for key, value in blank.items() if key != "number"}
    rest = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()[1:]
    return _of_length(record["number"], rest, len(line))


def _of_length(number: int, rest: bytes, length: int) -> bytes:
    head = len(b'{"n":%d,"crc":"%08x",' % (number, 0))
    padded = rest.ljust(length - head - 1)
    return b'{"n":%d,"crc":"%08x",%b\n' % (number, zlib.crc32(padded, number), padded)


def erased(record: Mapping[str, Any], linkedid: str) -> Record | None:
    """The record as it may stay; None: it is none of this call's."""
    if record["kind"] == "checkpoint":
        return dict(record) | {"state": forgetful(record["state"])} if record["session"] == linkedid else None
    if record.get("linkedid") != linkedid:
        return None
    told_of_others = record["kind"] == "message_recorded" and record["data"].get("purpose") != KEPT_PURPOSE
    if record["kind"] in ERASED_KINDS or told_of_others:
        return {"number": record["number"], **_NOTHING}
    return {key: value for key, value in record.items() if key != "pii"}


def forgetful(state: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A session's state without what the caller told it; his place and language stay."""
    if state is None:
        return None
    step = dict(state.get("step") or {})
    step["memory"] = {name: value for name, value in step.get("memory", {}).items() if name in KEPT_MEMORY}
    return dict(state) | {"step": step}
