"""What there is, over HTTP: everything a screen is drawn from, every right, the whole audit trail.

In: nothing but who asks. Out: the shapes of docs/crm.md. Must not tell of what the person may not read. Invariant: nothing here changes anything.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.api.calls import as_json
from callcenter.api.resource_bodies import TrailPage
from callcenter.api.resources import actor_of, asked
from callcenter.api.routing import SIGNED_IN, query_of, route
from crm.engine import meta, trail
from crm.engine.registry import registry


class MetaQuery(BaseModel):
    """`resource`: only this one."""

    model_config = ConfigDict(extra="forbid")
    resource: str = Field(default="", max_length=60)


class Meta(BaseModel):
    """Everything the person may use."""

    version: str
    groups: list[dict[str, Any]]
    dictionaries: dict[str, list[dict[str, Any]]]
    resources: dict[str, dict[str, Any]]


class RightLine(BaseModel):
    right: str
    group: str
    resource: str
    action: str
    title: dict[str, str]


class RightList(BaseModel):
    items: list[RightLine]


class TrailQuery(BaseModel):
    """`kind`: of thing; `token_id`: what was done with this token; `cursor`: what an earlier page gave as next."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    user_id: int | None = Field(default=None, ge=0, le=2**31 - 1)
    token_id: int | None = Field(default=None, ge=1, le=2**31 - 1)
    kind: str = Field(default="", max_length=60)
    action: str = Field(default="", max_length=80)
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, alias="to")
    cursor: int | None = Field(default=None, ge=1, le=2**62)
    limit: int = Field(default=50, ge=1, le=200)


@route("GET", "/api/meta", right=SIGNED_IN, query=MetaQuery, answer=Meta, labels=True)
async def describe(request: web.Request) -> web.Response:
    """Things, fields, lists, rights: what screens are drawn from."""
    actor, only = actor_of(request), query_of(request, MetaQuery).resource
    return as_json(await asked(request, lambda session: meta.meta(session, actor, only)))


@route("GET", "/api/rights", right="role.read", answer=RightList)
async def rights(request: web.Request) -> web.Response:
    """Every right there is, in words."""
    return as_json({"items": list(meta.rights(registry()))})


@route("GET", "/api/audit", right=trail.READ, query=TrailQuery, answer=TrailPage, labels=True)
async def audit_trail(request: web.Request) -> web.Response:
    """Who saw and changed what, the newest first."""
    actor, asking = actor_of(request), query_of(request, TrailQuery)
    since: datetime | None = asking.since
    ask = trail.TrailAsk(asking.user_id, asking.kind, asking.action, since, asking.until, asking.cursor, asking.limit, asking.token_id)
    return as_json(await asked(request, lambda session: trail.of_all(session, actor, ask)))
