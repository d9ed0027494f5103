"""Patients beyond somebody's reach, for code that works with patients by their ids and not through the store.

In: who asks, ids of patients, a booking by its id or number; a clinic or department. Out: whether it is one he may not see; conditions for
queries. Must not say which.
Invariant: a patient that does not exist is beyond nobody's reach; whoever works with him says so itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.registry import registry
from crm.engine.store_ask import reach, reach_of
from crm.errors import NotFound
from crm.models import ClinicSession, ClinicSlot, Doctor
from crm.principal import Principal


@dataclass(frozen=True, slots=True)
class Booked:
    """A row of `thing`, which has a patient, found by `column`."""

    thing: str
    column: str
    value: int | str


async def beyond(session: AsyncSession, who: Principal, ids: Collection[int], booked: Booked | None = None, right: str = "patient.read") -> bool:
    """Is one of these patients, or the one of this booking, out of reach of `right` or not to be seen at all?"""
    patient = registry().by_name["patient"]
    limit = reach_of(patient, registry(), who, "patient.read", right)
    if limit is None:
        return False
    named = patient.keys[0].in_(list(ids))
    if booked is not None:
        columns = registry().by_name[booked.thing].table.columns
        named |= patient.keys[0].in_(select(columns["patient_id"]).where(columns[booked.column] == booked.value))
    return await session.scalar(select(patient.keys[0]).where(named, limit.is_not(true())).limit(1)) is not None


def within(who: Principal, thing: str, *actions: str) -> Any | None:
    """The condition of the rows of this thing that every one of these rights reaches; None: all."""
    return reach(registry().by_name[thing], registry(), who, *actions)


async def clinic_within(session: AsyncSession, who: Principal, action: str, *, session_id: int | None = None, slot_id: int | None = None) -> None:
    """Raises NotFound for a clinic, named by itself or by a slot, that is not seen or that this right does not reach."""
    limit = within(who, "clinic_session", "read", action)
    if limit is None:
        return
    of_slot = select(ClinicSlot.session_id).where(ClinicSlot.id == slot_id)
    named = ClinicSession.id == session_id if session_id is not None else ClinicSession.id.in_(of_slot)
    if await session.scalar(select(ClinicSession.id).where(named, limit)) is None:
        raise NotFound("clinic session")


async def department_within(
    session: AsyncSession, who: Principal, right: str, department_id: int | None = None, doctor_id: int | None = None
) -> None:
    """Raises NotFound for a department, or a doctor of one, that this right does not reach."""
    scope = who.scope_of(right)
    if scope == "hospital":
        return
    mine = list(who.department_ids) if scope == "department" else []
    if department_id is not None and department_id not in mine:
        raise NotFound("department")
    if doctor_id is not None and await session.scalar(select(Doctor.id).where(Doctor.id == doctor_id, Doctor.department_id.in_(mine))) is None:
        raise NotFound("doctor")
