"""Prompts of the hospital and their sounds, how names are read.

Revision: 0203, after 0202. Changes are told on the channel prompts_changed, also those of the names that are spoken.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0203"
down_revision = "0202"
branch_labels = None
depends_on = None

TOLD = ("prompt_text", "prompt_sound", "pronunciation", "department", "doctor", "disease")
NOTIFY = """
CREATE FUNCTION crm_notify_prompts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('prompts_changed', TG_TABLE_NAME);
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    _texts()
    _sounds()
    _readings()
    op.execute(NOTIFY)
    for table in TOLD:
        told = f"CREATE TRIGGER {table}_prompts AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION crm_notify_prompts()"
        op.execute(told)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _texts() -> None:
    op.create_table(
        "prompt_text",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("zh", sa.String(length=1500), nullable=False),
        sa.Column("en", sa.String(length=1500), nullable=False),
        sa.Column("shipped", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        _moment("created_at"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _moment("changed_at"),
        sa.CheckConstraint("id ~ '^[a-z][a-z0-9_]{0,59}$'", name=op.f("ck_prompt_text_id")),
        sa.CheckConstraint("length(trim(zh)) > 0 AND length(trim(en)) > 0", name=op.f("ck_prompt_text_texts")),
        sa.ForeignKeyConstraint(["changed_by"], ["user_account.id"], name=op.f("fk_prompt_text_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_text")),
    )


def _sounds() -> None:
    op.create_table(
        "prompt_sound",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("prompt_id", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("sound", sa.LargeBinary(), nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=False),
        sa.Column("current", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        _moment("created_at"),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_prompt_sound_language")),
        sa.CheckConstraint("source IN ('tts', 'upload', 'recorded')", name=op.f("ck_prompt_sound_source")),
        sa.CheckConstraint("duration_s > 0", name=op.f("ck_prompt_sound_duration_s")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_prompt_sound_created_by")),
        sa.ForeignKeyConstraint(["prompt_id"], ["prompt_text.id"], name=op.f("fk_prompt_sound_prompt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_sound")),
        sa.UniqueConstraint("prompt_id", "language", "number", name=op.f("uq_prompt_sound_prompt_id_language_number")),
    )
    op.create_index("uq_prompt_sound_current", "prompt_sound", ["prompt_id", "language"], unique=True, postgresql_where=sa.text("current"))


def _readings() -> None:
    op.create_table(
        "pronunciation",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("text", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=2), server_default="zh", nullable=False),
        sa.Column("say", sa.String(length=300), nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        _moment("created_at"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _moment("changed_at"),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_pronunciation_language")),
        sa.CheckConstraint("length(trim(text)) > 0 AND length(trim(say)) > 0", name=op.f("ck_pronunciation_words")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pronunciation")),
        sa.UniqueConstraint("text", "language", name=op.f("uq_pronunciation_text_language")),
    )
