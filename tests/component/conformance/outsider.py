"""A program that knows nothing of this product but an address, a token and what `/api/openapi.json` says.

In: names of operations and values. Out: answers, each checked against its description. Must not know a route, a header or a shape by itself.
Invariant: it sends nothing that is not described, and takes no answer that is not. OpenAPI 3.1, JSON Schema 2020-12.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema_rs

PATIENCE_S = 120.0
EACH_S = 0.2


@dataclass(frozen=True)
class Answer:
    """One answer. `body`: of JSON the value, of a file its bytes."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Operation:
    """One operation as it is described."""

    method: str
    path: str
    said: Mapping[str, Any]


class Outsider:
    """The program. `described`: the API's description as it was served."""

    def __init__(self, base: str, token: str, described: dict[str, Any]) -> None:
        self._base, self._token, self.described = base, token, described

    def as_another(self, token: str) -> Outsider:
        return Outsider(self._base, token, self.described)

    @cached_property
    def operations(self) -> dict[str, Operation]:
        found = [Operation(method, path, said) for path, methods in self.described["paths"].items() for method, said in methods.items()]
        return {one.said["operationId"]: one for one in found}

    def get(self, name: str, /, **query: Any) -> Any:
        """The body of what is read. `id` goes into the path, the rest into the query."""
        return self.ask(name, query=query).body

    def do(self, name: str, row: int | str | None = None, /, **body: Any) -> Any:
        """The body of what an operation with a JSON body, or none, answers."""
        taken = "requestBody" in self.operations[name].said
        return self.ask(name, {} if row is None else {"id": row}, body if taken or body else None).body

    def ask(self, name: str, query: Mapping[str, Any] | None = None, body: Any = None, expect: int = 0) -> Answer:
        """What the operation answers: a success, or the status `expect`."""
        one = self.operations[name]
        self._fits_request(one, query or {}, body)
        answer = self._sent(one, query or {}, body)
        self._fits_answer(one, answer)
        assert answer.status == expect or (not expect and answer.status < 400), f"{name}: {answer.status} {answer.body}"
        return answer

    def until(self, ready: Callable[[Any], bool], name: str, /, **query: Any) -> Any:
        """Ask again until the answer is as wanted."""
        deadline = time.monotonic() + PATIENCE_S
        while not ready(found := self.get(name, **query)):
            assert time.monotonic() < deadline, found
            time.sleep(EACH_S)
        return found

    # -- as described -----------------------------------------------------------------------------------------------

    def _fits(self, schema: Mapping[str, Any], value: Any, what: str) -> None:
        whole = {"$ref": schema["$ref"]} if "$ref" in schema else dict(schema)
        checker = jsonschema_rs.Draft202012Validator(whole | {"components": self.described["components"]}, validate_formats=True)
        assert not (faults := [f"{one.instance_path}: {one.message}" for one in checker.iter_errors(value)]), f"{what}: {faults[:5]}"

    def _fits_request(self, one: Operation, query: Mapping[str, Any], body: Any) -> None:
        known = {part["name"]: part for part in one.said.get("parameters", ())}
        assert query.keys() <= known.keys(), f"{one.path} does not take {query.keys() - known.keys()}"
        for name, part in known.items():
            assert name in query or not part["required"], f"{one.path} needs {name}"
            if name in query:
                self._fits(part["schema"], query[name], f"{one.path} {name}")
        taken = one.said.get("requestBody")
        assert taken is not None or body is None, f"{one.path} takes no body"
        if taken is not None and not isinstance(body, bytes):
            self._fits(taken["content"]["application/json"]["schema"], body, f"{one.method} {one.path}")

    def _fits_answer(self, one: Operation, answer: Answer) -> None:
        described = one.said["responses"].get(str(answer.status))
        assert described is not None, f"{one.path} answered {answer.status}, which is not described: {answer.body}"
        kinds, kind = described.get("content", {}), answer.headers.get("Content-Type", "").partition(";")[0]
        assert kind in kinds if kinds else not answer.body, f"{one.path} answered {kind}"
        if kind.endswith("json"):
            self._fits(kinds[kind]["schema"], answer.body, f"answer of {one.method} {one.path}")

    def _sent(self, one: Operation, query: Mapping[str, Any], body: Any) -> Answer:
        places = {part["name"]: part["in"] for part in one.said.get("parameters", ())}
        path = one.path
        for name in (name for name, place in places.items() if place == "path"):
            path = path.replace(f"{{{name}}}", quote(str(query[name]), safe=""))
        written = urlencode([(name, _word(value)) for name, value in query.items() if places[name] == "query"])
        headers = {name: str(value) for name, value in query.items() if places[name] == "header"}
        if {"token": []} in one.said.get("security", ()):
            headers["Authorization"] = f"Bearer {self._token}"
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        if body is not None:
            headers["Content-Type"] = next(iter(one.said["requestBody"]["content"]))
        address = f"{self._base}{path}{'?' if written else ''}{written}"
        return _fetched(urllib.request.Request(address, data, headers, method=one.method.upper()))


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fetched(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return _read(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as refused:
        return _read(refused.code, refused.headers, refused.read())


def _read(status: int, headers: Mapping[str, str], raw: bytes) -> Answer:
    kind = headers.get("Content-Type", "").partition(";")[0]
    return Answer(status, dict(headers.items()), json.loads(raw) if kind.endswith("json") else raw)
