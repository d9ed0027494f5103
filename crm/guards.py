"""What must hold of users and roles after each change: no right is given by somebody who lacks it, and an administrator remains.

In: what was written, in its transaction. Out: nothing, or an error that undoes it. Must not write but to end sessions.
Invariant: after any change there is an active user with the right user.change. Rights: docs/security.md.
"""

from __future__ import annotations

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.errors import InvalidValue, InvalidValues
from crm.models import LoginSession, Role, UserAccount, UserRole
from crm.resource import Written

KEEPER = "user.change"


async def role_written(session: AsyncSession, told: Written) -> None:
    """Only one's own rights can be put into a role."""
    before = set(told.before["rights"]) if told.before else set()
    after = set(told.after["rights"]) if told.after else set()
    _own_rights("rights", after - before, told.rights)
    await _keeper_remains(session, "rights")


async def user_written(session: AsyncSession, told: Written) -> None:
    """Only roles one could hold oneself can be given; a closed account or a new password ends his sessions."""
    rows = await session.scalars(select(Role.rights).join(UserRole, UserRole.role == Role.code).where(UserRole.user_id == told.id))
    _own_rights("roles", {right for rights in rows for right in rights}, told.rights)
    if told.before and told.after and (not told.after["active"] or told.after["password_hash"] != told.before["password_hash"]):
        await session.execute(delete(LoginSession).where(LoginSession.user_id == told.id))
    await _keeper_remains(session, "active" if told.after and not told.after["active"] else "roles")


def _own_rights(field: str, given: set[str], own: frozenset[str]) -> None:
    if foreign := sorted(given - own):
        shown = ", ".join(foreign[:5])
        raise InvalidValues([InvalidValue(field, f"gives rights you do not have: {shown}", "ask somebody who has them")])


async def _keeper_remains(session: AsyncSession, field: str) -> None:
    query = (
        select(UserAccount.id)
        .join(UserRole, UserRole.user_id == UserAccount.id)
        .join(Role, Role.code == UserRole.role)
        .where(UserAccount.active, Role.rights.contains([KEEPER]))
    )
    if not await session.scalar(select(exists(query))):
        raise InvalidValues([InvalidValue(field, "would leave nobody who can administer users", "give that right to somebody else first")])
