"""200 people book at once, and any sequence of deeds leaves what the rules promise."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from crm.booking import BookingRefused, FreeSlot, Wish, book, book_slot, cancel, hold, move, release, sweep
from crm.database import Database
from crm.engine.audit import verify
from crm.errors import StatementRefused
from crm.models import Appointment, ClinicSeat, Patient
from tests.component.booking.conftest import TODAY, Hospital, built

pytestmark = pytest.mark.component

BOOKERS = 200
CONNECTIONS = 30
TUESDAY = TODAY + timedelta(days=1)

DOUBLE_SEATS = """SELECT seat_id FROM appointment WHERE state IN ('held', 'booked', 'arrived') GROUP BY seat_id HAVING count(*) > 1"""
OVERLAPS = """SELECT a.id FROM appointment a JOIN appointment b ON a.patient_id = b.patient_id AND a.id < b.id
    AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
    WHERE a.state IN ('held', 'booked', 'arrived') AND b.state IN ('held', 'booked', 'arrived')"""
TWICE_IN_SESSION = """SELECT patient_id FROM appointment WHERE state IN ('held', 'booked', 'arrived') AND patient_id IS NOT NULL
    GROUP BY patient_id, session_id HAVING count(*) > 1"""
WRONG_TIMES = """SELECT a.id FROM appointment a JOIN clinic_slot s ON s.id = a.slot_id
    WHERE a.starts_at <> s.starts_at OR a.ends_at <> s.ends_at OR a.session_id <> s.session_id"""
SHARED_NUMBERS = """SELECT number FROM appointment WHERE number IS NOT NULL GROUP BY number HAVING count(*) > 1"""
PROMISES = (DOUBLE_SEATS, OVERLAPS, TWICE_IN_SESSION, WRONG_TIMES, SHARED_NUMBERS)


async def broken_promises(database: Database) -> list[str]:
    async def look(session: AsyncSession) -> list[str]:
        return [query for query in PROMISES if (await session.execute(text(query))).first() is not None]

    return await database.run(look)


@pytest.fixture
async def crowd(own_url: str) -> AsyncIterator[Hospital]:
    """The hospital with as many patients as bookers and many connections."""
    database = Database(own_url, timeout_s=120.0, pool_size=CONNECTIONS)
    hospital = await built(database)

    async def more(session: AsyncSession) -> list[int]:
        people = [Patient(name=f"众人{n}") for n in range(BOOKERS)]
        session.add_all(people)
        await session.flush()
        return [one.id for one in people]

    hospital.patients = await database.run(more)
    yield hospital
    await database.close()


async def attempt(work) -> str:
    """"booked", or the code of the refusal."""
    try:
        return (await work).state
    except BookingRefused as refused:
        return refused.code


async def test_two_hundred_bookers_of_one_slot_get_exactly_its_seats(crowd: Hospital) -> None:
    slot = (await crowd.free(Wish(doctor_id=crowd.doctors[0])))[0]
    results = await asyncio.gather(*(attempt(crowd.do(book_slot, slot.slot_id, patient)) for patient in crowd.patients))
    assert Counter(results) == {"booked": 2, "slot_full": BOOKERS - 2}
    assert await broken_promises(crowd.database) == []


async def test_two_hundred_bookers_of_a_whole_day_sell_every_seat_once(crowd: Hospital) -> None:
    """Each takes what is free as long as something is; nobody is told it is full while a seat is left."""

    async def book_anything(patient: int) -> str:
        while found := await crowd.free():
            slot = random.choice(found)
            result = await attempt(crowd.do(book_slot, slot.slot_id, patient))
            if result != "slot_full":
                return result
        return "nothing left"

    results = Counter(await asyncio.gather(*(book_anything(patient) for patient in crowd.patients)))
    total = (await crowd.rows(select(func.count()).select_from(ClinicSeat).where(ClinicSeat.sources.contains(["agent"]))))[0][0]
    assert results == {"booked": total, "nothing left": BOOKERS - total}
    assert await broken_promises(crowd.database) == []


async def test_one_patient_booked_by_many_agents_at_once_has_one_appointment_at_a_time(crowd: Hospital) -> None:
    slots = [one for one in await crowd.free() if one.day == TUESDAY]
    results = await asyncio.gather(*(attempt(crowd.do(book_slot, slot.slot_id, crowd.patients[0])) for slot in slots * 5))
    assert "booked" in results and set(results) <= {"booked", "same_time", "same_clinic", "slot_full"}
    assert await broken_promises(crowd.database) == []


async def test_a_storm_of_every_deed_keeps_every_promise(crowd: Hospital) -> None:
    slots = await crowd.free()
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    results: Counter[str] = Counter()

    async def one_of_them(patient: int) -> None:
        for _ in range(3):
            slot, other = chance.choice(slots), chance.choice(slots)
            try:
                made = await crowd.do(hold, slot.slot_id, patient)
                if chance.random() < 0.2:
                    await crowd.do(release, made.id)
                    continue
                await crowd.do(book, made.id)
                if chance.random() < 0.5:
                    await crowd.do(move, made.id, other.slot_id)
                if chance.random() < 0.5:
                    await crowd.do(cancel, made.id)
                results["done"] += 1
            except BookingRefused as refused:
                results[refused.code] += 1

    async with asyncio.TaskGroup() as group:
        for patient in crowd.patients[:80]:
            group.create_task(one_of_them(patient), name=f"booker-{patient}")
        group.create_task(crowd.do(sweep, by=crowd.later(1)), name="sweep")
    assert await broken_promises(crowd.database) == [], f"seed {seed}"
    assert set(results) <= {"done", "same_time", "same_clinic", "slot_full"} and results["done"] >= 5, (seed, results)
    assert await crowd.database.run(verify) is None


# -- the tables refuse by themselves ------------------------------------------------------------------------------------


async def test_the_database_refuses_what_no_function_may_write(hospital: Hospital) -> None:
    slots = [one for one in await hospital.free(Wish(doctor_id=hospital.doctors[0])) if one.day == TUESDAY]
    made = await hospital.do(book_slot, slots[0].slot_id, hospital.patients[0])
    into = "INSERT INTO appointment (patient_id, number, session_id, slot_id, seat_id, starts_at, ends_at, state, source)"
    one, other = hospital.patients[:2]
    refused = {
        "second in the seat": f"{into} SELECT {other}, '00000000', session_id, slot_id, seat_id, starts_at, ends_at, 'booked', 'agent' "
        f"FROM appointment WHERE id = {made.id}",
        "two places": f"{into} SELECT {one}, '00000000', z.session_id, z.slot_id, z.id, a.starts_at, a.ends_at, 'booked', 'agent' "
        f"FROM appointment a, clinic_seat z WHERE a.id = {made.id} AND z.session_id <> a.session_id LIMIT 1",
        "a seat of another slot": f"UPDATE appointment SET slot_id = {slots[1].slot_id} WHERE id = {made.id}",
        "booked for nobody": f"UPDATE appointment SET patient_id = NULL WHERE id = {made.id}",
        "held without end": f"UPDATE appointment SET state = 'held' WHERE id = {made.id}",
        "a doctor twice": "INSERT INTO clinic_session (doctor_id, department_id, day, starts_at, ends_at) SELECT doctor_id, department_id, day, "
        "'09:59', '11:00' FROM clinic_session ORDER BY id LIMIT 1",
        "a second policy": "INSERT INTO booking_policy (one) VALUES (2)",
    }
    for what, statement in refused.items():
        with pytest.raises(StatementRefused, match="Violation"):
            await hospital.database.run(lambda session, statement=statement: session.execute(text(statement)))
            pytest.fail(what)


# -- any sequence of deeds ----------------------------------------------------------------------------------------------

deeds = st.lists(
    st.tuples(st.sampled_from(("hold", "book", "book_hold", "move", "cancel", "release", "wait")), st.integers(0, 5), st.integers(0, 7)), max_size=25
)


class Sequence:
    """Runs deeds one after the other, with a clock that goes on; refusals are part of the game."""

    def __init__(self, hospital: Hospital, slots: list[FreeSlot], start_min: float) -> None:
        self.hospital, self.slots, self.minute = hospital, slots, start_min
        self.made: list[int] = []

    async def run(self, deed: str, who: int, where: int) -> None:
        patient, slot = self.hospital.patients[who], self.slots[where % len(self.slots)].slot_id
        last = self.made[-1 - where % len(self.made)] if self.made else None
        self.minute += 12 if deed == "wait" else 0.1
        by = self.hospital.later(self.minute)
        try:
            match deed:
                case "hold":
                    self.made.append((await self.hospital.do(hold, slot, patient, by=by)).id)
                case "book":
                    self.made.append((await self.hospital.do(book_slot, slot, patient, by=by)).id)
                case "book_hold" if last:
                    await self.hospital.do(book, last, by=by)
                case "move" if last:
                    await self.hospital.do(move, last, slot, by=by)
                case "cancel" if last:
                    await self.hospital.do(cancel, last, by=by)
                case "release" if last:
                    await self.hospital.do(release, last, by=by)
                case "wait":
                    await self.hospital.do(sweep, by=by)
        except BookingRefused:
            pass


def test_any_sequence_of_deeds_keeps_every_promise(own_url: str) -> None:
    """Seats taken and seats free always add up, too."""
    runner = asyncio.Runner()
    database = Database(own_url, timeout_s=60.0)
    try:
        hospital = runner.run(built(database))
        slots = [one for one in runner.run(hospital.free()) if one.day == TUESDAY][:6]
        seats = sum(one.free for one in slots)
        ids = [one.slot_id for one in slots]

        @given(deeds)
        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        def holds(sequence: list[tuple[str, int, int]]) -> None:
            async def play() -> None:
                await database.run(lambda session: session.execute(text("TRUNCATE appointment, booking_notice, waiting_entry")))
                played = Sequence(hospital, slots, 0)
                for deed, who, where in sequence:
                    await played.run(deed, who, where)
                assert await broken_promises(database) == []
                free = sum(one.free for one in await hospital.free(by=hospital.later(played.minute)) if one.slot_id in ids)
                live = Appointment.state.in_(("booked", "arrived")) | (Appointment.held_until > hospital.later(played.minute).now)
                assert free + (await hospital.rows(select(func.count()).select_from(Appointment).where(live)))[0][0] == seats

            runner.run(play())

        holds()
    finally:
        runner.run(database.close())
        runner.close()
