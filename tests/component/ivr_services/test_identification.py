"""Who may hear what, and how often somebody may guess."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.engine.audit import verify
from crm.ivr import identification
from crm.models import IdentityAttempt, Patient, Relative, SelfServicePolicy
from tests.component.booking.conftest import TODAY
from tests.component.ivr_services.conftest import ID_NUMBER, KEYED, NUMBER, STRANGER, Line

pytestmark = pytest.mark.component
WRONG = "19990909"


async def may(line: Line, person: str, topic: str) -> bool:
    return await line.ask(identification.may, line.caller.linkedid, line.people[person], topic)


async def test_the_owner_of_a_known_number_needs_only_her_birth_date(line: Line) -> None:
    answer = await line.identify(KEYED["daughter"])
    assert (answer.exit, answer.values["id"], answer.values["several"]) == ("identified", str(line.people["daughter"]), "no")
    assert answer.values["relation_zh"] == "您本人" and {answer.values[topic] for topic in ("appointments", "booking", "fees", "results")} == {"yes"}
    assert await may(line, "daughter", "fees") and not await may(line, "father", "appointments")
    assert await line.ask(verify) is None


async def test_before_anybody_identified_himself_nothing_may_be_heard(line: Line) -> None:
    assert not await may(line, "daughter", "appointments")
    await line.identify(KEYED["daughter"])
    assert not await line.ask(identification.may, "node1-other.1", line.people["daughter"], "appointments")


async def test_a_file_at_another_s_telephone_opens_with_the_rights_its_patient_gave_and_no_more(line: Line) -> None:
    answer = await line.identify(KEYED["father"])
    assert answer.exit == "identified" and {answer.values[topic] for topic in ("appointments", "booking", "fees", "results", "reminders")} == {"no"}
    await line.add(line.right(["appointments", "results"], number=NUMBER))
    answer = await line.identify(KEYED["father"])
    assert (answer.values["appointments"], answer.values["results"], answer.values["fees"]) == ("yes", "yes", "no")
    assert await may(line, "father", "results") and not await may(line, "father", "fees") and not await may(line, "father", "booking")


@pytest.mark.parametrize(
    ("terms", "counts"),
    [({}, True), ({"valid_to": TODAY}, True), ({"valid_to": TODAY - timedelta(days=1)}, False), ({"given_on": TODAY + timedelta(days=1)}, False)],
)
async def test_a_carer_who_is_himself_may_ask_for_whom_he_cares_while_the_right_holds(line: Line, terms: dict, counts: bool) -> None:
    if terms.get("valid_to") == TODAY - timedelta(days=1):
        terms = terms | {"given_on": TODAY - timedelta(days=9)}
    await line.add(line.right(["fees"], carer_id=line.people["daughter"], **terms))
    answer = await line.identify(KEYED["daughter"])
    assert answer.values["several"] == ("yes" if counts else "no")
    assert [one["id"] for one in answer.values["items"]] == [str(line.people["daughter"]), *([str(line.people["father"])] if counts else [])]
    if counts:
        carer_for = answer.values["items"][1]
        assert (carer_for["relation_zh"], carer_for["fees"], carer_for["results"]) == ("您的父亲", "yes", "no")
    assert await may(line, "father", "fees") is counts


async def test_who_may_be_told_according_to_the_file_hears_no_money_and_changes_nothing(line: Line) -> None:
    await line.add(Relative(patient_id=line.people["son"], name="d", relation="母亲", related_patient_id=line.people["daughter"], may_be_told=True))
    answer = await line.identify(KEYED["daughter"])
    son = answer.values["items"][1]
    assert (son["relation_zh"], son["appointments"], son["results"], son["fees"], son["booking"]) == ("您的儿子", "yes", "yes", "no", "no")


async def test_two_sons_are_told_apart_by_their_birthdays_and_who_is_alone_is_not(line: Line) -> None:
    """A name that nobody rendered yet is not heard."""
    await line.add(Relative(patient_id=line.people["son"], name="d", relation="母亲", related_patient_id=line.people["daughter"], may_be_told=True))
    await line.add(line.right(["fees"], carer_id=line.people["daughter"]))
    items = (await line.identify(KEYED["daughter"])).values["items"]
    assert [one.get("born") for one in items] == [None, None, None]
    await line.ask(_only_sons, line.people["daughter"])
    items = (await line.identify(KEYED["daughter"])).values["items"]
    assert [(one["relation_en"], one.get("birthday_en"), one.get("born", "").replace("-", "")) for one in items] == [
        ("yourself", None, ""),
        ("your son", "born on", KEYED["father"]),
        ("your son", "born on", KEYED["son"]),
    ]


async def _only_sons(session: AsyncSession, mother: int) -> None:
    await session.execute(update(Relative).where(Relative.patient_id == mother).values(relation="儿子"))


@pytest.mark.parametrize("card", [ID_NUMBER[-6:].replace("X", "0"), ID_NUMBER.replace("X", "0"), "0000011"])
async def test_a_card_and_a_birth_date_open_the_own_file_from_any_telephone(line: Line, card: str) -> None:
    answer = await line.identify(KEYED["father"], card, line.call(2, STRANGER))
    assert (answer.exit, answer.values["id"], answer.values["fees"]) == ("identified", str(line.people["father"]), "yes")


@pytest.mark.parametrize(
    ("birth_date", "card"),
    [(WRONG, "0000011"), (KEYED["father"], "9999999"), (KEYED["father"], "00011"), ("19991399", "0000011"), ("", "0000011"), ("195002", "0000011")],
)
async def test_whatever_is_wrong_the_refusal_is_the_same(line: Line, birth_date: str, card: str) -> None:
    answer = await line.identify(birth_date, card, line.call(2, STRANGER))
    assert (answer.exit, answer.values) == ("refused", {})


async def test_a_hidden_or_unknown_number_proves_nothing(line: Line) -> None:
    for number in ("", STRANGER):
        assert (await line.identify(KEYED["daughter"], "", line.call(2, number))).exit == "refused"


async def test_a_removed_file_is_not_there(line: Line) -> None:
    gone = update(Patient).where(Patient.id == line.people["daughter"]).values(removed_at=func.now())
    await line.database.run(lambda session: session.execute(gone))
    assert (await line.identify(KEYED["daughter"])).exit == "refused"


# -- limits -----------------------------------------------------------------------------------------------------------------


async def test_three_tries_a_call_then_an_agent_whatever_comes_next(line: Line) -> None:
    assert [(await line.identify(WRONG)).exit for _ in range(3)] == ["refused", "refused", "locked"]
    assert (await line.identify(KEYED["daughter"])).exit == "locked"


async def policy(line: Line, **values: int) -> None:
    await line.database.run(lambda session: session.execute(update(SelfServicePolicy).values(**values)))


async def test_failures_of_a_number_count_over_calls_until_the_window_is_over(line: Line) -> None:
    await policy(line, failures_a_number=4, failure_window_h=24)
    for serial in range(2, 6):
        await line.identify(WRONG, "", line.call(serial))
    assert (await line.identify(KEYED["daughter"], "", line.call(7, hours=1))).exit == "locked"
    assert (await line.identify(KEYED["father"], "0000011", line.call(8, STRANGER))).exit == "identified"
    assert (await line.identify(KEYED["daughter"], "", line.call(9, hours=25))).exit == "identified"


async def test_failures_on_a_card_count_over_numbers_and_over_its_lengths(line: Line) -> None:
    await policy(line, failures_a_card=3)
    tails = (ID_NUMBER[-6:], ID_NUMBER[-8:], ID_NUMBER)
    for serial, tail in enumerate(tails, 2):
        await line.identify(WRONG, tail.replace("X", "0"), line.call(serial, f"+861390000100{serial}"))
    right = ID_NUMBER[-6:].replace("X", "0")
    assert (await line.identify(KEYED["father"], right, line.call(8, STRANGER))).exit == "locked"


async def test_many_calls_at_once_get_no_more_tries_than_one_after_the_other(line: Line) -> None:
    await policy(line, failures_a_number=5)
    answers = await asyncio.gather(*(line.identify(WRONG, "", line.call(serial)) for serial in range(2, 22)))
    assert sorted(one.exit for one in answers) == ["locked"] * 15 + ["refused"] * 5


async def test_no_card_number_is_kept(line: Line) -> None:
    await line.identify(WRONG, "0000011", line.call(2, STRANGER))
    kept = [row[0] for row in await line.hospital.rows(select(IdentityAttempt))]
    assert len(kept) == 1 and "0000011" not in str(vars(kept[0])) and len(kept[0].card) == 64
