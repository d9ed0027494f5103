"""Group customers and their development."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.migrations.columns import AT, identity, removable, stamps


def upgrade() -> None:
    _corporate_client()
    _corporate_agreement()
    _corporate_contact()
    _corporate_lead()
    _corporate_opportunity()
    _corporate_reminder()
    _corporate_visit()


def _corporate_client() -> None:
    op.create_table(
        "corporate_client",
        identity(),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("initials", sa.String(length=40), server_default="", nullable=False),
        sa.Column("industry", sa.String(length=40), server_default="", nullable=False),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("grade", sa.String(length=1), server_default="B", nullable=False),
        sa.Column("state", sa.String(length=10), server_default="prospect", nullable=False),
        sa.Column("address", sa.String(length=200), server_default="", nullable=False),
        sa.Column("phone", sa.String(length=40), server_default="", nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        *stamps(),
        *removable(),
        sa.CheckConstraint("grade IN ('A', 'B', 'C')", name=op.f("ck_corporate_client_grade")),
        sa.CheckConstraint("state IN ('prospect', 'active', 'paused', 'ended')", name=op.f("ck_corporate_client_state")),
        sa.CheckConstraint("employees >= 0", name=op.f("ck_corporate_client_employees")),
        sa.CheckConstraint("length(trim(name)) > 0", name=op.f("ck_corporate_client_name")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_corporate_client_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corporate_client")),
        sa.UniqueConstraint("name", name=op.f("uq_corporate_client_name")),
    )
    op.create_index("ix_corporate_client_owner_id", "corporate_client", ["owner_id"], unique=False)


def _corporate_agreement() -> None:
    op.create_table(
        "corporate_agreement",
        identity(),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("discount_percent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("remind_days", sa.Integer(), server_default="60", nullable=False),
        sa.Column("state", sa.String(length=10), server_default="draft", nullable=False),
        sa.Column("content", sa.Text(), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("state = 'draft' OR signed_on IS NOT NULL", name=op.f("ck_corporate_agreement_signed_on")),
        sa.CheckConstraint("state IN ('draft', 'active', 'ended', 'cancelled')", name=op.f("ck_corporate_agreement_state")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_corporate_agreement_amount")),
        sa.CheckConstraint("discount_percent BETWEEN 0 AND 100", name=op.f("ck_corporate_agreement_discount_percent")),
        sa.CheckConstraint("remind_days BETWEEN 0 AND 365", name=op.f("ck_corporate_agreement_remind_days")),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_corporate_agreement_valid_to")),
        sa.ForeignKeyConstraint(["client_id"], ["corporate_client.id"], name=op.f("fk_corporate_agreement_client_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corporate_agreement")),
        sa.UniqueConstraint("number", name=op.f("uq_corporate_agreement_number")),
    )
    op.create_index("ix_corporate_agreement_client_id", "corporate_agreement", ["client_id"], unique=False)
    op.create_index("ix_corporate_agreement_ending", "corporate_agreement", ["valid_to"], unique=False, postgresql_where=sa.text("state = 'active'"))


def _corporate_contact() -> None:
    op.create_table(
        "corporate_contact",
        identity(),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.String(length=60), server_default="", nullable=False),
        sa.Column("phone", sa.String(length=40), server_default="", nullable=False),
        sa.Column("email", sa.String(length=120), server_default="", nullable=False),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("decides", sa.Boolean(), server_default="false", nullable=False),
        *stamps(),
        sa.CheckConstraint("length(trim(name)) > 0", name=op.f("ck_corporate_contact_name")),
        sa.ForeignKeyConstraint(["client_id"], ["corporate_client.id"], name=op.f("fk_corporate_contact_client_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corporate_contact")),
    )
    op.create_index("ix_corporate_contact_client_id", "corporate_contact", ["client_id"], unique=False)


def _corporate_lead() -> None:
    op.create_table(
        "corporate_lead",
        identity(),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=40), server_default="", nullable=False),
        sa.Column("contact_name", sa.String(length=80), server_default="", nullable=False),
        sa.Column("phone", sa.String(length=40), server_default="", nullable=False),
        sa.Column("interest", sa.String(length=200), server_default="", nullable=False),
        sa.Column("state", sa.String(length=10), server_default="new", nullable=False),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("state <> 'converted' OR client_id IS NOT NULL", name=op.f("ck_corporate_lead_client_id")),
        sa.CheckConstraint("state IN ('new', 'contacted', 'qualified', 'converted', 'dropped')", name=op.f("ck_corporate_lead_state")),
        sa.ForeignKeyConstraint(["assigned_to"], ["user_account.id"], name=op.f("fk_corporate_lead_assigned_to")),
        sa.ForeignKeyConstraint(["client_id"], ["corporate_client.id"], name=op.f("fk_corporate_lead_client_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corporate_lead")),
    )
    op.create_index("ix_corporate_lead_assigned_to", "corporate_lead", ["assigned_to"], unique=False)


def _corporate_opportunity() -> None:
    op.create_table(
        "corporate_opportunity",
        identity(),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("stage", sa.String(length=12), server_default="contact", nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("chance", sa.Integer(), server_default="20", nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("lost_reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("stage <> 'lost' OR length(trim(lost_reason)) > 0", name=op.f("ck_corporate_opportunity_lost_reason")),
        sa.CheckConstraint("stage IN ('contact', 'needs', 'proposal', 'negotiation', 'won', 'lost')", name=op.f("ck_corporate_opportunity_stage")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_corporate_opportunity_amount")),
        sa.CheckConstraint("chance BETWEEN 0 AND 100", name=op.f("ck_corporate_opportunity_chance")),
        sa.ForeignKeyConstraint(["client_id"], ["corporate_client.id"], name=op.f("fk_corporate_opportunity_client_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_corporate_opportunity_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corporate_opportunity")),
    )
    op.create_index("ix_corporate_opportunity_client_id", "corporate_opportunity", ["client_id"], unique=False)
    op.create_index(
        "ix_corporate_opportunity_open",
        "corporate_opportunity",
        ["expected_on"],
        unique=False,
        postgresql_where=sa.text("stage NOT IN ('won', 'lost')"),
    )


def _corporate_reminder() -> None:
    op.create_table(
        "corporate_reminder",
        identity(),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("lead_days", sa.Integer(), server_default="7", nullable=False),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.Column("done_year", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        *stamps(),
        sa.CheckConstraint(
            "day BETWEEN 1 AND CASE WHEN month = 2 THEN 28 WHEN month IN (4, 6, 9, 11) THEN 30 ELSE 31 END", name=op.f("ck_corporate_reminder_day")
        ),
        sa.CheckConstraint("lead_days BETWEEN 0 AND 90", name=op.f("ck_corporate_reminder_lead_days")),
        sa.CheckConstraint("month BETWEEN 1 AND 12", name=op.f("ck_corporate_reminder_month")),
        sa.ForeignKeyConstraint(["assigned_to"], ["user_account.id"], name=op.f("fk_corporate_reminder_assigned_to")),
        sa.ForeignKeyConstraint(["client_id"], ["corporate_client.id"], name=op.f("fk_corporate_reminder_client_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corporate_reminder")),
    )
    op.create_index("ix_corporate_reminder_client_id", "corporate_reminder", ["client_id"], unique=False)


def _corporate_visit() -> None:
    op.create_table(
        "corporate_visit",
        identity(),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("opportunity_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), server_default="visit", nullable=False),
        sa.Column("visited_at", AT, nullable=False),
        sa.Column("visited_by", sa.Integer(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("next_step", sa.String(length=200), server_default="", nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        *stamps(),
        sa.CheckConstraint("kind IN ('visit', 'call', 'meeting', 'reception')", name=op.f("ck_corporate_visit_kind")),
        sa.CheckConstraint("next_on >= visited_at::date", name=op.f("ck_corporate_visit_next_on")),
        sa.ForeignKeyConstraint(["client_id"], ["corporate_client.id"], name=op.f("fk_corporate_visit_client_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["corporate_opportunity.id"], name=op.f("fk_corporate_visit_opportunity_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["visited_by"], ["user_account.id"], name=op.f("fk_corporate_visit_visited_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corporate_visit")),
    )
    op.create_index("ix_corporate_visit_client_id_visited_at", "corporate_visit", ["client_id", "visited_at"], unique=False)
