"""Prompts over HTTP: what callers hear, who uses it, other words, other sounds, and the way back.

In: texts, sound files as bodies, ids. Out: the shapes of docs/ivr.md, section 6. Must not change a shipped file. Invariant: a prompt that a published
flow or a draft names cannot be deleted; a sound that is refused changes nothing; a change reaches running calls through the database's notice.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.api.flow_desk import Drawn, FlowDesk, by_of, desk_of, drawn
from callcenter.api.flow_sounds import wav_of
from callcenter.api.problems import FieldError, Problem, not_found
from callcenter.api.resources import asked
from callcenter.api.routing import body_of, query_of, route
from callcenter.ivr.prompts import LANGUAGES
from callcenter.speech import sound_file
from callcenter.speech.client import CannotSpeak, SpeechClient, SpeechUnavailable
from callcenter.speech.shape import RATE_OUT
from crm.telephony import prompts
from crm.telephony.flows import By
from crm.telephony.prompts import NewSound, OwnPrompt

SEE, CHANGE, DELETE = "prompt.read", "prompt.change", "prompt.delete"
SPEECH: web.AppKey[SpeechClient] = web.AppKey("speech", SpeechClient)
BLOCK = 1 << 16
ID = "^[a-z][a-z0-9_]{0,59}$"
_PHRASES = ("say", "intro", "retry", "item", "more", "confirm")
Source = Literal["shipped", "tts", "upload", "recorded", "none"]


# -- shapes ---------------------------------------------------------------------------------------------------------------


class Texts(BaseModel):
    """What it says, in both languages."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    zh: str = Field(min_length=1, max_length=1500)
    en: str = Field(min_length=1, max_length=1500)


class NewPrompt(BaseModel):
    """Without `id` one is made."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(default="", pattern="^([a-z][a-z0-9_]{0,59})?$")
    text: Texts


class TextChange(BaseModel):
    """`version` as it was read; 0 for a shipped prompt that nobody changed."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(ge=0, le=2**31 - 1)
    text: Texts


class SpeakWish(BaseModel):
    model_config = ConfigDict(extra="forbid")
    language: Literal["zh", "en"]


class PromptQuery(BaseModel):
    """`q`: in the id or a text; `flow`: named there; `used`: named anywhere, or nowhere; `after`: the last id of the page before."""

    model_config = ConfigDict(extra="forbid")
    q: str = Field(default="", max_length=100)
    flow: str = Field(default="", max_length=40)
    used: Literal["", "yes", "no"] = ""
    after: str = Field(default="", max_length=60)
    limit: int = Field(default=200, ge=1, le=1000)


class AudioQuery(BaseModel):
    """How the sound came to be: a file, or spoken into the browser."""

    model_config = ConfigDict(extra="forbid")
    source: Literal["upload", "recorded"] = "upload"


class PlaceOfPrompt(BaseModel):
    flow: str
    node: str


class PromptItem(BaseModel):
    """`version` 0: as it was shipped. `faults`: languages whose sound could not be made just now, and why."""

    id: str
    text: dict[str, str]
    source: dict[str, Source]
    duration_s: dict[str, float | None]
    used_in: list[PlaceOfPrompt]
    changed_at: datetime | None
    changed_by: str
    version: int
    shipped: bool
    faults: dict[str, str] = Field(default_factory=dict)


class PromptList(BaseModel):
    items: list[PromptItem]
    next: str | None
    total: int


class PromptHistory(BaseModel):
    items: list[dict[str, Any]]


# -- reading ----------------------------------------------------------------------------------------------------------------


@route("GET", "/api/prompts", right=SEE, query=PromptQuery, answer=PromptList)
async def list_prompts(request: web.Request) -> web.Response:
    """Every prompt by id, with where it is used."""
    wanted, desk = query_of(request, PromptQuery), desk_of(request)
    own = {one.id: one for one in await asked(request, prompts.every)}
    used = used_in(await drawn(request))
    ids = sorted(desk.voice.shipped.ids() | own.keys())
    items = await asyncio.to_thread(lambda: [_item(desk, one, own.get(one), used.get(one, [])) for one in ids])
    found = [one for one in items if _fits(one, wanted)]
    page = [one for one in found if one.id > wanted.after][: wanted.limit]
    more = bool(page) and page[-1].id != found[-1].id
    return _json(PromptList(items=page, next=page[-1].id if more else None, total=len(found)))


