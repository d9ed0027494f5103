"""Lets a visitor of the demo call the hotline from the browser.

In: the key of an invented caller. Out: a SIP account that may dial the hotline only and ends by itself. Must not exist outside demo mode.
Invariant: nobody real can be called or impersonated: the callers are the invented personas. Shape: docs/api.md, "Try".
"""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel

from callcenter.api.desk_keys import desk_of
from callcenter.api.desk_models import VisitorAccount
from callcenter.api.problems import FieldError, Problem, not_found
from callcenter.api.routing import PUBLIC, body_of, route
from callcenter.api.softphone import NO_STORE, account_as_json
from callcenter.errors import CommandRefused
from crm.demo.personas import PERSONAS, Persona


class Caller(BaseModel):
    """Whom the visitor calls as."""

    caller: str


class CallerChoice(BaseModel):
    """One invented person."""

    key: str
    title_zh: str
    title_en: str


class CallerChoices(BaseModel):
    """All of them."""

    items: list[CallerChoice]


def _only_in_demo(request: web.Request) -> None:
    if not desk_of(request).settings.demo:
        raise not_found("page")


def _persona(key: str) -> Persona:
    found = next((one for one in PERSONAS if one.key == key), None)
    if found is None:
        raise Problem(422, "invalid input", "There is no such caller.", [FieldError("caller", "must be a key of GET /api/try/callers", "choose one")])
    return found


@route("GET", "/api/try/callers", right=PUBLIC, answer=CallerChoices)
async def callers(request: web.Request) -> web.Response:
    """The invented people a visitor may call as."""
    _only_in_demo(request)
    items = [{"key": one.key, "title_zh": one.title_zh, "title_en": one.title_en} for one in PERSONAS]
    return web.json_response({"items": items})


@route("POST", "/api/try", right=PUBLIC, body=Caller, answer=VisitorAccount)
async def try_call(request: web.Request) -> web.Response:
    """A short SIP account that may dial the hotline only."""
    _only_in_demo(request)
    desk, persona = desk_of(request), _persona(body_of(request, Caller).caller)
    try:
        account = await desk.softphones.issue_visitor(persona.number)
    except CommandRefused as refused:
        raise Problem(503, "telephone unavailable", "Asterisk refused the account. Try again.") from refused
    if account is None:
        raise Problem(429, "too many visitors", "Fifty visitors are calling already.", headers={"Retry-After": "60"})
    number = desk.settings.did[0].number
    return web.json_response(account_as_json(account, request, desk.settings) | {"dial": number}, headers=NO_STORE)
