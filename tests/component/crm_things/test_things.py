"""Every declared thing can be listed, sorted and opened over the invented hospital; the database refuses what no form may let through."""

from __future__ import annotations

import importlib

import pytest
from sqlalchemy import CheckConstraint, func, select, text

from crm.database import Database, Session
from crm.demo import load_demo
from crm.engine import store
from crm.engine.registry import registry
from crm.engine.resource import Resource
from crm.engine.store import Ask
from crm.errors import InvalidValues, StatementRefused, Taken
from crm.models import Base
from crm.resources.common import PATIENT_FILE
from tests.component.crm_things.conftest import ActAs

pytestmark = pytest.mark.component
MODULES = ("patient_file", "registries", "corporate", "membership", "resources", "partners", "events", "knowledge", "tasks", "complaints")
THINGS: tuple[Resource, ...] = tuple(one for name in MODULES for one in importlib.import_module(f"crm.resources.{name}").RESOURCES)


@pytest.mark.parametrize("thing", THINGS, ids=lambda one: one.name)
async def test_thing_is_listed_sorted_and_opened(demo: Database, act_as: ActAs, thing: Resource) -> None:
    admin = await act_as("admin")
    page = await demo.run(lambda session: store.find(session, thing, admin, Ask(limit=5)))
    assert page.items or thing.name in ("benefit_use",), "the invented hospital has none of it"
    for name in thing.sortable or ():
        await demo.run(lambda session, name=name: store.find(session, thing, admin, Ask(sort=f"-{name}", limit=2)))
    if thing.search is not None:
        await demo.run(lambda session: store.find(session, thing, admin, Ask(q="体检", limit=2)))
    if page.items:
        first = page.items[0]["id"]
        opened = await demo.run(lambda session: store.detail(session, thing, admin, str(first)))
        assert opened["id"] == first and opened["_label"]


def rule_of(thing: Resource, column: str) -> str:
    """The table's check that is named by the column; empty when there is none."""
    checks = [one for one in thing.table.constraints if isinstance(one,
    CheckConstraint) and str(one.name).removeprefix("ck_") == f"{thing.table.name}_{column}"]
    return str(checks[0].sqltext) if checks else ""


def test_choices_are_those_of_the_tables_checks() -> None:
    """A choice that the table would refuse, or a state that nobody can see, is a fault of the declaration."""
    for thing in THINGS:
        for field in thing.fields:
            if not field.choices or field.kind == "strings":
                continue
            rule = next((str(one.sqltext) for one in thing.table.constraints if str(one.name) == f"ck_{thing.table.name}_{field.stored}"),
            "")  # type: ignore[attr-defined]
            known = {code for code, _, _ in field.choices}
            assert rule, f"{thing.name}.{field.name} has choices and no check"
            assert all(f"'{code}'" in rule for code in known) and rule.count("'") == 2 * len(known), f"{thing.name}.{field.name}: {rule}"


REFUSED = (
    "INSERT INTO patient_identifier (patient_id, kind, number) VALUES (1, 'national_id', '110105194912310021')",
    "INSERT INTO consent (patient_id, purpose, answer, given_at, proof) VALUES (1, 'research', 'given', now(), 'signed_form')",
    "INSERT INTO do_not_contact (patient_id, reason, begins_on) VALUES (1, ' ', now())",
    "INSERT INTO fee (patient_id, kind, item, amount, covered, charged_at) VALUES (1, 'bed', 'x', 10, 11, now())",
    "INSERT INTO maternity_registry (patient_id, registered_on, last_menstruation_on, due_on, para) VALUES (1, now(), '2026-01-01', '2026-10-08', 1)",
    "UPDATE bed SET patient_id = NULL WHERE state = 'occupied'",
    "UPDATE corporate_opportunity SET stage = 'lost', lost_reason = ''",
    "INSERT INTO corporate_reminder (client_id, title, month, day) SELECT min(id), 'x', 2, 30 FROM corporate_client",
    "UPDATE member SET state = 'active', level_id = NULL",
    "INSERT INTO knowledge_article (category_id, title, live) VALUES (1, 'x', 1)",
    "UPDATE complaint SET state = 'closed', closed_at = NULL",
    "UPDATE to_do SET state = 'done', closed_at = NULL",
    "INSERT INTO event_invitation (event_id) SELECT min(id) FROM event",
)


