"""The machine-readable description of every route: OpenAPI 3.1, exact in what is taken and answered.

In: declared routes. Out: one JSON value. Must not describe what is not declared. Invariant: every status a route can answer is listed, every
body and query stands with its own model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from callcenter.api.routing import AT_A_PAGE, PUBLIC, Route, model_of

Schemas = Mapping[type[BaseModel], Mapping[str, Any]]
# What a file is answered with besides itself, without a body.
_FILE = {304: "not changed since", 412: "changed since", 416: "no such part"}
_HOUR = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"
_MOVING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "rule", "mend"],
                "properties": {name: {"type": "string"} for name in ("field", "rule", "mend")},
            },
        },
    },
}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_SCHEMES = {
    "session": {"type": "apiKey", "in": "cookie", "name": "callcenter_session"},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    "token": {"type": "http", "scheme": "bearer"},
}
_WORDS = {
    400: "not understood", 401: "not signed in", 403: "not allowed", 404: "no such thing, or not to be seen", 409: "excluded by what is there",
    413: "too large", 415: "not JSON", 422: "breaks a rule", 429: "too often", 503: "a part is away", 507: "no room on the disk",
}  # fmt: skip


def openapi(routes: Iterable[Route], title: str, version: str) -> dict[str, Any]:
    """OpenAPI 3.1 of these routes."""
    known = list(routes)
    shapes = [model_of(shape) for one in known for shape in (one.body, one.answer, one.away)]
    models = dict.fromkeys(model for model in shapes if model is not None)
    references, made = models_json_schema([(one, "validation") for one in models], ref_template="#/components/schemas/{model}")
    schemas = {model: references[model, "validation"] for model in models}
    paths: dict[str, Any] = {}
    for one in known:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas)
    components = {"schemas": {"Problem": _PROBLEM, **made["$defs"]}, "securitySchemes": _SCHEMES}
    described = {"openapi": "3.1.0", "info": {"title": title, "version": version}, "paths": paths, "components": components}
    _hours(described)
    return described


def _hours(part: Any) -> None:
    """An hour of the day has no zone: JSON Schema's `time` does, so these are described by a pattern."""
    if isinstance(part, dict):
        if part.get("format") == "time":
            del part["format"]
            part["pattern"] = _HOUR
        part = list(part.values())
    for one in part if isinstance(part, list) else ():
        _hours(one)


def _operation(one: Route, schemas: Schemas) -> dict[str, Any]:
    made: dict[str, Any] = {"summary": one.summary, "x-right": one.right, "operationId": _operation_id(one)}
    if parameters := [*_in_path(one), *_in_query(one)]:
        made["parameters"] = parameters
    body, answer = model_of(one.body), model_of(one.answer)
    if body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": schemas[body]}}}
    if one.raw:
        made["requestBody"] = {"required": True, "content": {one.takes: _BYTES}}
    kinds = {"application/json": {"schema": schemas[answer]}} if answer is not None else dict.fromkeys(one.media, _BYTES)
    done = {"description": "done"} | ({"content": kinds} if kinds else {})
    made["responses"] = {str(code): _said(code, done) for code in sorted({one.status, *_others(one)})}
    if (away := model_of(one.away)) is not None:
        made["responses"]["503"] = {"description": _WORDS[503], "content": {"application/json": {"schema": schemas[away]}}}
    if one.right != PUBLIC:
        cookie = {"session": []} | ({"csrf": []} if one.method in _MOVING else {})
        made["security"] = [cookie] if one.right in AT_A_PAGE else [cookie, {"token": []}]
    return made


def _operation_id(one: Route) -> str:
    return ".".join([one.method.lower(), *(part.strip("{}").replace("-", "_") for part in one.path.removeprefix("/api/").split("/"))])


def _others(one: Route) -> list[int]:
    moving, found = one.method in _MOVING, [429, 503]
    found += [401, 403] if one.right != PUBLIC or moving else []
    found += [404] if "{" in one.path else []
    found += [422] if one.body is not None or one.query is not None or "{" in one.path else []
    found += [400, 413, 415] if one.body is not None else []
    return sorted({*found, *one.also, *([409] if moving else [])})


def _said(code: int, done: dict[str, Any]) -> dict[str, Any]:
    if code in _FILE:
        return {"description": _FILE[code]}
    return done if code < 400 else _refused(code)


def _refused(code: int) -> dict[str, Any]:
    return {"description": _WORDS[code], "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _in_path(one: Route) -> list[dict[str, Any]]:
    names = [part.strip("{}").split(":")[0] for part in one.path.split("/") if part.startswith("{")]
    schema = TypeAdapter(one.key).json_schema() if one.key is not None else {"type": "string"}
    return [{"name": name, "in": "path", "required": True, "schema": schema if name == "id" else {"type": "string"}} for name in names]


def _in_query(one: Route) -> list[dict[str, Any]]:
    query = model_of(one.query)
    if query is None:
        return []
    schema = query.model_json_schema()
    required = schema.get("required", [])
    return [{"name": name, "in": "query", "required": name in required, "schema": _present(value)} for name, value in schema["properties"].items()]


def _present(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter is left out, never null."""
    kinds = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "title") and not (key == "default" and value is None)}
    if "anyOf" not in schema:
        return rest
    return rest | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})
