"""What the hospital offers: diseases, services with prices, equipment, places, beds, special drugs, partner sites; appraisal of doctors.

In and out: rows. Must not hold patients' data but who lies in a bed. Invariant: a service has at most one price of a kind on any day, an
occupied bed has one patient and a patient one bed.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Authored, Base, Pk, Timed, Versioned

DOCTOR_SCORE = "greatest((5 * quality + 3 * service + 2 * workload + 5) / 10 - 5 * complaints, 0)"


class Disease(Timed, Versioned, Base):
    """A disease the hospital treats or follows. `code`: ICD-10."""

    __tablename__ = "disease"
    __table_args__ = (Index("ix_disease_department_id", "department_id"),)

    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    name_zh: Mapped[str] = mapped_column(String(80), unique=True)
    name_en: Mapped[str] = mapped_column(String(120), server_default="")
    initials: Mapped[str] = mapped_column(String(40), server_default="")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    chronic: Mapped[bool] = mapped_column(server_default="false")
    active: Mapped[bool] = mapped_column(server_default="true")
    description: Mapped[str] = mapped_column(server_default="")


class DoctorProfile(Timed, Versioned, Base):
    """What is told of a doctor; one row a doctor."""

    __tablename__ = "doctor_profile"

    id: Mapped[Pk]
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.id", ondelete="CASCADE"), unique=True)
    expert: Mapped[bool] = mapped_column(server_default="false")
    speciality: Mapped[str] = mapped_column(String(200), server_default="")
    introduction: Mapped[str] = mapped_column(server_default="")
    languages: Mapped[str] = mapped_column(String(60), server_default="")
    phone: Mapped[str] = mapped_column(String(40), server_default="")


class DoctorAppraisal(Timed, Versioned, Authored, Base):
    """A doctor's marks for a period (2026, or 2026-Q3), 0 to 100 each. The score: quality counts half, service three tenths, workload two; five off
    for each complaint."""

    __tablename__ = "doctor_appraisal"
    __table_args__ = (
        CheckConstraint("period ~ '^20[0-9]{2}(-Q[1-4])?$'", name="period"),
        CheckConstraint("quality BETWEEN 0 AND 100", name="quality"),
        CheckConstraint("service BETWEEN 0 AND 100", name="service"),
        CheckConstraint("workload BETWEEN 0 AND 100", name="workload"),
        CheckConstraint("complaints >= 0", name="complaints"),
        UniqueConstraint("doctor_id", "period"),
    )

    id: Mapped[Pk]
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.id", ondelete="CASCADE"))
    period: Mapped[str] = mapped_column(String(7))
    quality: Mapped[int]
    service: Mapped[int]
    workload: Mapped[int]
    complaints: Mapped[int] = mapped_column(server_default="0")
    score: Mapped[int] = mapped_column(Computed(DOCTOR_SCORE))
    note: Mapped[str] = mapped_column(server_default="")


class Place(Timed, Versioned, Base):
    """A room or area of the hospital."""

    __tablename__ = "place"
    __table_args__ = (
        CheckConstraint("kind IN ('clinic', 'ward', 'examination', 'operating', 'meeting', 'office', 'other')", name="kind"),
        CheckConstraint("capacity >= 0", name="capacity"),
    )

    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name_zh: Mapped[str] = mapped_column(String(80), unique=True)
    name_en: Mapped[str] = mapped_column(String(80), server_default="")
    kind: Mapped[str] = mapped_column(String(12))
    building: Mapped[str] = mapped_column(String(40), server_default="")
    floor: Mapped[int] = mapped_column(server_default="1")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    capacity: Mapped[int | None]
    directions: Mapped[str] = mapped_column(String(200), server_default="")
    active: Mapped[bool] = mapped_column(server_default="true")


class Bed(Timed, Versioned, Base):
    """A bed of a ward. Occupied: exactly then it has a patient."""

    __tablename__ = "bed"
    __table_args__ = (
        CheckConstraint("state IN ('free', 'occupied', 'cleaning', 'blocked')", name="state"),
        CheckConstraint("(state = 'occupied') = (patient_id IS NOT NULL)", name="patient_id"),
        CheckConstraint("kind IN ('standard', 'single', 'intensive', 'maternity', 'child')", name="kind"),
        CheckConstraint("price_a_day >= 0", name="price_a_day"),
        UniqueConstraint("place_id", "number"),
        UniqueConstraint("patient_id"),
    )

    id: Mapped[Pk]
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    number: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10), server_default="standard")
    state: Mapped[str] = mapped_column(String(10), server_default="free")
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    price_a_day: Mapped[Decimal] = mapped_column(Numeric(10, 2), server_default=text("0"))


class Equipment(Timed, Versioned, Base):
    """A device worth naming to patients or keeping in order."""

    __tablename__ = "equipment"
    __table_args__ = (
        CheckConstraint("state IN ('in_use', 'maintenance', 'broken', 'retired')", name="state"),
        Index("ix_equipment_next_service_on", "next_service_on", postgresql_where=text("state <> 'retired'")),
    )

    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    model: Mapped[str] = mapped_column(String(80), server_default="")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    state: Mapped[str] = mapped_column(String(12), server_default="in_use")
    bought_on: Mapped[date | None]
    next_service_on: Mapped[date | None]
    purpose: Mapped[str] = mapped_column(String(200), server_default="")


class ServiceProduct(Timed, Versioned, Base):
    """Something the hospital does for a price."""

    __tablename__ = "service_product"
    __table_args__ = (
        CheckConstraint("kind IN ('registration', 'check_up', 'examination', 'treatment', 'nursing', 'package', 'other')", name="kind"),
        Index("ix_service_product_department_id", "department_id"),
    )

    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120), server_default="")
    initials: Mapped[str] = mapped_column(String(40), server_default="")
    kind: Mapped[str] = mapped_column(String(12))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    unit: Mapped[str] = mapped_column(String(20), server_default="次")
    description: Mapped[str] = mapped_column(server_default="")
    preparation: Mapped[str] = mapped_column(String(200), server_default="")
    active: Mapped[bool] = mapped_column(server_default="true")


class ServicePrice(Timed, Versioned, Base):
    """The price of a service in yuan from a day on; the next later row of the same kind replaces it."""

    __tablename__ = "service_price"
    __table_args__ = (
        CheckConstraint("kind IN ('standard', 'member', 'corporate')", name="kind"),
        CheckConstraint("price >= 0", name="price"),
        UniqueConstraint("product_id", "kind", "valid_from"),
    )

    id: Mapped[Pk]
    product_id: Mapped[int] = mapped_column(ForeignKey("service_product.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10), server_default="standard")
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    valid_from: Mapped[date]


class SpecialDrug(Timed, Versioned, Base):
    """A drug people ask for by name."""

    __tablename__ = "special_drug"
    __table_args__ = (
        CheckConstraint("stock IN ('available', 'short', 'out', 'on_order')", name="stock"),
        CheckConstraint("reimbursed IN ('none', 'class_a', 'class_b', 'negotiated')", name="reimbursed"),
        CheckConstraint("price >= 0", name="price"),
        UniqueConstraint("name", "specification"),
    )

    id: Mapped[Pk]
    name: Mapped[str] = mapped_column(String(80))
    initials: Mapped[str] = mapped_column(String(40), server_default="")
    specification: Mapped[str] = mapped_column(String(60), server_default="")
    maker: Mapped[str] = mapped_column(String(80), server_default="")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    stock: Mapped[str] = mapped_column(String(10), server_default="available")
    reimbursed: Mapped[str] = mapped_column(String(10), server_default="none")
    note: Mapped[str] = mapped_column(String(200), server_default="")


class PartnerSite(Timed, Versioned, Base):
    """Another place that works with us: community station, branch, recovery home."""

    __tablename__ = "partner_site"
    __table_args__ = (CheckConstraint("kind IN ('community', 'branch', 'recovery', 'laboratory', 'pharmacy', 'other')", name="kind"),)

    id: Mapped[Pk]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    address: Mapped[str] = mapped_column(String(200), server_default="")
    phone: Mapped[str] = mapped_column(String(40), server_default="")
    contact_name: Mapped[str] = mapped_column(String(80), server_default="")
    services: Mapped[str] = mapped_column(String(200), server_default="")
    opening: Mapped[str] = mapped_column(String(120), server_default="")
    active: Mapped[bool] = mapped_column(server_default="true")
