"""Declares routes with their right and their shapes; the application refuses a handler that declares none.

In: `@route(...)` on a handler. Out: `collect(module)` for the router. A route's pydantic `body`
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
# A model, or what makes it when it is first needed.
Shape = type[BaseModel] | Callable[[], type[BaseModel]] | None
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_BODY: web.RequestKey[Any] = web.RequestKey("body", object)
_QUERY: web.RequestKey[Any] = web.RequestKey("query", object)
PUBLIC = "public"
SIGNED_IN = "signed_in"


@dataclass(frozen=True, slots=True)
class Route:
    """One declared route. `right`: PUBLIC, SIGNED_IN, or a right such as `call_record.read`. `status`: of success; `key`: the type of `{id}`;
    `also`: refusals that method, path and models do not tell; `raw`: the body is a file's bytes."""

    method: str
    path: str
    right: str
    handler: Handler
    body: Shape = None
    query: Shape = None
    answer: Shape = None
    summary: str = ""
    status: int = 200
    key: Any = None
    also: tuple[int, ...] = ()
    raw: bool = False


def model_of(shape: Shape) -> type[BaseModel] | None:
    """The model itself."""
    return shape if shape is None or isinstance(shape, type) else shape()


def route(
    method: str,
    path: str,
    *,
    right: str,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    answer: type[BaseModel] | None = None,
    status: int = 200,
    also: tuple[int, ...] = (),
    raw: bool = False,
) -> Callable[[Handler], Handler]:
    """Mark a handler. A state-changing method is refused without the CSRF token unless its right is PUBLIC."""

    def mark(handler: Handler) -> Handler:
        summary = (inspect.getdoc(handler) or "").split("\n")[0]
        declared = Route(method, path, right, handler, body, query, answer, summary, status, also=also, raw=raw)
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
    query, body = model_of(declared.query), model_of(declared.body)
    if query is not None:
        try:
            request[_QUERY] = query.model_validate(dict(request.query))
        except ValidationError as wrong:
            raise from_validation(wrong, "query") from wrong
    if body is not None:
        if request.content_type != "application/json":
            raise Problem(415, "unsupported media type", "Send the body as application/json.")
        try:
            request[_BODY] = body.model_validate_json(await request.read())
        except ValidationError as wrong:
            raise from_validation(wrong, "body") from wrong


def body_of(request: web.Request, _model: type[T]) -> T:
    """The checked body."""
    return request[_BODY]


def query_of(request: web.Request, _model: type[T]) -> T:
    """The checked query."""
    return request[_QUERY]
