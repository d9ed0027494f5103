"""Saved views of lists over HTTP: own ones and those others share.

In: filters, columns, order. Out: the shapes of docs/crm.md. Must not show a view of a thing the person may not read.
Invariant: only its owner changes a view; sharing needs the right saved_view.share.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.api.calls import as_json
from callcenter.api.keys import id_of
from callcenter.api.problems import FieldError, Problem
from callcenter.api.resources import asked
from callcenter.api.routing import SIGNED_IN, body_of, query_of, route
from callcenter.api.security import forbidden, principal_of
from crm.engine import saved_views
from crm.engine.registry import registry
from crm.engine.resource import Resource

SHARE = "saved_view.share"
MOST_VALUES = 50


class ViewQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    resource: str = Field(min_length=1, max_length=60)


class ViewValues(BaseModel):
    """What may be changed of a view."""

    model_config = ConfigDict(extra="forbid")
    title: str | None = Field(default=None, min_length=1, max_length=80)
    query: dict[str, str | int | float | bool] | None = Field(default=None, max_length=MOST_VALUES)
    columns: list[str] | None = Field(default=None, max_length=100)
    sort: str | None = Field(default=None, max_length=80)
    shared: bool | None = None
    standard: bool | None = None


class NewView(BaseModel):
    """A view of one thing."""

    model_config = ConfigDict(extra="forbid")
    resource: str = Field(min_length=1, max_length=60)
    title: str = Field(min_length=1, max_length=80)
    query: dict[str, str | int | float | bool] = Field(default={}, max_length=MOST_VALUES)
    columns: list[str] = Field(default=[], max_length=100)
    sort: str = Field(default="", max_length=80)
    shared: bool = False
    standard: bool = False


class View(NewView):
    """As it is kept."""

    model_config = ConfigDict(extra="forbid")
    id: int
    mine: bool


class ViewList(BaseModel):
    items: list[View]


def _readable(request: web.Request, name: str) -> Resource:
    """The thing, when the person may read it, or his own of it. Raises Problem."""
    resource, who = registry().by_name.get(name), principal_of(request)
    if resource is None or not (who.may(resource.right("read")) or who.may(resource.right("read_own"))):
        raise Problem(422, "invalid input", "There is no such thing.", [FieldError("resource", "is a thing you may read", "choose another")])
    return resource


def _checked(request: web.Request, resource: Resource | None, values: dict[str, Any]) -> dict[str, Any]:
    """Known columns only; sharing by right."""
    if values.get("shared") and not principal_of(request).may(SHARE):
        raise forbidden(SHARE)
    if resource is not None:
        known = {*resource.by_name, *(extra.name for extra in resource.extras)}
        if unknown := [one for one in values.get("columns") or [] if one not in known]:
            raise Problem(422, "invalid input", "A column is unknown.", [FieldError("columns", f"{unknown[0]} is no field", "leave it out")])
    return values


@route("GET", "/api/saved-views", right=SIGNED_IN, query=ViewQuery, answer=ViewList)
async def views(request: web.Request) -> web.Response:
    """Views of one list, own ones first."""
    resource, user_id = _readable(request, query_of(request, ViewQuery).resource), principal_of(request).id
    return as_json({"items": await asked(request, lambda session: saved_views.views(session, user_id, resource.name))})


@route("POST", "/api/saved-views", right=SIGNED_IN, body=NewView, answer=View, status=201)
async def save_view(request: web.Request) -> web.Response:
    """Keep a view."""
    sent, user_id = body_of(request, NewView), principal_of(request).id
    resource = _readable(request, sent.resource)
    values = _checked(request, resource, sent.model_dump(exclude={"resource"}))
    response = as_json(await asked(request, lambda session: saved_views.save(session, user_id, resource, values)))
    response.set_status(201)
    return response


@route("PATCH", "/api/saved-views/{id}", right=SIGNED_IN, body=ViewValues, answer=View)
async def change_view(request: web.Request) -> web.Response:
    """Change an own view."""
    view_id, user_id = id_of(request, "view"), principal_of(request).id
    given = body_of(request, ViewValues).model_dump(exclude_unset=True)
    values = _checked(request, None, {name: value for name, value in given.items() if value is not None})
    return as_json(await asked(request, lambda session: saved_views.change(session, user_id, view_id, values)))


@route("DELETE", "/api/saved-views/{id}", right=SIGNED_IN, status=204)
async def remove_view(request: web.Request) -> web.Response:
    """Remove an own view."""
    view_id, user_id = id_of(request, "view"), principal_of(request).id
    await asked(request, lambda session: saved_views.remove(session, user_id, view_id))
    return web.Response(status=204)
