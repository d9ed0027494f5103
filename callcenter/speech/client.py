"""The speech process as the controller and the pages see it.

In: answers that are expected, texts to be spoken. Out: a ticket to be listened to, A-law sound, the state in words. Must not retry in a call.
Invariant: `listen` answers within `speech.open_s` and never raises, so a menu without a recogniser starts as quickly as a plain one;
everything else raises SpeechUnavailable with the reason and the mend.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import aiohttp

from callcenter import log
from callcenter.commands import Answer
from callcenter.errors import CallCenterError
from callcenter.settings import Secrets, Settings
from callcenter.speech.door import base_url
from callcenter.speech.models import installed

READY_S = 1.0
PAUSE_S = 2.0
MEND_INSTALL = "run `tools/bootstrap.sh speech`; it needs a network and about 1 GB"
MEND_START = "`callcenter up` starts it again by itself; its log is log/speech.log"
_log = log.get("speech-client")


class SpeechUnavailable(CallCenterError):
    """The speech process is away, busy or not installed; calls go on with keys and rendered prompts."""


class CannotSpeak(CallCenterError):
    """The voice refuses a text. Says the rule."""


class SpeechClient:
    """One process's way to the speech process. Connects when first asked."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings, self._base = settings.speech, base_url(settings, secrets)
        self._session: aiohttp.ClientSession | None = None
        self._not_before = 0.0

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._settings.speak_s))
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    # -- in a call -----------------------------------------------------------------------------------------------------

    async def listen(self, answers: Sequence[Answer], language: str) -> str:
        """A ticket under which the caller's next words are understood; empty: keys only. After a silence it is not asked again at once."""
        loop = asyncio.get_running_loop()
        if not self._settings.enabled or loop.time() < self._not_before:
            return ""
        body = {"language": language, "answers": [(one.value, list(one.words)) for one in answers]}
        try:
            async with asyncio.timeout(self._settings.open_s), self._http().post(f"{self._base}/listen", json=body) as answer:
                return str((await answer.json())["ticket"]) if answer.status == 200 else ""
        except TimeoutError:
            self._not_before = loop.time() + PAUSE_S
            _log.warning("speech process does not answer, keys only for a while", pause_s=PAUSE_S)
            return ""
        except (aiohttp.ClientError, ValueError, KeyError):
            return ""

    # -- at leisure ----------------------------------------------------------------------------------------------------

    async def speak(self, text: str, language: str, kind: str, say: str = "", *, urgent: bool = False) -> bytes:
        """A-law of `text`. Raises SpeechUnavailable, CannotSpeak."""
        body = {"text": text, "language": language, "kind": kind, "say": say, "urgent": urgent}
        try:
            async with self._http().post(f"{self._base}/speak", json=body) as answer:
                if answer.status == 200:
                    return await answer.read()
                told = json.loads(await answer.text())
        except (aiohttp.ClientError, TimeoutError) as away:
            raise SpeechUnavailable(self._why_away()) from away
        except ValueError as wrong:
            raise CannotSpeak("the request was refused") from wrong
        if answer.status == 422:
            raise CannotSpeak(str(told.get("why", "")))
        raise SpeechUnavailable(str(told.get("why", "")))

    async def state(self) -> str:
        """`ok`, or what does not work and the mend."""
        if not self._settings.enabled:
            return "switched off in the settings"
        try:
            async with asyncio.timeout(READY_S), self._http().get(f"{self._base}/ready") as answer:
                parts = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return self._why_away()
        wrong = [f"{name}: {parts.get(name)}" for name in ("listening", "speaking") if parts.get(name) != "ready"]
        return "; ".join(wrong) or "ok"

    def _why_away(self) -> str:
        if not installed():
            return f"not installed yet; mend: {MEND_INSTALL}"
        return f"not running; mend: {MEND_START}"
