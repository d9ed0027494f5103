"""Lets a request in or not: session cookie, CSRF token, origin, and the right its route declares. Also the routes to sign in and out.

In: requests on their way to a handler. Out: the handler's answer with `request[PRINCIPAL]` set, or a Problem. Must not know what a handler does.
Invariant: a handler without a declared route is never run; nothing that changes state is done without token and own origin.
What protects against what: docs/security.md.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.api.keys import CLOCK, DATABASE, LOGINS, SETTINGS, database_away
from callcenter.api.logins import TooManyFailures
from callcenter.api.problems import Problem
from callcenter.api.reach import check_reach
from callcenter.api.routing import AT_A_PAGE, PUBLIC, SIGNED_IN, Route, body_of, route
from callcenter.settings import Settings
from crm.access import tokens
from crm.access.accounts import Login, hash_token
from crm.access.second_factor import CodeNeeded, CodeWrong
from crm.by_token import Token, acting
from crm.errors import DatabaseUnavailable, NotFound, StatementRefused
from crm.principal import Principal
from crm.telephony.calls import Reach, reach_of

T = TypeVar("T")
COOKIE = "callcenter_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOGIN: web.RequestKey[Login] = web.RequestKey("login", Login)
TOKEN: web.RequestKey[Token] = web.RequestKey("token", Token)
WAY_TO_SECOND_FACTOR = frozenset(
    {"/api/session", "/api/logout", "/api/account", "/api/account/second-factor", "/api/account/second-factor/confirm"}
)
NO_STORE = {"Cache-Control": "no-store"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


# -- what handlers ask ------------------------------------------------------------------------------------------------


def principal_of(request: web.Request) -> Principal:
    """Who is asking. Only behind a route that is not public."""
    return request[LOGIN].principal


def login_of(request: web.Request) -> Login:
    """The session itself."""
    return request[LOGIN]


def session_id_of(request: web.Request) -> str:
    """A name of the session that is no secret."""
    return request[LOGIN].token_hash.hex()[:32]


def only_agent_of(request: web.Request) -> Reach | None:
    """None for somebody who may see every call, else the calls he may see. Raises Problem 403."""
    principal = principal_of(request)
    if not (principal.may("call_record.read") or principal.may("call_record.read_own")):
        raise forbidden("call_record.read_own")
    return reach_of(principal)


def forbidden(right: str) -> Problem:
    return Problem(403, "forbidden", f"This needs the right {right}. An administrator can give it to your role.")


def second_factor_due() -> Problem:
    return Problem(403, "second factor due", "Your role asks for a second step at sign-in. Set it up first.", kind="second-factor-due")


def page_needed() -> Problem:
    words = "The desk and its telephone belong to somebody who signed in at a page. Sign in there; a token opens neither."
    return Problem(403, "page needed", words, kind="page-needed")


# -- the gate ---------------------------------------------------------------------------------------------------------


def security_middleware() -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
    """The middleware; it stands inside the one that turns Problems into answers, outside the one that checks input."""

    @web.middleware
    async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.match_info.http_exception is not None:
            return await handler(request)
        declared = declared_route(request)
        if declared is None:
            raise Problem(403, "forbidden", "This address is not declared and therefore closed.")
        check_origin(request)
        if declared.right != PUBLIC:
            request[LOGIN] = await _machine(request, declared) or await _signed_in(request)
            if request[LOGIN].second_factor_due and declared.path not in WAY_TO_SECOND_FACTOR:
                raise second_factor_due()
            if declared.right != SIGNED_IN and not request[LOGIN].principal.may(declared.right):
                raise forbidden(declared.right)
            await check_reach(request, declared, request[LOGIN].principal)
        with acting(request.get(TOKEN)):
            return await handler(request)

    return gate


def declared_route(request: web.Request) -> Route | None:
    """The declaration of the handler this request goes to. Static files, which aiohttp serves itself, count as public."""
    resource = request.match_info.route.resource
    method = "GET" if request.method == "HEAD" else request.method
    if isinstance(resource, web.StaticResource) and method == "GET":
        return Route("GET", resource.canonical, PUBLIC, request.match_info.handler)
    found = [one for one in getattr(request.match_info.handler, "routes", ()) if one.method == method]
    if len(found) > 1 and resource is not None:
        found = [one for one in found if one.path == resource.canonical]
    return found[0] if len(found) == 1 else None


def check_origin(request: web.Request) -> None:
    """A browser says where the page came from; it must be us. Raises Problem 403."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
        raise Problem(403, "foreign origin", "This request comes from another site's page.")


async def _signed_in(request: web.Request) -> Login:
    token = request.cookies.get(COOKIE, "")
    login = None
    if token and len(token) <= 200:
        try:
            login = await request.app[LOGINS].find(token)
        except (DatabaseUnavailable, StatementRefused) as away:
            raise database_away() from away
    if login is None:
        raise Problem(401, "not signed in", "Sign in; the session has ended or never began.")
    _check_token(request, login)
    return login


