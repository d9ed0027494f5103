"""The whole HTTP application on a real socket, with Asterisk's REST interface as a scripted peer and no database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from callcenter.api.application import AppContext, build
from callcenter.api.desk_keys import DeskContext, FirstFile
from callcenter.api.health import Health, disk_check
from callcenter.api.live_hub import LiveHub
from callcenter.api.logins import LoginSessions
from callcenter.api.problems import not_found
from callcenter.cti.ari import Ari
from callcenter.cti.desk_view import DeskView
from callcenter.cti.screen_pop import PopNames, ScreenPop
from callcenter.cti.softphone import Softphones
from callcenter.cti.supervision import Supervision
from callcenter.cti.transfer import Transfers
from callcenter.events import Event
from callcenter.ports import PersonCard
from callcenter.settings import Desk, Network, Secrets, Settings
from crm.access.accounts import Login, hash_token
from crm.database import Database
from crm.principal import Principal
from crm.reference import ADMIN, AGENT, SUPERVISOR
from tests.unit.desk.world import MemoryCallers, World

ROLE_RIGHTS = {"agent": (*AGENT, "knowledge_version.read"), "supervisor": SUPERVISOR, "admin": ADMIN, "nobody": ()}
ZHANG, LI = PersonCard(7, "张伟", "male", 62), PersonCard(8, "李明", "male", 8)


class MemoryChoices:
    """A small tree and two reasons."""

    def dispositions(self) -> list[dict[str, Any]]:
        leaf = {"code": "enquiry_hours", "title_zh": "门诊时间", "title_en": "Clinic hours", "children": []}
        return [{"code": "enquiry", "title_zh": "咨询", "title_en": "Enquiry", "children": [leaf]}]

    def pause_reasons(self) -> list[dict[str, Any]]:
        return [{"code": "meal", "title_zh": "用餐", "title_en": "Meal", "limit_min": 45}]


class MemoryPeople:
    """Two files; new ones get the next number."""

    def __init__(self) -> None:
        self.files = {7: ZHANG, 8: LI}
        self.contacts: list[tuple[int, date, str]] = []

    async def card(self, patient_id: int, number: str, by: int) -> PersonCard:
        if patient_id not in self.files:
            raise not_found("patient")
        return self.files[patient_id]

    async def open_file(self, first: FirstFile, by: int) -> PersonCard:
        card = PersonCard(max(self.files) + 1, first.name, first.gender)
        self.files[card.id] = card
        return card

    async def plan_contact(self, patient_id: int, on: date, linkedid: str, by: int) -> None:
        self.contacts.append((patient_id, on, linkedid))


class ScriptedAri:
    """Asterisk's REST interface: keeps objects, `away` answers 503."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, str]] = {}
        self.order: list[tuple[str, str, str]] = []
        self.away = False

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/ari/asterisk/config/dynamic/res_pjsip/{kind}/{name}", self._object)
        app.router.add_get("/ari/endpoints/PJSIP", self._endpoints)
        return app

    async def _object(self, request: web.Request) -> web.Response:
        if self.away:
            return web.json_response({"message": "no"}, status=503)
        key = request.match_info["kind"], request.match_info["name"]
        self.order.append((request.method, *key))
        if request.method == "PUT":
            self.objects[key] = {one["attribute"]: one["value"] for one in (await request.json())["fields"]}
            return web.json_response([])
        return web.Response(status=204 if self.objects.pop(key, None) else 404)

    async def _endpoints(self, _request: web.Request) -> web.Response:
        return web.json_response([{"technology": "PJSIP", "resource": name} for kind, name in self.objects if kind == "endpoint"])

    def endpoints(self) -> set[str]:
        return {name for kind, name in self.objects if kind == "endpoint"}


