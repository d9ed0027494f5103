"""A task reaches the page of whom it is given to while he looks at something else; the shell by keyboard and on a small screen."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.pages import once, serious_faults, shoot, sign_in, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SMALL = {"width": 390, "height": 844}


async def test_task_that_is_assigned_rings_in_the_open_page_and_leads_there(product, chromium):
    title = f"回电核实住院押金 {once()}"
    agent = await sign_in(chromium, product, "agent02")
    await agent.goes("/knowledge")
    await expect(agent.page.locator("[data-test=bell] .badge")).to_be_visible()
    giver = await sign_in(chromium, product, "supervisor01")
    await giver.goes("/admin/to-dos")
    await giver.page.locator("[data-test=list] tr[data-row]").first.wait_for()
    await giver.page.keyboard.press("Escape")
    await giver.page.keyboard.press("n")
    await giver.arrives("/admin/to-dos/new$")
    await giver.page.fill("#field-to_do-title", title)
    await giver.picks("assigned_to", "李思雨")
    await giver.page.keyboard.press("Control+s")
    await giver.arrives("/admin/to-dos/[0-9]+$")

    news = agent.page.locator(".el-notification.news", has_text=title)
    await expect(news).to_be_visible(timeout=5000)
    await shoot(agent.page, "bell-news")
    assert await serious_faults(agent.page) == []
    await news.click()
    await agent.arrives("/admin/to-dos/[0-9]+$")
    await expect(agent.page.locator("h1")).to_have_text(title)
    await expect(agent.page.locator(".nav .here")).to_have_text("待办")

    await agent.goes("/desk")
    await expect(agent.page.locator("[data-test=today-work]")).to_contain_text("待办")
    assert await serious_faults(agent.page) + await too_wide(agent.page) == []
    await shoot(agent.page, "desk-today")


async def test_list_by_keyboard(product, chromium):
    admin = await sign_in(chromium, product, "admin")
    page = admin.page
    await admin.goes("/admin/users")
    await page.locator("[data-test=list] tr[data-row]").first.wait_for()
    await expect(page.locator(".find")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("tr.current")).to_contain_text("agent01")
    await page.keyboard.press("/")
    await expect(page.locator(".find")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")
    await admin.arrives("/admin/users/[0-9]+$")
    await admin.goes("/import/patient")
    await expect(page.locator(".nav [aria-current=page]")).to_have_text("患者")


@pytest.mark.parametrize("who", ["admin", "agent02"])
async def test_shell_fits_a_telephone(product, chromium, who: str):
    person = await sign_in(chromium, product, who)
    await person.page.set_viewport_size(SMALL)
    for path in ("/admin/to-dos", "/knowledge", "/account"):
        await person.goes(path)
        await person.page.locator("h1").first.wait_for()
        bar = await person.page.evaluate("(() => { const one = document.querySelector('header.bar'); return one.scrollWidth - one.clientWidth })()")
        assert bar <= 0, f"the bar of {path} is {bar} px too wide"
        assert await person.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert await person.page.evaluate("(({ left, top }) => [left, top])(document.querySelector('#main').getBoundingClientRect())") == [60, 48]
    await shoot(person.page, f"telephone-{who}")
