"""Who somebody is and what he may do: users, passwords, login sessions, rights.

In: names and passwords as typed, session tokens as sent. Out: `Principal`, `Login`, users. Must not keep a password or a token in the clear.
Invariant: a wrong password, an unknown user and a closed account take the same work and give the same answer.
Hash parameters: RFC 9106, second recommended option (argon2id, 64 MiB, 3 passes).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from crm.errors import Conflict, InvalidValue, NotFound
from crm.models import LoginSession, Role, UserAccount, UserRole
from crm.principal import SCOPES, Principal

CHANGED = "rights_changed"
"""The channel on which triggers tell that users, roles or sessions were changed."""
KEPT_AFTER_END = timedelta(days=7)
PASSWORD_MIN = 10
PASSWORD_MAX = 200
_USERNAME = re.compile(r"^[a-z0-9][a-z0-9._-]{1,39}$")
_hasher = PasswordHasher()
_DUMMY = _hasher.hash(secrets.token_urlsafe(16))


@dataclass(frozen=True, slots=True)
class Login:
    """One sign-in. `token_hash` is what is stored of the cookie; `second_factor_due`: it opens only the way to the second step."""

    token_hash: bytes
    principal: Principal
    csrf: str
    signed_in_at: datetime
    seen_at: datetime
    expires_at: datetime
    second_factor_due: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """One row of the list of users."""

    id: int
    username: str
    name: str
    roles: tuple[str, ...]
    language: str
    active: bool


def hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def hash_password(password: str) -> str:
    """Blocks for some 50 ms: run it in a thread. Raises InvalidValue."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise InvalidValue("password", f"has {PASSWORD_MIN} to {PASSWORD_MAX} characters", "choose a longer or shorter one")
    return _hasher.hash(password)


