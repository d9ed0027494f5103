"""What people change of their own account: the password, and the second step of signing in; and how an administrator takes a lost one away.

In: the password again, codes as typed. Out: secrets and recovery codes, each shown once. Must not change anything on the word of a session alone:
a page left open gives nobody the account. Invariant: every change is in the audit trail, without a secret.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

import segno
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from pyotp.totp import TOTP

from callcenter.api.calls import as_json
from callcenter.api.keys import CLOCK, LOGINS, SETTINGS, id_of
from callcenter.api.problems import FieldError, Problem
from callcenter.api.resources import actor_of, asked, refusal
from callcenter.api.routing import SIGNED_IN, body_of, route
from callcenter.api.security import login_of, paced
from crm.access import accounts, guards, second_factor
from crm.database import Session
from crm.engine import store
from crm.engine.audit import Deed, write
from crm.engine.registry import registry
from crm.engine.resource import Written
from crm.errors import InvalidValue

NO_STORE = {"Cache-Control": "no-store"}


class SecondFactorState(BaseModel):
    """`demanded`: a role asks for it, so that it can be renewed but not turned off."""

    on: bool
    since: datetime | None
    recovery_left: int
    demanded: bool


class Account(BaseModel):
    username: str
    name: str
    second_factor: SecondFactorState


class NewPassword(BaseModel):
    model_config = ConfigDict(extra="forbid")
    current: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=200)


class OwnPassword(BaseModel):
    """The password of who is signed in."""

    model_config = ConfigDict(extra="forbid")
    password: str = Field(min_length=1, max_length=200)


class Code(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: str = Field(min_length=6, max_length=40)


class NewSecret(BaseModel):
    """`uri`: otpauth, as an app reads it; `qr`: the same as the address of a picture (SVG)."""

    secret: str
    uri: str
    qr: str


class RecoveryCodes(BaseModel):
    """Each is good once, in place of the app's code."""

    codes: list[str]


@route("GET", "/api/account", right=SIGNED_IN, answer=Account)
async def account(request: web.Request) -> web.Response:
    """Whose account this is, and how it is guarded."""
    who = login_of(request).principal
    found = await asked(request, lambda session: second_factor.state(session, who.id))
    state = SecondFactorState(on=found.on, since=found.since, recovery_left=found.recovery_left, demanded=found.demanded)
    return as_json(Account(username=who.username, name=who.name, second_factor=state).model_dump(mode="json"))


@route("POST", "/api/account/password", right=SIGNED_IN, body=NewPassword, status=204)
async def change_password(request: web.Request) -> web.Response:
    """A new password; every other session of this person ends."""
    sent, login = body_of(request, NewPassword), login_of(request)
    await _own(request, sent.current, "current")
    try:
        hashed = await asyncio.to_thread(accounts.hash_password, sent.password)
    except InvalidValue as wrong:
        raise refusal(wrong) from wrong

    async def work(session: Session) -> None:
        await accounts.change_password(session, login.principal.username, hashed, keep=login.token_hash)
        await _note(session, request, "user.password")

    await asked(request, work)
    return web.Response(status=204)


@route("POST", "/api/account/second-factor", right=SIGNED_IN, body=OwnPassword, answer=NewSecret)
async def begin(request: web.Request) -> web.Response:
    """A new secret for an app. It counts once a code of it was confirmed."""
    who = login_of(request).principal
    await _own(request, body_of(request, OwnPassword).password)
    secret = await asked(request, lambda session: second_factor.begin(session, who.id))
    issuer = request.app[SETTINGS].hospital
    uri = TOTP(secret).provisioning_uri(name=who.username, issuer_name=issuer.name_en if who.language == "en" else issuer.name_zh)
    return _once(NewSecret(secret=secret, uri=uri, qr=segno.make(uri, error="m").svg_data_uri(scale=4, border=3)))


@route("POST", "/api/account/second-factor/confirm", right=SIGNED_IN, body=Code, answer=RecoveryCodes)
async def confirm(request: web.Request) -> web.Response:
    """Turn the second step on with a code of the app; recovery codes, shown this once."""
    who, code, now = login_of(request).principal, body_of(request, Code).code, request.app[CLOCK].now()

    async def work(session: Session) -> list[str]:
        codes = await second_factor.confirm(session, who.id, code, now)
        await _note(session, request, "user.second_factor_on")
        return codes

    codes = await asked(request, work)
    await request.app[LOGINS].refresh()
    return _once(RecoveryCodes(codes=codes))


@route("POST", "/api/account/second-factor/recovery-codes", right=SIGNED_IN, body=OwnPassword, answer=RecoveryCodes)
async def renew_recovery(request: web.Request) -> web.Response:
    """New recovery codes; those before are void."""
    who = login_of(request).principal
    await _own(request, body_of(request, OwnPassword).password)

    async def work(session: Session) -> list[str]:
        codes = await second_factor.renew_recovery(session, who.id)
        await _note(session, request, "user.recovery_codes")
        return codes

    return _once(RecoveryCodes(codes=await asked(request, work)))


@route("POST", "/api/account/second-factor/off", right=SIGNED_IN, body=OwnPassword, status=204)
async def turn_off(request: web.Request) -> web.Response:
    """Turn the second step off. Refused while a role asks for it."""
    who = login_of(request).principal
    await _own(request, body_of(request, OwnPassword).password)

    async def work(session: Session) -> bool:
        if await second_factor.demanded(session, who.id):
            return False
        await second_factor.turn_off(session, who.id)
        await _note(session, request, "user.second_factor_off")
        return True

    if not await asked(request, work):
        raise Problem(409, "second factor demanded", "A role of yours asks for it. An administrator can reset it for a new telephone.")
    return web.Response(status=204)


@route("POST", "/api/users/{id}/reset-second-factor", right="user.change", status=204)
async def reset(request: web.Request) -> web.Response:
    """For who lost telephone and recovery codes: the second step is off and his sessions end. One asks for it again at the next sign-in
    if a role demands it."""
    user_id, actor, user = id_of(request, "user"), actor_of(request), registry().by_name["user"]

    async def work(session: Session) -> None:
        row, who = await store.row_of(session, user, actor, str(user_id), "change"), actor.principal
        told = Written(user, "change", user_id, row, row, who.id, actor.at, who.rights, who.scopes, who.department_ids)
        await guards.user_written(session, told)
        was_on = await second_factor.turn_off(session, user_id)
        await accounts.end_sessions(session, user_id)
        await write(session, actor.at, actor.principal.id, Deed("user.second_factor_reset", "user", str(user_id), {"was_on": was_on}))

    await asked(request, work)
    await request.app[LOGINS].refresh()
    return web.Response(status=204)


async def _own(request: web.Request, password: str, field: str = "password") -> None:
    """Raises Problem unless this is the password of who is signed in."""
    if not await paced(request.app[LOGINS].is_his(login_of(request), password)):
        wrong = FieldError(field, "is your password", "type the one that you signed in with")
        raise Problem(422, "invalid input", "The password is wrong.", [wrong])


async def _note(session: Session, request: web.Request, action: str) -> None:
    who = login_of(request).principal
    await write(session, request.app[CLOCK].now(), who.id, Deed(action, "user", str(who.id)))


def _once(body: BaseModel) -> web.Response:
    return web.Response(text=body.model_dump_json(), content_type="application/json", headers=NO_STORE)
