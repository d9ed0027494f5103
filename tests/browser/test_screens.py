"""The screens around a call: sign-in, board and the visitor's page."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import expect

from tests.browser.pages import open_page, serious_faults, shoot, sign_in, too_wide
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

EMILY = "13900000003"


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
    await expect(page).to_have_title(re.compile("通话"))
    await page.goto(f"{product.url}/login")
    await page.wait_for_url("**/board")


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


def crowded(message: str) -> str:
    """A snapshot of the board as a larger house has it: 30 agents in every state, 8 queues with people waiting."""
    said = json.loads(message)
    if said.get("type") != "snapshot" or said.get("topic") != "board":
        return message
    board = said["data"]
    agents, queues = list(board["agents"].values()), list(board["queues"].items())
    states = ("available", "talking", "ringing", "wrap_up", "paused", "offline")
    worked = {"queue": queues[0][0], "today": {"answered": 40, "talk_s": 9000}}
    board["agents"] = {str(n): agents[n % len(agents)] | worked | {"state": states[n % 6]} for n in range(30)}
    today = {"offered": 412, "answered": 391, "abandoned": 14, "answered_in_level": 360}
    busy = {"waiting": 3, "longest_since": board["at"], "today": today, "available": 4, "talking": 6}
    board["queues"] = {f"queue_{n}": queues[n % len(queues)][1] | busy for n in range(8)}
    return json.dumps(said)


async def test_board_of_a_large_house_fits_the_screen(product, chromium):
    supervisor = await sign_in(chromium, product, "supervisor01")
    page = supervisor.page

    def between(socket):
        server = socket.connect_to_server()
        server.on_message(lambda message: socket.send(crowded(message)))

    await page.route_web_socket("**/api/live", between)
    await supervisor.goes("/board")
    await expect(page.locator("[data-agent]")).to_have_count(30)
    await expect(page.locator("[data-queue]")).to_have_count(8)
    await shoot(page, "board-large")
    fits = "(main => main.scrollHeight <= main.clientHeight + 1)(document.querySelector('#main'))"
    assert await page.evaluate(fits), "the whole board is seen without scrolling"
    assert await serious_faults(page) + await too_wide(page) == []


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
