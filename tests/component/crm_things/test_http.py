"""Timeline, bell and knowledge base over HTTP, as the people of the hospital use them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.component.api_data.conftest import Product, SignIn, Someone

pytestmark = pytest.mark.component


@pytest.mark.parametrize("path", ["/api/patients/1/timeline", "/api/bell", "/api/bell/announcements", "/api/knowledge/search",
"/api/knowledge/articles/1"])
async def test_stranger_sees_nothing(visitor: Callable[[], Someone], path: str) -> None:
    assert (await visitor().get(path)).status == 401


async def test_agent_reads_a_patients_timeline_page_by_page_and_it_is_audited(product: Product, sign_in: SignIn) -> None:
    agent = await sign_in("agent01")
    whole = await agent.json("/api/patients/1/timeline?limit=200")
    assert len(whole["items"]) > 8 and sum(whole["counts"].values()) == len(whole["items"])
    first = await agent.json("/api/patients/1/timeline?limit=3")
    second = await agent.json("/api/patients/1/timeline", params={"limit": 3, "cursor": first["next"]})
    assert [*first["items"], *second["items"]] == whole["items"][:6]
    assert second["counts"] == {}
    views = "SELECT count(*) FROM audit_entry WHERE action = 'patient.timeline' AND object_id = '1' AND user_id = :u"
    assert await product.database.run(lambda session: session.scalar(text(views), {"u": agent.id})) == 2


async def test_timeline_of_nobody_and_unknown_kinds(sign_in: SignIn) -> None:
    agent = await sign_in("agent01")
    assert (await agent.get("/api/patients/999999/timeline")).status == 404
    assert (await agent.get("/api/patients/x/timeline")).status == 404
    wrong = await agent.get("/api/patients/1/timeline?kinds=gossip")
    assert wrong.status == 422 and (await wrong.json())["errors"][0]["field"] == "kinds"
    only = await agent.json("/api/patients/1/timeline?kinds=visit,fee")
    assert {one["kind"] for one in only["items"]} <= {"visit", "fee"}


async def test_kinds_without_their_right_are_left_out(product: Product, sign_in: SignIn) -> None:
    strip = "UPDATE role SET rights = array_remove(rights, 'fee.read') WHERE code = 'agent'"
    await product.database.run(lambda session: session.execute(text(strip)))
    page = await (await sign_in("agent02")).json("/api/patients/1/timeline?limit=200")
    give_back = "UPDATE role SET rights = array_append(rights, 'fee.read') WHERE code = 'agent'"
    await product.database.run(lambda session: session.execute(text(give_back)))
    assert "fee" not in page["kinds"] and "fee" not in page["counts"] and all(one["kind"] != "fee" for one in page["items"])


async def test_bell_tells_only_of_what_one_may_read(product: Product, sign_in: SignIn) -> None:
    rights = "UPDATE role SET rights = array_{} WHERE code = 'agent'"
    give = "INSERT INTO to_do (title, assigned_to) SELECT '只给自己看的', id FROM user_account WHERE username = 'agent06'"
    await product.database.run(lambda s: s.execute(text(give)))
    assert (await (await sign_in("agent06")).json("/api/bell"))["counts"]["to_do"] >= 1
    await product.database.run(lambda s: s.execute(text(rights.format("remove(rights, 'to_do.read')"))))
    try:
        told = await (await sign_in("agent06")).json("/api/bell")
        assert "to_do" not in told["counts"] and "只给自己看的" not in str(told)
    finally:
        await product.database.run(lambda s: s.execute(text(rights.format("append(rights, 'to_do.read')"))))


async def test_bell_counts_own_work_and_an_announcement_rings_until_it_is_read(product: Product, sign_in: SignIn) -> None:
    product.clock.advance(timedelta(days=3650).total_seconds())
    first, second = await sign_in("agent01"), await sign_in("agent02")
    before = await first.json("/api/bell")
    assert before["counts"]["to_do"] > 0 and before["overdue"] >= before["counts"]["to_do"]
    assert before["total"] == sum(before["counts"].values())
    notices = (await first.json("/api/bell/announcements"))["items"]
    assert len(notices) == before["counts"]["announcement"] and all(one["read_at"] is None for one in notices)
    for _ in range(2):
        assert (await first.post(f"/api/bell/announcements/{notices[0]['id']}/read")).status == 204
    after = await first.json("/api/bell")
    assert after["counts"]["announcement"] == before["counts"]["announcement"] - 1
    assert (await second.json("/api/bell"))["counts"]["announcement"] == before["counts"]["announcement"]
    assert (await first.json("/api/bell/announcements"))["items"][0]["read_at"] is not None


async def test_announcement_for_others_or_unpublished_is_not_there(product: Product, sign_in: SignIn) -> None:
    make = (
        "INSERT INTO announcement (title, audience, state, published_at) VALUES ('主管', '{supervisor}', 'published', '2020-01-01T00:00Z'), "
        "('草稿', '{}', 'draft', NULL) RETURNING id"
    )
    ids = await product.database.run(lambda session: session.scalars(text(make)))
    agent, supervisor = await sign_in("agent03"), await sign_in("supervisor01")
    for one in ids.all():
        assert (await agent.post(f"/api/bell/announcements/{one}/read")).status == 404
    titles = {one["title"] for one in (await supervisor.json("/api/bell/announcements"))["items"]}
    assert "主管" in titles and "草稿" not in titles


async def test_agent_searches_and_reads_but_sees_no_draft(sign_in: SignIn) -> None:
    agent = await sign_in("agent01")
    hits = (await agent.json("/api/knowledge/search?q=胃镜"))["items"]
    assert {one["kind"] for one in hits} == {"article", "answer"} and hits[0]["score"] >= hits[-1]["score"]
    article = next(one for one in hits if one["kind"] == "article")
    shown = await agent.json(f"/api/knowledge/articles/{article['id']}")
    assert shown["title"] == article["title"] and shown["current"] and "<p>" in shown["body_html"]
    assert (await agent.json(f"/api/knowledge/articles/{article['id']}?version=1"))["version"] == 1
    assert (await agent.get(f"/api/knowledge/articles/{article['id']}?version=9")).status == 404
    assert (await agent.get("/api/knowledge-articles")).status == 403
    assert not any("动态心电图" in one["title"] for one in (await agent.json("/api/knowledge/search?q=动态心电图佩戴"))["items"])


async def test_complaint_is_registered_by_an_agent_and_closed_with_a_result(sign_in: SignIn) -> None:
    agent, supervisor = await sign_in("agent01"), await sign_in("supervisor01")
    made = await agent.post("/api/complaints", {"kind": "complaint", "subject": "检查排队太久 😀𠮷", "patient_id": 1,
    "complainant_phone": "139 0000 0001"})
    assert made.status == 201, await made.text()
    row = await made.json()
    refused = await agent.post(f"/api/complaints/{row['id']}/close", {"version": row["version"], "result": "x"})
    assert refused.status == 403
    bare = await supervisor.post(f"/api/complaints/{row['id']}/answer", {"version": row["version"]})
    assert bare.status == 422 and (await bare.json())["errors"][0]["field"] == "result"
    done = await supervisor.post(f"/api/complaints/{row['id']}/answer", {"version": row["version"], "result": "已致歉并增派窗口"})
    closed = await supervisor.post(f"/api/complaints/{row['id']}/close", {"version": (await done.json())["version"],
    "result": "已致歉并增派窗口", "satisfied": 5})
    assert (closed.status, (await closed.json())["state"]) == (200, "closed")
    assert any(one["kind"] == "complaint" and one["id"] == row["id"] for one in (await agent.json("/api/patients/1/timeline"))["items"])
