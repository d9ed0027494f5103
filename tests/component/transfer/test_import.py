"""A file becomes patients, what is wrong is kept aside with its reason, and all of it can be taken back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from crm.database import Session
from crm.engine import audit
from tests.component.transfer.conftest import Clerk, World, table
from tests.support.waiting import until

pytestmark = pytest.mark.component

ADDED = "SELECT (data ->> 'row')::int AS row FROM audit_entry WHERE action = 'patient.import_add' ORDER BY id"
ZHANG = ("张伟", "男", "1960-05-01", "11010119600501001X", "M1", "13900000001", "")
LI = ("李娜", "女", "1985/3/8", "", "M2", "13900000002", "青霉素过敏")


async def test_a_file_is_read_checked_imported_and_undone(clerk: Clerk) -> None:
    card = "110101196005010017"
    rows = [
        ("张伟", "男", "1960-05-01", _card("11010119600501001"), "M1", "139 0000 0001", ""),
        LI,
        ("", "男", "", "", "M3", "", ""),
        ("王强", "?", "1960-13-01", card, "", "12", ""),
    ]
    run = await clerk.brought(table(rows))
    assert run["mapping"] == {"0": "name", "1": "gender", "2": "birth_date", "3": "id_number", "4": "mrn", "5": "phone", "6": "notes"}
    assert run["rows_total"] == 4 and run["rows"][0]["cells"][0] == "张伟"
    checked = await clerk.step(run["id"], "check")
    assert checked["state"] == "checked", checked["fault"]
    assert (checked["counts"]["added"], checked["counts"]["refused"]) == (2, 2)
    assert await clerk.rows("SELECT 1 FROM patient") == []
    done = await clerk.step(run["id"], "run")
    assert (done["state"], done["counts"]["added"], done["counts"]["refused"], done["rows_done"]) == ("done", 2, 2, 4)
    found = await clerk.rows(
        "SELECT p.name, p.initials, p.birth_date::text AS born, c.number FROM patient p JOIN contact_phone c ON c.patient_id = p.id ORDER BY p.id"
    )
    assert found == [
        {"name": "张伟", "initials": "zw", "born": "1960-05-01", "number": "+8613900000001"},
        {"name": "李娜", "initials": "ln", "born": "1985-03-08", "number": "+8613900000002"},
    ]
    problems = (await clerk.get(f"/api/imports/{run['id']}/problems"))["items"]
    assert [(one["row"], sorted(fault["field"] for fault in one["faults"])) for one in problems] == [
        (4, ["name"]),
        (5, ["birth_date", "gender", "id_number", "phone"]),
    ]
    undone = await clerk.step(run["id"], "undo")
    assert undone["state"] == "undone", undone
    assert await clerk.rows("SELECT 1 FROM patient UNION ALL SELECT 1 FROM contact_phone UNION ALL SELECT 1 FROM patient_identifier") == []


def _card(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


async def test_duplicates_are_merged_by_identity_number_then_record_number_then_name_and_birth(clerk: Clerk) -> None:
    card = _card("11010119600501001")
    await clerk.imported(table([("张伟", "", "", card, "M1", "13900000001", "旧"), ("李娜", "女", "1985-03-08", "", "M2", "", "")]))
    again = await clerk.imported(
        table(
            [
                ("张伟", "男", "1960-05-01", card, "", "13900000009", "新"),
                ("李娜", "", "1985-03-08", "", "", "13900000002", ""),
                ("王芳", "", "", "", "M2", "", ""),
            ]
        )
    )
    assert again["counts"]["rules"] == {"id_number": 1, "name_birth": 1, "mrn": 1}, again["counts"]
    assert (again["counts"]["added"], again["counts"]["merged"]) == (0, 2)
    patients = await clerk.rows("SELECT name, gender, notes, version FROM patient ORDER BY id")
    assert patients[0] == {"name": "张伟", "gender": "male", "notes": "旧\n新", "version": 2}
    assert patients[1]["name"] == "李娜"
    numbers = await clerk.rows("SELECT number FROM contact_phone ORDER BY id")
    assert {one["number"] for one in numbers} == {"+8613900000001", "+8613900000009", "+8613900000002"}
    undone = await clerk.step(again["id"], "undo")
    assert undone["state"] == "undone", undone["conflicts"]
    assert (await clerk.rows("SELECT gender, notes FROM patient ORDER BY id"))[0] == {"gender": "male", "notes": "旧"}
    assert len(await clerk.rows("SELECT 1 FROM contact_phone")) == 1


async def test_rows_of_one_file_that_are_one_person_become_one_file(clerk: Clerk) -> None:
    card = _card("11010119600501001")
    done = await clerk.imported(table([("张伟", "", "", card, "", f"1390000000{n}", "") for n in range(5)]))
    assert (done["counts"]["added"], done["counts"]["merged"]) == (1, 4)
    assert len(await clerk.rows("SELECT 1 FROM contact_phone")) == 5
    assert (await clerk.step(done["id"], "undo"))["state"] == "undone"
    assert await clerk.rows("SELECT 1 FROM patient") == []


async def test_the_export_of_a_hospital_s_own_system_brings_every_telephone_and_whose_it_is(clerk: Clerk) -> None:
    headings = ("就诊卡号", "病案号码", "患者姓名", "出生年月", "联系电话1", "联系电话2", "联系人", "与患者关系", "联系人电话")
    rows = [
        ("C77", "M1", "张伟", "1960-05-01", "13900000001", "0571-88000000", "张敏", "女儿", "13900000002、13900000001"),
        ("C78", "M2", "李娜", "1985-03-08", "13900000003", "", "", "", "13900000004"),
    ]
    done = await clerk.imported(table(rows, headings))
    assert (done["counts"]["added"], done["counts"]["refused"]) == (2, 0), done["counts"]
    query = "SELECT mrn, number, relation, owner_name FROM patient p JOIN contact_phone c ON c.patient_id = p.id ORDER BY c.id"
    found = await clerk.rows(query)
    assert [tuple(one.values()) for one in found] == [
        ("M1", "+8613900000001", "本人", ""), ("M1", "+8657188000000", "本人", ""), ("M1", "+8613900000002", "女儿", "张敏"),
        ("M2", "+8613900000003", "本人", ""), ("M2", "+8613900000004", "家属", ""),
    ]  # fmt: skip


async def test_a_relative_s_number_makes_nobody_the_relative(clerk: Clerk) -> None:
    await clerk.imported(table([("张敏", "", "", "", "", "13900000002", "")]))
    child = table([("张小宝", "13900000002")], ("姓名", "家属电话"))
    done = await clerk.imported(child, rules={"phone": "merge"})
    assert (done["counts"]["added"], done["counts"].get("merged", 0)) == (1, 0), done["counts"]
    assert [one["name"] for one in await clerk.rows("SELECT name FROM patient ORDER BY id")] == ["张敏", "张小宝"]


async def test_skip_and_create_are_kept_to(clerk: Clerk) -> None:
    first = table([("张伟", "", "1960-05-01", "", "", "13900000001", "")])
    await clerk.imported(first)
    skipped = await clerk.imported(first, rules={"name_birth": "skip"})
    assert (skipped["counts"]["skipped"], skipped["counts"]["added"]) == (1, 0)
    made = await clerk.imported(first, rules={"name_birth": "create"})
    assert made["counts"]["added"] == 1
    doubtful = await clerk.imported(first)
    assert (doubtful["counts"]["refused"], doubtful["counts"]["merged"]) == (1, 0)
    faults = (await clerk.get(f"/api/imports/{doubtful['id']}/problems"))["items"][0]["faults"]
    assert faults[0]["code"] == "several"


async def test_the_file_wins_when_it_is_preferred_and_undo_brings_the_old_value_back(clerk: Clerk) -> None:
    await clerk.imported(table([("张伟", "男", "1960-05-01", "", "M1", "", "")]))
    run = await clerk.imported(table([("章伟", "女", "", "", "M1", "", "")]), prefer="file")
    assert await clerk.rows("SELECT name, initials, gender FROM patient") == [{"name": "章伟", "initials": "zw", "gender": "female"}]
    await clerk.step(run["id"], "undo")
    assert await clerk.rows("SELECT name, gender FROM patient") == [{"name": "张伟", "gender": "male"}]


async def test_undo_refuses_when_a_later_edit_would_be_lost_and_names_it(clerk: Clerk) -> None:
    run = await clerk.imported(table([("张伟", "", "", "", "M1", "", ""), ("李娜", "", "", "", "M2", "", ""), ("王强", "", "", "", "M3", "", "")]))
    await clerk.rows("UPDATE patient SET notes = 'x', version = version + 1 WHERE mrn = 'M1' RETURNING id")
    await clerk.rows("INSERT INTO visit (patient_id, kind, started_at) SELECT id, 'outpatient', now() FROM patient WHERE mrn = 'M2' RETURNING id")
    refused = await clerk.step(run["id"], "undo")
    assert refused["state"] == "done"
    assert {(one["label"], one["what"]) for one in refused["conflicts"]} == {("张伟", "edited"), ("李娜", "visit")}
    assert len(await clerk.rows("SELECT 1 FROM patient")) == 3


async def test_undo_refuses_when_a_number_it_added_to_a_file_was_corrected_since(clerk: Clerk) -> None:
    await clerk.imported(table([("张伟", "", "", "", "M1", "", "")]))
    done = await clerk.imported(table([("张伟", "", "", "", "M1", "13900000001", "")]))
    assert done["counts"]["merged"] == 1
    await clerk.rows("UPDATE contact_phone SET number = '+8613900000002', version = version + 1 RETURNING id")
    undone = await clerk.step(done["id"], "undo")
    assert (undone["state"], [one["what"] for one in undone["conflicts"]]) == ("done", ["contact_phone"])
    assert await clerk.rows("SELECT number FROM contact_phone") == [{"number": "+8613900000002"}]


async def test_what_is_written_while_an_import_is_undone_is_not_lost(clerk: Clerk) -> None:
    """Somebody is about to write a to-do for an imported patient; it would go with the file."""
    done = await clerk.imported(table([("张伟", "", "", "", "M1", "", "")]))
    patient = (await clerk.rows("SELECT id FROM patient"))[0]["id"]
    waits = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")

    async def write(session: Session) -> None:
        await session.execute(
            text("INSERT INTO consent (patient_id, purpose, answer, given_at, proof) VALUES (:id, 'follow_up', 'given', now(), 'spoken')"),
            {"id": patient},
        )
        undo = asyncio.create_task(clerk.step(done["id"], "undo"), name="test:undo")

        async def waited() -> bool:
            return bool(undo.done() or await clerk.place.database.run(lambda one: one.scalar(waits)))

        await until(waited, 10, "the undo waits for who writes")
        assert not undo.done()
        ended.append(undo)

    ended: list[asyncio.Task[Any]] = []
    await clerk.place.database.run(write)
    undone = await ended[0]
    assert (undone["state"], [one["what"] for one in undone["conflicts"]]) == ("done", ["consent"])
    assert len(await clerk.rows("SELECT id FROM consent")) == 1


async def test_columns_are_remembered(clerk: Clerk) -> None:
    content = table([("张伟", "M1")], headings=("患者", "卡号"))
    run = await clerk.brought(content)
    assert run["mapping"] == {}
    refused = await clerk.send("POST", f"/api/imports/{run['id']}/check")
    assert refused.status == 422
    await clerk.send("PATCH", f"/api/imports/{run['id']}", {"mapping": {"0": "name", "1": "mrn"}})
    await clerk.step(run["id"], "check")
    await clerk.step(run["id"], "run")
    assert (await clerk.brought(content))["mapping"] == {"0": "name", "1": "mrn"}


async def test_a_killed_import_goes_on_where_it_was(clerk: Clerk) -> None:
    from crm.transfer import importing

    run = await clerk.brought(table([(f"患者{n}", "", "", "", f"M{n}", "", "") for n in range(25)]))
    await clerk.step(run["id"], "check")
    small = importing.with_chunks(clerk.place, 10)
    await clerk.send("POST", f"/api/imports/{run['id']}/run")
    plan = await importing._plan(small, (await _run(clerk, run["id"])))
    chunks = importing._chunks(small, plan, 0)
    batch, count = importing._next(plan, chunks)
    assert await importing._settle(small, plan, batch, 0, count)
    assert not await importing._settle(small, plan, batch, 0, count)
    assert await clerk.rows(ADDED) == []
    await importing.handle(small, run["id"])
    noted = await clerk.rows(ADDED)
    assert [one["row"] for one in noted] == list(range(2, 27)), "each of them once, in the order of the file"
    done = await clerk.get(f"/api/imports/{run['id']}")
    assert (done["state"], done["counts"]["added"], done["rows_done"]) == ("done", 25, 25)
    assert len(await clerk.rows("SELECT 1 FROM patient")) == 25


@pytest.mark.parametrize("by", ["undo", "housekeeping"])
async def test_what_a_given_up_import_wrote_is_noted_before_it_is_taken_back_and_without_it(clerk: Clerk, by: str) -> None:
    from crm.transfer import importing, noting, work

    run = await clerk.brought(table([(f"患者{n}", "", "", "", f"M{n}", "", "") for n in range(15)]))
    await clerk.step(run["id"], "check")
    small = importing.with_chunks(clerk.place, 10)
    await clerk.send("POST", f"/api/imports/{run['id']}/run")
    plan = await importing._plan(small, (await _run(clerk, run["id"])))
    batch, count = importing._next(plan, importing._chunks(small, plan, 0))
    assert await importing._settle(small, plan, batch, 0, count)
    await importing.give_up(small, run["id"])
    assert await clerk.place.database.run(noting.left_behind) == [run["id"]] and await clerk.rows(ADDED) == []
    if by == "undo":
        await clerk.step(run["id"], "undo")
        assert [one["action"] for one in await clerk.rows("SELECT action FROM audit_entry ORDER BY id DESC LIMIT 1")] == ["import.undone"]
    else:
        keeper = asyncio.create_task(work.housekeeping(clerk.place, 24, 30))
        await until(lambda: _noted(clerk), 20, "the trail has followed")
        keeper.cancel()
    assert len(await clerk.rows(ADDED)) == 10
    assert await clerk.place.database.run(noting.left_behind) == []
    assert await clerk.place.database.run(audit.verify) is None


async def _noted(clerk: Clerk) -> bool:
    return len(await clerk.rows(ADDED)) == 10


async def _run(clerk: Clerk, run_id: int):
    from crm.transfer import runs

    return await clerk.place.database.run(lambda session: runs.find(session, run_id))


async def test_only_who_may_import_sees_imports(world: World, clerk: Clerk) -> None:
    run = await clerk.brought(table([ZHANG]))
    nurse = await world.sign_in("nurse")
    assert (await nurse.bring(table([ZHANG]))).status == 403
    assert (await nurse.client.get(f"/api/imports/{run['id']}")).status == 404
    assert (await nurse.client.get("/api/imports")).status == 200
    assert (await nurse.get("/api/imports"))["items"] == []
    await nurse.client.session.close()


async def test_who_reaches_one_department_imports_nothing(world: World, clerk: Clerk) -> None:
    """A file meets everybody who is there: it would tell, and change, what lies beyond his reach."""
    run = await clerk.brought(table([ZHANG]))
    await clerk.rows("UPDATE user_account SET scope = 'department', department_ids = '{1}' WHERE username = 'chief' RETURNING id")
    limited = await world.sign_in("chief")
    refused = await limited.bring(table([ZHANG]))
    assert refused.status == 403 and "reach" in (await refused.json())["detail"]
    assert (await limited.client.get(f"/api/imports/{run['id']}")).status == 404
    assert (await limited.get("/api/imports"))["items"] == []
    await clerk.rows("UPDATE user_account SET scope = NULL WHERE username = 'chief' RETURNING id")
    await limited.client.session.close()


async def test_trail_of_each_patient_tells_his_import(clerk: Clerk) -> None:
    """Who was made or changed by a file is told in his own trail, with what was there before, and the chain stays whole."""
    await clerk.imported(table([("张伟", "男", "1960-05-01", "", "M1", "13900000001", "甲"), ("李娜", "女", "", "", "M2", "", "")]))
    again = await clerk.imported(table([("张伟", "男", "1960-05-01", "", "M1", "13900000009", "乙"), ("李娜", "女", "1985-03-08", "", "M2", "", "")]))
    ids = {one["mrn"]: one["id"] for one in await clerk.rows("SELECT id, mrn FROM patient")}
    for mrn, fields in (("M1", {"notes"}), ("M2", {"birth_date"})):
        entries = await clerk.rows(
            "SELECT action, user_id, data, pii FROM audit_entry WHERE object_kind = 'patient' AND object_id = :id ORDER BY id", id=str(ids[mrn])
        )
        assert [one["action"] for one in entries] == ["patient.import_add", "patient.import_merge"], mrn
        assert set(entries[1]["data"]["fields"]) == fields and entries[1]["data"]["import_id"] == again["id"], entries[1]
        assert entries[1]["pii"]["before"].keys() == fields and entries[1]["user_id"] is not None
        assert not fields & entries[1]["data"].keys()
    assert await clerk.place.database.run(audit.verify) is None


async def test_planner_knows_of_the_rows_that_an_import_has_just_made(clerk: Clerk) -> None:
    """Without that a row that repeats an earlier one is looked for by reading an index of all of them."""
    people = [(f"赵{n}", "", f"19{n % 90 + 10}-05-01", "", f"P{n}", f"139{n:08d}", "") for n in range(300)]
    await clerk.imported(table([*people, people[3], people[40]]))
    seen = await clerk.rows("SELECT attname, n_distinct FROM pg_stats WHERE tablename = 'contact_phone' AND attname IN ('patient_id', 'number')")
    assert {one["attname"]: one["n_distinct"] for one in seen} == {"patient_id": -1.0, "number": -1.0}


async def test_many_entries_at_once_are_chained_like_one_after_the_other(clerk: Clerk) -> None:
    at = clerk.place.now()
    deeds = [audit.Deed("test.many", "patient", str(n), {"n": n}, {"name": f"张{n}𠮷"} if n % 3 else None) for n in range(50)]

    async def work(session: Session) -> None:
        await audit.write(session, at, None, deeds[0])
        assert await audit.write_many(session, at, None, deeds[1:]) == 49
        await audit.write(session, at, None, deeds[0])

    await clerk.place.database.run(work)
    assert await clerk.place.database.run(audit.verify) is None
    await clerk.rows("UPDATE audit_entry SET data = '{\"n\": 99}' WHERE object_id = '7' RETURNING id")
    told = await clerk.place.database.run(audit.verify)
    assert told is not None and "changed" in told


async def test_a_number_that_no_row_can_have_is_named(clerk: Clerk) -> None:
    answer = await clerk.client.get("/api/imports/99999999999")
    problem = await answer.json()
    assert answer.status == 422 and problem["errors"] == [{"field": "id", "rule": "is at most 2147483647", "mend": "look at the number again"}]
