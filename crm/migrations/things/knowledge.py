"""The knowledge base."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from crm.migrations.columns import AT, identity, removable, stamps


def upgrade() -> None:
    _knowledge_category()
    _knowledge_article()
    _knowledge_version()
    _standard_answer()


def _knowledge_category() -> None:
    op.create_table(
        "knowledge_category",
        identity(),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("title_zh", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=80), server_default="", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        *stamps(),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_knowledge_category_parent_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["knowledge_category.id"], name=op.f("fk_knowledge_category_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_category")),
        sa.UniqueConstraint("title_zh", name=op.f("uq_knowledge_category_title_zh")),
    )


def _knowledge_article() -> None:
    op.create_table(
        "knowledge_article",
        identity(),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("keywords", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("body_html", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=10), server_default="draft", nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("reviewer_id", sa.Integer(), nullable=True),
        sa.Column("review_note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("published_at", AT, nullable=True),
        sa.Column("versions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("live", sa.Integer(), nullable=True),
        *stamps(),
        *removable(),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'review', 'published', 'expired')", name=op.f("ck_knowledge_article_state")),
        sa.CheckConstraint("length(trim(title)) > 0", name=op.f("ck_knowledge_article_title")),
        sa.CheckConstraint("versions >= 0 AND live BETWEEN 1 AND versions", name=op.f("ck_knowledge_article_versions")),
        sa.ForeignKeyConstraint(["category_id"], ["knowledge_category.id"], name=op.f("fk_knowledge_article_category_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user_account.id"], name=op.f("fk_knowledge_article_created_by")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_knowledge_article_department_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["user_account.id"], name=op.f("fk_knowledge_article_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_article")),
    )
    op.create_index("ix_knowledge_article_category_id", "knowledge_article", ["category_id"], unique=False)
    op.create_index(
        "ix_knowledge_article_expires_on", "knowledge_article", ["expires_on"], unique=False, postgresql_where=sa.text("state = 'published'")
    )


def _knowledge_version() -> None:
    op.create_table(
        "knowledge_version",
        identity(),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("keywords", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("published_at", AT, nullable=False),
        sa.Column("published_by", sa.Integer(), nullable=True),
        sa.Column("current", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("grams", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["knowledge_article.id"], name=op.f("fk_knowledge_version_article_id")),
        sa.ForeignKeyConstraint(["published_by"], ["user_account.id"], name=op.f("fk_knowledge_version_published_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_version")),
        sa.UniqueConstraint("article_id", "number", name=op.f("uq_knowledge_version_article_id_number")),
    )
    op.create_index(
        "ix_knowledge_version_grams", "knowledge_version", ["grams"], unique=False, postgresql_using="gin", postgresql_where=sa.text("current")
    )
    op.create_index("uq_knowledge_version_current", "knowledge_version", ["article_id"], unique=True, postgresql_where=sa.text("current"))


def _standard_answer() -> None:
    op.create_table(
        "standard_answer",
        identity(),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("article_id", sa.Integer(), nullable=True),
        sa.Column("question", sa.String(length=200), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("steps", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("grams", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        *stamps(),
        sa.CheckConstraint("length(trim(answer)) > 0", name=op.f("ck_standard_answer_answer")),
        sa.CheckConstraint("length(trim(question)) > 0", name=op.f("ck_standard_answer_question")),
        sa.ForeignKeyConstraint(["article_id"], ["knowledge_article.id"], name=op.f("fk_standard_answer_article_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["category_id"], ["knowledge_category.id"], name=op.f("fk_standard_answer_category_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_standard_answer_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_answer")),
    )
    op.create_index("ix_standard_answer_grams", "standard_answer", ["grams"], unique=False, postgresql_using="gin")
