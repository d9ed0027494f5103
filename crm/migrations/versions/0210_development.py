"""What is handed over waits for its new owner; agreements are renewed; reminders of the year are done by a step; marks make score and grade; who
comes
to an event may get points.

Revision: 0210, after 0207.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.migrations.columns import AT, identity

revision = "0210"
down_revision = "0207"
branch_labels = None
depends_on = None

SUM = "quality + delivery + price + service"
PARTNER_SCORE = f"({SUM} + 2) / 4"
PARTNER_GRADE = f"CASE WHEN {SUM} >= 352 THEN 'A' WHEN {SUM} >= 312 THEN 'B' WHEN {SUM} >= 260 THEN 'C' ELSE 'D' END"
DOCTOR_SCORE = "greatest((5 * quality + 3 * service + 2 * workload + 5) / 10 - 5 * complaints, 0)"


def upgrade() -> None:
    _handed_over()
    _agreements()
    _reminders()
    _marks()
    op.add_column("event", sa.Column("points", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_event_points"), "event", "points BETWEEN 0 AND 10000")


def _handed_over() -> None:
    op.create_table(
        "handed_over",
        identity(),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("object_id", sa.String(40), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("at", AT, server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_handed_over_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_handed_over_by"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handed_over")),
        sa.UniqueConstraint("kind", "object_id", name=op.f("uq_handed_over_kind_object_id")),
    )
    op.create_index("ix_handed_over_unseen", "handed_over", ["user_id"], postgresql_where=sa.text("seen_at IS NULL"))


def _agreements() -> None:
    for table in ("corporate_agreement", "partner_agreement"):
        op.add_column(table, sa.Column("renewal_id", sa.Integer(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_renewal_id"), table, table, ["renewal_id"], ["id"], ondelete="SET NULL")


def _reminders() -> None:
    op.add_column("corporate_reminder", sa.Column("state", sa.String(10), server_default="active", nullable=False))
    op.execute("UPDATE corporate_reminder SET state = 'stopped' WHERE NOT active")
    op.create_check_constraint(op.f("ck_corporate_reminder_state"), "corporate_reminder", "state IN ('active', 'stopped')")
    op.drop_column("corporate_reminder", "active")


def _marks() -> None:
    """The score and the grade are what the marks say, whatever was written before."""
    op.drop_column("partner_appraisal", "grade")
    op.add_column("partner_appraisal", sa.Column("score", sa.Integer(), sa.Computed(PARTNER_SCORE), nullable=False))
    op.add_column("partner_appraisal", sa.Column("grade", sa.String(1), sa.Computed(PARTNER_GRADE), nullable=False))
    op.create_check_constraint(op.f("ck_partner_appraisal_grade"), "partner_appraisal", "grade IN ('A', 'B', 'C', 'D')")
    op.add_column("doctor_appraisal", sa.Column("score", sa.Integer(), sa.Computed(DOCTOR_SCORE), nullable=False))
