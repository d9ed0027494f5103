"""The few requests we make of Asterisk's REST interface: push and delete SIP objects, list endpoints.

In: object type, id and fields. Out: done, or AsteriskUnavailable / CommandRefused. Must not be used for call control and never leaves
127.0.0.1. Invariant: ids and values with control characters are refused before anything is sent.
REST interface: docs.asterisk.org, "Asterisk REST Interface", dynamic configuration.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import aiohttp

from callcenter.errors import AsteriskUnavailable, CommandRefused, CommandTimedOut, UnsafeArgument
from callcenter.settings import Secrets, Settings

USER = "callcenter"
_ID = re.compile(r"[a-z0-9-]{1,60}\Z")


class Ari:
    """One keep-alive client; `close` ends it."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._base = f"http://127.0.0.1:{settings.port('asterisk_http')}/ari"
        self._headers = {"Authorization": aiohttp.encode_basic_auth(USER, secrets.ari)}
        self._timeout = aiohttp.ClientTimeout(total=settings.timeouts.ari_s)
        self._client: aiohttp.ClientSession | None = None

    async def put_object(self, kind: str, object_id: str, fields: Mapping[str, str]) -> None:
        """Create or replace a `res_pjsip` object. Raises CommandRefused, AsteriskUnavailable."""
        for value in fields.values():
            _refuse_control_characters(value)
        body = {"fields": [{"attribute": name, "value": value} for name, value in fields.items()]}
        await self._request("PUT", _object_path(kind, object_id), body)

    async def delete_object(self, kind: str, object_id: str) -> None:
        """Remove an object; one that is not there is fine."""
        await self._request("DELETE", _object_path(kind, object_id), missing_is_fine=True)

    async def endpoints(self) -> list[str]:
        """Names of all PJSIP endpoints."""
        found = await self._request("GET", "/endpoints/PJSIP")
        return [one["resource"] for one in found or []]

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _request(self, method: str, path: str, body: Any = None, *, missing_is_fine: bool = False) -> Any:
        if self._client is None:
            self._client = aiohttp.ClientSession(headers=self._headers, timeout=self._timeout)
        try:
            async with self._client.request(method, self._base + path, json=body) as answer:
                if answer.status == 404 and missing_is_fine:
                    return None
                if answer.status >= 400:
                    raise CommandRefused(f"ari {method}", f"{answer.status} {(await answer.text())[:200]}")
                return await answer.json() if answer.content_type == "application/json" and answer.status != 204 else None
        except asyncio.TimeoutError as late:  # noqa: UP041 - aiohttp raises its own subclass of it
            raise CommandTimedOut(f"ari {method} {path}") from late
        except aiohttp.ClientError as gone:
            raise AsteriskUnavailable(f"ari {method} {path}") from gone


def _object_path(kind: str, object_id: str) -> str:
    if not _ID.match(kind) or not _ID.match(object_id):
        raise UnsafeArgument(f"object {kind}/{object_id!r}")
    return f"/asterisk/config/dynamic/res_pjsip/{kind}/{object_id}"


def _refuse_control_characters(value: str) -> None:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        raise UnsafeArgument("a field of a SIP object holds a control character")
