"""The engine's routes behind the real gate: every route for every role, conflicts, tokens, views, meta, and an exact description."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from pydantic import TypeAdapter
from sqlalchemy import text

from callcenter.api import application, resources, web_files
from callcenter.api.openapi import openapi
from callcenter.api.resource_models import Shapes
from callcenter.api.routing import AT_A_PAGE, PUBLIC, SIGNED_IN, Route, collect
from crm.access import accounts, tokens
from crm.database import Database, Session
from crm.engine.registry import registry
from tests.component.api_data import conftest as api_data
from tests.component.api_data.conftest import Product, SignIn, Someone

pytestmark = pytest.mark.component
PEOPLE = {
    "": "", "agent01": "agent", "supervisor01": "supervisor", "admin": "admin", "handler09": "handler", "manager09": "manager",
    "ethics09": "ethics_officer",
}  # fmt: skip
FOR_EVERYBODY = {
    "GET /api/docs", "GET /api/health", "GET /api/openapi.json", "GET /api/try/callers", "POST /api/try", "GET /metrics", "GET /{path:.*}",
    "POST /api/login",
}  # fmt: skip
FOR_WHO_SIGNED_IN = {
    "GET /api/session", "POST /api/logout", "GET /api/account", "POST /api/account/password", "POST /api/account/second-factor",
    "POST /api/account/second-factor/confirm", "POST /api/account/second-factor/recovery-codes", "POST /api/account/second-factor/off",
    "GET /api/live", "GET /api/meta", "GET /api/agent/choices",
    "GET /api/bell", "GET /api/bell/announcements", "POST /api/bell/announcements/{id}/read",
    "GET /api/saved-views", "POST /api/saved-views", "PATCH /api/saved-views/{id}", "DELETE /api/saved-views/{id}",
    "GET /api/exports", "POST /api/exports", "GET /api/exports/{id}", "GET /api/exports/{id}/file",
    "GET /api/imports", "POST /api/imports", "GET /api/imports/{id}", "PATCH /api/imports/{id}", "DELETE /api/imports/{id}",
    "GET /api/imports/{id}/problems", "GET /api/imports/{id}/problems.csv", "POST /api/imports/{id}/check", "POST /api/imports/{id}/run",
    "POST /api/imports/{id}/stop", "POST /api/imports/{id}/undo",
}  # fmt: skip
"""These show and change what is the person's own, or ask for the right of the thing that is named."""
LEFT_OUT = frozenset({"/api/login", "/api/logout"})


async def someone(product: Product, sign_in: SignIn, visitor: Callable[[], Someone], username: str) -> tuple[Someone, frozenset[str]]:
    """Signed in, with his rights as the database says; users of the newer roles are made."""
    if not username:
        return visitor(), frozenset()

    async def work(session: Session) -> None:
        known = await session.scalar(text("SELECT 1 FROM user_account WHERE username = :name").bindparams(name=username))
        if not known:
            await accounts.create_user(session, username, username, "unusable", [PEOPLE[username]])

    await product.database.run(work)
    entered = await sign_in(username)
    body = await entered.json("/api/session")
    return entered, frozenset(body["user"]["rights"])


@pytest.mark.parametrize("who", PEOPLE)
async def test_every_route_for_every_role(product: Product, visitor: Callable[[], Someone], sign_in: SignIn, who: str) -> None:
    """Whoever lacks the declared right is refused before the handler runs; whoever has it is not."""
    visiting, rights = await someone(product, sign_in, visitor, who)
    wrong: list[tuple[str, str, int]] = []
    for one in product.routes:
        if one.path in LEFT_OUT:
            continue
        path = re.sub(r"\{[^}]*\}", "999999", one.path)
        headers = {"X-CSRF-Token": visiting.csrf}
        async with visiting.client.request(one.method, path, json=None if one.method == "GET" else {}, headers=headers) as response:
            allowed = one.right == PUBLIC or (bool(who) and (one.right == SIGNED_IN or one.right in rights) and _readable(one.path, rights))
            served = response.status < 500 or response.status == 503  # a part that these tests do not run
            fitting = response.status not in (401, 403) and served if allowed else response.status == (403 if who else 401)
            if not fitting:
                wrong.append((one.method, one.path, response.status))
    assert wrong == []


