"""Files that are broken, odd or meant to harm: a clear word or correct rows, and nothing is lost."""

from __future__ import annotations

import asyncio
import io
import struct
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from crm.transfer import importing
from tests.component.transfer.conftest import HEADINGS, Clerk, table
from tests.support.waiting import until

pytestmark = pytest.mark.component
NOBODY, END = 0xFFFFFFFF, 0xFFFFFFFE  # of a compound file's chains


def workbook(rows: list[list[object]]) -> bytes:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet, dates = book.add_worksheet("患者"), book.add_format({"num_format": "yyyy-mm-dd"})
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, datetime):
                sheet.write_datetime(row, column, cell, dates)
            else:
                sheet.write(row, column, cell)
    book.close()
    return made.getvalue()


def bomb() -> bytes:
    """A sheet that unpacks to 300 MB of nothing."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([["姓名"], ["张伟"]]))) as good, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as bad:
        for one in good.namelist():
            bad.writestr(one, b" " * 300_000_000 if one.endswith("sheet1.xml") else good.read(one))
    return made.getvalue()


def archive(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return made.getvalue()


def _entry(name: str, kind: int, start: int, size: int, child: int = NOBODY, right: int = NOBODY) -> bytes:
    """One entry of a compound file's folder."""
    words = f"{name}\0".encode("utf-16-le")
    return words.ljust(64, b"\0") + struct.pack("<HBBIII16sIQQIQ", len(words), kind, 1, NOBODY, right, child, b"", 0, 0, 0, start, size)


