"""Patients, whom to ring for them, what was done for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from crm.migrations.columns import AT, identity


def upgrade() -> None:
    _patient()
    _contact_phone()
    _relative()
    _visit()
    _medical_order()
    _follow_up_task()


def _patient() -> None:
    op.create_table(
        "patient",
        identity(),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("initials", sa.String(length=40), server_default="", nullable=False),
        sa.Column("gender", sa.String(length=6), server_default="", nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("mrn", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=2), server_default="zh", nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("alerts", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("birth_date > DATE '1880-01-01'", name=op.f("ck_patient_birth_date")),
        sa.CheckConstraint("gender IN ('male', 'female', '')", name=op.f("ck_patient_gender")),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_patient_language")),
        sa.CheckConstraint("length(trim(name)) > 0", name=op.f("ck_patient_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("mrn", name=op.f("uq_patient_mrn")),
    )
    op.create_index("ix_patient_initials_prefix", "patient", ["initials"], unique=False, postgresql_ops={"initials": "text_pattern_ops"})
    op.create_index("ix_patient_mrn_prefix", "patient", ["mrn"], unique=False, postgresql_ops={"mrn": "text_pattern_ops"})
    op.create_index("ix_patient_name_prefix", "patient", ["name"], unique=False, postgresql_ops={"name": "text_pattern_ops"})
    op.create_index("ix_patient_name_trgm", "patient", ["name"], unique=False, postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"})


def _contact_phone() -> None:
    op.create_table(
        "contact_phone",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("raw", sa.String(length=40), server_default="", nullable=False),
        sa.Column("relation", sa.String(length=20), server_default="本人", nullable=False),
        sa.Column("owner_name", sa.String(length=80), server_default="", nullable=False),
        sa.Column("rating", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("number ~ '^[+]?[0-9]{3,15}$'", name=op.f("ck_contact_phone_number")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_contact_phone_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_phone")),
        sa.UniqueConstraint("patient_id", "number", name=op.f("uq_contact_phone_patient_id_number")),
    )
    op.create_index("ix_contact_phone_number", "contact_phone", ["number"], unique=False)


def _relative() -> None:
    op.create_table(
        "relative",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("related_patient_id", sa.Integer(), nullable=True),
        sa.Column("may_be_told", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_relative_patient_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["related_patient_id"], ["patient.id"], name=op.f("fk_relative_related_patient_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relative")),
    )
    op.create_index("ix_relative_patient_id", "relative", ["patient_id"], unique=False)
    op.create_index("ix_relative_related_patient_id", "relative", ["related_patient_id"], unique=False)


def _visit() -> None:
    op.create_table(
        "visit",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("visit_number", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("diagnosis", sa.String(length=200), server_default="", nullable=False),
        sa.Column("started_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('outpatient', 'inpatient')", name=op.f("ck_visit_kind")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_visit_order")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_visit_department_id")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_visit_doctor_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_visit_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("visit_number", name=op.f("uq_visit_visit_number")),
    )
    op.create_index("ix_visit_patient_id_started_at", "visit", ["patient_id", "started_at"], unique=False)


def _medical_order() -> None:
    op.create_table(
        "medical_order",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("content", sa.String(length=200), nullable=False),
        sa.Column("ordered_at", AT, nullable=False),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('medication', 'examination', 'laboratory', 'treatment')", name=op.f("ck_medical_order_kind")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_medical_order_doctor_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_medical_order_patient_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_medical_order_visit_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medical_order")),
    )
    op.create_index("ix_medical_order_patient_id_ordered_at", "medical_order", ["patient_id", "ordered_at"], unique=False)
    op.create_index("ix_medical_order_visit_id", "medical_order", ["visit_id"], unique=False)


def _follow_up_task() -> None:
    op.create_table(
        "follow_up_task",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("due_at", AT, nullable=False),
        sa.Column("state", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("closed_at", AT, nullable=True),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.Column("linkedid", sa.String(length=80), nullable=True),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_follow_up_task_closed")),
        sa.CheckConstraint("state IN ('open', 'done', 'cancelled')", name=op.f("ck_follow_up_task_state")),
        sa.ForeignKeyConstraint(["assigned_to"], ["user_account.id"], name=op.f("fk_follow_up_task_assigned_to")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_follow_up_task_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_task")),
        sa.UniqueConstraint("linkedid", name=op.f("uq_follow_up_task_linkedid")),
    )
    op.create_index("ix_follow_up_task_open", "follow_up_task", ["patient_id", "due_at"], unique=False, postgresql_where=sa.text("state = 'open'"))
