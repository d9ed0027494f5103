"""People: patients, their telephone numbers, relatives, visits and orders.

In and out: rows. Must not know calls. Invariant: a number may belong to many patients, and within one patient stands once.
Numbers are E.164 in `number`, as they were given in `raw`; see crm/numbers.py.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Authored, Base, Pk, Removable, Timed, Versioned

GENDERS = "('male', 'female', '')"


class Patient(Versioned, Removable, Authored, Timed, Base):
    """One person the hospital cares for. `initials` are the pinyin initials of the name, for search."""

    __tablename__ = "patient"
    __table_args__ = (
        CheckConstraint(f"gender IN {GENDERS}", name="gender"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        CheckConstraint("length(trim(name)) > 0", name="name"),
        CheckConstraint("birth_date > DATE '1880-01-01'", name="birth_date"),
        Index("ix_patient_name_prefix", "name", postgresql_ops={"name": "text_pattern_ops"}),
        Index("ix_patient_initials_prefix", "initials", postgresql_ops={"initials": "text_pattern_ops"}),
        Index("ix_patient_mrn_prefix", "mrn", postgresql_ops={"mrn": "text_pattern_ops"}),
        Index("ix_patient_name_grams", text("crm_grams(name)"), postgresql_using="gin"),
        Index("ix_patient_mrn_trgm", "mrn", postgresql_using="gin", postgresql_ops={"mrn": "gin_trgm_ops"}),
        Index("ix_patient_birth_date", "birth_date", "id"),
        Index("ix_patient_created_at", "created_at", "id"),
        Index("ix_patient_created_by", "created_by", "id", postgresql_where=text("created_by IS NOT NULL")),
    )

    id: Mapped[Pk]
    name: Mapped[str] = mapped_column(String(80))
    initials: Mapped[str] = mapped_column(String(40), server_default="")
    gender: Mapped[str] = mapped_column(String(6), server_default="")
    birth_date: Mapped[date | None]
    mrn: Mapped[str | None] = mapped_column(String(40), unique=True)
    language: Mapped[str] = mapped_column(String(2), server_default="zh")
    tags: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    alerts: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    notes: Mapped[str] = mapped_column(server_default="")


class ContactPhone(Versioned, Timed, Base):
    """A telephone number at which a patient is reached. `relation`: whose phone it is, seen from the patient (本人, 女儿, 母亲)."""

    __tablename__ = "contact_phone"
    __table_args__ = (
        UniqueConstraint("patient_id", "number"),
        CheckConstraint("number ~ '^[+]?[0-9]{3,15}$'", name="number"),
        Index("ix_contact_phone_number", "number"),
        Index("ix_contact_phone_number_trgm", "number", postgresql_using="gin", postgresql_ops={"number": "gin_trgm_ops"}),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    number: Mapped[str] = mapped_column(String(16))
    raw: Mapped[str] = mapped_column(String(40), server_default="")
    relation: Mapped[str] = mapped_column(String(20), server_default="本人")
    owner_name: Mapped[str] = mapped_column(String(80), server_default="")
    rating: Mapped[int] = mapped_column(server_default="0")


class Relative(Versioned, Timed, Base):
    """Somebody close to a patient. `may_be_told`: the patient allowed us to speak with this person about him."""

    __tablename__ = "relative"
    __table_args__ = (Index("ix_relative_patient_id", "patient_id"), Index("ix_relative_related_patient_id", "related_patient_id"))

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    relation: Mapped[str] = mapped_column(String(20))
    related_patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id", ondelete="SET NULL"))
    may_be_told: Mapped[bool] = mapped_column(server_default="false")


class Visit(Versioned, Timed, Base):
    """One outpatient visit or inpatient stay. `ended_at`: discharge; None while the patient is in the hospital."""

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint("kind IN ('outpatient', 'inpatient')", name="kind"),
        CheckConstraint("ended_at >= started_at", name="order"),
        Index("ix_visit_patient_id_started_at", "patient_id", "started_at"),
        Index("ix_visit_department_id_patient_id", "department_id", "patient_id"),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    visit_number: Mapped[str | None] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    doctor_id: Mapped[int | None] = mapped_column(ForeignKey("doctor.id"))
    diagnosis: Mapped[str] = mapped_column(String(200), server_default="")
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class MedicalOrder(Versioned, Timed, Base):
    """What a doctor ordered during a visit."""

    __tablename__ = "medical_order"
    __table_args__ = (
        CheckConstraint("kind IN ('medication', 'examination', 'laboratory', 'treatment')", name="kind"),
        Index("ix_medical_order_patient_id_ordered_at", "patient_id", "ordered_at"),
        Index("ix_medical_order_visit_id", "visit_id"),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="CASCADE"))
    doctor_id: Mapped[int | None] = mapped_column(ForeignKey("doctor.id"))
    kind: Mapped[str] = mapped_column(String(12))
    content: Mapped[str] = mapped_column(String(200))
    ordered_at: Mapped[datetime]
