"""Events for patients and group customers: planning, invitations, attendance, summary.

In and out: rows. Must not send invitations. Invariant: an invitation is for one patient or one contact, once an event; who came was invited.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Pk, Removable, Timed, Versioned


class Event(Timed, Versioned, Removable, Base):
    """One event. `points`: what a member who comes is given; `summary` is written when it was held."""

    __tablename__ = "event"
    __table_args__ = (
        CheckConstraint("kind IN ('lecture', 'club', 'screening', 'open_day', 'corporate', 'other')", name="kind"),
        CheckConstraint("state IN ('planned', 'inviting', 'held', 'closed', 'cancelled')", name="state"),
        CheckConstraint("ends_at > starts_at", name="ends_at"),
        CheckConstraint("capacity > 0", name="capacity"),
        CheckConstraint("points BETWEEN 0 AND 10000", name="points"),
        CheckConstraint("budget >= 0", name="budget"),
        CheckConstraint("cost >= 0", name="cost"),
        CheckConstraint("state <> 'closed' OR length(trim(summary)) > 0", name="summary"),
        Index("ix_event_starts_at", "starts_at"),
    )

    id: Mapped[Pk]
    title: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), server_default="planned")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    capacity: Mapped[int | None]
    points: Mapped[int] = mapped_column(server_default="0")
    budget: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    cost: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    plan: Mapped[str] = mapped_column(server_default="")
    summary: Mapped[str] = mapped_column(server_default="")


class EventInvitation(Timed, Versioned, Base):
    """Somebody is invited, answers, and comes or not. `guests`: how many he brings."""

    __tablename__ = "event_invitation"
    __table_args__ = (
        CheckConstraint("num_nonnulls(patient_id, contact_id) = 1", name="patient_id"),
        CheckConstraint("channel IN ('phone', 'sms', 'wechat', 'email', 'letter')", name="channel"),
        CheckConstraint("state IN ('listed', 'invited', 'accepted', 'declined', 'attended', 'absent')", name="state"),
        CheckConstraint("guests BETWEEN 0 AND 20", name="guests"),
        CheckConstraint("(state = 'attended') = (attended_at IS NOT NULL)", name="attended_at"),
        Index("uq_event_invitation_patient", "event_id", "patient_id", unique=True, postgresql_where=text("patient_id IS NOT NULL")),
        Index("uq_event_invitation_contact", "event_id", "contact_id", unique=True, postgresql_where=text("contact_id IS NOT NULL")),
        Index("ix_event_invitation_patient_id", "patient_id"),
    )

    id: Mapped[Pk]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("corporate_contact.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(10), server_default="phone")
    state: Mapped[str] = mapped_column(String(10), server_default="listed")
    invited_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    attended_at: Mapped[datetime | None]
    guests: Mapped[int] = mapped_column(server_default="0")
    note: Mapped[str] = mapped_column(String(200), server_default="")
