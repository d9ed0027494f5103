"""Members' points: given, spent, and never wrong.

In: a member, a number of points, a reason, a reference that stands once for that member. Out: the entry. Must not count by itself: the
database's trigger does, one entry of a member after the other. Invariant: what a member has is the sum of his entries and never below
zero; the same reference twice is one entry. Trigger: crm/migrations/versions/0102_things.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.resource import Written
from crm.errors import Conflict, InvalidValue, NotFound
from crm.models import BenefitUse, Member, MemberBenefit, MemberLevel, PointsAccount, PointsEntry

LARGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. `balance`: what the member has after it."""

    id: int
    member_id: int
    place: int
    delta: int
    balance: int
    reference: str


async def enter(
    session: AsyncSession, member_id: int, delta: int, reason: str, reference: str, at: datetime, by: int | None = None, note: str = ""
) -> Entry:
    """Give (delta above 0) or spend (below) points; the entry that is there already when `reference` was used for the same.
    Raises InvalidValue, NotFound, Conflict (reference used for something else)."""
    if delta == 0 or abs(delta) > LARGEST:
        raise InvalidValue("delta", f"is a whole number up to {LARGEST}, not 0", "enter how many points")
    member = await session.scalar(select(Member.state).where(Member.id == member_id).with_for_update())
    if member is None:
        raise NotFound("member")
    known = await _known(session, member_id, reference)
    if known is not None:
        return _same(known, delta)
    if member != "active":
        raise InvalidValue("member_id", "is an active member", "approve or resume the membership first")
    row = {"member_id": member_id, "delta": delta, "reason": reason, "reference": reference, "at": at, "created_by": by, "note": note}
    try:
        async with session.begin_nested():
            made = (await session.execute(insert(PointsEntry).values(row).returning(PointsEntry.id, PointsEntry.place, PointsEntry.balance))).one()
    except IntegrityError as refused:
        raise await _refusal(session, member_id, delta, refused) from refused
    return Entry(made.id, member_id, made.place, delta, made.balance, reference)


async def _known(session: AsyncSession, member_id: int, reference: str) -> Entry | None:
    row = await session.scalar(select(PointsEntry).where(PointsEntry.member_id == member_id, PointsEntry.reference == reference))
    return Entry(row.id, member_id, row.place, row.delta, row.balance, reference) if row else None


def _same(known: Entry, delta: int) -> Entry:
    if known.delta != delta:
        raise Conflict(f"reference {known.reference} stands for {known.delta} points already")
    return known


async def _refusal(session: AsyncSession, member_id: int, delta: int, refused: IntegrityError) -> Exception:
    words = str(refused.orig)
    if "more than the member has" in words:
        return InvalidValue("delta", f"is at most what the member has: {await balance(session, member_id)}", f"spend fewer than {-delta}")
    if "ck_points_entry_reason" in words:
        return InvalidValue("reason", "is one of the known reasons", "choose one of them")
    return InvalidValue("reference", "names what the points are for, with 1 to 80 characters", "enter a number or word")


async def balance(session: AsyncSession, member_id: int) -> int:
    """What the member has; 0 for one without entries."""
    return await session.scalar(select(PointsAccount.balance).where(PointsAccount.member_id == member_id)) or 0


async def audit_ledger(session: AsyncSession) -> list[int]:
    """Members whose account differs from the sum of their entries or whose entries have a gap; empty when all is well."""
    entries = (
        select(PointsEntry.member_id, func.sum(PointsEntry.delta).label("total"), func.count().label("entries"))
        .add_columns(func.max(PointsEntry.place).label("last"))
        .group_by(PointsEntry.member_id)
        .subquery()
    )
    wrong = (PointsAccount.balance != entries.c.total) | (PointsAccount.entries != entries.c.entries) | (entries.c.last != entries.c.entries)
    query = select(entries.c.member_id).join(PointsAccount, PointsAccount.member_id == entries.c.member_id, isouter=True)
    return list(await session.scalars(query.where(wrong | PointsAccount.member_id.is_(None)).order_by(entries.c.member_id)))


# -- what the declarations use ----------------------------------------------------------------------------------------


async def balances(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, int]:
    """member -> points, for a page of members."""
    rows = await session.execute(select(PointsAccount.member_id, PointsAccount.balance).where(PointsAccount.member_id.in_(ids)))
    found = dict.fromkeys(ids, 0)
    for member, points in rows:
        found[member] = points
    return found


async def level_reached(session: AsyncSession, member_id: int) -> int | None:
    """The highest level that the points gathered so far allow; None when there is no level."""
    gathered = await session.scalar(select(PointsAccount.gathered).where(PointsAccount.member_id == member_id)) or 0
    query = select(MemberLevel.id).where(MemberLevel.active, MemberLevel.min_points <= gathered).order_by(MemberLevel.min_points.desc()).limit(1)
    return await session.scalar(query)


async def raise_level(session: AsyncSession, written: Written) -> None:
    """After an entry was added through a form: the member gets the level he reached, never a lower one."""
    if written.action != "add" or written.after is None:
        return
    member_id = int(written.after["member_id"])
    if await session.scalar(select(Member.state).where(Member.id == member_id)) != "active":
        raise InvalidValue("member_id", "is an active member", "approve or resume the membership first")
    await promote(session, member_id)


async def promote(session: AsyncSession, member_id: int) -> bool:
    """True when the member got a higher level."""
    reached = await level_reached(session, member_id)
    member = await session.get(Member, member_id, populate_existing=True)
    if member is None or reached is None or member.state != "active" or member.level_id == reached:
        return False
    points = dict((await session.execute(select(MemberLevel.id, MemberLevel.min_points))).all())
    if member.level_id is not None and points[member.level_id] >= points[reached]:
        return False
    member.level_id, member.version = reached, member.version + 1
    await session.flush()
    return True


async def benefit_allowed(session: AsyncSession, written: Written) -> None:
    """After a use was entered: it is of the member's level and not more often than the year allows. Raises InvalidValue."""
    if written.after is None:
        return
    member_id, used_on = int(written.after["member_id"]), written.after["used_on"]
    member = await session.scalar(select(Member).where(Member.id == member_id).with_for_update())
    benefit = await session.get(MemberBenefit, int(written.after["benefit_id"]))
    if member is None or benefit is None or member.state != "active":
        raise InvalidValue("member_id", "is an active member", "approve or resume the membership first")
    if benefit.level_id != member.level_id or not benefit.active:
        raise InvalidValue("benefit_id", "belongs to the member's level", "choose one of his benefits")
    year = used_on.year
    used = select(func.count()).where(
        BenefitUse.member_id == member_id, BenefitUse.benefit_id == benefit.id, BenefitUse.used_on.between(date(year, 1, 1), date(year, 12, 31))
    )
    if benefit.times_a_year is not None and (await session.scalar(used) or 0) > benefit.times_a_year:
        raise InvalidValue("benefit_id", f"may be used {benefit.times_a_year} times a year", "it is used up for this year")
