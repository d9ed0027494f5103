"""The edge to the data side: its errors become the engine's, and nobody on the telephone waits for a database that is known to be away.

In: a unit of work on a session. Out: its result, or StoreUnavailable within `timeouts.store_s`. Must not hold SQL: work is a function of crm.
Invariant: no exception of crm but NotFound, Conflict and InvalidValue comes out of here; these are answers, not faults. While the database
is away at most one caller in `store_retry_s` waits for it; its first answer to anybody ends the outage.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TypeVar

from callcenter import log
from callcenter.errors import StoreUnavailable
from callcenter.settings import Timeouts
from crm.database import Database, Work
from crm.errors import DatabaseUnavailable, StatementRefused

T = TypeVar("T")
_log = log.get("store")


@dataclass(slots=True)
class Outage:
    """Whether the database is known to be away. Pure: the time is given."""

    retry_s: float
    known: bool = False
    try_at: float = 0.0

    def refuses(self, now: float) -> bool:
        """True: do not ask now. Once in `retry_s` the one who asks is let through, to find out."""
        if not self.known:
            return False
        if now < self.try_at:
            return True
        self.try_at = now + self.retry_s
        return False

    def began(self, now: float) -> bool:
        """Nobody need ask before `retry_s` is over. True: this is news."""
        news, self.known, self.try_at = not self.known, True, now + self.retry_s
        return news


class Store:
    """A database whose absence is StoreUnavailable."""

    def __init__(self, database: Database, timeouts: Timeouts) -> None:
        self.database, self.timeout_s, self.patience_s = database, timeouts.store_s, timeouts.store_patience_s
        self._outage = Outage(timeouts.store_retry_s)

    @property
    def away(self) -> bool:
        """Whether it is known that the database does not answer."""
        return self._outage.known

    async def ask(self, work: Work[T], timeout_s: float | None = None) -> T:
        """Do `work` in one transaction. Raises ValueError when the database cannot hold a value."""
        try:
            found = await self._answer(work, timeout_s or self.timeout_s)
        except StoreUnavailable:
            if self._outage.known:
                self._outage.began(_now())
            raise
        self._is_back()
        return found

    async def ask_for_caller(self, work: Work[T], timeout_s: float | None = None) -> T:
        """The same for somebody who listens to silence meanwhile: refused at once while the database is known to be away."""
        if self._outage.refuses(_now()):
            raise StoreUnavailable("known to be away")
        impatience = asyncio.get_running_loop().call_later(self.patience_s, self._is_away)
        try:
            found = await self._answer(work, timeout_s or self.timeout_s)
        except StoreUnavailable:
            self._is_away()
            raise
        finally:
            impatience.cancel()
        self._is_back()
        return found

    async def _answer(self, work: Work[T], timeout_s: float) -> T:
        try:
            return await self.database.run(work, timeout_s=timeout_s)
        except DatabaseUnavailable as away:
            raise StoreUnavailable(str(away)) from away
        except StatementRefused as refused:
            raise ValueError(f"the store refuses this: {refused}") from refused

    def _is_away(self) -> None:
        if self._outage.began(_now()):
            _log.warning("database is away, callers are served without it", asked_again_after_s=self._outage.retry_s)

    def _is_back(self) -> None:
        if self._outage.known:
            self._outage.known = False
            _log.info("database is back")


def _now() -> float:
    return asyncio.get_running_loop().time()
