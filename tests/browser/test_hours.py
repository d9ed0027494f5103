"""The switch of the hours: who presses it, and who sees at once that it was pressed."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.pages import serious_faults, shoot, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


async def test_the_emergency_switch_is_seen_at_every_desk_and_board_and_taken_back(product, chromium):
    errors: list[str] = []
    agent = await sign_in(chromium, product, "agent05", errors)
    first, second = [await sign_in(chromium, product, "supervisor01", errors) for _ in range(2)]
    for one in (first, second):
        await one.goes("/board")
        await expect(one.page.locator("[data-test=hours] [data-mode=normal]")).to_have_attribute("aria-pressed", "true")
    await expect(agent.page.locator("[data-test=switched]")).to_have_count(0)
    await first.page.click("[data-test=hours] [data-mode=emergency]")
    await first.page.fill("#hours-switch input", "停电")
    await first.page.click("button[form=hours-switch]")
    await expect(agent.page.locator("[data-test=switched]")).to_have_text("应急停诊")
    await expect(second.page.locator("[data-test=hours] [data-mode=emergency]")).to_have_attribute("aria-pressed", "true")
    await expect(second.page.locator("[data-test=hours] [role=status]")).to_contain_text("应急停诊，周岚")
    assert await serious_faults(first.page) == []
    await shoot(first.page, "hours-emergency")
    await first.page.click("[data-test=hours] [data-mode=normal]")
    await first.page.click("button[form=hours-switch]")
    await expect(agent.page.locator("[data-test=switched]")).to_have_count(0)
    await expect(second.page.locator("[data-test=hours] [data-mode=normal]")).to_have_attribute("aria-pressed", "true")
    assert errors == []
