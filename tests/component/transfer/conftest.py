"""The routes of files behind the real gate, over a database of this module, with jobs done at once."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import text

from callcenter.api import exports, merge, security, transfer
from callcenter.api.application import add_routes, input_check, problems
from callcenter.api.keys import CLOCK, DATABASE, LOGINS, SETTINGS
from callcenter.api.logins import LoginSessions
from callcenter.api.routing import collect
from callcenter.settings import Settings
from crm.access import accounts
from crm.database import Database, Session
from crm.transfer import export, importing
from crm.transfer.place import Place
from tests.fakes.clock import VirtualClock

HEADINGS = ("姓名", "性别", "出生日期", "身份证号", "病案号", "联系电话", "备注")


def table(rows: Sequence[Sequence[object]], headings: Sequence[str] = HEADINGS, encoding: str = "utf-8-sig") -> bytes:
    """A CSV file as people send it."""
    made = io.StringIO()
    csv.writer(made).writerows([headings, *rows])
    return made.getvalue().encode(encoding)


@dataclass
class Clerk:
    """Somebody with the right to import, signed in."""

    client: TestClient[Any, Any]
    csrf: str
    place: Place

    async def send(self, method: str, path: str, body: object = None, **more: Any) -> ClientResponse:
        return await self.client.request(method, path, json=body, headers={"X-CSRF-Token": self.csrf}, **more)

    async def bring(self, content: bytes, name: str = "patients.csv", resource: str = "patient") -> ClientResponse:
        query = {"resource": resource, "name": name}
        return await self.client.post("/api/imports", params=query, data=content, headers={"X-CSRF-Token": self.csrf})

    async def brought(self, content: bytes, name: str = "patients.csv") -> dict[str, Any]:
        response = await self.bring(content, name)
        assert response.status == 200, await response.text()
        return await response.json()

    async def step(self, run_id: int, step: str) -> dict[str, Any]:
        """check, run or undo, and its job."""
        response = await self.send("POST", f"/api/imports/{run_id}/{step}")
        assert response.status == 200, await response.text()
        await importing.handle(self.place, run_id)
        return await self.get(f"/api/imports/{run_id}")

    async def imported(self, content: bytes, name: str = "patients.csv", **choices: Any) -> dict[str, Any]:
        run = await self.brought(content, name)
        if choices:
            changed = await self.send("PATCH", f"/api/imports/{run['id']}", choices)
            assert changed.status == 200, await changed.text()
        await self.step(run["id"], "check")
        return await self.step(run["id"], "run")

    async def get(self, path: str) -> Any:
        response = await self.client.get(path)
        assert response.status == 200, await response.text()
        return await response.json()

    async def exported(self, body: object) -> ClientResponse:
        """The file."""
        asked = await self.send("POST", "/api/exports", body)
        assert asked.status == 200, await asked.text()
        export_id = (await asked.json())["id"]
        await export.handle(self.place, export_id)
        return await self.client.get(f"/api/exports/{export_id}/file")

    async def rows(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        async def work(session: Session) -> list[dict[str, Any]]:
            return [dict(row) for row in (await session.execute(text(statement), values)).mappings()]

        return await self.place.database.run(work)


@dataclass
class World:
    """The application of these tests."""

    server: TestServer
    place: Place
    logins: LoginSessions
    clock: VirtualClock

    async def sign_in(self, username: str) -> Clerk:
        async def work(session: Session) -> tuple[str, accounts.Login]:
            known = await accounts.stored_password(session, username)
            assert known is not None
            return await accounts.open_session(session, known[0], self.clock.now(), max_h=12, address="")

        token, login = await self.place.database.run(work)
        client = TestClient(self.server)
        client.session.cookie_jar.update_cookies({security.COOKIE: token}, self.server.make_url("/"))
        return Clerk(client, login.csrf, self.place)


@pytest.fixture
def own_url(template: str, make_database: Callable[[str], str]) -> str:
    """Each test has a database of its own: imports leave rows everywhere."""
    return make_database(template)


@pytest.fixture
async def database(own_url: str) -> AsyncIterator[Database]:
    opened = Database(own_url, timeout_s=10.0)
    yield opened
    await opened.close()


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    settings, clock = Settings(home=tmp_path), VirtualClock()
    logins = LoginSessions(database, settings.desk, clock)
    app = web.Application(middlewares=[problems, security.security_middleware(), input_check])
    app[SETTINGS], app[CLOCK], app[DATABASE], app[LOGINS] = settings, clock, database, logins
    add_routes(app, collect((security, transfer, exports, merge)))
    server = TestServer(app)
    await server.start_server()
    await database.run(_users)
    yield World(server, transfer.place_of(settings, database, clock), logins, clock)
    await server.close()


async def _users(session: Session) -> None:
    for name, role in (("chief", "admin"), ("nurse", "agent")):
        await accounts.create_user(session, name, name, "no password fits this", [role])


@pytest.fixture
async def clerk(world: World) -> AsyncIterator[Clerk]:
    made = await world.sign_in("chief")
    yield made
    await made.client.session.close()
