"""Gives new rights to the roles they are meant for, once; afterwards a role is what administrators made of it.

In: the registry and a migrated database. Out: rows of role and known_right. Must not give a right twice. Invariant: a right that an
administrator took away stays away, over any number of starts and versions.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.registry import Registry, registry
from crm.models import KnownRight, Role

ROLES: Mapping[str, tuple[str, str]] = {
    "handler": ("职能科室经办", "Case handler"),
    "manager": ("管理者", "Manager"),
    "ethics_officer": ("医风监督员", "Ethics officer"),
}


async def ensure(session: AsyncSession, declared: Registry | None = None) -> None:
    """Roles that were added since, then rights that the database has not heard of."""
    known = set((await session.scalars(select(KnownRight.name))).all())
    for code, (zh, en) in ROLES.items():
        if f"role:{code}" not in known:
            made = upsert(Role).values(code=code, title_zh=zh, title_en=en, rights=[])
            await session.execute(made.on_conflict_do_nothing())
    rights = (declared or registry()).rights
    new = {right: roles for right, roles in rights.items() if right not in known}
    for role in sorted({role for roles in new.values() for role in roles}):
        await _give(session, role, [right for right, roles in new.items() if role in roles])
    names = [*new, *(f"role:{code}" for code in ROLES if f"role:{code}" not in known)]
    if names:
        await session.execute(insert(KnownRight), [{"name": name} for name in names])


async def _give(session: AsyncSession, role: str, rights: list[str]) -> None:
    had = await session.scalar(select(Role.rights).where(Role.code == role))
    missing = [right for right in rights if had is not None and right not in had]
    if missing:
        await session.execute(update(Role).where(Role.code == role).values(rights=func.array_cat(Role.rights, missing)))
