"""Signing in, staying signed in, and everything that must not work."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import text

from callcenter.api.security import COOKIE
from crm import upkeep
from crm.access import accounts
from crm.database import Database
from crm.engine.registry import registry
from crm.reference import AGENT
from tests.component.api_data.conftest import Product, SignIn, Someone, started
from tests.component.crm.gate import Gate
from tests.support.waiting import until

pytestmark = pytest.mark.component


async def test_signed_in_agent_learns_who_he_is(sign_in: SignIn) -> None:
    body = await (await sign_in("agent01")).json("/api/session")
    assert body["user"]["username"] == "agent01"
    assert body["user"]["roles"] == ["agent"]
    assert set(body["user"]["rights"]) == {*AGENT, *(right for right, roles in registry().rights.items() if "agent" in roles)}
    assert body["hospital"]["name_zh"] == "安和医院"
    assert body["demo"] is True


async def test_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: Callable[[], Someone], passwords: dict[str, str]) -> None:
    response = await visitor().post("/api/login", {"username": "Agent01 ", "password": passwords["agent01"]})
    header = response.headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Strict" in header
    assert response.headers["Cache-Control"] == "no-store"


async def test_database_holds_neither_token_nor_password(product: Product, visitor: Callable[[], Someone], passwords: dict[str, str]) -> None:
    response = await visitor().post("/api/login", {"username": "agent02", "password": passwords["agent02"]})
    token = response.cookies[COOKIE].value
    query = text("SELECT encode(token_hash, 'escape') || csrf FROM login_session UNION ALL SELECT password_hash FROM user_account")
    rows = await product.database.run(lambda session: session.scalars(query))
    held = " ".join(rows)
    assert token not in held
    assert passwords["agent02"] not in held


async def test_unknown_user_and_wrong_password_get_the_same_answer_in_the_same_time(product: Product, visitor: Callable[[], Someone]) -> None:
    async def refused(username: str) -> tuple[int, str, float]:
        began = time.perf_counter()
        response = await visitor().post("/api/login", {"username": username, "password": "wrong-password-1"})
        return response.status, await response.text(), time.perf_counter() - began

    known, unknown = [], []
    for n in range(4):
        known.append(await refused("agent03"))
        unknown.append(await refused(f"nobody{n}"))
    assert {one[:2] for one in known} == {one[:2] for one in unknown}
    assert known[0][0] == 401
    ratio = sorted(one[2] for one in known)[1] / sorted(one[2] for one in unknown)[1]
    assert 0.5 < ratio < 2.0


async def test_after_five_failures_the_right_password_has_to_wait_too(
    product: Product, visitor: Callable[[], Someone], passwords: dict[str, str]
) -> None:
    someone = visitor()
    for _ in range(5):
        assert (await someone.post("/api/login", {"username": "agent04", "password": "wrong-password-1"})).status == 401
    slowed = await someone.post("/api/login", {"username": "agent04", "password": passwords["agent04"]})
    assert slowed.status == 429
    assert slowed.headers["Retry-After"] == "2"
    assert (await someone.post("/api/login", {"username": "agent05", "password": passwords["agent05"]})).status == 200
    product.clock.advance(2.1)
    assert (await someone.post("/api/login", {"username": "agent04", "password": "wrong-password-1"})).status == 401
    product.clock.advance(2.1)
    assert (await someone.post("/api/login", {"username": "agent04", "password": passwords["agent04"]})).status == 429
    product.clock.advance(2.1)
    assert (await someone.post("/api/login", {"username": "agent04", "password": passwords["agent04"]})).status == 200


@pytest.mark.parametrize(
    "body", [{}, {"username": "x"}, {"username": "x", "password": "y", "more": 1}, {"username": "a\x00b", "password": "y"}, [], "text"]
)
async def test_malformed_login_is_refused_in_words(visitor: Callable[[], Someone], body: object) -> None:
    response = await visitor().post("/api/login", body)
    assert response.status in (401, 422)
    assert response.content_type == "application/problem+json"


async def test_logout_ends_the_session_for_every_holder_of_the_cookie(product: Product, sign_in: SignIn, visitor: Callable[[], Someone]) -> None:
    ended: list[int] = []

    async def closed(login: accounts.Login) -> None:
        ended.append(login.principal.id)

    product.logins.on_close(closed)
    someone, thief = await sign_in("agent01"), visitor()
    stolen = {COOKIE: someone.client.session.cookie_jar.filter_cookies(product.server.make_url("/"))[COOKIE].value}
    assert (await thief.get("/api/session", cookies=stolen)).status == 200
    assert (await someone.post("/api/logout")).status == 204
    assert (await thief.get("/api/session", cookies=stolen)).status == 401
    assert ended == [someone.id]
    await product.logins.refresh()
    assert (await thief.get("/api/session", cookies=stolen)).status == 401


async def test_session_ends_when_idle_and_at_its_age(product: Product, sign_in: SignIn) -> None:
    idle, busy = await sign_in("agent01"), await sign_in("agent02")
    for _ in range(8):
        product.clock.advance(1.5 * 3600)
        if _ == 1:
            assert (await idle.get("/api/session")).status == 401
        assert (await busy.get("/api/session")).status == (200 if _ < 7 else 401)


async def test_change_without_token_or_from_another_site_is_refused(sign_in: SignIn) -> None:
    someone = await sign_in("agent01")
    body = {"name": "测试"}
    assert (await someone.post("/api/patients", body, headers={"X-CSRF-Token": ""})).status == 403
    assert (await someone.post("/api/patients", body, headers={"X-CSRF-Token": "x" * 43})).status == 403
    assert (await someone.post("/api/patients", body, headers={"Origin": "https://evil.example"})).status == 403
    assert (await someone.get("/api/session", headers={"Origin": "null"})).status == 403
    own = f"http://{someone.client.host}:{someone.client.port}"
    assert (await someone.post("/api/patients", body, headers={"Origin": own})).status == 201


async def test_session_fixed_by_somebody_else_is_not_taken_over(product: Product, visitor: Callable[[], Someone], passwords: dict[str, str]) -> None:
    someone = visitor()
    credentials = {"username": "agent01", "password": passwords["agent01"]}
    response = await someone.post("/api/login", credentials, cookies={COOKIE: "chosen-by-an-attacker"})
    assert response.cookies[COOKIE].value != "chosen-by-an-attacker"
    assert (await visitor().get("/api/session", cookies={COOKIE: "chosen-by-an-attacker"})).status == 401


async def test_password_changed_elsewhere_ends_the_session(product: Product, sign_in: SignIn) -> None:
    someone = await sign_in("agent06")
    kept = "SELECT password_hash FROM user_account WHERE username = 'agent06'"
    before = await product.database.run(lambda session: session.scalar(text(kept)))
    await product.database.run(lambda session: accounts.change_password(session, "agent06", before))
    await product.logins.refresh()
    assert (await someone.get("/api/session")).status == 401


async def test_closed_account_cannot_sign_in_and_is_signed_out(
    product: Product, sign_in: SignIn, visitor: Callable[[], Someone], passwords: dict[str, str]
) -> None:
    someone = await sign_in("agent06")

    async def active(value: str) -> None:
        await product.database.run(lambda session: session.execute(text(f"UPDATE user_account SET active = {value} WHERE username = 'agent06'")))
        await product.logins.refresh()

    await active("false")
    try:
        assert (await someone.get("/api/session")).status == 401
        assert (await visitor().post("/api/login", {"username": "agent06", "password": passwords["agent06"]})).status == 401
    finally:
        await active("true")


async def test_outage_signs_nobody_out_and_is_said_in_words(demo_url: str, home: Path, passwords: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory(prefix="cc-gate-") as folder:
        gate = Gate(demo_url, Path(folder))
        await gate.open()
        database = Database(gate.url, timeout_s=2.0)
        product = await started(database, home)
        client = TestClient(product.server)
        try:
            credentials = {"username": "agent01", "password": passwords["agent01"]}
            csrf = (await (await client.post("/api/login", json=credentials)).json())["csrf"]
            await gate.close()
            assert (await client.get("/api/session")).status == 200
            away = await client.get("/api/patients")
            assert (away.status, away.headers["Retry-After"]) == (503, "2")
            assert (await client.post("/api/login", json=credentials)).status == 503
            assert (await client.get("/api/session", cookies={COOKIE: "never-seen"})).status == 503
            token = client.session.cookie_jar.filter_cookies(product.server.make_url("/"))[COOKIE].value
            assert (await client.post("/api/logout", headers={"X-CSRF-Token": csrf})).status == 204
            assert (await client.get("/api/session", cookies={COOKIE: token})).status == 401
            await gate.open()
            await product.logins.refresh()
            assert (await client.get("/api/session", cookies={COOKIE: token})).status == 401
        finally:
            await client.session.close()
            await product.server.close()
            await gate.open()
            await database.close()
            await gate.close()


async def test_rights_that_are_taken_away_are_gone_within_a_second(product: Product, sign_in: SignIn) -> None:
    someone, lost = await sign_in("agent05"), []
    product.logins.on_less(lambda login: lost.append(login.principal.id))
    assert (await someone.get("/api/patients")).status == 200
    running = asyncio.create_task(product.logins.run(), name="test:logins")
    change = "UPDATE role SET rights = array_{deed}(rights, 'patient.read') WHERE code = 'agent'"

    async def told(deed: str, status: int) -> None:
        await product.database.run(lambda session: session.execute(text(change.format(deed=deed))))
        began = time.monotonic()
        await until(lambda: _status(someone, status), timeout_s=10)
        print(f"array_{deed} of a right in force after {time.monotonic() - began:.3f} s")
        assert time.monotonic() - began < 5

    try:
        await told("remove", 403)
        assert lost == [someone.id]
        await told("append", 200)
        assert lost == [someone.id]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _status(someone: Someone, status: int) -> bool:
    return (await someone.get("/api/patients")).status == status


async def test_sessions_of_long_ago_are_forgotten_and_the_others_stay(product: Product, sign_in: SignIn) -> None:
    someone = await sign_in("supervisor01")
    product.clock.advance(6 * 24 * 3600)
    ended = await sign_in("supervisor01")
    assert (await ended.post("/api/logout")).status == 204
    await product.logins.refresh()
    count = "SELECT count(*) FROM login_session WHERE user_id = :id"

    async def kept() -> int | None:
        return await product.database.run(lambda session: session.scalar(text(count).bindparams(id=someone.id)))

    before = await kept()
    assert before is not None and (await upkeep.once(product.database, product.clock.now(), UTC))["sessions forgotten"] == 0
    product.clock.advance(3 * 24 * 3600)
    await upkeep.once(product.database, product.clock.now(), UTC)
    assert await kept() == before - 1
    product.clock.advance(5 * 24 * 3600)
    await upkeep.once(product.database, product.clock.now(), UTC)
    assert await kept() == before - 2
