"""Events and invitations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.migrations.columns import AT, identity, removable, stamps


def upgrade() -> None:
    _event()
    _event_invitation()


def _event() -> None:
    op.create_table(
        "event",
        identity(),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="planned", nullable=False),
        sa.Column("starts_at", AT, nullable=False),
        sa.Column("ends_at", AT, nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("budget", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("cost", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("plan", sa.Text(), server_default="", nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        *stamps(),
        *removable(),
        sa.CheckConstraint("kind IN ('lecture', 'club', 'screening', 'open_day', 'corporate', 'other')", name=op.f("ck_event_kind")),
        sa.CheckConstraint("state <> 'closed' OR length(trim(summary)) > 0", name=op.f("ck_event_summary")),
        sa.CheckConstraint("state IN ('planned', 'inviting', 'held', 'closed', 'cancelled')", name=op.f("ck_event_state")),
        sa.CheckConstraint("budget >= 0", name=op.f("ck_event_budget")),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_event_capacity")),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_event_cost")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_event_ends_at")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_event_department_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_event_owner_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_event_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_starts_at", "event", ["starts_at"], unique=False)


def _event_invitation() -> None:
    op.create_table(
        "event_invitation",
        identity(),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=10), server_default="phone", nullable=False),
        sa.Column("state", sa.String(length=10), server_default="listed", nullable=False),
        sa.Column("invited_at", AT, nullable=True),
        sa.Column("answered_at", AT, nullable=True),
        sa.Column("attended_at", AT, nullable=True),
        sa.Column("guests", sa.Integer(), server_default="0", nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        *stamps(),
        sa.CheckConstraint("(state = 'attended') = (attended_at IS NOT NULL)", name=op.f("ck_event_invitation_attended_at")),
        sa.CheckConstraint("channel IN ('phone', 'sms', 'wechat', 'email', 'letter')", name=op.f("ck_event_invitation_channel")),
        sa.CheckConstraint("state IN ('listed', 'invited', 'accepted', 'declined', 'attended', 'absent')", name=op.f("ck_event_invitation_state")),
        sa.CheckConstraint("guests BETWEEN 0 AND 20", name=op.f("ck_event_invitation_guests")),
        sa.CheckConstraint("num_nonnulls(patient_id, contact_id) = 1", name=op.f("ck_event_invitation_patient_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["corporate_contact.id"], name=op.f("fk_event_invitation_contact_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_invitation_event_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_event_invitation_patient_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_invitation")),
    )
    op.create_index("ix_event_invitation_patient_id", "event_invitation", ["patient_id"], unique=False)
    op.create_index(
        "uq_event_invitation_contact", "event_invitation", ["event_id", "contact_id"], unique=True, postgresql_where=sa.text("contact_id IS NOT NULL")
    )
    op.create_index(
        "uq_event_invitation_patient", "event_invitation", ["event_id", "patient_id"], unique=True, postgresql_where=sa.text("patient_id IS NOT NULL")
    )
