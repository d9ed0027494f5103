"""How many are invited to an event, said that they come, and came; what an answer needs, and what follows from coming.

In: a page's events; an invitation that was written. Out: event -> how many, with those whom guests bring along; points of a member who came. Must not
invite anybody. Invariant: who came counts as one who was invited, and gets points once; nobody is promised a seat that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.resource import Written
from crm.errors import InvalidValue
from crm.models import DoNotContact, Event, EventInvitation, Member
from crm.things import points

ASKED = ("invited", "accepted", "declined", "attended", "absent")


async def invited(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, int]:
    """Invitations that went out."""
    return await _counted(session, ids, ASKED, func.count())


async def coming(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, int]:
    """People who said that they come, and those they bring."""
    return await _counted(session, ids, ("accepted", "attended"), func.sum(1 + EventInvitation.guests))


async def attended(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, int]:
    """People who came, and those they brought."""
    return await _counted(session, ids, ("attended",), func.sum(1 + EventInvitation.guests))


async def _counted(session: AsyncSession, ids: Sequence[int], states: Sequence[str], amount: Any) -> Mapping[int, int]:
    query = select(EventInvitation.event_id, amount).where(EventInvitation.event_id.in_(ids), EventInvitation.state.in_(states))
    found = dict.fromkeys(ids, 0)
    for event, count in await session.execute(query.group_by(EventInvitation.event_id)):
        found[event] = count
    return found


# -- invitations ------------------------------------------------------------------------------------------------------


async def not_to_be_asked(session: AsyncSession, patients: Sequence[int], today: date) -> set[int]:
    """Of these patients, those who want no contact at all or none by telephone."""
    mark = DoNotContact
    standing = (mark.lifted_at.is_(None), mark.begins_on <= today, or_(mark.ends_on.is_(None), mark.ends_on >= today))
    query = select(mark.patient_id).where(mark.patient_id.in_(patients), mark.channel.in_(("any", "phone")), *standing)
    return set((await session.scalars(query)).all())


async def still_open(session: AsyncSession, written: Written) -> None:
    """After an invitation was added: its event is neither over nor called off. Raises InvalidValue."""
    if written.action != "add" or written.after is None:
        return
    if await session.scalar(select(Event.state).where(Event.id == written.after["event_id"])) not in ("planned", "inviting"):
        raise InvalidValue("event_id", "is an event that is still to come", "choose another one")


async def fits_in(session: AsyncSession, written: Written) -> None:
    """After somebody said that he comes: there is room for him and those he brings. Raises InvalidValue."""
    row = written.after or {}
    capacity = await session.scalar(select(Event.capacity).where(Event.id == row["event_id"]).with_for_update())
    taken = (await coming(session, [row["event_id"]], written.at.date()))[row["event_id"]]
    if capacity is not None and taken > capacity:
        raise InvalidValue("guests", f"are more than there is room for: {capacity} places", "bring fewer, or raise the number of places")


async def given_points(session: AsyncSession, written: Written) -> None:
    """After a guest came: the points of the event, when he is a member."""
    row = written.after or {}
    gives = await session.scalar(select(Event.points).where(Event.id == row["event_id"])) or 0
    member = await session.scalar(select(Member.id).where(Member.patient_id == row["patient_id"], Member.state == "active")) if gives else None
    if member is not None:
        await points.enter(session, member, gives, "event", f"event-{row['event_id']}", written.at, written.by)
        await points.promote(session, member)
