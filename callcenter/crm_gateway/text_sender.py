"""Hands text messages to the gateway that the settings name.

In: job `send_text` with a message's id. Out: a POST of {"id", "to", "text"} as JSON; how it ended stands with the message. Must not raise for a
gateway that is away: the message waits for its next try. Invariant: every try of a message carries the same id, so that a gateway can drop a repeat;
a refusal (4xx) is final, everything else is tried again. Headers: the environment variable `sms.headers_env`, one `Name: value` a line.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import aiohttp

from callcenter import log
from callcenter.crm_gateway.store import Store
from callcenter.errors import ConfigError
from callcenter.ports import Clock
from callcenter.settings import Sms
from crm.ivr import texts
from crm.ivr.texts import Outgoing

_log = log.get("text_sender")
REASON_MAX = 200


def headers_of(settings: Sms, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Raises ConfigError for a variable that is missing or holds something else."""
    if not settings.headers_env:
        return {}
    lines = environment.get(settings.headers_env, "").strip().splitlines()
    pairs = [line.partition(":") for line in lines if line.strip()]
    if not pairs or any(not colon or not name.strip() for name, colon, _ in pairs):
        where = f"environment variable {settings.headers_env}"
        raise ConfigError(where, "holds no headers for the gateway of text messages", "write one `Name: value` a line, or clear sms.headers_env")
    return {name.strip(): value.strip() for name, _, value in pairs}


class TextSender:
    """The handler of the job."""

    def __init__(self, store: Store, settings: Sms, clock: Clock, headers: Mapping[str, str] | None = None) -> None:
        self._store, self._settings, self._clock = store, settings, clock
        self._headers = dict(headers or {})

    async def send(self, message_id: str) -> None:
        """One try. Raises StoreUnavailable: the job stays for a person, and the message is queued again by the keeper."""
        one, now = int(message_id), self._clock.now()
        if not self._settings.url:
            await self._store.ask(lambda session: texts.no_gateway(session, one, now))
            return
        outgoing = await self._store.ask(lambda session: texts.next_try(session, one, now))
        if outgoing is None:
            return
        reason, final = await self._posted(outgoing)
        if not reason:
            await self._store.ask(lambda session: texts.was_sent(session, one, self._clock.now()))
            return
        _log.warning("text message not taken", message=one, attempt=outgoing.attempts, reason=reason)
        await self._store.ask(lambda session: texts.was_refused(session, one, self._clock.now(), reason, final=final))

    async def _posted(self, outgoing: Outgoing) -> tuple[str, bool]:
        """Why it was not taken ("" when it was), and whether that is the gateway's last word."""
        body = {"id": outgoing.key, "to": outgoing.number, "text": outgoing.body}
        limit = aiohttp.ClientTimeout(total=self._settings.timeout_s)
        try:
            async with aiohttp.ClientSession(timeout=limit) as client, client.post(self._settings.url, json=body, headers=self._headers) as answer:
                if answer.status < 300:
                    return "", False
                words = (await answer.text(errors="replace"))[:REASON_MAX].strip()
                return f"HTTP {answer.status} {words}".strip(), 400 <= answer.status < 500 and answer.status not in (408, 429)
        except (aiohttp.ClientError, TimeoutError) as away:
            return f"网关没有应答 · the gateway did not answer ({type(away).__name__})", False
