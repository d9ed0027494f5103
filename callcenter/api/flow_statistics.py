"""The ways of callers over HTTP: `GET /api/flow-statistics`.

In: a flow, a version, days. Out: the shape of docs/ivr.md. Must not count anything: crm.telephony.flow_statistics has. Invariant: each number of
callers opens to its calls with the same words in `GET /api/call-records`.
"""

from __future__ import annotations

from datetime import date

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.api.calls import as_json
from callcenter.api.keys import stored
from callcenter.api.routing import query_of, route
from crm.telephony import flow_statistics
from crm.telephony.flow_statistics import WaysAsked


class WaysQuery(BaseModel):
    """Days are local days, both included; without a version: all."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    flow: str = Field(min_length=1, max_length=60)
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)
    since: date | None = Field(default=None, alias="from")
    until: date | None = Field(default=None, alias="to")


class NodeWays(BaseModel):
    """`callers`, `left` and `exits` count calls; the others count times. `median_s` within 5 %."""

    callers: int
    entries: int
    median_s: float | None
    repeats: int
    no_input: int
    invalid: int
    left: int
    exits: dict[str, int]


class DayWays(BaseModel):
    day: date
    calls: int
    self_served: int


class Ways(BaseModel):
    calls: int
    self_served: int
    nodes: dict[str, NodeWays]
    versions: list[int]
    days: list[DayWays]


@route("GET", "/api/flow-statistics", right="flow_statistics.read", query=WaysQuery, answer=Ways)
async def flow_ways(request: web.Request) -> web.Response:
    """Where callers are, what they press, where they leave."""
    asked = query_of(request, WaysQuery)
    wanted = WaysAsked(asked.flow, asked.version, asked.since, asked.until)
    return as_json(await stored(request, lambda session: flow_statistics.read(session, wanted)))
