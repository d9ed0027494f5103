"""Conduct reports over HTTP: the officer's key, his list, the sound for him who has the passphrase, states and answers.

In: passphrases, states, answers. Out: the shapes of docs/api.md; sound from memory. Must not keep a passphrase, a private key or opened sound, nor
let a cache keep them. Invariant: a hearing is in the audit trail before the seal is tried; who lacks `conduct_report.read` learns counts and no more.
Rights: docs/security.md, "Conduct reports".
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import Literal

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, Field

from callcenter import log
from callcenter.api.calls import as_json
from callcenter.api.keys import CLOCK, LOGINS, SETTINGS, id_of, stored
from callcenter.api.problems import FieldError, Problem, not_found
from callcenter.api.routing import body_of, query_of, route
from callcenter.api.security import principal_of
from callcenter.errors import UnsafeArgument
from callcenter.recording import sealed
from callcenter.recording.files import inside
from crm.database import Session
from crm.errors import WrongState
from crm.models import ConductKey, ConductReport
from crm.telephony import conduct

State = Literal["received", "inquiry", "closed"]
NEVER_KEPT = {"Cache-Control": "no-store, private, max-age=0", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}
_log = log.get("conduct")
_LENGTHS = {"min_length": sealed.PASSPHRASE_MIN, "max_length": sealed.PASSPHRASE_MAX}


class ReportQuery(BaseModel):
    """Empty state: all."""

    model_config = ConfigDict(extra="forbid")
    state: Literal["", "received", "inquiry", "closed"] = ""
    cursor: int | None = Field(default=None, ge=1, le=2**31 - 1)
    limit: int = Field(default=50, ge=1, le=200)


class Passphrase(BaseModel):
    """What opens the officer's key; it is used and forgotten."""

    model_config = ConfigDict(extra="forbid")
    passphrase: str = Field(min_length=1, max_length=sealed.PASSPHRASE_MAX)


class NewKey(BaseModel):
    """A passphrase of at least 12 characters, for a new pair of keys."""

    model_config = ConfigDict(extra="forbid")
    passphrase: str = Field(min_length=sealed.PASSPHRASE_MIN, max_length=sealed.PASSPHRASE_MAX)


class Handled(BaseModel):
    """State, what the reporter hears, what only officers read. `version`: the one that was read."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(ge=1)
    state: State
    answer: str = Field(default="", max_length=conduct.ANSWER_MAX)
    note: str = Field(default="", max_length=conduct.NOTE_MAX)


class ReportLine(BaseModel):
    """One report; of whom it came is not known."""

    id: int
    state: State
    duration_s: float
    language: str
    answer: str
    note: str
    version: int
    received_at: datetime
    asked_at: datetime | None
    opened_at: datetime | None
    changed_at: datetime


class ReportList(BaseModel):
    items: list[ReportLine]
    next: str | None
    total: int


class Counts(BaseModel):
    received: int
    inquiry: int
    closed: int


class Officer(BaseModel):
    name: str
    since: datetime


class KeyState(BaseModel):
    """Whether this officer has a key, and who can open reports that come in now."""

    has_key: bool
    made_at: datetime | None
    officers: list[Officer]


# -- for others --------------------------------------------------------------------------------------------------------


@route("GET", "/api/conduct-reports/counts", right="conduct_report.count", answer=Counts)
async def report_counts(request: web.Request) -> web.Response:
    """How many reports are in each state."""
    return as_json(await stored(request, conduct.counts))


# -- for officers ------------------------------------------------------------------------------------------------------


@route("GET", "/api/conduct-reports", right=conduct.READ, query=ReportQuery, answer=ReportList)
async def reports(request: web.Request) -> web.Response:
    """Reports, the newest first."""
    asked = query_of(request, ReportQuery)
    return as_json(await stored(request, lambda session: conduct.listed(session, asked.state, asked.cursor, asked.limit)))


@route("GET", "/api/conduct-reports/{id}", right=conduct.READ, answer=ReportLine)
async def report(request: web.Request) -> web.Response:
    """One report."""
    report_id = id_of(request, "conduct report")

    async def work(session: Session) -> dict[str, object]:
        return conduct.as_json(await conduct.one(session, report_id))

    return as_json(await stored(request, work))


@route("POST", "/api/conduct-reports/{id}/open", right=conduct.READ, body=Passphrase, media=("audio/wav",))
async def open_report(request: web.Request) -> web.StreamResponse:
    """The report's sound, for the officer's passphrase; kept nowhere."""
    report_id, who, at = id_of(request, "conduct report"), principal_of(request), request.app[CLOCK].now()

    async def work(session: Session) -> tuple[ConductReport, list[ConductKey]]:
        return await conduct.opened(session, report_id, who.id, at), await conduct.keys_of(session, who.id)

    _slow_down(request)
    found, keys = await stored(request, work)
    sound = await _unsealed(request, found, keys, body_of(request, Passphrase).passphrase)
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "audio/wav", hdrs.CONTENT_LENGTH: str(len(sound)), **NEVER_KEPT})
    await response.prepare(request)
    await response.write(sound)
    await response.write_eof()
    return response


def _slow_down(request: web.Request) -> None:
    """Guesses of a passphrase count like guesses of a password."""
    wait_s = _guesses(request).wait_s(principal_of(request).id, request.app[CLOCK].monotonic())
    if wait_s > 0:
        raise Problem(429, "too many failures", f"Wait {wait_s:.0f} seconds before the next try.", headers={"Retry-After": f"{wait_s:.0f}"})


class Guesses:
    """Wrong passphrases of each officer since the last right one. Pure but for what it remembers."""

    FREE, FIRST_S, LONGEST_S = 3, 2.0, 300.0

    def __init__(self) -> None:
        self._wrong: dict[int, tuple[int, float]] = {}

    def wait_s(self, user_id: int, now: float) -> float:
        count, last = self._wrong.get(user_id, (0, 0.0))
        if count < self.FREE:
            return 0.0
        return max(0.0, last + min(self.FIRST_S * 2 ** (count - self.FREE), self.LONGEST_S) - now)

    def note(self, user_id: int, now: float, *, right: bool) -> None:
        if right:
            self._wrong.pop(user_id, None)
        else:
            self._wrong[user_id] = (self._wrong.get(user_id, (0, 0.0))[0] + 1, now)


_OF_LOGINS: dict[int, Guesses] = {}


def _guesses(request: web.Request) -> Guesses:
    """One a running application."""
    return _OF_LOGINS.setdefault(id(request.app[LOGINS]), Guesses())


async def _unsealed(request: web.Request, found: ConductReport, keys: list[ConductKey], passphrase: str) -> bytes:
    if not keys:
        raise Problem(409, "no key", "You have no key yet. Make one on this page; reports that came in before cannot be opened with it.")
    try:
        path = inside(request.app[SETTINGS].recordings_folder, found.file)
        content = await asyncio.to_thread(path.read_bytes)
    except (UnsafeArgument, OSError) as missing:
        raise not_found("sealed file") from missing
    return await asyncio.to_thread(_opened, request, content, keys, passphrase)


def _opened(request: web.Request, content: bytes, keys: list[ConductKey], passphrase: str) -> bytes:
    """In a thread. Each of the officer's keys has its own passphrase: the ones it fits are tried."""
    fits = [(key, private) for key in keys if (private := _private(key, passphrase)) is not None]
    _guesses(request).note(principal_of(request).id, request.app[CLOCK].monotonic(), right=bool(fits))
    if not fits:
        error = FieldError("passphrase", "does not open your key", "check it and try again; nobody can reset it")
        raise Problem(422, "wrong passphrase", "The passphrase does not open your key.", [error])
    for key, private in fits:
        try:
            return sealed.unseal(content, str(key.id), private)
        except sealed.NotSealedForYou:
            continue
        except sealed.SealDamaged as damaged:
            _log.error("a sealed report is damaged", report_file=request.match_info["id"])
            raise Problem(409, "seal damaged", "The sealed file was changed or cut; it cannot be opened.") from damaged
    raise Problem(409, "not sealed for you", "This report came in before you had your key. Another officer can open it.")


