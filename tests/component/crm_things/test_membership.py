"""Members: what an approval settles by itself, who hears of an application, what is left of the benefits, and the end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from crm.database import Database
from crm.engine import audit, store
from crm.engine.registry import registry
from crm.engine.store import Actor
from crm.errors import InvalidValues
from crm.things import bell, membership
from crm.upkeep import PASSES
from tests.component.crm_things.conftest import AT, ActAs

pytestmark = pytest.mark.component


async def add(database: Database, actor: Actor, thing: str, **values: Any) -> dict[str, Any]:
    return await database.run(lambda session: store.add(session, registry().by_name[thing], actor, values))


async def move(database: Database, actor: Actor, thing: str, row: dict[str, Any], name: str, **values: Any) -> dict[str, Any]:
    resource = registry().by_name[thing]
    return await database.run(lambda session: store.move(session, resource, actor, str(row["id"]), row["version"], name, values))


async def seen(database: Database, actor: Actor, thing: str, key: int) -> dict[str, Any]:
    return await database.run(lambda session: store.detail(session, registry().by_name[thing], actor, str(key)))


async def applied(database: Database, actor: Actor, offset: int = 0) -> dict[str, Any]:
    """The application of somebody who is no member."""
    query = "SELECT id FROM patient WHERE id NOT IN (SELECT patient_id FROM member) ORDER BY id OFFSET :n LIMIT 1"
    patient = await database.run(lambda s: s.scalar(text(query), {"n": 100 + offset}))
    return await add(database, actor, "member", patient_id=patient, source="热线", applied_on="2026-11-16")


async def test_application_is_heard_by_those_who_decide_and_by_no_others(demo: Database, act_as: ActAs) -> None:
    agent, supervisor = await act_as("agent01"), await act_as("supervisor01")
    await demo.run(lambda s: s.execute(text("UPDATE member SET state = 'refused', decision_note = '名额已满' WHERE state = 'applied'")))
    row = await applied(demo, agent)
    told = await demo.run(lambda s: bell.bell(s, supervisor.principal, AT, AT.date()))
    assert [one["id"] for one in told.items if one["kind"] == "member"] == [str(row["id"])]
    assert "member" not in (await demo.run(lambda s: bell.bell(s, agent.principal, AT, AT.date()))).counts
    await move(demo, supervisor, "member", row, "approve")
    assert "member" not in (await demo.run(lambda s: bell.bell(s, supervisor.principal, AT, AT.date()))).counts


async def test_approval_gives_the_next_card_and_the_lowest_level(demo: Database, act_as: ActAs) -> None:
    admin = await act_as("admin")
    lowest = await demo.run(lambda s: s.scalar(text("SELECT id FROM member_level ORDER BY min_points LIMIT 1")))
    cards = [await move(demo, admin, "member", await applied(demo, admin), "approve") for _ in range(2)]
    first, second = (int(one["card_number"].removeprefix("AH")) for one in cards)
    assert second == first + 1 and {one["level_id"] for one in cards} == {lowest}
    assert len(cards[0]["card_number"]) == 8


async def test_without_a_level_for_beginners_one_is_chosen(demo: Database, act_as: ActAs) -> None:
    admin = await act_as("admin")
    row = await applied(demo, admin)
    await demo.run(lambda s: s.execute(text("UPDATE member_level SET active = false WHERE min_points = 0")))
    try:
        with pytest.raises(InvalidValues) as refused:
            await move(demo, admin, "member", row, "approve")
        assert [one.field for one in refused.value.faults] == ["level_id"]
    finally:
        await demo.run(lambda s: s.execute(text("UPDATE member_level SET active = true")))


async def test_benefits_that_are_left_are_counted_down(demo: Database, act_as: ActAs) -> None:
    admin = await act_as("admin")
    member = await move(demo, admin, "member", await applied(demo, admin), "approve")
    level = member["level_id"]
    given = await add(demo, admin, "member_benefit", level_id=level, title_zh="免费测血糖", times_a_year=2)
    assert "免费测血糖 2/2" in (await seen(demo, admin, "member", member["id"]))["benefits"]
    for left in ("免费测血糖 1/2", ""):
        await add(demo, admin, "benefit_use", member_id=member["id"], benefit_id=given["id"], used_on="2026-11-16")
        shown = (await seen(demo, admin, "member", member["id"]))["benefits"]
        assert [one for one in shown if one.startswith("免费测血糖")] == ([left] if left else [])


async def test_membership_ends_after_its_last_day_and_is_renewed(demo: Database, act_as: ActAs) -> None:
    admin = await act_as("admin")
    member = await move(demo, admin, "member", await applied(demo, admin), "approve", expires_on="2026-11-20")
    last = datetime(2026, 11, 20, 12, tzinfo=UTC)
    await demo.run(lambda s: PASSES["memberships ended"](s, last))
    assert (await seen(demo, admin, "member", member["id"]))["state"] == "active"
    assert await demo.run(lambda s: PASSES["memberships ended"](s, last + timedelta(days=1))) >= 1
    over = await seen(demo, admin, "member", member["id"])
    assert over["state"] == "ended" and await demo.run(lambda s: membership.end_due(s, date(2026, 11, 21))) == 0
    assert await demo.run(audit.verify) is None
    back = await move(demo, admin, "member", over, "renew", expires_on="2027-11-20")
    assert (back["state"], back["card_number"]) == ("active", member["card_number"])
