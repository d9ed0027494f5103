"""Follow-up tasks: one due contact with one patient.

In and out: rows. Must not decide when to call. Invariant: a task that is not open has a moment at which it closed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Pk, Timed


class FollowUpTask(Timed, Base):
    """`linkedid`: the call in which the next contact was agreed, if one was."""

    __tablename__ = "follow_up_task"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'done', 'cancelled')", name="state"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
        Index("ix_follow_up_task_open", "patient_id", "due_at", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), server_default="open")
    closed_at: Mapped[datetime | None]
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    linkedid: Mapped[str | None] = mapped_column(String(80), unique=True)
