"""What people of the hospital have to do and to know: to-dos, reminders, announcements and bulletins, and who has read them.

In and out: rows. Must not know screens. Invariant: a closed to-do says when; an announcement is read once by a user.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Authored, Base, Pk, Timed, Versioned


class ToDo(Timed, Versioned, Authored, Base):
    """Something one person has to do. `assigned_to` None: whoever takes it."""

    __tablename__ = "to_do"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'doing', 'done', 'cancelled')", name="state"),
        CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name="priority"),
        CheckConstraint("(state IN ('done', 'cancelled')) = (closed_at IS NOT NULL)", name="closed_at"),
        CheckConstraint("length(trim(title)) > 0", name="title"),
        Index("ix_to_do_open", "assigned_to", "due_at", postgresql_where=text("closed_at IS NULL")),
        Index("ix_to_do_due_at", "due_at", postgresql_where=text("closed_at IS NULL")),
        Index("ix_to_do_patient_id", "patient_id"),
    )

    id: Mapped[Pk]
    title: Mapped[str] = mapped_column(String(120))
    detail: Mapped[str] = mapped_column(server_default="")
    priority: Mapped[str] = mapped_column(String(8), server_default="normal")
    due_at: Mapped[datetime | None]
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(10), server_default="open")
    result: Mapped[str] = mapped_column(String(400), server_default="")
    closed_at: Mapped[datetime | None]


class Reminder(Timed, Versioned, Base):
    """A user wants to be told something at a moment."""

    __tablename__ = "reminder"
    __table_args__ = (
        CheckConstraint("length(trim(title)) > 0", name="title"),
        CheckConstraint("state IN ('waiting', 'done')", name="state"),
        Index("ix_reminder_remind_at", "remind_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_reminder_waiting", "user_id", "remind_at", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(120))
    remind_at: Mapped[datetime]
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(8), server_default="waiting")


class Announcement(Timed, Versioned, Authored, Base):
    """Something everybody, or everybody of some roles, shall read. `audience`: role codes; empty: all."""

    __tablename__ = "announcement"
    __table_args__ = (
        CheckConstraint("kind IN ('announcement', 'bulletin')", name="kind"),
        CheckConstraint("level IN ('normal', 'important', 'urgent')", name="level"),
        CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name="state"),
        CheckConstraint("state <> 'published' OR published_at IS NOT NULL", name="published_at"),
        CheckConstraint("length(trim(title)) > 0", name="title"),
        Index("ix_announcement_published", "published_at", postgresql_where=text("state = 'published'")),
    )

    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(String(12), server_default="announcement")
    level: Mapped[str] = mapped_column(String(10), server_default="normal")
    title: Mapped[str] = mapped_column(String(120))
    body_html: Mapped[str] = mapped_column(server_default="")
    audience: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    state: Mapped[str] = mapped_column(String(10), server_default="draft")
    published_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class AnnouncementRead(Base):
    """A user has read an announcement."""

    __tablename__ = "announcement_read"
    __table_args__ = (Index("ix_announcement_read_user_id", "user_id"),)

    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcement.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    read_at: Mapped[datetime]
