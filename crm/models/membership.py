"""Members: levels, benefits, membership from application to end, and the points ledger.

In and out: rows. Must not count points: the database does, by trigger. Invariant: points_account.balance is the sum of its points_entry rows
and never negative; an entry is never changed or removed; an entry's reference counts once for its member.
Triggers: crm/migrations/versions/0102_things.py.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Authored, Base, BigPk, Pk, Timed, Versioned


class MemberLevel(Timed, Versioned, Base):
    """A level of membership, reached with `min_points` points gathered in all."""

    __tablename__ = "member_level"
    __table_args__ = (
        CheckConstraint("min_points >= 0", name="min_points"),
        CheckConstraint("discount_percent BETWEEN 0 AND 100", name="discount_percent"),
    )

    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name_zh: Mapped[str] = mapped_column(String(40), unique=True)
    name_en: Mapped[str] = mapped_column(String(60))
    min_points: Mapped[int] = mapped_column(unique=True)
    discount_percent: Mapped[int] = mapped_column(server_default="0")
    sort: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default="true")


class MemberBenefit(Timed, Versioned, Base):
    """What members of a level get. `times_a_year` None: as often as they like."""

    __tablename__ = "member_benefit"
    __table_args__ = (
        CheckConstraint("times_a_year > 0", name="times_a_year"),
        UniqueConstraint("level_id", "title_zh"),
    )

    id: Mapped[Pk]
    level_id: Mapped[int] = mapped_column(ForeignKey("member_level.id"))
    title_zh: Mapped[str] = mapped_column(String(80))
    title_en: Mapped[str] = mapped_column(String(120), server_default="")
    times_a_year: Mapped[int | None]
    active: Mapped[bool] = mapped_column(server_default="true")
    note: Mapped[str] = mapped_column(String(200), server_default="")


class Member(Timed, Versioned, Base):
    """A patient's membership, from application on. A member who was approved has a level and the day he joined."""

    __tablename__ = "member"
    __table_args__ = (
        CheckConstraint("state IN ('applied', 'active', 'suspended', 'refused', 'ended')", name="state"),
        CheckConstraint("state IN ('applied', 'refused') OR (level_id IS NOT NULL AND joined_on IS NOT NULL)", name="level_id"),
        CheckConstraint("state <> 'refused' OR length(trim(decision_note)) > 0", name="decision_note"),
        CheckConstraint("expires_on > joined_on", name="expires_on"),
        Index("ix_member_state", "state"),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), unique=True)
    card_number: Mapped[str | None] = mapped_column(String(20), unique=True)
    level_id: Mapped[int | None] = mapped_column(ForeignKey("member_level.id"))
    state: Mapped[str] = mapped_column(String(10), server_default="applied")
    source: Mapped[str] = mapped_column(String(40), server_default="")
    applied_on: Mapped[date]
    joined_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decision_note: Mapped[str] = mapped_column(String(200), server_default="")
    note: Mapped[str] = mapped_column(server_default="")


class BenefitUse(Timed, Versioned, Authored, Base):
    """A member used a benefit."""

    __tablename__ = "benefit_use"
    __table_args__ = (Index("ix_benefit_use_member_id_used_on", "member_id", "used_on"),)

    id: Mapped[Pk]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    benefit_id: Mapped[int] = mapped_column(ForeignKey("member_benefit.id"))
    used_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(200), server_default="")


class PointsAccount(Base):
    """What a member has; written by the ledger's trigger only."""

    __tablename__ = "points_account"
    __table_args__ = (
        CheckConstraint("balance >= 0", name="balance"),
        CheckConstraint("gathered >= balance", name="gathered"),
        CheckConstraint("entries >= 0", name="entries"),
    )

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    balance: Mapped[int] = mapped_column(server_default="0")
    gathered: Mapped[int] = mapped_column(server_default="0")
    entries: Mapped[int] = mapped_column(server_default="0")


class PointsEntry(Authored, Base):
    """Points given or spent. `place` counts a member's entries from 1; `balance` is what he has after this one. Both are set by the trigger."""

    __tablename__ = "points_entry"
    __table_args__ = (
        CheckConstraint("delta <> 0 AND abs(delta) <= 1000000", name="delta"),
        CheckConstraint("balance >= 0", name="balance"),
        CheckConstraint("reason IN ('visit', 'event', 'referral', 'birthday', 'gift', 'exchange', 'expiry', 'correction')", name="reason"),
        CheckConstraint("length(trim(reference)) > 0", name="reference"),
        UniqueConstraint("member_id", "place"),
        UniqueConstraint("member_id", "reference"),
    )

    id: Mapped[BigPk]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    place: Mapped[int]
    delta: Mapped[int]
    balance: Mapped[int]
    reason: Mapped[str] = mapped_column(String(12))
    reference: Mapped[str] = mapped_column(String(80))
    note: Mapped[str] = mapped_column(String(200), server_default="")
    at: Mapped[datetime] = mapped_column(server_default=func.now())
