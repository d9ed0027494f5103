"""The waiting list: who wants a seat that is not there, and how he comes to it.

In: a patient and what he wants. Out: the entry's id. Offers are made by `offers.offer`, confirmed by `book`. Raises BookingRefused.
Invariant: nobody waits while a seat that fits is free; nobody stands twice in the list of a department.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import seats
from crm.booking.appointments import release
from crm.booking.errors import BookingRefused
from crm.booking.policy import lock_patient
from crm.booking.slots import Wish, find_slots
from crm.booking.when import By
from crm.engine import audit
from crm.errors import InvalidValue, NotFound
from crm.models import Patient, WaitingEntry


@dataclass(frozen=True, slots=True)
class NewWish:
    """A place in the list. `half`: any | am | pm."""

    patient_id: int
    department_id: int
    first: date
    last: date
    doctor_id: int | None = None
    half: str = "any"
    contact_number: str = ""


async def wait_for_slot(session: AsyncSession, by: By, wish: NewWish) -> int:
    """The new entry's id."""
    _checked(by, wish)
    if await session.get(Patient, wish.patient_id) is None:
        raise BookingRefused("patient_missing")
    await lock_patient(session, wish.patient_id)
    await _not_twice(session, wish)
    if await find_slots(session, by, Wish(wish.department_id, wish.doctor_id, wish.first, wish.last, wish.half), limit=1):
        raise BookingRefused("free_now")
    entry = WaitingEntry(
        patient_id=wish.patient_id, department_id=wish.department_id, doctor_id=wish.doctor_id, first_day=wish.first, last_day=wish.last,
        half=wish.half, source=by.source, made_by=by.user_id, created_at=by.now,
        contact_number=wish.contact_number or await seats.contact_of(session, wish.patient_id),
    )  # fmt: skip
    session.add(entry)
    await session.flush()
    seen = {"patient_id": wish.patient_id, "department_id": wish.department_id, "doctor_id": wish.doctor_id}
    await audit.write(session, by.now, by.user_id, audit.Deed("waiting_entry.add", "waiting_entry", str(entry.id), seen))
    return entry.id


async def leave_waiting(session: AsyncSession, by: By, entry_id: int) -> None:
    """The patient does not wait any more; a seat that was offered to him goes on to the next."""
    entry = await session.get(WaitingEntry, entry_id, populate_existing=True)
    if entry is None:
        raise NotFound("waiting entry")
    if entry.state not in ("waiting", "offered"):
        raise BookingRefused("wrong_state", states="waiting or offered", state=entry.state)
    offered = entry.appointment_id if entry.state == "offered" else None
    if offered is not None:
        await release(session, by, offered)
    await session.refresh(entry)
    entry.state, entry.version, entry.changed_at = "cancelled", entry.version + 1, by.now
    await session.flush()
    await audit.write(session, by.now, by.user_id, audit.Deed("waiting_entry.cancel", "waiting_entry", str(entry.id)))


def _checked(by: By, wish: NewWish) -> None:
    if wish.last < wish.first or wish.last < by.today:
        raise InvalidValue("last_day", "is not before the first day, nor past", "choose later days")
    if wish.half not in ("any", "am", "pm"):
        raise InvalidValue("half", "is any, am or pm", "choose one of them")


async def _not_twice(session: AsyncSession, wish: NewWish) -> None:
    query = select(WaitingEntry.id).where(
        WaitingEntry.patient_id == wish.patient_id,
        WaitingEntry.department_id == wish.department_id,
        WaitingEntry.state.in_(("waiting", "offered")),
    )
    if await session.scalar(query.limit(1)) is not None:
        raise BookingRefused("waits_already")
