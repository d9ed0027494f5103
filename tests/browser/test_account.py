"""One's own account in the browser: the second step set up, used at the door, demanded by a role, taken away by an administrator."""

from __future__ import annotations

import time

import pyotp
import pytest
from playwright.async_api import Page, expect

from tests.browser.pages import Desk, open_page, serious_faults, shoot, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
WHO = "agent05"


def next_code(secret: str) -> str:
    """What the app shows in a moment: the one it shows now may be used up."""
    return pyotp.TOTP(secret.replace(" ", "")).at(int(time.time()) + 30)


async def set_up(page: Page, password: str) -> tuple[str, list[str]]:
    """The secret, and the recovery codes."""
    await page.click("[data-test=set-up]")
    await expect(page.locator("input[name=password]")).to_be_focused()
    await page.keyboard.type(password)
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-test=qr]")).to_be_visible()
    await expect(page.locator("input[name=code]")).to_be_focused()
    await page.click("summary")
    secret = await page.locator("[data-test=secret]").inner_text()
    await shoot(page, "second-step")
    await page.fill("input[name=code]", pyotp.TOTP(secret.replace(" ", "")).now())
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-test=recovery] code")).to_have_count(10)
    codes = await page.locator("[data-test=recovery] code").all_inner_texts()
    await shoot(page, "recovery-codes")
    await page.click("[data-test=codes-kept]")
    return secret, codes


async def at_the_door(page: Page, product, username: str, code: str) -> None:
    await page.goto(f"{product.url}/login")
    await page.fill("#username", username)
    await page.fill("#password", product.passwords[username])
    await page.keyboard.press("Enter")
    await expect(page.locator("#code")).to_be_focused()
    await page.keyboard.type(code)
    await page.keyboard.press("Enter")


async def test_second_step_is_set_up_and_asked_for_at_the_door_until_an_administrator_takes_it_away(product, chromium):
    mine = await sign_in(chromium, product, WHO)
    await mine.goes("/account")
    assert await serious_faults(mine.page) == []
    secret, codes = await set_up(mine.page, product.passwords[WHO])
    await expect(mine.page.locator("[data-test=second-factor] .tag")).to_have_text("已开启")
    await shoot(mine.page, "account")
    door = await open_page(chromium)
    await at_the_door(door, product, WHO, "000000")
    await expect(door.get_by_role("alert")).to_contain_text("验证码不正确")
    await expect(door.locator("#code")).to_be_focused()
    await shoot(door, "login-code")
    assert await serious_faults(door) == []
    await door.keyboard.type(codes[0])
    await door.keyboard.press("Enter")
    await door.wait_for_url("**/desk")
    await door.context.close()
    door = await open_page(chromium)
    await at_the_door(door, product, WHO, next_code(secret))
    await door.wait_for_url("**/desk")
    admin = await sign_in(chromium, product, "admin")
    await admin.goes("/admin/users")
    await admin.page.locator("tr[data-row]", has_text=WHO).locator("a").first.click()
    await admin.page.click("[data-test=reset-factor]")
    await shoot(admin.page, "reset-factor")
    await admin.page.locator(".el-message-box .el-button--primary").click()
    await admin.is_told("已重置")
    await door.wait_for_url("**/login?**", timeout=30_000)
    again = await sign_in(chromium, product, WHO)
    for one in (mine, Desk(door), admin, again):
        await one.page.context.close()


async def test_role_that_asks_for_it_leads_to_nothing_else_until_it_is_set_up(product, chromium):
    admin = await sign_in(chromium, product, "admin")
    await admin.goes("/admin/roles/ethics_officer/edit")
    await admin.page.locator("label.el-checkbox", has=admin.page.locator("#field-role-second_factor")).click()
    await admin.page.keyboard.press("Control+s")
    await admin.arrives(r"/admin/roles/ethics_officer$")
    page = await open_page(chromium)
    await page.goto(f"{product.url}/login?next=/conduct")
    await page.fill("#username", "ethics01")
    await page.fill("#password", product.passwords["ethics01"])
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/second-step")
    await expect(page.locator("[data-test=factor-due]")).to_be_visible()
    await page.goto(f"{product.url}/conduct")
    await page.wait_for_url("**/second-step")
    await shoot(page, "second-step-due")
    assert await serious_faults(page) == []
    await set_up(page, product.passwords["ethics01"])
    await page.wait_for_url("**/conduct")
    for one in (admin.page, page):
        await one.context.close()
