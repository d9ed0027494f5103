"""What people do in these tests, in their words: a patient on the telephone, an agent and a supervisor at their screens."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, expect

from callcenter.box import g711, sipp
from callcenter.box.test_call import announcement_s
from tests.support.instances import PROJECT
from tests.support.waiting import until

AXE = PROJECT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = Path(os.environ.get("CALLCENTER_SCREENSHOTS", PROJECT / "test-results" / "screenshots"))
SCREEN = {"width": 1366, "height": 768}
CHINESE, TO_AGENT = "1", "0"


@dataclass(slots=True)
class Patient:
    """One caller, steered through SIPp."""

    group: sipp.Group

    @property
    def call(self) -> sipp.Caller:
        return self.group.callers[0]

    def _answered(self) -> bool:
        self.group.refresh()
        return self.call.answered

    async def reach_menu(self) -> None:
        await until(self._answered, 10, "the hotline answers")
        await until(lambda: self.call.sound.heard_s > announcement_s(), announcement_s() + 10, "the announcement is over")

    async def asks_for_agent(self, reached: Callable[[], Awaitable[bool]], within_s: float = 45.0) -> None:
        """Presses for Chinese and then nought, and again as people do, until `reached`."""

        async def presses() -> bool:
            if self.call.sound.said_everything:
                self.group.press(self.call, f"{CHINESE},,{TO_AGENT},,,")
            return await reached()

        await until(presses, within_s, "the patient reaches the agents", every_s=0.2)

    async def hears_more(self, seconds: float, within_s: float = 10.0) -> None:
        before = self.call.sound.loud_s()
        await until(lambda: self.call.sound.loud_s() > before + seconds, within_s, "the patient hears a voice")

    def says_something(self) -> None:
        self.call.sound.say(g711.tone((400.0,), 2.0))

    async def is_hung_up(self) -> None:
        def over() -> bool:
            self.group.refresh()
            return bool(self.call.hung_up_by)

        await until(over, 15, "the patient's call is over")

    def hang_up(self) -> None:
        self.group.hang_up(self.call)


@dataclass(slots=True)
class Desk:
    """A signed-in person's page."""

    page: Page

    async def goes(self, path: str) -> None:
        await self.page.goto(self.page.url.split("/", 3)[0] + "//" + self.page.url.split("/", 3)[2] + path)

    async def is_ready(self) -> None:
        """Phone registered, state available."""
        await expect(self.dock).to_have_attribute("data-line", "ready", timeout=15_000)
        if await self.dock.get_attribute("data-screen") == "wrap_up":
            await self.finishes()
        if await self.page.locator("[data-test=state]").get_attribute("data-state") != "available":
            await self.page.keyboard.press("F9")
        await self.has_state("available")

    async def rings(self) -> bool:
        return await self.dock.get_attribute("data-screen") == "ringing"

    async def has_state(self, state: str, timeout_s: float = 10.0) -> None:
        await expect(self.page.locator("[data-test=state]")).to_have_attribute("data-state", state, timeout=1000 * timeout_s)

    async def shows(self, screen: str, timeout_s: float = 15.0) -> None:
        await expect(self.dock).to_have_attribute("data-screen", screen, timeout=1000 * timeout_s)

    async def answers(self) -> None:
        await self.shows("ringing", 30)
        await self.page.keyboard.press("F2")
        await self.shows("talking")

    async def finishes(self, group: str = "1", detail: str = "1") -> None:
        """Disposition by keys, Enter."""
        await self.shows("wrap_up")
        await expect(self.page.locator(".wrap .chip").first).to_be_focused()
        await self.page.keyboard.press(group)
        await self.page.keyboard.press(detail)
        await self.page.keyboard.press("Enter")
        await self.shows("idle")

    async def packets(self) -> tuple[int, int]:
        """Sent and received in the call, by the browser's own counters."""
        quality = self.page.locator("[data-test=quality]")
        return int(await quality.get_attribute("data-sent") or 0), int(await quality.get_attribute("data-received") or 0)

    @property
    def dock(self) -> Any:
        return self.page.locator("[data-test=dock]")


async def open_page(browser: Browser, errors: list[str] | None = None, script: str = "") -> Page:
    """A page of its own at the smallest screen we serve; faults of its scripts go to `errors`; `script` runs before its own."""
    context = await browser.new_context(viewport=SCREEN, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    page = await context.new_page()
    if script:
        await page.add_init_script(script)
    if errors is not None:
        page.on("pageerror", lambda fault: errors.append(str(fault)))
    return page


async def sign_in(browser: Browser, product: Any, username: str, errors: list[str] | None = None, script: str = "") -> Desk:
    page = await open_page(browser, errors, script)
    await page.goto(f"{product.url}/login")
    await page.fill("#username", username)
    await page.fill("#password", product.passwords[username])
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "/login" not in url)
    return Desk(page)


async def serious_faults(page: Page) -> list[str]:
    """What axe finds wrong for people who cannot see or use a mouse, serious and critical only."""
    session = await page.context.new_cdp_session(page)
    await session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    found = await page.evaluate("axe.run()")
    return [f"{page.url} {one['id']}: {one['nodes'][0]['target']}" for one in found["violations"] if one["impact"] in ("serious", "critical")]


async def shoot(page: Page, name: str) -> None:
    """A picture of the page as it is, for the eye and for the readme."""
    await page.screenshot(path=str(SHOTS / f"{name}.png"))
