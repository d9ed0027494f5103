"""A file of patients as it comes from a hospital: with faults and duplicates, looked at, imported, taken back."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import xlsxwriter
from playwright.async_api import expect

from tests.browser.pages import once, serious_faults, shoot, sign_in, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

HEADINGS = ("姓名", "性别", "出生日期", "身份证号", "病案号", "电话", "备注")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
GOOD = 40


def identity_number(born: datetime.date, place: int) -> str:
    """By GB 11643, with its check digit."""
    body = f"110105{born:%Y%m%d}{place:03d}"
    return body + "10X98765432"[sum(int(one) * weight for one, weight in zip(body, WEIGHTS, strict=True)) % 11]


def a_file(folder: Path, word: str) -> Path:
    """40 good rows, one of them twice, and one row for each fault; one cell is a formula. Nobody in it was in another run's file."""
    run = int(word, 16)
    born = datetime.date(1940, 1, 1) + datetime.timedelta(days=run % 5000)
    rows = []
    for place in range(GOOD):
        day = born + datetime.timedelta(days=137 * place)
        rows.append(
            [
                f"导{word[:2]}{place}",
                "女" if place % 2 else "男",
                day.isoformat(),
                identity_number(day, (run + place) % 1000),
                f"{word}-{place}",
                f"137{(run + place) % 10**8:08d}",
                "",
            ]
        )
    twice = [*rows[0]]
    wrong = [[*rows[1]] for _ in range(4)]
    for number, row in enumerate(wrong):
        row[4] = f"{word}-W{number}"
    wrong[0][2] = "1962-13-40"
    wrong[1][3] = wrong[1][3][:-1] + ("1" if wrong[1][3][-1] != "1" else "2")
    wrong[2][0] = ""
    wrong[3][5] = "12"
    path = folder / f"patients-{word}.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("患者")
    for number, row in enumerate([HEADINGS, *rows, twice, *wrong]):
        sheet.write_row(number, 0, row)
    sheet.write_formula(1, 6, "=1+1", None, 2)
    book.close()
    return path


async def test_file_with_faults_is_imported_and_taken_back(product, chromium, tmp_path):
    word = once()
    admin = await sign_in(chromium, product, "admin")
    page = admin.page
    await admin.goes("/patients")
    await page.click("[data-test=import]")
    await page.set_input_files("[data-test=file]", str(a_file(tmp_path, word)))
    await expect(page.locator("[data-test=check]")).to_be_enabled(timeout=20_000)
    await expect(page.locator("[data-test=map-0]")).to_contain_text("姓名")
    assert await serious_faults(page) + await too_wide(page) == []
    await shoot(page, "import-columns")

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "GET" and "/api/imports/" in request.url else None)
    await page.click("[data-test=check]")
    await expect(page.locator("[data-test=result]")).to_have_attribute("data-state", "checked", timeout=30_000)
    assert len([one for one in asked if "problems" not in one]) <= 2, "progress is pushed, the page asks for the end alone"
    await expect(page.locator("[data-test=count-repeats] dd")).to_have_text("1")
    await expect(page.locator("[data-test=repeats] tbody tr")).to_have_text([f"{GOOD + 2}第 2 行身份证号相同并入前面那一行"])
    await expect(page.locator("[data-test=count-refused] dd")).to_have_text("4")
    for words in ("没有这一天", "校验位不对", "不能为空", "电话应为"):
        await expect(page.locator("main")).to_contain_text(words)
    await shoot(page, "import-check")
    assert await serious_faults(page) + await too_wide(page) == []

    await page.click("[data-test=run]")
    await expect(page.locator("[data-test=result]")).to_have_attribute("data-state", "done", timeout=60_000)
    await expect(page.locator("[data-test=count-added] dd")).to_have_text(str(GOOD))
    address = page.url
    await admin.visits(f"/patients?q={word}-7")
    await expect(page.locator("tr[data-row]").first).to_contain_text(f"导{word[:2]}7")

    await admin.visits(address.removeprefix(product.url))
    await page.click("[data-test=undo]")
    await expect(page.locator(".el-message-box")).to_contain_text(str(GOOD))
    await page.locator(".el-message-box").get_by_role("button", name="撤销导入").click()
    await expect(page.locator("[data-test=result]")).to_have_attribute("data-state", "undone", timeout=60_000)
    await admin.visits(f"/patients?q={word}-7")
    await expect(page.locator("[data-test=empty]")).to_be_visible()