@route("GET", "/api/prompts/{id}", right=SEE, key=str, answer=PromptItem)
async def show_prompt(request: web.Request) -> web.Response:
    """One prompt."""
    return _json(await _shown(request, _id(request)))


@route("GET", "/api/prompts/{id}/history", right=SEE, key=str, answer=PromptHistory)
async def prompt_history(request: web.Request) -> web.Response:
    """Who changed what, the newest first."""
    prompt = _id(request)
    entries = await asked(request, lambda session: prompts.history(session, prompt))
    if not entries:
        await _shown(request, prompt)
    return _json(PromptHistory(items=[entry | {"at": entry["at"].isoformat()} for entry in entries]))


@route("GET", "/api/prompts/{id}/audio/{language}", right=SEE, key=str, also=(404,), media=("audio/wav",))
async def play_prompt(request: web.Request) -> web.Response:
    """A wav for browsers: what callers hear."""
    prompt, language, desk = _id(request), _language(request), desk_of(request)
    own = await asked(request, lambda session: prompts.sound(session, prompt, language))
    wav = await wav_of(desk.sounds, desk.settings.sounds_folder, language, prompt) if own is None else sound_file.as_wav(own)
    if wav is None:
        raise not_found("sound")
    return web.Response(body=wav, content_type="audio/wav")


def used_in(found: Drawn) -> dict[str, list[PlaceOfPrompt]]:
    """Prompt -> where a published flow or a draft names it."""
    places: dict[str, list[PlaceOfPrompt]] = {}
    sources = [*(found.live.sources if found.live else {}).items(), *((name, draft.source) for name, draft in found.drafts.items())]
    for flow, source in sources:
        for node, body in (source.get("node") or {}).items():
            for prompt in _named(body):
                place = PlaceOfPrompt(flow=flow, node=node)
                if place not in places.setdefault(prompt, []):
                    places[prompt].append(place)
    return places


def _named(node: Any) -> Iterable[str]:
    """Prompts in the phrases of a node: `id` or `language:id`."""
    if not isinstance(node, Mapping):
        return
    for key in _PHRASES:
        for word in node.get(key) or ():
            if isinstance(word, str) and not word.startswith("{"):
                yield word.rpartition(":")[2]


def _fits(item: PromptItem, wanted: PromptQuery) -> bool:
    words = f"{item.id} {item.text['zh']} {item.text['en']}".lower()
    if wanted.q.lower().strip() not in words or (wanted.flow and all(place.flow != wanted.flow for place in item.used_in)):
        return False
    return wanted.used == "" or (wanted.used == "yes") == bool(item.used_in)


def _item(desk: FlowDesk, prompt: str, own: OwnPrompt | None, used: list[PlaceOfPrompt]) -> PromptItem:
    shipped = prompt in desk.voice.shipped.ids()
    texts = dict(own.texts) if own else {language: desk.voice.shipped.text(prompt, language) for language in LANGUAGES}
    sounds = {language: _sound(desk, prompt, language, own) for language in LANGUAGES}
    return PromptItem(
        id=prompt, text=texts, source={language: sound[0] for language, sound in sounds.items()},
        duration_s={language: sound[1] for language, sound in sounds.items()}, used_in=used, changed_at=own.changed_at if own else None,
        changed_by=own.changed_by if own else "", version=own.version if own else 0, shipped=shipped,
    )  # fmt: skip


def _sound(desk: FlowDesk, prompt: str, language: str, own: OwnPrompt | None) -> tuple[Source, float | None]:
    if own and language in own.sounds:
        return own.sounds[language]["source"], round(own.sounds[language]["duration_s"], 2)
    path: Path = desk.sounds / language / f"{prompt}.alaw"
    return ("shipped", round(path.stat().st_size / RATE_OUT, 2)) if path.is_file() else ("none", None)


