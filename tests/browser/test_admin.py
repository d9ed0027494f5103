"""Administration in the browser: what is drawn from the description of things, used by people as they use it."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from crm.text import initials
from tests.browser.pages import Desk, once, serious_faults, shoot, sign_in
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


async def _changes(page: Page, field: str, value: str) -> None:
    """A value is changed where it stands."""
    line = page.locator(f"dd[data-field={field}]")
    await line.hover()
    await line.locator(".pencil").click()
    await line.locator("input").fill(value)
    await page.keyboard.press("Enter")


async def _file_of(person: Desk, number: str) -> Page:
    await person.goes(f"/patients/{number}")
    await person.page.click("[data-tab=data]")
    return person.page


async def test_everybody_lands_where_his_work_is(product, chromium):
    for user, place in {"agent01": "/desk", "supervisor01": "/board", "admin": "/admin"}.items():
        person = await sign_in(chromium, product, user)
        await person.page.wait_for_url(f"**{place}")
        await person.page.context.close()


async def test_patient_is_found_by_initials_and_by_name_and_opened_by_keyboard(product, chromium):
    person = await sign_in(chromium, product, "agent01")
    await person.goes("/patients")
    page = person.page
    await expect(page.get_by_role("searchbox").first).to_be_focused()
    await expect(page.locator("tr[data-row]").first).to_be_visible()
    await shoot(page, "list")
    await page.keyboard.type("zw")

    async def found_by_initials() -> bool:
        names = await page.locator("tr[data-row] td a[href^='/patients/']").all_inner_texts()
        return bool(names) and all(initials(name).startswith("zw") for name in names)

    await until(found_by_initials, 10, "only people whose initials begin with zw are listed")
    await page.fill("input[type=search]", "张伟")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-test=patient] .name")).to_contain_text("张伟")
    await expect(page.locator("[data-test=timeline] [data-kind=visit]").first).to_be_visible()
    await shoot(page, "patient")


async def test_change_stands_at_once_and_can_be_taken_back(product, chromium):
    page = await _file_of(await sign_in(chromium, product, "admin"), "7")
    line = page.locator("dd[data-field=mrn]")
    before = (await line.inner_text()).replace("✎", "").strip()
    await _changes(page, "mrn", "T-700001")
    await expect(line).to_contain_text("T-700001")
    await page.click("[data-test=undo]")
    await expect(line).to_contain_text(before)
    await page.reload()
    await page.click("[data-tab=data]")
    await expect(page.locator("dd[data-field=mrn]")).to_contain_text(before)


async def test_two_people_change_one_field_and_one_of_them_decides(product, chromium):
    mine, theirs = f"第一个人写的 {once()}", f"第二个人写的 {once()}"
    first = await sign_in(chromium, product, "admin")
    await first.goes("/patients/8/edit")
    notes = first.page.locator("#field-patient-notes")
    await notes.fill(mine)
    second = await _file_of(await sign_in(chromium, product, "supervisor01"), "8")
    await second.locator("dd[data-field=notes]").hover()
    await second.locator("dd[data-field=notes] .pencil").click()
    await second.locator("dd[data-field=notes] textarea").fill(theirs)
    await second.click("dd[data-field=notes] [data-test=set]")
    await expect(second.locator("[data-test=undo]")).to_be_visible()
    await first.page.keyboard.press("Control+s")
    dialog = first.page.locator("[data-test=conflict]")
    await expect(dialog).to_contain_text(mine)
    await expect(dialog).to_contain_text(theirs)
    await shoot(first.page, "conflict")
    await first.page.click("[data-test=settle]")
    await first.page.wait_for_url("**/patients/8")
    await second.reload()
    await second.click("[data-tab=data]")
    await expect(second.locator("dd[data-field=notes]")).to_contain_text(mine)


async def test_what_was_typed_is_not_lost_by_a_refusal_or_a_wrong_click(product, chromium):
    person = await sign_in(chromium, product, "admin")
    await person.goes("/patients/new")
    page = person.page
    await page.fill("#field-patient-mrn", "T-1")
    await page.keyboard.press("Control+s")
    await expect(page.locator("[data-field=name]").get_by_role("alert")).to_be_visible()
    await expect(page.locator("#field-patient-name")).to_be_focused()
    await page.click("nav a[href='/admin']")
    await page.get_by_role("button", name="继续填写").click()
    await expect(page.locator("#field-patient-mrn")).to_have_value("T-1")


async def test_role_is_made_by_ticking_and_its_history_tells_who_did_it(product, chromium):
    person = await sign_in(chromium, product, "admin")
    await person.goes("/admin/roles/new")
    page = person.page
    code = f"ward_{once()}"
    await page.fill("#field-role-code", code)
    await page.fill("#field-role-title_zh", "病区服务台")
    await page.fill("#field-role-title_en", "Ward desk")
    await page.check("[data-right='patient.change']")
    await expect(page.locator("[data-right='patient.read']")).to_be_checked()
    await page.click("[data-test=save]")
    await page.wait_for_url(f"**/admin/roles/{code}")
    await expect(page.locator("h1")).to_have_text("病区服务台")
    await page.click("[data-test=audit-tab]")
    await expect(page.locator("[data-action='role.add']")).to_contain_text("系统管理员")
    await page.get_by_role("tab").first.click()
    await page.click("[data-test=ask-remove]")
    await page.click("[data-test=remove]")
    await page.wait_for_url("**/admin/roles")


async def test_agent_does_not_see_what_he_may_not_use(product, chromium):
    person = await sign_in(chromium, product, "agent01")
    await person.goes("/admin")
    await expect(person.page.locator("[data-test=admin-home] li").first).to_be_visible()
    await expect(person.page.locator("a[href='/admin/roles']")).to_have_count(0)
    await person.goes("/admin/roles")
    await expect(person.page.locator("h1")).to_have_text("没有这个页面")


async def test_two_files_of_one_person_become_one_and_two_again(product, chromium):
    person = await sign_in(chromium, product, "admin")
    page, name = person.page, f"合并{once()}"
    for gender in ("女", "男"):
        await person.goes("/patients/new")
        await page.fill("#field-patient-name", name)
        await page.locator("[data-field=gender] .el-select").click()
        await page.get_by_role("option", name=gender).click()
        await page.click("[data-test=save]")
        await expect(page.locator("[data-test=patient] .name")).to_have_text(name)
    await page.click("[data-test=merge]")
    dialog = page.locator(".el-dialog:visible")
    await dialog.locator("[data-test^=other-]").first.click()
    await expect(dialog.locator("td", has_text="女")).to_have_count(1)
    await shoot(page, "merge")
    assert await serious_faults(page) == []
    await dialog.locator("[data-test=merge-go]").click()
    await person.is_told("已合并")
    await person.visits(f"/patients?q={name}")
    await expect(page.locator("tr[data-row]")).to_have_count(1)
    await page.locator("tr[data-row]").first.click()
    await person.arrives(r"/patients/\d+")
    await page.click("[data-test=merge]")
    await page.click("[data-test=unmerge]")
    await person.is_told("已恢复为两份档案")
    await person.visits(f"/patients?q={name}")
    await expect(page.locator("tr[data-row]")).to_have_count(2)


async def test_colleague_is_limited_to_a_department_without_a_new_password_and_the_trail_finds_it(product, chromium):
    person = await sign_in(chromium, product, "admin")
    await person.goes("/admin/users/new")
    page, name = person.page, f"w.{once()}"
    await expect(page.locator("#field-user-username")).to_be_focused()
    await page.keyboard.type(name)
    await page.fill("#field-user-name", "王芳")
    await page.fill("#field-user-password", "short")
    await person.picks("roles", "坐席")
    await page.keyboard.press("Control+s")
    await expect(page.locator("[data-field=password]").get_by_role("alert")).to_have_text("应为 10 到 200 个字符。")
    await page.fill("#field-user-password", f"Long-enough-{name}")
    await page.keyboard.press("Control+s")
    await person.arrives(r"/admin/users/\d+$")
    await page.click("[data-test=edit]")
    await person.picks("department_ids", "心内科")
    await page.keyboard.press("Control+s")
    await person.arrives(r"/admin/users/\d+$")
    await expect(page.locator("dd[data-field=department_ids]")).to_contain_text("心内科")
    await person.goes("/admin/audit")
    await page.locator(".filters .el-select").nth(2).click()
    await page.get_by_role("option", name="修改", exact=True).click()
    await expect(page.locator("[data-action$='.change']").first).to_be_visible()
    await expect(page.locator("[data-action$='.add']")).to_have_count(0)
