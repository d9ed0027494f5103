"""Imports, exports and merged files: what was asked, how far it came, and what is needed to take it back.

In and out: rows. Must not hold a file's content, but for rows that were refused. Invariant: an import that wrote rows holds one change for each,
with what stood there before; they go with their import.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Pk, Timed

IMPORT_STATES = "('uploaded', 'checking', 'checked', 'running', 'stopped', 'done', 'undoing', 'undone')"
EXPORT_STATES = "('waiting', 'running', 'done', 'failed', 'expired')"


class ImportRun(Timed, Base):
    """One uploaded file. `folder`: where it lies. `rows_done`: rows of the chosen sheet that are settled for good, so a killed run goes on there."""

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint(f"state IN {IMPORT_STATES}", name="state"),
        CheckConstraint("prefer IN ('stored', 'file')", name="prefer"),
        Index("ix_import_run_created_at", "created_at"),
    )

    id: Mapped[Pk]
    resource: Mapped[str] = mapped_column(String(60))
    file_name: Mapped[str] = mapped_column(String(200))
    folder: Mapped[str] = mapped_column(String(80), unique=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), server_default="uploaded")
    sheets: Mapped[list[dict[str, Any]]]
    sheet: Mapped[int] = mapped_column(server_default="0")
    heading_row: Mapped[int] = mapped_column(server_default="0")
    headings: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    mapping: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    rules: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    prefer: Mapped[str] = mapped_column(String(6), server_default="stored")
    rows_total: Mapped[int] = mapped_column(server_default="0")
    rows_done: Mapped[int] = mapped_column(server_default="0")
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    fault: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    conflicts: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class ImportChange(Base):
    """What one row of a file did. `before`, `after`: the columns of a changed row as they were and became; `children`: rows it added elsewhere;
    `version`: of the row afterwards."""

    __tablename__ = "import_change"
    __table_args__ = (CheckConstraint("action IN ('added', 'merged')", name="action"),)

    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    object_id: Mapped[int]
    action: Mapped[str] = mapped_column(String(6))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    children: Mapped[dict[str, Any] | None]
    version: Mapped[int] = mapped_column(server_default="1")


class ImportNoted(Base):
    """How far the audit trail has followed an import: the last row of the file whose change has its entry. Apart from the run, as that is held by
    whoever writes."""

    __tablename__ = "import_noted"

    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    row: Mapped[int] = mapped_column(server_default="0")


class ImportProblem(Base):
    """A row that was not imported, with its reasons and its cells as they stood in the file."""

    __tablename__ = "import_problem"

    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    faults: Mapped[list[dict[str, Any]]]
    cells: Mapped[list[str]]


class ImportHeading(Base):
    """Which value a heading meant when somebody last imported it; `item` "-": it was left out."""

    __tablename__ = "import_heading"

    resource: Mapped[str] = mapped_column(String(60), primary_key=True)
    heading: Mapped[str] = mapped_column(String(80), primary_key=True)
    item: Mapped[str] = mapped_column(String(60))
    used_at: Mapped[datetime]


class ExportRun(Timed, Base):
    """One wish for a file. `query`: q, sort and filters as in the list."""

    __tablename__ = "export_run"
    __table_args__ = (CheckConstraint(f"state IN {EXPORT_STATES}", name="state"), CheckConstraint("format IN ('xlsx', 'csv')", name="format"))

    id: Mapped[Pk]
    resource: Mapped[str] = mapped_column(String(60))
    format: Mapped[str] = mapped_column(String(4))
    language: Mapped[str] = mapped_column(String(2), server_default="zh")
    query: Mapped[dict[str, Any]]
    columns: Mapped[list[str]]
    state: Mapped[str] = mapped_column(String(8), server_default="waiting")
    rows_total: Mapped[int] = mapped_column(server_default="0")
    rows_done: Mapped[int] = mapped_column(server_default="0")
    file: Mapped[str] = mapped_column(String(120), server_default="")
    bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    fault: Mapped[str] = mapped_column(String(200), server_default="")
    created_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    finished_at: Mapped[datetime | None]


class PatientMerge(Timed, Base):
    """Two files of one person made one. `moved`: what was carried over, by table; `before`, `after`: the kept file's changed values. No foreign keys:
    who was merged into whom stays known."""

    __tablename__ = "patient_merge"
    __table_args__ = (
        CheckConstraint("kept_id <> dropped_id", name="two"),
        Index("ix_patient_merge_kept_id", "kept_id"),
        Index("uq_patient_merge_dropped_id", "dropped_id", unique=True, postgresql_where=text("undone_at IS NULL")),
    )

    id: Mapped[Pk]
    kept_id: Mapped[int]
    dropped_id: Mapped[int]
    reason: Mapped[str] = mapped_column(String(400), server_default="")
    moved: Mapped[dict[str, Any]]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
