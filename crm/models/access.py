"""Who may do what, and who did: users, roles, login sessions, the audit trail.

In and out: rows. Must not hold a password or a session token in the clear. Invariant: an audit entry's hash covers the one before it,
its own data, and a salted digest of its personal values, which can be erased without breaking the chain.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, BigPk, Pk, Timed


class Role(Base):
    """A named set of rights."""

    __tablename__ = "role"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    title_zh: Mapped[str] = mapped_column(String(60))
    title_en: Mapped[str] = mapped_column(String(60))
    rights: Mapped[list[str]]


class UserAccount(Timed, Base):
    """A person who signs in."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("username ~ '^[a-z0-9][a-z0-9._-]{1,39}$'", name="username"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
    )

    id: Mapped[Pk]
    username: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(2), server_default="zh")
    active: Mapped[bool] = mapped_column(server_default="true")


class UserRole(Base):
    """A user has a role."""

    __tablename__ = "user_role"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(ForeignKey("role.code"), primary_key=True)


class LoginSession(Base):
    """One sign-in. The token itself is only in the browser; here is its SHA-256."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_user_id", "user_id"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    csrf: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64), server_default="")
    signed_in_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Somebody saw or changed something. `previous` and `hash` chain the entries in the order of `id`."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_object", "object_kind", "object_id"), Index("ix_audit_entry_at", "at"))

    id: Mapped[BigPk]
    at: Mapped[datetime]
    user_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(60))
    object_kind: Mapped[str] = mapped_column(String(40), server_default="")
    object_id: Mapped[str] = mapped_column(String(80), server_default="")
    data: Mapped[dict[str, Any]]
    pii: Mapped[dict[str, Any] | None]
    pii_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    pii_digest: Mapped[bytes] = mapped_column(LargeBinary)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)


class AuditHead(Base):
    """The last entry of the chain, so that cutting off its end is seen. One row."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("one = 1", name="single"),)

    one: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entries: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
