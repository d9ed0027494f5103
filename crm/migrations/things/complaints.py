"""Complaints and enquiries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.migrations.columns import AT, identity, removable, stamps


def upgrade() -> None:
    _complaint()
    _inquiry()


def _complaint() -> None:
    op.create_table(
        "complaint",
        identity(),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("content", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.String(length=14), server_default="phone", nullable=False),
        sa.Column("urgency", sa.String(length=8), server_default="normal", nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("complainant", sa.String(length=80), server_default="", nullable=False),
        sa.Column("complainant_phone", sa.String(length=40), server_default="", nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("linkedid", sa.String(length=80), nullable=True),
        sa.Column("received_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", AT, nullable=True),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), server_default="new", nullable=False),
        sa.Column("result", sa.Text(), server_default="", nullable=False),
        sa.Column("satisfied", sa.Integer(), nullable=True),
        sa.Column("closed_at", AT, nullable=True),
        *stamps(),
        *removable(),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_complaint_closed_at")),
        sa.CheckConstraint("channel IN ('phone', 'voice_message', 'web', 'wechat', 'letter', 'visit', 'media')", name=op.f("ck_complaint_channel")),
        sa.CheckConstraint("kind IN ('complaint', 'suggestion', 'praise', 'dispute', 'media')", name=op.f("ck_complaint_kind")),
        sa.CheckConstraint("state IN ('new', 'handling', 'answered', 'closed')", name=op.f("ck_complaint_state")),
        sa.CheckConstraint("state NOT IN ('answered', 'closed') OR length(trim(result)) > 0", name=op.f("ck_complaint_result")),
        sa.CheckConstraint("urgency IN ('normal', 'high', 'urgent')", name=op.f("ck_complaint_urgency")),
        sa.CheckConstraint("length(trim(subject)) > 0", name=op.f("ck_complaint_subject")),
        sa.CheckConstraint("satisfied BETWEEN 1 AND 5", name=op.f("ck_complaint_satisfied")),
        sa.ForeignKeyConstraint(["assigned_to"], ["user_account.id"], name=op.f("fk_complaint_assigned_to")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_complaint_created_by")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_complaint_department_id")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_complaint_doctor_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_complaint_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
    )
    op.create_index("ix_complaint_open", "complaint", ["due_at"], unique=False, postgresql_where=sa.text("state <> 'closed'"))
    op.create_index("ix_complaint_patient_id_received_at", "complaint", ["patient_id", "received_at"], unique=False)
    op.create_index("ix_complaint_received_at", "complaint", ["received_at"], unique=False)


def _inquiry() -> None:
    op.create_table(
        "inquiry",
        identity(),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=14), server_default="phone", nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("asker", sa.String(length=80), server_default="", nullable=False),
        sa.Column("asker_phone", sa.String(length=40), server_default="", nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("linkedid", sa.String(length=80), nullable=True),
        sa.Column("received_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", AT, nullable=True),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), server_default="new", nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answered_at", AT, nullable=True),
        *stamps(),
        *removable(),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("channel IN ('phone', 'voice_message', 'web', 'wechat', 'letter', 'visit', 'media')", name=op.f("ck_inquiry_channel")),
        sa.CheckConstraint("state IN ('new', 'assigned', 'answered', 'closed')", name=op.f("ck_inquiry_state")),
        sa.CheckConstraint("state NOT IN ('answered', 'closed') OR answered_at IS NOT NULL", name=op.f("ck_inquiry_answered_at")),
        sa.CheckConstraint("state NOT IN ('answered', 'closed') OR length(trim(answer)) > 0", name=op.f("ck_inquiry_answer")),
        sa.CheckConstraint("length(trim(question)) > 0", name=op.f("ck_inquiry_question")),
        sa.ForeignKeyConstraint(["answered_by"], ["user_account.id"], name=op.f("fk_inquiry_answered_by")),
        sa.ForeignKeyConstraint(["assigned_to"], ["user_account.id"], name=op.f("fk_inquiry_assigned_to")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_inquiry_created_by")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_inquiry_department_id")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_inquiry_doctor_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_inquiry_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry")),
    )
    op.create_index("ix_inquiry_open", "inquiry", ["due_at"], unique=False, postgresql_where=sa.text("state <> 'closed'"))
    op.create_index("ix_inquiry_patient_id_received_at", "inquiry", ["patient_id", "received_at"], unique=False)
    op.create_index("ix_inquiry_received_at", "inquiry", ["received_at"], unique=False)
