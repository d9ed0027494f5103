"""The application around the routes: refusals, headers, files, metrics, the gate."""

from __future__ import annotations

import re

import pytest
from aiohttp import web

from callcenter.api import application, resources
from callcenter.api.application import MODULES, add_routes
from callcenter.api.routing import PUBLIC, Route, collect
from tests.component.desk.conftest import ROLE_RIGHTS, Served

pytestmark = pytest.mark.component


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/nothing", 404), ("DELETE", "/api/board", 405), ("GET", "/api", 404), ("GET", "/assets/none.js", 404), ("POST", "/", 405)],
)
async def test_every_refusal_is_a_problem(served: Served, method: str, path: str, status: int):
    page = served.page(9, "admin")
    async with page.session.request(method, path, headers={"X-CSRF-Token": page.csrf}) as answer:
        assert (answer.status, answer.content_type) == (status, "application/problem+json")
        body = await answer.json(content_type=None)
        assert body["status"] == status and body["title"] and isinstance(body["errors"], list)


async def test_a_body_that_is_too_large_or_no_json_is_refused(served: Served):
    page = served.page()
    headers = {"X-CSRF-Token": page.csrf, "Content-Type": "application/json"}
    async with page.session.post("/api/agent/state", data=b'{"state": "' + b"x" * 1_020_000, headers=headers) as answer:
        assert answer.status == 413
    async with page.session.post("/api/agent/state", data=b"{", headers=headers) as answer:
        assert answer.status == 422
    async with page.session.post("/api/agent/state", data=b"state=available", headers=headers | {"Content-Type": "text/plain"}) as answer:
        assert answer.status == 415


async def test_a_fault_of_ours_tells_nothing_of_itself(served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(served.office.supervision, "board", lambda: 1 / 0)
    status, problem = await served.page(9, "supervisor").get("/api/board")
    assert (status, problem["title"]) == (500, "internal error")
    assert "division" not in str(problem)


async def test_headers_keep_foreign_hosts_and_frames_out(served: Served):
    for path in ("/", "/api/health", "/api/nothing", "/assets/app.1234.js"):
        async with served.stranger().session.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "http:" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_files_are_served_and_paths_of_the_application_give_its_page(served: Served):
    stranger = served.stranger()
    for path in ("/", "/calls/17", "/board"):
        async with stranger.session.get(path) as answer:
            assert (answer.status, await answer.text(), answer.headers["Cache-Control"]) == (200, "<title>desk</title>", "no-cache")
    async with stranger.session.get("/assets/app.1234.js") as answer:
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/..%2f..%2fhome", "/assets/..%2f..%2fconftest.py", "/%2e%2e/secrets.json", "/x%00y.js"])
async def test_no_path_leads_out_of_the_folder(served: Served, path: str):
    status, text = await served.stranger().get(path)
    assert status in (400, 404) or text == "<title>desk</title>"


async def test_without_a_built_application_the_page_says_how_to_build_it(served: Served):
    served.office.app[application.STATIC].joinpath("index.html").unlink()
    status, text = await served.stranger().get("/")
    assert status == 503 and "make web" in text


async def test_metrics_are_for_this_machine_only(served: Served):
    stranger = served.stranger()
    status, text = await stranger.get("/metrics")
    assert status == 200 and "callcenter_live_clients" in text
    assert (await stranger.ask("GET", "/metrics", **{"X-Forwarded-For": "10.0.0.7"}))[0] == 404


async def test_health_names_the_part_that_is_wrong(served: Served):
    stranger = served.stranger()
    assert (await stranger.get("/api/health"))[1]["status"] == "ok"
    served.office.words["database"] = "does not answer"
    served.office.clock.advance(5)
    status, body = await stranger.get("/api/health")
    assert (status, body["parts"]["database"], body["parts"]["asterisk"]) == (503, "does not answer", "ok")


async def test_the_description_holds_every_route_and_loads_nothing_from_elsewhere(served: Served):
    _, described = await served.stranger().get("/api/openapi.json")
    assert {one.path for one in (*collect(MODULES), *resources.routes())} == set(described["paths"])
    _, page = await served.stranger().get("/api/docs")
    assert "<script" not in page and "https://" not in page and "/api/agent/transfer" in page


async def test_every_route_lets_in_exactly_the_roles_with_its_right(served: Served):
    for one in collect(MODULES):
        if one.right == PUBLIC or one.path == "/api/logout":
            continue
        path = re.sub(r"\{\w+\}", "x", one.path.replace("{linkedid}", "node1-1.1").replace("{id}", "0"))
        assert (await served.stranger().ask(one.method, path, {}))[0] == 401, one.path
        for role, rights in ROLE_RIGHTS.items():
            status, _ = await served.page(5, role).ask(one.method, path, {} if one.method != "GET" else None)
            assert (status == 403) == (one.right != "signed_in" and one.right not in rights), (one.method, one.path, role, status)


async def test_changing_requests_need_token_and_own_origin(served: Served):
    page = served.page()
    assert (await page.ask("POST", "/api/agent/state", {"state": "available"}, **{"X-CSRF-Token": "wrong"}))[0] == 403
    assert (await page.ask("POST", "/api/agent/state", {"state": "available"}, Origin="http://evil.example"))[0] == 403
    assert served.office.agents.get(1).state == "offline"


def test_two_routes_at_one_address_are_a_fault_at_start():
    async def nothing(_request: web.Request) -> web.Response:
        return web.Response()

    twice = Route("GET", "/x", PUBLIC, nothing)
    with pytest.raises(ValueError, match="two routes"):
        add_routes(web.Application(), [twice, twice])
