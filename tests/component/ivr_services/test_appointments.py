"""Appointments by telephone on real PostgreSQL: what is offered, who may, what is done once, what is let go."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from crm import booking
from crm.booking import By, Wish
from crm.booking.errors import REFUSALS
from crm.ivr import acts, appointments, clinics, keeper
from crm.ivr.acts import Answer
from crm.models import Appointment, AuditEntry, BookingPolicy, CallPerson, CallRecord, ClinicSeat, IvrAct
from tests.component.booking.conftest import NOW, SHANGHAI, TODAY
from tests.component.ivr_services.conftest import KEYED, Line

pytestmark = pytest.mark.component
TUESDAY = TODAY + timedelta(days=1)


async def first_slot(line: Line, place: int = 0) -> int:
    return int((await line.do(clinics.first_free, line.hospital.departments[place]))[0]["id"])


async def daughter(line: Line) -> int:
    """Identified."""
    await line.identify(KEYED["daughter"])
    return line.people["daughter"]


async def states(line: Line, person: int) -> list[str]:
    return [row[0] for row in await line.hospital.rows(select(Appointment.state).where(Appointment.patient_id == person).order_by(Appointment.id))]


async def booked(line: Line, person: int, place: int = 0) -> Answer:
    held = await line.do(appointments.hold, person, await first_slot(line, place))
    return await line.do(appointments.confirm, person, int(held.values["id"]))


# -- what is offered ----------------------------------------------------------------------------------------------------------


async def test_departments_doctors_days_and_times_lead_to_a_seat_for_this_door(line: Line) -> None:
    departments = await line.do(clinics.departments)
    assert [one["name_zh"] for one in departments] == ["心内科", "皮肤科"]
    department = int(departments[0]["id"])
    doctors = await line.do(clinics.doctors, department)
    assert [one["name_zh"] for one in doctors] == ["医生0", "医生1"]
    days = await line.do(clinics.days, department, int(doctors[0]["id"]))
    assert days[0] == {"id": TUESDAY.isoformat(), "day": TUESDAY.isoformat(), "weekday": 2}
    times = await line.do(clinics.times, department, int(doctors[0]["id"]), TUESDAY)
    assert [one["time"] for one in times] == ["08:00", "08:30", "09:00", "09:30"] and times[0]["price"] == "50.00"
    assert [one["doctor_zh"] for one in await line.do(clinics.first_free, department)] == ["医生0", "医生1", "医生0"]
    everybody = {one["doctor_zh"] for one in await line.do(clinics.times, department, None, TUESDAY)}
    assert everybody == {"医生0", "医生1"}


async def test_a_department_without_a_free_seat_is_not_offered(line: Line) -> None:
    await line.database.run(lambda session: session.execute(update(ClinicSeat).values(sources=["window"])))
    await line.do(clinics.departments)
    await line.database.run(lambda session: session.execute(update(ClinicSeat).values(sources=["window"])))
    assert await line.do(clinics.departments) == [] and await line.do(clinics.first_free, line.hospital.departments[0]) == []


# -- who may ------------------------------------------------------------------------------------------------------------------


async def test_nobody_books_who_did_not_identify_himself_or_may_not(line: Line) -> None:
    slot, father = await first_slot(line), line.people["father"]
    refused = Answer("refused", {"reason": "not_allowed"})
    assert await line.do(appointments.hold, line.people["daughter"], slot) == refused
    await daughter(line)
    assert await line.do(appointments.hold, father, slot) == refused
    await line.add(CallPerson(linkedid=line.caller.linkedid, patient_id=father, topics=["appointments"], own=False, at=NOW))
    assert await line.do(appointments.hold, father, slot) == refused


async def test_a_hold_of_another_call_cannot_be_confirmed_or_let_go(line: Line) -> None:
    person = await daughter(line)
    held = await line.do(appointments.hold, person, await first_slot(line))
    other = line.call(7)
    await line.identify(KEYED["daughter"], "", other)
    hold = int(held.values["id"])
    assert (await line.do(appointments.confirm, person, hold, caller=other)).exit == "refused"
    assert await line.do(appointments.release, hold, caller=other) == Answer("released") and await states(line, person) == ["held"]


async def test_another_s_appointment_is_neither_moved_nor_cancelled_nor_confirmed(line: Line) -> None:
    made = await line.hospital.do(booking.book_slot, await first_slot(line, 1), line.hospital.patients[0])
    person = await daughter(line)
    for answer in (
        await line.do(appointments.cancel, person, made.id), await line.do(appointments.attend, person, made.id),
        await line.do(appointments.move, person, made.id, await first_slot(line)),
    ):  # fmt: skip
        assert answer == Answer("refused", {"reason": "not_allowed"})
    assert (await line.do(appointments.cancel, person, 999_999)).exit == "refused"


# -- doing --------------------------------------------------------------------------------------------------------------------


async def test_hold_confirm_and_the_list_of_his_own(line: Line) -> None:
    person = await daughter(line)
    answer = await booked(line, person)
    assert answer.exit == "confirmed" and len(answer.values["number"]) == 8 and answer.values["department_zh"] == "心内科"
    mine = await line.do(clinics.mine, person)
    assert [(one["number"], one["day"], one["time"], one["state_zh"]) for one in mine] == [
        (answer.values["number"], TUESDAY.isoformat(), "08:00", "已预约成功")
    ]
    told = await line.do(clinics.result_of, answer.values["number"])
    assert set(told[0]) == {"id", "number", "state", "state_zh", "state_en"}
    assert await line.do(clinics.result_of, "12345678") == []


async def test_a_seat_that_went_meanwhile_is_taken_and_leaves_nothing_held(line: Line) -> None:
    person, slot = await daughter(line), await first_slot(line)
    held = await line.do(appointments.hold, person, slot)
    await line.database.run(lambda session: booking.release(session, line.hospital.by, int(held.values["id"])))
    assert (await line.do(appointments.confirm, person, int(held.values["id"]))).exit == "taken"
    for patient in line.hospital.patients[:2]:
        await line.hospital.do(booking.book_slot, slot, patient)
    assert await line.do(appointments.hold, person, slot) == Answer("taken", {"reason": "slot_full"})
    assert await states(line, person) == ["lapsed"]


async def test_a_call_holds_one_seat_at_a_time(line: Line) -> None:
    person = await daughter(line)
    await line.do(appointments.hold, person, await first_slot(line))
    await line.do(appointments.hold, person, await first_slot(line, 1))
    assert await states(line, person) == ["lapsed", "held"]


async def test_what_the_rules_refuse_names_its_reason(line: Line) -> None:
    person = await daughter(line)
    await booked(line, person)
    refused = await line.do(appointments.hold, person, await first_slot(line))
    assert refused.exit == "refused" and refused.values["reason"] in ("same_time", "same_clinic") and refused.values["reason"] in REFUSALS
    await line.database.run(lambda session: session.execute(update(BookingPolicy).values(open_limit=1)))
    await line.database.run(lambda session: session.execute(update(Appointment).values(starts_at=Appointment.starts_at + timedelta(days=7),
    ends_at=Appointment.ends_at + timedelta(days=7))))  # fmt: skip
    assert (await line.do(appointments.hold, person, await first_slot(line, 1))).values["reason"] == "too_many_open"


async def test_moving_keeps_the_number_and_cancelling_frees_the_seat(line: Line) -> None:
    person = await daughter(line)
    answer = await booked(line, person)
    made, number = int(answer.values["id"]), answer.values["number"]
    moved = await line.do(appointments.move, person, made, await first_slot(line, 1))
    assert (moved.exit, moved.values["number"], moved.values["department_zh"]) == ("moved", number, "皮肤科")
    assert (await line.do(appointments.cancel, person, made)).exit == "cancelled"
    assert (await line.do(appointments.cancel, person, made)).exit == "refused" and await states(line, person) == ["cancelled"]


async def test_too_late_to_cancel_alone(line: Line) -> None:
    person = await daughter(line)
    answer = await booked(line, person)
    late = replace(line.caller, now=NOW + timedelta(hours=22, minutes=50))
    assert await line.do(appointments.cancel, person, int(answer.values["id"]), caller=late) == Answer("refused", {"reason": "too_late"})


async def test_who_says_he_will_come_is_written_down(line: Line) -> None:
    person = await daughter(line)
    answer = await booked(line, person)
    assert (await line.do(appointments.attend, person, int(answer.values["id"]))).exit == "confirmed"
    actions = [row[0] for row in await line.hospital.rows(select(AuditEntry.action).order_by(AuditEntry.id))]
    assert actions[-1] == "appointment.attend"


async def test_before_he_is_identified_a_caller_hears_no_more_than_the_day(line: Line) -> None:
    assert await line.do(clinics.is_soon) == ""
    person = await daughter(line)
    await booked(line, person)
    assert await line.do(clinics.is_soon) == "tomorrow"
    assert await line.do(clinics.is_soon, caller=replace(line.caller, now=NOW + timedelta(hours=18))) == "today"
    assert await line.do(clinics.is_soon, caller=replace(line.caller, number="")) == ""


# -- once, and let go ---------------------------------------------------------------------------------------------------------


async def test_an_action_asked_again_with_its_key_is_done_once_also_at_the_same_time(line: Line) -> None:
    person = await daughter(line)
    held = await line.do(appointments.hold, person, await first_slot(line))

    async def confirm(key: str) -> Answer:
        async def work(session):
            return await acts.once(
                session, key, "book_confirm", NOW, lambda: appointments.confirm(session, line.caller, person, int(held.values["id"]))
            )

        return await line.database.run(work)

    answers = await asyncio.gather(*(confirm("node1-1.1-40") for _ in range(8)))
    assert {one.exit for one in answers} == {"confirmed"} and len({one.values["number"] for one in answers}) == 1
    assert await states(line, person) == ["booked"]
    assert (await confirm("node1-1.1-41")).values["number"] == answers[0].values["number"]


async def test_an_action_that_broke_leaves_no_answer_behind(line: Line) -> None:
    async def broken() -> Answer:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await line.database.run(lambda session: acts.once(session, "k", "x", NOW, broken))
    assert await line.hospital.rows(select(IvrAct)) == []


async def test_many_callers_at_one_slot_share_no_seat(line: Line) -> None:
    slot, patients = await first_slot(line), line.hospital.patients
    callers = [replace(line.caller, linkedid=f"node1-{n}.9") for n in range(10)]
    await line.add(
        *(
            CallPerson(linkedid=one.linkedid, patient_id=patient, topics=["booking"], own=True, at=NOW)
            for one, patient in zip(callers, patients, strict=False)
        )
    )
    answers = await asyncio.gather(
        *(line.do(appointments.hold, patient, slot, caller=one) for one, patient in zip(callers, patients, strict=False))
    )
    assert sorted(one.exit for one in answers) == ["held"] * 2 + ["taken"] * 8


async def test_who_leaves_lets_go_and_what_a_dead_controller_left_is_let_go_later(line: Line) -> None:
    person = await daughter(line)
    await line.do(appointments.hold, person, await first_slot(line))
    assert await line.do(appointments.release_all) == 1 and await states(line, person) == ["lapsed"]
    await line.do(appointments.hold, person, await first_slot(line))
    await keeper.once(line.database, NOW, SHANGHAI)
    assert (await states(line, person))[-1] == "held"
    ended = {"started_at": NOW, "status": "ended", "direction": "inbound", "language": "zh", "candidate_ids": [], "queue": "", "queue_result": "",
    "agent_ids": [], "wait_s": 0, "talk_s": 0, "hold_s": 0, "ivr_path": [], "legs": [], "transfers": 0, "disposition": "", "note": "",
    "recording_file": "", "message_ids": [], "fallback": "", "recovered": 0, "hangup_cause": 16, "lost": False}  # fmt: skip
    await line.add(CallRecord(linkedid=line.caller.linkedid, node="node1", **ended))
    await keeper.once(line.database, NOW, SHANGHAI)
    assert (await states(line, person))[-1] == "lapsed"
    assert await line.database.run(lambda session: appointments.release_left(session, By("phone", NOW, SHANGHAI))) == 0
    assert (await line.hospital.free(Wish(), by=line.caller.by))[0].free == 2
