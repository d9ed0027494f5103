"""What time does to booking: holds and offers run out, and what is free is offered to those who wait.

In: a session, `By` of the machine. Out: how many holds ended and how many offers were made. Called every half minute; may be called at any time.
Must not wait for a lock: what is busy is left for the next time. Invariant: done again at the same moment, it changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import offers, seats
from crm.booking.generate import up_to_date
from crm.booking.policy import lock_slots
from crm.booking.slots import Wish, free_query
from crm.booking.when import By
from crm.models import Appointment, BookingPolicy, ClinicSlot, WaitingEntry

AT_ONCE = 200
SLOTS_TRIED = 5


@dataclass(frozen=True, slots=True)
class Swept:
    """What was done. `past`: waiting patients whose last day is over."""

    ended: int = 0
    offered: int = 0
    past: int = 0


async def sweep(session: AsyncSession, by: By) -> Swept:
    """Once over everything that time has changed."""
    rules = await up_to_date(session, by)
    ended = await _end_holds(session, by)
    past = await _end_waiting(session, by)
    return Swept(ended, await _serve(session, by, rules), past)


async def _end_holds(session: AsyncSession, by: By) -> int:
    query = (
        select(Appointment.id, Appointment.slot_id)
        .where(Appointment.state == "held", Appointment.held_until <= by.now)
        .order_by(Appointment.slot_id)
        .limit(AT_ONCE)
    )
    over = (await session.execute(query)).all()
    if not over:
        return 0
    free = await lock_slots(session, [row.slot_id for row in over], wait=False)
    ids = [row.id for row in over if row.slot_id in free]
    await seats.lapse_expired(session, by, Appointment.id.in_(ids))
    return len(ids)


async def _end_waiting(session: AsyncSession, by: By) -> int:
    query = (
        select(WaitingEntry)
        .where(WaitingEntry.state == "waiting", WaitingEntry.last_day < by.today)
        .order_by(WaitingEntry.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = (await session.scalars(query)).all()
    for row in rows:
        row.state, row.version, row.changed_at = "lapsed", row.version + 1, by.now
    await session.flush()
    return len(rows)


async def _serve(session: AsyncSession, by: By, rules: BookingPolicy) -> int:
    """Offer free seats in the order of the list; each slot asks the list again, so nobody is passed over."""
    query = select(WaitingEntry).where(WaitingEntry.state == "waiting").order_by(WaitingEntry.created_at, WaitingEntry.id).limit(AT_ONCE)
    made = 0
    for entry in (await session.scalars(query)).all():
        if entry.state == "waiting":
            made += await _serve_one(session, by, rules, entry)
    return made


async def _serve_one(session: AsyncSession, by: By, rules: BookingPolicy, entry: WaitingEntry) -> int:
    door = By(entry.source, by.now, by.zone)
    wish = Wish(entry.department_id, entry.doctor_id, entry.first_day, entry.last_day, entry.half)
    anew = ~offers.passed(entry.patient_id, entry.created_at, ClinicSlot.id)
    query = free_query(door, rules, wish).where(anew).with_only_columns(ClinicSlot.id, maintain_column_froms=True)
    for slot_id in (await session.scalars(query.order_by(ClinicSlot.starts_at, ClinicSlot.id).limit(SLOTS_TRIED))).all():
        for slot, clinic in (await lock_slots(session, [slot_id], wait=False)).values():
            offered = await offers.offer(session, by, rules, slot, clinic)
            if offered:
                return offered
    return 0
