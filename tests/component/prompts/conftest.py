"""The prompt routes over a database of the test's own, a node that follows it, and the speech service with a voice of tones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from callcenter.api import prompts as prompt_routes
from callcenter.api import resources, security
from callcenter.api.application import add_routes, input_check, problems
from callcenter.api.flow_desk import FLOWS, FlowDesk
from callcenter.api.keys import CLOCK, DATABASE, GATEWAY, LOGINS, SETTINGS
from callcenter.api.logins import LoginSessions
from callcenter.api.routing import collect
from callcenter.app import shipped_flows
from callcenter.crm_gateway import CrmGateway
from callcenter.crm_gateway.flows import CrmFlows
from callcenter.crm_gateway.prompts import CrmPrompts
from callcenter.ivr import prompts
from callcenter.ivr.shelf import FlowShelf
from callcenter.settings import Network, Secrets, Settings, Timeouts, load_secrets
from callcenter.speech import shape
from callcenter.speech.catalogue import Line
from callcenter.speech.client import SpeechClient
from callcenter.speech.names import NameCache
from callcenter.speech.recognizer import Hypotheses
from callcenter.speech.service import SpeechService
from crm.access import accounts
from crm.database import Database, Session
from tests.component.flows.conftest import Person, shipped_book
from tests.fakes.clock import VirtualClock
from tests.support.instances import PROJECT

SOUNDS = PROJECT / "sounds"


class Tones:
    """A voice that says every text as a tone of its length, and a recogniser that hears nothing. Keeps what it was asked to say."""

    def __init__(self) -> None:
        self.said: list[Line] = []

    def load(self) -> None:
        return None

    def render(self, line: Line) -> bytes:
        self.said.append(line)
        seconds = 0.3 + 0.1 * len(line.spoken)
        return shape.to_alaw((0.1 * np.sin(np.arange(int(seconds * 8000)) / 3)).astype(np.float32))

    def hear(self, alaw: bytes, language: str, hints: object) -> Hypotheses:
        return Hypotheses()


@dataclass
class Hall:
    """The application, a node beside it, and a speech service that can be started."""

    settings: Settings
    secrets: Secrets
    server: TestServer
    database: Database
    node_voice: prompts.Voice
    names: NameCache
    tones: Tones
    tasks: list[asyncio.Task[None]]
    people: dict[str, Person] = field(default_factory=dict)

    async def person(self, username: str) -> Person:
        if username not in self.people:

            async def work(session: Session) -> tuple[str, accounts.Login]:
                known = await accounts.stored_password(session, username)
                assert known is not None
                return await accounts.open_session(session, known[0], VirtualClock().now(), max_h=12, address="")

            token, login = await self.database.run(work)
            client: TestClient[Any, Any] = TestClient(self.server)
            client.session.cookie_jar.update_cookies({security.COOKIE: token}, self.server.make_url("/"))
            self.people[username] = Person(client, login.csrf)
        return self.people[username]

    async def start_speech(self) -> None:
        ready = asyncio.Event()
        service = SpeechService(self.settings, self.secrets, self.tones, self.tones)
        self.tasks.append(asyncio.create_task(service.run(ready), name="test:speech"))
        await ready.wait()


@pytest.fixture
def own_url(demo_template: tuple[str, dict[str, str]], make_database: Callable[[str], str]) -> str:
    return make_database(demo_template[0])


@pytest.fixture
async def hall(own_url: str, tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[Hall]:
    database, clock = Database(own_url, timeout_s=10.0), VirtualClock()
    settings = Settings(home=tmp_path, demo=True, network=Network(aeap_port=unused_tcp_port), timeouts=Timeouts(store_s=20))
    secrets = load_secrets(tmp_path)
    gateway, logins = CrmGateway(database, settings, clock), LoginSessions(database, settings.desk, clock)
    releases = CrmFlows(gateway.store, FlowShelf(shipped_book()), clock, tmp_path / "flows.json", lambda: set(), shipped_flows.shipment())
    await releases.refresh()
    shipped, speech = prompts.load(SOUNDS), SpeechClient(settings, secrets)
    names = NameCache(settings, speech, lambda text, language: bool(shipped.name(text, language)), busy=lambda: False)
    voice = prompts.Voice(shipped, names)
    own = CrmPrompts(gateway.store, settings.sounds_folder, voice.put_over, lambda words: names.learn(*words))
    app = web.Application(middlewares=[problems, security.security_middleware(), input_check], client_max_size=1_000_000)
    app[SETTINGS], app[CLOCK], app[DATABASE], app[GATEWAY], app[LOGINS] = settings, clock, database, gateway, logins
    app[FLOWS] = FlowDesk(settings, releases, prompts.Voice(shipped), gateway.lookups, gateway.callers, gateway.hours, SOUNDS)
    app[prompt_routes.SPEECH] = speech
    add_routes(app, [*collect([prompt_routes]), *resources.routes()])
    server = TestServer(app)
    await server.start_server()
    made = Hall(settings, secrets, server, database, voice, names, Tones(), [asyncio.create_task(own.run(), name="test:node")])
    yield made
    for one in made.people.values():
        await one.client.session.close()
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)
    await speech.close()
    await server.close()
    await database.close()


@pytest.fixture
async def admin(hall: Hall) -> Person:
    return await hall.person("admin")
