"""Who calls, what is due, which clinics there are: over the invented hospital."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from callcenter.crm_gateway import CrmGateway
from callcenter.ivr.lookups import problem_of
from callcenter.settings import Settings
from crm.database import Database
from crm.demo import load_demo
from crm.errors import NotFound
from crm.patients import at_desk
from crm.things import clinics
from tests.component.crm.calls import NODE, answered_call, message_call, numbered
from tests.fakes.clock import VirtualClock

pytestmark = pytest.mark.component
AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
WRITER = at_desk.Writer(1, AT, AT.date())


@pytest.fixture
async def gateway(demo: Database, tmp_path: Path) -> CrmGateway:
    await demo.run(lambda session: session.execute(text("TRUNCATE call_event, call_record, journal_mark, voice_message, caller_language")))
    return CrmGateway(demo, Settings(home=tmp_path), VirtualClock(AT))


@pytest.mark.parametrize("number", ["+8613900000001", "013900000001", "13900000001", "008613900000001"])
async def test_patient_is_known_however_the_exchange_writes_the_number(gateway: CrmGateway, number: str) -> None:
    (card,) = await gateway.callers.people_at(number)
    assert (card.name, card.gender, card.relation, card.language) == ("张伟", "male", "本人", "zh")
    assert (card.visits[0]["kind"], card.visits[0]["department"]) == ("inpatient", "心内科")
    assert [item["title"] for item in card.open_items] == ["出院第7天电话随访"]


async def test_people_who_share_a_number_come_with_the_owner_first(gateway: CrmGateway) -> None:
    cards = await gateway.callers.people_at("+8613900000002")
    assert [(one.name, one.relation) for one in cards] == [("王芳", "本人"), ("李明", "母亲")]


@pytest.mark.parametrize("number", ["+8613900000099", "anonymous", "", "95120", "x" * 500, "+86139%"])
async def test_nobody_is_behind_other_numbers(gateway: CrmGateway, number: str) -> None:
    assert await gateway.callers.people_at(number) == ()


async def test_language_is_remembered_for_the_number_however_written(gateway: CrmGateway) -> None:
    assert await gateway.callers.language_of("+8613900000003") is None
    await gateway.callers.remember_language("013900000003", "en")
    assert await gateway.callers.language_of("+8613900000003") == "en"
    await gateway.callers.remember_language("+8613900000003", "zh")
    assert await gateway.callers.language_of("13900000003") == "zh"
    await gateway.callers.remember_language("anonymous", "en")
    assert await gateway.callers.language_of("anonymous") is None


async def test_card_shows_the_last_calls_and_the_open_message(gateway: CrmGateway) -> None:
    told = [*answered_call("node1-1.1", AT, patient=1), *message_call("node1-2.1", AT, caller="+8613900000001")]
    record = numbered(told)
    record[-4:-4] = [record[1] | {"number": 0, "linkedid": "node1-2.1"}]
    for n, one in enumerate(record, 1):
        one["number"] = n
    await gateway.facts.copy(NODE, record)
    (card,) = await gateway.callers.people_at("+8613900000001")
    assert {call["outcome"] for call in card.calls} == {"answered", "message_left"}
    assert card.last_contact_at is not None
    assert {item["kind"] for item in card.open_items} == {"follow_up", "message"}


async def test_card_by_id_and_the_missing_one(gateway: CrmGateway) -> None:
    assert (await gateway.callers.person(3, "13900000002")).relation == "母亲"
    assert (await gateway.callers.person(3)).relation == ""
    with pytest.raises(NotFound):
        await gateway.callers.person(999_999)


async def test_next_contact_is_one_open_task_that_moves(gateway: CrmGateway, demo: Database) -> None:
    for day in (20, 21):
        due = datetime(2026, 11, day, 1, tzinfo=UTC)
        await demo.run(lambda session, due=due: at_desk.plan_contact(session, 2, "约定再次联系", due, "node1-7.1", WRITER))
    card = await gateway.callers.person(2)
    assert [item["due_at"] for item in card.open_items] == ["2026-11-21T01:00:00+00:00"]


# -- clinics ----------------------------------------------------------------------------------------------------------


async def test_lookups_have_the_shapes_that_flows_rely_on(gateway: CrmGateway) -> None:
    departments = await gateway.lookups.ask("clinic_departments", {}, AT)
    assert problem_of("clinic_departments", departments) == ""
    assert departments.values["items"][0]["name_zh"] == "心内科"
    for one in departments.values["items"]:
        hours = await gateway.lookups.ask("clinic_hours", {"department": one["id"]}, AT)
        assert problem_of("clinic_hours", hours) == ""
        order = [(item["weekday"], item["from"]) for item in hours.values["items"]]
        assert order == sorted(order)


@pytest.mark.parametrize("department", ["0", "999999"])
async def test_department_without_clinic_is_not_found(gateway: CrmGateway, department: str) -> None:
    assert (await gateway.lookups.ask("clinic_hours", {"department": department}, AT)).exit == "not_found"


@pytest.mark.parametrize(("name", "department"), [("clinic_hours", "1; DROP TABLE x"), ("clinic_hours", ""), ("clinic_hours", "²"), ("secrets", "1")])
async def test_odd_question_is_unavailable_and_never_raises(gateway: CrmGateway, name: str, department: str) -> None:
    assert (await gateway.lookups.ask(name, {"department": department}, AT)).exit == "unavailable"


async def test_holiday_has_no_clinic_and_a_make_up_day_has_that_of_its_weekday(demo: Database) -> None:
    national_day = await demo.run(lambda session: clinics.hours(session, 1, date(2026, 10, 1)))
    assert {item["weekday"] for item in national_day} == {1, 2, 3}
    make_up = await demo.run(lambda session: clinics.hours(session, 1, date(2026, 10, 10)))
    friday = [item["doctor_zh"] for item in make_up if item["weekday"] == 5]
    assert [item["doctor_zh"] for item in make_up if item["weekday"] == 6] == friday != []


async def test_roster_that_has_ended_is_not_spoken(demo: Database) -> None:
    assert await demo.run(lambda session: clinics.hours(session, 1, date(2025, 6, 2))) == []
    assert await demo.run(lambda session: clinics.departments(session, date(2025, 6, 2))) == []


def test_demo_loaded_again_makes_nobody_new(demo_url: str) -> None:
    assert load_demo(demo_url) == {}
