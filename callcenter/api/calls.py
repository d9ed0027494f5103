"""Call records over HTTP: list, page, timeline, recording, waveform.

In: filters and ids. Out: the shapes of docs/api.md, and audio with Range. Must not let an agent without `call_record.read` see a call in which
he did not talk, nor anybody a whole number whom other pages show it masked. Invariant: every playing, download and refused one is in the audit
trail before the first byte leaves.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from aiohttp import hdrs, web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.api.keys import CLOCK, SETTINGS, id_of, plan_of, stored
from callcenter.api.problems import Problem, not_found
from callcenter.api.routing import FILE, query_of, route
from callcenter.api.security import NO_STORE, address_of, forbidden, only_agent_of, principal_of
from callcenter.errors import UnsafeArgument
from callcenter.recording.files import inside
from crm.database import Session
from crm.engine import audit
from crm.engine.masks import masked
from crm.errors import NotFound
from crm.principal import Principal
from crm.telephony import calls

SEE = "call_record.read_own"  # `call_record.read` widens it: only_agent_of
MEDIA = {".ogg": "audio/ogg", ".opus": "audio/ogg", ".wav": "audio/wav", ".mp3": "audio/mpeg"}
SOUNDS = tuple(dict.fromkeys(MEDIA.values()))


class CallQuery(BaseModel):
    """What the list is asked for; empty means any."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, alias="to")
    queue: str = Field(default="", max_length=40)
    agent_id: int | None = Field(default=None, ge=1, le=2**31 - 1)
    patient_id: int | None = Field(default=None, ge=1, le=2**31 - 1)
    outcome: Literal["", "answered", "abandoned", "self_served", "message_left", "closed", "fallback", "lost"] = ""
    status: Literal["", "arrived", "in_flow", "waiting", "talking", "ended"] = ""
    flow: str = Field(default="", max_length=60)
    flow_version: int | None = Field(default=None, ge=1, le=2**31 - 1)
    node: str = Field(default="", max_length=60)
    exit: str = Field(default="", max_length=60)
    left: Literal["", "0", "1"] = ""
    q: str = Field(default="", max_length=80)
    cursor: str = Field(default="", max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class RecordingQuery(BaseModel):
    """`download=1`: as a file to keep."""

    model_config = ConfigDict(extra="forbid")
    download: Literal["", "0", "1"] = ""


class Named(BaseModel):
    id: int
    name: str


class IvrStep(BaseModel):
    flow: str
    version: int
    node: str
    at: datetime
    exit: str


class RecordingState(BaseModel):
    available: bool
    duration_s: float | None
    problem: str | None


class CallLine(BaseModel):
    """One call in a list."""

    id: int
    linkedid: str
    direction: str
    caller_number: str
    dialled_number: str
    patient: Named | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    queue: str | None
    agent: Named | None
    outcome: str | None
    status: str
    wait_s: float
    talk_s: float
    ivr_path: list[IvrStep]
    disposition: str | None
    recording: RecordingState
    anonymous: bool


class CallList(BaseModel):
    items: list[CallLine]
    next: str | None
    total: int


class CallPage(CallLine):
    """One call with everything that is known of it."""

    legs: list[dict[str, Any]]
    transfers: int
    hold_s: float
    language: str
    recovered: int
    note: str | None
    fallback: str | None
    lost: bool
    hangup_cause: int
    node: str
    queue_result: str | None
    message_ids: list[str]
    candidate_ids: list[int]
    rating: int | None


class Number(BaseModel):
    """A caller's number, whole."""

    number: str


class CallTimelineEntry(BaseModel):
    seq: int
    at: datetime
    kind: str
    data: dict[str, Any]
    pii: dict[str, Any]


class Timeline(BaseModel):
    items: list[CallTimelineEntry]


class Waveform(BaseModel):
    """Loudness from 0 to 1; left is the patient."""

    duration_s: float
    peaks_per_s: float
    left: list[float]
    right: list[float]


def as_json(value: object) -> web.Response:
    """Personal data is never kept by a cache."""
    return web.json_response(value, headers=NO_STORE, dumps=lambda one: json.dumps(one, ensure_ascii=False))


# -- what of a number is seen -----------------------------------------------------------------------------------------

WHOLE_NUMBERS, WHOLE_IDS = "see.phone", "see.id_number"


def number_seen(who: Principal, number: str) -> str:
    """`number`, masked unless this person may see whole ones."""
    return number if who.may(WHOLE_NUMBERS) else masked("phone", number)


def name_seen(who: Principal, patient: dict[str, Any] | None) -> dict[str, Any] | None:
    """`patient` with his name, masked unless this person may see names."""
    return patient if patient is None or who.may("see.name") else patient | {"name": masked("name", patient["name"])}


def _call_seen(who: Principal, call: dict[str, Any]) -> dict[str, Any]:
    """Who talks with a caller sees the number as long as the call lasts."""
    call = call | {"patient": name_seen(who, call["patient"])}
    talking = call["status"] != "ended" and call["agent"] is not None and call["agent"]["id"] == who.id
    return call if talking else call | {"caller_number": number_seen(who, call["caller_number"])}


def _event_seen(who: Principal, event: dict[str, Any]) -> dict[str, Any]:
    """Keys that a caller pressed may be his telephone or identity number: four and fewer are a choice."""
    known = dict(event["pii"])
    if "caller_number" in known:
        known["caller_number"] = number_seen(who, known["caller_number"])
    if len(known.get("digits", "")) > 4 and not (who.may(WHOLE_NUMBERS) and who.may(WHOLE_IDS)):
        known["digits"] = masked("text", known["digits"])
    return event | {"pii": known}


@route("GET", "/api/call-records", right=SEE, query=CallQuery, answer=CallList)
async def call_records(request: web.Request) -> web.Response:
    """Calls, the newest first; an agent sees those in which he talked."""
    asked = query_of(request, CallQuery)
    only = only_agent_of(request)
    wanted = calls.CallFilter(
        asked.since, asked.until, asked.queue, asked.agent_id, asked.outcome, asked.status, asked.q, asked.patient_id, only_agent=only,
        flow=asked.flow, flow_version=asked.flow_version, node=asked.node, exit=asked.exit, left=asked.left == "1",
        whole_numbers=principal_of(request).may(WHOLE_NUMBERS),
    )  # fmt: skip
    plan = plan_of(request.app[SETTINGS])
    page = await stored(request, lambda session: calls.find(session, wanted, cursor=asked.cursor, limit=asked.limit, plan=plan))
    items = [_call_seen(principal_of(request), one) for one in page.items]
    return as_json({"items": items, "next": page.next, "total": page.total})


@route("GET", "/api/call-records/{id}", right=SEE, answer=CallPage)
async def call_record(request: web.Request) -> web.Response:
    """One call."""
    call_id, only = id_of(request, "call record"), only_agent_of(request)
    return as_json(_call_seen(principal_of(request), await stored(request, lambda session: calls.one(session, call_id, only))))


@route("GET", "/api/call-records/{id}/events", right=SEE, answer=Timeline)
async def call_events(request: web.Request) -> web.Response:
    """What happened in the call, as recorded."""
    call_id, only = id_of(request, "call record"), only_agent_of(request)
    items = await stored(request, lambda session: calls.timeline(session, call_id, only))
    return as_json({"items": [_event_seen(principal_of(request), one) for one in items]})


@route("POST", "/api/call-records/{id}/number", right=SEE, answer=Number)
async def call_number(request: web.Request) -> web.Response:
    """The caller's whole number for somebody who looked at the masked one; that he did is written down first."""
    call_id, only = id_of(request, "call record"), only_agent_of(request)

    async def work(session: Session) -> dict[str, Any]:
        call = await calls.one(session, call_id, only)
        deed = audit.Deed("call_record.reveal", "call_record", str(call_id), {"field": "number", "linkedid": call["linkedid"]})
        await audit.write(session, request.app[CLOCK].now(), principal_of(request).id, deed)
        return call

    return as_json({"number": (await stored(request, work))["caller_number"]})


# -- sound ------------------------------------------------------------------------------------------------------------


@route("GET", "/api/call-records/{id}/recording", right="recording.play", query=RecordingQuery, also=FILE, media=SOUNDS)
async def recording(request: web.Request) -> web.StreamResponse:
    """The call's audio in stereo, patient left; Range is honoured."""
    call_id, download = id_of(request, "call record"), query_of(request, RecordingQuery).download == "1"
    if download and not principal_of(request).may("recording.download"):
        await _note(request, "recording.refused", call_id)
        raise forbidden("recording.download")
    file = await _audited_file(request, call_id, "recording.download" if download else "recording.play")
    return audio(request, file, f"call-{call_id}" if download else "")


async def _audited_file(request: web.Request, call_id: int, action: str) -> str:
    """The recording's file, once the audit entry is committed. A refusal is noted too."""
    only = only_agent_of(request)

    async def work(session: Session) -> str | None:
        try:
            linkedid, kept = await calls.recording_of(session, call_id, only)
        except NotFound:
            await audit.write(session, request.app[CLOCK].now(), principal_of(request).id, _deed(request, "recording.refused", call_id))
            return None
        deed = _deed(request, action, call_id, linkedid)
        await audit.write(session, request.app[CLOCK].now(), principal_of(request).id, deed)
        return kept.file

    file = await stored(request, work)
    if file is None:
        raise not_found("recording")
    return file


async def _note(request: web.Request, action: str, call_id: int) -> None:
    at, who, deed = request.app[CLOCK].now(), principal_of(request).id, _deed(request, action, call_id)
    await stored(request, lambda session: audit.write(session, at, who, deed))


def _deed(request: web.Request, action: str, call_id: int, linkedid: str = "") -> audit.Deed:
    data = {"range": request.headers.get(hdrs.RANGE, "")[:100], "linkedid": linkedid}
    address = {"address": address_of(request, request.app[SETTINGS])}
    return audit.Deed(action, "call_record", str(call_id), data, address)


def audio(request: web.Request, file: str, download_as: str = "") -> web.StreamResponse:
    """`file` of the recordings folder as a response; a name that leads out of the folder is no such file."""
    try:
        path = inside(request.app[SETTINGS].recordings_folder, file)
    except UnsafeArgument as unsafe:
        raise not_found("recording") from unsafe
    if not path.is_file():
        raise Problem(404, "not found", "The audio file is not there. The nightly check of recordings will name it.")
    headers = {hdrs.CONTENT_TYPE: MEDIA.get(path.suffix.lower(), "application/octet-stream"), hdrs.CACHE_CONTROL: "private, no-store"}
    if download_as:
        headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{download_as}{path.suffix}"'
    return web.FileResponse(path, headers=headers)


@route("GET", "/api/call-records/{id}/waveform", right="recording.play", answer=Waveform)
async def waveform(request: web.Request) -> web.Response:
    """The loudness of both sides, to be drawn."""
    call_id, only = id_of(request, "call record"), only_agent_of(request)
    _, kept = await stored(request, lambda session: calls.recording_of(session, call_id, only))
    peaks = kept.peaks or {}
    drawn = {"peaks_per_s": peaks.get("peaks_per_s", 0), "left": peaks.get("left", []), "right": peaks.get("right", [])}
    return as_json({"duration_s": kept.duration_s} | drawn)
