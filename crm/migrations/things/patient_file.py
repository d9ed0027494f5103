"""Identifiers, addresses, circumstances, insurance, consent, do-not-contact, and what was found and given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.migrations.columns import AT, identity, stamps

# GB 11643: seventeen weighted digits decide the eighteenth.
_SUM = " + ".join(f"substr(number, {place}, 1)::int * {pow(2, 18 - place, 11)}" for place in range(1, 18))
CHECK_DIGIT = f"CASE WHEN number ~ '^[0-9]{{17}}[0-9X]$' THEN substr('10X98765432', 1 + ({_SUM}) % 11, 1) = right(number, 1) ELSE false END"


def upgrade() -> None:
    _consent()
    _do_not_contact()
    _patient_address()
    _patient_identifier()
    _patient_insurance()
    _patient_profile()
    _diagnosis()
    _examination()
    _fee()
    _laboratory_result()
    _medication()


def _consent() -> None:
    op.create_table(
        "consent",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("given_at", AT, nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("proof", sa.String(length=14), nullable=False),
        sa.Column("proof_reference", sa.String(length=120), server_default="", nullable=False),
        *stamps(),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("answer IN ('given', 'refused', 'withdrawn')", name=op.f("ck_consent_answer")),
        sa.CheckConstraint("proof IN ('signed_form', 'recorded_call', 'web_form', 'spoken')", name=op.f("ck_consent_proof")),
        sa.CheckConstraint(
            "proof NOT IN ('signed_form', 'recorded_call') OR length(trim(proof_reference)) > 0", name=op.f("ck_consent_proof_reference")
        ),
        sa.CheckConstraint(
            "purpose IN ('follow_up', 'education', 'satisfaction', 'marketing', 'research', 'data_sharing')", name=op.f("ck_consent_purpose")
        ),
        sa.CheckConstraint("valid_to >= given_at::date", name=op.f("ck_consent_valid_to")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_consent_created_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_consent_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("patient_id", "purpose", "given_at", name=op.f("uq_consent_patient_id_purpose_given_at")),
    )


def _do_not_contact() -> None:
    op.create_table(
        "do_not_contact",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), server_default="any", nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("lifted_at", AT, nullable=True),
        *stamps(),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("channel IN ('any', 'phone', 'sms', 'wechat', 'email', 'letter')", name=op.f("ck_do_not_contact_channel")),
        sa.CheckConstraint("ends_on >= begins_on", name=op.f("ck_do_not_contact_ends_on")),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_do_not_contact_reason")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_do_not_contact_created_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_do_not_contact_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_do_not_contact")),
    )
    op.create_index("ix_do_not_contact_standing", "do_not_contact", ["patient_id"], unique=False, postgresql_where=sa.text("lifted_at IS NULL"))


def _patient_address() -> None:
    op.create_table(
        "patient_address",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), server_default="home", nullable=False),
        sa.Column("province", sa.String(length=40), server_default="", nullable=False),
        sa.Column("city", sa.String(length=40), server_default="", nullable=False),
        sa.Column("district", sa.String(length=40), server_default="", nullable=False),
        sa.Column("street", sa.String(length=120), nullable=False),
        sa.Column("postcode", sa.String(length=10), server_default="", nullable=False),
        sa.Column("main", sa.Boolean(), server_default="false", nullable=False),
        *stamps(),
        sa.CheckConstraint("kind IN ('home', 'registered', 'work', 'temporary')", name=op.f("ck_patient_address_kind")),
        sa.CheckConstraint("length(trim(street)) > 0", name=op.f("ck_patient_address_street")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_address_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_address")),
    )
    op.create_index("ix_patient_address_patient_id", "patient_address", ["patient_id"], unique=False)
    op.create_index("uq_patient_address_main", "patient_address", ["patient_id"], unique=True, postgresql_where=sa.text("main"))


def _patient_identifier() -> None:
    op.create_table(
        "patient_identifier",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        *stamps(),
        sa.CheckConstraint(
            "kind IN ('national_id', 'passport', 'permit', 'birth_certificate', 'medical_card', 'insurance_card', 'other')",
            name=op.f("ck_patient_identifier_kind"),
        ),
        sa.CheckConstraint(
            f"length(trim(number)) > 0 AND (kind <> 'national_id' OR {CHECK_DIGIT})",
            name=op.f("ck_patient_identifier_number"),
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_identifier_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_identifier")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_patient_identifier_kind_number")),
    )
    op.create_index(
        "ix_patient_identifier_number_prefix", "patient_identifier", ["number"], unique=False, postgresql_ops={"number": "text_pattern_ops"}
    )
    op.create_index("ix_patient_identifier_patient_id", "patient_identifier", ["patient_id"], unique=False)


def _patient_insurance() -> None:
    op.create_table(
        "patient_insurance",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("insurer", sa.String(length=80), server_default="", nullable=False),
        sa.Column("number", sa.String(length=40), server_default="", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        *stamps(),
        sa.CheckConstraint("kind IN ('employee', 'resident', 'commercial', 'public', 'self_pay', 'other')", name=op.f("ck_patient_insurance_kind")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_patient_insurance_valid_to")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_insurance_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_insurance")),
    )
    op.create_index("ix_patient_insurance_patient_id", "patient_insurance", ["patient_id"], unique=False)


def _patient_profile() -> None:
    op.create_table(
        "patient_profile",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("occupation", sa.String(length=60), server_default="", nullable=False),
        sa.Column("employer", sa.String(length=120), server_default="", nullable=False),
        sa.Column("education", sa.String(length=40), server_default="", nullable=False),
        sa.Column("marital_status", sa.String(length=10), server_default="", nullable=False),
        sa.Column("ethnicity", sa.String(length=20), server_default="", nullable=False),
        sa.Column("nationality", sa.String(length=40), server_default="", nullable=False),
        sa.Column("blood_type", sa.String(length=2), server_default="", nullable=False),
        sa.Column("preferred_channel", sa.String(length=10), server_default="phone", nullable=False),
        sa.Column("contact_from", sa.Time(), server_default=sa.text("'09:00:00'"), nullable=False),
        sa.Column("contact_until", sa.Time(), server_default=sa.text("'20:00:00'"), nullable=False),
        sa.Column("zone", sa.String(length=40), server_default="Asia/Shanghai", nullable=False),
        sa.Column("email", sa.String(length=120), server_default="", nullable=False),
        sa.Column("wechat", sa.String(length=60), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("blood_type IN ('', 'A', 'B', 'AB', 'O')", name=op.f("ck_patient_profile_blood_type")),
        sa.CheckConstraint("marital_status IN ('', 'single', 'married', 'divorced', 'widowed')", name=op.f("ck_patient_profile_marital_status")),
        sa.CheckConstraint("preferred_channel IN ('phone', 'sms', 'wechat', 'email', 'letter')", name=op.f("ck_patient_profile_preferred_channel")),
        sa.CheckConstraint("contact_until > contact_from", name=op.f("ck_patient_profile_contact_until")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_profile_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_profile")),
        sa.UniqueConstraint("patient_id", name=op.f("uq_patient_profile_patient_id")),
    )


def _diagnosis() -> None:
    op.create_table(
        "diagnosis",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("disease_id", sa.Integer(), nullable=True),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), server_default="main", nullable=False),
        sa.Column("code", sa.String(length=12), server_default="", nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("found_at", AT, nullable=False),
        *stamps(),
        sa.CheckConstraint("kind IN ('main', 'secondary', 'admission', 'discharge', 'suspected')", name=op.f("ck_diagnosis_kind")),
        sa.ForeignKeyConstraint(["disease_id"], ["disease.id"], name=op.f("fk_diagnosis_disease_id")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_diagnosis_doctor_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_diagnosis_patient_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_diagnosis_visit_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnosis")),
    )
    op.create_index("ix_diagnosis_disease_id", "diagnosis", ["disease_id"], unique=False)
    op.create_index("ix_diagnosis_patient_id_found_at", "diagnosis", ["patient_id", "found_at"], unique=False)


def _examination() -> None:
    op.create_table(
        "examination",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("examined_at", AT, nullable=False),
        sa.Column("reported_at", AT, nullable=True),
        sa.Column("abnormal", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("findings", sa.Text(), server_default="", nullable=False),
        sa.Column("conclusion", sa.String(length=400), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint(
            "kind IN ('ct', 'mri', 'x_ray', 'ultrasound', 'ecg', 'endoscopy', 'pathology', 'other')", name=op.f("ck_examination_kind")
        ),
        sa.CheckConstraint("reported_at >= examined_at", name=op.f("ck_examination_reported_at")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_examination_department_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_examination_patient_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_examination_visit_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_examination")),
    )
    op.create_index("ix_examination_patient_id_examined_at", "examination", ["patient_id", "examined_at"], unique=False)


def _fee() -> None:
    op.create_table(
        "fee",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("covered", sa.Numeric(precision=12, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("charged_at", AT, nullable=False),
        sa.Column("paid_at", AT, nullable=True),
        *stamps(),
        sa.CheckConstraint("(state = 'open') = (paid_at IS NULL)", name=op.f("ck_fee_paid_at")),
        sa.CheckConstraint(
            "kind IN ('registration', 'examination', 'laboratory', 'medication', 'treatment', 'bed', 'material', 'other')", name=op.f("ck_fee_kind")
        ),
        sa.CheckConstraint("state IN ('open', 'paid', 'refunded')", name=op.f("ck_fee_state")),
        sa.CheckConstraint("amount >= 0 AND covered >= 0 AND covered <= amount", name=op.f("ck_fee_amount")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_fee_patient_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_fee_visit_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee")),
    )
    op.create_index("ix_fee_patient_id_charged_at", "fee", ["patient_id", "charged_at"], unique=False)


def _laboratory_result() -> None:
    op.create_table(
        "laboratory_result",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("panel", sa.String(length=60), server_default="", nullable=False),
        sa.Column("item", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("unit", sa.String(length=20), server_default="", nullable=False),
        sa.Column("low", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("high", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("flag", sa.String(length=10), server_default="", nullable=False),
        sa.Column("measured_at", AT, nullable=False),
        *stamps(),
        sa.CheckConstraint("flag IN ('', 'low', 'high', 'critical', 'positive')", name=op.f("ck_laboratory_result_flag")),
        sa.CheckConstraint("high >= low", name=op.f("ck_laboratory_result_high")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_laboratory_result_patient_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_laboratory_result_visit_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_laboratory_result")),
    )
    op.create_index("ix_laboratory_result_patient_id_measured_at", "laboratory_result", ["patient_id", "measured_at"], unique=False)


def _medication() -> None:
    op.create_table(
        "medication",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("drug", sa.String(length=80), nullable=False),
        sa.Column("dose", sa.String(length=40), server_default="", nullable=False),
        sa.Column("frequency", sa.String(length=40), server_default="", nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("ends_on >= begins_on", name=op.f("ck_medication_ends_on")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_medication_doctor_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_medication_patient_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_medication_visit_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medication")),
    )
    op.create_index("ix_medication_patient_id_begins_on", "medication", ["patient_id", "begins_on"], unique=False)
