"""Partners and suppliers: who they are, what was agreed, how well they do.

In and out: rows. Must not hold patients' data. Invariant: an agreement ends after it begins; one appraisal a partner and period.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Authored, Base, Pk, Removable, Timed, Versioned

_SUM = "quality + delivery + price + service"
PARTNER_SCORE = f"({_SUM} + 2) / 4"
PARTNER_GRADE = f"CASE WHEN {_SUM} >= 352 THEN 'A' WHEN {_SUM} >= 312 THEN 'B' WHEN {_SUM} >= 260 THEN 'C' ELSE 'D' END"


class Partner(Timed, Versioned, Removable, Base):
    """A body that works with the hospital or sells to it."""

    __tablename__ = "partner"
    __table_args__ = (
        CheckConstraint("kind IN ('partner', 'supplier')", name="kind"),
        CheckConstraint("state IN ('candidate', 'active', 'suspended', 'ended')", name="state"),
        CheckConstraint("length(trim(name)) > 0", name="name"),
    )

    id: Mapped[Pk]
    name: Mapped[str] = mapped_column(String(120), unique=True)
    initials: Mapped[str] = mapped_column(String(40), server_default="")
    kind: Mapped[str] = mapped_column(String(10))
    category: Mapped[str] = mapped_column(String(40), server_default="")
    state: Mapped[str] = mapped_column(String(10), server_default="candidate")
    contact_name: Mapped[str] = mapped_column(String(80), server_default="")
    phone: Mapped[str] = mapped_column(String(40), server_default="")
    email: Mapped[str] = mapped_column(String(120), server_default="")
    address: Mapped[str] = mapped_column(String(200), server_default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str] = mapped_column(server_default="")


class PartnerAgreement(Timed, Versioned, Base):
    """A contract with a partner or supplier. `remind_days`: so long before its end somebody is told; `renewal_id`: the one that follows it."""

    __tablename__ = "partner_agreement"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'active', 'ended', 'cancelled')", name="state"),
        CheckConstraint("valid_to > valid_from", name="valid_to"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("remind_days BETWEEN 0 AND 365", name="remind_days"),
        Index("ix_partner_agreement_partner_id", "partner_id"),
        Index("ix_partner_agreement_ending", "valid_to", postgresql_where=text("state = 'active'")),
    )

    id: Mapped[Pk]
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id", ondelete="CASCADE"))
    number: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 2), server_default=text("0"))
    remind_days: Mapped[int] = mapped_column(server_default="60")
    state: Mapped[str] = mapped_column(String(10), server_default="draft")
    renewal_id: Mapped[int | None] = mapped_column(ForeignKey("partner_agreement.id", ondelete="SET NULL"))
    content: Mapped[str] = mapped_column(server_default="")


class PartnerAppraisal(Timed, Versioned, Authored, Base):
    """A partner's marks for a period (2026, or 2026-Q3), 0 to 100 each, and what follows of them: their mean, and the grade (A from 88, B from 78,
    C from 65)."""

    __tablename__ = "partner_appraisal"
    __table_args__ = (
        CheckConstraint("period ~ '^20[0-9]{2}(-Q[1-4])?$'", name="period"),
        CheckConstraint("quality BETWEEN 0 AND 100", name="quality"),
        CheckConstraint("delivery BETWEEN 0 AND 100", name="delivery"),
        CheckConstraint("price BETWEEN 0 AND 100", name="price"),
        CheckConstraint("service BETWEEN 0 AND 100", name="service"),
        CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name="grade"),
        UniqueConstraint("partner_id", "period"),
    )

    id: Mapped[Pk]
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id", ondelete="CASCADE"))
    period: Mapped[str] = mapped_column(String(7))
    quality: Mapped[int]
    delivery: Mapped[int]
    price: Mapped[int]
    service: Mapped[int]
    score: Mapped[int] = mapped_column(Computed(PARTNER_SCORE))
    grade: Mapped[str] = mapped_column(String(1), Computed(PARTNER_GRADE))
    note: Mapped[str] = mapped_column(server_default="")
