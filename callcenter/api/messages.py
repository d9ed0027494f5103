"""Spoken messages over HTTP: list, listen, note that one was dealt with.

In: a state, an id, a note. Out: the shapes of docs/api.md. Must not change what was said. Invariant: every playing is in the audit trail;
the first person who handled a message stays its handler.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.api.calls import SOUNDS, Named, Number, as_json, audio, name_seen, number_seen
from callcenter.api.keys import CLOCK, SETTINGS, stored
from callcenter.api.problems import not_found
from callcenter.api.routing import FILE, body_of, query_of, route
from callcenter.api.security import address_of, principal_of
from crm.database import Session
from crm.engine import audit
from crm.telephony import calls

_ID = re.compile(r"^[A-Za-z0-9._-]{1,80}$")


class MessageQuery(BaseModel):
    """Empty state: all."""

    model_config = ConfigDict(extra="forbid")
    state: Literal["", "open", "handled"] = ""
    cursor: str = Field(default="", max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class Handling(BaseModel):
    """What was done about a message."""

    model_config = ConfigDict(extra="forbid")
    note: str = Field(default="", max_length=2000)


class Message(BaseModel):
    """One spoken message."""

    id: str
    purpose: str
    caller_number: str
    patient: Named | None
    left_at: datetime
    duration_s: float
    source: str
    handled_at: datetime | None
    handled_by: Named | None
    note: str | None
    call_record_id: int | None


class MessageList(BaseModel):
    items: list[Message]
    next: str | None
    total: int


@route("GET", "/api/messages", right="message.read", query=MessageQuery, answer=MessageList)
async def messages(request: web.Request) -> web.Response:
    """Messages, the newest first."""
    asked, who = query_of(request, MessageQuery), principal_of(request)
    page = await stored(request, lambda session: calls.find_messages(session, who, asked.state, cursor=asked.cursor, limit=asked.limit))
    return as_json({"items": [_seen(request, one) for one in page.items], "next": page.next, "total": page.total})


def _seen(request: web.Request, message: dict[str, Any]) -> dict[str, Any]:
    who = principal_of(request)
    return message | {"caller_number": number_seen(who, message["caller_number"]), "patient": name_seen(who, message["patient"])}


def _message_id(request: web.Request) -> str:
    written = request.match_info["id"]
    if not _ID.match(written):
        raise not_found("message")
    return written


@route("POST", "/api/messages/{id}/number", right="message.read", key=str, answer=Number)
async def message_number(request: web.Request) -> web.Response:
    """The whole number of who left the message; that somebody looked is written down first."""
    message_id = _message_id(request)

    async def work(session: Session) -> str:
        number = await calls.message_number(session, principal_of(request), message_id)
        deed = audit.Deed("message.reveal", "message", message_id, {"field": "number"})
        await audit.write(session, request.app[CLOCK].now(), principal_of(request).id, deed)
        return number

    return as_json({"number": await stored(request, work)})


@route("GET", "/api/messages/{id}/audio", right="message.read", key=str, also=FILE, media=SOUNDS)
async def message_audio(request: web.Request) -> web.StreamResponse:
    """What the caller said; Range is honoured."""
    message_id = _message_id(request)
    at, who = request.app[CLOCK].now(), principal_of(request)
    deed = audit.Deed("message.play", "message", message_id, pii={"address": address_of(request, request.app[SETTINGS])})

    async def work(session: Session) -> str:
        file = await calls.message_file(session, who, message_id)
        await audit.write(session, at, who.id, deed)
        return file

    return audio(request, await stored(request, work))


@route("POST", "/api/messages/{id}/handle", right="message.handle", key=str, body=Handling, answer=Message)
async def handle_message(request: web.Request) -> web.Response:
    """Note that the message was dealt with, and how."""
    message_id, note = _message_id(request), body_of(request, Handling).note
    at, who = request.app[CLOCK].now(), principal_of(request)

    async def work(session: Session) -> dict[str, Any]:
        changed = await calls.handle_message(session, message_id, who, note, at)
        await audit.write(session, at, who.id, audit.Deed("message.handle", "message", message_id, pii={"note": note}))
        return changed

    return as_json(_seen(request, await stored(request, work)))