def locked_workbook() -> bytes:
    """What Excel writes when a password is set: a compound file with two streams. [MS-OFFCRYPTO] 2.3.4"""
    chains = [0xFFFFFFFD, END, *range(3, 10), END, *range(11, 18), END]
    mark = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    head = mark + struct.pack("<16xHHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, END, 0, END, 0)
    head += struct.pack("<109I", 0, *[NOBODY] * 108)
    folder = _entry("Root Entry", 5, END, 0, child=1) + _entry("EncryptionInfo", 2, 2, 4096, right=2) + _entry("EncryptedPackage", 2, 10, 4096)
    table = struct.pack("<128I", *chains, *[NOBODY] * (128 - len(chains)))
    return head + table + folder.ljust(512, b"\0") + b"\x04\0\x04\0".ljust(4096, b"\0") + b"\x11" * 4096


async def refusal(clerk: Clerk, content: bytes, name: str = "x.xlsx") -> dict[str, Any]:
    response = await clerk.bring(content, name)
    assert response.status == 422, await response.text()
    body = await response.json()
    assert body["errors"][0]["field"] == "file" and body["errors"][0]["mend"]
    return body


async def test_workbook_with_dates_numbers_and_a_title_above_the_headings(clerk: Clerk) -> None:
    rows = [
        ["安和医院患者名单"],
        [],
        list(HEADINGS),
        ["张伟", "男", datetime(1960, 5, 1), "", 12345, 13900000001, ""],
        ["李娜", 2, datetime(1985, 3, 8, 0, 0), "", "M2", "010-65432100", ""],
    ]
    done = await clerk.imported(workbook(rows), "名单.xlsx")
    assert (done["state"], done["counts"]["added"]) == ("done", 2), done
    found = await clerk.rows(
        "SELECT p.birth_date::text AS born, mrn, number FROM patient p JOIN contact_phone c ON c.patient_id = p.id ORDER BY p.id"
    )
    assert found == [
        {"born": "1960-05-01", "mrn": "12345", "number": "+8613900000001"},
        {"born": "1985-03-08", "mrn": "M2", "number": "+861065432100"},
    ]


async def test_identity_number_that_excel_rounded_is_refused_with_the_way_out(clerk: Clerk) -> None:
    done = await clerk.imported(workbook([list(HEADINGS), ["张伟", "", "", 110101196005010017.0, "", "", ""]]), "x.xlsx")
    assert done["counts"]["refused"] == 1
    fault = (await clerk.get(f"/api/imports/{done['id']}/problems"))["items"][0]["faults"][0]
    assert fault["code"] == "id_rounded" and "text" in fault["mend"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_rare_characters_come_through_in_every_encoding(clerk: Clerk, encoding: str) -> None:
    names = ["𠮷野家", "䶮佳", "张😀伟", "José", "買賣"]
    done = await clerk.imported(table([(name, "", "", "", f"M{n}", "", "") for n, name in enumerate(names)], encoding=encoding))
    assert (done["state"], done["counts"]["added"]) == ("done", len(names)), done
    assert [one["name"] for one in await clerk.rows("SELECT name FROM patient ORDER BY id")] == names


async def test_script_and_formulas_are_text_or_refused(clerk: Clerk) -> None:
    rows = [
        ("<script>alert(1)</script>", "", "", "", "M1", "", "<img src=x onerror=alert(1)>"),
        ("=cmd|' /C calc'!A0", "", "", "", "M2", "", ""),
        ("张伟", "", "", "", "M3", "", "=1+1"),
    ]
    done = await clerk.imported(table(rows))
    assert (done["counts"]["added"], done["counts"]["refused"]) == (2, 1)
    assert (await clerk.rows("SELECT notes FROM patient ORDER BY id"))[1]["notes"] == "=1+1"
    file = await clerk.client.get(f"/api/imports/{done['id']}/problems.csv")
    assert "'=cmd" in (await file.text())


async def test_birth_dates_of_midnight_and_impossible_days(clerk: Clerk) -> None:
    days = ["1960-05-01 00:00:00", "1960/5/1 0:00", "19600501", "1960年5月1日", "00:00", "32874", "1960-02-30", "01/05/1960", "2999-01-01"]
    done = await clerk.imported(table([(f"患者{n}", "", day, "", f"M{n}", "", "") for n, day in enumerate(days)]))
    assert (done["counts"]["added"], done["counts"]["refused"]) == (4, 5)
    problems = (await clerk.get(f"/api/imports/{done['id']}/problems"))["items"]
    assert [one["faults"][0]["code"] for one in problems] == ["date_time_only", "date_serial", "no_such_day", "date", "birth_date_range"]


async def test_a_hundred_thousand_columns(clerk: Clerk) -> None:
    assert (await refusal(clerk, (",".join(f"c{n}" for n in range(100_000)) + "\n1,2\n").encode(), "x.csv"))["type"] == "too_many_columns"


async def test_broken_and_dangerous_files_are_told_what_they_are(clerk: Clerk) -> None:
    good = workbook([list(HEADINGS), ["张伟", "", "", "", "", "", ""]])
    assert (await refusal(clerk, good[: len(good) // 2]))["type"] == "broken_workbook"
    assert (await refusal(clerk, b"PK\x03\x04" + b"\0" * 500))["type"] == "broken_workbook"
    assert (await refusal(clerk, bomb()))["type"] == "too_large_unpacked"
    assert (await refusal(clerk, bytes(range(256)) * 40, "x.csv"))["type"] in ("binary", "encoding")
    assert (await clerk.bring(b"", "x.csv")).status == 422
    assert not list((clerk.place.folder / "imports").iterdir())


async def test_cells_beyond_the_headings_and_quotes_that_never_end(clerk: Clerk) -> None:
    done = await clerk.imported("姓名,病案号\n张伟,M1,多,余\n李娜,M2\n".encode())
    assert (done["counts"]["added"], done["counts"]["refused"]) == (1, 1)
    refused = await refusal(clerk, '姓名,病案号\n王芳,M0\n"张伟,M1\n李娜,M2\n'.encode(), "x.csv")
    assert refused["type"] == "broken_csv" and "row 3" in refused["errors"][0]["mend"]
    done = await clerk.imported('姓名,备注\n刘洋,"两行\n的备注"'.encode())
    assert done["counts"]["added"] == 1


async def test_a_value_the_database_refuses_costs_one_row_only(clerk: Clerk) -> None:
    await clerk.imported(table([("张伟", "", "", "", "M1", "", "")]))
    await clerk.rows("UPDATE patient SET removed_at = now() WHERE mrn = 'M1' RETURNING id")
    done = await clerk.imported(table([(f"患者{n}", "", "", "", f"M{n}", "", "") for n in range(20)]))
    assert (done["counts"]["added"], done["counts"]["refused"]) == (19, 1)
    assert (await clerk.get(f"/api/imports/{done['id']}/problems"))["items"][0]["faults"][0]["code"] == "removed"


async def test_script_in_every_text_field_stays_text_and_long_or_odd_ones_are_refused(clerk: Clerk) -> None:
    """Whatever can be written is stored as it was written; what cannot be is named by its column."""
    headings = ("姓名", "病案号", "电话", "电话机主关系", "电话机主", "住址", "标签", "警示", "备注")
    script = "<script>1</script>"
    good = (f"张{script}", script, "13900000001", script, script, script, script, script, script)
    odd = ("李\x07娜", "M" * 41, "13900000002", "x" * 21, "", "", "", "", "甲\ud800".encode("utf-8", "replace").decode())
    done = await clerk.imported(table([good, odd], headings=headings))
    assert (done["counts"]["added"], done["counts"]["refused"]) == (1, 1), done
    stored = (await clerk.rows("SELECT name, mrn, tags, alerts, notes FROM patient"))[0]
    assert stored == {"name": f"张{script}", "mrn": script, "tags": ["<script>1<", "script>"], "alerts": ["<script>1<", "script>"], "notes": script}
    assert (await clerk.rows("SELECT relation, owner_name FROM contact_phone"))[0] == {"relation": script, "owner_name": script}
    faults = (await clerk.get(f"/api/imports/{done['id']}/problems"))["items"][0]["faults"]
    assert {one["field"]: one["code"] for one in faults} == {"name": "strange_character", "mrn": "too_long", "relation": "too_long"}


async def test_a_cell_at_the_far_corner_of_a_sheet_costs_no_memory_of_ours(clerk: Clerk) -> None:
    """A sheet that is said to have 17 thousand million cells."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADINGS)
    sheet.write(1_048_575, 16_383, "x")
    book.close()
    assert (await refusal(clerk, made.getvalue()))["type"] in ("too_many_columns", "too_many_rows", "too_large_unpacked")


async def test_a_wrongly_chosen_encoding_is_told_and_the_right_one_mends_it(clerk: Clerk) -> None:
    run = await clerk.brought(table([("𠮷野家", "", "", "", "M1", "", "")], encoding="gb18030"))
    refused = await clerk.send("PATCH", f"/api/imports/{run['id']}", {"encoding": "utf-8"})
    assert refused.status == 422 and (await refused.json())["type"] == "encoding"
    mended = await clerk.send("PATCH", f"/api/imports/{run['id']}", {"encoding": "gb18030"})
    assert mended.status == 200 and (await mended.json())["rows"][0]["cells"][0] == "𠮷野家"


@pytest.mark.parametrize(
    ("content", "name", "kind", "word"),
    [
        (locked_workbook(), "x.xlsx", "password", "password"),
        (locked_workbook(), "x.xls", "password", "password"),
        (archive(**{"patients.csv": b"name"}), "x.zip", "other_kind", "archive"),
        ("<html><table><tr><td>姓名</td></tr></table>".encode(), "x.xls", "other_kind", "web page"),
        (b'<?xml version="1.0"?><Workbook/>', "x.xls", "other_kind", "XML"),
        (b"%PDF-1.7\n", "x.pdf", "other_kind", "PDF"),
        (b"\xef\xbb\xbf \r\n", "x.csv", "empty", "heading row"),
    ],
)
async def test_a_file_of_another_kind_is_told_what_it_is(clerk: Clerk, content: bytes, name: str, kind: str, word: str) -> None:
    body = await refusal(clerk, content, name)
    assert body["type"] == kind and word in body["errors"][0]["rule"], body
    assert not list((clerk.place.folder / "imports").iterdir())


async def test_headings_without_rows_are_not_imported_as_if_all_went_well(clerk: Clerk) -> None:
    run = await clerk.brought(table([]))
    refused = await clerk.send("POST", f"/api/imports/{run['id']}/check")
    assert refused.status == 422 and (await refused.json())["errors"][0]["field"] == "heading_row"


async def test_another_encoding_that_comes_too_late_leaves_the_rows_that_are_read(clerk: Clerk) -> None:
    """One of two people runs the import while the other still tries encodings."""
    run = await clerk.brought(table([("张伟", "", "", "", "M1", "", "")]))
    await clerk.step(run["id"], "check")
    slow = asyncio.create_task(clerk.send("PATCH", f"/api/imports/{run['id']}", {"encoding": "latin-1"}))
    await until(lambda: len(readings(clerk)) == 2, timeout_s=10)
    assert (await clerk.send("POST", f"/api/imports/{run['id']}/run")).status == 200
    assert (await slow).status == 409
    await importing.handle(clerk.place, run["id"])
    assert await clerk.rows("SELECT name FROM patient") == [{"name": "张伟"}]
    assert len(readings(clerk)) == 1


def readings(clerk: Clerk) -> list[Path]:
    return [one for one in (clerk.place.folder / "imports").glob("*/*") if one.is_dir()]


@pytest.fixture
def full_disk(clerk: Clerk, tmp_path: Path) -> Iterator[Path]:
    """The upload folder on a file system of 64 KB."""
    folder = clerk.place.folder / "imports"
    folder.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], capture_output=True).returncode:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_is_told_and_nothing_is_left_on_it(clerk: Clerk, full_disk: Path) -> None:
    large = table([(f"患者{n}", "", "", "", f"M{n}", "", "") for n in range(3000)])
    for content in (large, large[:40_000]):
        refused = await clerk.bring(content)
        assert refused.status == 507, await refused.text()
        assert not left_on(full_disk)
    assert (await clerk.bring(table([("张伟", "", "", "", "M1", "", "")]))).status == 200


def left_on(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_requests_that_are_odd_are_refused_by_name(clerk: Clerk) -> None:
    run = await clerk.brought(table([("张伟", "", "", "", "M1", "", "")]))
    address = f"/api/imports/{run['id']}"
    far = await clerk.send("PATCH", address, {"mapping": {"9" * 5000: "name"}})
    long = await clerk.send("POST", "/api/exports", {"resource": "patient", "query": {"q": "张" * 81}})
    nul = await clerk.send("POST", "/api/exports", {"resource": "patient", "query": {"q": "张\0"}})
    fields = [(one.status, (await one.json())["errors"][0]["field"]) for one in (far, long, nul)]
    assert fields == [(422, "mapping"), (422, "query.q"), (422, "query.q")]
    unpacked = {"X-CSRF-Token": clerk.csrf, "Content-Encoding": "gzip", "Content-Type": "application/json", "Connection": "close"}
    for path in ("/api/exports", "/api/imports?resource=patient&name=x.csv"):
        refused = await clerk.client.post(path, data=b"no gzip", headers=unpacked)
        assert (refused.status, (await refused.json())["title"]) == (400, "unreadable body")


@pytest.mark.parametrize(
    ("content", "name", "read_as", "misnamed"),
    [
        (table([("张伟", "", "", "", "M1", "", "")]), "名单.xlsx", "text", True),
        (table([("张伟", "", "", "", "M1", "", "")]), "名单.CSV", "text", False),
        (table([("张伟", "", "", "", "M1", "", "")]), "名单", "text", False),
        (workbook([list(HEADINGS), ["张伟", "", "", "", "M1", "", ""]]), "名单.csv", "workbook", True),
        (workbook([list(HEADINGS), ["张伟", "", "", "", "M1", "", ""]]), "名单.xlsx", "workbook", False),
    ],
)
async def test_a_file_is_read_by_its_content_and_people_hear_when_its_name_says_otherwise(
    clerk: Clerk, content: bytes, name: str, read_as: str, misnamed: bool
) -> None:
    sheet = (await clerk.brought(content, name))["sheets"][0]
    assert (sheet["read_as"], sheet["misnamed"], sheet["rows"]) == (read_as, misnamed, 2)
