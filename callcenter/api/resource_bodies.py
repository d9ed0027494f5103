"""What is sent to and answered by the routes that every declared thing has: versions, revealed fields, bulk changes, gatherings, its audit trail.

In and out: JSON. Must not know a thing by name; what differs from thing to thing is made in `resource_models`. Invariant: what is not named is
refused.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Versioned(BaseModel):
    """Which version of the row the page saw."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(default=0, ge=0, le=2**31 - 1)


class Revealing(BaseModel):
    """Which masked field."""

    model_config = ConfigDict(extra="forbid")
    field: str = Field(min_length=1, max_length=60)


class Revealed(BaseModel):
    """Its plain value."""

    field: str
    value: str | list[str] | None


class BulkRow(BaseModel):
    id: int | str
    version: int


class BulkDone(BaseModel):
    """How many rows changed, and their versions."""

    changed: int
    items: list[BulkRow]


class Gathering(BaseModel):
    """Whom to enter: the things that a list of `source` shows. `query`: q, ids and filters as in the address of that list."""

    model_config = ConfigDict(extra="forbid")
    source: str = Field(min_length=1, max_length=60)
    query: dict[str, Annotated[str, Field(max_length=4000)]] = Field(default_factory=dict, max_length=40)


class Gathered(BaseModel):
    """How many were entered, stood there already, or may not be taken, such as who wants no contact."""

    added: int
    already: int
    barred: int


class RowTrailQuery(BaseModel):
    """`cursor`: what an earlier page gave as next."""

    model_config = ConfigDict(extra="forbid")
    cursor: int | None = Field(default=None, ge=1, le=2**62)
    limit: int = Field(default=50, ge=1, le=200)


class TrailUser(BaseModel):
    id: int
    name: str


class TrailToken(BaseModel):
    """The token of a machine that did it."""

    id: int
    title: str


class TrailObject(BaseModel):
    """`label`: what it was called when the entry was written."""

    kind: str
    id: str
    label: str | None


class TrailEntry(BaseModel):
    """Who did what, with what it was before and after."""

    id: int
    at: str
    user: TrailUser | None
    token: TrailToken | None
    action: str
    object: TrailObject
    fields: list[str]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str
    version: int | None
    details: dict[str, Any]


class TrailPage(BaseModel):
    items: list[TrailEntry]
    next: str | None
    total: int
    exact: bool
