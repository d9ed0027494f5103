"""Users over HTTP: who there is, and with which roles.

In: nothing. Out: the list without anything secret. Must not show a password's hash. Invariant: users are made and passwords set with
`callcenter user`, so that a stolen session cannot make itself another account.
"""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web
from pydantic import BaseModel

from callcenter.api.calls import as_json
from callcenter.api.keys import stored
from callcenter.api.routing import route
from crm import access


class UserLine(BaseModel):
    """One user."""

    id: int
    username: str
    name: str
    roles: list[str]
    language: str
    active: bool


class UserList(BaseModel):
    items: list[UserLine]
    next: str | None
    total: int


@route("GET", "/api/users", right="user.read", answer=UserList)
async def users(request: web.Request) -> web.Response:
    """Every user, closed ones too."""
    found = [asdict(one) for one in await stored(request, access.all_users)]
    return as_json({"items": found, "next": None, "total": len(found)})
