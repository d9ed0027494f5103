"""The second step of signing in: set up, used, lost, demanded, taken away; over HTTP against a real database."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
import pytest
from sqlalchemy import text

from crm.database import Database
from crm.engine import audit
from tests.component.api_data.conftest import Product, SignIn, Someone

pytestmark = pytest.mark.component


def code_of(product: Product, secret: str, steps: int = 0) -> str:
    """What the app shows, `steps` of 30 s from now."""
    return pyotp.TOTP(secret).at(int(product.clock.now().timestamp()) + 30 * steps)


async def set_up(product: Product, someone: Someone, password: str) -> tuple[str, list[str]]:
    """The secret and the recovery codes."""
    begun = await someone.post("/api/account/second-factor", {"password": password})
    assert begun.status == 200 and begun.headers["Cache-Control"] == "no-store"
    secret = (await begun.json())["secret"]
    confirmed = await someone.post("/api/account/second-factor/confirm", {"code": code_of(product, secret)})
    assert confirmed.status == 200, await confirmed.text()
    product.clock.advance(31)
    return secret, (await confirmed.json())["codes"]


async def forget(database: Database, username: str) -> None:
    query = "DELETE FROM second_factor WHERE user_id = (SELECT id FROM user_account WHERE username = :name)"
    await database.run(lambda s: s.execute(text(query).bindparams(name=username)))


async def test_code_of_the_app_is_needed_and_good_once(
    product: Product, sign_in: SignIn, visitor: Callable[[], Someone], passwords: dict[str, str]
) -> None:
    mine = await sign_in("agent02")
    secret, _ = await set_up(product, mine, passwords["agent02"])
    names = {"username": "agent02", "password": passwords["agent02"]}
    needed = await visitor().post("/api/login", names)
    assert (needed.status, (await needed.json())["type"]) == (401, "second-factor-needed") and "Set-Cookie" not in needed.headers
    for wrong in ("000000", "abcd-efgh-jkmn-pqrs", code_of(product, secret, -3)):
        refused = await visitor().post("/api/login", names | {"code": wrong})
        assert (refused.status, (await refused.json())["type"]) == (401, "second-factor-wrong"), wrong
    entered = visitor()
    assert (await entered.post("/api/login", names | {"code": " ".join(code_of(product, secret))})).status == 200
    again = await visitor().post("/api/login", names | {"code": code_of(product, secret)})
    assert (again.status, (await again.json())["type"]) == (401, "second-factor-wrong")
    unknown = await visitor().post("/api/login", names | {"password": "wrong-password-1", "code": code_of(product, secret, 1)})
    assert (unknown.status, (await unknown.json())["type"]) == (401, "about:blank")
    await forget(product.database, "agent02")


async def test_recovery_code_opens_once_and_is_counted(
    product: Product, sign_in: SignIn, visitor: Callable[[], Someone], passwords: dict[str, str]
) -> None:
    mine = await sign_in("agent03")
    _, codes = await set_up(product, mine, passwords["agent03"])
    assert len(set(codes)) == 10
    names = {"username": "agent03", "password": passwords["agent03"]}
    assert (await visitor().post("/api/login", names | {"code": codes[3].upper()})).status == 200
    assert (await visitor().post("/api/login", names | {"code": codes[3]})).status == 401
    state = (await mine.json("/api/account"))["second_factor"]
    assert (state["on"], state["recovery_left"], state["demanded"]) == (True, 9, False)
    fresh = await mine.post("/api/account/second-factor/recovery-codes", {"password": passwords["agent03"]})
    new = (await fresh.json())["codes"]
    assert (await visitor().post("/api/login", names | {"code": codes[4]})).status == 401
    assert (await visitor().post("/api/login", names | {"code": new[0]})).status == 200
    await forget(product.database, "agent03")


async def test_wrong_codes_are_slowed_down_from_wherever_they_come(
    product: Product, sign_in: SignIn, visitor: Callable[[], Someone], passwords: dict[str, str]
) -> None:
    secret, _ = await set_up(product, await sign_in("agent06"), passwords["agent06"])
    names = {"username": "agent06", "password": passwords["agent06"]}
    statuses = [(await visitor().post("/api/login", names | {"code": f"{n:06d}"})).status for n in range(6)]
    assert statuses == [401] * 5 + [429]
    assert (await visitor().post("/api/login", names | {"code": code_of(product, secret)})).status == 429
    product.clock.advance(400)
    assert (await visitor().post("/api/login", names | {"code": code_of(product, secret)})).status == 200
    await forget(product.database, "agent06")


async def test_unconfirmed_secret_asks_nobody_and_another_password_changes_nothing(
    product: Product, sign_in: SignIn, visitor: Callable[[], Someone], passwords: dict[str, str]
) -> None:
    mine, names = await sign_in("agent05"), {"username": "agent05", "password": passwords["agent05"]}
    refused = await mine.post("/api/account/second-factor", {"password": "wrong-password-1"})
    assert (refused.status, (await refused.json())["errors"][0]["field"]) == (422, "password")
    begun = await (await mine.post("/api/account/second-factor", {"password": names["password"]})).json()
    assert begun["uri"].startswith("otpauth://totp/") and begun["qr"].startswith("data:image/svg+xml")
    wrong = await mine.post("/api/account/second-factor/confirm", {"code": "000000"})
    assert (wrong.status, (await wrong.json())["errors"][0]["field"]) == (422, "code")
    assert (await visitor().post("/api/login", names)).status == 200
    off = await mine.post("/api/account/second-factor/off", {"password": names["password"]})
    assert off.status == 204 and not (await mine.json("/api/account"))["second_factor"]["on"]


async def test_role_that_demands_it_opens_only_the_way_to_it(
    product: Product, sign_in: SignIn, visitor: Callable[[], Someone], passwords: dict[str, str]
) -> None:
    working = await sign_in("supervisor01")
    await product.database.run(lambda s: s.execute(text("UPDATE role SET second_factor = true WHERE code = 'supervisor'")))
    try:
        assert (await working.get("/api/board/agents")).status != 403 and (await working.get("/api/meta")).status == 200
        late, names = visitor(), {"username": "supervisor01", "password": passwords["supervisor01"]}
        late.csrf = (await (await late.post("/api/login", names)).json())["csrf"]
        assert (await late.json("/api/session"))["second_factor_due"] is True
        for path in ("/api/meta", "/api/patients", "/api/bell"):
            closed = await late.get(path)
            assert (closed.status, (await closed.json())["type"]) == (403, "second-factor-due"), path
        secret, _ = await set_up(product, late, passwords["supervisor01"])
        assert (await late.get("/api/meta")).status == 200 and (await late.json("/api/session"))["second_factor_due"] is False
        kept = await late.post("/api/account/second-factor/off", {"password": passwords["supervisor01"]})
        assert kept.status == 409
        entered = visitor()
        assert (await entered.post("/api/login", names | {"code": code_of(product, secret)})).status == 200
    finally:
        await product.database.run(lambda s: s.execute(text("UPDATE role SET second_factor = false WHERE code = 'supervisor'")))
        await forget(product.database, "supervisor01")


async def test_administrator_takes_a_lost_one_away_and_the_trail_tells_all_of_it_without_a_secret(
    product: Product, sign_in: SignIn, passwords: dict[str, str]
) -> None:
    mine, admin = await sign_in("agent01"), await sign_in("admin")
    secret, codes = await set_up(product, mine, passwords["agent01"])
    query = text("SELECT id FROM user_account WHERE username = 'agent01'")
    user_id = await product.database.run(lambda s: s.scalar(query))
    assert (await admin.json(f"/api/users/{user_id}"))["second_factor"] is True
    assert (await mine.post(f"/api/users/{user_id}/reset-second-factor")).status == 403
    reset = await admin.post(f"/api/users/{user_id}/reset-second-factor")
    assert reset.status == 204, await reset.text()
    assert (await mine.get("/api/session")).status == 401
    assert (await (await sign_in("agent01")).json("/api/account"))["second_factor"]["on"] is False
    told = text("SELECT action, data::text || coalesce(pii::text, '') AS held FROM audit_entry WHERE object_kind = 'user' AND object_id = :id")
    entries = await product.database.run(lambda s: s.execute(told.bindparams(id=str(user_id))))
    held = [(row.action, row.held) for row in entries]
    assert {"user.second_factor_on", "user.second_factor_reset"} <= {action for action, _ in held}
    assert not [one for one in held if secret in one[1] or any(code in one[1] for code in codes)]
    assert await product.database.run(audit.verify) is None


async def test_own_password_is_changed_with_the_old_one_and_ends_the_other_sessions(
    product: Product, sign_in: SignIn, visitor: Callable[[], Someone], passwords: dict[str, str]
) -> None:
    mine, other = await sign_in("agent04"), await sign_in("agent04")
    old = passwords["agent04"]
    short = await mine.post("/api/account/password", {"current": old, "password": "short"})
    assert (short.status, (await short.json())["errors"][0]["field"]) == (422, "password")
    assert (await mine.post("/api/account/password", {"current": "wrong-password-1", "password": "another-password-1"})).status == 422
    assert (await mine.post("/api/account/password", {"current": old, "password": "another-password-1"})).status == 204
    assert (await mine.get("/api/session")).status == 200
    await product.logins.refresh()
    assert (await other.get("/api/session")).status == 401
    assert (await visitor().post("/api/login", {"username": "agent04", "password": old})).status == 401
    assert (await visitor().post("/api/login", {"username": "agent04", "password": "another-password-1"})).status == 200
    assert (await mine.post("/api/account/password", {"current": "another-password-1", "password": old})).status == 204
