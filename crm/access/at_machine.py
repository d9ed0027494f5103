"""What is done to users at the machine itself, by the command line: whole deeds that block.

In: the database's address, names and passwords as typed. Out: users made, listed and changed, each deed in the audit trail without a user.
Must not be called from a running loop. Invariant: a deed and its entry are one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from crm.access import second_factor
from crm.access.accounts import User, all_users, change_password, create_user, end_sessions, hash_password, user_named
from crm.database import Database, Work, apart
from crm.engine import audit

T = TypeVar("T")


def add_user(url: str, username: str, name: str, roles: Iterable[str], password: str, language: str = "zh") -> int:
    """Make a user; his id. Raises InvalidValue, Conflict, DatabaseUnavailable."""
    hashed, given = hash_password(password), sorted(set(roles))

    async def work(session: AsyncSession) -> int:
        user_id = await create_user(session, username, name, hashed, given, language)
        await _noted(session, "user.add", user_id, {"username": username, "roles": given})
        return user_id

    return apart(_once(url, work))


def set_password(url: str, username: str, password: str) -> None:
    """Raises InvalidValue, NotFound, DatabaseUnavailable."""
    hashed = hash_password(password)

    async def work(session: AsyncSession) -> None:
        await _noted(session, "user.password", await change_password(session, username, hashed), {})

    apart(_once(url, work))


def reset_second_factor(url: str, username: str) -> bool:
    """Whether he had one. His sessions end. Raises NotFound, DatabaseUnavailable."""

    async def work(session: AsyncSession) -> bool:
        user_id = await user_named(session, username)
        was_on = await second_factor.turn_off(session, user_id)
        await end_sessions(session, user_id)
        await _noted(session, "user.second_factor_reset", user_id, {"was_on": was_on})
        return was_on

    return apart(_once(url, work))


async def _noted(session: AsyncSession, action: str, user_id: int, more: Mapping[str, object]) -> None:
    """What somebody did at the machine itself is in the trail too, without a user."""
    await audit.write(session, datetime.now(UTC), None, audit.Deed(action, "user", str(user_id), {"at_machine": True, **more}))


def list_users(url: str) -> list[User]:
    """Raises DatabaseUnavailable."""
    return apart(_once(url, all_users))


async def _once(url: str, work: Work[T]) -> T:
    database = Database(url, timeout_s=10.0, pool_size=1)
    try:
        return await database.run(work)
    finally:
        await database.close()