class Office(World):
    """Everything of the desk, served."""

    def __init__(self, home: Path, ari_port: int, static: Path, **desk: Any) -> None:
        super().__init__(Desk(**desk))
        network = Network(asterisk_http_port=ari_port)
        self.settings = Settings(home=home, network=network, desk=Desk(**desk), demo=True)
        secrets = Secrets(ami="a", ari="b", database="c", session_key="d")
        self.ari = Ari(self.settings, secrets)
        self.people, self.callers = MemoryPeople(), MemoryCallers({"+8613900000001": (ZHANG,), "+8613900000002": (ZHANG, LI)})
        self.transfers = Transfers(self.calls, self.agents, self.directory, self.asterisk, self.bus.publish, self.clock)
        names = PopNames(self.agents.name, self.transfers.transferring_agent)
        self.pop = ScreenPop(self.callers, self.directory, self.calls, names, 1.0)
        self.supervision = Supervision(self.calls, self.agents, self.directory, self.settings.hospital.zone, self.clock)
        self.view = DeskView(self.agents, self.pop, self.supervision)
        self.softphones = Softphones(self.ari, self.settings, self.clock, self.agents.name)
        self.hub = LiveHub(self.view.agent, self.supervision.board, self.settings.desk.live_ping_s)
        self.words = {"asterisk": "ok", "database": "ok"}
        self.health = Health({"asterisk": self._part("asterisk"), "database": self._part("database"), "disk": disk_check(self.settings)}, self.clock)
        self.pop.subscribe(self.bus)
        self.supervision.subscribe(self.bus)
        self.agents.watch(self.hub.touch_agent)
        self.pop.watch(self._touch_call)
        self.bus.subscribe("live", self._show)
        self.logins = LoginSessions(Database("postgresql://nobody@127.0.0.1:1/none"), self.settings.desk, self.clock)
        self.app = build(self._context(static))

    def _context(self, static: Path) -> AppContext:
        desk = DeskContext(
            self.settings, self.clock, self.bus.publish, self.directory, self.calls, self.agents, self.pop, self.supervision, self.view,
            self.softphones, self.transfers, MemoryChoices(), self.people,
        )  # fmt: skip
        gateway: Any = self
        return AppContext(self.settings, self.clock, self.logins._database, gateway, self.logins, desk, self.hub, self.health, static)

    async def _show(self, event: Event) -> None:
        self._touch_call(event.stream)
        self.hub.touch_all()

    def _touch_call(self, linkedid: str) -> None:
        call = self.calls.get(linkedid)
        for leg in call.legs if call else ():
            self.hub.touch_agent(leg.agent_id)

    def _part(self, name: str) -> Any:
        async def check() -> str:
            return self.words[name]

        return check

    def sign_in(self, user_id: int, role: str = "agent") -> Visitor:
        """A page with a valid session."""
        token = f"token-{user_id}-{role}-{len(self.logins._open)}"
        who = Principal(user_id, f"agent{user_id:02}", "张护士", (role,), frozenset(ROLE_RIGHTS[role]))
        now = self.clock.now()
        login = Login(hash_token(token), who, f"csrf-{user_id}", now, now, now + timedelta(hours=12))
        self.logins._open[login.token_hash] = login
        return Visitor(self.base, token, login.csrf)

    base = ""


class Visitor:
    """A browser as far as HTTP goes. Answers are (status, JSON or text)."""

    def __init__(self, base: str, token: str = "", csrf: str = "") -> None:
        self.base, self.csrf = base, csrf
        cookies = {"callcenter_session": token} if token else {}
        self.session = ClientSession(base, cookies=cookies, cookie_jar=CookieJar(unsafe=True))

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        sent = ({"X-CSRF-Token": self.csrf} if self.csrf else {}) | headers
        async with self.session.request(method, path, json=body, headers=sent) as answer:
            kind = answer.content_type
            return answer.status, await answer.json(content_type=None) if kind.endswith("json") else await answer.text()

    async def get(self, path: str) -> tuple[int, Any]:
        return await self.ask("GET", path)

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        return await self.ask("POST", path, body)


class Served:
    """The office, its scripted REST peer, and the pages that were opened."""

    def __init__(self, office: Office, ari: ScriptedAri) -> None:
        self.office, self.ari, self.visitors = office, ari, []

    def page(self, user_id: int = 1, role: str = "agent") -> Visitor:
        visitor = self.office.sign_in(user_id, role)
        self.visitors.append(visitor)
        return visitor

    def stranger(self) -> Visitor:
        self.visitors.append(Visitor(self.office.base))
        return self.visitors[-1]


@contextlib.asynccontextmanager
async def serving(folder: Path, **desk: Any) -> AsyncIterator[Served]:
    ari = ScriptedAri()
    static = folder / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<title>desk</title>")
    (static / "assets" / "app.1234.js").write_text("1")
    async with TestServer(ari.application(), host="127.0.0.1") as peer:
        office = Office(folder / "home", peer.port or 0, static, **desk)
        async with TestServer(office.app, host="127.0.0.1") as server:
            office.base = str(server.make_url("/"))
            served = Served(office, ari)
            tasks = [asyncio.create_task(one, name="test:office") for one in (office.hub.run(), office.pop.run(), office.agents.run())]
            try:
                yield served
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                for visitor in served.visitors:
                    await visitor.session.close()
                await office.ari.close()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as one:
        yield one
