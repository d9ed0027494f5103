"""Makes the sessions of the coming days from rosters, exceptions and absences, and keeps them equal to these.

In: a session, `By`. Out: `Generated`: how many were made and taken away, and which stand although the roster says otherwise. Must not touch a
session that was ever booked, or that somebody changed by hand. Invariant: done again, it changes nothing; two at once do it once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import plan
from crm.booking.policy import lock_generation, policy
from crm.booking.when import By, moment
from crm.models import (
    Appointment,
    BookingPolicy,
    CalendarDay,
    ClinicAbsence,
    ClinicRoster,
    ClinicSeat,
    ClinicSession,
    ClinicSlot,
    Department,
    Doctor,
    RosterException,
)

CALENDAR = "clinic"
BUSY = "doctor is in another clinic"


@dataclass(frozen=True, slots=True)
class Generated:
    """`kept`: ids of sessions that differ from the plan and were left, because they are booked or were changed by hand."""

    made: int = 0
    removed: int = 0
    kept: tuple[int, ...] = ()


async def up_to_date(session: AsyncSession, by: By) -> BookingPolicy:
    """The policy, after sessions exist up to its horizon. Costs one read when they do."""
    rules = await policy(session)
    if rules.generated_to is None or rules.generated_to < by.today + timedelta(days=rules.horizon_days):
        await generate(session, by)
    return rules


async def for_who_books(session: AsyncSession, by: By) -> BookingPolicy:
    """`up_to_date` for staff. A patient alone is told what there is, when there is anything: he need not wait while clinics are made anew."""
    if by.alone and await session.scalar(select(exists().where(ClinicSession.day >= by.today))):
        return await policy(session)
    return await up_to_date(session, by)


async def generate(session: AsyncSession, by: By, days: int | None = None) -> Generated:
    """Sessions from today for `days` (None: the horizon of the policy)."""
    await lock_generation(session)
    rules = await policy(session)
    last = by.today + timedelta(days=rules.horizon_days if days is None else days)
    planned = plan.plan(await _rules(session, by.today, last), by.today, last)
    result = await _reconcile(session, by, planned, last)
    if rules.generated_to is None or rules.generated_to < last:
        await session.execute(update(BookingPolicy).where(BookingPolicy.changes == rules.changes).values(generated_to=last))
    return result


# -- what the plan follows from ---------------------------------------------------------------------------------------


async def _rules(session: AsyncSession, first: date, last: date) -> plan.Rules:
    special = await session.execute(
        select(CalendarDay.day, CalendarDay.like_weekday).where(CalendarDay.calendar == CALENDAR, CalendarDay.day.between(first, last))
    )
    days = {row.day: row.like_weekday for row in special}
    return plan.Rules(await _rosters(session), await _exceptions(session, first, last), await _absences(session, first, last), days)


async def _rosters(session: AsyncSession) -> list[plan.Roster]:
    query = (
        select(ClinicRoster, Department.location_zh, Department.location_en)
        .join(Doctor, Doctor.id == ClinicRoster.doctor_id)
        .join(Department, Department.id == ClinicRoster.department_id)
        .where(Doctor.active, Department.active)
        .order_by(ClinicRoster.id)
    )
    return [_roster(row, zh, en) for row, zh, en in (await session.execute(query))]


def _roster(row: ClinicRoster, location_zh: str, location_en: str) -> plan.Roster:
    terms = plan.Terms(
        row.kind, row.slot_min, row.per_slot, row.window_only, tuple(row.sources), row.price_fen, row.place_zh or location_zh,
        row.place_en or location_en,
    )  # fmt: skip
    return plan.Roster(
        row.id, row.doctor_id, row.department_id, row.weekday, row.starts_at, row.ends_at, row.valid_from, row.valid_to, terms
    )  # fmt: skip


async def _exceptions(session: AsyncSession, first: date, last: date) -> dict[tuple[int, date], plan.Differs]:
    rows = await session.scalars(select(RosterException).where(RosterException.day.between(first, last)))
    return {
        (row.roster_id, row.day): plan.Differs(
            row.roster_id, row.day, row.kind == "off", row.starts_at, row.ends_at, row.per_slot, row.place_zh, row.place_en, row.reason
        )
        for row in rows
    }


async def _absences(session: AsyncSession, first: date, last: date) -> list[plan.Absence]:
    query = select(ClinicAbsence).where(ClinicAbsence.last_day >= first, ClinicAbsence.first_day <= last).order_by(ClinicAbsence.id)
    return [absence_of(row) for row in await session.scalars(query)]


def absence_of(row: ClinicAbsence) -> plan.Absence:
    return plan.Absence(
        row.doctor_id, row.department_id, row.first_day, row.last_day, row.starts_at, row.ends_at, row.substitute_id, row.reason
    )  # fmt: skip


# -- table = plan -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Standing:
    """A session that is there, what was planned for it, and whether it may be taken away."""

    id: int
    values: dict[str, Any]
    free: bool


async def _reconcile(session: AsyncSession, by: By, planned: Sequence[plan.PlannedSession], last: date) -> Generated:
    wanted = {(one.roster_id, one.day): one for one in planned}
    standing = await _standing(session, by.today, last)
    wrong = {key: row for key, row in standing.items() if key not in wanted or row.values != _values(wanted[key])}
    removable = [row.id for key, row in wrong.items() if row.free and key[1] > by.today]
    if removable:
        await session.execute(delete(ClinicSession).where(ClinicSession.id.in_(removable)))
    gone = set(removable)
    missing = [one for key, one in wanted.items() if key not in standing or standing[key].id in gone]
    made = await _make(session, by, missing)
    return Generated(made, len(gone), tuple(sorted(row.id for row in wrong.values() if row.id not in gone)))


async def _standing(session: AsyncSession, first: date, last: date) -> dict[tuple[int, date], _Standing]:
    booked = exists().where(Appointment.session_id == ClinicSession.id)
    seats = select(func.count()).where(ClinicSeat.session_id == ClinicSession.id).scalar_subquery()
    slots = select(func.count()).where(ClinicSlot.session_id == ClinicSession.id).scalar_subquery()
    query = select(ClinicSession, booked, seats, slots).where(ClinicSession.roster_id.is_not(None), ClinicSession.day.between(first, last))
    found: dict[tuple[int, date], _Standing] = {}
    for row, is_booked, seat_count, slot_count in (await session.execute(query.execution_options(populate_existing=True))):
        if row.roster_id is not None:
            found[row.roster_id, row.day] = _Standing(row.id, _values_of(row, seat_count, slot_count), not is_booked and row.version == 1)
    return found


def _values(one: plan.PlannedSession) -> dict[str, Any]:
    cut = plan.slots(one.starts_at, one.ends_at, one.terms)
    return _columns(one) | {"seats": sum(len(slot.seats) for slot in cut), "slots": len(cut)}


def _columns(one: plan.PlannedSession) -> dict[str, Any]:
    return {
        "doctor_id": one.doctor_id, "department_id": one.department_id, "stands_in_for_id": one.stands_in_for_id, "starts_at": one.starts_at,
        "ends_at": one.ends_at, "kind": one.terms.kind, "price_fen": one.terms.price_fen, "place_zh": one.terms.place_zh,
        "place_en": one.terms.place_en, "state": "stopped" if one.stopped else "open", "stopped_reason": one.reason,
    }  # fmt: skip


def _values_of(row: ClinicSession, seats: int, slots: int) -> dict[str, Any]:
    busy = row.state == "stopped" and row.stopped_reason == BUSY
    return {
        "doctor_id": row.doctor_id, "department_id": row.department_id, "stands_in_for_id": row.stands_in_for_id, "starts_at": row.starts_at,
        "ends_at": row.ends_at, "kind": row.kind, "price_fen": row.price_fen, "place_zh": row.place_zh, "place_en": row.place_en,
        "state": "open" if busy else row.state, "stopped_reason": "" if busy else row.stopped_reason, "seats": seats, "slots": slots,
    }  # fmt: skip


async def _make(session: AsyncSession, by: By, planned: Sequence[plan.PlannedSession]) -> int:
    if not planned:
        return 0
    made = await _insert(session, planned, {})
    left = [one for one in planned if (one.roster_id, one.day) not in made]
    if left:
        made |= await _insert(session, left, {"state": "stopped", "stopped_reason": BUSY})
    cut = {key: plan.slots(one.starts_at, one.ends_at, one.terms) for one in planned if (key := (one.roster_id, one.day)) in made}
    await fill(session, by, [(made[key], key[1], slots) for key, slots in cut.items()])
    return len(made)


async def _insert(session: AsyncSession, planned: Iterable[plan.PlannedSession], instead: dict[str, Any]) -> dict[tuple[int, date], int]:
    """Ids of what could be inserted: a doctor who is elsewhere at the time is refused by the table."""
    rows = [_columns(one) | {"roster_id": one.roster_id, "day": one.day} | instead for one in planned]
    statement = upsert(ClinicSession).on_conflict_do_nothing().returning(ClinicSession.roster_id, ClinicSession.day, ClinicSession.id)
    found = await session.execute(statement, rows)
    return {(roster_id, day): session_id for roster_id, day, session_id in found if roster_id is not None}


async def fill(session: AsyncSession, by: By, clinics: Sequence[tuple[int, date, Sequence[plan.PlannedSlot]]]) -> None:
    """Slots and seats of new sessions: (session id, its day, its slots)."""
    cut = [(session_id, day, one) for session_id, day, slots in clinics for one in slots]
    rows = [
        {"session_id": session_id, "starts_at": moment(day, one.starts_at, by.zone), "ends_at": moment(day, one.ends_at, by.zone)}
        for session_id, day, one in cut
    ]
    ids = (await session.scalars(insert(ClinicSlot).returning(ClinicSlot.id, sort_by_parameter_order=True), rows)).all()
    numbers: Counter[int] = Counter()
    seats: list[dict[str, Any]] = []
    for slot_id, (session_id, _, one) in zip(ids, cut, strict=True):
        for sources in one.seats:
            numbers[session_id] += 1
            seats.append({"session_id": session_id, "slot_id": slot_id, "sources": list(sources), "number": numbers[session_id]})
    await session.execute(insert(ClinicSeat), seats)
