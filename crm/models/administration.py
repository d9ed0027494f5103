"""What administrators tune: lists of words. What hours, queues, booking and self-service go by stands in tables of their own.

In and out: rows. Must not hold people's data. Invariant: an entry in use is switched off, not deleted, so that old rows keep their words.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Pk, Versioned


class Dictionary(Versioned, Base):
    """A list of words that fields choose from."""

    __tablename__ = "dictionary"
    __table_args__ = (CheckConstraint("code ~ '^[a-z][a-z0-9_]{0,39}$'", name="code"),)

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    title_zh: Mapped[str] = mapped_column(String(60))
    title_en: Mapped[str] = mapped_column(String(60))


class DictionaryEntry(Versioned, Base):
    """One word. `code` is what rows hold."""

    __tablename__ = "dictionary_entry"
    __table_args__ = (Index("uq_dictionary_entry_dictionary_code", "dictionary", "code", unique=True),)

    id: Mapped[Pk]
    dictionary: Mapped[str] = mapped_column(ForeignKey("dictionary.code", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(40))
    title_zh: Mapped[str] = mapped_column(String(60))
    title_en: Mapped[str] = mapped_column(String(60), server_default="")
    sort: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default="true")
