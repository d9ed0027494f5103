"""Callbacks, ratings, texts and rules over HTTP, as the people of the hospital use them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.component.api_data import conftest as api_data
from tests.component.api_data.conftest import Product, SignIn

pytestmark = pytest.mark.component
home, product, visitor, sign_in = api_data.home, api_data.product, api_data.visitor, api_data.sign_in
WANTED = "INSERT INTO callback_request (number, queue, due_at) VALUES ('+8613900007777', 'service_desk', now() - interval '1 hour')"


async def execute(product: Product, statement: str) -> None:
    await product.database.run(lambda session: session.execute(text(statement)))


async def test_an_open_callback_rings_every_agent_until_one_takes_it(product: Product, sign_in: SignIn) -> None:
    first, second = await sign_in("agent01"), await sign_in("agent02")
    before = (await first.json("/api/bell"))["counts"].get("callback_request", 0)
    await execute(product, WANTED)
    for one in (first, second):
        assert (await one.json("/api/bell"))["counts"]["callback_request"] == before + 1
    row = (await first.json("/api/callback-requests?state=open&sort=-created_at"))["items"][0]
    assert row["number"].endswith("7777") and "*" in row["number"] and (await first.post("/api/callback-requests", {})).status == 422
    taken = await first.post(f"/api/callback-requests/{row['id']}/take", {"version": row["version"]})
    assert taken.status == 200 and (await taken.json())["assigned_to"] == first.id
    assert (await first.json("/api/bell"))["counts"]["callback_request"] == before + 1
    assert (await second.json("/api/bell"))["counts"].get("callback_request", 0) == before
    late = await second.post(f"/api/callback-requests/{row['id']}/take", {"version": row["version"]})
    assert late.status == 409
    version = (await taken.json())["version"]
    done = await first.post(f"/api/callback-requests/{row['id']}/finish", {"version": version, "result": "已解答"})
    assert (await done.json())["state"] == "done" and (await first.json("/api/bell"))["counts"].get("callback_request", 0) == before


async def test_ratings_are_read_by_supervisors_and_changed_by_nobody(product: Product, sign_in: SignIn) -> None:
    await execute(product, "INSERT INTO call_rating (linkedid, score) VALUES ('node1-7.7', 4)")
    boss, agent = await sign_in("supervisor01"), await sign_in("agent01")
    rows = (await boss.json("/api/call-ratings?score=4"))["items"]
    assert rows and rows[0]["score"] == 4 and rows[0]["agent"] is None
    assert (await agent.get("/api/call-ratings")).status == 403
    assert (await boss.client.patch(f"/api/call-ratings/{rows[0]['id']}", json={}, headers={"X-CSRF-Token": boss.csrf})).status in (403, 404, 405)


async def test_rules_have_a_range_and_their_salt_is_nobody_s(sign_in: SignIn) -> None:
    boss = await sign_in("supervisor01")
    row = (await boss.json("/api/self-service-policies"))["items"][0]
    assert "salt" not in row

    async def change(**values: object) -> int:
        current = (await boss.json("/api/self-service-policies"))["items"][0]
        body = {"version": current["version"], **values}
        answer = await boss.client.patch(f"/api/self-service-policies/{row['id']}", json=body, headers={"X-CSRF-Token": boss.csrf})
        return answer.status

    assert [await change(failures_a_number=n) for n in (0, 51, "x", 3)] == [422, 422, 422, 200]
    assert await change(salt="known") == 422


async def test_a_text_that_could_not_go_out_can_be_sent_again(product: Product, sign_in: SignIn) -> None:
    await execute(product, "INSERT INTO text_message (number, body, state, reason) VALUES ('+8613900007778', 'x', 'no_gateway', 'none')")
    boss = await sign_in("supervisor01")
    row = (await boss.json("/api/text-messages?state=no_gateway&sort=-created_at"))["items"][0]
    again = await boss.post(f"/api/text-messages/{row['id']}/send_again", {"version": row["version"]})
    assert (await again.json())["state"] == "waiting" and (await (await sign_in("agent01")).get("/api/text-messages")).status == 200
    assert (await boss.post("/api/text-messages", {})).status in (403, 404, 405)


async def test_a_carer_s_number_is_kept_as_calls_signal_it(product: Product, sign_in: SignIn) -> None:
    agent = await sign_in("agent01")
    right = {"patient_id": 1, "number": "139 0000 7779", "topics": ["fees"], "proof": "signed_form", "given_on": "2026-11-01", "name": "甲"}
    made = await agent.post("/api/carer-rights", right)
    assert made.status == 201, await made.text()
    kept = "SELECT number FROM carer_right ORDER BY id DESC LIMIT 1"
    assert await product.database.run(lambda session: session.scalar(text(kept))) == "+8613900007779"
    for wrong in ({"topics": []}, {"topics": ["everything"]}, {"number": ""}, {"proof": "rumour"}):
        assert (await agent.post("/api/carer-rights", right | wrong)).status == 422, wrong