def _private(key: ConductKey, passphrase: str) -> bytes | None:
    try:
        return sealed.unlock(sealed.OfficerKey(key.public, key.salt, key.nonce, key.wrapped), passphrase)
    except sealed.WrongPassphrase:
        return None


@route("POST", "/api/conduct-reports/{id}/handle", right=conduct.CHANGE, body=Handled, answer=ReportLine)
async def handle_report(request: web.Request) -> web.Response:
    """Change state, answer and note."""
    report_id, sent, who, at = id_of(request, "conduct report"), body_of(request, Handled), principal_of(request), request.app[CLOCK].now()
    told = conduct.Handling(sent.version, sent.state, sent.answer.strip(), sent.note.strip())

    async def work(session: Session) -> dict[str, object]:
        try:
            return await conduct.handle(session, report_id, who.id, told, at)
        except WrongState as wrong:
            error = FieldError("state", f"a report that is {wrong.current['state']} cannot become {told.state}", "choose a later state")
            raise Problem(409, "wrong state", "This state does not follow from the present one.", [error]) from wrong

    return as_json(await stored(request, work))


# -- keys --------------------------------------------------------------------------------------------------------------


@route("GET", "/api/conduct-key", right=conduct.READ, answer=KeyState)
async def key_state(request: web.Request) -> web.Response:
    """Whether this officer has a key."""
    who = principal_of(request).id

    async def work(session: Session) -> dict[str, object]:
        own = [key for key in await conduct.keys_of(session, who) if key.retired_at is None]
        made = own[0].created_at.isoformat() if own else None
        return {"has_key": bool(own), "made_at": made, "officers": await conduct.officers(session)}

    return as_json(await stored(request, work))


@route("POST", "/api/conduct-key", right=conduct.CHANGE, body=NewKey, answer=KeyState, status=201)
async def make_key(request: web.Request) -> web.Response:
    """A new pair of keys under this passphrase; earlier reports keep opening with the earlier one."""
    who, at = principal_of(request).id, request.app[CLOCK].now()
    made = await asyncio.to_thread(sealed.new_key, body_of(request, NewKey).passphrase)

    async def work(session: Session) -> dict[str, object]:
        await conduct.add_key(session, who, asdict(made), at)
        return {"has_key": True, "made_at": at.isoformat(), "officers": await conduct.officers(session)}

    response = as_json(await stored(request, work))
    response.set_status(201)
    return response
