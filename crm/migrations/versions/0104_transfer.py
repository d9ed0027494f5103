"""Imports with what undoes them, exports, merged patients' files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from crm.migrations.columns import AT, identity

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _import_heading()
    _export_run()
    _import_run()
    _patient_merge()
    _import_change()
    _import_problem()


def _import_heading() -> None:
    op.create_table(
        "import_heading",
        sa.Column("resource", sa.String(length=60), nullable=False),
        sa.Column("heading", sa.String(length=80), nullable=False),
        sa.Column("item", sa.String(length=60), nullable=False),
        sa.Column("used_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("resource", "heading", name=op.f("pk_import_heading")),
    )


def _export_run() -> None:
    op.create_table(
        "export_run",
        identity(),
        sa.Column("resource", sa.String(length=60), nullable=False),
        sa.Column("format", sa.String(length=4), nullable=False),
        sa.Column("language", sa.String(length=2), server_default="zh", nullable=False),
        sa.Column("query", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=8), server_default="waiting", nullable=False),
        sa.Column("rows_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("file", sa.String(length=120), server_default="", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fault", sa.String(length=200), server_default="", nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("finished_at", AT, nullable=True),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("format IN ('xlsx', 'csv')", name=op.f("ck_export_run_format")),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'expired')", name=op.f("ck_export_run_state")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_export_run_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_run")),
    )


def _import_run() -> None:
    op.create_table(
        "import_run",
        identity(),
        sa.Column("resource", sa.String(length=60), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("folder", sa.String(length=80), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="uploaded", nullable=False),
        sa.Column("sheets", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sheet", sa.Integer(), server_default="0", nullable=False),
        sa.Column("heading_row", sa.Integer(), server_default="0", nullable=False),
        sa.Column("headings", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("mapping", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("rules", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("prefer", sa.String(length=6), server_default="stored", nullable=False),
        sa.Column("rows_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("counts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("fault", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("conflicts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("started_at", AT, nullable=True),
        sa.Column("finished_at", AT, nullable=True),
        sa.Column("undone_at", AT, nullable=True),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("prefer IN ('stored', 'file')", name=op.f("ck_import_run_prefer")),
        sa.CheckConstraint(
            "state IN ('uploaded', 'checking', 'checked', 'running', 'stopped', 'done', 'undoing', 'undone')", name=op.f("ck_import_run_state")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_import_run_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        sa.UniqueConstraint("folder", name=op.f("uq_import_run_folder")),
    )
    op.create_index("ix_import_run_created_at", "import_run", ["created_at"], unique=False)


def _patient_merge() -> None:
    op.create_table(
        "patient_merge",
        identity(),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("dropped_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=400), server_default="", nullable=False),
        sa.Column("moved", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("before", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("undone_at", AT, nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.Column("created_at", AT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kept_id <> dropped_id", name=op.f("ck_patient_merge_two")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_patient_merge_created_by")),
        sa.ForeignKeyConstraint(["undone_by"], ["user_account.id"], name=op.f("fk_patient_merge_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_merge")),
    )
    op.create_index("ix_patient_merge_kept_id", "patient_merge", ["kept_id"], unique=False)
    op.create_index("uq_patient_merge_dropped_id", "patient_merge", ["dropped_id"], unique=True, postgresql_where=sa.text("undone_at IS NULL"))


def _import_change() -> None:
    op.create_table(
        "import_change",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=6), nullable=False),
        sa.Column("before", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("children", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("action IN ('added', 'merged')", name=op.f("ck_import_change_action")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_import_change_import_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("pk_import_change")),
    )


def _import_problem() -> None:
    op.create_table(
        "import_problem",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cells", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_import_problem_import_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("pk_import_problem")),
    )
