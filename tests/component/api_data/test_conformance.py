"""The API does what its description says: every route, with fitting and with hostile input, answers with a status and a shape that are described."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, RootModel, ValidationError
from sqlalchemy import text

from callcenter.api import resources
from callcenter.api.openapi import openapi
from callcenter.api.routing import Route, collect, model_of
from crm import access, audit
from crm.database import Database, Session
from crm.registry import registry
from tests.component.api_data.conftest import MODULES, SignIn, application, home
from tests.component.api_data.shapes import ODD_TEXTS, Shapes, hostile

pytestmark = pytest.mark.component
__all__ = ["home"]
ROUTES = [one for one in (*collect(MODULES), *resources.routes()) if one.path not in ("/api/login", "/api/logout")]
DESCRIBED = openapi(ROUTES, "callcenter", "0")
SHAPES = Shapes(DESCRIBED)
GROUPS = sorted({one.path.split("/")[2] for one in ROUTES})
EXAMPLES = int(os.environ.get("CALLCENTER_EXAMPLES", "3"))
KEPT = {"users": "username <> 'admin'", "roles": "code <> 'admin'"}
RAW_BODIES = (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 20_000, b'{"name": "\\ud800"}', b'{"a": 1e999}', b'{"a":1,"a":2}', b"NaN")


@dataclass
class Caller:
    """An administrator, and what he may ask about."""

    client: TestClient[Any, Any]
    csrf: str
    database: Database
    known: Mapping[str, list[tuple[str, int]]]
    seen: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, str, bytes]:
        async with self.client.request(method, path, headers={"X-CSRF-Token": self.csrf, **more.pop("headers", {})}, **more) as answer:
            return answer.status, answer.content_type, await answer.read()


@contextlib.asynccontextmanager
async def calling(url: str, folder: Any) -> AsyncIterator[Caller]:
    database = Database(url, timeout_s=10.0)
    made = application(database, folder, ROUTES)
    server = made.server
    await server.start_server()

    async def enter(session: Session) -> tuple[str, access.Login]:
        user_id = await session.scalar(text("SELECT id FROM user_account WHERE username = 'admin'"))
        assert user_id is not None
        return await access.open_session(session, user_id, made.clock.now(), max_h=12, address="")

    token, login = await database.run(enter)
    client = TestClient(server)
    client.session.cookie_jar.update_cookies({"callcenter_session": token}, server.make_url("/"))
    try:
        yield Caller(client, login.csrf, database, await database.run(_rows))
    finally:
        await client.session.close()
        await server.close()
        await database.close()


async def _rows(session: Session) -> dict[str, list[tuple[str, int]]]:
    """Of each thing some rows: (id as it stands in an address, version)."""
    found: dict[str, list[tuple[str, int]]] = {}
    for one in registry().resources:
        key = " || '~' || ".join(f"{column.name}::text" for column in one.keys)
        columns = f"{key} AS id, {'version' if one.versioned else '0'} AS version"
        query = f"SELECT {columns} FROM {one.table.name} WHERE {KEPT.get(one.path, 'true')} LIMIT 5"
        found[one.path] = [(row.id, row.version) for row in await session.execute(text(query))]
    return found


@pytest.fixture(scope="module")
def running(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Caller, Callable[..., Any]]]:
    """One application for the whole module, on a loop of its own: hypothesis draws outside of any."""
    with asyncio.Runner() as runner:
        context = calling(demo_url, tmp_path_factory.mktemp("home"))
        yield runner.run(context.__aenter__()), runner.run
        runner.run(context.__aexit__(None, None, None))


@given(st.data())
@settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@pytest.mark.parametrize("group", GROUPS)
def test_every_route_answers_as_described(group: str, running: Any, data: st.DataObject) -> None:
    caller, run = running
    for one in ROUTES:
        if one.path.split("/")[2] == group:
            run(_check(caller, one, data))


async def _check(caller: Caller, one: Route, data: st.DataObject) -> None:
    operation = DESCRIBED["paths"][one.path][one.method.lower()]
    row = data.draw(st.sampled_from(caller.known.get(group_of(one)) or [("1", 1)]))
    path = re.sub(r"\{[^}]*\}", lambda _: _segment(data.draw(_ids(row[0]))), one.path)
    more: dict[str, Any] = {"params": _query(data, operation)}
    if "requestBody" in operation:
        more |= _body(data, operation["requestBody"]["content"], row[1])
    status, kind, content = await caller.ask(one.method, path, **more)
    caller.seen[one.method, one.path, status] += 1
    said = f"{one.method} {path} {str(more)[:2000]} -> {status} {content[:400]!r}"
    assert str(status) in operation["responses"], said
    _answered(one, status, kind, content, said)


def group_of(one: Route) -> str:
    return one.path.split("/")[2]


def _ids(known: str) -> st.SearchStrategy[str]:
    odd = [one for one in ODD_TEXTS if one.strip()]
    return st.one_of(st.just(known), st.just(known), st.just(known), st.sampled_from(odd))


def _segment(written: str) -> str:
    """One segment of a path, percent-encoded by hand so that nothing is normalised away."""
    return "".join(f"%{byte:02X}" for byte in written.encode()) if not re.fullmatch(r"[\w~.-]+", written, re.ASCII) else written


def _query(data: st.DataObject, operation: Mapping[str, Any]) -> list[tuple[str, str]]:
    described = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    some = data.draw(st.lists(st.sampled_from(described), max_size=3, unique_by=lambda one: one["name"])) if described else []
    wanted = [one for one in described if one["required"] or one in some]
    sent = []
    for one in wanted:
        value = data.draw(st.one_of(SHAPES.fitting(one["schema"]), SHAPES.fitting(one["schema"]), hostile))
        sent.append((one["name"], str(value).lower() if isinstance(value, bool) else str(value)[:2000]))
    return sent


def _body(data: st.DataObject, content: Mapping[str, Any], version: int) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    described = content.get("application/json")
    if described is None or data.draw(st.integers(0, 9)) == 0:
        return {"data": RAW_BODIES[data.draw(st.integers(0, len(RAW_BODIES) - 1))], "headers": headers if described is not None else {}}
    body = data.draw(SHAPES.body(described["schema"]))
    if isinstance(body, dict) and isinstance(body.get("version"), int) and data.draw(st.booleans()):
        body["version"] = version
    return {"data": json.dumps(body).encode(), "headers": headers}


def _answered(one: Route, status: int, kind: str, content: bytes, said: str) -> None:
    if status >= 400:
        problem = json.loads(content)
        assert kind == "application/problem+json" and {"type", "title", "status", "detail", "errors"} <= problem.keys(), said
        assert problem["status"] == status and problem["title"], said
        assert all(fault.keys() == {"field", "rule", "mend"} and fault["rule"] for fault in problem["errors"]), said
        assert status != 422 or problem["errors"] or problem["detail"], said
        return
    model = model_of(one.answer)
    if status == 204:
        assert content == b"", said
    elif model is not None:
        _fits(model, content, said)


def _fits(model: type[BaseModel], content: bytes, said: str) -> None:
    try:
        model.model_validate_json(content, strict=True)
    except ValidationError as wrong:
        raise AssertionError(f"{said}: {wrong}") from wrong
    if issubclass(model, RootModel):
        return
    names = {name if field.alias is None else field.alias for name, field in model.model_fields.items()}
    assert set(json.loads(content)) <= names, f"{said}: also answers {set(json.loads(content)) - names}"


def test_trail_is_whole_after_all_of_it(running: Any) -> None:
    """After thousands of odd requests nothing of the audit trail is missing or out of place."""
    caller, run = running
    assert run(caller.database.run(audit.verify)) is None
    statuses: Counter[int] = Counter()
    for (_, _, status), count in caller.seen.items():
        statuses[status] += count
    done = {(method, path) for method, path, status in caller.seen if status < 300}
    print(f"{statuses.total()} requests to {len(ROUTES)} routes: {dict(sorted(statuses.items()))}; {len(done)} routes did what they were asked")
    assert len(done) > len(ROUTES) // 3 and statuses[422] > statuses.total() // 10


async def test_sign_in_with_anything_answers_as_described(sign_in: SignIn) -> None:
    visitor = await sign_in("agent01")
    for body in RAW_BODIES:
        async with visitor.client.post("/api/login", data=body, headers={"Content-Type": "application/json"}) as answer:
            assert answer.status in (400, 422) and answer.content_type == "application/problem+json", body
