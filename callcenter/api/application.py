"""The HTTP application: every route that is declared, behind the same gate.

In: `AppContext` from the composition root. Out: `web.Application`. Must not know a route by name: modules declare theirs.
Invariant: a handler without a declaration cannot be reached, every refusal is problem+json, every answer carries the security headers.
Rights and headers: docs/security.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest

from callcenter import log
from callcenter.api import (
    account,
    bell,
    board,
    booking,
    booking_clinics,
    calendar_switch,
    calls,
    conduct,
    desk,
    docs_page,
    exports,
    flow_simulation,
    flow_statistics,
    flows,
    health,
    knowledge,
    live,
    live_bell,
    live_transfer,
    merge,
    messages,
    meta,
    prompts,
    resources,
    saved_views,
    security,
    softphone,
    timeline,
    tokens,
    transfer,
    try_page,
    web_files,
)
from callcenter.api.desk_keys import DESK, HUB, DeskContext
from callcenter.api.docs_page import DESCRIBED, ROUTES, Described
from callcenter.api.flow_desk import FLOWS, FlowDesk
from callcenter.api.health import HEALTH, Health
from callcenter.api.keys import CLOCK, DATABASE, GATEWAY, LOGINS, SETTINGS, Gateway, database_away
from callcenter.api.live_hub import LiveHub
from callcenter.api.logins import LoginSessions
from callcenter.api.problems import Problem, not_found
from callcenter.api.routing import PUBLIC, Route, checked_input, collect, route
from callcenter.api.security import declared_route, security_middleware
from callcenter.api.web_files import FOLDER, STATIC
from callcenter.errors import AsteriskUnavailable, CommandRefused, StoreUnavailable, UnsafeArgument
from callcenter.ports import Clock
from callcenter.settings import Settings
from callcenter.speech.client import SpeechClient
from crm.access.accounts import Login
from crm.database import Database

MODULES: tuple[ModuleType, ...] = (
    security, account, desk, softphone, live, board, calls, messages, meta, saved_views, tokens, health, try_page, docs_page,
    booking, booking_clinics, transfer, exports, merge, timeline, bell, knowledge,
    conduct, flow_statistics, calendar_switch, flows, flow_simulation, prompts,
)  # fmt: skip
LARGEST_BODY = 1_000_000
LOOPBACK = frozenset({"127.0.0.1", "::1"})
FORWARDED = frozenset({"X-Forwarded-For", "X-Real-IP", "Forwarded"})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_failures = Counter("callcenter_http_failures", "Requests that failed inside", ["route"])
_log = log.get("http")


@dataclass(frozen=True, slots=True)
class AppContext:
    """Everything the handlers work with."""

    settings: Settings
    clock: Clock
    database: Database
    gateway: Gateway
    logins: LoginSessions
    desk: DeskContext
    hub: LiveHub
    health: Health
    static: Path = FOLDER
    flows: FlowDesk | None = None
    speech: SpeechClient | None = None


def build(context: AppContext, modules: Iterable[ModuleType] = MODULES) -> web.Application:
    """The application, not started. Raises ValueError for two routes at one address."""
    gates: list[Any] = [problems, security_middleware(), input_check]
    app = web.Application(client_max_size=LARGEST_BODY, middlewares=gates)
    _fill(app, context)
    routes = [*collect(modules), *resources.routes(), *metrics.routes, *collect([web_files])]  # type: ignore[attr-defined]
    add_routes(app, routes)
    app[ROUTES] = routes
    app[DESCRIBED] = Described([one for one in routes if one.path.startswith("/api/")], _version())
    app.on_response_prepare.append(_security_headers(context.settings))
    app.cleanup_ctx.append(_softphone_upkeep(context))
    app.cleanup_ctx.append(live_transfer.upkeep(context.database, context.hub))
    app.cleanup_ctx.append(live_bell.upkeep(context.database, context.hub, context.clock))
    context.logins.on_close(_session_closer(context))
    context.logins.on_less(lambda login: context.hub.end_session(_session_name(login)))
    return app


def add_routes(app: web.Application, routes: Iterable[Route]) -> None:
    """Register declared routes; what answers GET answers HEAD."""
    known: set[tuple[str, str]] = set()
    for one in routes:
        if (one.method, one.path) in known:
            raise ValueError(f"two routes at {one.method} {one.path}")
        known.add((one.method, one.path))
        if one.method == "GET":
            app.router.add_get(one.path, one.handler)
        else:
            app.router.add_route(one.method, one.path, one.handler)


def _fill(app: web.Application, context: AppContext) -> None:
    app[SETTINGS], app[CLOCK] = context.settings, context.clock
    app[DATABASE], app[GATEWAY], app[LOGINS] = context.database, context.gateway, context.logins
    if context.flows is not None:
        app[FLOWS] = context.flows
    if context.speech is not None:
        app[prompts.SPEECH] = context.speech
    app[DESK], app[HUB], app[HEALTH], app[STATIC] = context.desk, context.hub, context.health, context.static


def _version() -> str:
    try:
        return version("callcenter")
    except PackageNotFoundError:
        return "0"


# -- middlewares -----------------------------------------------------------------------------------------------------------


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost: whatever goes wrong inside leaves as problem+json."""
    try:
        return await handler(request)
    except web.HTTPException as plain:
        return _of_http(plain)
    except ConnectionError:
        raise
    except Exception as wrong:  # noqa: BLE001 - outermost frame of a request
        refused = _refusal(wrong)
        if refused is not None:
            return refused.response()
        _failures.labels(_route_name(request)).inc()
        _log.exception("request failed", route=_route_name(request), method=request.method)
        return Problem(500, "internal error", "Something went wrong on our side; it is in the log.").response()


