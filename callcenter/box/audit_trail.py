"""Checks the audit trail from the command line.

In: the settings of an installation whose database runs. Out: whether the trail is whole, else where it was broken. Must not change anything.
Invariant: the answer is that of crm.engine.audit.verify. What is chained: docs/security.md.
"""

from __future__ import annotations

from callcenter.settings import Settings
from crm.database import Database, apart
from crm.engine import audit

LONGEST_S = 3600.0


def broken_at(settings: Settings) -> str | None:
    """None when the trail is whole. Raises DatabaseUnavailable."""
    return apart(_broken_at(settings.database_url))


async def _broken_at(url: str) -> str | None:
    database = Database(url, timeout_s=LONGEST_S, pool_size=1)
    try:
        return await database.run(audit.verify)
    finally:
        await database.close()
