"""Declares routes with their right and their shapes; the application refuses a handler that declares none.

In: `@route(...)` on a handler. Out: `collect(module)` for the router. A route's pydantic `body`
and `query` models are checked before the handler runs, which finds them in `body_of` and `query_of`. Rights: docs/security.md.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import from_json

from callcenter.api.problems import FieldError, Problem, from_validation

T = TypeVar("T")
# A model, or what makes it when it is first needed.
Shape = type[BaseModel] | Callable[[], type[BaseModel]] | None
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_BODY: web.RequestKey[Any] = web.RequestKey("body", object)
_QUERY: web.RequestKey[Any] = web.RequestKey("query", object)
PUBLIC = "public"
# What a file may be answered with besides 200: a part, or nothing.
FILE = (206, 304, 412, 416)
# What stands for `{id}` where nothing else is said.
NUMBER = Annotated[int, Field(ge=0, lt=10**18)]
SIGNED_IN = "signed_in"
# Rights of somebody who sits at a page: a telephone, a state and talks are his, not a program's.
AT_A_PAGE = frozenset({"desk.use"})
_NUMBER = re.compile(r"\s*[-+]?\d*\.?\d+\s*$")


@dataclass(frozen=True, slots=True)
class Route:
    """One declared route. `right`: PUBLIC, SIGNED_IN, or a right such as `call_record.read`. `status`: of success; `key`: the type of `{id}`;
    `also`: statuses that method, path and models do not tell; `raw`: the body is a file's bytes; `takes`: of this type; `media`: what is answered
    when it is no JSON; `away`: what 503 answers, unless it is a problem; `words`: what a program must know besides the summary; `labels`: the answer
    holds words of the language that `X-Language` asks for."""

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
    takes: str = "application/octet-stream"
    media: tuple[str, ...] = ()
    away: Shape = None
    words: str = ""
    labels: bool = False


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
    key: Any = NUMBER,
    also: tuple[int, ...] = (),
    raw: bool = False,
    takes: str = "application/octet-stream",
    media: tuple[str, ...] = (),
    away: type[BaseModel] | None = None,
    labels: bool = False,
) -> Callable[[Handler], Handler]:
    """Mark a handler. A state-changing method is refused without the CSRF token unless its right is PUBLIC."""

    def mark(handler: Handler) -> Handler:
        summary, ended, words = " ".join((inspect.getdoc(handler) or "").split()).partition(". ")
        told = summary + ended.strip()
        declared = Route(method, path, right, handler, body, query, answer, told, status, key, also, raw, takes, media, away, words, labels)
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
    """Parse body and query by the route's models, a body to the letter: "1" is no number and 1 no truth. Raises Problem 400, 415 or 422."""
    query, body = model_of(declared.query), model_of(declared.body)
    if query is not None:
        try:
            request[_QUERY] = query.model_validate(dict(request.query))
            _no_nul(dict(request.query), "query")
            _no_bare_numbers(query, request.query, "query")
        except ValidationError as wrong:
            raise from_validation(wrong, "query") from wrong
    if body is not None:
        if request.content_type != "application/json":
            raise Problem(415, "unsupported media type", "Send the body as application/json.")
        with unpacking():
            raw = await request.read()
        try:
            request[_BODY] = body.model_validate_json(raw, strict=True)
            _no_nul(from_json(raw) if b"\\u0000" in raw else {}, "body")
            _no_bare_numbers(body, from_json(raw), "body")
        except ValidationError as wrong:
            raise from_validation(wrong, "body") from wrong


@contextmanager
def unpacking() -> Iterator[None]:
    """While a body is read. Raises Problem 400 when it cannot be read to its end."""
    try:
        yield
    except web.RequestPayloadError as wrong:
        raise Problem(400, "unreadable body", "The body did not arrive whole, or is not packed as Content-Encoding says. Send it again.") from wrong


@cache
def _moments(model: type[BaseModel]) -> frozenset[str]:
    """The names of fields that are a day, an hour or a moment."""
    fields = model.model_json_schema().get("properties", {})
    kinds = {name: {one.get("format") for one in (field, *field.get("anyOf", ()))} for name, field in fields.items()}
    return frozenset(name for name, formats in kinds.items() if formats & {"date", "date-time", "time"})


def _no_bare_numbers(model: type[BaseModel], sent: Any, part: str) -> None:
    """pydantic takes "0.5" for half a second after 1970. Raises Problem 422."""
    wrong = [name for name in _moments(model) if isinstance(sent, Mapping) and _NUMBER.match(str(sent.get(name) or ""))]
    if wrong:
        errors = [FieldError(name, "is a date or time as in ISO 8601", "correct this field and send it again") for name in wrong]
        raise Problem(422, "invalid input", f"The {part} breaks {len(wrong)} rule(s).", errors)


def _no_nul(sent: Any, part: str) -> None:
    """No text of the database holds U+0000. Raises Problem 422 with the fields."""
    wrong = [FieldError(name, "holds no control characters", "remove the invisible characters") for name in _nul_fields(sent, "")]
    if wrong:
        raise Problem(422, "invalid input", f"The {part} breaks {len(wrong)} rule(s).", wrong)


def _nul_fields(sent: Any, name: str) -> Iterator[str]:
    if isinstance(sent, str) and "\0" in sent:
        yield name
    items = sent.items() if isinstance(sent, Mapping) else enumerate(sent) if isinstance(sent, list) else ()
    for step, value in items:
        yield from _nul_fields(value, f"{name}.{step}".lstrip("."))


def body_of(request: web.Request, _model: type[T]) -> T:
    """The checked body."""
    return request[_BODY]


def query_of(request: web.Request, _model: type[T]) -> T:
    """The checked query."""
    return request[_QUERY]
