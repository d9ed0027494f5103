"""Every route about flows answers odd input with a status that its description names, and never with a fault of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from callcenter.api import flow_simulation, flows
from callcenter.api.openapi import openapi
from callcenter.api.routing import collect
from tests.component.flows.conftest import Designers, Person

pytestmark = pytest.mark.component
ROUTES = collect([flows, flow_simulation])
DESCRIBED = openapi(ROUTES, "callcenter", "0")
SEGMENTS = ("main_menu", "1", "draft", "0", "99999999999999999999", "a%00b", "..%2f", "%F0%9F%98%80", "nowhere")
QUERIES = ("", "?from=1&to=draft", "?version=draft", "?language=zh&file=goodbye", "?flow=main_menu", "?x=1", "?from=-1&to=", "?version=%00")
BODIES: tuple[Any, ...] = (
    {}, [], None, "x", {"sources": {"main_menu": {"node": {"a": {"verb": "say", "say": ["\ud800"]}}}}},
    {"source": {"a": float("1e300")}, "layout": {}},
    {"source": {"x": "\u0000"}, "layout": {"a": "\u0000"}, "version": None}, {"name": "x" * 41, "title": {"zh": "", "en": ""}},
    {"flows": ["main_menu"], "note": "x" * 501}, {"flows": [], "rollback": {"flow": "main_menu", "number": 10**12}},
    {"flow": "main_menu", "release": 7}, {"flow": "main_menu", "release": 0}, {"flow": "nowhere"}, {"flow": "main_menu", "at": "yesterday"},
    {"flow": "main_menu", "answers": {"$caller": {"exit": "\u0000"}, "$hotline": {"exit": "closed"}}},
    {"flow": "main_menu", "caller": {"number": "';--"}},
    {"flow": "main_menu", "title": "t", "expect": [{"flow": "main_menu", "node": "\u0000"}]},
)  # fmt: skip


@pytest.fixture(scope="module")
def own_url(demo_template: tuple[str, dict[str, str]], make_database: Callable[[str], str]) -> str:
    return make_database(demo_template[0])


def paths_of(path: str) -> list[str]:
    if "{" not in path:
        return [path]
    before, _, rest = path.partition("{")
    name, _, after = rest.partition("}")
    segments = SEGMENTS if name != "name" or "{" not in after else ("main_menu", "nowhere")
    return [one for segment in segments for one in paths_of(before + segment + after)]


async def test_odd_input_is_answered_as_described(designers: Designers, admin: Person) -> None:
    odd: list[Any] = []
    for one in ROUTES:
        described = DESCRIBED["paths"][one.path][one.method.lower()]["responses"]
        for path in paths_of(one.path):
            for query in QUERIES if one.method == "GET" else ("",):
                for body in BODIES if one.method in ("POST", "PUT") else (None,):
                    raw = json.dumps(body).encode() if one.method in ("POST", "PUT") else None
                    headers = {"Content-Type": "text/plain" if path.endswith("/toml") else "application/json"}
                    status, told = await admin.ask(one.method, path + query, data=raw, headers=headers)
                    odd += [] if str(status) in described else [(one.method, path + query, body, status, told)]
    assert odd == []