def _refusal(wrong: Exception) -> Problem | None:
    """The answer to an error that has one; None for a fault of ours."""
    match wrong:
        case Problem():
            return wrong
        case StoreUnavailable():
            return database_away()
        case AsteriskUnavailable() | CommandRefused():
            return Problem(503, "telephone unavailable", "Asterisk does not answer. Try again in a moment.", headers={"Retry-After": "2"})
        case UnsafeArgument():
            return Problem(422, "invalid input", "A value holds characters that are not allowed there.")
    return None


def _of_http(plain: web.HTTPException) -> web.StreamResponse:
    if plain.status < 400:
        raise plain
    kept = {name: value for name, value in plain.headers.items() if name in ("Allow", "Retry-After")}
    return Problem(plain.status, plain.reason.lower(), _HINTS.get(plain.status, ""), headers=kept).response()


_HINTS = {
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: f"The body may have at most {LARGEST_BODY} bytes.",
}


def _route_name(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"


@web.middleware
async def input_check(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Innermost: body and query fit the declared models before the handler runs."""
    declared = declared_route(request) if request.match_info.http_exception is None else None
    if declared is not None:
        await checked_input(declared, request)
    return await handler(request)


def _security_headers(settings: Settings) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Our own origin and, without a proxy in front, Asterisk's websocket; nothing else may be loaded or framed."""
    port = settings.port("asterisk_http")
    policy = (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
        f"connect-src 'self' ws://127.0.0.1:{port} ws://localhost:{port}; font-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    }

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Server"] = "callcenter"

    return add


# -- the end of a login session --------------------------------------------------------------------------------------------


def _session_name(login: Login) -> str:
    return login.token_hash.hex()[:32]


def _session_closer(context: AppContext) -> Callable[[Login], Awaitable[None]]:
    """Pages of the session close; with the agent's last session he goes offline and his softphone account is revoked."""

    async def close(login: Login) -> None:
        session, user_id = _session_name(login), login.principal.id
        context.hub.end_session(session)
        if user_id in context.logins.principals():
            await context.desk.softphones.revoke(user_id, session)
            return
        agents = context.desk.agents
        (agents.sign_out if context.logins.signed_out(login) else agents.sign_in_lost)(user_id)
        await context.desk.softphones.revoke(user_id)

    return close


def _softphone_upkeep(context: AppContext) -> Callable[[web.Application], AsyncIterator[None]]:
    """While the application runs, accounts that are out of date are removed from Asterisk."""

    async def upkeep(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(context.desk.softphones.run(), name="api:softphone-upkeep")
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    return upkeep


# -- metrics ---------------------------------------------------------------------------------------------------------------


@route("GET", "/metrics", right=PUBLIC)
async def metrics(request: web.Request) -> web.Response:
    """Counters for Prometheus; only from this machine, never through a proxy."""
    if request.remote not in LOOPBACK or FORWARDED & set(request.headers):
        raise not_found("address")
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
