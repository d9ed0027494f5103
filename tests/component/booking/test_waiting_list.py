"""The waiting list on real PostgreSQL: who is offered a freed seat, who is told, what happens when nobody answers."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from sqlalchemy import select, update

from crm.booking import (
    NewWish,
    Stop,
    Wish,
    add_seats,
    book,
    book_slot,
    cancel,
    hold,
    leave_waiting,
    move,
    release,
    stop_clinic,
    sweep,
    wait_for_slot,
)
from crm.booking.view import appointment
from crm.models import Appointment, BookingNotice, WaitingEntry
from tests.component.booking.conftest import TODAY, Hospital
from tests.component.booking.test_booking import TUESDAY, refused

pytestmark = pytest.mark.component


async def is_told(hospital: Hospital, state: str) -> None:
    """Somebody of ours has called about every open offer: `told`, or `unreachable`."""
    told = update(BookingNotice).where(BookingNotice.state == "open").values(state=state)
    await hospital.database.run(lambda session: session.execute(told))


async def states(hospital: Hospital) -> list[str]:
    return [state for (state,) in await hospital.rows(select(WaitingEntry.state).order_by(WaitingEntry.id))]


async def full(hospital: Hospital) -> list[int]:
    """Every slot of the second department booked; the appointments' ids."""
    made = []
    for n, slot in enumerate(await hospital.free(Wish(department_id=hospital.departments[1]))):
        made.append((await hospital.do(book_slot, slot.slot_id, hospital.patients[n])).id)
    assert len(made) == 4
    return made


def wish(hospital: Hospital, patient: int, days: int = 1) -> NewWish:
    return NewWish(hospital.patients[patient], hospital.departments[1], TODAY, TODAY + timedelta(days=days))


async def test_a_freed_seat_is_offered_in_the_order_of_the_list(hospital: Hospital) -> None:
    await refused("free_now", hospital.do(wait_for_slot, wish(hospital, 8)))
    booked = await full(hospital)
    first = await hospital.do(wait_for_slot, wish(hospital, 8))
    second = await hospital.do(wait_for_slot, wish(hospital, 9), by=hospital.later(1))
    await refused("waits_already", hospital.do(wait_for_slot, wish(hospital, 8)))
    await hospital.do(cancel, booked[0], by=hospital.later(2))
    assert await states(hospital) == ["offered", "waiting"]
    assert not [one for one in await hospital.free(Wish(department_id=hospital.departments[1]), by=hospital.later(3)) if one.day == TUESDAY]
    # the first is told and does not answer: after two hours the second is asked
    await is_told(hospital, "told")
    late = hospital.later(125)
    assert (await hospital.do(sweep, by=late)).offered == 1
    assert await states(hospital) == ["lapsed", "offered"] and first < second
    offer = (await hospital.rows(select(WaitingEntry.appointment_id).where(WaitingEntry.id == second)))[0][0]
    made = await hospital.do(book, offer, by=late)
    assert (made.state, made.patient_id) == ("booked", hospital.patients[9])
    assert await hospital.rows(select(WaitingEntry.state).where(WaitingEntry.id == second)) == [("taken",)]
    assert await hospital.rows(select(BookingNotice.state).where(BookingNotice.kind == "offered").order_by(BookingNotice.id)) == [
        ("told",), ("told",),
    ]  # fmt: skip


async def test_who_cannot_come_at_that_time_is_passed_over(hospital: Hospital) -> None:
    booked = await full(hospital)
    clash = next(one for one in await hospital.free(Wish(doctor_id=hospital.doctors[0])) if one.day == TUESDAY and one.starts == time(8))
    await hospital.do(book_slot, clash.slot_id, hospital.patients[8])
    await hospital.do(wait_for_slot, wish(hospital, 8))
    await hospital.do(wait_for_slot, wish(hospital, 9), by=hospital.later(1))
    await hospital.do(cancel, booked[0], by=hospital.later(2))
    assert await states(hospital) == ["waiting", "offered"]


async def test_more_seats_go_to_the_list_first_and_leaving_it_passes_the_offer_on(hospital: Hospital) -> None:
    booked = await full(hospital)
    one = await hospital.do(wait_for_slot, wish(hospital, 8))
    other = await hospital.do(wait_for_slot, wish(hospital, 9), by=hospital.later(1))
    slot = (await hospital.do(appointment, booked[0])).slot_id
    await hospital.do(add_seats, slot, 1, by=hospital.later(2))
    await hospital.do(leave_waiting, one, by=hospital.later(3))
    assert dict(await hospital.rows(select(WaitingEntry.id, WaitingEntry.state))) == {one: "cancelled", other: "offered"}


async def test_a_wish_whose_days_are_over_leaves_the_list(hospital: Hospital) -> None:
    await full(hospital)
    await hospital.do(wait_for_slot, wish(hospital, 8))
    assert (await hospital.do(sweep, by=hospital.later(3 * 24 * 60))).past == 1


# -- nobody answers, or nobody was told -------------------------------------------------------------------------------


