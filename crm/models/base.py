"""The declarative base of every table: naming of constraints, short column types.

In: nothing. Out: `Base`, `Pk`, `BigPk`, `Timed`. Must not name a table. Invariant: every constraint has a name, so that alembic can drop it.
Naming tokens: SQLAlchemy manual, "Configuring constraint naming conventions".
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Identity, Integer, MetaData, func
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
