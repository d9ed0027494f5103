"""Two files of one person become one with every link, and two again."""

from __future__ import annotations

from typing import Any

import pytest

from crm.models import Base
from crm.transfer.undo import pointing
from tests.component.transfer.conftest import Clerk, World, table

pytestmark = pytest.mark.component


async def two(clerk: Clerk) -> tuple[int, int]:
    await clerk.imported(
        table([("张伟", "", "1960-05-01", "", "M1", "13900000001", "甲"), ("张玮", "男", "", "", "M2", "13900000001、13900000002", "乙")])
    )
    kept, dropped = [one["id"] for one in await clerk.rows("SELECT id FROM patient ORDER BY id")]
    await clerk.rows("INSERT INTO visit (patient_id, kind, started_at) VALUES (:id, 'outpatient', now()) RETURNING id", id=dropped)
    await clerk.rows("INSERT INTO follow_up_task (patient_id, title, due_at) VALUES (:id, 'x', now()) RETURNING id", id=dropped)
    await clerk.rows("INSERT INTO relative (patient_id, name, relation) VALUES (:id, '张敏', '女儿') RETURNING id", id=dropped)
    await clerk.rows(
        "INSERT INTO relative (patient_id, name, relation, related_patient_id) VALUES (:kept, 'x', 'x', :id) RETURNING id", id=dropped, kept=kept
    )
    return kept, dropped


async def snapshot(clerk: Clerk) -> dict[str, Any]:
    """Every row that points to a patient, and the patients, but for versions and moments."""
    columns: dict[str, list[str]] = {}
    for name, column in pointing(Base.metadata.tables["patient"]):
        columns.setdefault(name, []).append(column)
    found = {}
    for name, names in columns.items():
        rows = await clerk.rows(f"SELECT {', '.join(names)}, to_jsonb(t) - 'changed_at' - 'version' AS whole FROM {name} t")
        found[name] = sorted(str(row["whole"]) for row in rows)
    found["patient"] = [str(one) for one in await clerk.rows("SELECT to_jsonb(t) - 'version' - 'changed_at' AS whole FROM patient t ORDER BY id")]
    return found


async def wish(clerk: Clerk, kept: int, dropped: int, **more: Any) -> Any:
    seen = await clerk.get(f"/api/patient-merges/preview?kept_id={kept}&dropped_id={dropped}")
    versions = {"kept_version": seen["kept"]["version"], "dropped_version": seen["dropped"]["version"]}
    return await clerk.send("POST", "/api/patient-merges", {"kept_id": kept, "dropped_id": dropped, **versions, **more})


async def test_every_link_is_carried_over_and_comes_back(clerk: Clerk) -> None:
    kept, dropped = await two(clerk)
    before = await snapshot(clerk)
    seen = await clerk.get(f"/api/patient-merges/preview?kept_id={kept}&dropped_id={dropped}")
    assert seen["links"]["visit"] == 1 and seen["links"]["contact_phone"] == 2
    answer = await wish(clerk, kept, dropped, reason="同一个人")
    assert answer.status == 200, await answer.text()
    for name, column in pointing(Base.metadata.tables["patient"]):
        assert await clerk.rows(f"SELECT 1 FROM {name} WHERE {column} = :id", id=dropped) == [], f"{name}.{column}"
    row = (await clerk.rows("SELECT name, gender, mrn, notes FROM patient WHERE id = :id", id=kept))[0]
    assert row == {"name": "张伟", "gender": "male", "mrn": "M1", "notes": "甲\n乙"}
    assert len(await clerk.rows("SELECT 1 FROM contact_phone WHERE patient_id = :id", id=kept)) == 2
    assert [one["number"] for one in await clerk.rows("SELECT number FROM patient_identifier WHERE patient_id = :id", id=kept)] == ["M2"]
    merge_id = (await answer.json())["items"][0]["id"]
    undone = await clerk.send("POST", f"/api/patient-merges/{merge_id}/undo")
    assert undone.status == 204, await undone.text()
    assert await snapshot(clerk) == before
    assert (await clerk.send("POST", f"/api/patient-merges/{merge_id}/undo")).status == 409


async def test_chosen_values_are_taken_and_a_stale_wish_is_refused(clerk: Clerk) -> None:
    kept, dropped = await two(clerk)
    stale = {"kept_id": kept, "dropped_id": dropped, "kept_version": 9, "dropped_version": 1}
    assert (await clerk.send("POST", "/api/patient-merges", stale)).status == 409
    assert (await wish(clerk, kept, dropped, take=["name", "mrn"])).status == 200
    row = (await clerk.rows("SELECT name, initials, mrn FROM patient WHERE id = :id", id=kept))[0]
    assert row == {"name": "张玮", "initials": "zw", "mrn": "M2"}
    assert (await wish_again(clerk, kept, dropped)) == 404


async def wish_again(clerk: Clerk, kept: int, dropped: int) -> int:
    return (await clerk.client.get(f"/api/patient-merges/preview?kept_id={kept}&dropped_id={dropped}")).status


async def test_merges_of_merges_come_back_in_order(clerk: Clerk) -> None:
    await clerk.imported(table([(f"患者{n}", "", "", "", f"M{n}", f"1390000000{n}", "") for n in range(3)]))
    one, other, third = [row["id"] for row in await clerk.rows("SELECT id FROM patient ORDER BY id")]
    before = await snapshot(clerk)
    first = (await (await wish(clerk, one, other)).json())["items"][0]["id"]
    second = (await (await wish(clerk, third, one)).json())["items"][0]["id"]
    assert (await clerk.send("POST", f"/api/patient-merges/{first}/undo")).status == 409
    for merge_id in (second, first):
        undone = await clerk.send("POST", f"/api/patient-merges/{merge_id}/undo")
        assert undone.status == 204, await undone.text()
    assert await snapshot(clerk) == before


async def test_a_file_that_was_restored_by_hand_still_gets_its_entries_back(clerk: Clerk) -> None:
    """Somebody restores the hidden file instead of undoing the merge, and finds it empty."""
    kept, dropped = await two(clerk)
    numbers = "SELECT number FROM contact_phone WHERE patient_id = :id ORDER BY number"
    before = await clerk.rows(numbers, id=dropped)
    merge_id = (await (await wish(clerk, kept, dropped)).json())["items"][0]["id"]
    await clerk.rows(
        "UPDATE patient SET removed_at = NULL, removed_reason = '', mrn = 'M9', version = version + 1 WHERE id = :id RETURNING id", id=dropped
    )
    undone = await clerk.send("POST", f"/api/patient-merges/{merge_id}/undo")
    assert undone.status == 204, await undone.text()
    assert before and await clerk.rows(numbers, id=dropped) == before
    assert await clerk.rows("SELECT mrn FROM patient ORDER BY id") == [{"mrn": "M1"}, {"mrn": "M9"}]


async def test_a_reason_that_cannot_be_stored_is_named(clerk: Clerk) -> None:
    kept, dropped = await two(clerk)
    refused = await wish(clerk, kept, dropped, reason="甲\0乙")
    assert refused.status == 422 and (await refused.json())["errors"][0]["field"] == "reason"


async def test_merging_needs_the_right(world: World, clerk: Clerk) -> None:
    kept, dropped = await two(clerk)
    nurse = await world.sign_in("nurse")
    body = {"kept_id": kept, "dropped_id": dropped, "kept_version": 1, "dropped_version": 1}
    assert (await nurse.send("POST", "/api/patient-merges", body)).status == 403
    await nurse.client.session.close()
