"""Registries of patients who are cared for over years: chronic diseases, the elderly, mothers-to-be.

In and out: rows. Must not hold visits or results. Invariant: a patient stands in a registry (for one disease) once while it is active, and a
closed entry says when it was closed. Risk colours of pregnancies: National Health Commission, 2017 grading green to purple.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Pk, Timed, Versioned


class ChronicRegistry(Timed, Versioned, Base):
    """A patient followed for one chronic disease, with what he shall reach."""

    __tablename__ = "chronic_registry"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'closed')", name="state"),
        CheckConstraint("(state = 'closed') = (closed_on IS NOT NULL)", name="closed_on"),
        CheckConstraint("risk IN ('low', 'middle', 'high')", name="risk"),
        CheckConstraint("systolic_goal BETWEEN 80 AND 220", name="systolic_goal"),
        CheckConstraint("glucose_goal BETWEEN 3 AND 20", name="glucose_goal"),
        Index("uq_chronic_registry_active", "patient_id", "disease_id", unique=True, postgresql_where=text("state = 'active'")),
        Index("ix_chronic_registry_next_review_on", "next_review_on", postgresql_where=text("state = 'active'")),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    disease_id: Mapped[int] = mapped_column(ForeignKey("disease.id"))
    doctor_id: Mapped[int | None] = mapped_column(ForeignKey("doctor.id"))
    registered_on: Mapped[date]
    risk: Mapped[str] = mapped_column(String(6), server_default="low")
    systolic_goal: Mapped[int | None]
    glucose_goal: Mapped[Decimal | None] = mapped_column(Numeric(4, 1))
    next_review_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(6), server_default="active")
    closed_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(server_default="")


class ElderlyRegistry(Timed, Versioned, Base):
    """An aged patient. `self_care`: Barthel index 0-100; `cognition`: MMSE 0-30."""

    __tablename__ = "elderly_registry"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'closed')", name="state"),
        CheckConstraint("(state = 'closed') = (closed_on IS NOT NULL)", name="closed_on"),
        CheckConstraint("living IN ('alone', 'spouse', 'children', 'carer', 'institution')", name="living"),
        CheckConstraint("self_care BETWEEN 0 AND 100", name="self_care"),
        CheckConstraint("cognition BETWEEN 0 AND 30", name="cognition"),
        CheckConstraint("falls_last_year >= 0", name="falls_last_year"),
        Index("uq_elderly_registry_active", "patient_id", unique=True, postgresql_where=text("state = 'active'")),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    doctor_id: Mapped[int | None] = mapped_column(ForeignKey("doctor.id"))
    registered_on: Mapped[date]
    living: Mapped[str] = mapped_column(String(12), server_default="spouse")
    self_care: Mapped[int | None]
    cognition: Mapped[int | None]
    falls_last_year: Mapped[int] = mapped_column(server_default="0")
    emergency_contact: Mapped[str] = mapped_column(String(120), server_default="")
    next_review_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(6), server_default="active")
    closed_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(server_default="")


class MaternityRegistry(Timed, Versioned, Base):
    """One pregnancy up to six weeks after birth. `gravida` counts pregnancies with this one, `para` the births before it."""

    __tablename__ = "maternity_registry"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'closed')", name="state"),
        CheckConstraint("(state = 'closed') = (closed_on IS NOT NULL)", name="closed_on"),
        CheckConstraint("risk IN ('green', 'yellow', 'orange', 'red', 'purple')", name="risk"),
        CheckConstraint("gravida BETWEEN 1 AND 20 AND para >= 0 AND para < gravida", name="para"),
        CheckConstraint("due_on > last_menstruation_on AND due_on <= last_menstruation_on + 310", name="due_on"),
        CheckConstraint("delivered_on > last_menstruation_on", name="delivered_on"),
        CheckConstraint("delivery IN ('', 'natural', 'caesarean', 'assisted')", name="delivery"),
        CheckConstraint("baby_weight_g BETWEEN 300 AND 7000", name="baby_weight_g"),
        Index("uq_maternity_registry_active", "patient_id", unique=True, postgresql_where=text("state = 'active'")),
        Index("ix_maternity_registry_due_on", "due_on", postgresql_where=text("state = 'active'")),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    doctor_id: Mapped[int | None] = mapped_column(ForeignKey("doctor.id"))
    registered_on: Mapped[date]
    last_menstruation_on: Mapped[date]
    due_on: Mapped[date]
    gravida: Mapped[int] = mapped_column(server_default="1")
    para: Mapped[int] = mapped_column(server_default="0")
    risk: Mapped[str] = mapped_column(String(6), server_default="green")
    delivered_on: Mapped[date | None]
    delivery: Mapped[str] = mapped_column(String(10), server_default="")
    baby_weight_g: Mapped[int | None]
    next_review_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(6), server_default="active")
    closed_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(server_default="")
