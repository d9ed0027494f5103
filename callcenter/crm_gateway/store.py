"""The edge to the data side: its errors become the engine's.

In: a unit of work on a session. Out: its result, or StoreUnavailable within `timeouts.store_s`. Must not hold SQL: work is a function of crm.
Invariant: no exception of crm but NotFound, Conflict and InvalidValue comes out of here; these are answers, not faults.
"""

from __future__ import annotations

from typing import TypeVar

from callcenter.errors import StoreUnavailable
from crm.database import Database, Work
from crm.errors import DatabaseUnavailable, StatementRefused

T = TypeVar("T")


class Store:
    """A database whose absence is StoreUnavailable."""

    def __init__(self, database: Database, timeout_s: float) -> None:
        self.database, self.timeout_s = database, timeout_s

    async def ask(self, work: Work[T], timeout_s: float | None = None) -> T:
        """Do `work` in one transaction. Raises ValueError when the database cannot hold a value."""
        try:
            return await self.database.run(work, timeout_s=timeout_s or self.timeout_s)
        except DatabaseUnavailable as away:
            raise StoreUnavailable(str(away)) from away
        except StatementRefused as refused:
            raise ValueError(f"the store refuses this: {refused}") from refused
