"""What people do in these tests, in their words: a patient on the telephone, an agent and a supervisor at their screens."""

from __future__ import annotations

import os
import re
import uuid
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
GO = """path => {
  const left = path.split('?')[0] === location.pathname ? [] : document.querySelectorAll('#main > *')
  for (const old of left) old.dataset.left = 'yes'
  history.pushState({ ...history.state, current: encodeURI(path) }, '', path)
  dispatchEvent(new PopStateEvent('popstate', { state: history.state }))
}"""
ARRIVED = "!document.querySelector('#main > [data-left], .skeleton') && document.querySelector('#main h1')"
WIDER = """() => {
  const main = document.querySelector('#main') ?? document.documentElement
  return main.scrollWidth > main.clientWidth + 1 || document.documentElement.scrollWidth > innerWidth
}"""
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

    async def picks(self, field: str, words: str) -> None:
        """Finds one of many by its name in the field `field` of a form, and takes it."""
        box = self.page.locator(f"[data-field={field}] .el-select")
        await box.click()
        await self.page.keyboard.type(words)
        offered = self.page.locator(".el-select-dropdown__item:visible").filter(has_text=words)
        chosen = box.locator(".el-tag, .el-select__placeholder:not(.is-transparent)").filter(has_text=words)

        async def taken() -> bool:
            if await chosen.count() == 0 and await offered.count():
                await offered.first.click()
            return await chosen.count() > 0

        await until(taken, 20, f"{words} is chosen", every_s=0.3)
        await self.page.locator("h1").first.click()

    async def arrives(self, pattern: str) -> None:
        """The address fits the regular expression."""
        await expect(self.page).to_have_url(re.compile(pattern), timeout=20_000)

    async def is_told(self, words: str) -> None:
        """A note at the top of the page."""
        await expect(self.page.locator(".el-message", has_text=words).first).to_be_visible(timeout=10_000)

    async def goes(self, path: str) -> None:
        await self.page.goto(self.page.url.split("/", 3)[0] + "//" + self.page.url.split("/", 3)[2] + path)

    async def visits(self, path: str) -> None:
        """Another page of the application without loading it anew; returns when that page stands there, whole."""
        await self.page.evaluate(GO, path)
        await until(lambda: self.page.evaluate(ARRIVED), 20, f"{path} stands there", every_s=0.05)

    async def speaks(self, language: str) -> None:
        """The application in this language, from the next page on."""
        await self.page.evaluate("language => localStorage.setItem('language', language)", language)
        await self.page.reload()

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


async def open_page(browser: Browser, errors: list[str] | None = None, script: str = "", session: Any = None) -> Page:
    """A page of its own at the smallest screen we serve, where nothing moves by itself; faults of its scripts go to `errors`.

    `script` runs before its own.
    """
    context = await browser.new_context(viewport=SCREEN, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce", storage_state=session)  # type: ignore[arg-type]
    page = await context.new_page()
    if script:
        await page.add_init_script(script)
    if errors is not None:
        page.on("pageerror", lambda fault: errors.append(str(fault)))
    return page


def once() -> str:
    """A word that no other run has used, so that tests can be repeated on one instance."""
    return uuid.uuid4().hex[:8]


_sessions: dict[tuple[str, str], Any] = {}


async def sign_in(browser: Browser, product: Any, username: str, errors: list[str] | None = None, script: str = "", *, password: str = "") -> Desk:
    """Somebody's page. Who has signed in before in this run comes with the session he has."""
    known = _sessions.get((product.url, username))
    page = await open_page(browser, errors, script, known)
    await page.goto(f"{product.url}/" if known else f"{product.url}/login")
    await page.wait_for_selector("#username, #main")
    if await page.locator("#username").count():
        await page.fill("#username", username)
        await page.fill("#password", password or product.passwords[username])
        await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "/login" not in url and url != f"{product.url}/")
    _sessions[product.url, username] = await page.context.storage_state()
    return Desk(page)


async def serious_faults(page: Page) -> list[str]:
    """What axe finds wrong for people who cannot see or use a mouse, serious and critical only."""
    if not await page.evaluate("'axe' in window"):
        session = await page.context.new_cdp_session(page)
        await session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    found = await page.evaluate("axe.run()")
    return [f"{page.url} {one['id']}: {one['nodes'][0]['target']}" for one in found["violations"] if one["impact"] in ("serious", "critical")]


async def too_wide(page: Page) -> list[str]:
    """The page, when one must scroll sideways to see it whole."""
    return [f"{page.url} is wider than the screen"] if await page.evaluate(WIDER) else []


async def shoot(page: Page, name: str) -> None:
    """A picture of the page as it is, for the eye and for the readme."""
    await page.screenshot(path=str(SHOTS / f"{name}.png"))
