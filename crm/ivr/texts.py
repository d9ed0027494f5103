"""Text messages: written from a template, kept until a gateway has taken them, with a reason when none did.

In: a template's code with values, the caller; later what the gateway said. Out: rows of `text_message`. Must not know how a gateway speaks.
Invariant: a message is written once a call and occasion; it is `sent` only when a gateway took it, and `no_gateway` where there is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm import jobs
from crm.booking import AppointmentView, appointment
from crm.errors import NotFound
from crm.ivr import identification
from crm.ivr.acts import Answer, Caller
from crm.models import TextMessage, TextTemplate

JOB = "send_text"
MOST_TRIES = 5
AGAIN_AFTER = timedelta(minutes=1)
LONGEST = 700
_GAP = re.compile(r"\{([a-z_]+)\}")
_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: the hospital's names, the number to call back, and whether a gateway is configured."""

    name_zh: str
    name_en: str
    hotline: str
    has_gateway: bool


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a gateway is given. `key` is the same at every try, so that it can drop a repeat."""

    id: int
    key: str
    number: str
    body: str
    attempts: int


# -- writing --------------------------------------------------------------------------------------------------------------------


async def text(session: AsyncSession, caller: Caller, template: str, given: Mapping[str, str], sender: Sender) -> Answer:
    """A message to the caller's number. `appointment` among the values stands for everything that is told of it."""
    words = await session.get(TextTemplate, template)
    if words is None or not words.active or not caller.number:
        return Answer("refused", {"reason": "template" if caller.number else "number"})
    found = await _appointment(session, caller, given)
    if isinstance(found, Answer):
        return found
    values = {**given, **_of_sender(sender, caller.language), **(_written(found, caller.language) if found else {})}
    body = _filled(words.body_en if caller.language == "en" else words.body_zh, values)
    if body is None:
        return Answer("refused", {"reason": "value"})
    row = TextMessage(
        number=caller.number, patient_id=found.patient_id if found else None, template=template, language=caller.language, body=body[:LONGEST],
        state="waiting" if sender.has_gateway else "no_gateway", linkedid=caller.linkedid,
        reason="" if sender.has_gateway else "没有配置短信网关 · no gateway for text messages is configured",
    )  # fmt: skip
    session.add(row)
    await session.flush()
    if sender.has_gateway:
        await jobs.enqueue(session, JOB, {str(row.id): {"linkedid": str(row.id)}})
    return Answer("sent" if sender.has_gateway else "unavailable", {"id": str(row.id)})


async def _appointment(session: AsyncSession, caller: Caller, given: Mapping[str, str]) -> AppointmentView | Answer | None:
    """The one that is named, when this call may hear of it."""
    named = given.get("appointment", "")
    if not named:
        return None
    try:
        found = await appointment(session, caller.by, int(named)) if named.isascii() and named.isdigit() and len(named) < 10 else None
    except NotFound:
        found = None
    if found is None or found.patient_id is None or not await identification.may(session, caller.linkedid, found.patient_id, "appointments"):
        return Answer("refused", {"reason": "not_allowed"})
    return found


def _of_sender(sender: Sender, language: str) -> dict[str, str]:
    return {"hospital": sender.name_en if language == "en" else sender.name_zh, "hotline": sender.hotline}


def _written(one: AppointmentView, language: str) -> dict[str, str]:
    english = language == "en"
    day = f"{one.day.day} {_MONTHS[one.day.month - 1]}" if english else f"{one.day.month}月{one.day.day}日"
    return {
        "patient": one.patient, "number": one.number, "day": day, "time": one.starts.strftime("%H:%M"),
        "department": one.department_en if english else one.department_zh, "doctor": one.doctor_en if english else one.doctor_zh,
        "place": (one.place_en or one.department_en) if english else (one.place_zh or one.department_zh),
    }  # fmt: skip


def _filled(words: str, values: Mapping[str, str]) -> str | None:
    """None when a value is missing: half a message is worse than none."""
    missing = [name for name in _GAP.findall(words) if not values.get(name)]
    return None if missing else _GAP.sub(lambda found: values[found[1]], words)


# -- sending --------------------------------------------------------------------------------------------------------------------


async def next_try(session: AsyncSession, message_id: int, now: datetime) -> Outgoing | None:
    """Count a try and give what is to be sent; None when it is not waiting any more."""
    row = await session.get(TextMessage, message_id, with_for_update=True, populate_existing=True)
    if row is None or row.state != "waiting":
        return None
    row.attempts, row.version, row.changed_at = row.attempts + 1, row.version + 1, now
    return Outgoing(row.id, f"text-{row.id}", row.number, row.body, row.attempts)


async def was_sent(session: AsyncSession, message_id: int, now: datetime) -> None:
    await _close(session, message_id, now, "sent", "")


async def was_refused(session: AsyncSession, message_id: int, now: datetime, reason: str, *, final: bool) -> None:
    """The gateway said no, or nothing. Waits for its next try, until it had MOST_TRIES."""
    attempts = await session.scalar(select(TextMessage.attempts).where(TextMessage.id == message_id)) or 0
    await _close(session, message_id, now, "failed" if final or attempts >= MOST_TRIES else "waiting", reason)


async def no_gateway(session: AsyncSession, message_id: int, now: datetime) -> None:
    """The gateway was taken away while it waited."""
    await _close(session, message_id, now, "no_gateway", "没有配置短信网关 · no gateway for text messages is configured")


async def _close(session: AsyncSession, message_id: int, now: datetime, state: str, reason: str) -> None:
    values = {"state": state, "reason": reason[:300], "sent_at": now if state == "sent" else None, "changed_at": now}
    waiting = TextMessage.id == message_id, TextMessage.state == "waiting"
    await session.execute(update(TextMessage).where(*waiting).values(**values, version=TextMessage.version + 1))


async def queue_again(session: AsyncSession, now: datetime) -> int:
    """Jobs for what waits since a while: tries that failed, and messages somebody sends once more in the page. How many."""
    query = select(TextMessage.id).where(TextMessage.state == "waiting", TextMessage.changed_at < now - AGAIN_AFTER).limit(200)
    ids = (await session.scalars(query)).all()
    await jobs.enqueue(session, JOB, {str(one): {"linkedid": str(one)} for one in ids})
    return len(ids)