@pytest.mark.parametrize("statement", REFUSED)
async def test_database_refuses_what_no_form_may_let_through(demo: Database, statement: str) -> None:
    with pytest.raises(StatementRefused, match="CheckViolation"):
        await demo.run(lambda session: session.execute(text(statement)))


async def test_two_patients_cannot_have_one_identity_number_or_one_bed(demo: Database, act_as: ActAs) -> None:
    admin, thing = await act_as("admin"), registry().by_name["patient_identifier"]
    number = await demo.run(lambda session: session.scalar(text("SELECT number FROM patient_identifier WHERE patient_id = 1")))
    with pytest.raises(Taken):
        await demo.run(lambda session: store.add(session, thing, admin, {"patient_id": 2, "kind": "national_id", "number": number}))
    with pytest.raises(StatementRefused, match="UniqueViolation"):
        lying, free = "(SELECT min(patient_id) FROM bed)", "(SELECT min(id) FROM bed WHERE state = 'free')"
        move = f"UPDATE bed SET state = 'occupied', patient_id = {lying} WHERE id = {free}"
        await demo.run(lambda session: session.execute(text(move)))


async def test_wrong_check_character_is_named_by_the_form(demo: Database, act_as: ActAs) -> None:
    admin, thing = await act_as("admin"), registry().by_name["patient_identifier"]
    with pytest.raises(InvalidValues) as refused:
        values = {"patient_id": 2, "kind": "national_id", "number": "110105194912310021"}
        await demo.run(lambda session: store.add(session, thing, admin, values))
    assert [(one.field, "check digit" in one.rule) for one in refused.value.faults] == [("number", True)]


async def test_application_becomes_a_member(demo: Database, act_as: ActAs) -> None:
    admin, thing = await act_as("admin"), registry().by_name["member"]
    page = await demo.run(lambda session: store.find(session, thing, admin, Ask(filters=(("state", "eq", "applied"),), limit=1)))
    row, level = page.items[0], await demo.run(lambda session: session.scalar(text("SELECT id FROM member_level ORDER BY min_points DESC LIMIT 1")))
    given = {"level_id": level, "card_number": "VIP-01"}
    made = await demo.run(lambda session: store.move(session, thing, admin, str(row["id"]), row["version"], "approve", given))
    assert (made["level_id"], made["card_number"]) == (level, "VIP-01")
    assert (made["state"], made["joined_on"], made["decided_by"]) == ("active", "2026-11-16", admin.principal.id)


async def test_demo_loaded_twice_adds_nothing(demo: Database, demo_url: str) -> None:
    async def counts(session: Session) -> dict[str, int | None]:
        tables = {one.table.name for one in THINGS}
        return {name: await session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) for name in sorted(tables)}

    before = await demo.run(counts)
    load_demo(demo_url, 300)
    assert await demo.run(counts) == before


async def test_service_shows_the_price_that_holds_today(demo: Database, act_as: ActAs) -> None:
    admin, thing = await act_as("admin"), registry().by_name["service_product"]
    days = "(VALUES (41, DATE '2026-11-01'), (99, DATE '2027-01-01')) AS set (price, day)"
    columns = "product_id, kind, price, valid_from"
    set_prices = f"INSERT INTO service_price ({columns}) SELECT id, 'standard', price, day FROM service_product, {days} WHERE code = 'JC001'"
    await demo.run(lambda session: session.execute(text(set_prices)))
    page = await demo.run(lambda session: store.find(session, thing, admin, Ask(q="JC001")))
    assert [row["price"] for row in page.items] == ["41.00"]


def test_rest_of_a_patients_file_can_be_shown_on_his_page() -> None:
    for one in PATIENT_FILE:
        other = registry().by_name[one.resource]
        assert one.by in other.table.columns and one.sort.lstrip("-") in ["", *other.table.columns.keys()], one.name
        assert other.person == "patient_id", one.name
