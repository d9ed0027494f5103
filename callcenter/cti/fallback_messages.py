"""Brings in what the local fallback script left while the controller was away.

In: `<uniqueid>.json` (and the wav it names) in the fallback folder. Out: ServedByFallback and MessageRecorded on the bus, the wav in
`recordings/messages/`. Must not lose a message: the json is removed only after its event is on disk; a damaged json is set aside.
Invariant: taken in twice, a message keeps one id (its uniqueid), so the store has it once. Shape: docs/architecture.md, "fallback message".
"""

from __future__ import annotations

import json
import shutil
import wave
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from callcenter import events as ev
from callcenter import log
from callcenter.settings import Settings

_log = log.get("fallback_messages")


@dataclass(frozen=True, slots=True)
class Left:
    """One file of the script."""

    uniqueid: str
    at: datetime
    choice: str
    wav: str


class FallbackMessages:
    """Empties the folder. `knows`: whether a call was already told; `publish` appends to the journal; `synced` waits for the disk."""

    def __init__(self, settings: Settings, publish: Callable[[ev.Event], None], synced: Callable[[], Awaitable[None]]) -> None:
        self._folder, self._recordings = settings.fallback_folder, settings.recordings_folder
        self._publish, self._synced = publish, synced

    async def take_in(self) -> int:
        """Everything that is there now; how many calls it was."""
        found = [path for path in sorted(self._folder.glob("*.json")) if not path.name.startswith(".")]
        for path in found:
            left = self._read(path)
            if left is None:
                path.rename(path.with_suffix(".damaged"))
                continue
            self._tell(left)
            await self._synced()
            path.unlink()
        return len(found)

    def _read(self, path: Path) -> Left | None:
        try:
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            wav = str(values["wav"])
            if Path(wav).name != wav:
                raise ValueError("the wav must lie beside its json")
            return Left(str(values["uniqueid"]), datetime.fromisoformat(values["at"]), str(values["choice"]), wav)
        except (OSError, ValueError, KeyError, TypeError) as wrong:
            _log.error("what the fallback left cannot be read, it is set aside", file=path.name, error=type(wrong).__name__)
            return None

    def _tell(self, left: Left) -> None:
        self._publish(ev.ServedByFallback(at=left.at, linkedid=left.uniqueid, choice=left.choice))
        if not left.wav:
            return
        file = self._move(left.wav)
        if file is None:
            return
        told = ev.MessageRecorded(
            at=left.at,
            linkedid=left.uniqueid,
            message_id=left.uniqueid,
            purpose="fallback",
            file=f"messages/{file.name}",
            duration_s=_duration_s(file),
            source="fallback",
        )
        self._publish(told)

    def _move(self, wav: str) -> Path | None:
        """The recordings may lie on a disk of their own."""
        source, target = self._folder / wav, self._recordings / "messages" / f"fallback-{wav}"
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.exists():
            shutil.move(source, target)
        return target if target.exists() else None


def _duration_s(file: Path) -> float:
    try:
        with wave.open(str(file)) as sound:
            return round(sound.getnframes() / sound.getframerate(), 3)
    except (wave.Error, EOFError):
        return 0.0
