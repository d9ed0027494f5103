"""What the engine needs: versions of rows, scopes, tokens, saved views, dictionaries, search by grams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0101"
down_revision = "0001"
branch_labels = None
depends_on = None

VERSIONED = (
    "patient", "contact_phone", "relative", "visit", "medical_order", "department", "doctor", "calendar", "calendar_hours", "calendar_day",
    "queue", "queue_member", "disposition", "pause_reason", "role", "user_account",
)  # fmt: skip
# One and two characters of a text, so that two Chinese characters anywhere in it are found by index.
GRAMS = """
CREATE FUNCTION crm_grams(written text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(w, i, n)), '{}')
    FROM (SELECT regexp_replace(lower(written), '\\s+', '', 'g') AS w) AS plain, generate_series(1, length(w)) AS i, generate_series(1, 2) AS n
    WHERE i + n - 1 <= length(w)
$$
"""
SCOPES = "('own', 'department', 'hospital')"
NOW = sa.text("now()")


def _versions() -> list[sa.Column]:
    return [
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
    ]


def upgrade() -> None:
    op.execute(GRAMS)
    for table in VERSIONED:
        for column in _versions():
            op.add_column(table, column)
    _patients()
    _access()
    _administration()


def _patients() -> None:
    op.add_column("patient", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("patient", sa.Column("removed_reason", sa.Text(), server_default="", nullable=False))
    op.add_column("patient", sa.Column("created_by", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_patient_created_by"), "patient", "user_account", ["created_by"], ["id"])
    op.drop_index("ix_patient_name_trgm", table_name="patient")
    op.create_index("ix_patient_name_grams", "patient", [sa.text("crm_grams(name)")], postgresql_using="gin")
    op.create_index("ix_patient_mrn_trgm", "patient", ["mrn"], postgresql_using="gin", postgresql_ops={"mrn": "gin_trgm_ops"})
    op.create_index("ix_patient_birth_date", "patient", ["birth_date", "id"])
    op.create_index("ix_patient_created_at", "patient", ["created_at", "id"])
    op.create_index("ix_contact_phone_number_trgm", "contact_phone", ["number"], postgresql_using="gin", postgresql_ops={"number": "gin_trgm_ops"})


def _access() -> None:
    op.add_column("role", sa.Column("scope", sa.String(length=12), server_default="hospital", nullable=False))
    op.create_check_constraint(op.f("ck_role_scope"), "role", f"scope IN {SCOPES}")
    op.create_check_constraint(op.f("ck_role_code"), "role", "code ~ '^[a-z][a-z0-9_]{0,39}$'")
    op.add_column("user_account", sa.Column("scope", sa.String(length=12), nullable=True))
    op.create_check_constraint(op.f("ck_user_account_scope"), "user_account", f"scope IN {SCOPES}")
    op.add_column("user_account", sa.Column("department_ids", postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False))
    op.create_table(
        "known_right", sa.Column("name", sa.String(length=120), nullable=False), sa.PrimaryKeyConstraint("name", name=op.f("pk_known_right"))
    )
    _tokens()
    _views()
    op.create_index("ix_audit_entry_user_id", "audit_entry", ["user_id", "id"])
    op.create_index("ix_audit_entry_patient", "audit_entry", [sa.text("(data ->> 'patient_id')")], postgresql_where=sa.text("data ? 'patient_id'"))


def _tokens() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("rights", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_api_token_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index("ix_api_token_user_id", "api_token", ["user_id"])


def _views() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("resource", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("query", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("sort", sa.String(length=80), server_default="", nullable=False),
        sa.Column("shared", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("standard", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_saved_view_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("user_id", "resource", "title", name=op.f("uq_saved_view_user_id_resource_title")),
    )
    op.create_index("uq_saved_view_standard", "saved_view", ["user_id", "resource"], unique=True, postgresql_where=sa.text("standard"))
    op.create_index("ix_saved_view_resource", "saved_view", ["resource"])


def _administration() -> None:
    op.create_table(
        "dictionary",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=60), nullable=False),
        *_versions(),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9_]{0,39}$'", name=op.f("ck_dictionary_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_dictionary")),
    )
    op.create_table(
        "dictionary_entry",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("dictionary", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=60), server_default="", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        *_versions(),
        sa.ForeignKeyConstraint(["dictionary"], ["dictionary.code"], name=op.f("fk_dictionary_entry_dictionary"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dictionary_entry")),
    )
    op.create_index("uq_dictionary_entry_dictionary_code", "dictionary_entry", ["dictionary", "code"], unique=True)
    op.create_table(
        "parameter",
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("title_zh", sa.String(length=80), nullable=False),
        sa.Column("title_en", sa.String(length=80), server_default="", nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        *_versions(),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_parameter")),
    )
