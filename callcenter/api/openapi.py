"""The machine-readable description of every route: OpenAPI 3.1, exact in what is taken and answered.

In: declared routes. Out: one JSON value. Must not describe what is not declared. Invariant: every status a route can answer is listed, every
body and query stands with its own model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from callcenter.api.routing import AT_A_PAGE, PUBLIC, SIGNED_IN, Route, model_of

Schemas = Mapping[type[BaseModel], Mapping[str, Any]]
# What a file is answered with besides itself, without a body.
_FILE = {304: "not changed since", 412: "changed since", 416: "no such part"}
_HOUR = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"
_MOVING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_ABOUT = """Machines send `Authorization: Bearer <token>` and nothing else: no cookie, no CSRF token. An administrator makes the token on the page
`/admin/api-tokens`, or a program with the right `api_token.change` by `POST /api/api-tokens`. A token acts as its user, with the listed rights that
he has at the moment, as far as his reach goes; every change and every look at a person's file is in the audit trail (`GET /api/audit`) with the
token's title. `x-right` of an operation names the right it needs; `GET /api/rights` tells them all in words.

Lists answer `items`, `next` and `total`: the next page is asked for with `cursor` = `next`, until that is null. A list takes `field=value` and
`field__operator=value`. A row is changed with the `version` it was read with; if somebody was faster, the answer is 409 of type `stale` with both
versions. What somebody may not see does not exist for him: 404. Masked values (`138****8000`) are named in `_masked`.

Every refusal is `application/problem+json` (RFC 9457) whose `errors` name field, rule and way out. 429 and 503 say in `Retry-After` how many seconds
to wait. Times are ISO 8601 in UTC, days `YYYY-MM-DD`, decimals strings. What a thing and its fields are called, and which moves, filters and list
columns it has, says `GET /api/meta`."""
_PROBLEM = {
    "type": "object",
    "description": "Why a request was refused, and the way out (RFC 9457).",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {
            "type": "string",
            "description": "For programs: `about:blank`, or `stale`, `taken`, `in_use`, `state`, or the code of a rule of booking, merging or files.",
        },
        "title": {"type": "string", "description": "The kind of refusal in stable English."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For people."},
        "current": {"type": "object", "description": "Of `stale` and `state`: the row as it is."},
        "sent": {"type": "object", "description": "Of `stale`: what was sent."},
        "changed": {"type": "array", "items": {"type": "string"}, "description": "Of `stale`: the fields that others changed since."},
        "changed_by": {
            "type": ["object", "null"], "description": "Of `stale`: who.",
            "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
        },
        "changed_at": {"type": ["string", "null"], "description": "Of `stale`: when."},
        "by": {"type": "string", "description": "Of `in_use`: the table whose rows refer to this one."},
        "errors": {
            "type": "array",
            "description": "Each field that breaks a rule; `field` is dotted, and empty for the whole request.",
            "items": {
                "type": "object",
                "required": ["field", "rule", "mend"],
                "properties": {name: {"type": "string"} for name in ("field", "rule", "mend")},
            },
        },
    },
}
_NEEDS = {PUBLIC: "Open to everybody.", SIGNED_IN: "Needs somebody who is signed in, or a token."}
# What is no file though no model stands for it.
_FILES = {"application/json": {"schema": {"type": "object"}}, "text/html": {"schema": {"type": "string"}}}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_SCHEMES = {
    "session": {"type": "apiKey", "in": "cookie", "name": "callcenter_session", "description": "Of a page, from `POST /api/login`."},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "Of a page: `csrf` of the login answer, with every change."},
    "token": {"type": "http", "scheme": "bearer", "description": "Of a machine: `Authorization: Bearer cct_...`, alone."},
}
_LANGUAGE = {
    "name": "X-Language", "in": "header", "required": False, "schema": {"type": "string", "enum": ["zh", "en"]},
    "description": "The language of labels (`_label`, `_refs`, titles); without it that of the user.",
}  # fmt: skip
_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string", "pattern": "^[0-9]+$"}}}
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
    about = {"title": title, "version": version, "description": _ABOUT}
    tags = [{"name": name} for name in sorted({_tag(one) for one in known})]
    described = {"openapi": "3.1.0", "info": about, "tags": tags, "paths": paths, "components": components}
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
    made: dict[str, Any] = {"summary": one.summary, "x-right": one.right, "operationId": _operation_id(one), "tags": [_tag(one)]}
    made["description"] = " ".join(filter(None, (one.words, _NEEDS.get(one.right, f"Needs the right `{one.right}`."))))
    if parameters := [*_in_path(one), *_in_query(one), *([_LANGUAGE] if one.labels else [])]:
        made["parameters"] = parameters
    body, answer = model_of(one.body), model_of(one.answer)
    if body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": schemas[body]}}}
    if one.raw:
        made["requestBody"] = {"required": True, "content": {one.takes: _BYTES}}
    kinds = {"application/json": {"schema": schemas[answer]}} if answer is not None else {kind: _FILES.get(kind, _BYTES) for kind in one.media}
    done: dict[str, Any] = {"description": "made" if one.status == 201 else "done"} | ({"content": kinds} if kinds else {})
    if one.status == 201 and one.labels:
        done["headers"] = {"Location": {"description": "The address of the new row.", "schema": {"type": "string"}}}
    made["responses"] = {str(code): _said(code, done) for code in sorted({one.status, *_others(one)})}
    if (away := model_of(one.away)) is not None:
        made["responses"]["503"] = {"description": _WORDS[503], "content": {"application/json": {"schema": schemas[away]}}}
    if one.right != PUBLIC:
        cookie = {"session": []} | ({"csrf": []} if one.method in _MOVING else {})
        made["security"] = [cookie] if one.right in AT_A_PAGE else [cookie, {"token": []}]
    return made


def _tag(one: Route) -> str:
    """The first word of the address: the thing it is about."""
    return one.path.split("/")[2]


def _operation_id(one: Route) -> str:
    return ".".join([one.method.lower(), *(part.strip("{}").replace("-", "_") for part in one.path.removeprefix("/api/").split("/"))])


def _others(one: Route) -> list[int]:
    moving, found = one.method in _MOVING, [400, 429, 503]
    found += [401, 403] if one.right != PUBLIC or moving else []
    found += [404] if "{" in one.path else []
    found += [422] if one.body is not None or one.query is not None or one.labels or "{" in one.path else []
    found += [413, 415] if one.body is not None else []
    return sorted({*found, *one.also, *([409] if moving else [])})


def _said(code: int, done: dict[str, Any]) -> dict[str, Any]:
    if code in _FILE:
        return {"description": _FILE[code]}
    return done if code < 400 else _refused(code)


def _refused(code: int) -> dict[str, Any]:
    said = {"description": _WORDS[code], "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return said | ({"headers": _RETRY} if code in (429, 503) else {})


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
