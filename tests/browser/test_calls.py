"""The list of calls as every list is: columns, saved filters, a file; and a number that is looked at only on purpose."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.pages import once, serious_faults, shoot, sign_in, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

EMILY = "13900000003"


@pytest.fixture
async def a_call(product, chromium, patient) -> None:
    """Somebody talked with an agent."""
    agent = await sign_in(chromium, product, "agent02")
    await agent.is_ready()
    caller = await patient(EMILY)
    await caller.asks_for_agent(agent.rings)
    await agent.answers()
    caller.hang_up()
    await agent.finishes()
    await agent.page.keyboard.press("F9")


async def test_list_of_calls_keeps_columns_and_filters_and_becomes_a_file(product, chromium, a_call):
    word = once()
    boss = await sign_in(chromium, product, "supervisor01")
    page = boss.page
    await boss.goes("/calls?outcome=answered")
    row = page.locator("tr[data-call]").first
    await expect(row).to_be_visible(timeout=15_000)

    number = row.locator("[data-test=reveal]")
    await expect(number).to_have_text("139****0003")
    await number.click()
    await expect(row).to_contain_text("139 0000 0003")

    await page.click("[data-test=columns]")
    direction = page.locator(".el-popover label", has_text="方向")
    await direction.locator("input").set_checked(True)
    await expect(page.locator("th", has_text="方向")).to_be_visible()
    await page.reload()
    await expect(page.locator("th", has_text="方向")).to_be_visible()
    await page.click("[data-test=columns]")
    await page.get_by_role("button", name="恢复默认列").click()
    await expect(page.locator("th", has_text="方向")).to_have_count(0)
    await page.keyboard.press("Escape")

    await page.click("[data-test=views]")
    await page.get_by_role("menuitem", name="保存当前筛选").click()
    await page.fill("#view-title", f"接通 {word}")
    await page.locator(".el-dialog").get_by_role("button", name="保存").click()
    await boss.is_told("筛选已保存")
    await boss.visits("/calls")
    await page.click("[data-test=views]")
    await page.get_by_role("menuitem", name=f"接通 {word}", exact=True).click()
    await boss.arrives(r"/calls[?]outcome=answered")
    await shoot(page, "calls")
    assert await serious_faults(page) + await too_wide(page) == []

    await page.click("[data-test=export]")
    await page.click("[data-test=export-go]")
    async with page.expect_download(timeout=60_000) as taken:
        await page.click("[data-test=export-file]", timeout=60_000)
    assert (await taken.value).suggested_filename.endswith(".xlsx")

    admin = await sign_in(chromium, product, "admin")
    await admin.goes("/admin/audit")
    await expect(admin.page.locator("[data-action='call_record.reveal']").first).to_contain_text("周岚")
    await expect(admin.page.locator("[data-action='call_record.export']").first).to_contain_text("周岚")
