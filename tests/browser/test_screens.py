"""The screens around a call: sign-in, board, lists, wall and the visitor's page; usable by everybody, in both languages."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.pages import open_page, serious_faults, shoot, sign_in
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

EMILY = "13900000003"
SCREENS = {
    "agent01": ("/desk", "/calls", "/messages", "/patients", "/patients/1", "/patients/new"),
    "supervisor01": ("/board", "/wall", "/calls"),
}


async def test_wrong_password_is_refused_in_words_and_then_slowed_down(product, chromium):
    page = await open_page(chromium)
    await page.goto(f"{product.url}/login")
    await page.fill("#username", "nobody-of-this-name")
    statuses: list[int] = []
    for _ in range(6):
        await expect(page.locator("#password")).to_have_value("")
        await expect(page.locator("button[type=submit]")).to_be_enabled()
        await page.fill("#password", "wrong")
        async with page.expect_response("**/api/login", timeout=10_000) as answer:
            await page.keyboard.press("Enter")
        statuses.append((await answer.value).status)
    assert statuses == [401] * 5 + [429]
    await expect(page.get_by_role("alert")).to_contain_text("秒后重试", timeout=10_000)
    assert await serious_faults(page) == []


async def test_page_without_a_session_leads_to_the_login_and_back(product, chromium):
    page = await open_page(chromium)
    await page.goto(f"{product.url}/calls?outcome=answered")
    await page.wait_for_url("**/login?next=**")
    await page.fill("#username", "supervisor01")
    await page.fill("#password", product.passwords["supervisor01"])
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/calls?outcome=answered")


async def test_board_changes_while_it_is_looked_at(product, chromium, patient):
    supervisor = await sign_in(chromium, product, "supervisor01")
    page = supervisor.page
    waiting = page.locator("[data-queue=service_desk] [data-cell=waiting]")
    await expect(waiting).to_have_text("0")
    before = int(await page.locator("[data-figure=answered]").get_attribute("data-value") or 0)
    agent = await sign_in(chromium, product, "agent01")
    await agent.is_ready()
    caller = await patient(EMILY)

    async def waits() -> bool:
        return await waiting.inner_text() == "1"

    await caller.asks_for_agent(waits)
    await shoot(page, "board-waiting")
    await agent.answers()
    await expect(page.locator("[data-agent][data-state=talking]")).to_have_count(1)
    await expect(waiting).to_have_text("0")
    await shoot(page, "board")
    assert await serious_faults(page) == []
    caller.hang_up()
    await agent.finishes()
    await expect(page.locator("[data-figure=answered]")).to_have_attribute("data-value", str(before + 1), timeout=10_000)
    shown = await page.locator("[data-figure=answered]").get_attribute("data-value")
    await page.reload()
    await expect(page.locator("[data-figure=answered]")).to_have_attribute("data-value", str(shown))
    await page.click("[data-figure=answered]")
    await page.wait_for_url("**/calls?*outcome=answered*")
    await expect(page.locator("tr[data-call]")).to_have_count(int(shown or 0), timeout=10_000)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_every_screen_can_be_used_by_everybody(product, chromium, language):
    errors: list[str] = []
    faults: list[str] = []
    for user, paths in SCREENS.items():
        person = await sign_in(chromium, product, user, errors)
        await person.page.evaluate("language => localStorage.setItem('language', language)", language)
        for path in paths:
            await person.goes(path)
            await person.page.wait_for_selector("h1, [data-test=wall] b")
            faults += await serious_faults(person.page)
            await shoot(person.page, f"{path.strip('/').replace('/', '-')}-{language}")
        await person.page.context.close()
    assert faults == []
    assert errors == []


async def test_keyboard_alone_finds_a_patient_from_anywhere(product, chromium):
    desk = await sign_in(chromium, product, "agent01")
    await desk.page.keyboard.press("Control+k")
    await expect(desk.page.get_by_role("combobox")).to_be_focused()
    await desk.page.keyboard.type("张伟")
    await expect(desk.page.get_by_role("option").first).to_contain_text("张伟")
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("[data-test=patient] .name")).to_contain_text("张伟")


async def test_visitor_calls_the_hotline_from_the_browser(product, chromium):
    page = await open_page(chromium)
    await page.goto(f"{product.url}/try")
    state = page.locator("[data-test=try]")
    await page.click("[data-test=call]")
    await expect(state).to_have_attribute("data-state", "talking", timeout=20_000)

    async def heard() -> bool:
        return int(await state.get_attribute("data-received") or 0) > 50

    await until(heard, 15, "the visitor hears the hotline")
    await page.click("[data-key='1']")
    await shoot(page, "try")
    assert await serious_faults(page) == []
    await page.click("[data-test=hang-up]")
    await expect(state).to_have_attribute("data-state", "ended")
