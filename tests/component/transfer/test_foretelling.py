"""What the check says is what the import then does: the same counts, the same rows kept aside, for any file and whatever stands in the database."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.transfer import importing
from tests.component.transfer.conftest import Clerk, table
from tests.component.transfer.test_import import _card

pytestmark = pytest.mark.component

EXAMPLES = 300 if os.environ.get("CALLCENTER_FAULTS") == "full" else 20
SETTLED = ("added", "merged", "same", "skipped", "refused", "rules")
HEADINGS = ("姓名", "出生日期", "身份证号", "病案号", "联系电话", "备注")
# Few values, so that rows meet each other and what is there by every rule, agreeing and contradicting.
CARDS = [_card(f"1101011960050100{n}") for n in range(3)]
ROW = st.tuples(
    st.sampled_from(("张伟", "李娜", "王芳", "")),
    st.sampled_from(("1960-05-01", "1960-05-01", "", "1960-13-01")),
    st.sampled_from(("", "", "", *CARDS)),
    st.sampled_from(("", "", "M1", "M2", "M3")),
    st.sampled_from(("", "13900000001", "13900000002", "13900000001、13900000002")),
    st.sampled_from(("", "甲", "乙")),
)
RULES = st.fixed_dictionaries({
    "id_number": st.sampled_from(("merge", "skip")), "mrn": st.sampled_from(("merge", "skip")),
    "name_birth": st.sampled_from(("merge", "skip", "create")), "phone": st.sampled_from(("merge", "skip", "create", "create")),
})  # fmt: skip
COLUMNS = st.sets(st.sampled_from(range(1, 6)), min_size=1)


Outcome = tuple[dict[str, Any], dict[str, Any], list[Any], list[Any]]


async def _settled(clerk: Clerk, rows: list[tuple[str, ...]], chunk: int, **choices: Any) -> Outcome:
    """Counts and kept rows of the check, and of the import."""
    place = importing.with_chunks(clerk.place, chunk)
    run = await clerk.brought(table(rows, headings=HEADINGS))
    assert (await clerk.send("PATCH", f"/api/imports/{run['id']}", choices)).status == 200
    seen: list[tuple[dict[str, Any], list[Any]]] = []
    for step in ("check", "run"):
        assert (await clerk.send("POST", f"/api/imports/{run['id']}/{step}")).status == 200
        await importing.handle(place, run["id"])
        view = await clerk.get(f"/api/imports/{run['id']}")
        assert view["state"] in ("checked", "done"), view["fault"]
        kept = (await clerk.get(f"/api/imports/{run['id']}/problems?limit=500"))["items"]
        seen.append((view["counts"], [(one["row"], [fault["code"] for fault in one["faults"]]) for one in kept]))
    return seen[0][0], seen[1][0], seen[0][1], seen[1][1]


async def _emptied(clerk: Clerk) -> None:
    await clerk.rows("WITH a AS (DELETE FROM import_run) SELECT 1")
    await clerk.rows("WITH a AS (DELETE FROM contact_phone) SELECT 1")
    await clerk.rows("WITH a AS (DELETE FROM patient_identifier) SELECT 1")
    await clerk.rows("WITH a AS (DELETE FROM patient) SELECT 1")


async def test_check_and_import_agree_for_any_file(clerk: Clerk) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(ROW, max_size=6), st.lists(ROW, min_size=1, max_size=14), RULES, COLUMNS, st.sampled_from(("stored", "file")),
        st.integers(1, 6), st.booleans(),
    )  # fmt: skip
    def agree(there: Any, brought: Any, rules: Any, columns: Any, prefer: str, chunk: int, removed: bool) -> None:
        async def one() -> None:
            await _emptied(clerk)
            if there:
                await clerk.imported(table(there, headings=HEADINGS), rules={"name_birth": "create"})
            if removed:
                await clerk.rows("UPDATE patient SET removed_at = now() WHERE id = (SELECT min(id) FROM patient) RETURNING id")
            names = ("name", "birth_date", "id_number", "mrn", "phone", "notes")
            mapping = {str(place): names[place] for place in {0, *columns}}
            told, done, kept_told, kept = await _settled(clerk, brought, chunk, rules=rules, prefer=prefer, mapping=mapping)
            assert {name: told[name] for name in SETTLED} == {name: done[name] for name in SETTLED}
            assert kept_told == kept
            assert told["repeats"] == len(told["repeated"]) <= told["merged"] + told["same"] + told["skipped"]

        asyncio.run_coroutine_threadsafe(one(), loop).result()

    await asyncio.to_thread(agree)


async def test_rows_that_repeat_an_earlier_row_are_named_with_it_before_anything_is_written(clerk: Clerk) -> None:
    """Also when the earlier row stands in another batch, and the file fits somebody who is there."""
    await clerk.imported(table([("赵六", "", "", "M9", "", "")], headings=HEADINGS))
    zhang, zhao = ("张伟", "1960-05-01", CARDS[0], "", "", ""), ("赵六", "", "", "M9", "", "甲")
    rows = [zhang, zhao, ("李娜", "", "", "M2", "", ""), ("张伟", "1960-05-01", "", "", "", "乙"), ("李四", "", "", "M2", "", ""), zhao]
    told, done, _, _ = await _settled(clerk, rows, 2, prefer="stored")
    assert told["repeated"] == [{"row": 5, "of": 2, "rule": "name_birth"}, {"row": 6, "of": 4, "rule": "mrn"}, {"row": 7, "of": 3, "rule": "mrn"}]
    assert (told["added"], told["repeats"]) == (2, 3) and done["added"] == 2


async def test_the_check_writes_nothing_and_uses_no_ids_up(clerk: Clerk) -> None:
    run = await clerk.brought(table([("张伟", "", CARDS[0], "M1", "13900000001", "")], headings=HEADINGS))
    await clerk.step(run["id"], "check")
    for name in ("patient", "patient_identifier", "contact_phone", "import_change", "audit_entry WHERE action = 'patient.import_add'"):
        assert await clerk.rows(f"SELECT 1 FROM {name}") == [], name
    done = await clerk.step(run["id"], "run")
    assert done["counts"]["added"] == 1 and (await clerk.rows("SELECT id FROM patient"))[0]["id"] == 1
