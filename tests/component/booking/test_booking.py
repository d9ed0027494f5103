"""Booking on real PostgreSQL: generation, holds, moves, refusals, stopped clinics."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import func, select, update

from crm.booking import (
    BookingRefused,
    Stop,
    Wish,
    arrive,
    book,
    book_slot,
    cancel,
    find_slots,
    generate,
    hold,
    keeper,
    move,
    no_show,
    release,
    reopen,
    stop_clinic,
)
from crm.booking.appointments import Details
from crm.booking.numbers import could_be_number
from crm.booking.policy import lock_generation
from crm.booking.view import appointment
from crm.database import Database
from crm.engine.audit import verify
from crm.models import Appointment, BookingNotice, BookingPolicy, Calendar, CalendarDay, ClinicRoster, ClinicSeat, ClinicSession
from tests.component.booking.conftest import TODAY, Hospital
from tests.support.waiting import until

pytestmark = pytest.mark.component

TUESDAY = TODAY + timedelta(days=1)


async def refused(code: str, work) -> BookingRefused:
    with pytest.raises(BookingRefused) as caught:
        await work
    assert caught.value.code == code
    return caught.value


# -- generation -------------------------------------------------------------------------------------------------------


async def test_generation_is_idempotent_and_counts_seats(hospital: Hospital) -> None:
    first = await hospital.do(generate)
    assert first.made == 6  # three weekly clinics, two weeks
    assert await hospital.do(generate) == type(first)()
    assert await hospital.rows(select(func.count()).select_from(ClinicSeat)) == [(2 * (4 * 2 + 4 * 2 + 2 * 1),)]
    free = await hospital.free(Wish(doctor_id=hospital.doctors[0]))
    assert [(one.day, one.starts, one.free, one.price_fen, one.place_zh) for one in free[:2]] == [
        (TUESDAY, time(8), 2, 5000, "3层"), (TUESDAY, time(8, 30), 2, 5000, "3层"),
    ]  # fmt: skip


async def test_a_changed_roster_changes_what_is_not_booked_and_names_what_is(hospital: Hospital) -> None:
    slot = (await hospital.free(Wish(doctor_id=hospital.doctors[0])))[0]
    await hospital.do(book_slot, slot.slot_id, hospital.patients[0])
    await hospital.database.run(
        lambda session: session.execute(update(ClinicRoster).where(ClinicRoster.id == hospital.rosters[0]).values(price_fen=8000))
    )
    result = await hospital.do(generate)
    assert (result.removed, result.made, result.kept) == (1, 1, (slot.session_id,))
    prices = {(one.day, one.price_fen) for one in await hospital.free(Wish(doctor_id=hospital.doctors[0]))}
    assert prices == {(TUESDAY, 5000), (TUESDAY + timedelta(days=7), 8000)}


async def test_a_holiday_that_is_declared_later_takes_the_free_sessions_away(hospital: Hospital) -> None:
    assert len({one.day for one in await hospital.free()}) == 2

    async def declare(session) -> None:
        session.add(Calendar(name="clinic", title_zh="门诊", title_en="Clinic"))
        await session.flush()
        session.add(CalendarDay(calendar="clinic", day=TUESDAY, kind="holiday"))

    await hospital.database.run(declare)
    assert {one.day for one in await hospital.free()} == {TUESDAY + timedelta(days=7)}


async def test_a_patient_does_not_wait_while_clinics_are_made_anew(hospital: Hospital, own_url: str) -> None:
    """What a caller asks is answered within seconds or not at all; the keeper hears of the change and is not waited for."""
    phone = hospital.door("phone")
    assert len(await hospital.free(by=phone)) > 0
    maker = Database(own_url, timeout_s=60.0)
    made, asked = asyncio.Event(), asyncio.Event()

    async def at_work(session) -> None:
        await session.execute(update(ClinicRoster).values(price_fen=9900))
        await lock_generation(session)
        made.set()
        await asked.wait()

    working = asyncio.create_task(maker.run(at_work))
    await made.wait()
    answered = await asyncio.wait_for(hospital.free(by=phone), 20)
    asked.set()
    await working
    assert {one.price_fen for one in answered} == {5000} == {one.price_fen for one in await hospital.free(by=phone)}
    keeping = asyncio.create_task(keeper.keep(maker, lambda: phone.now, phone.zone, every_s=3600))

    async def followed(price: int) -> None:
        async def told() -> bool:
            return {one.price_fen for one in await hospital.free(by=phone)} == {price}

        await until(told, 20, f"the keeper has followed {price}")

    await followed(9900)
    await hospital.database.run(lambda session: session.execute(update(ClinicRoster).values(price_fen=7700)))
    await followed(7700)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await maker.close()


async def test_a_roster_that_changes_while_clinics_are_made_is_not_lost(hospital: Hospital, own_url: str) -> None:
    """The one who makes them has read the rosters, another changes one, then both commit: the clinics stay out of date."""
    await hospital.do(generate)
    await hospital.database.run(lambda session: session.execute(update(ClinicRoster).values(price_fen=6600)))
    other = Database(own_url, timeout_s=60.0)

    async def made_meanwhile(session) -> None:
        await generate(session, hospital.by)
        changing = other.run(lambda later: later.execute(update(ClinicRoster).values(price_fen=8800)))
        waiting.append(asyncio.create_task(changing))
        await asyncio.sleep(0)

    waiting: list[asyncio.Task] = []
    await hospital.database.run(made_meanwhile)
    await asyncio.gather(*waiting)
    await other.close()
    assert await hospital.rows(select(BookingPolicy.generated_to)) == [(None,)]
    await hospital.do(generate)
    assert {one.price_fen for one in await hospital.free()} == {8800}
    assert await hospital.rows(select(BookingPolicy.generated_to)) != [(None,)]


async def test_a_roster_that_changes_after_rosters_were_read_is_not_lost(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    making = sys.modules["crm.booking.generate"]
    reconcile = making._reconcile

    async def changed_meanwhile(*given):
        await hospital.database.run(lambda later: later.execute(update(ClinicRoster).values(price_fen=8800)))
        return await reconcile(*given)

    monkeypatch.setattr(making, "_reconcile", changed_meanwhile)
    await hospital.do(generate)
    assert await hospital.rows(select(BookingPolicy.generated_to)) == [(None,)]
    monkeypatch.undo()
    assert {one.price_fen for one in await hospital.free()} == {8800}


# -- hold, book, move, cancel -----------------------------------------------------------------------------------------


async def test_a_held_seat_is_booked_with_a_number_the_price_and_the_best_telephone_number(hospital: Hospital) -> None:
    slot = (await hospital.free())[0]
    kept = await hospital.do(hold, slot.slot_id)
    assert (kept.state, kept.number, kept.patient_id) == ("held", "", None)
    made = await hospital.do(book, kept.id, hospital.patients[3], Details(note="复诊"))
    assert made.state == "booked" and could_be_number(made.number)
    assert (made.patient, made.contact_number, made.price_fen, made.note, made.queue_number) == ("病人3", "+8613900000003", 5000, "复诊", 1)
    assert await hospital.database.run(verify) is None


async def test_a_hold_that_ran_out_cannot_be_booked_and_its_seat_is_free(hospital: Hospital) -> None:
    slot = next(one for one in await hospital.free() if one.free == 1)
    kept = await hospital.do(hold, slot.slot_id, hospital.patients[0])
    assert slot.slot_id not in {one.slot_id for one in await hospital.free()}
    await refused("slot_full", hospital.do(hold, slot.slot_id, hospital.patients[1]))
    later = hospital.later(11)
    assert slot.slot_id in {one.slot_id for one in await hospital.free(by=later)}
    await refused("hold_expired", hospital.do(book, kept.id, by=later))
    other = await hospital.do(hold, slot.slot_id, hospital.patients[1], by=later)
    assert (await hospital.do(book, other.id, by=later)).state == "booked"
    assert (await hospital.do(appointment, kept.id)).state == "lapsed"


async def test_a_released_hold_is_free_at_once(hospital: Hospital) -> None:
    slot = next(one for one in await hospital.free() if one.free == 1)
    kept = await hospital.do(hold, slot.slot_id, hospital.patients[0])
    await hospital.do(release, kept.id)
    await hospital.do(release, kept.id)
    assert (await hospital.do(book_slot, slot.slot_id, hospital.patients[1])).state == "booked"


async def test_a_patient_is_never_in_two_places_at_one_time(hospital: Hospital) -> None:
    heart, other = hospital.doctors[0], hospital.doctors[2]
    first = next(one for one in await hospital.free(Wish(doctor_id=heart)) if one.starts == time(8))
    made = await hospital.do(book_slot, first.slot_id, hospital.patients[0])
    clash = next(one for one in await hospital.free(Wish(doctor_id=other)) if one.starts == time(8))
    wrong = await refused("same_time", hospital.do(book_slot, clash.slot_id, hospital.patients[0]))
    assert made.number in wrong.mend and wrong.field == "patient_id"
    beside = next(one for one in await hospital.free(Wish(doctor_id=other)) if one.starts == time(8, 30))
    assert (await hospital.do(book_slot, beside.slot_id, hospital.patients[0])).state == "booked"


async def test_a_patient_books_once_in_a_session(hospital: Hospital) -> None:
    slots = await hospital.free(Wish(doctor_id=hospital.doctors[0]))
    await hospital.do(book_slot, slots[0].slot_id, hospital.patients[0])
    await refused("same_clinic", hospital.do(book_slot, slots[2].slot_id, hospital.patients[0]))


async def test_moving_keeps_the_number_and_frees_the_seat(hospital: Hospital) -> None:
    slots = await hospital.free(Wish(doctor_id=hospital.doctors[2]))
    made = await hospital.do(book_slot, slots[0].slot_id, hospital.patients[0])
    moved = await hospital.do(move, made.id, slots[1].slot_id)
    assert (moved.number, moved.starts, moved.moves, moved.version) == (made.number, time(8, 30), 1, made.version + 1)
    assert slots[0].slot_id in {one.slot_id for one in await hospital.free(Wish(doctor_id=hospital.doctors[2]))}
    same = await hospital.do(move, made.id, slots[1].slot_id)
    assert same.version == moved.version


async def test_a_cancelled_appointment_frees_its_seat_and_cannot_be_cancelled_again(hospital: Hospital) -> None:
    slot = next(one for one in await hospital.free() if one.free == 1)
    made = await hospital.do(book_slot, slot.slot_id, hospital.patients[0])
    gone = await hospital.do(cancel, made.id, "感冒好了")
    assert (gone.state, gone.reason) == ("cancelled", "感冒好了")
    await refused("wrong_state", hospital.do(cancel, made.id))
    assert (await hospital.do(book_slot, slot.slot_id, hospital.patients[1])).state == "booked"


# -- rules ------------------------------------------------------------------------------------------------------------


async def test_seats_of_the_counter_are_not_sold_on_the_telephone(hospital: Hospital) -> None:
    wish = Wish(doctor_id=hospital.doctors[1], first=TUESDAY, last=TUESDAY)
    assert {one.free for one in await hospital.free(wish, by=hospital.door("phone"))} == {1}
    assert {one.free for one in await hospital.free(wish, by=hospital.door("window"))} == {2}
    slot = (await hospital.free(wish))[0].slot_id
    await hospital.do(book_slot, slot, hospital.patients[0], by=hospital.door("phone"))
    await refused("slot_full", hospital.do(book_slot, slot, hospital.patients[1], by=hospital.door("phone")))
    assert (await hospital.do(book_slot, slot, hospital.patients[1], by=hospital.door("window"))).state == "booked"


async def test_a_patient_alone_is_bound_by_the_policy_and_an_agent_is_not(hospital: Hospital) -> None:
    await hospital.do(generate)
    await hospital.database.run(lambda session: session.execute(update(BookingPolicy).values(open_limit=1, no_show_limit=1, cancel_until_min=120)))
    slots = await hospital.free(Wish(doctor_id=hospital.doctors[0]))
    weeks = [one for one in slots if one.starts == time(8)]
    made = await hospital.do(book_slot, weeks[0].slot_id, hospital.patients[0], by=hospital.door("phone"))
    await refused("too_many_open", hospital.do(book_slot, weeks[1].slot_id, hospital.patients[0], by=hospital.door("phone")))
    an_hour_before = 24 * 60 - 120  # Tuesday 07:00
    late = await refused("too_late", hospital.do(cancel, made.id, by=hospital.door("phone", an_hour_before)))
    assert "120 minutes" in late.rule
    await refused("too_early", hospital.do(no_show, made.id, by=hospital.later(an_hour_before)))
    after = 24 * 60
    await hospital.do(no_show, made.id, by=hospital.later(after))
    await refused("missed_too_often", hospital.do(book_slot, weeks[1].slot_id, hospital.patients[0], by=hospital.door("web", after)))
    assert (await hospital.do(book_slot, weeks[1].slot_id, hospital.patients[0], by=hospital.later(after))).state == "booked"


async def test_a_slot_that_has_begun_a_stranger_and_a_slot_that_is_gone_are_refused(hospital: Hospital) -> None:
    slot = (await hospital.free())[0]
    await refused("slot_past", hospital.do(book_slot, slot.slot_id, hospital.patients[0], by=hospital.later(23 * 60)))
    await refused("patient_missing", hospital.do(book_slot, slot.slot_id, 999_999))
    await refused("slot_gone", hospital.do(book_slot, 999_999, hospital.patients[0]))


async def test_arrival_and_a_late_arrival(hospital: Hospital) -> None:
    slot = (await hospital.free())[0]
    made = await hospital.do(book_slot, slot.slot_id, hospital.patients[0])
    await refused("too_early", hospital.do(arrive, made.id))
    tomorrow = hospital.later(24 * 60)
    await hospital.do(no_show, made.id, by=tomorrow)
    assert (await hospital.do(arrive, made.id, by=tomorrow)).state == "arrived"


# -- clinics that do not take place -----------------------------------------------------------------------------------


async def test_a_stopped_clinic_returns_everybody_and_none_of_its_seats_can_be_taken(hospital: Hospital) -> None:
    slots = await hospital.free(Wish(doctor_id=hospital.doctors[0], first=TUESDAY, last=TUESDAY))
    made = [await hospital.do(book_slot, slots[n].slot_id, hospital.patients[n]) for n in range(3)]
    kept = await hospital.do(hold, slots[3].slot_id, hospital.patients[5])
    stop = Stop(doctor_id=hospital.doctors[0], first=TUESDAY, last=TUESDAY + timedelta(days=7), kind="leave", reason="外出会诊")
    told = await hospital.do(stop_clinic, stop)
    assert [(one.number, one.contact_number, one.state) for one in told] == [
        (one.number, f"+86139000000{n:02d}", "stopped") for n, one in enumerate(made)
    ]  # fmt: skip
    assert (await hospital.do(appointment, kept.id)).state == "lapsed"
    assert await hospital.free(Wish(doctor_id=hospital.doctors[0])) == []
    await refused("clinic_stopped", hospital.do(book_slot, slots[3].slot_id, hospital.patients[4]))
    assert await hospital.rows(select(func.count()).where(BookingNotice.kind == "stopped", BookingNotice.state == "open")) == [(3,)]
    other = (await hospital.free(Wish(doctor_id=hospital.doctors[1])))[0]
    moved = await hospital.do(move, made[0].id, other.slot_id)
    assert (moved.state, moved.number) == ("booked", made[0].number)
    assert await hospital.rows(select(BookingNotice.state).where(BookingNotice.appointment_id == made[0].id)) == [("told",)]


async def test_sessions_made_after_the_absence_know_of_it(hospital: Hospital) -> None:
    await hospital.do(stop_clinic, Stop(doctor_id=hospital.doctors[0], first=TUESDAY, last=TUESDAY + timedelta(days=21), reason="休假"))
    in_ten_days = replace(hospital.by, now=hospital.by.now + timedelta(days=10))
    assert await hospital.free(Wish(doctor_id=hospital.doctors[0]), by=in_ten_days) == []
    states = await hospital.rows(select(ClinicSession.day, ClinicSession.state).where(ClinicSession.doctor_id == hospital.doctors[0]).order_by("day"))
    assert states == [(TUESDAY + timedelta(days=7 * n), "stopped") for n in range(4)]


async def test_a_substitute_takes_the_patients_over_unless_he_is_busy(hospital: Hospital) -> None:
    slot = next(one for one in await hospital.free(Wish(doctor_id=hospital.doctors[0])) if one.day == TUESDAY)
    made = await hospital.do(book_slot, slot.slot_id, hospital.patients[0])
    busy = Stop(doctor_id=hospital.doctors[0], first=TUESDAY, last=TUESDAY, substitute_id=hospital.doctors[1])
    assert [one.state for one in await hospital.do(stop_clinic, busy)] == ["stopped"]
    again = next(one for one in await hospital.free(Wish(doctor_id=hospital.doctors[0])))
    await hospital.do(move, made.id, again.slot_id)
    next_week = TUESDAY + timedelta(days=7)
    await hospital.do(stop_clinic, Stop(doctor_id=hospital.doctors[1], first=next_week, last=next_week))
    told = await hospital.do(stop_clinic, replace(busy, first=next_week, last=next_week))
    assert [(one.state, one.doctor_id) for one in told] == [("booked", hospital.doctors[1])]


async def test_a_reopened_session_can_be_booked_again(hospital: Hospital) -> None:
    slot = (await hospital.free())[0]
    await hospital.do(stop_clinic, Stop(session_id=slot.session_id, reason="停电"))
    await hospital.do(reopen, slot.session_id)
    assert (await hospital.do(book_slot, slot.slot_id, hospital.patients[0])).state == "booked"


# -- what is found, what is left -----------------------------------------------------------------------------------------


async def test_the_wish_finds_by_half_day_and_later_than(hospital: Hospital) -> None:
    found = await hospital.do(find_slots, Wish(half="pm"))
    assert found == []
    everything = await hospital.do(find_slots, Wish())
    rest = await hospital.do(find_slots, Wish(after=everything[0].starts_at))
    assert {one.slot_id for one in rest} < {one.slot_id for one in everything}


async def test_no_appointment_is_left_half_done(hospital: Hospital) -> None:
    slot = (await hospital.free())[0]
    with pytest.raises(BookingRefused):
        await hospital.do(book_slot, slot.slot_id, 424242)
    assert await hospital.rows(select(func.count()).select_from(Appointment)) == [(0,)]


async def test_the_keeper_ends_holds_and_outlives_a_refusing_database(hospital: Hospital, own_url: str) -> None:
    slot = (await hospital.free())[0]
    kept = await hospital.do(hold, slot.slot_id, hospital.patients[0])
    later = hospital.later(60)
    await keeper.once(hospital.database, later.now, later.zone)
    assert (await hospital.do(appointment, kept.id)).state == "lapsed"
    nowhere = Database(own_url.replace("test_", "no_such_"), timeout_s=2.0)
    await keeper.once(nowhere, later.now, later.zone)
    await nowhere.close()
