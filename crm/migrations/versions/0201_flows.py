"""Flows with versions and releases, regression cases.

Revision: 0201, after 0105. A new release is told on the channel ivr_release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0201"
down_revision = "0105"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
_LIST = postgresql.JSONB(astext_type=sa.Text())


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    default = None if nullable else sa.text("now()")
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def upgrade() -> None:
    _flows()
    _versions()
    _releases()
    _cases()


def _flows() -> None:
    op.create_table(
        "ivr_flow",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=80), nullable=False),
        sa.Column("title_en", sa.String(length=80), nullable=False),
        _moment("created_at"),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("name ~ '^[a-z][a-z0-9_]{0,39}$'", name=op.f("ck_ivr_flow_name")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_ivr_flow_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ivr_flow")),
        sa.UniqueConstraint("name", name=op.f("uq_ivr_flow_name")),
    )


def _versions() -> None:
    op.create_table(
        "ivr_flow_version",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("flow_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("source", _JSON, nullable=False),
        sa.Column("layout", _JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("note", sa.String(length=500), server_default="", nullable=False),
        sa.Column("lock", sa.Integer(), server_default="1", nullable=False),
        sa.Column("faults", sa.Integer(), server_default="0", nullable=False),
        sa.Column("shipped", sa.Boolean(), server_default="false", nullable=False),
        _moment("changed_at"),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        _moment("published_at", nullable=True),
        _moment("created_at"),
        sa.CheckConstraint("state IN ('draft', 'published', 'retired')", name=op.f("ck_ivr_flow_version_state")),
        sa.CheckConstraint("(state = 'draft') = (number IS NULL)", name=op.f("ck_ivr_flow_version_number")),
        sa.ForeignKeyConstraint(["flow_id"], ["ivr_flow.id"], name=op.f("fk_ivr_flow_version_flow_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["changed_by"], ["user_account.id"], name=op.f("fk_ivr_flow_version_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ivr_flow_version")),
        sa.UniqueConstraint("flow_id", "number", name=op.f("uq_ivr_flow_version_flow_id_number")),
    )
    op.create_index("ux_ivr_flow_version_draft", "ivr_flow_version", ["flow_id"], unique=True, postgresql_where=sa.text("state = 'draft'"))


def _releases() -> None:
    op.create_table(
        "ivr_release",
        sa.Column("number", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("versions", _JSON, nullable=False),
        sa.Column("note", sa.String(length=500), server_default="", nullable=False),
        sa.Column("shipped", sa.Boolean(), server_default="false", nullable=False),
        _moment("at"),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_ivr_release_by")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ivr_release")),
    )
    op.execute("""
        CREATE FUNCTION ivr_notify_release() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('ivr_release', NEW.number::text);
            RETURN NULL;
        END $$
    """)
    op.execute("CREATE TRIGGER ivr_release_notify AFTER INSERT ON ivr_release FOR EACH ROW EXECUTE FUNCTION ivr_notify_release()")


def _cases() -> None:
    op.create_table(
        "ivr_case",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("flow", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=2), server_default="", nullable=False),
        _moment("at", nullable=True),
        sa.Column("caller", sa.String(length=32), server_default="", nullable=False),
        sa.Column("answers", _JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("steps", _LIST, nullable=False),
        sa.Column("expect", _LIST, nullable=False),
        _moment("created_at"),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("language IN ('zh', 'en', '')", name=op.f("ck_ivr_case_language")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_ivr_case_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ivr_case")),
    )
