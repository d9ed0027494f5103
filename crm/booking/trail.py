"""What booking writes into the audit trail.

In: the deed and the appointment it was done to. Out: an audit entry in the same transaction. Must not hold names or telephone numbers.
Invariant: it is written last, as the chain's end stays locked until the transaction ends.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking.when import By
from crm.engine import audit
from crm.models import Appointment


def deed(by: By, action: str, row: Appointment, **more: Any) -> audit.Deed:
    """What is kept of a deed done to one appointment."""
    seen = {
        "number": row.number, "patient_id": row.patient_id, "session_id": row.session_id, "slot_id": row.slot_id, "state": row.state,
        "starts_at": row.starts_at.isoformat(), "source": by.source,
    }  # fmt: skip
    return audit.Deed(action, "appointment", str(row.id), seen | more)


async def write(session: AsyncSession, by: By, action: str, row: Appointment, **more: Any) -> None:
    """One deed done to one appointment."""
    await audit.write(session, by.now, by.user_id, deed(by, action, row, **more))


async def of_session(session: AsyncSession, by: By, action: str, session_id: int, **more: Any) -> None:
    """One deed done to a clinic session."""
    await audit.write(session, by.now, by.user_id, audit.Deed(action, "clinic_session", str(session_id), more))
