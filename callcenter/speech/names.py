"""Names that callers hear and nobody rendered before: asked from the speech process, kept as files, rendered ahead where it is known.

In: texts in a call, everything that is spoken as a name, how it is read. Out: files `own/<language>/tts/<key>`. Implements ivr.prompts.NameSounds.
Must not hold a caller up for longer than `speech.speak_in_call_s`. Invariant: the key holds text, reading, voice and shape, so a changed reading is
another file, and what was rendered once is never rendered again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from callcenter import log
from callcenter.errors import ConfigError
from callcenter.settings import Settings
from callcenter.speech.catalogue import LANGUAGES
from callcenter.speech.client import CannotSpeak, SpeechClient, SpeechUnavailable
from callcenter.speech.lines import key_of, line_of

AT_ONCE = 16
AWAY_S, BUSY_S = 10.0, 5.0
MOST_FILES = 20_000
_log = log.get("names")


class Spoken(Protocol):
    """A name that callers hear. `kind`: name | person."""

    @property
    def text(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def kind(self) -> str: ...


def machine_is_busy() -> bool:
    """Calls come first."""
    return os.getloadavg()[0] > 0.8 * (os.cpu_count() or 1)


class NameCache:
    """The names of one machine. `shipped(text, language)`: whether the product brought a sound for it. `busy`: what can wait does."""

    def __init__(
        self, settings: Settings, client: SpeechClient, shipped: Callable[[str, str], bool], busy: Callable[[], bool] = machine_is_busy
    ) -> None:
        self._busy = busy
        self._folder, self._in_call_s, self._enabled = settings.sounds_folder, settings.speech.speak_in_call_s, settings.speech.enabled
        self._client, self._shipped = client, shipped
        self._readings: Mapping[tuple[str, str], str] = {}
        self._names: Sequence[Spoken] = ()
        self._kinds: dict[tuple[str, str], str] = {}
        self._asked: dict[str, asyncio.Task[str]] = {}
        self._learnt = asyncio.Event()

    def learn(self, readings: Mapping[tuple[str, str], str], names: Sequence[Spoken]) -> None:
        """What is spoken from now on."""
        self._names = tuple(names)
        self._kinds = {(one.text, one.language): one.kind for one in names}
        self._readings = {(text, language): say for (text, language), say in readings.items() if self._can_be_read(text, language, say)}
        self._learnt.set()

    # -- the port ------------------------------------------------------------------------------------------------------

    def told_how(self, text: str, language: str) -> bool:
        return (text, language) in self._readings

    def kept(self, text: str, language: str) -> str:
        key = self._key(text, language)
        return _played_as(language, key) if key and self._path(language, key).exists() else ""

    async def asked(self, text: str, language: str) -> str:
        key = self._key(text, language)
        if not key or not self._enabled or (key not in self._asked and len(self._asked) >= AT_ONCE):
            return ""
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(self._fetch(text, language, key, urgent=True), name=f"names:{key}")
            task.add_done_callback(lambda _done: self._asked.pop(key, None))
        done, _ = await asyncio.wait({task}, timeout=self._in_call_s)
        return task.result() if done and not task.cancelled() and task.exception() is None else ""

    # -- ahead ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Renders names before anybody asks, while the machine has time for it. Until cancelled."""
        while True:
            await self._learnt.wait()
            self._learnt.clear()
            await asyncio.to_thread(self._trim)
            for one in self._names:
                if self._learnt.is_set():
                    break
                await self._ahead(one)

    async def _ahead(self, one: Spoken) -> None:
        key = self._key(one.text, one.language)
        if not key or (self._shipped(one.text, one.language) and not self.told_how(one.text, one.language)):
            return
        while not self._path(one.language, key).exists() and not self._learnt.is_set():
            if self._busy():
                await asyncio.sleep(BUSY_S)
                continue
            if await self._fetch(one.text, one.language, key, urgent=False):
                return
            if await self._client.state() == "ok":
                return  # the voice refuses this name, or the disk its sound
            await asyncio.sleep(AWAY_S)

    async def _fetch(self, text: str, language: str, key: str, *, urgent: bool) -> str:
        try:
            sound = await self._client.speak(text, language, self._kind(text, language), self._readings.get((text, language), ""), urgent=urgent)
            await asyncio.to_thread(_write, self._path(language, key), sound)
        except (SpeechUnavailable, CannotSpeak, OSError) as wrong:
            _log.info("a name was not rendered", reason=type(wrong).__name__)
            return ""
        return _played_as(language, key)

    def _trim(self) -> None:
        """The oldest go when there are too many."""
        for language in LANGUAGES:
            files = list((self._folder / language / "tts").glob("*.alaw"))
            if len(files) > MOST_FILES:
                for path in sorted(files, key=lambda path: path.stat().st_mtime)[: len(files) - MOST_FILES]:
                    path.unlink(missing_ok=True)

    def _can_be_read(self, text: str, language: str, say: str) -> bool:
        usable = bool(_key(text, language, self._kind(text, language), say))
        if not usable:
            _log.warning("a pronunciation cannot be read and is left out", language=language)
        return usable

    def _kind(self, text: str, language: str) -> str:
        return self._kinds.get((text, language), "name")

    def _key(self, text: str, language: str) -> str:
        """Empty for what cannot be spoken."""
        return _key(text, language, self._kind(text, language), self._readings.get((text, language), ""))

    def _path(self, language: str, key: str) -> Path:
        return self._folder / language / "tts" / f"{key}.alaw"


@lru_cache(maxsize=8192)
def _key(text: str, language: str, kind: str, say: str) -> str:
    try:
        return key_of(line_of(text, language, kind, say))
    except ConfigError:
        return ""


def _played_as(language: str, key: str) -> str:
    return f"own/{language}/tts/{key}"


def _write(path: Path, sound: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    unfinished.write_bytes(sound)
    unfinished.replace(path)
