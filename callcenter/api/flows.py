"""Flows over HTTP: drafts, checks, versions, publishing, exchange as TOML, and the words they are drawn with.

In: sources of whatever shape. Out: the shapes of docs/ivr.md. Must not decide what is wrong with a flow: the engine's checks do. Invariant: a
draft is kept although it is faulty, and nothing goes live that has a fault or breaks a regression case.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from aiohttp import web

from callcenter.api.calls import as_json
from callcenter.api.flow_desk import (
    Drawn,
    FlowDesk,
    by_of,
    checked,
    desk_of,
    drawn,
    entries,
    entry_faults,
    iso,
)
from callcenter.api.flow_models import (
    NAME,
    Between,
    CheckAsked,
    Differences,
    DraftSaved,
    DraftValues,
    FaultList,
    FlowList,
    MadeFlow,
    NewFlow,
    PublishAsked,
    Published,
    SoundQuery,
    TomlAsked,
    VersionList,
    VersionView,
    Vocabulary,
)
from callcenter.api.flow_simulation import run_cases
from callcenter.api.flow_sounds import wav_of
from callcenter.api.problems import FieldError, Problem, not_found
from callcenter.api.resources import asked
from callcenter.api.routing import body_of, query_of, route
from callcenter.errors import StoreUnavailable
from callcenter.ivr import checks, difference, loader, toml_text, vocabulary
from callcenter.ivr.faults import Fault, Refusal
from callcenter.ivr.loader import Checked
from crm.database import Session
from crm.errors import Conflict
from crm.telephony import flows
from crm.telephony.flows import By, Draft, Wanted

SEE, DRAW, PUBLISH = "flow.read", "flow.change", "flow.publish"
LARGEST_TOML = 2_000_000
MOST_FAULTS = 300


def name_of(request: web.Request) -> str:
    """The flow in the path; anything else is no flow."""
    name = request.match_info["name"]
    if not re.fullmatch(NAME, name):
        raise not_found("flow")
    return name


# -- flows and versions -------------------------------------------------------------------------------------------------------------


@route("GET", "/api/flows", right=SEE, answer=FlowList)
async def flow_list(request: web.Request) -> web.Response:
    """Every flow, what is live of it, and its draft."""
    found, release = await asked(request, flows.overview)
    lead = entries(desk_of(request).settings)
    for one in found:
        one["is_entry"] = one["name"] in lead
        if one["draft"]:
            one["draft"]["changed_at"] = iso(one["draft"]["changed_at"])
    return as_json({"items": found, "release": release})


@route("POST", "/api/flows", right=DRAW, body=NewFlow, answer=MadeFlow, status=201)
async def make_flow(request: web.Request) -> web.Response:
    """A flow with an empty draft."""
    sent, by = body_of(request, NewFlow), by_of(request)
    lock = await asked(request, lambda session: flows.create(session, by, sent.name, (sent.title.zh, sent.title.en)))
    response = as_json({"name": sent.name, "version": lock})
    response.set_status(201)
    return response


@route("GET", "/api/flows/{name}/versions", right=SEE, answer=VersionList)
async def version_list(request: web.Request) -> web.Response:
    """The draft, then every version, newest first."""
    name = name_of(request)
    found = await asked(request, lambda session: flows.versions(session, name))
    return as_json({"items": [one | {"at": iso(one["at"]), "published_at": iso(one["published_at"])} for one in found]})


@route("GET", "/api/flows/{name}/versions/{number}", right=SEE, answer=VersionView)
async def one_version(request: web.Request) -> web.Response:
    """One version with its source; `draft` is a number here."""
    return as_json(await _version(request, request.match_info["number"]))


async def _version(request: web.Request, written: str) -> dict[str, Any]:
    name, number = name_of(request), None
    if written != "draft":
        if not (written.isascii() and written.isdigit() and 0 < len(written) < 10):
            raise not_found("version")
        number = int(written)
    return await asked(request, lambda session: flows.version(session, name, number))


@route("GET", "/api/flows/{name}/diff", right=SEE, query=Between, answer=Differences)
async def diff(request: web.Request) -> web.Response:
    """What two versions differ in."""
    wanted = query_of(request, Between)
    before, after = await _version(request, wanted.before), await _version(request, wanted.after)
    return as_json(difference.between(before["source"], after["source"]))


# -- drawing --------------------------------------------------------------------------------------------------------------------------


@route("PUT", "/api/flows/{name}/draft", right=DRAW, body=DraftValues, answer=DraftSaved, also=(409,))
async def save_draft(request: web.Request) -> web.Response:
    """Keep a draft, faulty or not; an old lock is 409 `stale`."""
    sent = body_of(request, DraftValues)
    return as_json(await _kept(request, Draft(sent.source, sent.layout, sent.version or 0)))


async def _kept(request: web.Request, draft: Draft) -> dict[str, Any]:
    name, by = name_of(request), by_of(request)
    faults = await _faults_with(request, {name: draft.source})
    mine = [one for one in faults if one.flow == name]
    lock = await asked(request, lambda session: flows.save_draft(session, by, name, draft, len(mine)))
    return {"version": lock, "faults": told(mine)}


async def _faults_with(request: web.Request, sources: dict[str, Any]) -> tuple[Fault, ...]:
    """Of every draft and every live flow, with `sources` over them."""
    desk, all_drawn = desk_of(request), await drawn(request)
    return (await checked(desk, all_drawn.around, all_drawn.with_drafts() | sources)).faults


def told(faults: list[Fault]) -> list[dict[str, Any]]:
    """As JSON; nobody reads more than MOST_FAULTS."""
    return [one.as_json() for one in faults[:MOST_FAULTS]]


@route("DELETE", "/api/flows/{name}/draft", right=DRAW, status=204)
async def drop_draft(request: web.Request) -> web.Response:
    """Forget the draft; a flow that was never live goes with it."""
    name, by = name_of(request), by_of(request)
    await asked(request, lambda session: flows.drop_draft(session, by, name))
    return web.Response(status=204)


@route("POST", "/api/flows/check", right=SEE, body=CheckAsked, answer=FaultList)
async def check(request: web.Request) -> web.Response:
    """Every fault of these sources, over the drafts and what is live."""
    sent = body_of(request, CheckAsked)
    found = await _faults_with(request, dict(sent.sources))
    return as_json({"faults": told([one for one in found if not sent.sources or one.flow in sent.sources])})


@route("GET", "/api/flow-vocabulary", right=SEE, answer=Vocabulary)
async def words(request: web.Request) -> web.Response:
    """Everything a flow can be drawn with just now."""
    desk, all_drawn = desk_of(request), await drawn(request)
    found = await checked(desk, all_drawn.around, all_drawn.with_drafts())
    returns = {name: checks.returns_of(flow) for name, flow in found.book.flows.items()}
    extensions = [{"name": one.name, "title": {"zh": one.title_zh or one.name, "en": one.title_en or one.name}} for one in desk.settings.extension]
    around = all_drawn.around
    return as_json(
        {
            "verbs": vocabulary.verbs(), "queues": _named(around.queues), "calendars": _named(around.calendars),
            "lookups": vocabulary.lookups(), "actions": vocabulary.actions(), "extensions": extensions, "templates": _named(around.templates),
            "flows": vocabulary.flows(found.book, returns, all_drawn.titles), "forms": vocabulary.forms(),
        }
    )  # fmt: skip


def _named(things: Any) -> list[dict[str, Any]]:
    return [{"name": name, "title": vocabulary.titled(title)} for name, title in things.items()]


# -- going live -----------------------------------------------------------------------------------------------------------------------


@route("POST", "/api/flows/publish", right=PUBLISH, body=PublishAsked, answer=Published, also=(404, 409))
async def publish(request: web.Request) -> web.Response:
    """Drafts go live together, or one flow goes back to an older version; refused with the faults or the cases that break."""
    sent, desk, all_drawn, by = body_of(request, PublishAsked), desk_of(request), await drawn(request), by_of(request)
    wanted, sources = await _wanted(request, sent, all_drawn)
    found = await checked(desk, all_drawn.around, sources)
    _refuse_faults(desk, found)
    await _refuse_broken_cases(request, found)
    made = await _go_live(request, by, wanted)
    with suppress(StoreUnavailable, ValueError):  # else the notice of the database brings it
        await desk.releases.refresh()
    return as_json({"release": made.number, "versions": dict(made.versions)})


async def _wanted(request: web.Request, sent: PublishAsked, all_drawn: Drawn) -> tuple[Wanted, dict[str, Any]]:
    """What is to go live, and the sources that are then live together."""
    over = all_drawn.live.number if all_drawn.live else 0
    if sent.rollback is not None:
        back = sent.rollback
        old = await asked(request, lambda session: flows.version(session, back.flow, back.number))
        return Wanted(over, again={back.flow: back.number}, note=sent.note), all_drawn.sources() | {back.flow: old["source"]}
    missing = [name for name in sent.flows if name not in all_drawn.drafts]
    if missing:
        error = FieldError("body.flows", f"{missing[0]} has no draft", "leave it out, or draw it first")
        raise Problem(422, "invalid input", "A flow has no draft.", [error])
    locks = {name: all_drawn.drafts[name].lock for name in sent.flows}
    return Wanted(over, locks, note=sent.note), all_drawn.sources(*sent.flows)


def _refuse_faults(desk: FlowDesk, found: Checked) -> None:
    faults = [*found.faults, *entry_faults(desk, found)]
    if faults:
        raise Problem(409, "faults", f"{len(faults)} fault(s) must be mended first.", kind="faults", more={"faults": told(faults)})


async def _refuse_broken_cases(request: web.Request, found: Checked) -> None:
    kept = await asked(request, flows.cases)
    broken = [one for one in await run_cases(request, found.book, kept) if not one.ok]
    if broken:
        shown = [one.model_dump() for one in broken]
        raise Problem(409, "cases", f"{len(broken)} regression case(s) do not hold.", kind="cases", more={"cases": shown})


async def _go_live(request: web.Request, by: By, wanted: Wanted) -> flows.Release:
    return await asked(request, lambda session: _published(session, by, wanted))


async def _published(session: Session, by: By, wanted: Wanted) -> flows.Release:
    try:
        return await flows.publish(session, by, wanted)
    except Conflict as changed:
        words = "Somebody changed a draft or published meanwhile. Look at it again, then publish."
        raise Problem(409, "stale", f"{changed}. {words}", kind="stale") from changed


# -- exchange -------------------------------------------------------------------------------------------------------------------------


@route("GET", "/api/flows/{name}/toml", right=SEE, query=TomlAsked, media=("text/plain",))
async def export(request: web.Request) -> web.Response:
    """A version as a TOML file."""
    found = await _version(request, query_of(request, TomlAsked).version)
    number = found["number"] or "draft"
    name = f"{found['flow']}-{number}.toml"
    return web.Response(
        text=toml_text.write(found["source"]), content_type="text/plain", charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip


@route("PUT", "/api/flows/{name}/toml", right=DRAW, raw=True, takes="text/plain", answer=DraftSaved, also=(409, 413, 415, 422))
async def bring(request: web.Request) -> web.Response:
    """A TOML file into the draft, in place of what is there."""
    name = name_of(request)
    source = _source_in(await _text(request), name)
    now = await asked(request, flows.drafts)
    lock, layout = (now[name].lock, now[name].layout) if name in now else (0, {})
    return as_json(await _kept(request, Draft(source, layout, lock)))


async def _text(request: web.Request) -> str:
    if request.content_type != "text/plain":
        raise Problem(415, "unsupported media type", "Send the file as text/plain.")
    body = bytearray()
    async for block in request.content.iter_chunked(1 << 16):
        body += block
        if len(body) > LARGEST_TOML:
            raise Problem(413, "too large", f"A file may have at most {LARGEST_TOML} bytes.")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as odd:
        raise Problem(422, "invalid input", "The file is not UTF-8.", [FieldError("body", "is text in UTF-8", "save it as UTF-8")]) from odd


def _source_in(text: str, name: str) -> dict[str, Any]:
    try:
        source = loader.parse_toml(text)
    except Refusal as refused:
        one = refused.fault
        raise Problem(422, "invalid input", one.rule.zh + " / " + one.rule.en, [FieldError("body", one.rule.en, one.mend.en)]) from refused
    if source.get("flow") != name:
        raise Problem(422, "invalid input", "The file holds another flow.", [FieldError("body", f"holds flow {name}", f'write flow = "{name}"')])
    source.pop("version", None)
    return source


# -- sounds ---------------------------------------------------------------------------------------------------------------------------


@route("GET", "/api/sounds", right=SEE, query=SoundQuery, also=(404,), media=("audio/wav",))
async def sound(request: web.Request) -> web.Response:
    """A sound as callers hear it, for browsers."""
    wanted, desk = query_of(request, SoundQuery), desk_of(request)
    wav = await wav_of(desk.sounds, desk.settings.sounds_folder, wanted.language, wanted.file)
    if wav is None:
        raise not_found("sound")
    return web.Response(body=wav, content_type="audio/wav", headers={"Cache-Control": "private, max-age=300"})
