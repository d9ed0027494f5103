"""The drawing table of a flow, in the words of who draws, and a prompt made at it.

In: a page of who may draw. Out: nothing but what stands on the page. Must not assert what a test is about.
"""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page, expect

from tests.browser.pages import Desk, sign_in
from tests.support.waiting import until

ZH = "停车场在门诊楼地下一层，前三十分钟免费，按住院患者家属卡每天最多收费十元。"
EN = "The car park is below the outpatient building. The first thirty minutes are free."


class Table:
    """The drawing table of one flow, in the words of who draws."""

    def __init__(self, person: Desk) -> None:
        self.person, self.page = person, person.page

    async def opens(self, flow: str) -> None:
        await self.person.goes(f"/flows/{flow}")
        await expect(self.page.locator("[data-test=designer] .canvas")).to_be_visible(timeout=20_000)
        await self.page.wait_for_selector("[data-node], .empty.first")

    def node(self, name: str) -> Any:
        return self.page.locator(f"[data-node={name}]")

    async def finds(self, words: str) -> None:
        """By the search, as one does in a large flow; the node is chosen and seen then."""
        await self.page.click("[data-test=find-open]")
        await self.page.fill("[data-test=find] input", words)
        await self.page.keyboard.press("Enter")
        await self.sees(self.page.locator(".card-node.selected"))

    async def sees(self, node: Any) -> None:
        """Whole, and not under the panes beside the drawing."""
        await expect(node).to_be_in_viewport(ratio=0.99)

    async def chooses_nothing(self) -> None:
        await self.page.locator(".canvas").focus()
        await self.page.keyboard.press("Escape")
        await expect(self.page.locator("[data-test=node-panel]")).to_have_count(0)

    async def adds(self, verb: str) -> None:
        """From the palette to an empty place; the first of its verb."""
        await self.chooses_nothing()
        await self.page.locator(f"[data-test=palette] [data-verb={verb}]").dblclick()
        await expect(self.page.locator("[data-test=node-panel]")).to_be_visible()

    async def names(self, title: str, name: str) -> None:
        await self.page.fill("[data-test=node-title]", title)
        await self.page.fill("[data-test=node-id]", name)
        await self.page.keyboard.press("Enter")
        await expect(self.node(name)).to_contain_text(title)

    async def free_key(self) -> str:
        """The first key of the chosen menu that leads nowhere yet."""
        await self.page.wait_for_selector("[data-add-exit]")
        offered = await self.page.locator("[data-add-exit]").evaluate_all("all => all.map(one => one.dataset.addExit)")
        return next(one for one in offered if one.isdigit())

    async def leads(self, key: str, to: str) -> None:
        """A key that was free leads to a node."""
        await self.page.click(f"[data-add-exit='{key}']")
        await self.page.select_option("[data-test=new-exit-to]", to)
        await expect(self.page.locator(f"[data-exit-row='{key}']")).to_be_visible()

    async def wires(self, node: str, exit: str, to: str) -> None:
        await self.finds(node)
        await self.page.locator(f"[data-exit-row='{exit}'] select.to").select_option(to)

    async def is_kept(self) -> None:
        await expect(self.page.locator("[data-test=keeping]")).to_have_attribute("data-keeping", "kept", timeout=15_000)

    async def has_faults(self, count: int) -> None:
        await expect(self.page.locator("[data-test=fault-count]")).to_have_attribute("data-faults", str(count), timeout=15_000)

    async def publishes(self, note: str) -> None:
        await self.is_kept()
        await self.page.click("[data-test=publish-open]")
        await self.page.fill("[data-test=note]", note)
        await self.page.click("[data-test=publish-now]")
        await expect(self.page.locator("[data-test=publish]")).to_have_count(0, timeout=20_000)

    async def throws_away(self) -> None:
        """The draft, when there is one."""
        await self.page.click("[data-test=versions-open]")
        await self.page.wait_for_selector("[data-test=versions] li")
        if await self.page.locator("[data-test=discard-draft]").count():
            await self.page.click("[data-test=discard-draft]")
            await self.page.locator(".el-message-box .el-button--primary").click()
            await expect(self.page.locator("[data-test=discard-draft]")).to_have_count(0, timeout=10_000)
        await self.page.click("[data-test=versions-open]")


async def drawing(chromium: Any, product: Any, flow: str, errors: list[str] | None = None) -> Table:
    table = Table(await sign_in(chromium, product, "admin", errors))
    await table.opens(flow)
    await table.throws_away()
    return table


async def new_prompt(page: Page, name: str) -> None:
    """Spoken by the product's own voice where it runs; else by a person, into the microphone."""
    await page.click("[data-phrase$=say] [data-test=add-new-prompt]")
    await page.fill("[data-test=text-zh]", ZH)
    await page.fill("[data-test=text-en]", EN)
    await page.fill("[data-test=new-id]", name)
    await page.click("[data-test=make]")
    await expect(page.locator("[data-test=made-prompt]")).to_be_visible(timeout=100_000)
    for language in ("zh", "en"):
        box = page.locator(f"[data-test=made-prompt] [data-sound='{name}.{language}']")
        if await box.locator("[data-test=play]").is_disabled():
            await record(page, box)
    await page.click("[data-test=use]")
    await expect(page.locator("[data-test=made-prompt]")).to_have_count(0)


async def record(page: Page, box: Any) -> None:
    await box.locator("[data-test=open-recorder]").click()
    await page.click("[data-test=record]")
    meter = page.locator("[data-test=recorder] [role=meter]")
    await until(lambda: loud(meter), 10, "the level meter moves", every_s=0.05)
    await until(lambda: seconds(page), 10, "two seconds are recorded", every_s=0.2)
    await page.click("[data-test=stop]")
    await expect(page.locator("[data-test=listen]")).to_be_visible()
    await page.click("[data-test=keep-take]")
    await expect(page.locator("[data-test=recorder]")).to_have_count(0, timeout=20_000)
    await expect(box.locator("[data-test=play]")).to_be_enabled()


async def loud(meter: Any) -> bool:
    return int(await meter.get_attribute("aria-valuenow") or 0) > 20


async def seconds(page: Page) -> bool:
    return (await page.locator("[data-test=recorder] [role=timer]").inner_text()) >= "00:02"
