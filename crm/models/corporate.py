"""Group customers: firms and bodies whose people we look after, and how they became that.

In and out: rows. Must not hold patients' data. Invariant: a lost opportunity says why, an agreement ends after it begins, a reminder of the
year names a day that exists.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Pk, Removable, Timed, Versioned


class CorporateClient(Timed, Versioned, Removable, Base):
    """One group customer. `owner_id`: who looks after it."""

    __tablename__ = "corporate_client"
    __table_args__ = (
        CheckConstraint("state IN ('prospect', 'active', 'paused', 'ended')", name="state"),
        CheckConstraint("grade IN ('A', 'B', 'C')", name="grade"),
        CheckConstraint("employees >= 0", name="employees"),
        CheckConstraint("length(trim(name)) > 0", name="name"),
        Index("ix_corporate_client_owner_id", "owner_id"),
    )

    id: Mapped[Pk]
    name: Mapped[str] = mapped_column(String(120), unique=True)
    initials: Mapped[str] = mapped_column(String(40), server_default="")
    industry: Mapped[str] = mapped_column(String(40), server_default="")
    employees: Mapped[int | None]
    grade: Mapped[str] = mapped_column(String(1), server_default="B")
    state: Mapped[str] = mapped_column(String(10), server_default="prospect")
    address: Mapped[str] = mapped_column(String(200), server_default="")
    phone: Mapped[str] = mapped_column(String(40), server_default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str] = mapped_column(server_default="")


class CorporateContact(Timed, Versioned, Base):
    """Somebody at a group customer whom we speak with."""

    __tablename__ = "corporate_contact"
    __table_args__ = (CheckConstraint("length(trim(name)) > 0", name="name"), Index("ix_corporate_contact_client_id", "client_id"))

    id: Mapped[Pk]
    client_id: Mapped[int] = mapped_column(ForeignKey("corporate_client.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[str] = mapped_column(String(60), server_default="")
    phone: Mapped[str] = mapped_column(String(40), server_default="")
    email: Mapped[str] = mapped_column(String(120), server_default="")
    birthday: Mapped[date | None]
    decides: Mapped[bool] = mapped_column(server_default="false")


class CorporateLead(Timed, Versioned, Base):
    """A hint that somebody might become a group customer; `client_id` once it did."""

    __tablename__ = "corporate_lead"
    __table_args__ = (
        CheckConstraint("state IN ('new', 'contacted', 'qualified', 'converted', 'dropped')", name="state"),
        CheckConstraint("state <> 'converted' OR client_id IS NOT NULL", name="client_id"),
        Index("ix_corporate_lead_assigned_to", "assigned_to"),
    )

    id: Mapped[Pk]
    name: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(40), server_default="")
    contact_name: Mapped[str] = mapped_column(String(80), server_default="")
    phone: Mapped[str] = mapped_column(String(40), server_default="")
    interest: Mapped[str] = mapped_column(String(200), server_default="")
    state: Mapped[str] = mapped_column(String(10), server_default="new")
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    client_id: Mapped[int | None] = mapped_column(ForeignKey("corporate_client.id", ondelete="SET NULL"))
    note: Mapped[str] = mapped_column(server_default="")


class CorporateOpportunity(Timed, Versioned, Base):
    """Something a group customer may buy. `chance`: percent."""

    __tablename__ = "corporate_opportunity"
    __table_args__ = (
        CheckConstraint("stage IN ('contact', 'needs', 'proposal', 'negotiation', 'won', 'lost')", name="stage"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("chance BETWEEN 0 AND 100", name="chance"),
        CheckConstraint("stage <> 'lost' OR length(trim(lost_reason)) > 0", name="lost_reason"),
        Index("ix_corporate_opportunity_client_id", "client_id"),
        Index("ix_corporate_opportunity_open", "expected_on", postgresql_where=text("stage NOT IN ('won', 'lost')")),
    )

    id: Mapped[Pk]
    client_id: Mapped[int] = mapped_column(ForeignKey("corporate_client.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(120))
    stage: Mapped[str] = mapped_column(String(12), server_default="contact")
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 2), server_default=text("0"))
    chance: Mapped[int] = mapped_column(server_default="20")
    expected_on: Mapped[date | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    lost_reason: Mapped[str] = mapped_column(String(200), server_default="")
    note: Mapped[str] = mapped_column(server_default="")


class CorporateVisit(Timed, Versioned, Base):
    """We spoke with a group customer, and what follows."""

    __tablename__ = "corporate_visit"
    __table_args__ = (
        CheckConstraint("kind IN ('visit', 'call', 'meeting', 'reception')", name="kind"),
        CheckConstraint("next_on >= visited_at::date", name="next_on"),
        Index("ix_corporate_visit_client_id_visited_at", "client_id", "visited_at"),
    )

    id: Mapped[Pk]
    client_id: Mapped[int] = mapped_column(ForeignKey("corporate_client.id", ondelete="CASCADE"))
    opportunity_id: Mapped[int | None] = mapped_column(ForeignKey("corporate_opportunity.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(10), server_default="visit")
    visited_at: Mapped[datetime]
    visited_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    summary: Mapped[str]
    next_step: Mapped[str] = mapped_column(String(200), server_default="")
    next_on: Mapped[date | None]


class CorporateAgreement(Timed, Versioned, Base):
    """A contract with a group customer. `remind_days`: so long before its end somebody is told; `renewal_id`: the one that follows it."""

    __tablename__ = "corporate_agreement"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'active', 'ended', 'cancelled')", name="state"),
        CheckConstraint("valid_to > valid_from", name="valid_to"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("discount_percent BETWEEN 0 AND 100", name="discount_percent"),
        CheckConstraint("remind_days BETWEEN 0 AND 365", name="remind_days"),
        CheckConstraint("state = 'draft' OR signed_on IS NOT NULL", name="signed_on"),
        Index("ix_corporate_agreement_client_id", "client_id"),
        Index("ix_corporate_agreement_ending", "valid_to", postgresql_where=text("state = 'active'")),
    )

    id: Mapped[Pk]
    client_id: Mapped[int] = mapped_column(ForeignKey("corporate_client.id", ondelete="CASCADE"))
    number: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    signed_on: Mapped[date | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 2), server_default=text("0"))
    discount_percent: Mapped[int] = mapped_column(server_default="0")
    remind_days: Mapped[int] = mapped_column(server_default="60")
    state: Mapped[str] = mapped_column(String(10), server_default="draft")
    renewal_id: Mapped[int | None] = mapped_column(ForeignKey("corporate_agreement.id", ondelete="SET NULL"))
    content: Mapped[str] = mapped_column(server_default="")


class CorporateReminder(Timed, Versioned, Base):
    """Something to do for a group customer on the same day each year. `done_year`: the last year in which it was done."""

    __tablename__ = "corporate_reminder"
    __table_args__ = (
        CheckConstraint("month BETWEEN 1 AND 12", name="month"),
        CheckConstraint("day BETWEEN 1 AND CASE WHEN month = 2 THEN 28 WHEN month IN (4, 6, 9, 11) THEN 30 ELSE 31 END", name="day"),
        CheckConstraint("lead_days BETWEEN 0 AND 90", name="lead_days"),
        CheckConstraint("state IN ('active', 'stopped')", name="state"),
        Index("ix_corporate_reminder_client_id", "client_id"),
    )

    id: Mapped[Pk]
    client_id: Mapped[int] = mapped_column(ForeignKey("corporate_client.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(120))
    month: Mapped[int]
    day: Mapped[int]
    lead_days: Mapped[int] = mapped_column(server_default="7")
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    done_year: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(10), server_default="active")
