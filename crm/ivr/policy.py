"""The rules of the automatic services as administered.

In: a session. Out: the row `SelfServicePolicy`. Must not hold a rule of its own. Invariant: there is one row.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from crm.models import SelfServicePolicy


async def policy(session: AsyncSession) -> SelfServicePolicy:
    """The one row."""
    found = await session.get(SelfServicePolicy, 1, populate_existing=True)
    if found is None:
        raise RuntimeError("the automatic services have no policy; run the migration")
    return found
