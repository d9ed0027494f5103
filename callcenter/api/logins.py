"""Who is signed in, kept in memory so that an absent database signs nobody out.

In: user names and passwords, tokens from cookies. Out: `Login`s. Must not keep a token or a password. Invariant: memory is the truth between
two readings of the database: a session ended here stays ended, also when the database hears of it only after it came back. What others change
of users, roles and sessions is read when the database tells it, and every UPKEEP_S in any case.
Slowing down: settings `desk.login_max_failures`, `desk.login_slow_down_s`.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

from callcenter import log
from callcenter.ports import Clock
from callcenter.settings import Desk
from crm import notices
from crm.access import accounts, second_factor
from crm.access.accounts import Login
from crm.database import Database, Session
from crm.engine.audit import Deed, write
from crm.errors import DatabaseUnavailable, StatementRefused
from crm.principal import Principal

UPKEEP_S = 20.0
CLOSING_HOOK_S = 5.0
MOST_FAILURES_REMEMBERED = 20_000
LONGEST_SLOW_DOWN_S = 300.0
MOST_HASHES_AT_ONCE = 2
CODES = "second step"
"""Where an address stands otherwise: wrong codes, and passwords of who is signed in, are counted wherever they come from."""
_log = log.get("logins")
OnClose = Callable[[Login], Awaitable[None]]
OnLess = Callable[[Login], None]


class TooManyFailures(Exception):
    """Too many wrong passwords for this user from this address. Carries the seconds to wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wait {wait_s:.0f} s")
        self.wait_s = wait_s


class SlowDown:
    """Failures per user and address: free up to `free`, then each waits twice as long as the one before."""

    def __init__(self, free: int, first_wait_s: float) -> None:
        self._free, self._first_wait_s = free, first_wait_s
        self._failed: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def wait_s(self, key: tuple[str, str], now: float) -> float:
        """Seconds until the next try is heard; 0 for now."""
        count, last = self._failed.get(key, (0, now))
        if count < self._free:
            return 0.0
        pause = min(self._first_wait_s * 2.0 ** min(count - self._free, 16), LONGEST_SLOW_DOWN_S)
        return max(0.0, last + pause - now)

    def failed(self, key: tuple[str, str], now: float) -> None:
        count, last = self._failed.pop(key, (0, now))
        if now - last > 3 * LONGEST_SLOW_DOWN_S:
            count = 0
        self._failed[key] = (count + 1, now)
        while len(self._failed) > MOST_FAILURES_REMEMBERED:
            self._failed.popitem(last=False)

    def succeeded(self, key: tuple[str, str]) -> None:
        self._failed.pop(key, None)


