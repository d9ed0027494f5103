"""A list as a file: the rows somebody may see, as he sees them, and nothing that Excel would calculate."""

from __future__ import annotations

import io
from typing import Any

import pytest
import python_calamine
from sqlalchemy import text

from crm.database import Session
from crm.transfer import export
from tests.component.transfer.conftest import Clerk, World, table

pytestmark = pytest.mark.component
ROWS = [("张伟", "男", "1960-05-01", "", "M1", "13900000001", ""), ("李娜", "女", "1985-03-08", "", "M2", "13900000002", "")]


async def test_excel_holds_the_filtered_rows_in_the_chosen_columns(clerk: Clerk) -> None:
    await clerk.imported(table(ROWS))
    answer = await clerk.exported({"resource": "patient", "query": {"gender": "male"}, "columns": ["name", "gender", "birth_date", "mrn"]})
    assert answer.status == 200, await answer.text()
    book = python_calamine.load_workbook(io.BytesIO(await answer.read()))
    assert book.get_sheet_by_index(0).to_python() == [["姓名", "性别", "出生日期", "病案号"], ["张伟", "男", "1960-05-01", "M1"]]
    actions = [one["action"] for one in await clerk.rows("SELECT action FROM audit_entry WHERE action LIKE 'patient.export%' ORDER BY id")]
    assert actions == ["patient.export", "patient.export_download"]


async def test_csv_guards_formulas_and_can_be_brought_again(clerk: Clerk) -> None:
    await clerk.imported(table([("张伟", "", "", "", "=1+1", "", "@SUM(A1)")]))
    answer = await clerk.exported({"resource": "patient", "format": "csv", "language": "en", "columns": ["name", "mrn"]})
    content = await answer.read()
    assert content.startswith(b"\xef\xbb\xbf") and "张伟,'=1+1" in content.decode("utf-8-sig")
    again = await clerk.imported(content)
    assert again["counts"]["same"] == 1, again["counts"]


async def test_masks_hold_and_only_the_asker_gets_the_file(world: World, clerk: Clerk) -> None:
    await clerk.imported(table(ROWS))
    await clerk.rows("UPDATE role SET rights = array_append(array_remove(rights, 'see.name'), 'patient.export') WHERE code = 'agent' RETURNING code")
    nurse = await world.sign_in("nurse")
    answer = await nurse.exported({"resource": "patient", "format": "csv", "columns": ["name", "mrn"]})
    assert answer.status == 200, await answer.text()
    lines = (await answer.text(encoding="utf-8-sig")).splitlines()
    assert "张伟" not in lines[1] + lines[2] and "M1" in lines[1] + lines[2]
    export_id = (await nurse.get("/api/exports"))["items"][0]["id"]
    assert (await clerk.client.get(f"/api/exports/{export_id}/file")).status == 404
    await nurse.rows("UPDATE role SET rights = array_remove(rights, 'patient.export') WHERE code = 'agent' RETURNING code")
    await nurse.client.session.close()
    again = await world.sign_in("nurse")
    assert (await again.send("POST", "/api/exports", {"resource": "patient"})).status == 403
    await again.client.session.close()


async def test_an_export_shows_the_list_of_one_moment(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two pages the rows change places: each stands in the file once."""
    monkeypatch.setattr(export, "PAGE", 2)
    await clerk.imported(table([(f"患者{n}", "", "", "", f"M{n}", "", "") for n in range(6)]))
    place, told = clerk.place, 0

    async def swap(session: Session) -> None:
        await session.execute(text("UPDATE patient SET mrn = 'Z' || mrn WHERE mrn IN ('M0', 'M1')"))
        await session.execute(text("UPDATE patient SET mrn = 'A' || mrn WHERE mrn IN ('M4', 'M5')"))

    progress = export._progress

    async def meanwhile(*given: Any) -> None:
        nonlocal told
        told += 1
        if told == 1:
            await place.database.run(swap)
        await progress(*given)

    monkeypatch.setattr(export, "_progress", meanwhile)
    file = await clerk.exported({"resource": "patient", "format": "csv", "query": {"sort": "mrn"}, "columns": ["mrn"]})
    lines = (await file.read()).decode("utf-8-sig").split()
    assert (lines[1:], told) == ([f"M{n}" for n in range(6)], 3)


async def test_a_sheet_that_cannot_hold_all_rows_is_refused_and_says_what_can(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(export.LARGEST, "xlsx", 2)
    await clerk.imported(table([(f"患者{n}", "", "", "", f"M{n}", "", "") for n in range(3)]))
    assert (await clerk.exported({"resource": "patient", "format": "xlsx"})).status == 409
    ended = (await clerk.get("/api/exports"))["items"][0]
    assert ended["state"] == "failed" and "CSV" in ended["fault"]