def _readable(path: str, rights: frozenset[str]) -> bool:
    """The trail of a thing also needs the right to read the thing."""
    thing = registry().by_path.get(path.split("/")[2])
    return thing is None or not path.endswith("/audit") or thing.right("read") in rights


def every_route() -> list[Route]:
    return [*collect(application.MODULES), *resources.routes(), *application.metrics.routes, *collect([web_files])]  # type: ignore[attr-defined]


def test_every_route_of_the_application_is_declared_with_a_known_right() -> None:
    known, every = {PUBLIC, SIGNED_IN, *registry().rights}, every_route()
    assert len({(one.method, one.path) for one in every}) == len(every)
    assert [(one.path, one.right) for one in every if one.right not in known] == []


def test_what_needs_no_right_is_named_here() -> None:
    """A route that was opened by mistake passes every test that asks its own declaration."""
    assert {f"{one.method} {one.path}" for one in every_route() if one.right == PUBLIC} == FOR_EVERYBODY
    assert {f"{one.method} {one.path}" for one in every_route() if one.right == SIGNED_IN} == FOR_WHO_SIGNED_IN


def test_a_route_of_a_thing_needs_a_right_of_that_thing_or_the_trail() -> None:
    """Reading asks for `read`, and nothing that changes is open to who may only read. A list that is filled needs the right to add to that list."""
    fills = {
        (f"/api/{one.path}/{{id}}/{related.name}/fill", f"{related.resource}.add")
        for one in registry().resources for related in one.related if related.sources
    }  # fmt: skip
    wrong = [
        (one.method, one.path, one.right)
        for one in resources.routes()
        if one.right.partition(".")[0] != registry().by_path[one.path.split("/")[2]].name
        and (one.path, one.right) not in fills
        and not (one.method == "GET" and one.path.endswith("/{id}/audit") and one.right == "audit.read")
    ]
    assert wrong == []
    assert [one.path for one in resources.routes() if one.method != "GET" and one.right.endswith(".read")] == []


async def test_a_machine_opens_no_live_page(product: Product, sign_in: SignIn, visitor: Callable[[], Someone]) -> None:
    """An open page is cut with its login session; a token has none."""
    admin = await sign_in("admin")
    until = (product.clock.now() + timedelta(days=30)).isoformat()
    made = await (await admin.post("/api/api-tokens", {"title": "HIS", "rights": ["patient.read"], "expires_at": until})).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await visitor().client.get("/api/patients", headers=headers)).status == 200
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert (await visitor().client.get("/api/patients", headers=headers | upgrade)).status == 403


async def test_a_machine_gets_no_telephone_and_no_desk(demo: Database, home: Path) -> None:
    """A telephone rings where somebody sits; his user's token is told so, wherever the desk's right opens a door."""
    served = api_data.application(demo, home, every_route())
    until = served.clock.now() + timedelta(days=30)

    async def work(session: Session) -> str:
        stored = await accounts.stored_password(session, "agent01")
        assert stored is not None
        who = (await accounts.principals(session, [stored[0]]))[stored[0]]
        made = await tokens.make(session, who, tokens.NewToken("CTI", who.id, ("desk.use", "patient.read"), until), served.clock.now())
        return str(made["token"])

    headers = {"Authorization": f"Bearer {await demo.run(work)}"}
    desk = [(one.method, one.path.replace("{linkedid}", "x")) for one in every_route() if one.right in AT_A_PAGE]
    described = openapi([one for one in every_route() if one.path.startswith("/api/")], "t", "1")["paths"]
    async with TestClient(served.server) as client:
        assert (await client.get("/api/patients", headers=headers)).status == 200
        answers = {path: await client.request(method, path, headers=headers) for method, path in desk}
        assert {path: (one.status, (await one.json())["type"]) for path, one in answers.items()} == {path: (403, "page-needed") for _, path in desk}
        assert (await client.get("/api/softphone", headers={"Authorization": "Bearer " + "x" * 40})).status == 401
    assert "/api/softphone" in answers and "page" in (await answers["/api/softphone"].json())["detail"]
    assert "token" not in {name for one in described["/api/softphone"]["get"]["security"] for name in one}


