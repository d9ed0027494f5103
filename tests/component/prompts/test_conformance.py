"""Every prompt route answers odd input with a status that its description names, and never with a fault of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from callcenter.api import prompts
from callcenter.api.openapi import openapi
from callcenter.api.routing import collect
from tests.component.flows.conftest import Person
from tests.component.prompts.conftest import Hall

pytestmark = pytest.mark.component
ROUTES = collect([prompts])
DESCRIBED = openapi(ROUTES, "callcenter", "0")
IDS = ("goodbye", "nowhere", "0", "a%00b", "..%2f", "%F0%9F%98%80", "A", "a" * 61, "a-b")
QUERIES = ("", "?q=%00", "?limit=0", "?after=%F0%9F%98%80", "?used=maybe", "?x=1", "?flow=';--", "?source=film")
BODIES: tuple[Any, ...] = (
    {}, [], None, "x", {"id": "A", "text": {"zh": "a", "en": "a"}}, {"id": "a\u0000", "text": {"zh": "a", "en": "a"}},
    {"text": {"zh": "\u0000", "en": "a"}}, {"text": {"zh": "\ud800", "en": "a"}}, {"text": {"zh": " ", "en": ""}},
    {"text": {"zh": "x" * 1501, "en": "a"}}, {"version": 0, "text": {"zh": "\u0000", "en": "b"}},
    {"version": 10**12, "text": {"zh": "a", "en": "b"}}, {"version": 7, "text": {"zh": "a", "en": "b"}},
    {"language": "zh"}, {"language": "fr"},
)  # fmt: skip


def paths_of(path: str) -> list[str]:
    filled = [path.replace("{id}", one) for one in IDS] if "{id}" in path else [path]
    return [one.replace("{language}", language) for one in filled for language in (("zh", "fr") if "{language}" in path else ("",))]


async def test_odd_input_is_answered_as_described(hall: Hall, admin: Person) -> None:
    odd: list[Any] = []
    for one in ROUTES:
        described = DESCRIBED["paths"][one.path][one.method.lower()]["responses"]
        for path in paths_of(one.path):
            for query in QUERIES if one.method in ("GET", "PUT") else ("",):
                for body in BODIES if one.method in ("POST", "PATCH") else (None,):
                    raw = json.dumps(body).encode() if one.method in ("POST", "PATCH") else b"no sound" if one.method == "PUT" else None
                    status, told = await admin.ask(one.method, path + query, data=raw, headers={"Content-Type": "application/json"})
                    odd += [] if str(status) in described else [(one.method, path + query, body, status, told)]
    assert odd == []
