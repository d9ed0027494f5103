"""The shipped flows on the invented hospital's real data, without a telephone: what a caller keys in, and what he is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from callcenter.commands import (
    Act,
    CheckHours,
    Done,
    Found,
    Gather,
    Heard,
    Keys,
    Lookup,
    Prompt,
    Say,
    SayDigits,
    SayMoney,
    SayName,
    WhoCalls,
)
from callcenter.crm_gateway import CrmGateway
from callcenter.ivr import actions, engine, lookups
from callcenter.ivr.step import Step
from callcenter.ports import ActContext
from callcenter.settings import Settings
from crm.database import Database
from crm.demo.ivr_services import TIPS
from crm.models import Appointment, CallRating, ContactPhone, Patient
from tests.fakes.clock import VirtualClock
from tests.unit.ivr.fakes import shipped

pytestmark = pytest.mark.component
ZHANG, WANG, DAUGHTER, STRANGER = (f"+861390000000{n}" for n in (1, 2, 4, 8))


@dataclass
class Visit:
    """A caller in the shipped flows, with the real gateway behind them."""

    gateway: CrmGateway
    database: Database
    number: str
    session: str
    now: datetime
    language: str = "zh"
    step: Step = field(init=False)
    told: list[str] = field(default_factory=list)

    async def keys(self, *pressed: str) -> list[str]:
        """What is said from the first key on, until the next one is waited for."""
        self.told = []
        for one in pressed:
            assert isinstance(self.step.commands[-1], Gather), f"{self.step.node} reads no key"
            await self._go_on(Keys(one))
        return self.told

    async def begin(self) -> Visit:
        self.step = engine.begin(shipped(), "main_menu", self.language)
        await self._until_asked()
        return self

    async def _go_on(self, heard: Heard) -> None:
        self.step = engine.advance(shipped(), self.step, heard)
        await self._until_asked()

    async def _until_asked(self) -> None:
        self._listen()
        while not isinstance(self.step.commands[-1], Gather) and not self.step.ended:
            command = self.step.commands[-1]
            if not isinstance(command, Lookup | Act | WhoCalls | CheckHours | Say):
                return
            self.step = engine.advance(shipped(), self.step, await self._answer(command))
            self._listen()

    async def _answer(self, command: Lookup | Act | WhoCalls | CheckHours | Say) -> Heard:
        match command:
            case Lookup(name, arguments):
                found = await self.gateway.lookups.ask(name, arguments, self.now, self.session)
                assert lookups.problem_of(name, found) == ""
                return found
            case Act(name, arguments):
                context = ActContext(f"{self.session}-{self.step.entry}", self.session, self.number, self.step.language, self.now)
                found = await self.gateway.actions.act(name, arguments, context)
                assert actions.problem_of(name, found) == ""
                return found
            case WhoCalls():
                known = len(await self.gateway.callers.people_at(self.number))
                return Found(("unknown", "known", "several")[min(known, 2)])
            case CheckHours():
                return Found("open")
        return Done()

    def _listen(self) -> None:
        for command in self.step.commands:
            if isinstance(command, Say | Gather):
                self.told += [_said(one) for one in command.spoken]

    @property
    def node(self) -> str:
        return self.step.node


def _said(one: Any) -> str:
    match one:
        case Prompt():
            return one.id
        case SayName():
            return one.text
        case SayMoney() | SayDigits():
            return str(one.value)
    return type(one).__name__


def in_order(told: list[str], *wanted: str) -> None:
    rest = iter(told)
    assert all(one in rest for one in wanted), f"{wanted} is not in {told}"


@pytest.fixture
def own_demo_url(demo_template: tuple[str, dict[str, str]], make_database: Any) -> str:
    """The invented hospital for this test."""
    return make_database(demo_template[0])


@pytest.fixture
async def hospital(own_demo_url: str) -> AsyncIterator[Database]:
    database = Database(own_demo_url, timeout_s=30.0)
    yield database
    await database.close()


@pytest.fixture
async def call(hospital: Database, tmp_path: Any) -> Any:
    settings = Settings.model_validate({"home": tmp_path, "timeouts": {"store_s": 30.0, "store_patience_s": 20.0}})
    now = datetime.now(UTC)
    serial = iter(range(1, 100))

    async def begin(number: str, language: str = "zh") -> Visit:
        gateway = CrmGateway(hospital, settings, VirtualClock(now))
        return await Visit(gateway, hospital, number, f"node1-{next(serial)}.1", now + timedelta(seconds=1), language).begin()

    return begin


async def born(database: Database, number: str, relation: str = "本人") -> str:
    query = select(Patient.birth_date).join(ContactPhone).where(ContactPhone.number == number, ContactPhone.relation == relation)
    return f"{await database.run(lambda session: session.scalar(query)):%Y%m%d}"


async def rows(database: Database, query: Any) -> list[Any]:
    async def read(session: Any) -> list[Any]:
        return list((await session.execute(query)).all())

    return await database.run(read)


async def test_prices_need_nobody_to_identify_himself(call: Any) -> None:
    caller = await call(STRANGER)
    assert await caller.keys("4") == ["records_menu"]
    in_order(await caller.keys("1"), "price_groups", "挂号", "press_1")
    in_order(await caller.keys("1"), "普通门诊挂号", "10.00", "tell_keys")


async def test_a_son_s_mother_is_asked_for_whom_and_hears_what_is_due_for_him(call: Any, hospital: Database) -> None:
    caller = await call(WANG)
    assert await caller.keys("5", "1") == ["care_menu", "identify_known"]
    in_order(await caller.keys(await born(hospital, WANG)), "you_entered", "right_or_wrong")
    in_order(await caller.keys("1"), "whose", "您本人", "press_1", "您的儿子", "李明", "press_2")
    in_order(await caller.keys("2"), "reminders_intro", "儿科", "疫苗接种")


async def test_open_fees_are_told_and_another_service_does_not_ask_again_who_he_is(call: Any, hospital: Database) -> None:
    caller = await call(ZHANG)
    await caller.keys("4", "2", await born(hospital, ZHANG))
    in_order(await caller.keys("1"), "fees_total", "144.30", "检查费", "80.00")
    in_order(await caller.keys("*", "3", "1", "1"), "CT检查", "报告还没有出来", "超声检查", "报告已经出来了")


async def test_the_daughter_hears_of_reports_and_not_of_money(call: Any, hospital: Database) -> None:
    caller = await call(DAUGHTER)
    await caller.keys("4", "3", await born(hospital, ZHANG))
    in_order(await caller.keys("1"), "报告还没有出来")
    assert (await caller.keys("*", "2"))[-2:] == ["not_allowed", "connecting"]


async def test_a_caller_hears_of_tomorrow_s_appointment_before_he_is_identified_and_no_more(call: Any, hospital: Database) -> None:
    his = Appointment.patient_id.in_(select(ContactPhone.patient_id).where(ContactPhone.number == ZHANG))
    caller = await call(ZHANG)
    one = await rows(hospital, select(func.min(Appointment.starts_at)).where(his, Appointment.state == "booked"))
    caller.now = one[0][0] - timedelta(days=1)
    assert await caller.keys("3") == ["soon_tomorrow", "appointment_menu"]
    again = await call(ZHANG)
    again.now = one[0][0] - timedelta(days=3)
    assert await again.keys("3") == ["appointment_menu"]


async def test_booking_moving_and_cancelling_by_keys_alone(call: Any, hospital: Database) -> None:
    caller = await call(WANG)
    await caller.keys("3", "1", await born(hospital, WANG), "1", "1")
    assert caller.node == "department"
    in_order(await caller.keys("1", "1"), "booking_way", "booking_offers")
    # Not the first that is offered: at some hours it begins so soon that it cannot be moved any more.
    in_order(await caller.keys("2"), "booking_check", "心内科", "fee_word", "booking_keys")
    told = await caller.keys("1")
    number = (await rows(hospital, select(Appointment.number).where(Appointment.linkedid == caller.session)))[0][0]
    in_order(told, "booked", "booked_number", number, "come_early")
    in_order(await caller.keys("*", "2", "1"), "own_intro", "心内科", "已预约成功")
    in_order(await caller.keys("1"), "booked_number", number, "own_keys")
    in_order(await caller.keys("2"), "move_day")
    in_order(await caller.keys("2", "3"), "move_check", "心内科", "booking_keys")
    in_order(await caller.keys("1"), "moved", "anything_else")
    in_order(await caller.keys("*", "2", "1", "1"), "own_keys")
    assert (await caller.keys("3"))[-1] == "cancel_keys"
    in_order(await caller.keys("1"), "cancelled", "anything_else")
    made = await rows(hospital, select(Appointment.state, Appointment.moves).where(Appointment.number == number))
    assert made == [("cancelled", 1)]


async def test_choosing_again_lets_go_of_the_seat(call: Any, hospital: Database) -> None:
    caller = await call(WANG)
    await caller.keys("3", "1", await born(hospital, WANG), "1", "1", "1", "2", "1", "1", "1")
    assert caller.node == "check"
    await caller.keys("2")
    assert caller.node == "department"
    assert await rows(hospital, select(Appointment.state).where(Appointment.linkedid == caller.session)) == [("lapsed",)]


async def test_by_card_from_an_unknown_number_in_english(call: Any, hospital: Database) -> None:
    caller = await call(STRANGER, "en")
    mrn = (await rows(hospital, select(Patient.mrn).where(Patient.name == "Emily Carter")))[0][0]
    assert (await caller.keys("4", "2"))[-1] == "identify_card"
    birth = await born(hospital, "+8613900000003")
    in_order(await caller.keys(mrn, "1", birth, "1"), "you_entered", mrn, "identify_birth", "fees_total", "260.00", "treatment")


async def test_three_wrong_dates_lead_to_an_agent_and_a_closed_file(call: Any) -> None:
    caller = await call(ZHANG)
    await caller.keys("4", "2")
    for _ in range(2):
        in_order(await caller.keys("19990909", "1"), "identify_wrong", "identify_known")
    assert (await caller.keys("19990909", "1"))[-2:] == ["identify_failed", "connecting"]


async def test_a_department_is_described_and_hours_are_told(call: Any) -> None:
    caller = await call(STRANGER)
    told = await caller.keys("1", "7", "1")
    in_order(told, "booking_department", "心内科", "在", "门诊楼", "SayNumber", "层", "A区", "星期一到星期五", "电话", "99008101")
    caller = await call(STRANGER)
    in_order(await caller.keys("1", "8"), "SayWeekday", "SayTime", "until", "SayTime")


async def test_a_tip_is_spoken_as_it_was_written(call: Any) -> None:
    told = await (await call(STRANGER)).keys("5", "2", "5")
    in_order(told, "tips_note", "中风", "press_5", TIPS[4][2], "after_topic")


async def test_a_rating_stands_with_its_call(call: Any, hospital: Database) -> None:
    caller = await call(STRANGER)
    context = ActContext("k", caller.session, STRANGER, "zh", caller.now)
    assert (await caller.gateway.actions.act("rate", {"score": "5"}, context)).exit == "rated"
    assert await rows(hospital, select(CallRating.linkedid, CallRating.score)) == [(caller.session, 5)]


async def test_own_data_of_somebody_this_call_did_not_identify_is_unavailable(call: Any) -> None:
    caller = await call(ZHANG)
    for person in ("1", "2", "", "1 OR 1=1", "99999999999999"):
        for name in ("own_fees", "own_reports", "own_reminders", "own_appointments", "own_stay"):
            assert (await caller.gateway.lookups.ask(name, {"person": person}, caller.now, caller.session)).exit == "unavailable"