async def test_conflict_shows_both_versions(sign_in: SignIn) -> None:
    first, second = await sign_in("agent01"), await sign_in("supervisor01")
    row = await (await first.post("/api/patients", {"name": "冲突"})).json()
    path, headers = f"/api/patients/{row['id']}", {"X-CSRF-Token": second.csrf}
    assert (await second.client.patch(path, json={"version": 1, "alerts": ["青霉素过敏"]}, headers=headers)).status == 200
    response = await first.client.patch(path, json={"version": 1, "notes": "备注"}, headers={"X-CSRF-Token": first.csrf})
    problem = await response.json()
    assert (response.status, problem["type"], problem["changed"]) == (409, "stale", ["alerts"])
    assert problem["sent"] == {"version": 1, "notes": "备注"} and problem["current"]["alerts"] == ["青霉素过敏"]
    assert problem["errors"][0]["field"] == "version" and problem["changed_by"]["name"]


async def test_machine_uses_a_token_with_fewer_rights_than_its_user(product: Product, sign_in: SignIn, visitor: Callable[[], Someone]) -> None:
    admin = await sign_in("admin")
    until = (product.clock.now() + timedelta(days=30)).isoformat()
    made = await admin.post("/api/api-tokens", {"title": "HIS", "rights": ["patient.read", "patient.add"], "expires_at": until})
    assert made.status == 201, await made.text()
    token = await made.json()
    machine, headers = visitor(), {"Authorization": f"Bearer {token['token']}"}
    assert (await machine.client.get("/api/patients", headers=headers)).status == 200
    assert (await machine.client.post("/api/patients", json={"name": "机器建档"}, headers=headers)).status == 201
    assert (await machine.client.get("/api/roles", headers=headers)).status == 403
    assert (await machine.client.get("/api/patients", headers={"Authorization": "Bearer " + "x" * 40})).status == 401
    assert token["token"] not in await (await admin.get("/api/api-tokens")).text()
    ended = await admin.client.delete(f"/api/api-tokens/{token['id']}", headers={"X-CSRF-Token": admin.csrf})
    assert ended.status == 204
    assert (await machine.client.get("/api/patients", headers=headers)).status == 401
    refused = await admin.post("/api/api-tokens", {"title": "x", "rights": ["no.such"], "expires_at": until})
    assert (refused.status, (await refused.json())["errors"][0]["field"]) == (422, "rights")


async def test_views_are_kept_per_user_and_one_is_the_standard(sign_in: SignIn) -> None:
    agent, other = await sign_in("agent01"), await sign_in("agent02")
    view = {"resource": "patient", "title": "我的列表", "columns": ["name", "mrn"], "sort": "name", "standard": True}
    made = await agent.post("/api/saved-views", view)
    assert made.status == 201, await made.text()
    second = await (await agent.post("/api/saved-views", view | {"title": "另一个", "query": {"gender": "male"}})).json()
    mine = (await agent.json("/api/saved-views", params={"resource": "patient"}))["items"]
    assert [one["title"] for one in mine if one["standard"]] == ["另一个"]
    assert (await other.json("/api/saved-views", params={"resource": "patient"}))["items"] == []
    assert (await agent.post("/api/saved-views", view)).status == 409
    assert (await agent.post("/api/saved-views", view | {"title": "共享", "shared": True})).status == 403
    assert (await agent.post("/api/saved-views", view | {"title": "x", "columns": ["nonsense"]})).status == 422
    foreign = await other.client.delete(f"/api/saved-views/{second['id']}", headers={"X-CSRF-Token": other.csrf})
    assert foreign.status == 404


