"""Sealed conduct reports, path statistics, calendar switches.

Revision: 0204, after 0203.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0204"
down_revision = "0203"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _reports()
    _counts()
    op.add_column("call_record", sa.Column("anonymous", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("call_record", sa.Column("counted_as", sa.String(20)))
    to_count = sa.text("status = 'ended' AND counted_as IS DISTINCT FROM outcome")
    op.create_index("ix_call_record_to_count", "call_record", ["id"], postgresql_where=to_count)
    way = {"postgresql_using": "gin", "postgresql_ops": {"ivr_path": "jsonb_path_ops"}, "postgresql_where": sa.text("status = 'ended'")}
    op.create_index("ix_call_record_way", "call_record", ["ivr_path"], **way)
    op.add_column("calendar", sa.Column("night", sa.Boolean(), server_default="false", nullable=False))


def _reports() -> None:
    op.create_table(
        "conduct_key",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("public", "salt", "nonce", "wrapped")),
        sa.Column("retired_at", MOMENT),
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("octet_length(public) = 32", name=op.f("ck_conduct_key_public")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_conduct_key_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conduct_key")),
    )
    op.create_index("ix_conduct_key_user_id", "conduct_key", ["user_id"])
    op.create_table(
        "conduct_report",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("ref", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("language", sa.String(2), server_default="zh", nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(10), server_default="received", nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("asked_at", MOMENT),
        sa.Column("opened_at", MOMENT),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("state IN ('received', 'inquiry', 'closed')", name=op.f("ck_conduct_report_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conduct_report")),
        sa.UniqueConstraint("ref", name=op.f("uq_conduct_report_ref")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_conduct_report_code_hash")),
    )
    op.create_index("ix_conduct_report_received_at", "conduct_report", ["received_at"])
    op.create_table(
        "conduct_guess",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conduct_guess")),
    )
    op.create_index("ix_conduct_guess_at", "conduct_guess", ["at"])


def _counts() -> None:
    op.create_table(
        "flow_count",
        sa.Column("flow", sa.String(60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("node", sa.String(60), nullable=False),
        sa.Column("what", sa.String(80), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("flow", "day", "version", "node", "what", name=op.f("pk_flow_count")),
    )
