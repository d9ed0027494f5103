"""What callers meet, as it was drawn: flows, their versions, the releases that went live, and cases that must stay true.

In and out: rows. Must not be read by a call: the engine holds releases in memory. Invariant: a version that has a number never changes its source;
a flow has at most one draft; a release names one version of each of its flows.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Integer, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Authored, Base, Pk, Timed


class IvrFlow(Timed, Authored, Base):
    """One flow by its name."""

    __tablename__ = "ivr_flow"
    __table_args__ = (CheckConstraint("name ~ '^[a-z][a-z0-9_]{0,39}$'", name="name"),)

    id: Mapped[Pk]
    name: Mapped[str] = mapped_column(String(40), unique=True)
    title_zh: Mapped[str] = mapped_column(String(80))
    title_en: Mapped[str] = mapped_column(String(80))


class IvrFlowVersion(Timed, Base):
    """One version. `number` is None for the draft; `lock` grows with each saving; `faults`: of the draft when it was saved."""

    __tablename__ = "ivr_flow_version"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'published', 'retired')", name="state"),
        CheckConstraint("(state = 'draft') = (number IS NULL)", name="number"),
        UniqueConstraint("flow_id", "number"),
        Index("ux_ivr_flow_version_draft", "flow_id", unique=True, postgresql_where=text("state = 'draft'")),
    )

    id: Mapped[Pk]
    flow_id: Mapped[int] = mapped_column(ForeignKey("ivr_flow.id", ondelete="CASCADE"))
    number: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(9))
    source: Mapped[dict[str, Any]]
    layout: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    note: Mapped[str] = mapped_column(String(500), server_default="")
    lock: Mapped[int] = mapped_column(server_default="1")
    faults: Mapped[int] = mapped_column(server_default="0")
    shipped: Mapped[bool] = mapped_column(server_default="false")
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    published_at: Mapped[datetime | None]


class IvrRelease(Base):
    """The flows that went live together. `versions`: flow -> number. `shipped`: by the product itself."""

    __tablename__ = "ivr_release"

    number: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    versions: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(500), server_default="")
    shipped: Mapped[bool] = mapped_column(server_default="false")
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class IvrCase(Timed, Authored, Base):
    """A caller's way that must stay as it is: `steps` are what is heard, `expect` the places he comes through."""

    __tablename__ = "ivr_case"
    __table_args__ = (CheckConstraint("language IN ('zh', 'en', '')", name="language"),)

    id: Mapped[Pk]
    title: Mapped[str] = mapped_column(String(120))
    flow: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(2), server_default="")
    at: Mapped[datetime | None]
    caller: Mapped[str] = mapped_column(String(32), server_default="")
    answers: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    steps: Mapped[list[dict[str, Any]]]
    expect: Mapped[list[dict[str, Any]]]
