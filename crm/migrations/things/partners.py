"""Partners and suppliers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.migrations.columns import identity, removable, stamps


def upgrade() -> None:
    _partner()
    _partner_agreement()
    _partner_appraisal()


def _partner() -> None:
    op.create_table(
        "partner",
        identity(),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("initials", sa.String(length=40), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("category", sa.String(length=40), server_default="", nullable=False),
        sa.Column("state", sa.String(length=10), server_default="candidate", nullable=False),
        sa.Column("contact_name", sa.String(length=80), server_default="", nullable=False),
        sa.Column("phone", sa.String(length=40), server_default="", nullable=False),
        sa.Column("email", sa.String(length=120), server_default="", nullable=False),
        sa.Column("address", sa.String(length=200), server_default="", nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        *stamps(),
        *removable(),
        sa.CheckConstraint("kind IN ('partner', 'supplier')", name=op.f("ck_partner_kind")),
        sa.CheckConstraint("state IN ('candidate', 'active', 'suspended', 'ended')", name=op.f("ck_partner_state")),
        sa.CheckConstraint("length(trim(name)) > 0", name=op.f("ck_partner_name")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_partner_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("name", name=op.f("uq_partner_name")),
    )


def _partner_agreement() -> None:
    op.create_table(
        "partner_agreement",
        identity(),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("remind_days", sa.Integer(), server_default="60", nullable=False),
        sa.Column("state", sa.String(length=10), server_default="draft", nullable=False),
        sa.Column("content", sa.Text(), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("state IN ('draft', 'active', 'ended', 'cancelled')", name=op.f("ck_partner_agreement_state")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_partner_agreement_amount")),
        sa.CheckConstraint("remind_days BETWEEN 0 AND 365", name=op.f("ck_partner_agreement_remind_days")),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_partner_agreement_valid_to")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_partner_agreement_partner_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_agreement")),
        sa.UniqueConstraint("number", name=op.f("uq_partner_agreement_number")),
    )
    op.create_index("ix_partner_agreement_ending", "partner_agreement", ["valid_to"], unique=False, postgresql_where=sa.text("state = 'active'"))
    op.create_index("ix_partner_agreement_partner_id", "partner_agreement", ["partner_id"], unique=False)


def _partner_appraisal() -> None:
    op.create_table(
        "partner_appraisal",
        identity(),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("quality", sa.Integer(), nullable=False),
        sa.Column("delivery", sa.Integer(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("service", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        *stamps(),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name=op.f("ck_partner_appraisal_grade")),
        sa.CheckConstraint("period ~ '^20[0-9]{2}(-Q[1-4])?$'", name=op.f("ck_partner_appraisal_period")),
        sa.CheckConstraint("delivery BETWEEN 0 AND 100", name=op.f("ck_partner_appraisal_delivery")),
        sa.CheckConstraint("price BETWEEN 0 AND 100", name=op.f("ck_partner_appraisal_price")),
        sa.CheckConstraint("quality BETWEEN 0 AND 100", name=op.f("ck_partner_appraisal_quality")),
        sa.CheckConstraint("service BETWEEN 0 AND 100", name=op.f("ck_partner_appraisal_service")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_partner_appraisal_created_by")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_partner_appraisal_partner_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_appraisal")),
        sa.UniqueConstraint("partner_id", "period", name=op.f("uq_partner_appraisal_partner_id_period")),
    )
