"""The desk's changes of people's files on a real database."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import func, select

from callcenter.api.desk_keys import FirstFile
from callcenter.api.desk_people import DeskPeople
from callcenter.api.problems import Problem
from callcenter.crm_gateway import CrmGateway
from callcenter.settings import Settings
from crm.database import Database, Session
from crm.models import AuditEntry, FollowUpTask
from tests.fakes.clock import VirtualClock
from tests.unit.desk.world import CALL

pytestmark = pytest.mark.component
SETTINGS = Settings()


def people_on(database: Database) -> DeskPeople:
    clock = VirtualClock()
    return DeskPeople(database, CrmGateway(database, SETTINGS, clock).callers, SETTINGS, clock)


async def test_a_new_file_is_found_by_its_number_and_audited(database: Database):
    desk = people_on(database)
    card = await desk.open_file(FirstFile("赵敏", "013900000777", "female", date(1990, 5, 1)), by=1)
    assert (card.name, card.gender, card.age, card.relation) == ("赵敏", "female", 36, "本人")
    found = await CrmGateway(database, SETTINGS, VirtualClock()).callers.people_at("+8613900000777")
    assert [one.id for one in found] == [card.id]
    deeds = await database.run(lambda session: session.scalar(select(func.count()).where(AuditEntry.action == "patient.add")))
    assert deeds == 1


@pytest.mark.parametrize("first", [FirstFile("x" * 100, "013900000778"), FirstFile("赵敏", "013900000778", birth_date=date(2090, 1, 1))])
async def test_a_wrong_value_opens_no_file(database: Database, first: FirstFile):
    desk = people_on(database)
    with pytest.raises(Problem) as refused:
        await desk.open_file(first, by=1)
    assert refused.value.status == 422
    assert await CrmGateway(database, SETTINGS, VirtualClock()).callers.people_at("+8613900000778") == ()


async def test_an_unknown_file_is_not_found(database: Database):
    with pytest.raises(Problem) as refused:
        await people_on(database).card(999_999, "", by=1)
    assert refused.value.status == 404


async def test_a_file_that_an_agent_chose_is_noted_as_seen(database: Database):
    desk = people_on(database)
    made = await desk.open_file(FirstFile("孙行", "013900000780"), by=1)
    assert (await desk.card(made.id, "+8613900000780", by=7)).name == "孙行"
    query = select(AuditEntry.user_id, AuditEntry.data).where(AuditEntry.action == "patient.view", AuditEntry.object_id == str(made.id))
    seen = await database.run(lambda session: session.execute(query))
    assert [(row.user_id, row.data["patient_id"]) for row in seen] == [(7, made.id)]


async def test_an_agreed_contact_is_due_in_the_morning_of_the_day_and_moves_when_changed(database: Database):
    desk = people_on(database)
    card = await desk.open_file(FirstFile("钱进", "013900000779"), by=1)
    for day in (date(2026, 12, 1), date(2026, 12, 2)):
        await desk.plan_contact(card.id, day, CALL)
    due = await database.run(lambda session: _due(session, card.id))
    assert [one.isoformat() for one in due] == ["2026-12-02T01:00:00+00:00"]


async def _due(session: Session, patient_id: int) -> list[datetime]:
    return list(await session.scalars(select(FollowUpTask.due_at).where(FollowUpTask.patient_id == patient_id)))
