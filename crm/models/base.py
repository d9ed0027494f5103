"""The declarative base of every table: naming of constraints, short column types.

In: nothing. Out: `Base`, `Pk`, `BigPk`, and the mixins `Timed`, `Versioned`, `Removable`, `Authored`.
Must not name a table. Invariant: every constraint has a name, so that alembic can drop it.
Naming tokens: SQLAlchemy manual, "Configuring constraint naming conventions".
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Integer, MetaData, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import Text

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Pk = Annotated[int, mapped_column(Integer, Identity(), primary_key=True)]
BigPk = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]


class Base(DeclarativeBase):
    """Text is unbounded unless a column says its length; moments are timezone-aware."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own declaration form
        datetime: DateTime(timezone=True),
        str: Text(),
        dict[str, Any]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB(),
        list[str]: ARRAY(Text()),
        list[int]: ARRAY(Integer()),
    }


class Timed:
    """When the row came into being."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Versioned:
    """How often the row was changed, so that a stale edit is seen."""

    version: Mapped[int] = mapped_column(server_default="1")
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Removable:
    """Deleting hides the row and keeps it; `removed_at` None: it is there."""

    removed_at: Mapped[datetime | None]
    removed_reason: Mapped[str] = mapped_column(server_default="")


class Authored:
    """Who made the row; None: the product itself or an import."""

    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
