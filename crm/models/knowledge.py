"""The knowledge base: articles that are written, reviewed, published and expire; what was published stays as a version; standard answers.

In and out: rows. Must not hold patients' data. Invariant: a version is never changed but for `current`; an article has at most one current
version, and that is what readers find. Column `grams` is kept by trigger: crm/migrations/versions/0102_things.py.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Authored, Base, Pk, Removable, Timed, Versioned


class KnowledgeCategory(Timed, Versioned, Base):
    """A shelf of the knowledge base."""

    __tablename__ = "knowledge_category"
    __table_args__ = (CheckConstraint("parent_id <> id", name="parent_id"),)

    id: Mapped[Pk]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("knowledge_category.id"))
    title_zh: Mapped[str] = mapped_column(String(60), unique=True)
    title_en: Mapped[str] = mapped_column(String(80), server_default="")
    sort: Mapped[int] = mapped_column(server_default="0")


class KnowledgeArticle(Timed, Versioned, Removable, Authored, Base):
    """What is being written. `live`: number of the version readers see; None: none."""

    __tablename__ = "knowledge_article"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'review', 'published', 'expired')", name="state"),
        CheckConstraint("length(trim(title)) > 0", name="title"),
        CheckConstraint("versions >= 0 AND live BETWEEN 1 AND versions", name="versions"),
        Index("ix_knowledge_article_category_id", "category_id"),
        Index("ix_knowledge_article_expires_on", "expires_on", postgresql_where=text("state = 'published'")),
    )

    id: Mapped[Pk]
    category_id: Mapped[int] = mapped_column(ForeignKey("knowledge_category.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    title: Mapped[str] = mapped_column(String(120))
    keywords: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    body_html: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(String(10), server_default="draft")
    expires_on: Mapped[date | None]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    review_note: Mapped[str] = mapped_column(String(200), server_default="")
    published_at: Mapped[datetime | None]
    versions: Mapped[int] = mapped_column(server_default="0")
    live: Mapped[int | None]


class KnowledgeVersion(Base):
    """An article as it was published."""

    __tablename__ = "knowledge_version"
    __table_args__ = (
        UniqueConstraint("article_id", "number"),
        Index("uq_knowledge_version_current", "article_id", unique=True, postgresql_where=text("current")),
        Index("ix_knowledge_version_grams", "grams", postgresql_using="gin", postgresql_where=text("current")),
    )

    id: Mapped[Pk]
    article_id: Mapped[int] = mapped_column(ForeignKey("knowledge_article.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    keywords: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    body_html: Mapped[str]
    expires_on: Mapped[date | None]
    published_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    current: Mapped[bool] = mapped_column(server_default="true")
    grams: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))


class StandardAnswer(Timed, Versioned, Base):
    """What an agent says to a frequent question, and the steps he takes."""

    __tablename__ = "standard_answer"
    __table_args__ = (
        CheckConstraint("length(trim(question)) > 0", name="question"),
        CheckConstraint("length(trim(answer)) > 0", name="answer"),
        Index("ix_standard_answer_grams", "grams", postgresql_using="gin"),
    )

    id: Mapped[Pk]
    category_id: Mapped[int | None] = mapped_column(ForeignKey("knowledge_category.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("knowledge_article.id", ondelete="SET NULL"))
    question: Mapped[str] = mapped_column(String(200))
    answer: Mapped[str]
    steps: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    active: Mapped[bool] = mapped_column(server_default="true")
    grams: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
