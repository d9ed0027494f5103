"""What must hold of users and roles after each change: nobody gives a right he lacks or a reach wider than his own, and an administrator remains.

In: what was written, in its transaction. Out: nothing, or an error that undoes it. Must not write but to end sessions and tokens.
Invariant: after any change there is an active user with the right user.change. Rights: docs/security.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.access.accounts import scopes_of
from crm.engine.resource import Written
from crm.errors import InvalidValue, InvalidValues
from crm.models import ApiToken, LoginSession, Role, UserAccount, UserRole
from crm.principal import SCOPES

KEEPER = "user.change"


async def role_written(session: AsyncSession, told: Written) -> None:
    """Only one's own rights can be put into a role, as far as they reach."""
    before = set(told.before["rights"]) if told.before else set()
    after = set(told.after["rights"]) if told.after else set()
    _own_rights("rights", after - before, told.rights)
    if told.after:
        same = told.before is not None and told.before["scope"] == told.after["scope"]
        _own_reach("scope", told, dict.fromkeys(after - before if same else after, told.after["scope"]))
    await _keeper_remains(session, "rights")


async def user_written(session: AsyncSession, told: Written) -> None:
    """Only roles one could hold oneself can be given; a closed account or a new password ends his sessions, a closed account his tokens."""
    roles = (await session.scalars(select(Role).join(UserRole, UserRole.role == Role.code).where(UserRole.user_id == told.id))).all()
    given = {right for role in roles for right in role.rights}
    _own_rights("roles", given, told.rights)
    if told.after:
        scopes = scopes_of(told.after["scope"], roles)
        _own_reach("scope", told, {right: scopes.get(right, "hospital") for right in given}, tuple(told.after["department_ids"]))
    if told.before and told.after and (not told.after["active"] or told.after["password_hash"] != told.before["password_hash"]):
        await session.execute(delete(LoginSession).where(LoginSession.user_id == told.id))
    if told.before and told.after and not told.after["active"]:
        ended = update(ApiToken).where(ApiToken.user_id == told.id, ApiToken.ended_at.is_(None)).values(ended_at=told.at)
        await session.execute(ended)
    await _keeper_remains(session, "active" if told.after and not told.after["active"] else "roles")


def _own_reach(field: str, told: Written, given: Mapping[str, str], departments: tuple[int, ...] | None = None) -> None:
    """`given`: right -> how far it would reach. Departments count of a user, not of a role."""
    wider = [right for right, scope in given.items() if SCOPES.index(scope) > SCOPES.index(told.scopes.get(right, "hospital"))]
    if wider:
        shown = ", ".join(sorted(wider)[:5])
        raise InvalidValues([InvalidValue(field, f"reaches further than you do: {shown}", "ask somebody who reaches that far")])
    shared = [right for right, scope in given.items() if scope == told.scopes.get(right) == "department"]
    if departments is not None and shared and not set(departments) <= set(told.departments):
        raise InvalidValues([InvalidValue("department_ids", "are among your own departments", "choose fewer")])


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