async def test_meta_tells_of_what_the_person_may_use_and_no_more(sign_in: SignIn) -> None:
    agent, admin = await (await sign_in("agent01")).json("/api/meta"), await (await sign_in("admin")).json("/api/meta")
    assert "role" not in agent["resources"] and "role" in admin["resources"]
    patient = agent["resources"]["patient"]
    assert "delete" not in patient["allowed"] and "delete" in admin["resources"]["patient"]["allowed"]
    number = next(one for one in agent["resources"]["contact_phone"]["fields"] if one["name"] == "number")
    assert number["masked"] and number["operators"] == ["eq"]
    only = await (await sign_in("admin")).json("/api/meta", params={"resource": "patient"})
    assert list(only["resources"]) == ["patient"]


async def test_rights_are_told_in_words_for_the_editor_of_roles(sign_in: SignIn) -> None:
    items = (await (await sign_in("admin")).json("/api/rights"))["items"]
    assert {one["right"] for one in items} == set(registry().rights)
    assert all(one["title"]["zh"] and one["title"]["en"] for one in items)


async def test_answers_fit_the_shapes_that_are_described(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    for one in registry().resources:
        if not one.served:
            continue
        shapes, page = Shapes(one, registry()), await admin.json(f"/api/{one.path}", params={"limit": "3"})
        shapes.page.model_validate(page)
        for row in page["items"][:1]:
            detail = await admin.json(f"/api/{one.path}/{row['id']}")
            shapes.detail.model_validate(detail)
            assert set(detail) <= {spec.alias for spec in shapes.detail.model_fields.values()}, one.name
            assert set(row) <= {spec.alias for spec in shapes.line.model_fields.values()}, one.name


def test_description_is_valid_and_names_every_status() -> None:
    made = openapi([one for one in [*collect(application.MODULES), *resources.routes()] if one.path.startswith("/api/")], "callcenter", "0")
    text_form = json.dumps(made)
    names = set(made["components"]["schemas"])
    missing = {ref for ref in _references(made) if ref.removeprefix("#/components/schemas/") not in names}
    assert missing == set() and "PatientDetail" in names
    assert "f_name" not in text_form
    post = made["paths"]["/api/patients"]["post"]
    assert set(post["responses"]) >= {"201", "401", "403", "409", "415", "422", "503"}
    operations = [one["operationId"] for path in made["paths"].values() for one in path.values()]
    assert len(operations) == len(set(operations))


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return found.union(*(_references(one) for one in value.values()))
    return set().union(*(_references(one) for one in value)) if isinstance(value, list) else set()


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/patients?limit=0", "limit"), ("/api/patients?nonsense=1", "nonsense"), ("/api/patients?birth_date__ge=soon", "birth_date__ge"),
        ("/api/patients?sort=salary", "sort"), ("/api/contact-phones?patient_id=x", "patient_id"),
        ("/api/patients?tags__empty=perhaps", "tags__empty"),
    ],
)  # fmt: skip
async def test_wrong_parameter_is_named(sign_in: SignIn, path: str, field: str) -> None:
    response = await (await sign_in("admin")).get(path)
    assert (response.status, (await response.json())["errors"][0]["field"]) == (422, field)


async def test_ids_that_are_none_are_not_found(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    for key in ("0", "999999", "x", "9" * 30, "-1", "1~2", "%00", "..%2f1"):
        assert (await admin.get(f"/api/patients/{key}")).status == 404, key
        assert (await admin.get(f"/api/calendar-days/{key}")).status == 404, key


def test_key_type_of_a_path_is_described() -> None:
    route = next(one for one in resources.routes() if one.path == "/api/patients/{id}")
    assert TypeAdapter(route.key).json_schema()["type"] == "integer"