async def test_whom_nobody_told_of_his_seat_keeps_his_place_and_the_seat_goes_round_once(hospital: Hospital) -> None:
    """A seat that is freed in the evening must not empty the list by morning, nor stand empty for one patient."""
    booked = await full(hospital)
    for patient, minute in ((8, 0), (9, 1)):
        await hospital.do(wait_for_slot, wish(hospital, patient, days=10), by=hospital.later(minute))
    await hospital.do(cancel, booked[0], by=hospital.later(2))
    seen = [await states(hospital)]
    for minute in (125, 250, 375):
        await hospital.do(sweep, by=hospital.later(minute))
        seen.append(await states(hospital))
    assert seen == [["offered", "waiting"], ["waiting", "offered"], ["waiting", "waiting"], ["waiting", "waiting"]]
    assert [one.day for one in await hospital.free(Wish(department_id=hospital.departments[1]), by=hospital.later(376))] == [TUESDAY]
    await hospital.do(cancel, booked[1], by=hospital.later(400))
    assert await states(hospital) == ["offered", "waiting"]


async def test_who_could_not_be_reached_gives_his_place_away(hospital: Hospital) -> None:
    booked = await full(hospital)
    await hospital.do(wait_for_slot, wish(hospital, 8))
    await hospital.do(cancel, booked[0], by=hospital.later(2))
    await is_told(hospital, "unreachable")
    await hospital.do(sweep, by=hospital.later(125))
    assert await states(hospital) == ["lapsed"]


async def test_an_offer_that_is_declined_ends_the_wish_and_one_in_a_stopped_clinic_does_not(hospital: Hospital) -> None:
    booked = await full(hospital)
    await hospital.do(wait_for_slot, wish(hospital, 8))
    await hospital.do(wait_for_slot, wish(hospital, 9, days=10), by=hospital.later(1))
    await hospital.do(cancel, booked[0], by=hospital.later(2))
    (offer,) = await hospital.rows(select(Appointment.id, Appointment.session_id).where(Appointment.state == "held"))
    await hospital.do(release, offer.id, by=hospital.later(3))
    assert await states(hospital) == ["lapsed", "offered"]
    await is_told(hospital, "told")
    await hospital.do(stop_clinic, Stop(session_id=offer.session_id, reason="停电"), by=hospital.later(4))
    assert await states(hospital) == ["lapsed", "waiting"]


# -- nobody gets past those who wait ----------------------------------------------------------------------------------


async def test_a_seat_that_became_free_unseen_is_offered_before_a_stranger_takes_it(hospital: Hospital) -> None:
    """A patient's old hold ends when he books elsewhere; those who wait for that slot are asked first, whoever comes to it next."""
    slot = (await hospital.free(Wish(department_id=hospital.departments[1])))[0]
    held = await hospital.do(hold, slot.slot_id, hospital.patients[0])
    for n, one in enumerate(await hospital.free(Wish(department_id=hospital.departments[1]))):
        await hospital.do(book_slot, one.slot_id, hospital.patients[n + 1])
    await hospital.do(wait_for_slot, wish(hospital, 8), by=hospital.later(1))
    elsewhere = (await hospital.free(Wish(doctor_id=hospital.doctors[0])))[-1]
    await hospital.do(book_slot, elsewhere.slot_id, hospital.patients[0], by=hospital.later(11))
    assert (await hospital.do(appointment, held.id)).state == "lapsed"
    await refused("slot_full", hospital.do(book_slot, slot.slot_id, hospital.patients[5], by=hospital.later(11)))


async def test_the_first_who_waits_may_take_the_seat_himself_and_waits_no_more(hospital: Hospital) -> None:
    slot = (await hospital.free(Wish(department_id=hospital.departments[1])))[0]
    await hospital.do(hold, slot.slot_id, None)
    for n, one in enumerate(await hospital.free(Wish(department_id=hospital.departments[1]))):
        await hospital.do(book_slot, one.slot_id, hospital.patients[n + 1])
    await hospital.do(wait_for_slot, wish(hospital, 8), by=hospital.later(1))
    await hospital.do(wait_for_slot, wish(hospital, 9), by=hospital.later(2))
    made = await hospital.do(book_slot, slot.slot_id, hospital.patients[8], by=hospital.later(11))
    assert made.state == "booked" and await states(hospital) == ["taken", "waiting"]


async def test_who_moves_to_what_he_waited_for_waits_no_more(hospital: Hospital) -> None:
    booked = await full(hospital)
    row = await hospital.do(appointment, booked[-1])
    mine = row.patient_id
    assert mine is not None
    await hospital.do(wait_for_slot, NewWish(mine, hospital.departments[1], TUESDAY, TUESDAY))
    first = await hospital.do(appointment, booked[0])
    await hospital.do(cancel, booked[0], by=hospital.later(2))
    await hospital.do(sweep, by=hospital.later(125))
    assert await states(hospital) == ["waiting"]
    await hospital.do(move, row.id, first.slot_id, by=hospital.later(126))
    assert await states(hospital) == ["taken"]
