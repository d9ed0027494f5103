"""Tokens of machines over HTTP: list, make (shown once), end.

In: a title, rights, a day. Out: the shapes of docs/crm.md. Must not show a token a second time. Invariant: whoever makes a token gives away
no more than he and its user have.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.api.calls import as_json
from callcenter.api.keys import CLOCK, id_of
from callcenter.api.resources import asked
from callcenter.api.routing import body_of, route
from callcenter.api.security import principal_of
from crm.access import tokens

SEE, CHANGE = "api_token.read", "api_token.change"


class NewToken(BaseModel):
    """Without `user_id` it acts as whoever makes it."""

    model_config = ConfigDict(extra="forbid")
    title: str = Field(min_length=1, max_length=80)
    user_id: int | None = Field(default=None, ge=0, le=2**31 - 1)
    rights: list[str] = Field(min_length=1, max_length=500)
    expires_at: AwareDatetime


class TokenUser(BaseModel):
    id: int
    name: str


class TokenLine(BaseModel):
    """One token, without itself."""

    id: int
    title: str
    user: TokenUser
    rights: list[str]
    created_at: str
    expires_at: str
    used_at: str | None
    ended_at: str | None


class MadeToken(TokenLine):
    """With itself, this once."""

    token: str


class TokenList(BaseModel):
    items: list[TokenLine]
    next: str | None
    total: int


@route("GET", "/api/api-tokens", right=SEE, answer=TokenList)
async def token_list(request: web.Request) -> web.Response:
    """Every token, ended ones too."""
    found: list[dict[str, Any]] = await asked(request, tokens.all_tokens)
    return as_json({"items": found, "next": None, "total": len(found)})


@route("POST", "/api/api-tokens", right=CHANGE, body=NewToken, answer=MadeToken, status=201)
async def make_token(request: web.Request) -> web.Response:
    """A new token; it is shown in this answer and never again."""
    sent, maker, now = body_of(request, NewToken), principal_of(request), request.app[CLOCK].now()
    new = tokens.NewToken(sent.title.strip(), sent.user_id if sent.user_id is not None else maker.id, tuple(sent.rights), sent.expires_at)
    response = as_json(await asked(request, lambda session: tokens.make(session, maker, new, now)))
    response.set_status(201)
    return response


@route("DELETE", "/api/api-tokens/{id}", right=CHANGE, status=204)
async def end_token(request: web.Request) -> web.Response:
    """The token is refused from now on."""
    token_id, ender, now = id_of(request, "token"), principal_of(request), request.app[CLOCK].now()
    await asked(request, lambda session: tokens.end(session, ender, token_id, now))
    return web.Response(status=204)
