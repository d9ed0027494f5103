"""Group customers and partners: from a lead to a customer, what is given to somebody and what ends, and who is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from crm.database import Database
from crm.engine import store
from crm.engine.registry import registry
from crm.engine.store import Actor, Ask
from crm.errors import Forbidden, InvalidValues
from crm.things import bell
from tests.component.crm_things.conftest import AT, ActAs

pytestmark = pytest.mark.component
TODAY = AT.date()


async def add(database: Database, actor: Actor, thing: str, **values: Any) -> dict[str, Any]:
    return await database.run(lambda session: store.add(session, registry().by_name[thing], actor, values))


async def move(database: Database, actor: Actor, thing: str, row: dict[str, Any], name: str, **values: Any) -> dict[str, Any]:
    resource = registry().by_name[thing]
    return await database.run(lambda session: store.move(session, resource, actor, str(row["id"]), row["version"], name, values))


async def seen(database: Database, actor: Actor, thing: str, key: int) -> dict[str, Any]:
    return await database.run(lambda session: store.detail(session, registry().by_name[thing], actor, str(key)))


async def heard(database: Database, actor: Actor, kind: str, today: date = TODAY) -> list[dict[str, Any]]:
    """What the bell tells this person of this kind of thing."""
    told = await database.run(lambda session: bell.bell(session, actor.principal, AT, today))
    return [one for one in told.items if one["kind"] == kind]


def limited(actor: Actor, scope: str) -> Actor:
    """The same person with rights that reach only so far."""
    return replace(actor, principal=replace(actor.principal, scopes=dict.fromkeys(actor.principal.rights, scope)))


async def lead_of(database: Database, admin: Actor, name: str, **more: Any) -> dict[str, Any]:
    values = {"name": name, "source": "热线来电", "contact_name": "周主任", "phone": "13900007001", "interest": "年度体检，约80人", **more}
    return await move(database, admin, "corporate_lead", await add(database, admin, "corporate_lead", **values), "qualify")


# -- a lead becomes a customer ----------------------------------------------------------------------------------------


async def test_lead_becomes_a_customer_with_its_contact_in_one_step(demo: Database, act_as: ActAs) -> None:
    admin, agent = await act_as("admin"), await act_as("agent05")
    lead = await lead_of(demo, admin, "东方玻璃厂", assigned_to=agent.principal.id)
    won = await move(demo, admin, "corporate_lead", lead, "convert")
    assert won["state"] == "converted"
    client = await seen(demo, admin, "corporate_client", won["client_id"])
    assert (client["name"], client["state"], client["owner_id"], client["phone"]) == ("东方玻璃厂", "prospect", agent.principal.id, "+8613900007001")
    assert "年度体检，约80人" in client["note"]
    assert [one["name"] for one in client["_related"]["contacts"]["items"]] == ["周主任"]
    entries = "SELECT action FROM audit_entry WHERE object_kind = 'corporate_client' AND object_id = :id"
    assert "corporate_client.add" in (await demo.run(lambda s: s.scalars(text(entries), {"id": str(client["id"])}))).all()


async def test_lead_of_a_customer_we_know_makes_no_second_one(demo: Database, act_as: ActAs) -> None:
    admin = await act_as("admin")
    known = await add(demo, admin, "corporate_client", name="西山茶业公司")
    won = await move(demo, admin, "corporate_lead", await lead_of(demo, admin, "西山茶业公司"), "convert")
    assert won["client_id"] == known["id"]
    other = await add(demo, admin, "corporate_client", name="西山茶业集团")
    won = await move(demo, admin, "corporate_lead", await lead_of(demo, admin, "西山茶业分公司"), "convert", client_id=other["id"])
    assert won["client_id"] == other["id"]


async def test_lead_is_not_converted_by_one_who_may_not_enter_customers(demo: Database, act_as: ActAs) -> None:
    admin = await act_as("admin")
    lead = await lead_of(demo, admin, "北岸船厂")
    kept = frozenset(one for one in admin.principal.rights if one != "corporate_client.add")
    with pytest.raises(Forbidden):
        await move(demo, replace(admin, principal=replace(admin.principal, rights=kept)), "corporate_lead", lead, "convert")
    assert (await seen(demo, admin, "corporate_lead", lead["id"]))["state"] == "qualified"


# -- given to somebody ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("thing", "owner", "values"),
    [
        ("corporate_client", "owner_id", {"name": "交办客户"}), ("corporate_lead", "assigned_to", {"name": "交办线索"}),
        ("corporate_opportunity", "owner_id", {"title": "交办商机", "client_id": 1}),
        ("event", "owner_id", {"title": "交办活动", "kind": "club", "starts_at": "2026-12-01T06:00:00Z", "ends_at": "2026-12-01T08:00:00Z"}),
    ],
)  # fmt: skip
async def test_what_is_given_to_somebody_waits_in_his_bell_until_he_opens_it(
    demo: Database, act_as: ActAs, thing: str, owner: str, values: dict[str, Any]
) -> None:
    admin, first, second = await act_as("admin"), await act_as("agent01"), await act_as("agent02")
    row = await add(demo, admin, thing, **values, **{owner: first.principal.id})
    told = [one for one in await heard(demo, first, thing) if one["id"] == str(row["id"])]
    assert [(one["level"], one["title"]) for one in told] == [("new", row["_label"])]
    resource = registry().by_name[thing]
    row = await demo.run(lambda s: store.change(s, resource, admin, str(row["id"]), row["version"], {owner: second.principal.id}))
    assert not [one for one in await heard(demo, first, thing) if one["id"] == str(row["id"])], "it has been given on"
    await seen(demo, first, thing, row["id"])
    assert [one for one in await heard(demo, second, thing) if one["id"] == str(row["id"])], "another one's look counts not"
    await seen(demo, second, thing, row["id"])
    assert not [one for one in await heard(demo, second, thing) if one["id"] == str(row["id"])]
    mine = await demo.run(lambda s: store.find(s, resource, second, Ask(filters=((owner, "eq", "me"),))))
    assert row["id"] in [one["id"] for one in mine.items] and {one[owner] for one in mine.items} == {second.principal.id}


async def test_nobody_is_told_of_what_he_took_himself(demo: Database, act_as: ActAs) -> None:
    agent = await act_as("agent03")
    row = await add(demo, agent, "corporate_lead", name="自取线索", assigned_to=agent.principal.id)
    assert str(row["id"]) not in [one["id"] for one in await heard(demo, agent, "corporate_lead")]


async def test_who_reaches_only_his_own_sees_and_makes_only_his_own(demo: Database, act_as: ActAs) -> None:
    admin, agent = await act_as("admin"), limited(await act_as("agent04"), "own")
    await add(demo, admin, "corporate_lead", name="别人的线索")
    made = await add(demo, agent, "corporate_lead", name="来电登记的线索")
    assert made["assigned_to"] == agent.principal.id
    shown = await demo.run(lambda s: store.find(s, registry().by_name["corporate_lead"], agent, Ask()))
    assert [one["id"] for one in shown.items] == [made["id"]]


# -- what ends, and what comes each year ------------------------------------------------------------------------------


async def agreed(database: Database, admin: Actor, client: int, number: str, ends: date) -> dict[str, Any]:
    values = {"number": number, "title": "年度体检", "valid_from": str(ends - timedelta(days=364)), "valid_to": str(ends), "remind_days": 30}
    return await move(
        database, admin, "corporate_agreement", await add(database, admin, "corporate_agreement", client_id=client, **values), "sign",
        signed_on=str(ends - timedelta(days=365)),
    )  # fmt: skip


async def test_agreement_that_runs_out_reminds_its_owner_until_it_is_renewed(demo: Database, act_as: ActAs) -> None:
    admin, agent, other = await act_as("admin"), await act_as("agent05"), await act_as("agent06")
    client = await add(demo, admin, "corporate_client", name="到期客户", owner_id=agent.principal.id)
    row = await agreed(demo, admin, client["id"], "TX-001", TODAY + timedelta(days=20))
    key = str(row["id"])
    mine = [one for one in await heard(demo, agent, "corporate_agreement") if one["id"] == key]
    assert [(one["title"], one["level"]) for one in mine] == [("到期客户 · 年度体检", "")]
    late = await heard(demo, agent, "corporate_agreement", TODAY + timedelta(days=21))
    assert [one["level"] for one in late if one["id"] == key] == ["overdue"]
    assert key not in [one["id"] for one in await heard(demo, other, "corporate_agreement")]
    assert key not in [one["id"] for one in await heard(demo, agent, "corporate_agreement", TODAY - timedelta(days=11))]

    renewed = await move(demo, admin, "corporate_agreement", row, "renew")
    following = await seen(demo, admin, "corporate_agreement", renewed["renewal_id"])
    assert (following["number"], following["state"]) == (f"TX-001-{(TODAY + timedelta(days=21)).year}", "draft")
    assert (following["valid_from"], following["valid_to"]) == (str(TODAY + timedelta(days=21)), str(TODAY + timedelta(days=385)))
    assert key not in [one["id"] for one in await heard(demo, agent, "corporate_agreement")]
    with pytest.raises(InvalidValues, match="drawn up already"):
        await move(demo, admin, "corporate_agreement", renewed, "renew")


async def test_agreement_of_a_customer_without_an_owner_is_told_to_those_who_renew(demo: Database, act_as: ActAs) -> None:
    admin, agent = await act_as("admin"), await act_as("agent05")
    client = await add(demo, admin, "corporate_client", name="无主客户")
    row = await agreed(demo, admin, client["id"], "TX-002", TODAY + timedelta(days=5))
    assert str(row["id"]) in [one["id"] for one in await heard(demo, admin, "corporate_agreement")]
    assert str(row["id"]) not in [one["id"] for one in await heard(demo, agent, "corporate_agreement")]


async def test_reminder_of_the_year_comes_to_its_owner_and_is_done_by_a_step(demo: Database, act_as: ActAs) -> None:
    admin, agent = await act_as("admin"), await act_as("agent05")
    client = await add(demo, admin, "corporate_client", name="年度客户", owner_id=agent.principal.id)
    day = TODAY + timedelta(days=5)
    row = await add(demo, admin, "corporate_reminder", client_id=client["id"], title="春节走访", month=day.month, day=day.day, lead_days=7)
    assert [one["title"] for one in await heard(demo, agent, "corporate_reminder") if one["id"] == str(row["id"])] == ["年度客户 · 春节走访"]
    done = await move(demo, agent, "corporate_reminder", row, "finish")
    assert (done["done_year"], done["next_day"]) == (day.year, str(day.replace(year=day.year + 1)))
    assert str(row["id"]) not in [one["id"] for one in await heard(demo, agent, "corporate_reminder")]
    year_later = TODAY.replace(year=TODAY.year + 1)
    assert str(row["id"]) in [one["id"] for one in await heard(demo, agent, "corporate_reminder", year_later)]
    await move(demo, admin, "corporate_reminder", done, "stop")
    assert str(row["id"]) not in [one["id"] for one in await heard(demo, agent, "corporate_reminder", year_later)]


async def test_planned_next_step_is_told_until_somebody_was_there(demo: Database, act_as: ActAs) -> None:
    admin, agent = await act_as("admin"), await act_as("agent06")
    client = await add(demo, admin, "corporate_client", name="回访客户")
    values = {"client_id": client["id"], "kind": "visit", "visited_by": agent.principal.id, "summary": "初次拜访"}
    visit = await add(demo, agent, "corporate_visit", **values, visited_at="2026-11-10T02:00:00Z", next_step="报送方案", next_on="2026-11-15")
    told = [one for one in await heard(demo, agent, "corporate_visit") if one["id"] == str(visit["id"])]
    assert [(one["title"], one["level"]) for one in told] == [("回访客户 · 报送方案", "overdue")]
    await add(demo, agent, "corporate_visit", **values, visited_at="2026-11-15T02:00:00Z")
    assert str(visit["id"]) not in [one["id"] for one in await heard(demo, agent, "corporate_visit")]


# -- partners ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("marks", "score", "grade"), [((88, 88, 88, 88), 88, "A"), ((90, 80, 70, 71), 78, "C"), ((0, 0, 0, 0), 0, "D")])
async def test_grade_of_a_partner_follows_from_the_marks(
    demo: Database, act_as: ActAs, marks: tuple[int, int, int, int], score: int, grade: str
) -> None:
    admin = await act_as("admin")
    partner = await add(demo, admin, "partner", name=f"考评伙伴{score}", kind="supplier")
    given = dict(zip(("quality", "delivery", "price", "service"), marks, strict=True))
    made = await add(demo, admin, "partner_appraisal", partner_id=partner["id"], period="2025", **given)
    assert (made["score"], made["grade"]) == (score, grade)
    shown = await seen(demo, admin, "partner", partner["id"])
    assert (shown["score"], shown["grade"]) == (score, grade)
    with pytest.raises(InvalidValues):
        await add(demo, admin, "partner_appraisal", partner_id=partner["id"], period="2026", **given, grade="A")
