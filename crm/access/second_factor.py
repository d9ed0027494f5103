"""The second step of signing in: codes that an app shows (TOTP), and recovery codes for who lost it.

In: a session inside a transaction, a user's id, a code as typed. Out: whether it fits; new secrets, shown once. Must not say who has the step before
the password was right: its callers ask in that order. Invariant: no code is good twice; a secret counts only once its owner has shown a code of it.
Codes: RFC 6238 (SHA-1, 6 digits, 30 s), one step of clock difference as its section 5.2 recommends.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pyotp import random_base32
from pyotp.hotp import HOTP
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.errors import Conflict, CrmError, InvalidValue
from crm.models import LoginSession, Role, SecondFactor, UserRole

STEP_S = 30
STEPS_APART = 1
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class CodeNeeded(CrmError):
    """The password is right; a code is wanted as well."""


class CodeWrong(CrmError):
    """The code fits neither the app now nor an unused recovery code."""


@dataclass(frozen=True, slots=True)
class State:
    """What a person may know of his own second step. `demanded`: one of his roles asks for it."""

    on: bool
    since: datetime | None
    recovery_left: int
    demanded: bool


async def state(session: AsyncSession, user_id: int) -> State:
    row = await _confirmed(session, user_id)
    left = len(row.recovery) if row else 0
    return State(row is not None, row.confirmed_at if row else None, left, await demanded(session, user_id))


async def demanded(session: AsyncSession, user_id: int) -> bool:
    """Whether one of the user's roles asks for the second step."""
    query = select(Role.code).join(UserRole, UserRole.role == Role.code).where(UserRole.user_id == user_id, Role.second_factor).limit(1)
    return await session.scalar(query) is not None


async def on_of(session: AsyncSession, user_ids: Sequence[Any], _today: date) -> Mapping[Any, Any]:
    """Whether it is on, of each of these users."""
    query = select(SecondFactor.user_id).where(SecondFactor.user_id.in_(user_ids), SecondFactor.confirmed_at.is_not(None))
    found = set(await session.scalars(query))
    return {one: one in found for one in user_ids}


async def _confirmed(session: AsyncSession, user_id: int) -> SecondFactor | None:
    return await session.scalar(select(SecondFactor).where(SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_not(None)))


async def check(session: AsyncSession, user_id: int, code: str, now: datetime) -> str:
    """How the second step was taken: none (he has none) | app | recovery. Uses the code up. Raises CodeNeeded, CodeWrong."""
    row = await _confirmed(session, user_id)
    if row is None:
        return "none"
    typed = _plain(code)
    if not typed:
        raise CodeNeeded
    if typed.isdecimal() and (step := _step_of(row.secret, typed, now)) is not None:
        taken = update(SecondFactor).where(SecondFactor.user_id == user_id, SecondFactor.last_step < step).values(last_step=step)
        if await session.scalar(taken.returning(SecondFactor.user_id)) is not None:
            return "app"
    elif await _recovered(session, user_id, typed):
        return "recovery"
    raise CodeWrong


def _plain(code: str) -> str:
    return "".join(one for one in code.lower() if one.isalnum())


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is."""
    app, current = HOTP(secret), int(now.timestamp()) // STEP_S
    steps = range(current - STEPS_APART, current + STEPS_APART + 1)
    return next((step for step in steps if hmac.compare_digest(app.at(step), code)), None)


async def _recovered(session: AsyncSession, user_id: int, code: str) -> bool:
    row = await session.scalar(select(SecondFactor).where(SecondFactor.user_id == user_id).with_for_update())
    digest = _digest(code)
    if row is None or digest not in row.recovery:
        return False
    row.recovery = [one for one in row.recovery if one != digest]
    return True


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


# -- turning it on and off --------------------------------------------------------------------------------------------


async def begin(session: AsyncSession, user_id: int) -> str:
    """A new secret in base32, which counts once `confirm` has seen a code of it. Raises Conflict when the step is on."""
    if await _confirmed(session, user_id) is not None:
        raise Conflict("the second step is on; turn it off first")
    fresh = {"secret": random_base32(), "last_step": 0, "recovery": []}
    await session.execute(insert(SecondFactor).values(user_id=user_id, **fresh).on_conflict_do_update(index_elements=["user_id"], set_=fresh))
    return fresh["secret"]


async def confirm(session: AsyncSession, user_id: int, code: str, now: datetime) -> list[str]:
    """Turn it on; the recovery codes, this once. Raises Conflict (nothing begun, or on already), InvalidValue."""
    row = await session.scalar(select(SecondFactor).where(SecondFactor.user_id == user_id).with_for_update())
    if row is None or row.confirmed_at is not None:
        raise Conflict("there is nothing to confirm; begin again")
    step = _step_of(row.secret, _plain(code), now)
    if step is None:
        raise InvalidValue("code", "is the one that the app shows now", "wait for the next one; see whether the clock of the telephone is right")
    row.confirmed_at, row.last_step = now, step
    codes = _drawn(row)
    await session.execute(update(LoginSession).where(LoginSession.user_id == user_id).values(second_factor_due=False))
    return codes


async def renew_recovery(session: AsyncSession, user_id: int) -> list[str]:
    """New recovery codes; the old ones are void. Raises Conflict when the step is off."""
    row = await _confirmed(session, user_id)
    if row is None:
        raise Conflict("the second step is off")
    return _drawn(row)


def _drawn(row: SecondFactor) -> list[str]:
    codes = ["-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4)) for _ in range(RECOVERY_CODES)]
    row.recovery = [_digest(_plain(code)) for code in codes]
    return codes


async def turn_off(session: AsyncSession, user_id: int) -> bool:
    """Whether it was on, or begun."""
    gone = await session.scalar(delete(SecondFactor).where(SecondFactor.user_id == user_id).returning(SecondFactor.user_id))
    return gone is not None
