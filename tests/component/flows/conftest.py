"""The designer's routes over a database of the test's own, with a shelf that follows it as a running controller's does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from callcenter.api import flow_simulation, flows, security
from callcenter.api.application import add_routes, input_check, problems
from callcenter.api.flow_desk import FLOWS, FlowDesk
from callcenter.api.keys import CLOCK, DATABASE, GATEWAY, LOGINS, SETTINGS
from callcenter.api.logins import LoginSessions
from callcenter.api.routing import collect
from callcenter.app import shipped_flows
from callcenter.crm_gateway import CrmGateway
from callcenter.crm_gateway.flows import CrmFlows, Shipment
from callcenter.ivr import loader, prompts
from callcenter.ivr.flow import FlowBook
from callcenter.ivr.shelf import FlowShelf
from callcenter.settings import Extension, Settings
from crm.access import accounts
from crm.database import Database, Session
from tests.fakes.clock import VirtualClock

SOUNDS = Path(__file__).parents[3] / "sounds"


def shipped_book() -> FlowBook:
    """What a controller serves before it knows a release."""
    return loader.load_folder(loader.SHIPPED, loader.Known(prompts.load(SOUNDS).ids(), extensions={"reception"}))


@dataclass
class Node:
    """One controller's side of flows. `in_use`: releases that its live calls name."""

    releases: CrmFlows
    shelf: FlowShelf
    in_use: set[int] = field(default_factory=set)


@dataclass
class Person:
    """Somebody who is signed in."""

    client: TestClient[Any, Any]
    csrf: str

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        headers = {"X-CSRF-Token": self.csrf, **more.pop("headers", {})}
        given = {"json": body} if body is not None else {}
        async with self.client.request(method, path, headers=headers, **given, **more) as answer:
            told = await answer.json() if "json" in answer.content_type else await answer.read()
            return answer.status, told

    async def fine(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        status, told = await self.ask(method, path, body, **more)
        assert status < 300, (status, told)
        return told


@dataclass
class Designers:
    """The application, and a node beside it."""

    server: TestServer
    database: Database
    gateway: CrmGateway
    clock: VirtualClock
    home: Path
    node: Node
    make_node: Callable[..., Node]
    people: dict[str, Person] = field(default_factory=dict)

    async def person(self, username: str) -> Person:
        """Signed in without the slow password check."""
        if username in self.people:
            return self.people[username]

        async def work(session: Session) -> tuple[str, accounts.Login]:
            known = await accounts.stored_password(session, username)
            assert known is not None
            return await accounts.open_session(session, known[0], self.clock.now(), max_h=12, address="")

        token, login = await self.database.run(work)
        client: TestClient[Any, Any] = TestClient(self.server)
        client.session.cookie_jar.update_cookies({security.COOKIE: token}, self.server.make_url("/"))
        self.people[username] = Person(client, login.csrf)
        return self.people[username]


@pytest.fixture
def own_url(demo_template: tuple[str, dict[str, str]], make_database: Callable[[str], str]) -> str:
    """A hospital of this test alone: releases are counted from one."""
    return make_database(demo_template[0])


@pytest.fixture
async def designers(own_url: str, tmp_path: Path) -> AsyncIterator[Designers]:
    database = Database(own_url, timeout_s=10.0)
    settings, clock = Settings(home=tmp_path, demo=True, extension=(Extension(name="reception", number="8001"),)), VirtualClock()
    gateway, logins = CrmGateway(database, settings, clock), LoginSessions(database, settings.desk, clock)
    followers: list[asyncio.Task[None]] = []

    def make_node(name: str = "flows.json", shipment: Shipment | None = None) -> Node:
        shelf, in_use = FlowShelf(shipped_book()), set[int]()
        kept = tmp_path / name
        return Node(CrmFlows(gateway.store, shelf, clock, kept, lambda: in_use, shipment or shipped_flows.shipment()), shelf, in_use)

    node = make_node()
    await node.releases.refresh()
    followers.append(asyncio.create_task(node.releases.run(), name="test:node"))
    app = web.Application(middlewares=[problems, security.security_middleware(), input_check], client_max_size=1_000_000)
    app[SETTINGS], app[CLOCK], app[DATABASE], app[GATEWAY], app[LOGINS] = settings, clock, database, gateway, logins
    beside = make_node("api.json")
    app[FLOWS] = FlowDesk(
        settings, beside.releases, prompts.Voice(prompts.load(SOUNDS)), gateway.lookups, gateway.callers, gateway.hours, SOUNDS
    )
    add_routes(app, collect([flows, flow_simulation]))
    server = TestServer(app)
    await server.start_server()
    made = Designers(server, database, gateway, clock, tmp_path, node, make_node)
    yield made
    for one in made.people.values():
        await one.client.session.close()
    for one in followers:
        one.cancel()
    await asyncio.gather(*followers, return_exceptions=True)
    await server.close()
    await database.close()


@pytest.fixture
async def admin(designers: Designers) -> Person:
    return await designers.person("admin")
