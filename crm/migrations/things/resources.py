"""Diseases, doctors' profiles and appraisal, places, beds, equipment, services with prices, special drugs, partner sites."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.migrations.columns import identity, stamps


def upgrade() -> None:
    _partner_site()
    _disease()
    _place()
    _service_product()
    _special_drug()
    _bed()
    _doctor_appraisal()
    _doctor_profile()
    _equipment()
    _service_price()


def _partner_site() -> None:
    op.create_table(
        "partner_site",
        identity(),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("address", sa.String(length=200), server_default="", nullable=False),
        sa.Column("phone", sa.String(length=40), server_default="", nullable=False),
        sa.Column("contact_name", sa.String(length=80), server_default="", nullable=False),
        sa.Column("services", sa.String(length=200), server_default="", nullable=False),
        sa.Column("opening", sa.String(length=120), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        *stamps(),
        sa.CheckConstraint("kind IN ('community', 'branch', 'recovery', 'laboratory', 'pharmacy', 'other')", name=op.f("ck_partner_site_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_site")),
        sa.UniqueConstraint("name", name=op.f("uq_partner_site_name")),
    )


def _disease() -> None:
    op.create_table(
        "disease",
        identity(),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), server_default="", nullable=False),
        sa.Column("initials", sa.String(length=40), server_default="", nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("chronic", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        *stamps(),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_disease_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disease")),
        sa.UniqueConstraint("code", name=op.f("uq_disease_code")),
        sa.UniqueConstraint("name_zh", name=op.f("uq_disease_name_zh")),
    )
    op.create_index("ix_disease_department_id", "disease", ["department_id"], unique=False)


def _place() -> None:
    op.create_table(
        "place",
        identity(),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("building", sa.String(length=40), server_default="", nullable=False),
        sa.Column("floor", sa.Integer(), server_default="1", nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("directions", sa.String(length=200), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        *stamps(),
        sa.CheckConstraint("kind IN ('clinic', 'ward', 'examination', 'operating', 'meeting', 'office', 'other')", name=op.f("ck_place_kind")),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_place_capacity")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_place_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint("code", name=op.f("uq_place_code")),
        sa.UniqueConstraint("name_zh", name=op.f("uq_place_name_zh")),
    )


def _service_product() -> None:
    op.create_table(
        "service_product",
        identity(),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=120), server_default="", nullable=False),
        sa.Column("initials", sa.String(length=40), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(length=20), server_default="次", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("preparation", sa.String(length=200), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        *stamps(),
        sa.CheckConstraint(
            "kind IN ('registration', 'check_up', 'examination', 'treatment', 'nursing', 'package', 'other')", name=op.f("ck_service_product_kind")
        ),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_service_product_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_product")),
        sa.UniqueConstraint("code", name=op.f("uq_service_product_code")),
    )
    op.create_index("ix_service_product_department_id", "service_product", ["department_id"], unique=False)


def _special_drug() -> None:
    op.create_table(
        "special_drug",
        identity(),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("initials", sa.String(length=40), server_default="", nullable=False),
        sa.Column("specification", sa.String(length=60), server_default="", nullable=False),
        sa.Column("maker", sa.String(length=80), server_default="", nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("stock", sa.String(length=10), server_default="available", nullable=False),
        sa.Column("reimbursed", sa.String(length=10), server_default="none", nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("reimbursed IN ('none', 'class_a', 'class_b', 'negotiated')", name=op.f("ck_special_drug_reimbursed")),
        sa.CheckConstraint("stock IN ('available', 'short', 'out', 'on_order')", name=op.f("ck_special_drug_stock")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_special_drug_price")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_special_drug_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_special_drug")),
        sa.UniqueConstraint("name", "specification", name=op.f("uq_special_drug_name_specification")),
    )


def _bed() -> None:
    op.create_table(
        "bed",
        identity(),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), server_default="standard", nullable=False),
        sa.Column("state", sa.String(length=10), server_default="free", nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("price_a_day", sa.Numeric(precision=10, scale=2), server_default=sa.text("0"), nullable=False),
        *stamps(),
        sa.CheckConstraint("(state = 'occupied') = (patient_id IS NOT NULL)", name=op.f("ck_bed_patient_id")),
        sa.CheckConstraint("kind IN ('standard', 'single', 'intensive', 'maternity', 'child')", name=op.f("ck_bed_kind")),
        sa.CheckConstraint("state IN ('free', 'occupied', 'cleaning', 'blocked')", name=op.f("ck_bed_state")),
        sa.CheckConstraint("price_a_day >= 0", name=op.f("ck_bed_price_a_day")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_bed_patient_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_bed_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bed")),
        sa.UniqueConstraint("patient_id", name=op.f("uq_bed_patient_id")),
        sa.UniqueConstraint("place_id", "number", name=op.f("uq_bed_place_id_number")),
    )


def _doctor_appraisal() -> None:
    op.create_table(
        "doctor_appraisal",
        identity(),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("quality", sa.Integer(), nullable=False),
        sa.Column("service", sa.Integer(), nullable=False),
        sa.Column("workload", sa.Integer(), nullable=False),
        sa.Column("complaints", sa.Integer(), server_default="0", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        *stamps(),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("period ~ '^20[0-9]{2}(-Q[1-4])?$'", name=op.f("ck_doctor_appraisal_period")),
        sa.CheckConstraint("complaints >= 0", name=op.f("ck_doctor_appraisal_complaints")),
        sa.CheckConstraint("quality BETWEEN 0 AND 100", name=op.f("ck_doctor_appraisal_quality")),
        sa.CheckConstraint("service BETWEEN 0 AND 100", name=op.f("ck_doctor_appraisal_service")),
        sa.CheckConstraint("workload BETWEEN 0 AND 100", name=op.f("ck_doctor_appraisal_workload")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_doctor_appraisal_created_by")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_doctor_appraisal_doctor_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doctor_appraisal")),
        sa.UniqueConstraint("doctor_id", "period", name=op.f("uq_doctor_appraisal_doctor_id_period")),
    )


def _doctor_profile() -> None:
    op.create_table(
        "doctor_profile",
        identity(),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("expert", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("speciality", sa.String(length=200), server_default="", nullable=False),
        sa.Column("introduction", sa.Text(), server_default="", nullable=False),
        sa.Column("languages", sa.String(length=60), server_default="", nullable=False),
        sa.Column("phone", sa.String(length=40), server_default="", nullable=False),
        *stamps(),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_doctor_profile_doctor_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doctor_profile")),
        sa.UniqueConstraint("doctor_id", name=op.f("uq_doctor_profile_doctor_id")),
    )


def _equipment() -> None:
    op.create_table(
        "equipment",
        identity(),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("model", sa.String(length=80), server_default="", nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), server_default="in_use", nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=True),
        sa.Column("next_service_on", sa.Date(), nullable=True),
        sa.Column("purpose", sa.String(length=200), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("state IN ('in_use', 'maintenance', 'broken', 'retired')", name=op.f("ck_equipment_state")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_equipment_department_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_equipment_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment")),
        sa.UniqueConstraint("code", name=op.f("uq_equipment_code")),
    )
    op.create_index("ix_equipment_next_service_on", "equipment", ["next_service_on"], unique=False, postgresql_where=sa.text("state <> 'retired'"))


def _service_price() -> None:
    op.create_table(
        "service_price",
        identity(),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), server_default="standard", nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        *stamps(),
        sa.CheckConstraint("kind IN ('standard', 'member', 'corporate')", name=op.f("ck_service_price_kind")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_service_price_price")),
        sa.ForeignKeyConstraint(["product_id"], ["service_product.id"], name=op.f("fk_service_price_product_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_price")),
        sa.UniqueConstraint("product_id", "kind", "valid_from", name=op.f("uq_service_price_product_id_kind_valid_from")),
    )
