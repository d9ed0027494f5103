"""Callback wishes and ratings that callers leave.

In: the caller, what he keyed in. Out: `Answer`s and rows. Must not ring anybody: agents see open wishes in their lists. Invariant: a number waits
once in a queue, and a call is rated once; who answered it is read from the call, not from the caller.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.ivr.acts import Answer, Caller
from crm.ivr.policy import policy
from crm.models import CallbackRequest, CallPerson, CallRating, ContactPhone, Queue


async def callback(session: AsyncSession, caller: Caller, queue: str) -> Answer:
    """Somebody of `queue` calls back. Unavailable for a hidden number, or a queue that is not there."""
    open_queue = await session.scalar(select(Queue.name).where(Queue.name == queue, Queue.active))
    if not caller.number or open_queue is None:
        return Answer("unavailable")
    due = caller.now + timedelta(hours=(await policy(session)).callback_hours)
    row = insert(CallbackRequest).values(
        number=caller.number, patient_id=await _patient(session, caller), queue=queue, language=caller.language, due_at=due, linkedid=caller.linkedid
    )
    made = await session.scalar(row.on_conflict_do_nothing().returning(CallbackRequest.id))
    return Answer("already") if made is None else Answer("requested", {"id": str(made)})


async def _patient(session: AsyncSession, caller: Caller) -> int | None:
    """Who identified himself in this call, or the only one who has this number."""
    himself = select(CallPerson.patient_id).where(CallPerson.linkedid == caller.linkedid, CallPerson.own).limit(1)
    if (found := await session.scalar(himself)) is not None:
        return found
    at_number = (await session.scalars(select(ContactPhone.patient_id).where(ContactPhone.number == caller.number).limit(2))).all()
    return at_number[0] if len(at_number) == 1 else None


async def rate(session: AsyncSession, caller: Caller, score: str) -> Answer:
    """1 to 5 for this call; the first answer counts."""
    if score not in ("1", "2", "3", "4", "5"):
        return Answer("invalid")
    row = insert(CallRating).values(linkedid=caller.linkedid, score=int(score), language=caller.language, created_at=caller.now)
    await session.execute(row.on_conflict_do_nothing(index_elements=["linkedid"]))
    return Answer("rated")