async def _shown(request: web.Request, prompt: str, faults: Mapping[str, str] | None = None) -> PromptItem:
    desk = desk_of(request)
    own = await asked(request, lambda session: prompts.one(session, prompt))
    if own is None and prompt not in desk.voice.shipped.ids():
        raise not_found("prompt")
    item = _item(desk, prompt, own, used_in(await drawn(request)).get(prompt, []))
    return item.model_copy(update={"faults": dict(faults or {})})


# -- words ------------------------------------------------------------------------------------------------------------------


@route("POST", "/api/prompts", right=CHANGE, body=NewPrompt, answer=PromptItem, status=201, also=(409,))
async def add_prompt(request: web.Request) -> web.Response:
    """A prompt of the hospital; spoken at once where the voice runs."""
    wanted, by = body_of(request, NewPrompt), by_of(request)
    prompt = wanted.id or f"own_{secrets.token_hex(4)}"
    if prompt in desk_of(request).voice.shipped.ids():
        rule, mend = "这个编号是随产品提供的 / this id belongs to a shipped prompt", "换一个编号, 或修改那条 / take another id, or change that one"
        error = FieldError("id", rule, mend)
        raise Problem(409, "taken", "Another entry has this value.", [error], kind="taken")
    await asked(request, lambda session: prompts.add(session, by, prompt, wanted.text.model_dump()))
    return _json(await _spoken(request, prompt, LANGUAGES), status=201)


@route("PATCH", "/api/prompts/{id}", right=CHANGE, key=str, body=TextChange, answer=PromptItem, also=(404, 409))
async def change_prompt(request: web.Request) -> web.Response:
    """Other words. What the voice spoke before is spoken anew; what a person spoke or brought stays, and is his to change."""
    prompt, wanted, by = _id(request), body_of(request, TextChange), by_of(request)
    before, shipped, texts = await _shown(request, prompt), _shipped(request, prompt), wanted.text.model_dump()
    await asked(request, lambda session: prompts.change_text(session, by, prompt, texts, wanted.version, shipped))
    anew = [one for one in LANGUAGES if texts[one] != before.text[one] and before.source[one] not in ("upload", "recorded")]
    return _json(await _spoken(request, prompt, anew))


@route("DELETE", "/api/prompts/{id}", right=DELETE, key=str, status=204, also=(404, 409))
async def delete_prompt(request: web.Request) -> web.Response:
    """Only what no flow names, and nothing of the product."""
    item, by = await _shown(request, _id(request)), by_of(request)
    if item.shipped:
        rule, mend = "随产品提供的提示音不能删除 / a shipped prompt cannot be deleted", "恢复原声即可 / take its sounds back to the shipped ones"
        error = FieldError("id", rule, mend)
        raise Problem(409, "shipped", "This prompt came with the product.", [error], kind="shipped")
    if item.used_in:
        where = ", ".join(f"{place.flow}/{place.node}" for place in item.used_in[:5])
        error = FieldError("id", f"仍在使用: {where} / still named by {where}", "先从流程中去掉并发布 / take it out of these flows and publish")
        raise Problem(409, "in use", f"Still named by {where}.", [error], kind="in_use", more={"by": [place.model_dump() for place in item.used_in]})
    await asked(request, lambda session: prompts.remove(session, by, item.id))
    return web.Response(status=204)


# -- sounds -----------------------------------------------------------------------------------------------------------------


@route("PUT", "/api/prompts/{id}/audio/{language}", right=CHANGE, key=str, query=AudioQuery, answer=PromptItem, also=(404, 413), raw=True)
async def bring_sound(request: web.Request) -> web.Response:
    """Any sound file as the body; made as loud as the others, 8 kHz, or refused with the reason."""
    prompt, language, source = _id(request), _language(request), query_of(request, AudioQuery).source
    await _shown(request, prompt)
    async with _received(request) as path:
        try:
            made = await sound_file.convert(path, desk_of(request).settings.prompts)
        except sound_file.SoundRefused as refused:
            raise Problem(422, "sound refused", refused.rule, [FieldError("audio", refused.rule, refused.mend)], kind=refused.code) from refused
    await _put(request, by_of(request), prompt, language, NewSound(made.sound, made.duration_s, source))
    return _json(await _shown(request, prompt))


