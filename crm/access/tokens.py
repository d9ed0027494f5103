"""Tokens by which machines use the API as a user, with no more than the rights listed.

In: a token as sent, who makes one. Out: `Principal`s, rows without the token. Must not keep a token in the clear. Invariant: a token never
allows what its user may not do at that moment, nor what its maker could not do or reach.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.access.accounts import hash_token, principals
from crm.by_token import Token
from crm.engine import audit
from crm.errors import InvalidValue, InvalidValues, NotFound
from crm.models import ApiToken, UserAccount
from crm.principal import Principal

PREFIX = "cct_"
NOTED_EVERY = timedelta(minutes=1)
LONGEST = timedelta(days=366 * 2)


@dataclass(frozen=True, slots=True)
class NewToken:
    """What a token is to be."""

    title: str
    user_id: int
    rights: tuple[str, ...]
    expires_at: datetime


async def principal_of(session: AsyncSession, token: str, now: datetime) -> tuple[Principal, datetime, Token] | None:
    """As whom this token acts, until when, and what it is called; None for an unknown, ended or expired one."""
    query = select(ApiToken).where(ApiToken.token_hash == hash_token(token), ApiToken.ended_at.is_(None), ApiToken.expires_at > now)
    row = await session.scalar(query)
    if row is None:
        return None
    owner = (await principals(session, [row.user_id])).get(row.user_id)
    if owner is None:
        return None
    if row.used_at is None or now - row.used_at > NOTED_EVERY:
        await session.execute(update(ApiToken).where(ApiToken.id == row.id).values(used_at=now))
    return replace(owner, rights=owner.rights & frozenset(row.rights)), row.expires_at, Token(row.id, row.title)


async def all_tokens(session: AsyncSession) -> list[dict[str, Any]]:
    """Every token, the newest first, without itself."""
    query = select(ApiToken, UserAccount.name).join(UserAccount, UserAccount.id == ApiToken.user_id)
    return [_shown(row, name) for row, name in await session.execute(query.order_by(ApiToken.id.desc()))]


def _shown(row: ApiToken, name: str) -> dict[str, Any]:
    def iso(at: datetime | None) -> str | None:
        return at.isoformat() if at else None

    return {
        "id": row.id, "title": row.title, "user": {"id": row.user_id, "name": name}, "rights": row.rights, "created_at": iso(row.created_at),
        "expires_at": iso(row.expires_at), "used_at": iso(row.used_at), "ended_at": iso(row.ended_at),
    }  # fmt: skip


async def make(session: AsyncSession, maker: Principal, new: NewToken, now: datetime) -> dict[str, Any]:
    """The new token with itself, which is shown this once. Raises InvalidValues."""
    owner = (await principals(session, [new.user_id])).get(new.user_id)
    faults = list(_faults(maker, owner, new, now))
    if faults or owner is None:
        raise InvalidValues(faults)
    token = PREFIX + secrets.token_urlsafe(32)
    values = {"title": new.title, "token_hash": hash_token(token), "user_id": new.user_id, "rights": sorted(new.rights), "expires_at": new.expires_at}
    row = await session.scalar(insert(ApiToken).values(values).returning(ApiToken))
    assert row is not None
    deed = audit.Deed("api_token.add", "api_token", str(row.id), {"user_id": new.user_id, "rights": sorted(new.rights), "title": new.title})
    await audit.write(session, now, maker.id, deed)
    return _shown(row, owner.name) | {"token": token}


def _faults(maker: Principal, owner: Principal | None, new: NewToken, now: datetime) -> Sequence[InvalidValue]:
    found: list[InvalidValue] = []
    if not new.title.strip():
        found.append(InvalidValue("title", "is needed", "say which machine will use it"))
    if owner is None:
        found.append(InvalidValue("user_id", "is no active user", "choose one that exists"))
    foreign = sorted(set(new.rights) - (maker.rights & owner.rights if owner else maker.rights))
    if foreign or not new.rights:
        found.append(InvalidValue("rights", f"are rights that you and the user have ({', '.join(foreign[:5])})", "choose fewer"))
    if owner is not None and (wider := sorted(right for right in new.rights if not _reaches(maker, owner, right))):
        found.append(InvalidValue("user_id", f"is somebody who reaches no further than you ({', '.join(wider[:5])})", "choose another user"))
    if not now < new.expires_at <= now + LONGEST:
        found.append(InvalidValue("expires_at", "lies in the next two years", "choose an earlier day"))
    return found


def _reaches(maker: Principal, owner: Principal, right: str) -> bool:
    """The maker sees every row that this right of the owner reaches: all, those of the same departments, or he is the owner."""
    scope = maker.scope_of(right)
    if maker.id == owner.id or scope == "hospital":
        return True
    return scope == owner.scope_of(right) == "department" and set(owner.department_ids) <= set(maker.department_ids)


async def end(session: AsyncSession, ender: Principal, token_id: int, now: datetime) -> None:
    """It is refused from now on. Raises NotFound."""
    query = update(ApiToken).where(ApiToken.id == token_id, ApiToken.ended_at.is_(None)).values(ended_at=now).returning(ApiToken.user_id)
    user_id = await session.scalar(query)
    if user_id is None:
        raise NotFound("token")
    await audit.write(session, now, ender.id, audit.Deed("api_token.end", "api_token", str(token_id), {"user_id": user_id}))
