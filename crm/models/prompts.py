"""Prompts of the hospital, their sounds, and how names are read.

In and out: rows. A shipped prompt has a row here only once somebody changed it. Must not hold a path: sounds lie in the database, so that every node
and every backup has them. Invariant: a prompt has at most one current sound a language; what was current once stays, so that a call which is
playing it, and a flow that was published with it, never lose it. Channel `prompts_changed`: crm/migrations/versions/0203_prompts.py.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Pk, Timed, Versioned


class PromptText(Timed, Versioned, Base):
    """What a prompt says in both languages. `shipped`: over a prompt of the product. Removed: no list shows it, what names it still plays."""

    __tablename__ = "prompt_text"
    __table_args__ = (
        CheckConstraint("id ~ '^[a-z][a-z0-9_]{0,59}$'", name="id"),
        CheckConstraint("length(trim(zh)) > 0 AND length(trim(en)) > 0", name="texts"),
    )

    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    zh: Mapped[str] = mapped_column(String(1500))
    en: Mapped[str] = mapped_column(String(1500))
    shipped: Mapped[bool] = mapped_column(server_default="false")
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    removed_at: Mapped[datetime | None]


class PromptSound(Timed, Base):
    """One rendered, brought or recorded sound: 8 kHz A-law. `number` counts within prompt and language."""

    __tablename__ = "prompt_sound"
    __table_args__ = (
        UniqueConstraint("prompt_id", "language", "number"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        CheckConstraint("source IN ('tts', 'upload', 'recorded')", name="source"),
        CheckConstraint("duration_s > 0", name="duration_s"),
        Index("uq_prompt_sound_current", "prompt_id", "language", unique=True, postgresql_where=text("current")),
    )

    id: Mapped[Pk]
    prompt_id: Mapped[str] = mapped_column(ForeignKey("prompt_text.id"))
    language: Mapped[str] = mapped_column(String(2))
    number: Mapped[int]
    source: Mapped[str] = mapped_column(String(8))
    sound: Mapped[bytes] = mapped_column(LargeBinary)
    duration_s: Mapped[float]
    current: Mapped[bool] = mapped_column(server_default="true")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class Pronunciation(Timed, Versioned, Base):
    """How a name or word is read aloud. `say`: other words, or pinyin with tone digits (`shan4 hong2`), one syllable a character."""

    __tablename__ = "pronunciation"
    __table_args__ = (
        UniqueConstraint("text", "language"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        CheckConstraint("length(trim(text)) > 0 AND length(trim(say)) > 0", name="words"),
    )

    id: Mapped[Pk]
    text: Mapped[str] = mapped_column(String(120))
    language: Mapped[str] = mapped_column(String(2), server_default="zh")
    say: Mapped[str] = mapped_column(String(300))
    note: Mapped[str] = mapped_column(String(200), server_default="")
