"""What waits for one person: to-dos, reminders, unread announcements, follow-ups, messages, agreements that end, days of group customers, and
patients whom somebody must tell of their appointment.

In: who, when. Out: counts by kind and the most urgent entries. Must not change anything but `read`. Invariant: what is counted is what the
lists show for the same person: own work only, announcements of his roles only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Integer, Select, Text, and_, case, cast, exists, func, literal, null, or_, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.access.reach import within
from crm.errors import NotFound
from crm.models import (
    Announcement,
    AnnouncementRead,
    Appointment,
    BookingNotice,
    CallbackRequest,
    Complaint,
    FollowUpTask,
    Inquiry,
    Reminder,
    ToDo,
    VoiceMessage,
)
from crm.principal import Principal
from crm.things import bell_customers

SHOWN = 30
SOON = timedelta(days=1)
MOST_AT_ONCE = 500
WORK = ("to_do", "follow_up_task", "complaint", "inquiry")


@dataclass(frozen=True, slots=True)
class Bell:
    """`counts`: kind -> how many; `overdue`: of the open work, what is late; `items`: the most urgent first."""

    total: int = 0
    overdue: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)


def _line(kind: Any, key: Any, title: Any, at: Any, level: Any, patient: Any = None) -> Select[*tuple[Any, ...]]:
    """What waits; `level`: urgent, overdue, new or empty. What is urgent may be late, too."""
    return select(
        (literal(kind) if isinstance(kind, str) else kind).label("kind"), cast(key, Text).label("id"), cast(title, Text).label("title"),
        cast(at, DateTime(timezone=True)).label("at"),
        cast(level, Text).label("level"), cast(null() if patient is None else patient, Integer).label("patient_id"),
    )  # fmt: skip


async def bell(session: AsyncSession, who: Principal, now: datetime, today: date) -> Bell:
    """Everything that waits for `who`."""
    asked = {**_work(who, now), "reminder": _reminders(who, now), **bell_customers.waiting(_line, who, today)}
    lines = [_announcements(who, now), *(line for kind, line in asked.items() if who.may(f"{kind}.read"))]
    lines.append(bell_customers.handed(_line, who, frozenset(right.removesuffix(".read") for right in who.rights if right.endswith(".read"))))
    if who.may("message.read"):
        lines.append(_messages())
    if who.may("callback_request.take"):
        lines.append(_callbacks(who, now))
    if who.may("booking_notice.tell"):
        lines.append(_booked(who, now))
    waiting = union_all(*lines).subquery()
    late = (waiting.c.level == "overdue") | (waiting.c.kind.in_(WORK) & (waiting.c.at < now))
    totals = await session.execute(select(waiting.c.kind, func.count(), func.count().filter(late)).group_by(waiting.c.kind))
    counted = {kind: (n, overdue) for kind, n, overdue in totals.all()}
    rank = case((waiting.c.level == "urgent", 0), (waiting.c.level == "overdue", 1), (waiting.c.level == "new", 2),
        (waiting.c.kind == "announcement", 3), (waiting.c.kind == "member", 5), else_=4)
    rows = (await session.execute(select(waiting).order_by(rank, waiting.c.at.nulls_last(), waiting.c.id).limit(SHOWN))).mappings().all()
    items = [{**row, "at": row["at"].isoformat() if row["at"] else None} for row in rows]
    counts = {kind: n for kind, (n, _) in counted.items()}
    return Bell(sum(counts.values()), sum(overdue for _, overdue in counted.values()), counts, items)


@dataclass(frozen=True, slots=True)
class Coming:
    """When the next bells ring by the clock alone, and whose."""

    at: datetime
    people: frozenset[int]


async def coming(session: AsyncSession, now: datetime) -> Coming | None:
    """The next reminder or deadline of a to-do after `now`; None: there is none."""
    reminders = select(Reminder.remind_at.label("at"), Reminder.user_id.label("person")).where(Reminder.state == "waiting", Reminder.remind_at > now)
    to_dos = select(ToDo.due_at, ToDo.assigned_to).where(ToDo.closed_at.is_(None), ToDo.due_at > now, ToDo.assigned_to.is_not(None))
    rows = [
        (at, person) for query in (reminders, to_dos)
        for at, person in await session.execute(query.order_by(query.selected_columns[0]).limit(MOST_AT_ONCE))
    ]  # fmt: skip
    if not rows:
        return None
    at = min(at for at, _ in rows)
    return Coming(at, frozenset(person for when, person in rows if when == at))


def _late(due: Any, now: datetime, urgent: ColumnElement[bool] | None = None) -> Any:
    """'urgent', 'overdue' or ''."""
    late = case((due < now, "overdue"), else_="")
    return late if urgent is None else case((urgent, "urgent"), else_=late)


def _work(who: Principal, now: datetime) -> dict[str, Select[*tuple[Any, ...]]]:
    """What is assigned to him and open, by kind."""
    to_do = _line("to_do", ToDo.id, ToDo.title, ToDo.due_at, _late(ToDo.due_at, now, ToDo.priority == "urgent"), ToDo.patient_id)
    task = _line("follow_up_task", FollowUpTask.id, FollowUpTask.title, FollowUpTask.due_at, _late(FollowUpTask.due_at, now), FollowUpTask.patient_id)
    complaint_level = _late(Complaint.due_at, now, Complaint.urgency == "urgent")
    complaint = _line("complaint", Complaint.id, Complaint.subject, Complaint.due_at, complaint_level, Complaint.patient_id)
    inquiry = _line("inquiry", Inquiry.id, Inquiry.subject, Inquiry.due_at, _late(Inquiry.due_at, now), Inquiry.patient_id)
    return {
        "to_do": to_do.where(ToDo.assigned_to == who.id, ToDo.closed_at.is_(None)),
        "follow_up_task": task.where(FollowUpTask.assigned_to == who.id, FollowUpTask.state == "open"),
        "complaint": complaint.where(Complaint.assigned_to == who.id, Complaint.state.in_(("new", "handling")), Complaint.removed_at.is_(None)),
        "inquiry": inquiry.where(Inquiry.assigned_to == who.id, Inquiry.state.in_(("new", "assigned")), Inquiry.removed_at.is_(None)),
    }


def _for_him(who: Principal, now: datetime) -> ColumnElement[bool]:
    """Published, not over, for one of his roles."""
    return and_(
        Announcement.state == "published",
        or_(Announcement.expires_at.is_(None), Announcement.expires_at > now),
        or_(func.cardinality(Announcement.audience) == 0, Announcement.audience.overlap(list(who.roles))),
    )


def _announcements(who: Principal, now: datetime) -> Select[*tuple[Any, ...]]:
    read = exists().where(AnnouncementRead.announcement_id == Announcement.id, AnnouncementRead.user_id == who.id)
    level = case((Announcement.level == "urgent", "urgent"), else_="")
    return _line("announcement", Announcement.id, Announcement.title, Announcement.published_at, level).where(_for_him(who, now), ~read)


def _reminders(who: Principal, now: datetime) -> Select[*tuple[Any, ...]]:
    due = and_(Reminder.user_id == who.id, Reminder.state == "waiting", Reminder.remind_at <= now)
    return _line("reminder", Reminder.id, Reminder.title, Reminder.remind_at, literal("overdue"), Reminder.patient_id).where(due)


def _messages() -> Select[*tuple[Any, ...]]:
    return _line("message", VoiceMessage.id, VoiceMessage.purpose, VoiceMessage.left_at, literal("")).where(VoiceMessage.handled_at.is_(None))


def _callbacks(who: Principal, now: datetime) -> Select[*tuple[Any, ...]]:
    """Callers who want to be called back: those nobody has taken, and his."""
    line = _line("callback_request", CallbackRequest.id, CallbackRequest.queue, CallbackRequest.due_at, _late(CallbackRequest.due_at, now),
    CallbackRequest.patient_id)  # fmt: skip
    his = (CallbackRequest.state == "open") | ((CallbackRequest.state == "calling") & (CallbackRequest.assigned_to == who.id))
    return line.where(his)


def _booked(who: Principal, now: datetime) -> Select[*tuple[Any, ...]]:
    """Patients to be told: that a seat is held, and until when; that a clinic was stopped, and when it would have been."""
    offered = BookingNotice.kind == "offered"
    at = case((offered, Appointment.held_until), else_=Appointment.starts_at)
    level = case((offered | (Appointment.starts_at < now + SOON), "urgent"), else_="")
    line = _line("booking_notice", BookingNotice.id, BookingNotice.kind, at, level, BookingNotice.patient_id)
    mine = within(who, "booking_notice", "read", "tell")
    query = line.join(Appointment, Appointment.id == BookingNotice.appointment_id).where(BookingNotice.state == "open")
    return query if mine is None else query.where(mine)


# -- announcements ----------------------------------------------------------------------------------------------------


async def announcements(session: AsyncSession, who: Principal, now: datetime, *, limit: int = 50) -> Sequence[dict[str, Any]]:
    """Those for him, the newest first, each with the moment he read it or None."""
    read_at = select(AnnouncementRead.read_at).where(AnnouncementRead.announcement_id == Announcement.id, AnnouncementRead.user_id == who.id)
    columns = (Announcement.id, Announcement.kind, Announcement.level, Announcement.title, Announcement.body_html, Announcement.published_at)
    query = select(*columns, read_at.scalar_subquery().label("read_at")).where(_for_him(who, now))
    return [dict(row) for row in (await session.execute(query.order_by(Announcement.published_at.desc()).limit(limit))).mappings()]


async def readers(session: AsyncSession, ids: Sequence[int], _today: date) -> Mapping[int, int]:
    """announcement -> how many have read it, for a page of announcements."""
    query = select(AnnouncementRead.announcement_id, func.count()).where(AnnouncementRead.announcement_id.in_(ids))
    found = dict.fromkeys(ids, 0)
    for announcement, count in await session.execute(query.group_by(AnnouncementRead.announcement_id)):
        found[announcement] = count
    return found


async def read(session: AsyncSession, who: Principal, announcement_id: int, now: datetime) -> None:
    """He has read it; the first time counts. Raises NotFound for one that is not for him."""
    found = await session.scalar(select(Announcement.id).where(Announcement.id == announcement_id, _for_him(who, now)))
    if found is None:
        raise NotFound("announcement")
    row = insert(AnnouncementRead).values(announcement_id=announcement_id, user_id=who.id, read_at=now)
    await session.execute(row.on_conflict_do_nothing())
