"""Registries of chronic patients, the elderly, mothers-to-be."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.migrations.columns import identity, stamps


def upgrade() -> None:
    _chronic_registry()
    _elderly_registry()
    _maternity_registry()


def _chronic_registry() -> None:
    op.create_table(
        "chronic_registry",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("disease_id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("risk", sa.String(length=6), server_default="low", nullable=False),
        sa.Column("systolic_goal", sa.Integer(), nullable=True),
        sa.Column("glucose_goal", sa.Numeric(precision=4, scale=1), nullable=True),
        sa.Column("next_review_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=6), server_default="active", nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("(state = 'closed') = (closed_on IS NOT NULL)", name=op.f("ck_chronic_registry_closed_on")),
        sa.CheckConstraint("risk IN ('low', 'middle', 'high')", name=op.f("ck_chronic_registry_risk")),
        sa.CheckConstraint("state IN ('active', 'closed')", name=op.f("ck_chronic_registry_state")),
        sa.CheckConstraint("glucose_goal BETWEEN 3 AND 20", name=op.f("ck_chronic_registry_glucose_goal")),
        sa.CheckConstraint("systolic_goal BETWEEN 80 AND 220", name=op.f("ck_chronic_registry_systolic_goal")),
        sa.ForeignKeyConstraint(["disease_id"], ["disease.id"], name=op.f("fk_chronic_registry_disease_id")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_chronic_registry_doctor_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_chronic_registry_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chronic_registry")),
    )
    op.create_index(
        "ix_chronic_registry_next_review_on", "chronic_registry", ["next_review_on"], unique=False, postgresql_where=sa.text("state = 'active'")
    )
    op.create_index(
        "uq_chronic_registry_active", "chronic_registry", ["patient_id", "disease_id"], unique=True, postgresql_where=sa.text("state = 'active'")
    )


def _elderly_registry() -> None:
    op.create_table(
        "elderly_registry",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("living", sa.String(length=12), server_default="spouse", nullable=False),
        sa.Column("self_care", sa.Integer(), nullable=True),
        sa.Column("cognition", sa.Integer(), nullable=True),
        sa.Column("falls_last_year", sa.Integer(), server_default="0", nullable=False),
        sa.Column("emergency_contact", sa.String(length=120), server_default="", nullable=False),
        sa.Column("next_review_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=6), server_default="active", nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("(state = 'closed') = (closed_on IS NOT NULL)", name=op.f("ck_elderly_registry_closed_on")),
        sa.CheckConstraint("living IN ('alone', 'spouse', 'children', 'carer', 'institution')", name=op.f("ck_elderly_registry_living")),
        sa.CheckConstraint("state IN ('active', 'closed')", name=op.f("ck_elderly_registry_state")),
        sa.CheckConstraint("cognition BETWEEN 0 AND 30", name=op.f("ck_elderly_registry_cognition")),
        sa.CheckConstraint("falls_last_year >= 0", name=op.f("ck_elderly_registry_falls_last_year")),
        sa.CheckConstraint("self_care BETWEEN 0 AND 100", name=op.f("ck_elderly_registry_self_care")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_elderly_registry_doctor_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_elderly_registry_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_elderly_registry")),
    )
    op.create_index("uq_elderly_registry_active", "elderly_registry", ["patient_id"], unique=True, postgresql_where=sa.text("state = 'active'"))


def _maternity_registry() -> None:
    op.create_table(
        "maternity_registry",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("last_menstruation_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("gravida", sa.Integer(), server_default="1", nullable=False),
        sa.Column("para", sa.Integer(), server_default="0", nullable=False),
        sa.Column("risk", sa.String(length=6), server_default="green", nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("delivery", sa.String(length=10), server_default="", nullable=False),
        sa.Column("baby_weight_g", sa.Integer(), nullable=True),
        sa.Column("next_review_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=6), server_default="active", nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("(state = 'closed') = (closed_on IS NOT NULL)", name=op.f("ck_maternity_registry_closed_on")),
        sa.CheckConstraint("delivery IN ('', 'natural', 'caesarean', 'assisted')", name=op.f("ck_maternity_registry_delivery")),
        sa.CheckConstraint("risk IN ('green', 'yellow', 'orange', 'red', 'purple')", name=op.f("ck_maternity_registry_risk")),
        sa.CheckConstraint("state IN ('active', 'closed')", name=op.f("ck_maternity_registry_state")),
        sa.CheckConstraint("baby_weight_g BETWEEN 300 AND 7000", name=op.f("ck_maternity_registry_baby_weight_g")),
        sa.CheckConstraint("delivered_on > last_menstruation_on", name=op.f("ck_maternity_registry_delivered_on")),
        sa.CheckConstraint("due_on > last_menstruation_on AND due_on <= last_menstruation_on + 310", name=op.f("ck_maternity_registry_due_on")),
        sa.CheckConstraint("gravida BETWEEN 1 AND 20 AND para >= 0 AND para < gravida", name=op.f("ck_maternity_registry_para")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_maternity_registry_doctor_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_maternity_registry_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maternity_registry")),
    )
    op.create_index("ix_maternity_registry_due_on", "maternity_registry", ["due_on"], unique=False, postgresql_where=sa.text("state = 'active'"))
    op.create_index("uq_maternity_registry_active", "maternity_registry", ["patient_id"], unique=True, postgresql_where=sa.text("state = 'active'"))
