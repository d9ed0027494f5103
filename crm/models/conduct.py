"""Sealed conduct reports, their officers' keys; counts of the ways callers took; switches of calendars.

In and out: rows. Must not hold a caller's number, nor anything that leads from a report to a call: `ref` and `code_hash` are keyed digests.
Invariant: a private key stands here only wrapped by its officer's passphrase. Counts can be thrown away and made anew from call_event.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, BigPk, Pk, Timed, Versioned


class ConductKey(Timed, Base):
    """One officer's pair of keys. `retired_at`: new reports are no longer sealed for it; old ones still open with it."""

    __tablename__ = "conduct_key"
    __table_args__ = (
        CheckConstraint("octet_length(public) = 32", name="public"),
        Index("ix_conduct_key_user_id", "user_id"),
    )

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    public: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    nonce: Mapped[bytes] = mapped_column(LargeBinary)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    retired_at: Mapped[datetime | None]


class ConductReport(Versioned, Base):
    """One report as its officers see it. `file`: the sealed sound, relative to the recordings folder; `answer` is what the reporter is told."""

    __tablename__ = "conduct_report"
    __table_args__ = (
        CheckConstraint("state IN ('received', 'inquiry', 'closed')", name="state"),
        Index("ix_conduct_report_received_at", "received_at"),
    )

    id: Mapped[Pk]
    ref: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    file: Mapped[str]
    duration_s: Mapped[float]
    language: Mapped[str] = mapped_column(String(2), server_default="zh")
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), server_default="received")
    answer: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    asked_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]


class ConductGuess(Base):
    """A code that belongs to no report was entered. Counted, so that guessing does not pay; of whom is not known."""

    __tablename__ = "conduct_guess"
    __table_args__ = (Index("ix_conduct_guess_at", "at"),)

    id: Mapped[BigPk]
    at: Mapped[datetime]


class FlowCount(Base):
    """How often something was so at a node on a day. `node` empty: of the whole flow; `what`: docs/ivr.md, "Path statistics"."""

    __tablename__ = "flow_count"

    flow: Mapped[str] = mapped_column(String(60), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    node: Mapped[str] = mapped_column(String(60), primary_key=True)
    what: Mapped[str] = mapped_column(String(80), primary_key=True)
    n: Mapped[int]
