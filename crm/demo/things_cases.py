"""Loads the invented hospital's complaints, enquiries, to-dos, reminders and announcements.

In: the world of crm.demo.world. Out: rows. Must not give a case to a patient whom it cannot concern. Invariant: the same for the same people and
day; what is answered or closed has its result, and was so after it came in.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm.demo.case_words import COMPLAINTS, DONE, INQUIRIES, REMINDERS, SATISFIED, TO_DOS
from crm.demo.hours import ago, ahead, at
from crm.demo.things_knowledge import ANNOUNCEMENTS
from crm.demo.world import World, added
from crm.models import Announcement, AnnouncementRead, Complaint, Inquiry, Reminder, ToDo

Row = dict[str, Any]
COMPLAINANTS = 2 * len(COMPLAINTS)
ASKERS = 2 * len(INQUIRIES)
TASKS = 40


async def load(session: AsyncSession, known: World) -> None:
    await added(session, Complaint, [_complaint(known, n) for n in range(COMPLAINANTS)])
    await added(session, Inquiry, [_inquiry(known, n) for n in range(ASKERS)])
    await _tasks(session, known)
    await _announcements(session, known)


def _complaint(known: World, n: int) -> Row:
    """The first ones are of these days; the same ones again, long closed, of the months before."""
    kind, subject, content, state, department, channel, result = COMPLAINTS[n % len(COMPLAINTS)]
    draw, old = known.random, n >= len(COMPLAINTS)
    who = known.somebody(department, oldest=120, youngest=0 if department == "paediatrics" else 18)
    came = ago(known.now, draw.randint(30, 120) if old else draw.randint(0, 9), draw.choice((9, 10, 11, 14, 15, 16)), draw.randint(0, 59))
    state, result = ("closed", result or "已与当事人沟通并致歉，改进措施已在科室落实。") if old else (state, result)
    closed = came + timedelta(days=2, hours=draw.randint(0, 5)) if state == "closed" else None
    return {
        "kind": kind, "subject": subject, "content": content, "state": state, "channel": channel, "result": result, "received_at": came,
        "due_at": came + timedelta(days=1 if kind in ("dispute", "media") else 3), "urgency": "high" if kind in ("dispute", "media") else "normal",
        "patient_id": None if kind == "media" else who.id, "complainant": "" if kind == "media" else who.name if n % 3 else known.name(),
        "complainant_phone": "" if kind == "media" else who.number, "department_id": known.departments.get(department),
        "doctor_id": who.doctor_id if department and who.department_id == known.departments.get(department) and n % 2 else None,
        "assigned_to": None if state == "new" else known.user("agent05", "supervisor01"), "created_by": known.user("agent01", "agent02"),
        "closed_at": min(closed, known.now) if closed else None, "satisfied": SATISFIED[n % len(SATISFIED)] if state == "closed" else None,
    }  # fmt: skip


def _inquiry(known: World, n: int) -> Row:
    subject, question, department, gender, youngest, oldest, answer = INQUIRIES[n % len(INQUIRIES)]
    draw, old = known.random, n >= len(INQUIRIES)
    who = known.somebody(department, gender, youngest, oldest)
    came = ago(known.now, draw.randint(15, 60) if old else draw.randint(1, 6), draw.choice((9, 10, 14, 15)), draw.randint(0, 59))
    state = "closed" if old else ("new", "assigned", "answered")[n % 3]
    answered = state in ("answered", "closed")
    return {
        "subject": subject, "question": question, "state": state, "received_at": came, "due_at": came + timedelta(days=2), "patient_id": who.id,
        "asker": who.name, "asker_phone": who.number, "department_id": known.departments.get(department),
        "assigned_to": None if state == "new" else known.user("agent05", "agent06"), "answer": answer if answered else "",
        "answered_at": min(came + timedelta(hours=20), known.now) if answered else None,
        "answered_by": known.user("supervisor01", "agent05") if answered else None, "created_by": known.user("agent01", "agent03"),
    }  # fmt: skip


async def _tasks(session: AsyncSession, known: World) -> None:
    agents = sorted(name for name in known.users if name.startswith("agent"))
    await added(session, ToDo, [_to_do(known, n, agents) for n in range(TASKS)])
    await added(session, Reminder, [
        {"user_id": known.users[name], "title": REMINDERS[n % len(REMINDERS)],
         "remind_at": ahead(known.now, 0, 15) if n % 2 else known.now - timedelta(minutes=20)}
        for n, name in enumerate(agents)
    ])  # fmt: skip


def _to_do(known: World, n: int, agents: list[str]) -> Row:
    """Some late, most of today and the next days, every fifth done."""
    draw = known.random
    title, detail, department = TO_DOS[n % len(TO_DOS)]
    state = ("open", "open", "doing", "open", "done")[n % 5]
    due = ago(known.now, 1, 17) if n % 8 == 7 else ahead(known.now, draw.randint(0, 3), draw.choice((10, 11, 15, 17)))
    return {
        "title": title, "detail": detail, "priority": draw.choice(("normal", "normal", "high", "low")) if n % 9 else "urgent",
        "patient_id": known.somebody(department, "female" if department == "obstetrics" else "").id, "due_at": due, "state": state,
        "department_id": known.departments.get(department), "assigned_to": known.user(agents[n % len(agents)]) if agents else None,
        "closed_at": ago(known.now, 0, draw.choice((9, 10, 11))) if state == "done" else None,
        "result": DONE[n % len(DONE)] if state == "done" else "", "created_by": known.user("supervisor01"),
    }  # fmt: skip


async def _announcements(session: AsyncSession, known: World) -> None:
    made = await added(session, Announcement, [
        {"kind": kind, "level": level, "title": title, "body_html": body, "audience": list(roles), "state": state,
         "published_at": None if state == "draft" else ago(known.now, n, 8, 30), "created_by": known.user("supervisor01"),
         "expires_at": at(known.now, 1, 6) if level == "urgent" else None}
        for n, (kind, level, title, body, roles, state) in enumerate(ANNOUNCEMENTS)
    ])  # fmt: skip
    readers = [known.users[name] for name in ("agent03", "agent04", "agent05") if name in known.users]
    read = [
        {"announcement_id": one, "user_id": user, "read_at": ago(known.now, 0, 8, 45)}
        for n, (one, row) in enumerate(zip(made, ANNOUNCEMENTS, strict=True)) if row[5] == "published" and n > 0 for user in readers[: 3 - n % 2]
    ]  # fmt: skip
    if read:
        await session.execute(insert(AnnouncementRead), read)

