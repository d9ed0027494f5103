"""Columns that many tables share, as they were when the tables were made."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

AT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")


def identity() -> sa.Column[Any]:
    return sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False)


def stamps() -> list[sa.Column[Any]]:
    """When the row was made and how often it was changed."""
    return [
        sa.Column("created_at", AT, server_default=_NOW, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", AT, server_default=_NOW, nullable=False),
    ]


def removable() -> list[sa.Column[Any]]:
    return [sa.Column("removed_at", AT, nullable=True), sa.Column("removed_reason", sa.Text(), server_default="", nullable=False)]
