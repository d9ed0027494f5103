"""The hospital's prompts on this machine: read at start and at each notice of the database, sounds written as files that Asterisk plays.

In: rows of crm.telephony.prompts. Out: an `Overlay` for the voice, readings and names for the cache of names, files below
`sounds/<language>/custom/`. Must not delete a file that a running call may be about to play.
Invariant: an overlay names only files that are there; a start without the database speaks
what was spoken last.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from callcenter import log
from callcenter.crm_gateway import notices
from callcenter.crm_gateway.store import Store
from callcenter.errors import StoreUnavailable
from callcenter.ivr.prompts import LANGUAGES, Overlay
from crm.database import Session
from crm.telephony import prompts
from crm.telephony.prompts import OwnPrompt, SpokenName

KEPT_S = 24 * 3600.0
_log = log.get("prompts")


class Words(NamedTuple):
    """How names are read, by text and language, and every name that may be spoken."""

    readings: Mapping[tuple[str, str], str]
    names: Sequence[SpokenName]


class CrmPrompts:
    """Follows the prompts of the database. `speak` and `learn` are called with each change, also with what the file of the last run holds."""

    def __init__(self, store: Store, folder: Path, speak: Callable[[Overlay], None], learn: Callable[[Words], None]) -> None:
        self._store, self._folder, self._speak, self._learn = store, folder, speak, learn
        self._kept = folder / "custom.json"
        self._remember()

    async def run(self) -> None:
        """Until cancelled."""
        await notices.follow(self._store.database, prompts.CHANGED, self.refresh, again=(StoreUnavailable, OSError, ValueError))

    async def refresh(self) -> None:
        """Read everything; write sounds that are not here yet. Raises StoreUnavailable, OSError, ValueError for what the store refuses."""
        own = await self._store.ask(lambda session: prompts.every(session, removed=True))
        for one in own:
            for language, sound in one.sounds.items():
                await self._bring(one.id, language, int(sound["number"]))
        overlay = overlay_of(own)
        await asyncio.to_thread(self._keep, overlay)
        self._speak(overlay)
        self._learn(await self._store.ask(_words))

    async def _bring(self, prompt: str, language: str, number: int) -> None:
        path = self._folder / language / "custom" / f"{prompt}-{number}.alaw"
        if not path.exists():
            sound = await self._store.ask(lambda session: prompts.sound(session, prompt, language, number))
            await asyncio.to_thread(_write, path, sound or b"")

    def _keep(self, overlay: Overlay) -> None:
        found = json.dumps(asdict(overlay) | {"hidden": sorted(overlay.hidden)}, ensure_ascii=False).encode()
        if not self._kept.exists() or self._kept.read_bytes() != found:
            _write(self._kept, found)
        self._forget(overlay)

    def _forget(self, overlay: Overlay) -> None:
        """Sounds that have not been spoken for a day."""
        current = {file for files in overlay.files.values() for file in files.values()}
        for language in LANGUAGES:
            for path in (self._folder / language / "custom").glob("*.alaw"):
                if played_as(language, path.stem) not in current and time.time() - path.stat().st_mtime > KEPT_S:
                    path.unlink(missing_ok=True)

    def _remember(self) -> None:
        try:
            kept = json.loads(self._kept.read_text(encoding="utf-8"))
            overlay = Overlay(kept["texts"], {language: self._there(files) for language, files in kept["files"].items()}, frozenset(kept["hidden"]))
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError) as wrong:
            _log.warning("what was spoken last cannot be read", reason=type(wrong).__name__)
            return
        self._speak(overlay)

    def _there(self, files: Mapping[str, str]) -> dict[str, str]:
        return {prompt: file for prompt, file in files.items() if (self._folder / f"{file.removeprefix('own/')}.alaw").exists()}


def overlay_of(own: Sequence[OwnPrompt]) -> Overlay:
    """Removed prompts keep their sound for what names them, and are offered to nobody."""
    files: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for one in own:
        for language, sound in one.sounds.items():
            files[language][one.id] = played_as(language, f"{one.id}-{sound['number']}")
    return Overlay({one.id: dict(one.texts) for one in own}, files, frozenset(one.id for one in own if one.removed))


def played_as(language: str, stem: str) -> str:
    """The file's name for Asterisk, below its sounds folder."""
    return f"own/{language}/custom/{stem}"


async def _words(session: Session) -> Words:
    return Words(await prompts.readings(session), await prompts.names(session))


def _write(path: Path, content: bytes) -> None:
    """In one step, so that nobody plays half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    unfinished.write_bytes(content)
    unfinished.replace(path)
