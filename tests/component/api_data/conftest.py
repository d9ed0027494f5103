"""The data routes behind the real gate, over the invented hospital, with a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from callcenter.api import application as whole
from callcenter.api import board as board_page
from callcenter.api import desk, docs_page, flow_simulation, flows, health, live, resources, security, softphone, try_page
from callcenter.api.application import add_routes, input_check, problems
from callcenter.api.keys import CLOCK, DATABASE, GATEWAY, LOGINS, SETTINGS
from callcenter.api.logins import LoginSessions
from callcenter.api.routing import Route, collect
from callcenter.crm_gateway import CrmGateway
from callcenter.settings import Settings
from crm.access import accounts
from crm.database import Database, Session
from tests.fakes.clock import VirtualClock

# Their handlers need the telephone side: tests/component/desk and tests/component/flows serve them.
ELSEWHERE = (desk, softphone, live, board_page, health, try_page, docs_page, flows, flow_simulation)
MODULES = tuple(one for one in whole.MODULES if one not in ELSEWHERE)


@dataclass
class Someone:
    """A visitor with his own cookies; signed in or not."""

    client: TestClient[Any, Any]
    csrf: str = ""
    id: int = 0

    async def get(self, path: str, **more: Any) -> ClientResponse:
        return await self.client.get(path, **more)

    async def post(self, path: str, body: object = None, **more: Any) -> ClientResponse:
        headers = {"X-CSRF-Token": self.csrf} | more.pop("headers", {})
        return await self.client.post(path, json=body, headers=headers, **more)

    async def json(self, path: str, **more: Any) -> Any:
        response = await self.get(path, **more)
        assert response.status == 200, await response.text()
        return await response.json()


@dataclass
class Product:
    """The application of these tests."""

    app: web.Application
    server: TestServer
    settings: Settings
    clock: VirtualClock
    database: Database
    gateway: CrmGateway
    logins: LoginSessions
    routes: list[Route]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "recordings").mkdir()
    return tmp_path


def application(database: Database, home: Path, routes: list[Route]) -> Product:
    """Behind the real gate, not yet served."""
    settings, clock = Settings(home=home, demo=True), VirtualClock()
    gateway, logins = CrmGateway(database, settings, clock), LoginSessions(database, settings.desk, clock)
    app = web.Application(middlewares=[problems, security.security_middleware(), input_check])
    app[SETTINGS], app[CLOCK], app[DATABASE], app[GATEWAY], app[LOGINS] = settings, clock, database, gateway, logins
    add_routes(app, routes)
    return Product(app, TestServer(app), settings, clock, database, gateway, logins, routes)


async def started(database: Database, home: Path) -> Product:
    made = application(database, home, [*collect(MODULES), *resources.routes()])
    await made.server.start_server()
    return made


@pytest.fixture
async def product(demo: Database, home: Path) -> AsyncIterator[Product]:
    made = await started(demo, home)
    yield made
    await made.server.close()


SignIn = Callable[[str], Awaitable[Someone]]


@pytest.fixture
async def visitor(product: Product) -> AsyncIterator[Callable[[], Someone]]:
    """`visitor()`: somebody who is not signed in."""
    made: list[TestClient[Any, Any]] = []

    def make() -> Someone:
        made.append(TestClient(product.server))
        return Someone(made[-1])

    yield make
    for client in made:
        await client.session.close()


@pytest.fixture
def sign_in(product: Product, visitor: Callable[[], Someone]) -> SignIn:
    """`await sign_in("agent01")`: with a session that is there already, as the slow password check is not what these tests are about."""

    async def enter(username: str) -> Someone:
        async def work(session: Session) -> tuple[str, accounts.Login]:
            known = await accounts.stored_password(session, username)
            assert known is not None
            return await accounts.open_session(session, known[0], product.clock.now(), max_h=12, address="")

        token, login = await product.database.run(work)
        someone = visitor()
        someone.client.session.cookie_jar.update_cookies({security.COOKIE: token}, product.server.make_url("/"))
        someone.csrf, someone.id = login.csrf, login.principal.id
        return someone

    return enter
