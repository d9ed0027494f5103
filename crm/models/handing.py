"""What was given into somebody's care, until he has looked at it.

In and out: rows. Must not hold patients' data: a name stands here as it was when it was given. Invariant: a thing waits once for its newest owner.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Pk


class HandedOver(Base):
    """A row of `kind` became `user_id`'s; `by` gave it. `seen_at`: when he first opened it."""

    __tablename__ = "handed_over"
    __table_args__ = (
        UniqueConstraint("kind", "object_id"),
        Index("ix_handed_over_unseen", "user_id", postgresql_where=text("seen_at IS NULL")),
    )

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime | None]
