"""The desk's changes of people's files on a real database."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select

from callcenter.api.desk_keys import FirstFile
from callcenter.api.desk_people import DeskPeople
from callcenter.api.problems import Problem
from callcenter.crm_gateway import CrmGateway
from callcenter.settings import Settings
from crm.database import Database, Session
from crm.models import AuditEntry, FollowUpTask, UserAccount
from tests.fakes.clock import VirtualClock
from tests.unit.desk.world import CALL

pytestmark = pytest.mark.component
SETTINGS = Settings()


@pytest.fixture(autouse=True)
async def staff(database: Database) -> None:
    """Users 1 and 7, who write."""

    async def work(session: Session) -> None:
        for user_id in (1, 7):
            if await session.get(UserAccount, user_id) is None:
                session.add(UserAccount(id=user_id, username=f"nurse{user_id}", name="护士", password_hash="-"))

    await database.run(work)


def people_on(database: Database) -> DeskPeople:
    clock = VirtualClock()
    return DeskPeople(database, CrmGateway(database, SETTINGS, clock).callers, SETTINGS, clock)


async def test_a_new_file_is_found_by_its_number_and_audited(database: Database):
    desk = people_on(database)
    card = await desk.open_file(FirstFile("赵敏", "013900000777", "female", date(1990, 5, 1)), by=1)
    assert (card.name, card.gender, card.age, card.relation) == ("赵敏", "female", 36, "本人")
    found = await CrmGateway(database, SETTINGS, VirtualClock()).callers.people_at("+8613900000777")
    assert [one.id for one in found] == [card.id]
    deeds = await database.run(lambda session: _deeds(session, card.id))
    assert [(one.action, one.user_id) for one in deeds] == [("patient.add", 1), ("contact_phone.add", 1)]
    assert deeds[0].pii is not None and deeds[1].pii is not None
    assert deeds[0].pii["after"]["name"] == "赵敏"
    assert {name: deeds[1].pii["after"][name] for name in ("number", "raw", "relation")} == {
        "number": "+8613900000777", "raw": "013900000777", "relation": "本人",
    }  # fmt: skip


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
        await desk.plan_contact(card.id, day, CALL, by=7)
    due = await database.run(lambda session: _due(session, card.id))
    assert [one.isoformat() for one in due] == ["2026-12-02T01:00:00+00:00"]
    await desk.plan_contact(card.id, date(2026, 12, 2), CALL, by=7)
    told = [(one.action, one.user_id, one.data["fields"]) for one in await database.run(lambda session: _deeds(session, card.id))][2:]
    assert [(action, user) for action, user, _ in told] == [("follow_up_task.add", 7), ("follow_up_task.change", 7)]
    assert told[1][2] == ["due_at"]


async def _deeds(session: Session, patient_id: int) -> list[AuditEntry]:
    """Of this person's file, but for who looked at it."""
    of_file = AuditEntry.data["patient_id"].as_integer() == patient_id
    return list(await session.scalars(select(AuditEntry).where(of_file, AuditEntry.action.not_like("%.view")).order_by(AuditEntry.id)))


async def _due(session: Session, patient_id: int) -> list[datetime]:
    return list(await session.scalars(select(FollowUpTask.due_at).where(FollowUpTask.patient_id == patient_id)))
