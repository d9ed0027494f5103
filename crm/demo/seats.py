"""Books seats of the invented hospital in bulk: planned in memory by the rules of booking, stored in four statements.

In: a session on a database whose clinics have seats, `By`, who is to sit where. Out: appointments with numbers, contacts and their entries in the
audit trail, as if each had been booked by `crm.booking.book_slot`. Must not be used where people book: it takes no locks.
Invariant: a seat is taken once, by a door that may take it; nobody is in two places at one time, nor twice in one clinic.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import By, trail
from crm.booking.numbers import appointment_number
from crm.booking.slots import LIVE, taken
from crm.engine import audit
from crm.models import Appointment, ClinicSeat, ClinicSession, ClinicSlot, ContactPhone, Doctor
from crm.models.booking import APPOINTMENT_NUMBERS


@dataclass(frozen=True, slots=True)
class Seat:
    """One free seat."""

    id: int
    slot_id: int
    session_id: int
    doctor_id: int
    starts_at: datetime
    ends_at: datetime
    price_fen: int
    sources: list[str]


@dataclass(slots=True)
class Plan:
    """Free seats, soonest first, and who has taken which. `busy`: a patient's appointments as (from, until, clinic)."""

    by: By
    free: dict[int, Seat]
    busy: dict[int, list[tuple[datetime, datetime, int]]]
    rows: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    async def of(cls, session: AsyncSession, by: By, last: date) -> Plan:
        """Everything that is free from now until the end of `last`."""
        columns = ClinicSlot.starts_at, ClinicSlot.ends_at, ClinicSession.price_fen, ClinicSeat.sources
        query = (
            select(ClinicSeat.id, ClinicSeat.slot_id, ClinicSeat.session_id, ClinicSession.doctor_id, *columns)
            .join(ClinicSlot, ClinicSlot.id == ClinicSeat.slot_id)
            .join(ClinicSession, ClinicSession.id == ClinicSeat.session_id)
            .join(Doctor, Doctor.id == ClinicSession.doctor_id)
            .where(ClinicSession.state == "open", ClinicSlot.starts_at > by.now, ClinicSession.day <= last, ~taken(by.now))
            .order_by(ClinicSlot.starts_at, Doctor.sort, Doctor.id, func.cardinality(ClinicSeat.sources), ClinicSeat.number)
        )
        free = {row.id: Seat(*row) for row in await session.execute(query)}
        mine = select(Appointment.patient_id, Appointment.starts_at, Appointment.ends_at, Appointment.session_id).where(Appointment.state.in_(LIVE))
        plan = cls(by, free, {})
        for patient, start, until, clinic in await session.execute(mine):
            if patient is not None:
                plan.busy.setdefault(patient, []).append((start, until, clinic))
        return plan

    def seats_of(self, doctor_id: int) -> list[Seat]:
        """This doctor's, that the door of `by` may take."""
        return [one for one in self.free.values() if one.doctor_id == doctor_id and self.by.source in one.sources]

    def any_seat(self, source: str, chance: random.Random) -> Seat | None:
        fitting = [one for one in self.free.values() if source in one.sources]
        return chance.choice(fitting) if fitting else None

    def take(self, patient: int, source: str, seat: Seat, note: str) -> bool:
        """False when this patient is elsewhere then, or in this clinic already."""
        others = self.busy.setdefault(patient, [])
        if any((seat.starts_at < until and start < seat.ends_at) or clinic == seat.session_id for start, until, clinic in others):
            return False
        del self.free[seat.id]
        others.append((seat.starts_at, seat.ends_at, seat.session_id))
        self.rows.append({
            "patient_id": patient, "source": source, "note": note, "seat_id": seat.id, "slot_id": seat.slot_id, "session_id": seat.session_id,
            "starts_at": seat.starts_at, "ends_at": seat.ends_at, "price_fen": seat.price_fen, "state": "booked", "booked_at": self.by.now,
        })  # fmt: skip
        return True

    async def store(self, session: AsyncSession) -> None:
        """Everything that was taken."""
        if not self.rows:
            return
        numbers = await session.scalars(select(APPOINTMENT_NUMBERS.next_value()).select_from(func.generate_series(1, len(self.rows)).alias()))
        contacts = await _contacts(session, [row["patient_id"] for row in self.rows])
        for row, number in zip(self.rows, numbers, strict=True):
            row |= {"number": appointment_number(number), "contact_number": contacts.get(row["patient_id"], "")}
        ids = await session.scalars(insert(Appointment).returning(Appointment.id, sort_by_parameter_order=True), self.rows)
        made = [Appointment(id=made, **row) for made, row in zip(ids, self.rows, strict=True)]
        deeds = (trail.deed(replace(self.by, source=one.source), "appointment.book", one) for one in made)
        await audit.write_many(session, self.by.now, self.by.user_id, deeds)
        self.rows = []


async def _contacts(session: AsyncSession, patients: list[int]) -> dict[int, str]:
    """The number at which each is best reached."""
    best = ContactPhone.rating.desc(), ContactPhone.relation != "本人", ContactPhone.id
    query = select(ContactPhone.patient_id, ContactPhone.number).where(ContactPhone.patient_id.in_(patients)).order_by(*best)
    found: dict[int, str] = {}
    for patient, number in (await session.execute(query)):
        found.setdefault(patient, number)
    return found
