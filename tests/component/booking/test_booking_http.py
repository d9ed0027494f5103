"""The booking routes behind the real gate: rights, refusals by code, masks, the audit trail."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select, text

from callcenter.api import booking, booking_clinics, resources, security
from callcenter.api.application import add_routes, input_check, problems
from callcenter.api.keys import CLOCK, DATABASE, GATEWAY, LOGINS, SETTINGS
from callcenter.api.logins import LoginSessions
from callcenter.api.routing import collect
from callcenter.crm_gateway import CrmGateway
from callcenter.settings import Settings
from crm.access import accounts
from crm.booking import By, generate
from crm.database import Database
from crm.models import AuditEntry, Patient
from tests.component.booking.conftest import SHANGHAI
from tests.fakes.clock import VirtualClock

pytestmark = pytest.mark.component

MODULES = (security, booking, booking_clinics)


class Person:
    """A signed-in user with his own cookies."""

    def __init__(self, client: TestClient[Any, Any], csrf: str) -> None:
        self.client, self.csrf = client, csrf

    async def get(self, path: str, status: int = 200, **query: Any) -> Any:
        return await self.ask("GET", f"booking/{path}", status, params=query)

    async def post(self, path: str, status: int = 200, **body: Any) -> Any:
        return await self.ask("POST", f"booking/{path}", status, json=body)

    async def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        return await self._told(await self.client.request(method, f"/api/{path}", headers={"X-CSRF-Token": self.csrf}, **more), status)

    @staticmethod
    async def _told(response: ClientResponse, status: int) -> Any:
        assert response.status == status, await response.text()
        return await response.json() if response.content_type.endswith("json") else None


SignIn = Callable[[str], Awaitable[Person]]


@pytest.fixture
async def database(demo_url: str) -> AsyncIterator[Database]:
    opened = Database(demo_url, timeout_s=30.0, pool_size=20)
    yield opened
    await opened.close()


@pytest.fixture
async def clock(database: Database) -> VirtualClock:
    """Monday morning; the clinics of that week are made anew, and nobody has booked."""
    made = VirtualClock()

    async def empty(session: Any) -> None:
        await session.execute(text("TRUNCATE clinic_session, clinic_absence CASCADE"))

    await database.run(empty)
    await database.run(lambda session: generate(session, By("agent", made.now(), SHANGHAI)))
    return made


@pytest.fixture
async def sign_in(database: Database, clock: VirtualClock, tmp_path: Any) -> AsyncIterator[SignIn]:
    settings = Settings(home=tmp_path, demo=True)
    gateway, logins = CrmGateway(database, settings, clock), LoginSessions(database, settings.desk, clock)
    app = web.Application(middlewares=[problems, security.security_middleware(), input_check])
    app[SETTINGS], app[CLOCK], app[DATABASE], app[GATEWAY], app[LOGINS] = settings, clock, database, gateway, logins
    add_routes(app, [*collect(MODULES), *resources.routes()])
    server = TestServer(app)
    await server.start_server()
    clients: list[TestClient[Any, Any]] = []

    async def enter(username: str) -> Person:
        async def work(session: Any) -> tuple[str, accounts.Login]:
            known = await accounts.stored_password(session, username)
            assert known is not None
            return await accounts.open_session(session, known[0], clock.now(), max_h=12, address="")

        token, login = await database.run(work)
        clients.append(TestClient(server))
        clients[-1].session.cookie_jar.update_cookies({security.COOKIE: token}, server.make_url("/"))
        return Person(clients[-1], login.csrf)

    yield enter
    for client in clients:
        await client.session.close()
    await server.close()


async def patients(database: Database, count: int) -> list[int]:
    async def read(session: Any) -> list[int]:
        return list((await session.scalars(select(Patient.id).order_by(Patient.id).limit(count))).all())

    return await database.run(read)


async def test_an_agent_books_moves_and_cancels_during_a_call(sign_in: SignIn, database: Database) -> None:
    agent = await sign_in("agent01")
    choices = (await agent.get("choices"))["items"]
    heart = next(one for one in choices if one["name_zh"] == "心内科")
    doctor = next(one for one in heart["doctors"] if one["free"])
    slots = (await agent.get("slots", doctor_id=doctor["id"]))["items"]
    assert {one["doctor_id"] for one in slots} == {doctor["id"]} and slots[0]["day"] == doctor["next_day"]
    patient = (await patients(database, 1))[0]
    held = await agent.post("holds", 201, slot_id=slots[0]["slot_id"], patient_id=patient, linkedid="cc-1.1")
    made = await agent.post(f"holds/{held['id']}/book", note="首诊")
    assert (made["state"], made["doctor_id"], made["starts"]) == ("booked", doctor["id"], slots[0]["starts"])
    moved = await agent.post(f"appointments/{made['id']}/move", slot_id=slots[-1]["slot_id"])
    assert moved["number"] == made["number"] and moved["starts_at"] == slots[-1]["starts_at"]
    listed = (await agent.get("appointments", patient_id=patient, ahead="true"))["items"]
    assert [one["number"] for one in listed] == [made["number"]]
    by_number = (await agent.get("appointments", number=made["number"]))["items"]
    assert [one["id"] for one in by_number] == [made["id"]]
    gone = await agent.post(f"appointments/{made['id']}/cancel", reason="时间冲突")
    assert gone["state"] == "cancelled"
    query = select(AuditEntry.action).where(AuditEntry.object_kind == "appointment", AuditEntry.object_id == str(made["id"])).order_by(AuditEntry.id)

    async def read(session: Any) -> list[str]:
        return list((await session.scalars(query)).all())

    assert await database.run(read) == ["appointment.book", "appointment.move", "appointment.cancel"]


async def test_a_refusal_names_its_rule_by_code_field_rule_and_mend(sign_in: SignIn, database: Database) -> None:
    agent, people = await sign_in("agent01"), await patients(database, 2)
    slot = (await agent.get("slots"))["items"][0]["slot_id"]
    made = await agent.post("appointments", 201, slot_id=slot, patient_id=people[0])
    refused = await agent.post("appointments", 409, slot_id=slot, patient_id=people[0])
    assert refused["type"] == "same_clinic" and refused["title"] == "booking refused"
    assert refused["errors"][0]["field"] == "patient_id" and made["number"] in refused["errors"][0]["mend"]
    assert (await agent.post("appointments", 409, slot_id=2**31 - 1, patient_id=people[1]))["type"] == "slot_gone"
    assert (await agent.post("appointments", 409, slot_id=slot, patient_id=2**31 - 1))["type"] == "patient_missing"
    wrong = await agent.post("appointments", 422, slot_id=slot, patient_id=people[1], contact_number="12")
    assert wrong["errors"][0]["field"] == "contact_number"
    assert (await agent.get("appointments", 422, number="12345678"))["errors"][0]["field"] == "number"
    await agent.post("holds/999999999/release", 404)
    await agent.post("holds/x/release", 404)
    await agent.post("appointments", 422, slot_id=slot, patient_id=people[1], colour="red")


async def test_sixty_agents_at_one_slot_share_its_seats(sign_in: SignIn, database: Database) -> None:
    agent, people = await sign_in("agent02"), await patients(database, 60)
    slot = next(one for one in (await agent.get("slots"))["items"] if one["free"] == 3)

    async def one(patient: int) -> int:
        body = {"slot_id": slot["slot_id"], "patient_id": patient}
        async with agent.client.post("/api/booking/appointments", json=body, headers={"X-CSRF-Token": agent.csrf}) as answer:
            return answer.status

    assert Counter(await asyncio.gather(*(one(patient) for patient in people))) == {201: 3, 409: 57}


async def test_a_stopped_clinic_answers_with_everybody_and_only_supervisors_may(sign_in: SignIn, database: Database) -> None:
    agent, supervisor = await sign_in("agent01"), await sign_in("supervisor01")
    slots = (await agent.get("slots"))["items"]
    slot, people = slots[-1], (await patients(database, 5))[3:5]
    mine = [one for one in slots if one["session_id"] == slot["session_id"]]
    made = [await agent.post("appointments", 201, slot_id=at["slot_id"], patient_id=who) for at, who in zip(mine, people, strict=False)]
    await agent.post("stops", 403, session_id=slot["session_id"])
    told = (await supervisor.post("stops", session_id=slot["session_id"], reason="设备检修"))["items"]
    assert {one["number"] for one in told} >= {one["number"] for one in made} and {one["state"] for one in told} == {"stopped"}
    week = await agent.get("week", day=slot["day"], department_id=slot["department_id"])
    seen = next(one for one in week["items"] if one["id"] == slot["session_id"])
    assert (seen["state"], seen["stopped_reason"]) == ("stopped", "设备检修")
    await supervisor.post(f"sessions/{slot['session_id']}/reopen", 204)
    detail = await agent.get(f"sessions/{slot['session_id']}")
    assert detail["session"]["state"] == "open" and sum(len(one["appointments"]) for one in detail["slots"]) == len(told)


async def test_an_extra_clinic_and_more_seats(sign_in: SignIn) -> None:
    supervisor = await sign_in("supervisor01")
    heart = next(one for one in (await supervisor.get("choices"))["items"] if one["name_zh"] == "皮肤科")
    doctor = heart["doctors"][0]["id"]
    extra = {"doctor_id": doctor, "day": "2026-11-22", "starts": "18:00", "ends": "19:00", "per_slot": 1, "price_fen": 30000}
    made = await supervisor.post("sessions", 201, **extra)
    assert (await supervisor.post("sessions", 409, **extra))["type"] == "doctor_busy"
    assert (await supervisor.post("sessions", 409, **(extra | {"ends": "17:00"})))["type"] == "times"
    detail = await supervisor.get(f"sessions/{made['id']}")
    assert (detail["session"]["extra"], [one["seats"] for one in detail["slots"]]) == (True, [1, 1])
    await supervisor.post(f"slots/{detail['slots'][0]['slot_id']}/seats", 204, count=2)
    assert (await supervisor.get(f"sessions/{made['id']}"))["session"]["seats"] == 4


async def test_telephone_numbers_are_masked_for_who_may_not_see_them(sign_in: SignIn, database: Database) -> None:
    agent, patient = await sign_in("agent01"), (await patients(database, 9))[8]
    slot = (await agent.get("slots"))["items"][5]
    made = await agent.post("appointments", 201, slot_id=slot["slot_id"], patient_id=patient, contact_number="13800138000")
    assert made["contact_number"] == "138****8000"

    async def allow(session: Any) -> None:
        await session.execute(text("UPDATE role SET rights = array_append(rights, 'see.phone') WHERE code = 'supervisor'"))

    await database.run(allow)
    supervisor = await sign_in("supervisor01")
    assert (await supervisor.get(f"appointments/{made['id']}"))["contact_number"] == "+8613800138000"


async def test_nothing_is_told_to_who_is_not_signed_in(sign_in: SignIn) -> None:
    agent = await sign_in("agent01")
    agent.client.session.cookie_jar.clear()
    for path in ("choices", "slots", "week", "appointments?patient_id=1", "sessions/1"):
        await agent.get(path, 401)


async def test_who_came_and_who_did_not_is_noted_by_the_moves_of_the_list(sign_in: SignIn, database: Database, clock: VirtualClock) -> None:
    agent, people = await sign_in("agent01"), (await patients(database, 12))[10:]
    slots = [one for one in (await agent.get("slots"))["items"] if one["free"] > 1]
    came, missed = [await agent.post("appointments", 201, slot_id=slots[-1]["slot_id"], patient_id=one) for one in people]
    early = await agent.ask("POST", f"appointments/{missed['id']}/no_show", 409, json={"version": missed["version"]})
    assert "begun" in early["detail"]
    clock.advance(15 * 86_400)
    agent = await sign_in("agent01")
    row = await agent.ask("POST", f"appointments/{came['id']}/arrive", json={"version": came["version"]})
    assert row["state"] == "arrived"
    await agent.ask("POST", f"appointments/{missed['id']}/no_show", json={"version": missed["version"]})
    await agent.ask("POST", f"appointments/{missed['id']}/no_show", 409, json={"version": missed["version"] + 1})
    clinic = await agent.get(f"sessions/{missed['session_id']}")
    assert clinic["session"]["free"] == sum(slot["free"] for slot in clinic["slots"]) == 0
    opened = await agent.ask("GET", f"appointments/{missed['id']}")
    assert (opened["state"], opened["patient_id"]) == ("no_show", people[1])


async def test_people_to_be_told_are_a_list_that_is_worked_off(sign_in: SignIn, database: Database) -> None:
    agent, supervisor = await sign_in("agent01"), await sign_in("supervisor01")
    slot, patient = (await agent.get("slots"))["items"][0], (await patients(database, 1))[0]
    made = await agent.post("appointments", 201, slot_id=slot["slot_id"], patient_id=patient)
    await supervisor.post("stops", session_id=slot["session_id"], reason="停电")
    notices = (await agent.ask("GET", "booking-notices", params={"limit": "200"}))["items"]
    (first,) = [one for one in notices if one["appointment_id"] == made["id"]]
    assert (first["kind"], first["state"]) == ("stopped", "open")
    assert first["clinic"] == f"{slot['department_zh']} {slot['doctor_zh']}" and first["starts_at"][:16] == slot["starts_at"][:16]
    told = await agent.ask("POST", f"booking-notices/{first['id']}/tell", json={"version": first["version"], "note": "改约下周"})
    assert (told["state"], told["note"]) == ("told", "改约下周")


async def test_a_changed_roster_or_rule_counts_at_the_next_question(sign_in: SignIn, database: Database) -> None:
    supervisor = await sign_in("supervisor01")
    roster = (await supervisor.ask("GET", "clinic-rosters"))["items"][0]
    before = (await supervisor.get("slots", doctor_id=roster["doctor_id"]))["items"]
    await supervisor.ask("PATCH", f"clinic-rosters/{roster['id']}", json={"version": roster["version"], "price_fen": 12345})
    after = (await supervisor.get("slots", doctor_id=roster["doctor_id"]))["items"]
    assert 12345 not in {one["price_fen"] for one in before} and 12345 in {one["price_fen"] for one in after}
    rules = (await supervisor.ask("GET", "booking-policies"))["items"][0]
    key = rules.get("id", rules.get("one", 1))
    await supervisor.ask("PATCH", f"booking-policies/{key}", json={"version": rules["version"], "horizon_days": 3})
    days = {one["day"] for one in (await supervisor.get("slots"))["items"]}
    assert days <= {"2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19"}
