"""Events: guests are taken from a list that was filtered, seats are not promised twice, and members who come get their points."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from crm.engine import gather
from tests.component.api_data.conftest import Product, Someone

pytestmark = pytest.mark.component
SignIn = Callable[[str], Awaitable[Someone]]
TIMES = {"starts_at": "2030-12-01T06:00:00Z", "ends_at": "2030-12-01T08:00:00Z"}


async def posted(someone: Someone, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await someone.post(path, body)
    told = await answer.json()
    assert answer.status in (200, 201), told
    return told


async def event(admin: Someone, **more: Any) -> dict[str, Any]:
    return await posted(admin, "/api/events", {"title": "联谊活动", "kind": "club", **TIMES, **more})


async def filled(admin: Someone, made: dict[str, Any], source: str, **query: str) -> dict[str, Any]:
    return await posted(admin, f"/api/events/{made['id']}/invitations/fill", {"source": source, "query": query})


async def test_filtered_list_of_members_is_invited_once(product: Product, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    made = await event(admin)
    members = (await admin.json("/api/members", params={"state": "active", "limit": "1"}))["total"]
    assert members > 2
    first = await filled(admin, made, "member", state="active")
    assert first["added"] + first["barred"] == members and first["already"] == 0
    assert await filled(admin, made, "member", state="active") == {"added": 0, "already": first["added"], "barred": first["barred"]}
    listed = await admin.json("/api/event-invitations", params={"event_id": str(made["id"]), "limit": "200"})
    assert listed["total"] == first["added"] and {one["state"] for one in listed["items"]} == {"listed"}
    patient = listed["items"][0]["patient_id"]
    query = "SELECT count(*) FROM audit_entry WHERE action = 'event_invitation.add' AND (data->>'patient_id')::int = :id"
    assert await product.database.run(lambda s: s.scalar(text(query), {"id": patient})) == 1


async def test_who_wants_no_contact_is_not_invited(product: Product, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    made = await event(admin)
    people = [one["id"] for one in (await admin.json("/api/patients", params={"limit": "3"}))["items"]]
    mark = "INSERT INTO do_not_contact (patient_id, channel, reason, begins_on, ends_on) VALUES (:id, :channel, '本人要求', '2020-01-01', :ends)"
    ended = "UPDATE do_not_contact SET lifted_at = now() WHERE patient_id = ANY(:ids)"
    await product.database.run(lambda s: s.execute(text(ended), {"ids": people}))
    for patient, channel in ((people[0], "any"), (people[1], "letter")):
        values = {"id": patient, "channel": channel, "ends": None}
        await product.database.run(lambda s, values=values: s.execute(text(mark), values))
    answer = await filled(admin, made, "patient", ids=",".join(map(str, people)))
    assert answer == {"added": 2, "already": 0, "barred": 1}


async def test_contacts_of_a_group_customer_are_invited(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    made = await event(admin, kind="corporate")
    assert (await filled(admin, made, "corporate_contact", client_id="1"))["added"] == 2


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"source": "doctor", "query": {}}, 404, ""),
        ({"source": "patient", "query": {"shoe_size": "43"}}, 422, "shoe_size"), ({"source": "member", "query": {"q": "没有这个人"}}, 422, "query"),
        ({"source": "member", "query": {"level_id": "x"}}, 422, "level_id"), ({"source": "member", "query": {"ids": "x"}}, 422, "ids"),
    ],
)  # fmt: skip
async def test_what_cannot_be_invited_says_why(sign_in: SignIn, body: dict[str, Any], status: int, field: str) -> None:
    admin = await sign_in("admin")
    made = await event(admin)
    answer = await admin.post(f"/api/events/{made['id']}/invitations/fill", body)
    told = await answer.json()
    assert answer.status == status, told
    assert [one["field"] for one in told.get("errors", [])] == ([field] if field else [])
    assert (await admin.json("/api/event-invitations", params={"event_id": str(made["id"])}))["total"] == 0


async def test_a_list_that_is_too_long_is_narrowed_first(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = await sign_in("admin")
    made = await event(admin)
    monkeypatch.setattr(gather, "MOST", 3)
    answer = await admin.post(f"/api/events/{made['id']}/invitations/fill", {"source": "member"})
    assert answer.status == 422 and [one["field"] for one in (await answer.json())["errors"]] == ["query"]


async def test_limited_agent_invites_only_whom_he_sees(product: Product, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    made = await event(admin)
    await product.database.run(lambda s: s.execute(text("UPDATE user_account SET scope = 'own' WHERE username = 'agent04'")))
    try:
        agent = await sign_in("agent04")
        people = ",".join(str(one["id"]) for one in (await admin.json("/api/patients", params={"limit": "3"}))["items"])
        answer = await agent.post(f"/api/events/{made['id']}/invitations/fill", {"source": "patient", "query": {"ids": people}})
        assert answer.status == 422, await answer.text()
    finally:
        await product.database.run(lambda s: s.execute(text("UPDATE user_account SET scope = NULL WHERE username = 'agent04'")))


async def test_event_that_is_over_takes_no_guests(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    made = await event(admin)
    made = await posted(admin, f"/api/events/{made['id']}/cancel", {"version": made["version"]})
    answer = await admin.post(f"/api/events/{made['id']}/invitations/fill", {"source": "member", "query": {"state": "active"}})
    assert answer.status == 422 and (await answer.json())["errors"][0]["field"] == "event_id"


async def test_no_more_guests_accept_than_there_are_places_and_members_who_come_get_points(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    made = await event(admin, capacity=3, points=30)
    members = (await admin.json("/api/members", params={"state": "active", "limit": "2"}))["items"]
    await filled(admin, made, "member", ids=",".join(str(one["id"]) for one in members))
    first, second = (await admin.json("/api/event-invitations", params={"event_id": str(made["id"]), "sort": "patient_id"}))["items"]
    first = await posted(admin, f"/api/event-invitations/{first['id']}/accept", {"version": first["version"], "guests": 1})
    answer = await admin.post(f"/api/event-invitations/{second['id']}/accept", {"version": second["version"], "guests": 1})
    assert answer.status == 422 and [one["field"] for one in (await answer.json())["errors"]] == ["guests"]
    await posted(admin, f"/api/event-invitations/{second['id']}/accept", {"version": second["version"]})
    member = next(one for one in members if one["patient_id"] == first["patient_id"])
    await posted(admin, f"/api/event-invitations/{first['id']}/attend", {"version": first["version"]})
    assert (await admin.json(f"/api/members/{member['id']}"))["points"] == member["points"] + 30
