"""The rest of a patient's file: identifiers, addresses, circumstances, preferences, consent, and what was found and given.

In and out: rows. Must not decide whether somebody may be contacted: here is only what was agreed. Invariant: everything belongs to one
patient and goes with him; an identity number stands once in the hospital and carries the right check digit.
Identity numbers: GB 11643-1999.
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Authored, Base, Pk, Timed, Versioned

CHANNELS = "('phone', 'sms', 'wechat', 'email', 'letter')"
_SUM = " + ".join(f"substr(number, {place}, 1)::int * {pow(2, 18 - place, 11)}" for place in range(1, 18))
_CHECK_DIGIT = f"CASE WHEN number ~ '^[0-9]{{17}}[0-9X]$' THEN substr('10X98765432', 1 + ({_SUM}) % 11, 1) = right(number, 1) ELSE false END"


class PatientIdentifier(Timed, Versioned, Base):
    """A number by which an authority or insurer knows the patient."""

    __tablename__ = "patient_identifier"
    __table_args__ = (
        CheckConstraint("kind IN ('national_id', 'passport', 'permit', 'birth_certificate', 'medical_card', 'insurance_card', 'other')", name="kind"),
        CheckConstraint(f"length(trim(number)) > 0 AND (kind <> 'national_id' OR {_CHECK_DIGIT})", name="number"),
        UniqueConstraint("kind", "number"),
        Index("ix_patient_identifier_patient_id", "patient_id"),
        Index("ix_patient_identifier_number_prefix", "number", postgresql_ops={"number": "text_pattern_ops"}),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(40))
    valid_to: Mapped[date | None]


class PatientAddress(Timed, Versioned, Base):
    """Where a patient lives or gets letters; at most one of them is the main one."""

    __tablename__ = "patient_address"
    __table_args__ = (
        CheckConstraint("kind IN ('home', 'registered', 'work', 'temporary')", name="kind"),
        CheckConstraint("length(trim(street)) > 0", name="street"),
        Index("ix_patient_address_patient_id", "patient_id"),
        Index("uq_patient_address_main", "patient_id", unique=True, postgresql_where=text("main")),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12), server_default="home")
    province: Mapped[str] = mapped_column(String(40), server_default="")
    city: Mapped[str] = mapped_column(String(40), server_default="")
    district: Mapped[str] = mapped_column(String(40), server_default="")
    street: Mapped[str] = mapped_column(String(120))
    postcode: Mapped[str] = mapped_column(String(10), server_default="")
    main: Mapped[bool] = mapped_column(server_default="false")


class PatientProfile(Timed, Versioned, Base):
    """A patient's circumstances and how he wants to be reached; one row a patient. `zone`: where he is, as an IANA name."""

    __tablename__ = "patient_profile"
    __table_args__ = (
        CheckConstraint("marital_status IN ('', 'single', 'married', 'divorced', 'widowed')", name="marital_status"),
        CheckConstraint("blood_type IN ('', 'A', 'B', 'AB', 'O')", name="blood_type"),
        CheckConstraint(f"preferred_channel IN {CHANNELS}", name="preferred_channel"),
        CheckConstraint("contact_until > contact_from", name="contact_until"),
        UniqueConstraint("patient_id"),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    occupation: Mapped[str] = mapped_column(String(60), server_default="")
    employer: Mapped[str] = mapped_column(String(120), server_default="")
    education: Mapped[str] = mapped_column(String(40), server_default="")
    marital_status: Mapped[str] = mapped_column(String(10), server_default="")
    ethnicity: Mapped[str] = mapped_column(String(20), server_default="")
    nationality: Mapped[str] = mapped_column(String(40), server_default="")
    blood_type: Mapped[str] = mapped_column(String(2), server_default="")
    preferred_channel: Mapped[str] = mapped_column(String(10), server_default="phone")
    contact_from: Mapped[time] = mapped_column(server_default=text("'09:00:00'"))
    contact_until: Mapped[time] = mapped_column(server_default=text("'20:00:00'"))
    zone: Mapped[str] = mapped_column(String(40), server_default="Asia/Shanghai")
    email: Mapped[str] = mapped_column(String(120), server_default="")
    wechat: Mapped[str] = mapped_column(String(60), server_default="")


class PatientInsurance(Timed, Versioned, Base):
    """Who pays for a patient, and for how long."""

    __tablename__ = "patient_insurance"
    __table_args__ = (
        CheckConstraint("kind IN ('employee', 'resident', 'commercial', 'public', 'self_pay', 'other')", name="kind"),
        CheckConstraint("valid_to >= valid_from", name="valid_to"),
        Index("ix_patient_insurance_patient_id", "patient_id"),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    insurer: Mapped[str] = mapped_column(String(80), server_default="")
    number: Mapped[str] = mapped_column(String(40), server_default="")
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


class Consent(Timed, Versioned, Authored, Base):
    """What a patient allowed or refused, for one purpose, and how we can prove it. The latest `given_at` of a purpose holds."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("purpose IN ('follow_up', 'education', 'satisfaction', 'marketing', 'research', 'data_sharing')", name="purpose"),
        CheckConstraint("answer IN ('given', 'refused', 'withdrawn')", name="answer"),
        CheckConstraint("proof IN ('signed_form', 'recorded_call', 'web_form', 'spoken')", name="proof"),
        CheckConstraint("proof NOT IN ('signed_form', 'recorded_call') OR length(trim(proof_reference)) > 0", name="proof_reference"),
        CheckConstraint("valid_to >= given_at::date", name="valid_to"),
        UniqueConstraint("patient_id", "purpose", "given_at"),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(20))
    answer: Mapped[str] = mapped_column(String(10))
    given_at: Mapped[datetime]
    valid_to: Mapped[date | None]
    proof: Mapped[str] = mapped_column(String(14))
    proof_reference: Mapped[str] = mapped_column(String(120), server_default="")


class DoNotContact(Timed, Versioned, Authored, Base):
    """The patient, or the hospital for him, wants no contact this way; it ends at `ends_on` or when somebody lifts it."""

    __tablename__ = "do_not_contact"
    __table_args__ = (
        CheckConstraint("channel IN ('any', 'phone', 'sms', 'wechat', 'email', 'letter')", name="channel"),
        CheckConstraint("ends_on >= begins_on", name="ends_on"),
        CheckConstraint("length(trim(reason)) > 0", name="reason"),
        Index("ix_do_not_contact_standing", "patient_id", postgresql_where=text("lifted_at IS NULL")),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(10), server_default="any")
    reason: Mapped[str] = mapped_column(String(200))
    begins_on: Mapped[date]
    ends_on: Mapped[date | None]
    lifted_at: Mapped[datetime | None]


class Diagnosis(Timed, Versioned, Base):
    """What a doctor found a patient to have. `code`: ICD-10."""

    __tablename__ = "diagnosis"
    __table_args__ = (
        CheckConstraint("kind IN ('main', 'secondary', 'admission', 'discharge', 'suspected')", name="kind"),
        Index("ix_diagnosis_patient_id_found_at", "patient_id", "found_at"),
        Index("ix_diagnosis_disease_id", "disease_id"),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="SET NULL"))
    disease_id: Mapped[int | None] = mapped_column(ForeignKey("disease.id"))
    doctor_id: Mapped[int | None] = mapped_column(ForeignKey("doctor.id"))
    kind: Mapped[str] = mapped_column(String(10), server_default="main")
    code: Mapped[str] = mapped_column(String(12), server_default="")
    name: Mapped[str] = mapped_column(String(120))
    found_at: Mapped[datetime]


class Examination(Timed, Versioned, Base):
    """One examination with its report; `reported_at` None while the report is awaited."""

    __tablename__ = "examination"
    __table_args__ = (
        CheckConstraint("kind IN ('ct', 'mri', 'x_ray', 'ultrasound', 'ecg', 'endoscopy', 'pathology', 'other')", name="kind"),
        CheckConstraint("reported_at >= examined_at", name="reported_at"),
        Index("ix_examination_patient_id_examined_at", "patient_id", "examined_at"),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="SET NULL"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(80))
    examined_at: Mapped[datetime]
    reported_at: Mapped[datetime | None]
    abnormal: Mapped[bool] = mapped_column(server_default="false")
    findings: Mapped[str] = mapped_column(server_default="")
    conclusion: Mapped[str] = mapped_column(String(400), server_default="")


class LaboratoryResult(Timed, Versioned, Base):
    """One measured value. `value` as reported; `number` the same as a number where it is one; `low` and `high` bound the normal range."""

    __tablename__ = "laboratory_result"
    __table_args__ = (
        CheckConstraint("flag IN ('', 'low', 'high', 'critical', 'positive')", name="flag"),
        CheckConstraint("high >= low", name="high"),
        Index("ix_laboratory_result_patient_id_measured_at", "patient_id", "measured_at"),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="SET NULL"))
    panel: Mapped[str] = mapped_column(String(60), server_default="")
    item: Mapped[str] = mapped_column(String(60))
    value: Mapped[str] = mapped_column(String(40))
    number: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    unit: Mapped[str] = mapped_column(String(20), server_default="")
    low: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    high: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    flag: Mapped[str] = mapped_column(String(10), server_default="")
    measured_at: Mapped[datetime]


class Medication(Timed, Versioned, Base):
    """A drug a patient takes or took. `ends_on` None: until further notice."""

    __tablename__ = "medication"
    __table_args__ = (
        CheckConstraint("ends_on >= begins_on", name="ends_on"),
        Index("ix_medication_patient_id_begins_on", "patient_id", "begins_on"),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="SET NULL"))
    doctor_id: Mapped[int | None] = mapped_column(ForeignKey("doctor.id"))
    drug: Mapped[str] = mapped_column(String(80))
    dose: Mapped[str] = mapped_column(String(40), server_default="")
    frequency: Mapped[str] = mapped_column(String(40), server_default="")
    begins_on: Mapped[date]
    ends_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(200), server_default="")


class Fee(Timed, Versioned, Base):
    """One charge. `amount` is the whole price in yuan, `covered` what the insurer pays of it."""

    __tablename__ = "fee"
    __table_args__ = (
        CheckConstraint("kind IN ('registration', 'examination', 'laboratory', 'medication', 'treatment', 'bed', 'material', 'other')", name="kind"),
        CheckConstraint("state IN ('open', 'paid', 'refunded')", name="state"),
        CheckConstraint("amount >= 0 AND covered >= 0 AND covered <= amount", name="amount"),
        CheckConstraint("(state = 'open') = (paid_at IS NULL)", name="paid_at"),
        Index("ix_fee_patient_id_charged_at", "patient_id", "charged_at"),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(12))
    item: Mapped[str] = mapped_column(String(80))
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    covered: Mapped[Decimal] = mapped_column(Numeric(12, 2), server_default=text("0"))
    state: Mapped[str] = mapped_column(String(10), server_default="open")
    charged_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
