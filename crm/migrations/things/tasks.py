"""To-dos, reminders, announcements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from crm.migrations.columns import AT, identity, stamps


def upgrade() -> None:
    _announcement()
    _announcement_read()
    _reminder()
    _to_do()


def _announcement() -> None:
    op.create_table(
        "announcement",
        identity(),
        sa.Column("kind", sa.String(length=12), server_default="announcement", nullable=False),
        sa.Column("level", sa.String(length=10), server_default="normal", nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("body_html", sa.Text(), server_default="", nullable=False),
        sa.Column("audience", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="draft", nullable=False),
        sa.Column("published_at", AT, nullable=True),
        sa.Column("expires_at", AT, nullable=True),
        *stamps(),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('announcement', 'bulletin')", name=op.f("ck_announcement_kind")),
        sa.CheckConstraint("level IN ('normal', 'important', 'urgent')", name=op.f("ck_announcement_level")),
        sa.CheckConstraint("state <> 'published' OR published_at IS NOT NULL", name=op.f("ck_announcement_published_at")),
        sa.CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name=op.f("ck_announcement_state")),
        sa.CheckConstraint("length(trim(title)) > 0", name=op.f("ck_announcement_title")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_announcement_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
    )
    op.create_index("ix_announcement_published", "announcement", ["published_at"], unique=False, postgresql_where=sa.text("state = 'published'"))


def _announcement_read() -> None:
    op.create_table(
        "announcement_read",
        sa.Column("announcement_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("read_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["announcement_id"], ["announcement.id"], name=op.f("fk_announcement_read_announcement_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_announcement_read_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("announcement_id", "user_id", name=op.f("pk_announcement_read")),
    )
    op.create_index("ix_announcement_read_user_id", "announcement_read", ["user_id"], unique=False)


def _reminder() -> None:
    op.create_table(
        "reminder",
        identity(),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("remind_at", AT, nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=8), server_default="waiting", nullable=False),
        *stamps(),
        sa.CheckConstraint("state IN ('waiting', 'done')", name=op.f("ck_reminder_state")),
        sa.CheckConstraint("length(trim(title)) > 0", name=op.f("ck_reminder_title")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_reminder_patient_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_reminder_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
    )
    op.create_index("ix_reminder_waiting", "reminder", ["user_id", "remind_at"], unique=False, postgresql_where=sa.text("state = 'waiting'"))


def _to_do() -> None:
    op.create_table(
        "to_do",
        identity(),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("priority", sa.String(length=8), server_default="normal", nullable=False),
        sa.Column("due_at", AT, nullable=True),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("result", sa.String(length=400), server_default="", nullable=False),
        sa.Column("closed_at", AT, nullable=True),
        *stamps(),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("(state IN ('done', 'cancelled')) = (closed_at IS NOT NULL)", name=op.f("ck_to_do_closed_at")),
        sa.CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name=op.f("ck_to_do_priority")),
        sa.CheckConstraint("state IN ('open', 'doing', 'done', 'cancelled')", name=op.f("ck_to_do_state")),
        sa.CheckConstraint("length(trim(title)) > 0", name=op.f("ck_to_do_title")),
        sa.ForeignKeyConstraint(["assigned_to"], ["user_account.id"], name=op.f("fk_to_do_assigned_to")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_to_do_created_by")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_to_do_department_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_to_do_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_to_do")),
    )
    op.create_index("ix_to_do_open", "to_do", ["assigned_to", "due_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL"))
    op.create_index("ix_to_do_patient_id", "to_do", ["patient_id"], unique=False)
