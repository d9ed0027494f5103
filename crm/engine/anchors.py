"""The end of the audit trail, noted outside the database: whoever can write every table cannot rewrite the trail unseen.

In: a database, a file of this machine. Out: a line each time the trail has grown: moment (UTC), number of entries, hash of the last; also in the log.
Must not decide whether the trail is whole: `audit.verify` compares. Invariant: a line is on the disk before it counts and is never changed by us.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crm.database import Database
from crm.engine import audit
from crm.errors import DatabaseUnavailable, InvalidValue, StatementRefused

EVERY_S = 900.0
_log = logging.getLogger("crm.audit")


@dataclass(frozen=True, slots=True)
class Anchor:
    """The trail had so many entries, the last with this hash."""

    at: datetime
    entries: int
    hash: bytes


def read(path: Path) -> list[Anchor]:
    """Everything noted, oldest first; a last line that was cut off by a power failure is none. Raises InvalidValue for a line nobody of us wrote."""
    try:
        lines = path.read_text(encoding="ascii").split("\n")[:-1]
        return [_anchor(*line.split(" ")) for line in lines]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as wrong:
        raise InvalidValue(path.name, "has a line a note: moment, number of entries, hash", "put the file back from a backup") from wrong


def _anchor(at: str, entries: str, digest: str) -> Anchor:
    return Anchor(datetime.fromisoformat(at), int(entries), bytes.fromhex(digest))


async def keep(database: Database, path: Path, now: Callable[[], datetime], every_s: float = EVERY_S) -> None:
    """Until cancelled."""
    while True:
        try:
            await note(database, path, now())
        except (DatabaseUnavailable, StatementRefused, InvalidValue, OSError) as wrong:
            _log.warning("end of the audit trail not noted: %s", wrong)
        await asyncio.sleep(every_s)


async def note(database: Database, path: Path, now: datetime) -> bool:
    """Whether there was something to note. Raises DatabaseUnavailable, InvalidValue, OSError."""
    entries, digest = await database.run(audit.end)
    known = await asyncio.to_thread(read, path)
    if not entries or (known and (known[-1].entries, known[-1].hash) == (entries, digest)):
        return False
    at = now.astimezone(UTC).isoformat(timespec="seconds")
    await asyncio.to_thread(_append, path, f"{at} {entries} {digest.hex()}\n")
    _log.info("audit trail noted: %d entries, %s", entries, digest.hex())
    return True


def _append(path: Path, line: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.ftruncate(handle, path.read_bytes().rfind(b"\n") + 1)
        os.write(handle, line.encode("ascii"))
        os.fsync(handle)
    finally:
        os.close(handle)
