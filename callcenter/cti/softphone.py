"""SIP accounts of browsers: one per login session of an agent, short ones for visitors who try the hotline.

In: who signs in or leaves, Asterisk coming back. Out: auth, aor and endpoint objects in Asterisk's memory wizard, and the account for the page.
Must not log a secret, and must not keep one longer than its session. Invariant: an endpoint exists in Asterisk only while its account is
known here (`sweep` removes the others). Order of the objects and what survives a restart: docs/architecture.md.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from callcenter import log
from callcenter.cti.ari import Ari
from callcenter.errors import AsteriskUnavailable, CommandRefused
from callcenter.ports import Clock
from callcenter.settings import Settings

KINDS = ("auth", "aor", "endpoint")
MAX_VISITORS = 50
_log = log.get("softphone")


@dataclass(frozen=True, slots=True)
class Account:
    """What a browser needs to register. The password is not shown in its text form."""

    name: str
    password: str = field(repr=False)
    expires_at: datetime
    session: str = field(repr=False)
    caller_number: str = field(default="", repr=False)


class Softphones:
    """All accounts that are valid now."""

    def __init__(self, ari: Ari, settings: Settings, clock: Clock, agent_name: Callable[[int], str]) -> None:
        self._ari, self._settings, self._clock, self._agent_name = ari, settings, clock, agent_name
        self._accounts: dict[str, Account] = {}
        self._to_delete: set[str] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def issue(self, agent_id: int, session: str, expires_at: datetime) -> Account:
        """The account of this login session; the same one until the session ends. Raises AsteriskUnavailable, CommandRefused."""
        name = f"agent-{agent_id}"
        account = self._accounts.get(name)
        if account is None or account.session != session or account.expires_at <= self._clock.now():
            account = self._accounts[name] = Account(name, secrets.token_urlsafe(24), expires_at, session)
        await self._push(account)
        return account

    async def issue_visitor(self, caller_number: str) -> Account | None:
        """A short account that may dial the hotline only, calling as `caller_number`. None: too many visitors."""
        await self.expire()
        if sum(name.startswith("visitor-") for name in self._accounts) >= MAX_VISITORS:
            return None
        expires_at = self._clock.now() + timedelta(minutes=self._settings.desk.visitor_account_min)
        account = Account(f"visitor-{secrets.randbelow(10**9)}", secrets.token_urlsafe(24), expires_at, "", caller_number)
        self._accounts[account.name] = account
        await self._push(account)
        return account

    async def revoke(self, agent_id: int, session: str = "") -> None:
        """The session is over; `session` empty means whatever session. Raises AsteriskUnavailable; `run` then tries again."""
        name = f"agent-{agent_id}"
        account = self._accounts.get(name)
        if account is not None and session and account.session != session:
            return
        self._accounts.pop(name, None)
        await self._delete(name)

    async def expire(self) -> None:
        """Remove what is out of date, and what could not be removed before."""
        now = self._clock.now()
        for account in [one for one in self._accounts.values() if one.expires_at <= now]:
            del self._accounts[account.name]
            self._to_delete.add(account.name)
        for name in sorted(self._to_delete):
            await self._delete(name)

    async def run(self, every_s: float = 5.0) -> None:
        """Expire accounts until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await self.expire()
            except (AsteriskUnavailable, CommandRefused):
                _log.warning("softphone accounts not removed yet", waiting=len(self._to_delete))

    async def push_all(self) -> None:
        """Asterisk has started anew: everything it forgot, before the browsers come back."""
        await self.expire()
        for account in list(self._accounts.values()):
            await self._push(account)

    async def sweep(self, signed_in: frozenset[int]) -> None:
        """Delete what Asterisk still has of sessions that ended while we were away; running agents keep theirs."""
        kept = {f"agent-{agent_id}" for agent_id in signed_in}
        for name in await self._ari.endpoints():
            if name.startswith(("agent-", "visitor-")) and name not in kept:
                await self._delete(name)

    async def asterisk_up(self, signed_in: frozenset[int]) -> None:
        """Push, then sweep; what Asterisk refuses is logged, the next start of it tries again."""
        try:
            await self.push_all()
            await self.sweep(signed_in)
        except (AsteriskUnavailable, CommandRefused) as wrong:
            _log.warning("softphone accounts not pushed", reason=type(wrong).__name__)

    async def _push(self, account: Account) -> None:
        """Unless it was revoked or replaced meanwhile."""
        objects = self._objects(account)
        async with self._turn(account.name):
            if self._accounts.get(account.name) is account:
                for kind in KINDS:
                    await self._ari.put_object(kind, account.name, objects[kind])

    async def _delete(self, name: str) -> None:
        """Unless somebody has signed in with it again."""
        self._to_delete.add(name)
        async with self._turn(name):
            if name not in self._accounts:
                for kind in reversed(KINDS):
                    await self._ari.delete_object(kind, name)
            self._to_delete.discard(name)

    def _turn(self, name: str) -> asyncio.Lock:
        """Objects of one name are pushed and deleted one after the other, never half of each."""
        return self._turns.setdefault(name, asyncio.Lock())

    def _objects(self, account: Account) -> Mapping[str, Mapping[str, str]]:
        return {
            "auth": {"auth_type": "userpass", "username": account.name, "password": account.password},
            "aor": {"max_contacts": "1", "remove_existing": "yes", "support_path": "no"},
            "endpoint": self._endpoint(account),
        }

    def _endpoint(self, account: Account) -> dict[str, str]:
        agent = account.name.startswith("agent-")
        name = self._agent_name(int(account.name.removeprefix("agent-"))) if agent else ""
        number = account.name if agent else account.caller_number
        common = {
            "transport": "ws",
            "aors": account.name,
            "auth": account.name,
            "webrtc": "yes",
            "context": "agents" if agent else "visitors",
            "disallow": "all",
            "allow": "opus,alaw,ulaw",
            "callerid": f'"{_quotable(name)}" <{number}>' if name else f"<{number}>",
            "rtp_timeout": str(self._settings.desk.softphone_rtp_timeout_s),
            "rtp_timeout_hold": "300",
            "direct_media": "no",
            "allow_transfer": "no",
            "allow_subscribe": "no",
            "language": "zh",
        }
        address = self._settings.network.public_address
        return common | ({"media_address": address} if address not in ("", "0.0.0.0") else {})


def _quotable(name: str) -> str:
    return "".join(letter for letter in name if letter not in '"\\<>' and ord(letter) >= 32)
