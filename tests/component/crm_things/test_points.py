"""The points ledger: no sum is ever wrong or below zero, whoever spends at once and however it is attacked."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from crm.database import Database, Session
from crm.engine import store
from crm.engine.registry import registry
from crm.errors import Conflict, InvalidValue, InvalidValues, StatementRefused
from crm.models import Member, MemberBenefit, MemberLevel, Patient, PointsEntry
from crm.things import points
from tests.component.crm_things.conftest import ActAs

pytestmark = pytest.mark.component
AT = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
_numbers = itertools.count(1)


async def new_member(database: Database) -> int:
    async def work(session: Session) -> int:
        level = await session.scalar(select(MemberLevel.id).order_by(MemberLevel.min_points).limit(1))
        patient = Patient(name="会员", initials="hy")
        session.add(patient)
        await session.flush()
        member = Member(
            patient_id=patient.id, state="active", level_id=level, card_number=f"T{next(_numbers):06d}", applied_on=AT.date(), joined_on=AT.date()
        )
        session.add(member)
        await session.flush()
        return member.id

    return await database.run(work)


async def enter(database: Database, member: int, delta: int, reference: str) -> bool:
    """True when it was taken."""
    try:
        await database.run(lambda session: points.enter(session, member, delta, "gift" if delta > 0 else "exchange", reference, AT), timeout_s=60)
    except InvalidValue as refused:
        assert refused.field == "delta"
        return False
    return True


async def ledger(database: Database, member: int) -> list[tuple[int, int, int]]:
    query = select(PointsEntry.place, PointsEntry.delta, PointsEntry.balance).where(PointsEntry.member_id == member).order_by(PointsEntry.place)

    async def work(session: Session) -> list[tuple[int, int, int]]:
        return [tuple(row) for row in (await session.execute(query)).all()]  # type: ignore[misc]

    return await database.run(work)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deltas=st.lists(st.integers(-120, 80).filter(bool), min_size=1, max_size=20))
async def test_concurrent_spenders_never_make_a_wrong_sum(demo: Database, deltas: Sequence[int]) -> None:
    member = await new_member(demo)
    await enter(demo, member, 100, "welcome")
    taken = await asyncio.gather(*(enter(demo, member, delta, f"r{n}") for n, delta in enumerate(deltas)))
    entries = await ledger(demo, member)
    assert [place for place, _, _ in entries] == list(range(1, len(entries) + 1))
    assert [balance for _, _, balance in entries] == list(itertools.accumulate(delta for _, delta, _ in entries))
    assert all(balance >= 0 for _, _, balance in entries)
    expected = 100 + sum(delta for delta, was_taken in zip(deltas, taken, strict=True) if was_taken)
    assert await demo.run(lambda session: points.balance(session, member)) == expected
    assert await demo.run(points.audit_ledger) == []


async def test_only_as_many_spend_as_there_are_points(demo: Database) -> None:
    member = await new_member(demo)
    await enter(demo, member, 70, "welcome")
    taken = await asyncio.gather(*(enter(demo, member, -10, f"spend{n}") for n in range(24)))
    assert sum(taken) == 7
    assert await demo.run(lambda session: points.balance(session, member)) == 0


async def test_the_same_reference_counts_once(demo: Database) -> None:
    member = await new_member(demo)
    await asyncio.gather(*(enter(demo, member, 50, "visit-1") for _ in range(8)))
    assert await ledger(demo, member) == [(1, 50, 50)]
    with pytest.raises(Conflict):
        await enter(demo, member, 60, "visit-1")


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE points_account SET balance = 1000000, gathered = 1000000",
        "DELETE FROM points_account",
        "INSERT INTO points_account (member_id, balance, gathered) SELECT id, 5, 5 FROM member WHERE state = 'applied' LIMIT 1",
        "TRUNCATE points_account",
        "UPDATE points_entry SET delta = 1000",
        "DELETE FROM points_entry",
        "TRUNCATE points_entry",
    ],
)
async def test_ledger_cannot_be_rewritten(demo: Database, attack: str) -> None:
    with pytest.raises(StatementRefused):
        await demo.run(lambda session: session.execute(text(attack)))
    assert await demo.run(points.audit_ledger) == []


async def test_form_names_the_field_when_too_much_is_spent(demo: Database, act_as: ActAs) -> None:
    member, admin, entry = await new_member(demo), await act_as("admin"), registry().by_name["points_entry"]

    async def add(delta: int, reference: str) -> int:
        values = {"member_id": member, "delta": delta, "reason": "gift", "reference": reference}
        return (await demo.run(lambda session: store.add(session, entry, admin, values)))["id"]

    await add(30, "a")
    with pytest.raises(InvalidValues) as refused:
        await add(-31, "b")
    assert [one.field for one in refused.value.faults] == ["delta"]
    assert [delta for _, delta, _ in await ledger(demo, member)] == [30]


async def test_points_raise_the_level_and_spending_does_not_lower_it(demo: Database, act_as: ActAs) -> None:
    member, admin, entry = await new_member(demo), await act_as("admin"), registry().by_name["points_entry"]
    for delta, reference in ((1200, "a"), (-1100, "b")):
        values = {"member_id": member, "delta": delta, "reason": "visit", "reference": reference}
        await demo.run(lambda session, values=values: store.add(session, entry, admin, values))

    async def level(session: Session) -> str | None:
        return await session.scalar(select(MemberLevel.code).join(Member, Member.level_id == MemberLevel.id).where(Member.id == member))

    assert await demo.run(level) == "gold"


async def test_benefit_is_used_only_as_often_as_the_year_allows(demo: Database, act_as: ActAs) -> None:
    member, admin, use = await new_member(demo), await act_as("admin"), registry().by_name["benefit_use"]

    async def work(session: Session) -> int:
        level = await session.scalar(select(Member.level_id).where(Member.id == member))
        benefit = MemberBenefit(level_id=level, title_zh=f"一年一次{member}", times_a_year=1)
        session.add(benefit)
        await session.flush()
        return benefit.id

    benefit = await demo.run(work)

    async def given_on(day: date) -> None:
        await demo.run(lambda session: store.add(session, use, admin, {"member_id": member, "benefit_id": benefit, "used_on": day}))

    await given_on(date(2026, 1, 1))
    with pytest.raises((InvalidValue, InvalidValues)):
        await given_on(date(2026, 12, 31))
    await given_on(date(2027, 1, 1))
