"""One patient's timeline over HTTP.

In: a patient, kinds, a cursor. Out: a page of the stream, the newest first. Must not show a kind whose right the person lacks, nor rows that it
does not reach. Invariant: whoever may not see the patient is told there is none; the first page is in the audit trail as a view of the file.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.api.calls import as_json
from callcenter.api.keys import SETTINGS, id_of, stored
from callcenter.api.resources import actor_of
from callcenter.api.routing import query_of, route
from callcenter.api.security import principal_of
from crm.database import Session
from crm.engine import audit, store
from crm.engine.store_ask import within
from crm.errors import InvalidValue
from crm.patients.timeline import KINDS, timeline


class TimelineQuery(BaseModel):
    """`kinds`: names with commas between them; empty: all that may be seen."""

    model_config = ConfigDict(extra="forbid")
    kinds: str = Field(default="", max_length=400)
    cursor: str = Field(default="", max_length=120)
    limit: int = Field(default=50, ge=1, le=200)


class TimelineEntry(BaseModel):
    """One thing that happened, or will. `level` warn: the eye shall find it first."""

    kind: str
    id: int
    at: str
    title: str
    text: str
    state: str
    level: str
    department: str | None
    doctor: str | None
    user: str | None


class TimelinePage(BaseModel):
    """`kinds`: what this person may see; `counts`: entries of each kind, on the first page only."""

    items: list[TimelineEntry]
    next: str | None
    kinds: list[str]
    counts: dict[str, int]


def seen_kinds(request: web.Request) -> list[str]:
    """Kinds this person may see: the read right of each, calls and spoken messages by theirs."""
    who = principal_of(request)
    own = {"call_record": ("call_record.read", "call_record.read_own"), "voice_message": ("message.read",)}
    return [one for one in KINDS if any(who.may(right) for right in own.get(one, (f"{one}.read",)))]


def _wanted(asked: str, seen: list[str]) -> list[str]:
    named = [one for one in asked.split(",") if one]
    if unknown := [one for one in named if one not in KINDS]:
        raise InvalidValue("kinds", f"are among {', '.join(KINDS)}", f"leave out {unknown[0]}")
    return [one for one in seen if not named or one in named]


@route("GET", "/api/patients/{id}/timeline", right="patient.read", query=TimelineQuery, answer=TimelinePage, labels=True)
async def patient_timeline(request: web.Request) -> web.Response:
    """Everything of one patient, the newest first."""
    asked, seen, patient_id = query_of(request, TimelineQuery), seen_kinds(request), id_of(request, "patient")
    actor, zone = actor_of(request), request.app[SETTINGS].hospital.zone

    async def work(session: Session) -> dict[str, Any]:
        await store.row_of(session, actor.registry.by_name["patient"], actor, str(patient_id))
        limits = {one: within(thing, actor, "read") for one in seen if (thing := actor.registry.by_name.get(one)) is not None}
        page = await timeline(session, patient_id, _wanted(asked.kinds, seen), asked.cursor, asked.limit, limits, zone=zone)
        if not asked.cursor:
            deed = audit.Deed("patient.timeline", "patient", str(patient_id), {"patient_id": patient_id})
            await audit.write(session, actor.at, actor.principal.id, deed)
        return {"items": page.items, "next": page.next, "kinds": seen, "counts": page.counts}

    return as_json(await stored(request, work))
