"""A talk outlives what happens to its page: the sign-in taken away, the cable pulled, the caller who left meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Route, expect

from tests.browser.pages import SCREEN, Desk, open_page, shoot, sign_in
from tests.support.cut_line import CutLine, cut_line

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

WHO, PATIENT = "agent06", "13900000001"
# His password is set anew, to what it was: all his sessions end.
TAKE_AWAY = """async ([name, password]) => {
  const { csrf } = await (await fetch('/api/session')).json()
  const found = (await (await fetch('/api/users?q=' + name)).json()).items.find(one => one.username === name)
  const user = await (await fetch('/api/users/' + found.id)).json()
  const headers = { 'X-CSRF-Token': csrf, 'Content-Type': 'application/json' }
  const answer = await fetch('/api/users/' + user.id, { method: 'PATCH', headers, body: JSON.stringify({ version: user.version, password }) })
  return answer.status === 200 ? '' : await answer.text()
}"""


async def signs_in(desk: Desk, password: str) -> None:
    await desk.page.fill("#username", WHO)
    await desk.page.fill("#password", password)
    await desk.page.keyboard.press("Enter")


async def test_a_sign_in_taken_away_in_a_talk_costs_neither_the_talk_nor_the_note(product, chromium, patient):
    page = await open_page(chromium)
    desk = Desk(page)
    await page.goto(f"{product.url}/login")
    await signs_in(desk, product.passwords[WHO])
    await desk.is_ready()
    caller = await patient(PATIENT)
    await caller.asks_for_agent(desk.rings)
    await desk.answers()
    await page.fill("#wrap-note", "复诊改到下周")

    admin = await sign_in(chromium, product, "admin")
    assert await admin.page.evaluate(TAKE_AWAY, [WHO, product.passwords[WHO]]) == ""
    await expect(page.locator("[data-test=signed-out]")).to_contain_text("这通电话不受影响", timeout=15_000)
    await expect(page.locator("[data-test=transfer]")).to_be_disabled()
    await page.bring_to_front()
    await shoot(page, "desk-signed-out")
    await caller.hears_more(1.0)
    await desk.shows("talking")

    await page.keyboard.press("F4")
    await desk.arrives(r"/login\?.*ended=1")
    await signs_in(desk, product.passwords[WHO])
    await desk.shows("wrap_up", 20)
    await expect(page.locator("#wrap-note")).to_have_value("复诊改到下周")
    await desk.finishes()
    await expect(page.locator("tr[data-call]").first).to_contain_text("张伟")
    caller.hang_up()
    await page.context.close()


@asynccontextmanager
async def desk_on_a_line(product, chromium) -> AsyncIterator[tuple[Desk, list[CutLine]]]:
    """His page reaches the product, and his phone Asterisk, over lines that can be cut."""
    http, sip = product.settings.port("http"), product.settings.port("asterisk_http")
    async with cut_line(http) as pages, cut_line(sip) as phone:

        async def other_way(route: Route) -> None:
            answer = await route.fetch()
            account = await answer.json()
            await route.fulfill(response=answer, json=account | {"ws_url": account["ws_url"].replace(f":{sip}/", f":{phone.port}/")})

        # the page's policy names Asterisk's own port only
        context = await chromium.new_context(viewport=SCREEN, locale="zh-CN", timezone_id="Asia/Shanghai", bypass_csp=True)
        page = await context.new_page()
        await page.route("**/api/softphone", other_way)
        await page.goto(f"http://127.0.0.1:{pages.port}/login")
        desk = Desk(page)
        await signs_in(desk, product.passwords[WHO])
        await desk.is_ready()
        yield desk, [pages, phone]
        await page.unroute_all(behavior="ignoreErrors")
        await page.context.close()


async def test_a_pulled_cable_in_a_talk_is_said_and_costs_no_word(product, chromium, patient):
    async with desk_on_a_line(product, chromium) as (desk, lines):
        caller = await patient(PATIENT)
        await caller.asks_for_agent(desk.rings)
        await desk.answers()
        await desk.page.fill("#wrap-note", "医保")
        for line in lines:
            await line.cut()
        await expect(desk.page.locator("[data-test=link-lost]")).to_contain_text("通话不受影响", timeout=15_000)
        await shoot(desk.page, "desk-line-lost")
        await caller.hears_more(1.0)
        await desk.shows("talking")
        for line in lines:
            await line.restore()
        await expect(desk.page.locator("[data-test=link-lost]")).to_have_count(0, timeout=30_000)
        await expect(desk.dock).to_have_attribute("data-line", "ready", timeout=30_000)
        await desk.shows("talking")
        await caller.hears_more(0.3)
        await desk.page.keyboard.press("F4")
        await desk.shows("wrap_up")
        await expect(desk.page.locator("#wrap-note")).to_have_value("医保")
        await expect(desk.page.locator("#wrap-note")).to_be_focused()
        await desk.page.locator(".wrap .chip").first.focus()
        await desk.finishes()
        caller.hang_up()


async def test_a_caller_who_left_while_the_cable_was_out_leaves_the_phone_free_for_the_next(product, chromium, patient):
    async with desk_on_a_line(product, chromium) as (desk, lines):
        caller = await patient(PATIENT)
        await caller.asks_for_agent(desk.rings)
        await desk.answers()
        for line in lines:
            await line.cut()
        await expect(desk.page.locator("[data-test=link-lost]")).to_be_visible(timeout=15_000)
        caller.hang_up()
        await caller.is_hung_up()
        for line in lines:
            await line.restore()
        await desk.shows("wrap_up", 30)
        await expect(desk.dock).to_have_attribute("data-phone", "none", timeout=6000)
        await desk.finishes()
        await expect(desk.dock).to_have_attribute("data-line", "ready", timeout=30_000)
        await desk.has_state("available", 20)