def password_fits(stored: str | None, password: str) -> bool:
    """Blocks for some 50 ms, whether `stored` is there or not: run it in a thread."""
    try:
        return _hasher.verify(stored or _DUMMY, password[:PASSWORD_MAX]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


async def stored_password(session: AsyncSession, username: str) -> tuple[int, str] | None:
    """Id and password hash of an active user; None when there is none."""
    query = select(UserAccount.id, UserAccount.password_hash).where(UserAccount.username == username, UserAccount.active)
    row = (await session.execute(query)).first()
    return (row[0], row[1]) if row else None


async def principals(session: AsyncSession, user_ids: Iterable[int] | None = None) -> dict[int, Principal]:
    """The active users (all of them for None) with their roles and rights."""
    query = (
        select(UserAccount, Role)
        .outerjoin(UserRole, UserRole.user_id == UserAccount.id)
        .outerjoin(Role, Role.code == UserRole.role)
        .where(UserAccount.active)
        .order_by(UserAccount.id, Role.code)
    )
    if user_ids is not None:
        query = query.where(UserAccount.id.in_(list(user_ids)))
    found: dict[int, tuple[UserAccount, list[Role]]] = {}
    for user, role in (await session.execute(query)):
        found.setdefault(user.id, (user, []))[1].extend([role] if role else [])
    return {key: _principal(user, roles) for key, (user, roles) in found.items()}


def _principal(user: UserAccount, roles: list[Role]) -> Principal:
    rights = frozenset(right for role in roles for right in role.rights)
    codes = tuple(role.code for role in roles)
    return Principal(user.id, user.username, user.name, codes, rights, user.language, tuple(user.department_ids), scopes_of(user.scope, roles))


def scopes_of(limit: str | None, roles: Iterable[Role]) -> dict[str, str]:
    """right -> the widest scope of the roles that grant it, at most `limit`; `hospital` is left out."""
    widest: dict[str, int] = {}
    for role in roles:
        for right in role.rights:
            widest[right] = max(widest.get(right, 0), SCOPES.index(role.scope))
    most = SCOPES.index(limit or "hospital")
    return {right: SCOPES[min(scope, most)] for right, scope in widest.items() if min(scope, most) < SCOPES.index("hospital")}


# -- login sessions ---------------------------------------------------------------------------------------------------


async def open_session(session: AsyncSession, user_id: int, now: datetime, *, max_h: float, address: str, due: bool = False) -> tuple[str, Login]:
    """A new token (shown once) and what is stored of it. `due`: the second step is. Raises NotFound when the user was closed meanwhile."""
    principal = (await principals(session, [user_id])).get(user_id)
    if principal is None:
        raise NotFound("user")
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    login = Login(hash_token(token), principal, csrf, now, now, now + timedelta(hours=max_h), due)
    await session.execute(
        insert(LoginSession).values(
            token_hash=login.token_hash, user_id=user_id, csrf=csrf, address=address[:64], signed_in_at=now, seen_at=now,
            expires_at=login.expires_at, second_factor_due=due,
        )
    )
    return token, login


async def open_logins(session: AsyncSession, now: datetime, *, idle_h: float, token_hash: bytes | None = None) -> list[Login]:
    """The sessions that are valid at `now`, all or the one with `token_hash`."""
    query = select(LoginSession).where(
        LoginSession.ended_at.is_(None), LoginSession.expires_at > now, LoginSession.seen_at > now - timedelta(hours=idle_h)
    )
    if token_hash is not None:
        query = query.where(LoginSession.token_hash == token_hash)
    rows = (await session.scalars(query)).all()
    people = await principals(session, {row.user_id for row in rows})
    return [_login(row, people[row.user_id]) for row in rows if row.user_id in people]


def _login(row: LoginSession, who: Principal) -> Login:
    return Login(row.token_hash, who, row.csrf, row.signed_in_at, row.seen_at, row.expires_at, row.second_factor_due)


async def touch_sessions(session: AsyncSession, seen: dict[bytes, datetime]) -> None:
    """Note when each session was last used."""
    for token_hash, at in seen.items():
        await session.execute(update(LoginSession).where(LoginSession.token_hash == token_hash, LoginSession.seen_at < at).values(seen_at=at))


async def close_session(session: AsyncSession, token_hash: bytes, now: datetime) -> None:
    await session.execute(update(LoginSession).where(LoginSession.token_hash == token_hash, LoginSession.ended_at.is_(None)).values(ended_at=now))


async def forget_sessions(session: AsyncSession, now: datetime) -> int:
    """Remove the sessions that ended or expired a week ago; how many. Who signed in when stays in the audit trail."""
    long_ago = now - KEPT_AFTER_END
    gone = delete(LoginSession).where(or_(LoginSession.expires_at < long_ago, LoginSession.ended_at < long_ago))
    return len((await session.scalars(gone.returning(LoginSession.user_id))).all())


# -- users ------------------------------------------------------------------------------------------------------------


async def create_user(session: AsyncSession, username: str, name: str, password_hash: str, roles: Iterable[str], language: str = "zh") -> int:
    """The new user's id. Raises InvalidValue, Conflict."""
    wanted = sorted(set(roles))
    if not _USERNAME.match(username):
        raise InvalidValue("username", "has 2 to 40 of a-z 0-9 . _ - and begins with a letter or digit", "choose another")
    if not name.strip() or len(name) > 80:
        raise InvalidValue("name", "has 1 to 80 characters", "write the person's name")
    if language not in ("zh", "en"):
        raise InvalidValue("language", "is zh or en", "choose one of them")
    known = set((await session.scalars(select(Role.code))).all())
    if not wanted or set(wanted) - known:
        raise InvalidValue("roles", f"are one or more of {', '.join(sorted(known))}", "choose at least one that exists")
    try:
        async with session.begin_nested():
            user = UserAccount(username=username, name=name.strip(), password_hash=password_hash, language=language)
            session.add(user)
            await session.flush()
            await session.execute(insert(UserRole), [{"user_id": user.id, "role": role} for role in wanted])
    except IntegrityError as taken:
        raise Conflict(f"user name {username} is taken") from taken
    return user.id


async def change_password(session: AsyncSession, username: str, password_hash: str, keep: bytes = b"") -> int:
    """Set it and end every session of the user but the one whose token's hash is `keep`. The user's id. Raises NotFound."""
    query = update(UserAccount).where(UserAccount.username == username)
    user_id = await session.scalar(query.values(password_hash=password_hash, version=UserAccount.version + 1).returning(UserAccount.id))
    if user_id is None:
        raise NotFound(f"user {username}")
    await end_sessions(session, user_id, keep)
    return user_id


async def end_sessions(session: AsyncSession, user_id: int, keep: bytes = b"") -> None:
    await session.execute(delete(LoginSession).where(LoginSession.user_id == user_id, LoginSession.token_hash != keep))


async def user_named(session: AsyncSession, username: str) -> int:
    """Id of the user, closed ones too. Raises NotFound."""
    user_id = await session.scalar(select(UserAccount.id).where(UserAccount.username == username))
    if user_id is None:
        raise NotFound(f"user {username}")
    return user_id


async def all_users(session: AsyncSession) -> list[User]:
    """Every user, closed ones too, by name."""
    roles: dict[int, list[str]] = {}
    for user_id, role in (await session.execute(select(UserRole.user_id, UserRole.role).order_by(UserRole.role))):
        roles.setdefault(user_id, []).append(role)
    rows = (await session.scalars(select(UserAccount).order_by(UserAccount.username))).all()
    return [User(row.id, row.username, row.name, tuple(roles.get(row.id, ())), row.language, row.active) for row in rows]
