"""Checks the audit trail from the command line.

In: the settings of an installation whose database runs, what its machine noted of the trail. Out: whether the trail is whole, else where it was
broken. Must not change anything.
Invariant: the answer is that of crm.engine.audit.verify. What is chained: docs/security.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from callcenter.errors import ConfigError
from callcenter.settings import Settings
from crm.database import Database, apart
from crm.engine import anchors, audit
from crm.errors import InvalidValue

LONGEST_S = 3600.0


def broken_at(settings: Settings) -> str | None:
    """None when the trail is whole. Raises ConfigError, DatabaseUnavailable."""
    try:
        noted = {one.entries: one.hash for one in anchors.read(settings.audit_anchors)}
    except InvalidValue as wrong:
        raise ConfigError(str(settings.audit_anchors), wrong.rule, wrong.mend) from wrong
    return apart(_broken_at(settings.database_url, noted))


async def _broken_at(url: str, noted: Mapping[int, bytes]) -> str | None:
    database = Database(url, timeout_s=LONGEST_S, pool_size=1)
    try:
        return await database.run(lambda session: audit.verify(session, noted))
    finally:
        await database.close()
