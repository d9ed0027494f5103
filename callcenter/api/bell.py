"""The bell over HTTP: what waits for the person who is signed in, and announcements to read.

In: the session. Out: counts, the most urgent entries, announcements. Must not show another person's work. Invariant: only `read` changes
anything, and only for the reader himself.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from callcenter.api.calls import as_json
from callcenter.api.keys import CLOCK, id_of, stored, today_of
from callcenter.api.routing import SIGNED_IN, route
from callcenter.api.security import principal_of
from crm.things import bell as waiting


class BellItem(BaseModel):
    """`level`: urgent, overdue or empty. `kind` is a thing of GET /api/meta, or message."""

    kind: str
    id: str
    title: str
    at: datetime | None
    level: str
    patient_id: int | None


class BellAnswer(BaseModel):
    total: int
    overdue: int
    counts: dict[str, int]
    items: list[BellItem]


class BellAnnouncement(BaseModel):
    """`read_at` None: not yet read by this person."""

    id: int
    kind: str
    level: str
    title: str
    body_html: str
    published_at: datetime
    read_at: datetime | None


class BellAnnouncements(BaseModel):
    items: list[BellAnnouncement]


@route("GET", "/api/bell", right=SIGNED_IN, answer=BellAnswer)
async def bell(request: web.Request) -> web.Response:
    """What waits for this person: counts by kind and the most urgent entries."""
    who, now, today = principal_of(request), request.app[CLOCK].now(), today_of(request)
    return as_json(asdict(await stored(request, lambda session: waiting.bell(session, who, now, today))))


@route("GET", "/api/bell/announcements", right=SIGNED_IN, answer=BellAnnouncements)
async def announcements(request: web.Request) -> web.Response:
    """Announcements and bulletins for this person, the newest first."""
    who, now = principal_of(request), request.app[CLOCK].now()
    found = await stored(request, lambda session: waiting.announcements(session, who, now))
    return as_json(BellAnnouncements.model_validate({"items": list(found)}).model_dump(mode="json"))


@route("POST", "/api/bell/announcements/{id}/read", right=SIGNED_IN, status=204)
async def read_announcement(request: web.Request) -> web.Response:
    """This person has read it."""
    who, now, announcement = principal_of(request), request.app[CLOCK].now(), id_of(request, "announcement")

    async def work(session: Any) -> None:
        await waiting.read(session, who, announcement, now)

    await stored(request, work)
    return web.Response(status=204)
