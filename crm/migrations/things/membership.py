"""Members, levels, benefits, the points ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.migrations.columns import AT, identity, stamps


def upgrade() -> None:
    _member_level()
    _member_benefit()
    _member()
    _benefit_use()
    _points_account()
    _points_entry()


def _member_level() -> None:
    op.create_table(
        "member_level",
        identity(),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name_zh", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.Column("min_points", sa.Integer(), nullable=False),
        sa.Column("discount_percent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        *stamps(),
        sa.CheckConstraint("discount_percent BETWEEN 0 AND 100", name=op.f("ck_member_level_discount_percent")),
        sa.CheckConstraint("min_points >= 0", name=op.f("ck_member_level_min_points")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_level")),
        sa.UniqueConstraint("code", name=op.f("uq_member_level_code")),
        sa.UniqueConstraint("min_points", name=op.f("uq_member_level_min_points")),
        sa.UniqueConstraint("name_zh", name=op.f("uq_member_level_name_zh")),
    )


def _member_benefit() -> None:
    op.create_table(
        "member_benefit",
        identity(),
        sa.Column("level_id", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.String(length=80), nullable=False),
        sa.Column("title_en", sa.String(length=120), server_default="", nullable=False),
        sa.Column("times_a_year", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("times_a_year > 0", name=op.f("ck_member_benefit_times_a_year")),
        sa.ForeignKeyConstraint(["level_id"], ["member_level.id"], name=op.f("fk_member_benefit_level_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_benefit")),
        sa.UniqueConstraint("level_id", "title_zh", name=op.f("uq_member_benefit_level_id_title_zh")),
    )


def _member() -> None:
    op.create_table(
        "member",
        identity(),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("card_number", sa.String(length=20), nullable=True),
        sa.Column("level_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), server_default="applied", nullable=False),
        sa.Column("source", sa.String(length=40), server_default="", nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decision_note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("state <> 'refused' OR length(trim(decision_note)) > 0", name=op.f("ck_member_decision_note")),
        sa.CheckConstraint("state IN ('applied', 'active', 'suspended', 'refused', 'ended')", name=op.f("ck_member_state")),
        sa.CheckConstraint("state IN ('applied', 'refused') OR (level_id IS NOT NULL AND joined_on IS NOT NULL)", name=op.f("ck_member_level_id")),
        sa.CheckConstraint("expires_on > joined_on", name=op.f("ck_member_expires_on")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_member_decided_by")),
        sa.ForeignKeyConstraint(["level_id"], ["member_level.id"], name=op.f("fk_member_level_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_member_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("card_number", name=op.f("uq_member_card_number")),
        sa.UniqueConstraint("patient_id", name=op.f("uq_member_patient_id")),
    )
    op.create_index("ix_member_state", "member", ["state"], unique=False)


def _benefit_use() -> None:
    op.create_table(
        "benefit_use",
        identity(),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("benefit_id", sa.Integer(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        *stamps(),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["benefit_id"], ["member_benefit.id"], name=op.f("fk_benefit_use_benefit_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_benefit_use_created_by")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_benefit_use_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benefit_use")),
    )
    op.create_index("ix_benefit_use_member_id_used_on", "benefit_use", ["member_id", "used_on"], unique=False)


def _points_account() -> None:
    op.create_table(
        "points_account",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("balance", sa.Integer(), server_default="0", nullable=False),
        sa.Column("gathered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("entries", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_points_account_balance")),
        sa.CheckConstraint("entries >= 0", name=op.f("ck_points_account_entries")),
        sa.CheckConstraint("gathered >= balance", name=op.f("ck_points_account_gathered")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_points_account_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_points_account")),
    )


def _points_entry() -> None:
    op.create_table(
        "points_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("balance", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("at", AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('visit', 'event', 'referral', 'birthday', 'gift', 'exchange', 'expiry', 'correction')", name=op.f("ck_points_entry_reason")
        ),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_points_entry_balance")),
        sa.CheckConstraint("delta <> 0 AND abs(delta) <= 1000000", name=op.f("ck_points_entry_delta")),
        sa.CheckConstraint("length(trim(reference)) > 0", name=op.f("ck_points_entry_reference")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_points_entry_created_by")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_points_entry_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_entry")),
        sa.UniqueConstraint("member_id", "place", name=op.f("uq_points_entry_member_id_place")),
        sa.UniqueConstraint("member_id", "reference", name=op.f("uq_points_entry_member_id_reference")),
    )