class LoginSessions:
    """Sessions of everybody, by the hash of their token."""

    def __init__(self, database: Database, desk: Desk, clock: Clock) -> None:
        self._database, self._desk, self._clock = database, desk, clock
        self._open: dict[bytes, Login] = {}
        self._seen: dict[bytes, datetime] = {}
        self._ended: dict[bytes, tuple[int, datetime]] = {}
        self._slow = SlowDown(desk.login_max_failures, desk.login_slow_down_s)
        self._hashing = asyncio.Semaphore(MOST_HASHES_AT_ONCE)
        self._on_close: list[OnClose] = []
        self._on_less: list[OnLess] = []
        self._stale = asyncio.Event()

    def on_close(self, hook: OnClose) -> None:
        """`await hook(login)` when a session ends, by log-out, expiry or an administrator."""
        self._on_close.append(hook)

    def on_less(self, hook: OnLess) -> None:
        """`hook(login)` when somebody who is signed in lost rights."""
        self._on_less.append(hook)

    # -- signing in and out -------------------------------------------------------------------------------------------

    async def sign_in(self, username: str, password: str, address: str, code: str = "") -> tuple[str, Login] | None:
        """Token and session, None for a wrong user or password. Raises TooManyFailures, CodeNeeded, CodeWrong, DatabaseUnavailable."""
        key, anywhere = (username, address), (username, CODES)
        known = await self._known(username, password, address)
        if known is None:
            return None
        self._check_pace(anywhere)
        try:
            token, login = await self._database.run(lambda session: self._start(session, known, address, code))
        except second_factor.CodeWrong:
            for one in (key, anywhere):
                self._slow.failed(one, self._clock.monotonic())
            await self._refused(known, username, address, "code")
            raise
        self._slow.succeeded(key)
        self._slow.succeeded(anywhere)
        self._open[login.token_hash] = login
        return token, login

    async def _known(self, username: str, password: str, address: str) -> int | None:
        """The id of the user whose password this is."""
        key = (username, address)
        self._check_pace(key)
        known = await self._database.run(lambda session: accounts.stored_password(session, username))
        async with self._hashing:
            self._check_pace(key)
            right = await asyncio.to_thread(accounts.password_fits, known[1] if known else None, password)
        if known is not None and right:
            return known[0]
        self._slow.failed(key, self._clock.monotonic())
        await self._refused(known[0] if known else None, username, address, "password")
        return None

    async def is_his(self, login: Login, password: str) -> bool:
        """Whether this is the password of who is signed in; a wrong one counts as at the door. Raises TooManyFailures, DatabaseUnavailable."""
        return await self._known(login.principal.username, password, CODES) == login.principal.id

    def _check_pace(self, key: tuple[str, str]) -> None:
        if wait_s := self._slow.wait_s(key, self._clock.monotonic()):
            raise TooManyFailures(wait_s)

    async def _refused(self, user_id: int | None, username: str, address: str, step: str) -> None:
        pii = {"username": username[:80], "address": address}
        await self._note(None, Deed("login.refused", "user", str(user_id or ""), {"step": step}, pii))

    async def _start(self, session: Session, user_id: int, address: str, code: str) -> tuple[str, Login]:
        now = self._clock.now()
        step = await second_factor.check(session, user_id, code, now)
        due = step == "none" and await second_factor.demanded(session, user_id)
        made = await accounts.open_session(session, user_id, now, max_h=self._desk.session_max_h, address=address, due=due)
        await write(session, now, user_id, Deed("login", "user", str(user_id), {"second_factor": step}, {"address": address}))
        return made

    async def sign_out(self, login: Login) -> None:
        """Ended at once for everybody here; the database hears of it now or when it is back."""
        self._ended[login.token_hash] = (login.principal.id, self._clock.now())
        await self._close([login])
        self._stale.set()

    def signed_out(self, login: Login) -> bool:
        """Whether he ended this session himself."""
        return login.token_hash in self._ended

    async def _note(self, user_id: int | None, deed: Deed) -> None:
        try:
            await self._database.run(lambda session: write(session, self._clock.now(), user_id, deed))
        except (DatabaseUnavailable, StatementRefused):
            _log.warning("audit entry not written", action=deed.action)

    # -- asking -------------------------------------------------------------------------------------------------------

    async def find(self, token: str) -> Login | None:
        """The valid session of `token`, and note that it was used. Raises DatabaseUnavailable for one never seen here."""
        token_hash, now = accounts.hash_token(token), self._clock.now()
        if token_hash in self._ended:
            return None
        login = self._open.get(token_hash) or await self._read_one(token_hash, now)
        if login is None or not self._valid(login, now):
            return None
        self._seen[token_hash] = now
        return login

    async def _read_one(self, token_hash: bytes, now: datetime) -> Login | None:
        """A session that another process opened."""
        found = await self._database.run(lambda s: accounts.open_logins(s, now, idle_h=self._desk.session_idle_h, token_hash=token_hash))
        if found and token_hash not in self._ended:
            self._open[token_hash] = found[0]
        return self._open.get(token_hash)

    def _valid(self, login: Login, now: datetime) -> bool:
        used = max(login.seen_at, self._seen.get(login.token_hash, login.seen_at))
        return now < login.expires_at and now - used < timedelta(hours=self._desk.session_idle_h)

    def principals(self) -> dict[int, Principal]:
        """Everybody who is signed in."""
        now = self._clock.now()
        return {one.principal.id: one.principal for one in self._open.values() if self._valid(one, now)}

    # -- keeping up ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Write use and ends back, read what others changed, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(notices.hear(self._database, accounts.CHANGED, lambda _: self._stale.set()), name="logins:listen")
            group.create_task(self._keep_up(), name="logins:keep-up")

    async def _keep_up(self) -> None:
        while True:
            try:
                async with asyncio.timeout(UPKEEP_S):
                    await self._stale.wait()
            except TimeoutError:
                pass
            self._stale.clear()
            try:
                await self.refresh()
            except (DatabaseUnavailable, StatementRefused):
                _log.warning("database away, who is signed in stays signed in", sessions=len(self._open))
                await self._close([one for one in self._open.values() if not self._valid(one, self._clock.now())])

    async def refresh(self) -> None:
        """Bring memory and database together. Raises DatabaseUnavailable."""
        now, seen, ended = self._clock.now(), dict(self._seen), dict(self._ended)
        known_before = set(self._open)

        async def work(session: Session) -> list[Login]:
            await accounts.touch_sessions(session, seen)
            for token_hash, (user_id, at) in ended.items():
                await accounts.close_session(session, token_hash, at)
                await write(session, at, user_id, Deed("logout", "user", str(user_id)))
            return await accounts.open_logins(session, now, idle_h=self._desk.session_idle_h)

        found = {login.token_hash: login for login in await self._database.run(work)}
        self._seen = {key: at for key, at in self._seen.items() if at != seen.get(key)}
        for token_hash in ended:
            self._ended.pop(token_hash, None)
        gone = [self._open[key] for key in known_before - set(found) if key in self._open]
        less = [login for key, login in found.items() if key in self._open and self._open[key].principal.rights - login.principal.rights]
        self._open |= {key: self._with_use(login) for key, login in found.items() if key not in self._ended}
        await self._close(gone)
        for hook, login in product(self._on_less, less):
            hook(login)

    def _with_use(self, login: Login) -> Login:
        return replace(login, seen_at=max(login.seen_at, self._seen.get(login.token_hash, login.seen_at)))

    async def _close(self, logins: list[Login]) -> None:
        for login in logins:
            if self._open.pop(login.token_hash, None) is None:
                continue
            self._seen.pop(login.token_hash, None)
            for hook in self._on_close:
                await self._tell(hook, login)

    async def _tell(self, hook: OnClose, login: Login) -> None:
        try:
            async with asyncio.timeout(CLOSING_HOOK_S):
                await hook(login)
        except Exception:  # noqa: BLE001 - one hook must not keep the others from their work
            _log.exception("a hook for ended sessions failed", user=login.principal.id)
