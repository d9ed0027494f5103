"""Who may do what, and who did: users, roles, login sessions, the audit trail.

In and out: rows. Must not hold a password or a session token in the clear. Invariant: an audit entry's hash covers the one before it,
its own data, and a salted digest of its personal values, which can be erased without breaking the chain.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, BigPk, Pk, Timed, Versioned

SCOPES = "('own', 'department', 'hospital')"


class Role(Versioned, Base):
    """A named set of rights. `scope`: which rows they reach where a thing knows an owner or a department. `second_factor`: who signs in with
    this role needs a second step."""

    __tablename__ = "role"
    __table_args__ = (
        CheckConstraint("code ~ '^[a-z][a-z0-9_]{0,39}$'", name="code"),
        CheckConstraint(f"scope IN {SCOPES}", name="scope"),
    )

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    title_zh: Mapped[str] = mapped_column(String(60))
    title_en: Mapped[str] = mapped_column(String(60))
    rights: Mapped[list[str]]
    scope: Mapped[str] = mapped_column(String(12), server_default="hospital")
    second_factor: Mapped[bool] = mapped_column(server_default="false")


class UserAccount(Versioned, Timed, Base):
    """A person who signs in. `scope` narrows what his roles reach (None: as his roles say); `department_ids` are his departments."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("username ~ '^[a-z0-9][a-z0-9._-]{1,39}$'", name="username"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        CheckConstraint(f"scope IN {SCOPES}", name="scope"),
    )

    id: Mapped[Pk]
    username: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(2), server_default="zh")
    active: Mapped[bool] = mapped_column(server_default="true")
    scope: Mapped[str | None] = mapped_column(String(12))
    department_ids: Mapped[list[int]] = mapped_column(server_default=text("'{}'"))


class UserRole(Base):
    """A user has a role."""

    __tablename__ = "user_role"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(ForeignKey("role.code"), primary_key=True)


class LoginSession(Base):
    """One sign-in. The token itself is only in the browser; here is its SHA-256. `second_factor_due`: nothing is open but the way to that step."""

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
    second_factor_due: Mapped[bool] = mapped_column(server_default="false")


class SecondFactor(Timed, Base):
    """The secret of a user's app (base32), in force once `confirmed_at` is set. `last_step`: the time step of the last code that was used;
    `recovery`: SHA-256 of the recovery codes that are left."""

    __tablename__ = "second_factor"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(64))
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, server_default="0")
    recovery: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary), server_default=text("'{}'"))


class KnownRight(Base):
    """A right the database has heard of, so that it was once given to the roles it is meant for."""

    __tablename__ = "known_right"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)


class ApiToken(Timed, Base):
    """A machine acts as a user, with at most these rights. The token itself is shown once; here is its SHA-256."""

    __tablename__ = "api_token"
    __table_args__ = (Index("ix_api_token_user_id", "user_id"),)

    id: Mapped[Pk]
    title: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    rights: Mapped[list[str]]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class SavedView(Timed, Base):
    """How somebody wants to see a list. `standard`: his list opens with it; one of these for each thing."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("user_id", "resource", "title"),
        Index("uq_saved_view_standard", "user_id", "resource", unique=True, postgresql_where=text("standard")),
        Index("ix_saved_view_resource", "resource"),
    )

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    resource: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(80))
    query: Mapped[dict[str, Any]]
    columns: Mapped[list[str]]
    sort: Mapped[str] = mapped_column(String(80), server_default="")
    shared: Mapped[bool] = mapped_column(server_default="false")
    standard: Mapped[bool] = mapped_column(server_default="false")


class AuditEntry(Base):
    """Somebody saw or changed something. `previous` and `hash` chain the entries in the order of `id`."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_object", "object_kind", "object_id"),
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_user_id", "user_id", "id"),
        Index("ix_audit_entry_patient", text("(data ->> 'patient_id')"), postgresql_where=text("data ? 'patient_id'")),
        Index("ix_audit_entry_token", text("(data #>> '{token,id}')"), postgresql_where=text("data ? 'token'")),
    )

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