async def _machine(request: web.Request, declared: Route) -> Login | None:
    """Who a machine acts as, by `Authorization: Bearer`; None without that header. A page's cookie counts nothing then, so neither does its token."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    if request.headers.get("Upgrade", "").lower() == "websocket":
        raise Problem(403, "forbidden", "A live page belongs to somebody who signed in, with whose session it ends.")
    now, found = request.app[CLOCK].now(), None
    if 20 <= len(token) <= 200 and token.isascii():
        try:
            found = await request.app[DATABASE].run(lambda session: tokens.principal_of(session, token, now))
        except (DatabaseUnavailable, StatementRefused) as away:
            raise database_away() from away
    if found is None:
        raise Problem(401, "unknown token", "The token is wrong, has expired or was ended.", headers={"WWW-Authenticate": "Bearer"})
    principal, until, request[TOKEN] = found
    if declared.right in AT_A_PAGE:
        raise page_needed()
    return Login(hash_token(token), principal, "", now, now, until)


def _check_token(request: web.Request, login: Login) -> None:
    if request.method in SAFE_METHODS:
        return
    sent = request.headers.get("X-CSRF-Token", "")
    if not hmac.compare_digest(sent.encode(), login.csrf.encode()):
        raise Problem(403, "missing token", "Send the token of the login answer as X-CSRF-Token.")


def address_of(request: web.Request, settings: Settings) -> str:
    """The visitor's address; our own proxy says whose it is."""
    seen = request.remote or ""
    if settings.lan and seen in ("127.0.0.1", "::1"):
        return request.headers.get("X-Real-IP", seen)[:64]
    return seen


def _is_https(request: web.Request, settings: Settings) -> bool:
    return request.secure or (settings.lan and request.headers.get("X-Forwarded-Proto") == "https")


# -- signing in and out -----------------------------------------------------------------------------------------------


class Credentials(BaseModel):
    """What the login page sends. `code`: of the app, or a recovery code, once the answer says that it is needed."""

    model_config = ConfigDict(extra="forbid")
    username: str = Field(min_length=1, max_length=80)
    password: str = Field(min_length=1, max_length=200)
    code: str = Field(default="", max_length=40)


class SignedInUser(BaseModel):
    id: int
    username: str
    name: str
    roles: list[str]
    rights: list[str]
    language: str


class HospitalNames(BaseModel):
    name_zh: str
    name_en: str
    timezone: str


class SessionBody(BaseModel):
    """What a page needs to know of its session."""

    user: SignedInUser
    csrf: str
    hospital: HospitalNames
    demo: bool
    second_factor_due: bool


def _session_body(login: Login, settings: Settings) -> SessionBody:
    who, hospital = login.principal, settings.hospital
    user = SignedInUser(
        id=who.id, username=who.username, name=who.name, roles=list(who.roles), rights=sorted(who.rights), language=who.language
    )
    names = HospitalNames(name_zh=hospital.name_zh, name_en=hospital.name_en, timezone=hospital.timezone)
    return SessionBody(user=user, csrf=login.csrf, hospital=names, demo=settings.demo, second_factor_due=login.second_factor_due)


def _answer(login: Login, settings: Settings) -> web.Response:
    return web.Response(text=_session_body(login, settings).model_dump_json(), content_type="application/json", headers=NO_STORE)


@route("POST", "/api/login", right=PUBLIC, body=Credentials, answer=SessionBody)
async def login(request: web.Request) -> web.Response:
    """Sign in; the session is in the cookie, its CSRF token in the answer."""
    sent, settings = body_of(request, Credentials), request.app[SETTINGS]
    username = sent.username.strip().lower()
    opened = await paced(request.app[LOGINS].sign_in(username, sent.password, address_of(request, settings), sent.code))
    if opened is None:
        raise Problem(401, "wrong user name or password", "The user name or the password is wrong.")
    token, session = opened
    response = _answer(session, settings)
    age = int((session.expires_at - request.app[CLOCK].now()).total_seconds())
    response.set_cookie(COOKIE, token, max_age=age, path="/", httponly=True, samesite="Strict", secure=_is_https(request, settings))
    return response


async def paced(trying: Awaitable[T]) -> T | None:
    """What a try with a password or code brings; None for a wrong one, or an account that was closed meanwhile. Raises Problem."""
    try:
        return await trying
    except TooManyFailures as often:
        wait = str(math.ceil(often.wait_s))
        raise Problem(429, "too many failures", f"Wait {wait} seconds before the next try.", headers={"Retry-After": wait}) from often
    except CodeNeeded as needed:
        raise Problem(401, "second factor needed", "Send the code of the app, or a recovery code.", kind="second-factor-needed") from needed
    except CodeWrong as wrong:
        raise Problem(401, "wrong code", "The code is wrong, was used, or is too old.", kind="second-factor-wrong") from wrong
    except (NotFound, StatementRefused):
        return None
    except DatabaseUnavailable as away:
        raise database_away() from away


@route("GET", "/api/session", right=SIGNED_IN, answer=SessionBody)
async def session(request: web.Request) -> web.Response:
    """Who is signed in, and the token for changing requests."""
    return _answer(login_of(request), request.app[SETTINGS])


@route("POST", "/api/logout", right=SIGNED_IN, status=204)
async def logout(request: web.Request) -> web.Response:
    """End the session everywhere at once."""
    await request.app[LOGINS].sign_out(login_of(request))
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
    return response
