"""The browser's SIP account.

In: a signed-in agent. Out: his account for this login session, already pushed to Asterisk. Must not be cached or logged anywhere.
Invariant: one account per login session, gone within seconds of its end. Shape: docs/api.md, "GET /api/softphone".
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from callcenter.api.desk_keys import desk_of
from callcenter.api.desk_models import SipAccount
from callcenter.api.problems import Problem
from callcenter.api.routing import route
from callcenter.api.security import login_of, session_id_of
from callcenter.cti.softphone import Account
from callcenter.errors import CommandRefused
from callcenter.settings import Settings

REALM = "callcenter"
NO_STORE = {"Cache-Control": "no-store"}


def account_as_json(account: Account, request: web.Request, settings: Settings) -> dict[str, Any]:
    """What the page's SIP library needs."""
    return {
        "uri": f"sip:{account.name}@{settings.network.public_address}",
        "authorization_user": account.name,
        "password": account.password,
        "realm": REALM,
        "ws_url": websocket_url(request, settings),
        "ice_servers": [],
        "expires_at": account.expires_at.isoformat(),
    }


def websocket_url(request: web.Request, settings: Settings) -> str:
    """Behind our HTTPS origin the same origin's /ws; on this machine Asterisk's own port."""
    if settings.lan or request.headers.get("X-Forwarded-Proto") == "https":
        return f"wss://{request.host}/ws"
    return f"ws://{asterisk_host(request)}:{settings.port('asterisk_http')}/ws"


def asterisk_host(request: web.Request) -> str:
    """Asterisk listens on 127.0.0.1 only; a page opened as localhost keeps that name."""
    return "localhost" if request.host.split(":")[0] == "localhost" else "127.0.0.1"


@route("GET", "/api/softphone", right="desk.use", answer=SipAccount)
async def softphone(request: web.Request) -> web.Response:
    """The SIP account of this login session, pushed to Asterisk."""
    desk, login = desk_of(request), login_of(request)
    try:
        account = await desk.softphones.issue(login.principal.id, session_id_of(request), login.expires_at)
    except CommandRefused as refused:
        raise Problem(503, "telephone unavailable", "Asterisk refused the account. Try again; if it stays, run callcenter doctor.") from refused
    return web.json_response(account_as_json(account, request, desk.settings), headers=NO_STORE)