@route("POST", "/api/prompts/{id}/speak", right=CHANGE, key=str, body=SpeakWish, answer=PromptItem, also=(404, 503))
async def speak_prompt(request: web.Request) -> web.Response:
    """Rendered anew from its text; 503 names what is missing."""
    prompt, language = _id(request), body_of(request, SpeakWish).language
    item = await _shown(request, prompt)
    fault = await _speak(request, item, language)
    if fault:
        raise Problem(503, "speech unavailable", fault, headers={"Retry-After": "10"}, kind="speech_unavailable")
    return _json(await _shown(request, prompt))


@route("DELETE", "/api/prompts/{id}/audio/{language}", right=CHANGE, key=str, status=204, also=(404,))
async def restore_sound(request: web.Request) -> web.Response:
    """Back to the shipped sound."""
    prompt, language, by = _id(request), _language(request), by_of(request)
    await asked(request, lambda session: prompts.drop_sound(session, by, prompt, language))
    return web.Response(status=204)


async def _spoken(request: web.Request, prompt: str, languages: Iterable[str]) -> PromptItem:
    """The prompt, its sounds made where that is possible now."""
    item = await _shown(request, prompt)
    faults = {language: await _speak(request, item, language) for language in languages}
    return await _shown(request, prompt, {language: fault for language, fault in faults.items() if fault})


async def _speak(request: web.Request, item: PromptItem, language: str) -> str:
    """Why it could not be spoken; empty when it was."""
    speech = request.app.get(SPEECH)
    if speech is None:
        return "not running"
    try:
        sound = await speech.speak(item.text[language], language, "prompt")
    except (SpeechUnavailable, CannotSpeak) as wrong:
        return str(wrong)
    await _put(request, by_of(request), item.id, language, NewSound(sound, round(len(sound) / RATE_OUT, 3), "tts"))
    return ""


async def _put(request: web.Request, by: By, prompt: str, language: str, new: NewSound) -> None:
    shipped = _shipped(request, prompt)
    await asked(request, lambda session: prompts.put_sound(session, by, prompt, language, new, shipped))


@asynccontextmanager
async def _received(request: web.Request) -> AsyncIterator[Path]:
    """The body as a file, gone when the block ends; never held in memory."""
    settings = desk_of(request).settings
    folder = settings.sounds_folder / "incoming"
    path = folder / secrets.token_hex(8)
    most = settings.prompts.upload_max_mb * 1_000_000
    too_large = sound_file.SoundRefused("too_large", settings.prompts)
    refused = Problem(413, "file too large", too_large.rule, [FieldError("audio", too_large.rule, too_large.mend)], kind="too_large")
    if (request.content_length or 0) > most:
        raise refused
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    try:
        size = 0
        with path.open("wb") as file:
            async for block in request.content.iter_chunked(BLOCK):
                size += len(block)
                if size > most:
                    raise refused
                file.write(block)
        yield path
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


# -- what stands in the address ---------------------------------------------------------------------------------------------------


def _id(request: web.Request) -> str:
    written = request.match_info["id"]
    if not (written.isascii() and written.replace("_", "a").isalnum() and written == written.lower() and len(written) <= 60):
        raise not_found("prompt")
    return written


def _language(request: web.Request) -> str:
    written = request.match_info["language"]
    if written not in LANGUAGES:
        raise not_found("language")
    return written


def _shipped(request: web.Request, prompt: str) -> dict[str, str] | None:
    """The product's own words, None for a prompt of the hospital."""
    shipped = desk_of(request).voice.shipped
    return {language: shipped.text(prompt, language) for language in LANGUAGES} if prompt in shipped.ids() else None


def _json(body: BaseModel, status: int = 200) -> web.Response:
    return web.Response(text=body.model_dump_json(), content_type="application/json", status=status)
