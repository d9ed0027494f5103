"""Declares routes with their right and their shapes; the application refuses a handler that declares none.

In: `@route(...)` on a handler. Out: `collect(module)` for the router, `openapi(...)` for GET /api/openapi.json. A route's pydantic `body`
and `query` models are checked before the handler runs, which finds them in `body_of` and `query_of`. Rights: docs/security.md.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from callcenter.api.problems import Problem, from_validation

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_BODY: web.RequestKey[Any] = web.RequestKey("body", object)
_QUERY: web.RequestKey[Any] = web.RequestKey("query", object)
PUBLIC = "public"
SIGNED_IN = "signed_in"


@dataclass(frozen=True, slots=True)
class Route:
    """One declared route. `right`: PUBLIC, SIGNED_IN, or a right such as `call_record.read`."""

    method: str
    path: str
    right: str
    handler: Handler
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    summary: str = ""


def route(
    method: str,
    path: str,
    *,
    right: str,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    answer: type[BaseModel] | None = None,
) -> Callable[[Handler], Handler]:
    """Mark a handler. A state-changing method is refused without the CSRF token unless its right is PUBLIC."""

    def mark(handler: Handler) -> Handler:
        declared = Route(method, path, right, handler, body, query, answer, (inspect.getdoc(handler) or "").split("\n")[0])
        handler.__dict__.setdefault("routes", []).append(declared)
        return handler

    return mark


def collect(modules: Iterable[ModuleType]) -> list[Route]:
    """All routes of these modules, in order of definition."""
    found: list[Route] = []
    for module in modules:
        for value in vars(module).values():
            if callable(value) and getattr(value, "__module__", "") == module.__name__:
                found.extend(getattr(value, "routes", ()))
    return found


async def checked_input(declared: Route, request: web.Request) -> None:
    """Parse body and query by the route's models; raises Problem 400, 415 or 422."""
    if declared.query is not None:
        try:
            request[_QUERY] = declared.query.model_validate(dict(request.query))
        except ValidationError as wrong:
            raise from_validation(wrong, "query") from wrong
    if declared.body is not None:
        if request.content_type != "application/json":
            raise Problem(415, "unsupported media type", "Send the body as application/json.")
        try:
            request[_BODY] = declared.body.model_validate_json(await request.read())
        except ValidationError as wrong:
            raise from_validation(wrong, "body") from wrong


def body_of(request: web.Request, _model: type[T]) -> T:
    """The checked body."""
    return request[_BODY]


def query_of(request: web.Request, _model: type[T]) -> T:
    """The checked query."""
    return request[_QUERY]


def openapi(routes: Iterable[Route], title: str, version: str) -> dict[str, Any]:
    """OpenAPI 3.1 of these routes."""
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {}

    def reference(model: type[BaseModel]) -> dict[str, Any]:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
        return {"$ref": f"#/components/schemas/{model.__name__}"}

    for one in routes:
        operation: dict[str, Any] = {"summary": one.summary, "x-right": one.right, "responses": {}}
        parameters = [
            {"name": part.strip("{}").split(":")[0], "in": "path", "required": True, "schema": {"type": "string"}}
            for part in one.path.split("/")
            if part.startswith("{")
        ]
        if one.query is not None:
            schema = one.query.model_json_schema()
            required = schema.get("required", [])
            parameters += [
                {"name": name, "in": "query", "required": name in required, "schema": value} for name, value in schema["properties"].items()
            ]
        if parameters:
            operation["parameters"] = parameters
        if one.body is not None:
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference(one.body)}}}
        answer = {"application/json": {"schema": reference(one.answer)}} if one.answer is not None else {}
        operation["responses"]["200"] = {"description": "done"} | ({"content": answer} if answer else {})
        problem = {"description": "refused", "content": {"application/problem+json": {"schema": {"type": "object"}}}}
        operation["responses"]["default"] = problem
        paths.setdefault(one.path, {})[one.method.lower()] = operation
    return {"openapi": "3.1.0", "info": {"title": title, "version": version}, "paths": paths, "components": {"schemas": schemas}}
