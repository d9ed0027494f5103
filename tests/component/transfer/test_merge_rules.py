"""Merging keeps to everybody's reach and to the rules of every table: what can stand once is joined, what excludes each other is refused whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.component.transfer.conftest import Clerk, World
from tests.component.transfer.test_merge import snapshot, wish

pytestmark = pytest.mark.component
NEW = "INSERT INTO patient (name, gender, birth_date) VALUES (:name, 'female', '1970-01-01') RETURNING id"


@pytest.fixture
def own_url(demo_template: tuple[str, dict[str, str]], make_database: Callable[[str], str]) -> str:
    """The invented hospital, for one test alone."""
    return make_database(demo_template[0])


async def pair(clerk: Clerk) -> tuple[int, int]:
    first, second = [(await clerk.rows(NEW, name=name))[0]["id"] for name in ("林娜", "林娜娜")]
    return first, second


async def both(clerk: Clerk, files: tuple[int, int], statement: str, *values: dict[str, Any]) -> None:
    for one, more in zip(files, values, strict=True):
        await clerk.rows(f"{statement} RETURNING 1", patient=one, **more)


async def test_what_can_stand_once_is_joined_and_comes_apart_again(clerk: Clerk) -> None:
    files = kept, dropped = await pair(clerk)
    await both(clerk, files, "INSERT INTO patient_profile (patient_id, occupation, email) VALUES (:patient, :work, :mail)",
               {"work": "教师", "mail": ""}, {"work": "退休", "mail": "lin@example.org"})  # fmt: skip
    await both(clerk, files, "INSERT INTO patient_address (patient_id, kind, city, street, main) VALUES (:patient, 'home', '杭州', :street, true)",
               {"street": "一号"}, {"street": "二号"})  # fmt: skip
    await both(clerk, files, "INSERT INTO consent (patient_id, purpose, answer, given_at, proof) "
               "VALUES (:patient, 'education', 'given', '2026-01-05T02:00Z', 'spoken')", {}, {})  # fmt: skip
    await both(clerk, files, "INSERT INTO event_invitation (event_id, patient_id, note) SELECT min(id), :patient, :note FROM event",
               {"note": ""}, {"note": "带家属"})  # fmt: skip
    await both(clerk, files, "INSERT INTO contact_phone (patient_id, number) VALUES (:patient, '+8613800009999')", {}, {})
    await clerk.rows("INSERT INTO elderly_registry (patient_id, registered_on) VALUES (:id, '2026-01-01') RETURNING 1", id=dropped)
    await clerk.rows("INSERT INTO member (patient_id, applied_on) VALUES (:id, '2026-01-01') RETURNING 1", id=dropped)
    await clerk.rows("UPDATE bed SET patient_id = :id, state = 'occupied' WHERE id = (SELECT min(id) FROM bed WHERE patient_id IS NULL) RETURNING 1",
                     id=dropped)  # fmt: skip
    before = await snapshot(clerk)
    answer = await wish(clerk, kept, dropped)
    assert answer.status == 200, await answer.text()
    profile = await clerk.rows("SELECT occupation, email FROM patient_profile WHERE patient_id IN (:a, :b)", a=kept, b=dropped)
    assert profile == [{"occupation": "教师", "email": "lin@example.org"}]
    streets = await clerk.rows("SELECT street, main FROM patient_address WHERE patient_id = :id ORDER BY street", id=kept)
    assert streets == [{"street": "一号", "main": True}, {"street": "二号", "main": False}]
    notes = await clerk.rows("SELECT note FROM event_invitation WHERE patient_id IN (:a, :b)", a=kept, b=dropped)
    assert notes == [{"note": "带家属"}]
    for table in ("consent", "elderly_registry", "member", "bed", "contact_phone"):
        assert len(await clerk.rows(f"SELECT 1 FROM {table} WHERE patient_id IN (:a, :b)", a=kept, b=dropped)) == 1, table
    undone = await clerk.send("POST", f"/api/patient-merges/{(await answer.json())['items'][0]['id']}/undo")
    assert undone.status == 204, await undone.text()
    assert await snapshot(clerk) == before


EXCLUDED = {
    "bed": "UPDATE bed SET patient_id = :patient, state = 'occupied' WHERE id = (SELECT min(id) FROM bed WHERE patient_id IS NULL)",
    "chronic_registry": "INSERT INTO chronic_registry (patient_id, disease_id, registered_on) SELECT :patient, min(id), '2026-01-01' FROM disease",
    "maternity_registry": "INSERT INTO maternity_registry (patient_id, registered_on, last_menstruation_on, due_on) "
    "VALUES (:patient, '2026-01-01', '2025-12-01', '2026-09-07')",
    "consent": "INSERT INTO consent (patient_id, purpose, answer, given_at, proof) SELECT :patient, 'research', "
    "CASE WHEN EXISTS (SELECT 1 FROM consent WHERE purpose = 'research' AND given_at = '2026-01-05T02:00Z') THEN 'refused' ELSE 'given' END, "
    "'2026-01-05T02:00Z', 'spoken'",
    "member": "INSERT INTO member (patient_id, applied_on, card_number) VALUES (:patient, '2026-01-01', 'T' || :patient)",
}


@pytest.mark.parametrize("table", EXCLUDED)
async def test_what_excludes_each_other_is_refused_and_nothing_is_done(clerk: Clerk, table: str) -> None:
    files = await pair(clerk)
    await both(clerk, files, EXCLUDED[table].replace("'T' || :patient", "'T' || CAST(:patient AS int)"), {}, {})
    await refused(clerk, files, table)


async def test_two_appointments_at_one_time_are_refused_with_what_to_do(clerk: Clerk) -> None:
    files = await pair(clerk)
    live = "state IN ('booked', 'arrived')"
    taken = await clerk.rows(f"""SELECT a.id AS one, b.id AS other FROM appointment a
        JOIN appointment b ON b.id > a.id AND a.session_id <> b.session_id
        AND tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at) WHERE a.{live} AND b.{live} LIMIT 1""")
    assert taken, "the invented hospital has no two clinics at one time"
    for patient, booked in zip(files, taken[0].values(), strict=True):
        await clerk.rows("UPDATE appointment SET patient_id = :patient WHERE id = :id RETURNING id", patient=patient, id=booked)
    problem = await refused(clerk, files, "appointment")
    assert problem["thing"]["title"]["zh"] == "预约" and "cancel" in problem["errors"][0]["mend"]
    await clerk.rows("UPDATE appointment SET state = 'cancelled' WHERE id = :id RETURNING id", id=taken[0]["other"])
    assert (await wish(clerk, *files)).status == 200


async def refused(clerk: Clerk, files: tuple[int, int], table: str) -> dict[str, Any]:
    before = await snapshot(clerk)
    answer = await wish(clerk, *files)
    problem = await answer.json()
    assert (answer.status, problem["type"], problem["errors"][0]["field"]) == (409, "merge_conflict", table), problem
    assert await snapshot(clerk) == before and await clerk.rows("SELECT 1 FROM patient_merge") == []
    return problem


async def test_file_out_of_reach_is_not_there(world: World, clerk: Clerk) -> None:
    """A right that reaches the own department only merges nothing of another one, and shows nothing of it."""
    files = kept, dropped = await pair(clerk)
    departments = [row["id"] for row in await clerk.rows("SELECT id FROM department ORDER BY id LIMIT 3")]
    await both(clerk, files, "INSERT INTO visit (patient_id, kind, department_id, started_at) VALUES (:patient, 'outpatient', :department, now())",
               {"department": departments[0]}, {"department": departments[1]})  # fmt: skip
    await clerk.rows("UPDATE user_account SET department_ids = :ids, scope = 'department' WHERE username = 'nurse' RETURNING id", ids=departments[:1])
    await clerk.rows("UPDATE role SET rights = rights || ARRAY['patient.change', 'patient.delete'] WHERE code = 'agent' RETURNING code")
    nurse = await world.sign_in("nurse")
    try:
        assert (await nurse.client.get(f"/api/patient-merges/preview?kept_id={kept}&dropped_id={dropped}")).status == 404
        body = {"kept_id": kept, "dropped_id": dropped, "kept_version": 1, "dropped_version": 1}
        assert (await nurse.send("POST", "/api/patient-merges", body)).status == 404
        assert (await nurse.client.get(f"/api/patients/{dropped}/merges")).status == 404
        merged = (await (await wish(clerk, dropped, kept)).json())["items"][0]["id"]
        await clerk.rows("UPDATE user_account SET department_ids = :ids WHERE username = 'nurse' RETURNING id", ids=departments[2:])
        await nurse.client.session.close()
        nurse = await world.sign_in("nurse")
        assert (await nurse.send("POST", f"/api/patient-merges/{merged}/undo")).status == 404
        assert (await clerk.send("POST", f"/api/patient-merges/{merged}/undo")).status == 204
    finally:
        await nurse.client.session.close()


async def test_masked_names_stay_masked_beside_each_other(world: World, clerk: Clerk) -> None:
    kept, dropped = await pair(clerk)
    await clerk.rows("UPDATE role SET rights = array_remove(rights, 'see.name') || ARRAY['patient.change', 'patient.delete'] "
                     "WHERE code = 'agent' RETURNING code")  # fmt: skip
    nurse = await world.sign_in("nurse")
    try:
        seen = await nurse.get(f"/api/patient-merges/preview?kept_id={kept}&dropped_id={dropped}")
        assert (seen["kept"]["name"], seen["dropped"]["name"]) == ("林*", "林**")
    finally:
        await nurse.client.session.close()


async def test_merge_that_cannot_be_taken_apart_says_what_stands_against_it(clerk: Clerk) -> None:
    files = kept, dropped = await pair(clerk)
    await both(clerk, files, "INSERT INTO contact_phone (patient_id, number) VALUES (:patient, '+8613800008888')", {}, {})
    merged = (await (await wish(clerk, kept, dropped)).json())["items"][0]["id"]
    await clerk.rows("INSERT INTO contact_phone (patient_id, number) VALUES (:id, '+8613800008888') RETURNING id", id=dropped)
    answer = await clerk.send("POST", f"/api/patient-merges/{merged}/undo")
    assert (answer.status, (await answer.json())["thing"]["name"]) == (409, "contact_phone")
    assert (await clerk.rows("SELECT removed_at IS NOT NULL AS hidden FROM patient WHERE id = :id", id=dropped)) == [{"hidden": True}]
