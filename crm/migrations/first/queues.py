"""Queues, who serves them, what agents choose from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def upgrade() -> None:
    _queue()
    _queue_member()
    _disposition()
    _pause_reason()


def _queue() -> None:
    op.create_table(
        "queue",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=60), nullable=False),
        sa.Column("strategy", sa.String(length=20), server_default="leastrecent", nullable=False),
        sa.Column("ring_s", sa.Integer(), server_default="20", nullable=False),
        sa.Column("max_wait_s", sa.Integer(), server_default="300", nullable=False),
        sa.Column("max_callers", sa.Integer(), server_default="50", nullable=False),
        sa.Column("wrap_up_s", sa.Integer(), server_default="60", nullable=False),
        sa.Column("service_level_s", sa.Integer(), server_default="20", nullable=False),
        sa.Column("weight", sa.Integer(), server_default="0", nullable=False),
        sa.Column("announce_position", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("name ~ '^[a-z][a-z0-9_]{0,39}$'", name=op.f("ck_queue_name")),
        sa.CheckConstraint("strategy IN ('leastrecent', 'rrmemory', 'fewestcalls', 'random', 'linear', 'ringall')", name=op.f("ck_queue_strategy")),
        sa.CheckConstraint("max_callers BETWEEN 1 AND 10000", name=op.f("ck_queue_max_callers")),
        sa.CheckConstraint("max_wait_s BETWEEN 10 AND 7200", name=op.f("ck_queue_max_wait_s")),
        sa.CheckConstraint("ring_s BETWEEN 5 AND 120", name=op.f("ck_queue_ring_s")),
        sa.CheckConstraint("service_level_s BETWEEN 1 AND 600", name=op.f("ck_queue_service_level_s")),
        sa.CheckConstraint("wrap_up_s BETWEEN 0 AND 3600", name=op.f("ck_queue_wrap_up_s")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_queue")),
    )


def _queue_member() -> None:
    op.create_table(
        "queue_member",
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("penalty", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("penalty BETWEEN 0 AND 100", name=op.f("ck_queue_member_penalty")),
        sa.ForeignKeyConstraint(["queue"], ["queue.name"], name=op.f("fk_queue_member_queue"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_queue_member_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("queue", "user_id", name=op.f("pk_queue_member")),
    )
    op.create_index("ix_queue_member_user_id", "queue_member", ["user_id"], unique=False)


def _disposition() -> None:
    op.create_table(
        "disposition",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("parent", sa.String(length=40), nullable=True),
        sa.Column("title_zh", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=60), nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["disposition.code"], name=op.f("fk_disposition_parent")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_disposition")),
    )


def _pause_reason() -> None:
    op.create_table(
        "pause_reason",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=60), nullable=False),
        sa.Column("limit_min", sa.Integer(), nullable=True),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_pause_reason")),
    )
