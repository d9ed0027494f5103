"""Complaints and enquiries as they come in, and what became of them.

In and out: rows. Must not decide who handles what. Invariant: what is closed has a result and a moment; an answered enquiry has its answer.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Authored, Base, Pk, Removable, Timed, Versioned

CHANNELS = "('phone', 'voice_message', 'web', 'wechat', 'letter', 'visit', 'media')"


class Complaint(Timed, Versioned, Removable, Authored, Base):
    """One complaint, suggestion, praise, dispute or media event. `linkedid`: the call in which it was made."""

    __tablename__ = "complaint"
    __table_args__ = (
        CheckConstraint("kind IN ('complaint', 'suggestion', 'praise', 'dispute', 'media')", name="kind"),
        CheckConstraint(f"channel IN {CHANNELS}", name="channel"),
        CheckConstraint("urgency IN ('normal', 'high', 'urgent')", name="urgency"),
        CheckConstraint("state IN ('new', 'handling', 'answered', 'closed')", name="state"),
        CheckConstraint("length(trim(subject)) > 0", name="subject"),
        CheckConstraint("state NOT IN ('answered', 'closed') OR length(trim(result)) > 0", name="result"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
        CheckConstraint("satisfied BETWEEN 1 AND 5", name="satisfied"),
        Index("ix_complaint_open", "due_at", postgresql_where=text("state <> 'closed'")),
        Index("ix_complaint_patient_id_received_at", "patient_id", "received_at"),
        Index("ix_complaint_received_at", "received_at"),
    )

    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(120))
    content: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str] = mapped_column(String(14), server_default="phone")
    urgency: Mapped[str] = mapped_column(String(8), server_default="normal")
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    complainant: Mapped[str] = mapped_column(String(80), server_default="")
    complainant_phone: Mapped[str] = mapped_column(String(40), server_default="")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    doctor_id: Mapped[int | None] = mapped_column(ForeignKey("doctor.id"))
    linkedid: Mapped[str | None] = mapped_column(String(80))
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_at: Mapped[datetime | None]
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    state: Mapped[str] = mapped_column(String(10), server_default="new")
    result: Mapped[str] = mapped_column(server_default="")
    satisfied: Mapped[int | None]
    closed_at: Mapped[datetime | None]


class Inquiry(Timed, Versioned, Removable, Authored, Base):
    """A question that nobody could answer at once, for a department or doctor."""

    __tablename__ = "inquiry"
    __table_args__ = (
        CheckConstraint(f"channel IN {CHANNELS}", name="channel"),
        CheckConstraint("state IN ('new', 'assigned', 'answered', 'closed')", name="state"),
        CheckConstraint("length(trim(question)) > 0", name="question"),
        CheckConstraint("state NOT IN ('answered', 'closed') OR length(trim(answer)) > 0", name="answer"),
        CheckConstraint("state NOT IN ('answered', 'closed') OR answered_at IS NOT NULL", name="answered_at"),
        Index("ix_inquiry_open", "due_at", postgresql_where=text("state <> 'closed'")),
        Index("ix_inquiry_patient_id_received_at", "patient_id", "received_at"),
        Index("ix_inquiry_received_at", "received_at"),
    )

    id: Mapped[Pk]
    subject: Mapped[str] = mapped_column(String(120))
    question: Mapped[str]
    channel: Mapped[str] = mapped_column(String(14), server_default="phone")
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    asker: Mapped[str] = mapped_column(String(80), server_default="")
    asker_phone: Mapped[str] = mapped_column(String(40), server_default="")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    doctor_id: Mapped[int | None] = mapped_column(ForeignKey("doctor.id"))
    linkedid: Mapped[str | None] = mapped_column(String(80))
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_at: Mapped[datetime | None]
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    state: Mapped[str] = mapped_column(String(10), server_default="new")
    answer: Mapped[str] = mapped_column(server_default="")
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None]
